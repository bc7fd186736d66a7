"""Chapter 10, predict: a decoder that reads the wrong encoder layer from the start."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="first-layer-memory",
    chapter=10,
    kind="predict",
    title="Trained from the start with memory from the encoder's first layer: what "
    "becomes of the speller?",
    question="""
By mistake the decoder gets the output of the encoder's *first* layer; the second one
computes for nobody. The model is trained like that from the first step on, with the
same data and as long. How many of the held-out numbers does it spell rightly?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="nearly all of them: the scores do not show the mistake",
    mistakes=(
        Mistake(
            id="half-an-encoder-fails",
            wrong="hardly any: half of the encoder is missing",
            symptom="A model with one encoder layer is a smaller model, and a small "
            "one is enough here.",
            question="Is it the wrong layer for weights that grew up with it?",
            pointer="Tell two cases apart: rewired after training, and trained so.",
            neighbour="A team that has always played with ten knows no other game.",
        ),
        Mistake(
            id="unused-weights-raise",
            wrong="none: PyTorch stops, since layer 2 gets no gradient",
            symptom="A parameter without a gradient is skipped by the optimiser, "
            "without a word.",
            question="What is the `.grad` of a weight that the loss does not depend "
            "on?",
            pointer="Shapes fit, the graph is sound, one part of it is unused. Who "
            "would complain?",
            neighbour="A factory pays a department whose work nobody collects.",
        ),
        Mistake(
            id="more-than-before",
            wrong="more than with the right wiring: the path is shorter",
            symptom="With the right wiring nearly all are right; there is no room "
            "above.",
            question="What could layer 1 know that layer 2 does not?",
            pointer="Residual connections let layer 2 hand on all that layer 1 said.",
            neighbour="Leaving the library one floor lower does not give you more "
            "books.",
        ),
    ),
    proves="The decoder learns to read what it is given, and this task does not need "
    "two encoder layers. Only a model that was trained otherwise is hurt. So a mistake "
    "in the wiring can hide from every score: test the wiring itself.",
)
