"""Chapter 1, predict: what does waiting for the step before cost?"""

from classroom.exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="waiting-costs",
    chapter=1,
    kind="predict",
    title="The loop over 1,024 positions takes … as long as the one product.",
    question="""
One sequence of 1,024 positions, width 64, on one CPU core. A recurrent layer, written
as a Python loop, reads it step by step. One matrix product with as many
multiplications treats all positions at once. How do the times compare? Decide before
you run on: a prediction that is not made remembers itself as right.
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="more than 20 times",
    mistakes=(
        Mistake(
            id="same-arithmetic-same-time",
            wrong="about as long",
            symptom="The multiplications are indeed the same in number.",
            question="But is the machine busy while it does 1,024 small ones in turn?",
            pointer="Time what one step costs beside what its arithmetic costs.",
            neighbour="A thousand letters posted one by one need as much ink as a "
            "thousand posted together, and a thousand walks.",
        ),
        Mistake(
            id="only-the-language-is-slow",
            wrong="about twice",
            symptom="Python's own overhead is part of it, but look at the compiled "
            "loop: it is far slower than the one product as well.",
            question="What do both loops have in common?",
            pointer="Look for what a compiler cannot take away.",
            neighbour="A relay race is not run in parallel by faster runners.",
        ),
        Mistake(
            id="steps-times-as-long",
            wrong="1,024 times",
            symptom="That would hold if one step took as long as the whole product.",
            question="A step has 1/1,024 of the work. When does it still take as long?",
            pointer="Ask how small a piece of work must be before it stops getting "
            "cheaper.",
            neighbour="A taxi ride of ten metres still costs the basic fare, but not "
            "the fare of ten kilometres.",
        ),
    ),
    proves="The arithmetic is the same. The waiting is not: each of the 1,024 small "
    "steps leaves most of the machine idle.",
)
