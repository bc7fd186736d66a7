"""Chapter 12, predict: what temperature leaves alone."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="temperature-ranking",
    chapter=12,
    kind="predict",
    title="From temperature 1 to 0.5: what changes for the next token?",
    question="""
The model gives three tokens the probabilities 0.5, 0.3 and 0.2. We divide the logits by
a temperature of 0.5.
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="the shares become about 0.66, 0.24 and 0.11, in the same order",
    mistakes=(
        Mistake(
            id="temperature-changes-order",
            wrong="the order: at low temperature the model is surer of another token",
            symptom="All logits are divided by one positive number; the larger stays "
            "the larger.",
            question="If a < b, which of a/0.5 and b/0.5 is larger?",
            pointer="Temperature comes after the model. What the model computed is not "
            "touched.",
            neighbour="Speak louder or more softly: the order of the words stays.",
        ),
        Mistake(
            id="temperature-inverted",
            wrong="the shares come closer together: about 0.42, 0.32 and 0.26",
            symptom="Those are the shares at a temperature near 2. Differences of "
            "logits, divided by 0.5, are twice as large.",
            question="What should happen at a temperature of 0.01, and at 100?",
            pointer="Dividing by a number below 1 makes differences larger, and the "
            "softmax steeper.",
            neighbour="Of a map, half the scale's denominator shows everything twice "
            "as far apart.",
        ),
        Mistake(
            id="temperature-scales-shares",
            wrong="the shares are doubled and rescaled, so nothing changes",
            symptom="That would hold if the *probabilities* were divided. The logits "
            "are, before the softmax.",
            question="What does the softmax do to logits that are twice as large?",
            pointer="Doubling logits squares the probabilities, before they are "
            "rescaled: 0.25, 0.09 and 0.04.",
            neighbour="Doubling all prices leaves the shares; squaring them does not.",
        ),
    ),
    proves="Dividing logits by T raises each probability to the power 1/T, rescaled: "
    "the order stays, the differences grow below 1 and shrink above.",
)
