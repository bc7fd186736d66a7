"""Chapter 13, predict: six masks at once."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="why-no-generation",
    chapter=13,
    kind="predict",
    title="BERT is asked to write: six [MASK]s behind a beginning …",
    question="""
Behind “The old fisherman”, we append six `[MASK]`s and a full stop, and a BERT fills
them: once all six from one pass, each with its likeliest word; once one by one from the
left, each word put in before the next pass; once one by one from the right. What comes
out?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="as a rule different texts, and nothing that says which is right",
    mistakes=(
        Mistake(
            id="one-pass-is-enough",
            wrong="the same text each time: all six are guessed from the same words",
            symptom="In one pass, no guess knows of the other guesses. One by one, "
            "each has read those before it.",
            question="In one pass, what does the guess at the third mask know of the "
            "word at the second?",
            pointer="Each mask gets its own likeliest word, given the words that stand "
            "there. Are the six likeliest words the likeliest six words?",
            neighbour="Six guests each bring the dish they find most likely to be "
            "missing: how many salads are there?",
        ),
        Mistake(
            id="bert-is-a-gpt-with-masks",
            wrong="from the left a GPT's text; the other two are worse",
            symptom="Even from the left, each guess sees the masks that follow and the "
            "full stop: it knows how many words are still to come. And it was never "
            "trained on texts that are mostly masks at the end.",
            question="What does the first guess see to its right, and what does a GPT?",
            pointer="A GPT multiplies the probabilities of each next token into that "
            "of a text. Of which text are these guesses the factors?",
            neighbour="Writing a letter, and filling a form with six boxes.",
        ),
        Mistake(
            id="any-order-multiplies",
            wrong="the same text one by one, from either side; in one pass another",
            symptom="The chain rule gives one number for every order only if all "
            "factors come from one distribution. Nothing in the training made them "
            "agree.",
            question="Who has seen to it that p(a) · p(b given a) equals p(b) · p(a "
            "given b)?",
            pointer="The guesses were trained one gap at a time, in texts with few "
            "gaps. Do they have to fit together?",
            neighbour="Two witnesses, each asked about the other's story first: need "
            "the two versions match?",
        ),
        Mistake(
            id="it-cannot-fill-several",
            wrong="no text at all: BERT can fill one gap at a time only",
            symptom="In its training, about every seventh token of a text is a gap, "
            "and all are guessed in one pass.",
            question="How many rows of logits come out of one pass?",
            pointer="Filling is possible. Ask what the fillings know of each other.",
            neighbour="A dozen people can finish a dozen sentences at once. Will it be "
            "a story?",
        ),
    ),
    proves="A masked model gives a distribution for each gap, given the rest; it gives "
    "none for a text. A GPT does, as a product from left to right, and that is what "
    "one draws from.",
)
