"""Asked at the start of chapter 14, on chapters 11 and 12."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c14-two-batches",
        prompt="On a held-out batch of 10 tokens a model loses 20 nats in all, on one "
        "of 2 tokens 8 nats. What is its perplexity?",
        options=(
            "(exp(20/10) + exp(8/2)) / 2 ≈ 31",
            "exp((20/10 + 8/2) / 2) ≈ 20",
            "exp((20 + 8) / (10 + 2)) ≈ 10",
        ),
        answer=2,
        explanations=(
            "A mean of exponentials lets the worst batch speak for all. What would one "
            "long text of 12 tokens get?",
            "There the 2 tokens of the short batch weigh as much as the 10 of the long "
            "one. Who has one vote: a batch or a token?",
            "As one long text of 12 tokens: nats and tokens are added up first, and "
            "exp is taken once, at the end.",
        ),
        chapter=11,
    ),
    Retrieval(
        id="c14-crossing-token",
        prompt="Next-token probabilities are 0.5, 0.3, 0.15, 0.05. Which tokens does "
        "top-p with p = 0.6 keep?",
        options=(
            "the first alone: with the second, 0.6 is passed",
            "the first two: they are the fewest that reach 0.6",
            "none: no token has a probability of 0.6",
        ),
        answer=1,
        explanations=(
            "0.5 does not reach 0.6. Is the token that crosses the line in or out?",
            "The fewest tokens, likeliest first, that together reach p; the token that "
            "crosses the line is among them.",
            "p is compared with a running sum, not with each token. What is the sum "
            "after two tokens?",
        ),
        chapter=12,
    ),
    Retrieval(
        id="c14-eighth-token",
        prompt="A cache holds the keys and values of 7 tokens, and the newest token is "
        "read alone. Which position is it given?",
        options=(
            "position 0: it is the first of its input",
            "position 7: as many tokens as the cache holds lie before it",
            "none: its place follows from the keys that are kept",
        ),
        answer=1,
        explanations=(
            "Then every new token would claim to begin the text. How should it know "
            "that it is the eighth?",
            "Counting starts at the length of the cache: whoever forgets this gets the "
            "first step right and the others wrong.",
            "Keys carry the places of the *old* tokens. Who tells the new one's query "
            "where it stands?",
        ),
        chapter=12,
    ),
)
