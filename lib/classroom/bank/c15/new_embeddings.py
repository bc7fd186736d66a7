"""Chapter 15, predict: which parameters fine-tuning adds."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="new-embeddings",
    chapter=15,
    kind="predict",
    title="GPT-1 meets a task with two labels: how many numbers are new?",
    question="""
A pre-trained GPT-1 (d = 768, 12 layers, its output layer tied to the embeddings) is to
be fine-tuned on pairs of texts with two labels. The head is linear and has no bias. How
many numbers does the model have that pre-training has not seen?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference=3840,
    mistakes=(
        Mistake(
            id="head-only",
            wrong=1536,
            symptom="2 · 768 = 1,536 are the head's. But the model is also given "
            "tokens that it has never read.",
            question="Which ids stand in a row of two texts, beside those of words?",
            pointer="Start, delimiter and extract are looked up like any token. Where "
            "do their vectors come from?",
            neighbour="A new pupil needs a place at the table, and a name in the "
            "register.",
        ),
        Mistake(
            id="rows-only",
            wrong=2304,
            symptom="3 · 768 = 2,304 are the rows of start, delimiter and extract. "
            "Something still has to say which label it is.",
            question="What turns the state at extract into two logits?",
            pointer="The output layer of pre-training speaks of the next token. Has "
            "it ever spoken of labels?",
            neighbour="The questions are printed, and there is no box for the answer.",
        ),
        Mistake(
            id="rows-counted-twice",
            wrong=6144,
            symptom="6,144 counts the three new rows twice, once for reading and once "
            "for the output.",
            question="What does it mean that the output layer is tied?",
            pointer="Reading a token and guessing it use one table. How many new rows "
            "does it get?",
            neighbour="One phone book serves to look up a number and to print it.",
        ),
        Mistake(
            id="everything-anew",
            wrong=116_000_000,
            symptom="About 116 million is the whole model. It is *moved* in "
            "fine-tuning; it does not begin anew.",
            question="Which of these numbers held something before the first labelled "
            "example came?",
            pointer="New and trained are two things. All weights are trained here; "
            "which ones start at random?",
            neighbour="A violinist learns a new piece. Does she learn to hold the bow?",
        ),
    ),
    proves="Three new rows of 768 in the embedding (start, delimiter, extract) and a "
    "head of 768 · 2: 2,304 + 1,536 = 3,840 numbers, drawn at random; everything else "
    "comes along from pre-training, and all of it is trained on.",
)
