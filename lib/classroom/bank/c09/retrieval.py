"""Asked at the start of chapter 9, on chapters 1 and 8."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c09-why-positions",
        prompt="Self-attention without positions and without a mask reads a shuffled "
        "sentence. What does it give out?",
        options=(
            "other vectors, since queries meet other neighbours",
            "the same vectors, shuffled like the words",
            "the same vectors in the old order",
        ),
        answer=1,
        explanations=(
            "Every query meets the same set of keys. Where does a score depend on the "
            "place of a key?",
            "A sum over keys has no order. So positions are added to the words.",
            "A row belongs to the word that asks. Where is that word after the "
            "shuffle?",
        ),
        chapter=8,
    ),
    Retrieval(
        id="c09-sine-and-cosine",
        prompt="Why do sinusoidal positions have a sine *and* a cosine for each speed?",
        options=(
            "so that the numbers stay between −1 and 1",
            "so that there are enough columns to fill the width of the model",
            "so that a step of k positions is the same rotation everywhere",
        ),
        answer=2,
        explanations=(
            "A sine alone stays there too. What can one not tell from the height of a "
            "clock hand?",
            "More speeds would fill it as well. What can a matrix do with both that "
            "it cannot do with one?",
            "The pair is a clock hand; a step turns it by one angle, wherever it "
            "stands.",
        ),
        chapter=8,
    ),
    Retrieval(
        id="c09-many-factors",
        prompt="A gradient goes back through 30 steps of a recurrent network. In each "
        "it is multiplied by a matrix that stretches nothing by more than 0.8. What "
        "can be said of it?",
        options=(
            "it is at most 0.8³⁰ of its first length, about a thousandth",
            "it is about 0.8 of its first length, since all steps share one matrix",
            "it is 30 · 0.8 times as long",
        ),
        answer=0,
        explanations=(
            "A product of k matrices behaves as a power does. A deep stack of layers "
            "is such a product too.",
            "The weights are shared, and the multiplication is done again at every "
            "step. How many times?",
            "Factors multiply. What adds up along a path of 30 links?",
        ),
        chapter=1,
    ),
)
