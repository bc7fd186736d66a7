"""Asked at the start of chapter 6, on chapters 3 and 5."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c06-what-is-masked",
        prompt="What does a causal mask change?",
        options=(
            "embeddings of later words, which become minus infinity",
            "scores of later positions, before the softmax",
            "weights of later positions, after the softmax",
        ),
        answer=1,
        explanations=(
            "Embeddings, keys and values stay as they are: later queries still read "
            "them. Which numbers depend on a pair of positions?",
            "A score of minus infinity has weight 0, and the other weights add up to "
            "1.",
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
        id="c06-twice-the-tokens",
        prompt="The same text is cut into twice as many tokens. How many times as "
        "many scores does self-attention compute for it?",
        options=(
            "twice as many",
            "one and a half times as many",
            "four times as many",
        ),
        answer=2,
        explanations=(
            "Each token asks once more, that is true. But how many keys does it now "
            "meet?",
            "Both numbers of a pair have doubled. What does the product of two "
            "doubled numbers do?",
            "Every query meets every key, T × T scores: the length is paid for with "
            "its square.",
        ),
        chapter=3,
    ),
)
