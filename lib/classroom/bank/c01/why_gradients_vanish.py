"""Chapter 1, predict: does a larger state keep the gradient?"""

from ...exercises.model import Exercise, Mistake

QUESTION = r"""
We take a recurrent network with tanh, make $W_{hh}$ an orthogonal matrix times 0.9, and
measure how much of a gradient is left after going back 50 steps. With a hidden size of
64, less than 1 % is left. Now the hidden size is 512, and $W_{hh}$ again an orthogonal
matrix times 0.9.
"""

EXERCISE = Exercise(
    id="why-gradients-vanish",
    chapter=1,
    kind="predict",
    title="Hidden size 512 in place of 64, the same factor 0.9: how much of the "
    "gradient is left after 50 steps?",
    question=QUESTION,
    difficulty=2,
    minutes=3,
    name="answer",
    stub="",
    reference="Less than 1 % again",
    proves="The gradient is multiplied once per step by a matrix whose largest "
    "singular value is at most 0.9, because tanh has no slope above 1. So at most 0.9 "
    "to the power of 50, half a percent, can be left, with 64 units as with 512.",
    mistakes=(
        Mistake(
            "gradient-kept-by-large-state",
            "Much more: a state of 512 numbers holds more than one of 64",
            "A larger state can hold more, but the gradient does not care how much "
            "fits in.",
            "By what is it multiplied at every step back, and does the size enter "
            "there?",
            "Separate two questions: how much can be stored, and how well can training "
            "find out what to store. The measurement is about the second.",
            "A rumour passed along 50 people, each keeping 90 % of it, is at half a "
            "percent at the end. Let each of them be twice as clever and still keep "
            "90 %: what arrives?",
        ),
        Mistake(
            "gradient-explodes-with-size",
            "It explodes: every unit now sums over 512 others in place of 64",
            "The sums have eight times as many terms, but an orthogonal matrix of 512 "
            "has smaller entries: it turns a vector and keeps its length.",
            "How long is a vector of length 1 after that matrix?",
            "What counts is how much the matrix can stretch a vector: its largest "
            "singular value. Look what the text says about it.",
            "A turn by 30 degrees in the plane has 4 entries, a turn in space 9. "
            "Neither makes an arrow longer. What does a factor of 0.9 do to both?",
        ),
        Mistake(
            "gradient-blamed-on-outputs",
            "Far less: more tanh outputs below 1 are multiplied with one another",
            "The outputs of tanh are not what is multiplied: the slopes are, and each "
            "unit's slope acts on that unit alone.",
            "For one step back, how many slopes lie on the way through one unit?",
            "Write one step's derivative as a diagonal matrix of slopes times a "
            "matrix of weights. See how the number of units enters, and how the "
            "number of steps.",
            "512 lamps behind one sheet of tinted glass each: the light of each goes "
            "through one sheet, not 512. Behind 50 sheets it goes through 50.",
        ),
        Mistake(
            "gradient-blamed-on-data",
            "That depends on the training data: with enough text it would not vanish",
            "The measurement needs no training at all: the factor is in the matrix, "
            "before the first example.",
            "Where in the product of derivatives would the amount of data appear?",
            "More text gives more gradients to average. Think what happens when each "
            "of them has already lost the far end.",
            "A microscope out of focus: a thousand blurred pictures, averaged, are a "
            "blurred picture.",
        ),
    ),
)
