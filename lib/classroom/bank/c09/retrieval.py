"""Asked at the start of chapter 9, on chapter 8."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c09-why-positions",
        prompt="Self-attention without positions and without a mask reads a shuffled "
        "sentence. What does it give out?",
        options=(
            "the same vectors, shuffled like the words",
            "other vectors, since queries meet other neighbours",
            "the same vectors in the old order",
        ),
        answer=0,
        explanations=(
            "A sum over keys has no order. So positions are added to the words.",
            "Every query meets the same set of keys. Where does a score depend on the "
            "place of a key?",
            "A row belongs to the word that asks. Where is that word after the "
            "shuffle?",
        ),
        chapter=8,
    ),
    Retrieval(
        id="c09-sine-and-cosine",
        prompt="Why do sinusoidal positions have a sine *and* a cosine for each speed?",
        options=(
            "so that a step of k positions is the same rotation everywhere",
            "so that the numbers stay between −1 and 1",
            "so that there are enough columns to fill the width of the model",
        ),
        answer=0,
        explanations=(
            "The pair is a clock hand; a step turns it by one angle, wherever it "
            "stands.",
            "A sine alone stays there too. What can one not tell from the height of a "
            "clock hand?",
            "More speeds would fill it as well. What can a matrix do with both that "
            "it cannot do with one?",
        ),
        chapter=8,
    ),
    Retrieval(
        id="c09-axis-of-positions",
        prompt="To x (B, T, d), which rows of a table pe (max_len, d) are added?",
        options=(
            "the first T rows, the same for every sentence",
            "the first B rows, one for each sentence",
            "the rows named by the words' ids",
        ),
        answer=0,
        explanations=(
            "A row for each place in the text. Broadcasting gives every sentence the "
            "same ones.",
            "Then all words of a sentence would share a row, and their order would be "
            "lost. Which axis counts time?",
            "Ids say which word it is. Two equal words at different places: what "
            "should tell them apart?",
        ),
        chapter=8,
    ),
)
