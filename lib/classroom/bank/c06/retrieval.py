"""Asked at the start of chapter 6, on chapter 5."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c06-what-is-masked",
        prompt="What does a causal mask change?",
        options=(
            "scores of later positions, before the softmax",
            "embeddings of later words, which become minus infinity",
            "weights of later positions, after the softmax",
        ),
        answer=0,
        explanations=(
            "A score of minus infinity has weight 0, and the other weights add up "
            "to 1.",
            "Embeddings, keys and values stay as they are: later queries still read "
            "them. Which numbers depend on a pair of positions?",
            "Then their shares have been counted already, and the rows no longer add "
            "up to 1. Where must the change come?",
        ),
        chapter=5,
    ),
    Retrieval(
        id="c06-two-masks",
        prompt="True means “may be attended”. How do a padding mask and a causal mask "
        "go together?",
        options=(
            "and: a position must be allowed by both",
            "or: a position must be allowed by one of them",
            "the later one replaces the first",
        ),
        answer=0,
        explanations=(
            "There are two reasons to be forbidden, and each is enough.",
            "Then padding in the past is allowed, and so are words in the future. Are "
            "you joining permissions or prohibitions?",
            "Then one of the two reasons is forgotten. Which leak comes back?",
        ),
        chapter=5,
    ),
    Retrieval(
        id="c06-padding-axis",
        prompt="On scores (B, h, T, S), along which axis does a padding mask vary "
        "within a sentence?",
        options=(
            "S, the keys: nobody may look at padding",
            "T, the queries: padding may not ask",
            "both: padding neither asks nor is looked at",
        ),
        answer=0,
        explanations=(
            "What padding itself computes is ignored later, so its queries may ask.",
            "Padding that asks does no harm if nobody reads the answer. Who is being "
            "looked at?",
            "A query that may look at nothing has a softmax of 0 / 0. What does that "
            "give?",
        ),
        chapter=5,
    ),
)
