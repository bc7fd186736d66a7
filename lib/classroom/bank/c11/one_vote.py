"""Chapter 11, predict: the mean of the parts' means."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="one-vote",
    chapter=11,
    kind="predict",
    title="A batch in two parts, of 90 tokens and 10 …",
    question="""
A batch is cut into a part with 90 tokens and a part with 10. Each part's **mean** loss
is propagated back, divided by 2. How much does one token of the short part weigh in the
gradient, compared with one of the long part?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="9 times as much",
    mistakes=(
        Mistake(
            id="a-mean-is-a-mean",
            wrong="the same: both are means, and the mean of means is the mean",
            symptom="It is the mean only where the parts are equally large.",
            question="Each part hands out half of the weight. Among how many?",
            pointer="Write the weight of one token of each part as a fraction.",
            neighbour="Two families get the same pie. Is a child of nine brothers as "
            "well fed as an only child?",
        ),
        Mistake(
            id="long-part-weighs-more",
            wrong="9 times less",
            symptom="A part with more tokens has more to share among, not more for "
            "each.",
            question="What is a half, divided by 90, and what is it, divided by 10?",
            pointer="The part's weight is fixed. The more tokens, the less for each.",
            neighbour="The same cake for 90 guests and for 10: at which table are the "
            "pieces larger?",
        ),
        Mistake(
            id="only-the-length-of-the-step",
            wrong="the same, and only the length of the step changes",
            symptom="The direction changes: one kind of token pulls harder than the "
            "other.",
            question="Can one factor for the whole gradient make up for two different "
            "weights?",
            pointer="Let the tokens of the short part pull to the left and the others "
            "to the right. Where does the sum point, in each way of counting?",
            neighbour="Turning up the volume does not bring the violins forward.",
        ),
    ),
    proves="1/2 · 1/10 against 1/2 · 1/90: the short part's tokens count nine times as "
    "much. Sum the losses, sum the tokens, and divide once.",
)
