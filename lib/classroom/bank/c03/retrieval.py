"""Asked at the start of chapter 3, on chapters 1 and 2."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c03-whose-weights-add-up",
        prompt="In an alignment map with one row per written word and one column per "
        "source word, what adds up to 1?",
        options=(
            "each row: a written word spreads its attention over the source",
            "each column: a source word spreads itself over the written words",
            "each row and each column",
        ),
        answer=0,
        explanations=(
            "The softmax runs over the source, once for each written word. A source "
            "word may be used by many or by none.",
            "Then every source word would have to be used exactly once, in parts. Over "
            "which axis did the softmax run?",
            "In chapter 2 the columns came out anywhere from under 0.5 to over 1.5. "
            "Which of the two does the softmax force?",
        ),
        chapter=2,
    ),
    Retrieval(
        id="c03-first-loss",
        prompt="An untrained model gives scores to the 17 ids of the recall task. "
        "About which loss should it begin with, in nats?",
        options=("ln 17, about 2.8", "1/17, about 0.06", "0, since nothing is learned"),
        answer=0,
        explanations=(
            "Who knows nothing gives each id about 1/17, and −ln(1/17) is ln 17. A "
            "first loss far from that is a mistake in the code.",
            "That is the probability of a guess. The loss is its negative logarithm.",
            "A loss of 0 belongs to a model that is certain, and right. What does one "
            "lose that gives every id the same share?",
        ),
        chapter=1,
    ),
    Retrieval(
        id="c03-padding-score",
        prompt="Which score does a position of padding get, so that the softmax gives "
        "it the weight 0?",
        options=("minus infinity", "0", "the smallest score of the row"),
        answer=0,
        explanations=(
            "exp(−∞) is 0, and what has no part in the sum leaves the others' shares "
            "to add up to 1.",
            "exp(0) is 1: more than every negative score gets. What must be 0 is the "
            "weight.",
            "Then it weighs as much as the least of the real words, and that is not "
            "nothing. Which number has an exponential of 0?",
        ),
        chapter=2,
    ),
)
