"""Asked at the start of chapter 4, on chapter 3."""

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
        id="c04-inside-the-hull",
        prompt="All values of a query's keys lie between −2 and 3 in some column. What "
        "can the output of attention be in that column?",
        options=(
            "any number from −2 to 3, and no other",
            "any number: the weights can be as large as they need to be",
            "any number from 0 to 3, since weights are positive",
        ),
        answer=0,
        explanations=(
            "The weights are positive and add up to 1, so the output is an average, "
            "and no average leaves the range of what it averages.",
            "Each weight is a share of 1. Can a share of the whole exceed the whole?",
            "Positive weights do not make negative values positive. What does a key "
            "with value −2 contribute if it gets nearly all the weight?",
        ),
        chapter=3,
    ),
)
