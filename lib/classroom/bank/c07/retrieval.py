"""Asked at the start of chapter 7, on chapters 3 and 6."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c07-which-merge-first",
        prompt="BPE cuts a new word. Which pair is merged first?",
        options=(
            "the leftmost one that is known",
            "the one that makes the longest token",
            "the one that was learnt first",
        ),
        answer=2,
        explanations=(
            "Then “abc” may become ab|c although bc was learnt before ab. Would the "
            "model have seen that in training?",
            "Longest pieces from the left are WordPiece's rule. What does BPE keep "
            "besides its tokens?",
            "Later merges were counted on a text in which the earlier ones had been "
            "made; encoding replays them in that order.",
        ),
        chapter=6,
    ),
    Retrieval(
        id="c07-unknown-sign",
        prompt="A byte-level BPE tokenizer meets an emoji that it has never seen. "
        "What happens?",
        options=(
            "it becomes several byte tokens and comes back unharmed",
            "it becomes one token for unknown signs",
            "encoding stops with an error",
        ),
        answer=0,
        explanations=(
            "All 256 bytes are tokens, so every text can be written; it only takes "
            "more tokens.",
            "WordPiece and GPT-1's tokenizer have such a token. With what does "
            "byte-level BPE begin?",
            "A character tokenizer would. Which 256 tokens does byte-level BPE begin "
            "with?",
        ),
        chapter=6,
    ),
    Retrieval(
        id="c07-how-large-a-product",
        prompt="Two vectors of d numbers are drawn at random, each number with mean 0 "
        "and variance 1. How large is their dot product, typically?",
        options=(
            "about 1, whatever d is",
            "about √d",
            "about d",
        ),
        answer=1,
        explanations=(
            "It is a sum of d products. Do they cancel each other completely?",
            "The variance of the sum is d, so its spread is √d: the root by which "
            "attention divides its scores.",
            "That is what it would be if all d products had the same sign. Have they?",
        ),
        chapter=3,
    ),
)
