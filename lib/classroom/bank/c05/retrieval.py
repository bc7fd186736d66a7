"""Asked at the start of chapter 5, on chapter 4."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c05-root-of-what",
        prompt="A layer of width 512 has 8 heads. By which root are each head's scores "
        "divided?",
        options=(
            "√512, the width of the layer",
            "√64, the length of the vectors that are multiplied",
            "√8, the number of heads",
        ),
        answer=1,
        explanations=(
            "That makes the scores too small by √8, and the weights too even. How many "
            "products are added up for one score of one head?",
            "A score of one head is a sum of 512 / 8 = 64 products; its spread grows "
            "like the root of that.",
            "Heads are computed side by side and not added up before the softmax. What "
            "is added up in one score?",
        ),
        chapter=4,
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
