"""Chapter 8, predict: positions beyond those of training."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="further-than-trained",
    chapter=8,
    kind="predict",
    title="Trained on at most 16 positions, tested on 32: which encoding holds?",
    question="""
Two small encoders without a mask learn to say whether A stands before B, on sequences
of 4 to 16 symbols, until they are nearly always right; one has learned positions (the
table is long enough, its later rows were never trained), the other sinusoids. Then they
get sequences of 32.
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="both fall far, towards guessing",
    mistakes=(
        Mistake(
            id="sinusoids-extrapolate",
            wrong="sinusoids stay nearly perfect, learned positions fall",
            symptom="The sinusoids are defined there, and the weights that read them "
            "have never met such values of the slow columns.",
            question="Does a formula for position 30 say what the *model* has learned "
            "to do with it?",
            pointer="The authors of the paper hoped for this, and said “may”. What is "
            "needed besides an encoding: who has to read it?",
            neighbour="A ruler has marks beyond 16 cm. A child who was shown the first "
            "16 numbers only can hold it, and not read it.",
        ),
        Mistake(
            id="learned-positions-extrapolate",
            wrong="learned positions stay nearly perfect, sinusoids fall",
            symptom="The later rows of the table are as random as on the first day: no "
            "gradient ever reached them.",
            question="Which rows of a table are changed by a text of 16 words?",
            pointer="A row that is never looked up has no gradient.",
            neighbour="A phrase book with the first sixteen pages translated.",
        ),
        Mistake(
            id="order-once-learned-holds",
            wrong="both stay nearly perfect: order is order at any length",
            symptom="They have not learned “order”, but what to do with sixteen "
            "encodings; at 32 both make many mistakes.",
            question="What in the training distinguishes “before, for all positions” "
            "from “before, for these sixteen”?",
            pointer="A network is asked to agree with the examples. Nothing tells it "
            "how to go on outside.",
            neighbour="A polynomial through sixteen points agrees at all sixteen. And "
            "at the thirtieth?",
        ),
    ),
    proves="Learned rows beyond training are noise; sinusoids beyond training are "
    "well-defined numbers in combinations that the weights have never read. Here "
    "neither is of use at twice the length: an encoding that exists everywhere is not "
    "yet a model that works everywhere.",
)
