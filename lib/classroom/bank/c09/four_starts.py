"""Chapter 9, predict: which of four starts does not learn?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="four-starts",
    chapter=9,
    kind="predict",
    title="Twelve layers, a high learning rate, four starts. Which do not learn?",
    question="""
The same twelve layers are trained four times, with the same batches and the same
learning rate, a high one: in post-norm and in pre-norm, each with the full rate from
the first step and with a rate that rises over 200 steps. Which runs learn no more than
how frequent each character is?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="one of the four: post-norm without warm-up",
    mistakes=(
        Mistake(
            id="warm-up-for-everybody",
            wrong="both runs without warm-up",
            symptom="One of the two runs without warm-up learns, and it is ahead of "
            "all others for most of the way.",
            question="What differs between two runs that both start at the full rate?",
            pointer="Follow the gradient down both kinds of stack: which of them has a "
            "path on which nothing stands?",
            neighbour="A cold engine must be warmed up before a climb. Must an "
            "electric one?",
        ),
        Mistake(
            id="post-norm-cannot-be-deep",
            wrong="both runs in post-norm",
            symptom="One of the two runs in post-norm learns: BERT and GPT-1 are deep "
            "stacks in post-norm as well.",
            question="What did those who trained them do in the first thousands of "
            "steps?",
            pointer="The same stack gets the same learning rate in the end. What "
            "differs is how it gets there.",
            neighbour="A boat that capsizes when everybody jumps in at once carries "
            "them all when they step in one by one.",
        ),
        Mistake(
            id="place-of-the-norm-is-taste",
            wrong="none: where the norm stands is a matter of taste",
            symptom="One of the four stays at the unigram line to the end, on every "
            "seed that was tried.",
            question="Which of the two forms puts a norm on the path from the loss to "
            "the first layer, 24 times?",
            pointer="At a low learning rate you would be right. This one is high.",
            neighbour="Two bridges carry a bicycle equally well. Send a lorry.",
        ),
        Mistake(
            id="warm-up-wastes-the-steps",
            wrong="both runs with warm-up, which lose 200 of 400 steps",
            symptom="Both runs with warm-up learn. They are late by some hundred "
            "steps, and no more.",
            question="Is a smaller learning rate the same as none?",
            pointer="In the middle of the rise the rate is half of the full one. What "
            "was learned with a fifth of it in the section before?",
            neighbour="Who walks the first mile and runs the second still arrives.",
        ),
    ),
    proves="At this learning rate the place of the norm decides whether warm-up is "
    "needed. Neither of them decides alone.",
)
