"""Chapter 17, predict: how slowly a power falls."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="halve-the-rest",
    chapter=17,
    kind="predict",
    title="How many times the parameters halve what is left above the floor?",
    question="""
Of a model's loss, the part that more parameters can remove is $a / N^{0.3}$. You want
**half** of it. How many times the parameters do you need?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="about 10 times",
    mistakes=(
        Mistake(
            id="twice",
            wrong="2 times",
            symptom="Twice the parameters leave 1 / 2^0.3 = 0.81 of it.",
            question="What would the exponent have to be for that?",
            pointer="Solve k^0.3 = 2 for k.",
            neighbour="Twice the side is four times the area, and half a side is a "
            "quarter. And for an exponent of 0.3?",
        ),
        Mistake(
            id="exponent-times-two",
            wrong="about 1.2 times (2 to the 0.3)",
            symptom="That is how much the rest shrinks for twice the parameters.",
            question="Which of the two numbers is given: the factor of N, or of the "
            "rest?",
            pointer="You have computed 2^0.3. The question asks for the k of k^0.3 = "
            "2.",
            neighbour="The area doubles: the side grows by the root, not by the "
            "square.",
        ),
        Mistake(
            id="one-over-exponent",
            wrong="about 3.3 times (1 over 0.3)",
            symptom="3.3 times the parameters leave 0.70 of it.",
            question="Where does the 2 of “half” enter in your reckoning?",
            pointer="Take logarithms of k^0.3 = 2: 0.3 · ln k = ln 2.",
            neighbour="Doubling at 7 % a year takes ln 2 / ln 1.07 years; the 2 is in "
            "it.",
        ),
    ),
    proves="2^(1/0.3) = 10.1. Laws with small exponents are why a little less loss "
    "costs "
    "so much.",
)
