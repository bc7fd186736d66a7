"""Asked at the start of chapter 7, on chapter 6."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c07-which-merge-first",
        prompt="BPE cuts a new word. Which pair is merged first?",
        options=(
            "the one that was learnt first",
            "the leftmost one that is known",
            "the one that makes the longest token",
        ),
        answer=0,
        explanations=(
            "Later merges were counted on a text in which the earlier ones had been "
            "made; encoding replays them in that order.",
            "Then “abc” may become ab|c although bc was learnt before ab. Would the "
            "model have seen that in training?",
            "Longest pieces from the left are WordPiece's rule. What does BPE keep "
            "besides its tokens?",
        ),
        chapter=6,
    ),
    Retrieval(
        id="c07-unknown-sign",
        prompt="A byte-level BPE tokenizer meets an emoji that it has never seen. What "
        "happens?",
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
        id="c07-decode-once",
        prompt="Why are the bytes of all tokens joined before they are decoded?",
        options=(
            "a character may lie across several tokens",
            "it is faster to decode once",
            "special tokens must be taken out first",
        ),
        answer=0,
        explanations=(
            "One quarter of an emoji is not a character. Token by token, four signs "
            "for “unreadable” come out.",
            "It is, but decoding token by token would also be wrong. For which texts?",
            "Special tokens play no part here. What is half a character, on its own?",
        ),
        chapter=6,
    ),
)
