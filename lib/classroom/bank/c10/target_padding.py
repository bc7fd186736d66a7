"""Chapter 10, predict: padding in the target, and only a causal mask."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="target-padding",
    chapter=10,
    kind="predict",
    title="The target is padded on the right, and no mask hides the padding. What "
    "suffers?",
    question="""
The decoder's self-attention has the causal mask and nothing else. In a batch of
different lengths the shorter targets are padded on the right. What do the pads change?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="nothing that anybody reads: no word may look at what comes after it",
    mistakes=(
        Mistake(
            id="words-read-the-pads",
            wrong="the logits of the words: attention averages over the pads too",
            symptom="With the pads on the right, all of them come after the last word, "
            "and position t looks at positions up to t.",
            question="Which columns of row t does the causal mask leave open?",
            pointer="Draw the triangle for 4 words and 2 pads. Which of the first four "
            "rows has an open pad?",
            neighbour="Empty seats in the rows behind you do not block your view.",
        ),
        Mistake(
            id="empty-rows-are-nan",
            wrong="everything: the pads' own rows are empty and become NaN",
            symptom="A pad's row is not empty: a pad may look at all the words before "
            "it and at itself.",
            question="Which mask makes rows with nothing allowed: this one?",
            pointer="Rows become empty when queries are masked, or when pads stand on "
            "the left. Where do they stand here?",
            neighbour="The last in a queue sees everybody.",
        ),
        Mistake(
            id="pads-train-the-model",
            wrong="training: the model learns to write pads after the end",
            symptom="The pads' rows do compute something, but the loss skips places "
            "whose answer is a pad.",
            question="Which places does the loss count?",
            pointer="Follow a pad's output upwards: who reads it, in the next layer "
            "and at the top?",
            neighbour="What is written on the back of the form is not marked.",
        ),
    ),
    proves="Padding on the right lies in the future of every word, and the causal mask "
    "hides the future. What the pads themselves compute, nobody reads. With padding on "
    "the left it is otherwise, and the model refuses it.",
)
