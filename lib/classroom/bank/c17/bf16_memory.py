"""Chapter 17, predict: what autocast does to the memory of weights."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="bf16-memory",
    chapter=17,
    kind="predict",
    title="With autocast to bfloat16, how large are weights, gradients and averages?",
    question="""
A model is trained with Adam under *autocast* to bfloat16, in which a number has two
bytes instead of four. What becomes of the 16 bytes that each parameter has for its
weight, its gradient and Adam's two averages?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="nothing: they stay at 16",
    mistakes=(
        Mistake(
            id="all-halved",
            wrong="they are halved: 8",
            symptom="Autocast changes the type in which an *operation* is done. The "
            "parameters were made before.",
            question="Which line of code would have changed the weights' own type?",
            pointer="Look at `p.dtype` and `p.grad.dtype` after a step under autocast.",
            neighbour="An interpreter speaks German in the meeting. Have the minutes "
            "that are kept in English changed?",
        ),
        Mistake(
            id="weights-halved",
            wrong="weight and gradient are halved: 12",
            symptom="The product sees a narrow copy of the weight, and its gradient is "
            "turned back on the way.",
            question="What does a step of 0.0001 do to a weight of 1 that is kept with "
            "three digits?",
            pointer="Small steps are lost in a narrow weight. So in which type should "
            "the weight be kept?",
            neighbour="An account that is kept in whole thousands never notices a "
            "monthly saving of ten.",
        ),
        Mistake(
            id="copies-come-on-top",
            wrong="they grow to 18, for narrow copies that are kept with them",
            symptom="Narrow copies are made for the products, and belong to the "
            "activations of the step: they are gone at its end.",
            question="How long does the narrow copy of a weight live?",
            pointer="What is there between two steps? Count after `step()`, not "
            "within.",
            neighbour="Photocopies for a meeting that go into the bin after it.",
        ),
    ),
    proves="Autocast narrows operations, and what they keep for the way back. Weights, "
    "gradients and averages stay float32, or small steps would be rounded away.",
)
