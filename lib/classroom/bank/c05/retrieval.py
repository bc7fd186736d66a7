"""Asked at the start of chapter 5, on chapters 2 and 4."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c05-read-and-asked",
        prompt="Under teacher forcing, for the target `BOS b a EOS`: what does the "
        "decoder read, and what is it asked for?",
        options=(
            "it reads `BOS b a` and is asked for `b a EOS`",
            "it reads `BOS b a EOS` and is asked for the same",
            "it reads `b a EOS` and is asked for `BOS b a`",
        ),
        answer=0,
        explanations=(
            "At each place the answer is the next token. If the place could see that "
            "token, there would be nothing to predict.",
            "Then each answer is the token that was read just now: copying does it. By "
            "how much are the two shifted?",
            "That is the shift in the wrong direction. Which token must be there "
            "before anything is written?",
        ),
        chapter=2,
    ),
    Retrieval(
        id="c05-view-or-transpose",
        prompt="Why does splitting x (B, T, d) into heads need a transpose after the "
        "reshape to (B, T, h, d_k)?",
        options=(
            "because memory must be contiguous before the product",
            "because a direct reshape to (B, h, T, d_k) gives a head rows that are "
            "pieces of one word",
            "because softmax always works on the last axis but one",
        ),
        answer=1,
        explanations=(
            "A transpose makes memory less contiguous, not more. What matters is which "
            "number stands where.",
            "A reshape keeps the numbers in reading order: a word's d numbers would "
            "fill several rows of the same head.",
            "It works on the axis that is named, here the keys. Which numbers stand in "
            "row 0 of head 0 after each of the two ways?",
        ),
        chapter=4,
    ),
    Retrieval(
        id="c05-weights-per-head",
        prompt="With h heads, T queries and S keys, how many weight tables (T, S) does "
        "one sentence get?",
        options=(
            "h, one for each head",
            "one, shared by the heads",
            "T, one for each query",
        ),
        answer=0,
        explanations=(
            "Each head has its own softmax. So a mask that is to hold for all heads "
            "needs an axis that broadcasts over h.",
            "Then every head would average alike, and only the values would differ. "
            "What does each head compute from its own queries and keys?",
            "A query is one row of a table. How many times is that row computed, once "
            "the width is split?",
        ),
        chapter=4,
    ),
)
