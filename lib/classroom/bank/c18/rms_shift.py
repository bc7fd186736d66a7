"""Chapter 18, predict: what a constant added to all features does to two norms."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="rms-shift",
    chapter=18,
    kind="predict",
    title="5 is added to every feature of a token. Whose output stays?",
    question="""
A token's features are 1, 2, 3 and 6. We normalise it, then add 5 to each feature and
normalise again; gains are 1, and there are no biases. Whose output is the same both
times?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="layer norm's, and not RMSNorm's",
    mistakes=(
        Mistake(
            id="both-remove-the-mean",
            wrong="both: normalising takes a constant away",
            symptom="RMSNorm has no mean in its formula. With 5 added its four outputs "
            "draw together, near 1.",
            question="Which sum over the features does each of the two formulas hold?",
            pointer="Take features that are all equal: what does each norm make of "
            "them?",
            neighbour="Two scales weigh your bag. One is set to zero with the empty "
            "bag on it, the other is not. You add a brick to the empty bag.",
        ),
        Mistake(
            id="names-exchanged",
            wrong="RMSNorm's, and not layer norm's",
            symptom="Layer norm subtracts the mean, and the mean goes up by 5 as well.",
            question="For the features 6, 7, 8 and 11: what is left after the mean is "
            "taken away?",
            pointer="Compare it with what is left of 1, 2, 3 and 6. Which of the two "
            "norms does this step?",
            neighbour="Differences in height are the same on a ladder and on the "
            "ground; heights are not.",
        ),
        Mistake(
            id="neither",
            wrong="neither: the spread of the features has changed",
            symptom="The distances between the features are the same, so their spread "
            "is. What has changed is their mean, and their root mean square.",
            question="How far is each of 6, 7, 8 and 11 from their mean?",
            pointer="A spread is measured from the mean; a root mean square is "
            "measured from 0. Which norm uses which?",
            neighbour="A bus drives off. The passengers sit as far from each other as "
            "before, and farther from the stop.",
        ),
    ),
    proves="Layer norm measures from the mean, so a constant drops out. RMSNorm "
    "measures from 0: there a constant counts, as everything does.",
)
