"""Asked at the start of chapter 4, on chapters 2 and 3."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c04-what-the-root-restores",
        prompt="Query and key have d_k independent entries of mean 0 and variance 1. "
        "What does dividing their dot product by √d_k do?",
        options=(
            "it brings the variance of the scores back to 1",
            "it makes the weights of each query add up to 1",
            "it makes query and key unit vectors",
        ),
        answer=0,
        explanations=(
            "A sum of d_k products of variance 1 has variance d_k, and so a standard "
            "deviation of √d_k. Without the root the softmax saturates as d_k grows.",
            "The softmax does that, whatever is divided before it. What grows with "
            "d_k?",
            "Dividing by one fixed number leaves long vectors longer than short ones. "
            "What spreads more and more when d_k grows?",
        ),
        chapter=3,
    ),
    Retrieval(
        id="c04-what-is-averaged",
        prompt="Of query, key and value: which of them appear in the output of "
        "attention as numbers, and not only through the weights?",
        options=("the values", "the keys", "the queries and the keys"),
        answer=0,
        explanations=(
            "Queries and keys are compared, which gives the weights. What is averaged "
            "with them, and handed over, are the values.",
            "Keys decide how much of each value is taken. What is it that is taken?",
            "Both have done their work once the weights are there. What do the weights "
            "multiply?",
        ),
        chapter=3,
    ),
    Retrieval(
        id="c04-one-to-the-right",
        prompt="An attending decoder wrote strings backwards without a mistake, and "
        "some of its largest weights lay one place to the right of the letter that it "
        "wrote. Why was that no error?",
        options=(
            "the weights of a row sum to 1, so the place does not matter",
            "the annotation to the right has read that letter too",
            "the map was drawn with its rows and columns exchanged",
        ),
        answer=1,
        explanations=(
            "The sum says nothing about where the weight lies. What does the encoder's "
            "state at one place further on know?",
            "An annotation is a state of the encoder: it knows all that was read up to "
            "its place. A weight there says which state was used, not which letter.",
            "Then the misses would lie to the left as well. What has the encoder read "
            "when it stands one place further on?",
        ),
        chapter=2,
    ),
)
