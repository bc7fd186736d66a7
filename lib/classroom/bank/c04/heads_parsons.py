"""Chapter 4, Parsons: multi-head self-attention, line by line."""

from dataclasses import replace

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Put the lines of multi-head self-attention in order; some do not belong.

`x` is (B, T, d). `w_qkv` (d, 3d) holds $W^Q$, $W^K$ and $W^V$, in this order, side by
side; `w_o` is (d, d). `mask` (T, T), True = may be attended, is the same for all
sentences and heads.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
def self_attention(x, w_qkv, w_o, n_heads, mask):
    B, T, d = x.shape
    d_k = d // n_heads
    {lines}
    return out
"""

LINES = {
    "A": "out = heads.reshape(B, T, d)",
    "B": "weights = scores.softmax(dim=-1)",
    "C": "q, k, v = (\n"
    "    y.reshape(B, n_heads, T, d_k) for y in (q, k, v)\n"
    ")  # (B, h, T, d_k)",
    "D": "q, v, k = (x @ w_qkv).chunk(3, dim=-1)",
    "E": "out = out @ w_o",
    "F": "scores = scores / d**0.5",
    "G": "scores = scores.masked_fill(~mask, float('-inf'))",
    "H": "out = heads.transpose(1, 2).reshape(B, T, d)",
    "I": "weights = scores.softmax(dim=1)",
    "J": "heads = weights @ v  # (B, h, T, d_k)",
    "K": "q, k, v = (x @ w_qkv).chunk(3, dim=-1)",
    "L": "scores = scores / d_k**0.5",
    "M": "weights = weights * mask",
    "N": "q, k, v = (\n"
    "    y.reshape(B, T, n_heads, d_k).transpose(1, 2) for y in (q, k, v)\n"
    ")  # (B, h, T, d_k)",
    "O": "scores = q @ k.transpose(-2, -1)  # (B, h, T, T)",
    "P": "out = heads.mean(dim=1).repeat(1, 1, n_heads)",
}
RIGHT = list("KNOLGBJHE")


def inputs(zero=None):
    """B=2, h=3, T=5, d_k=4; a triangle for a mask; a third of w_qkv may be zero."""

    def make():
        x, w_qkv = torch.randn(2, 5, 12), torch.randn(12, 36) * 0.4
        if zero is not None:
            w_qkv[:, 12 * zero : 12 * zero + 12] = 0.0
        mask = torch.ones(5, 5, dtype=torch.bool).tril()
        return x, w_qkv, torch.randn(12, 12) * 0.4, 3, mask

    return make


def influence(attend, x, *others):
    """The tokens whose output moves when the last token changes."""
    before = attend(x, *others)
    x = x.clone()
    x[:, -1] += 1.0
    moved = (~torch.isclose(attend(x, *others), before, atol=1e-5)).any(0).any(-1)
    return {"moved": ", ".join(str(int(t)) for t in moved.nonzero().flatten())}


def first(x):
    return short(x[0, 1, :3]) if getattr(x, "ndim", 0) == 3 else "…"


def begins(got, expected):
    return (
        f"Token 1 of the first sentence comes out as {first(got)} …, and the "
        f"reference's as {first(expected)}"
    )


def moved(got):
    return got["moved"] if isinstance(got, dict) else "some"


def norms(got, expected):
    return f"{float(got.norm() / expected.norm()):.2f}"


EXERCISE = Exercise(
    id="heads-parsons",
    chapter=4,
    kind="parsons",
    title="Multi-head self-attention, line by line",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(list("KNOGLBJHE"),),
    proves="Project, split, compare, scale, mask, share out, average, merge, mix. The "
    "scale may also follow the mask: −∞ stays −∞.",
    template=TEMPLATE,
    lines=LINES,
    probes=(
        Probe(
            "last token changed",
            inputs(),
            influence,
            says="Under a triangle for a mask the last token moves its own row only",
        ),
        Probe("outputs", inputs(), says="The output is that of a loop over the heads"),
        Probe(
            "no values",
            inputs(2),
            says="With zeros for the last third of w_qkv the output is 0",
        ),
        Probe(
            "no keys",
            inputs(1),
            says="With zeros for the middle third of w_qkv all allowed keys get the "
            "same weight",
        ),
    ),
    mistakes=(
        Mistake(
            "heads-view-no-transpose",
            list("KCOLGBJHE"),
            lambda got, _: (
                "The last token changes, and the rows that move are "
                f"{moved(got)}: the future leaks in spite of the mask."
            ),
            "Of how many tokens does a row of your head 0 hold numbers?",
            "The mask speaks of tokens. If a row of a head is no token any more, what "
            "does the mask forbid?",
            "`torch.arange(8).reshape(2, 4)` and `torch.arange(8).reshape(4, 2).T` "
            "have one shape. Which of them keeps 0 and 1 in one column?",
            probe="last token changed",
        ),
        Mistake(
            "heads-merge-no-transpose",
            list("KNOLGBJAE"),
            lambda got, _: (
                "The last token changes, and the rows that move are "
                f"{moved(got)}: a row of the output holds pieces of several tokens."
            ),
            "After the merge, whose numbers stand in row 0?",
            "Two axes can be joined into one if they stand side by side. Which two do "
            "you want to join?",
            "Three albums of five songs, copied end to end and cut into five: does "
            "each part hold one song of every album?",
            probe="last token changed",
        ),
        Mistake(
            "heads-view-at-both-ends",
            list("KCOLGBJAE"),
            lambda got, expected: (
                f"{begins(got, expected)}. The shapes are right, and when the last "
                "token changes no row moves that should not."
            ),
            "Your merge undoes your split. What went on in between?",
            "No test of leaks sees it: each of your heads works with all features of "
            "some tokens, instead of some features of all tokens. Follow token 1.",
            "A deck dealt into the wrong hands and collected the same way is in order "
            "again. Was the game?",
            probe="outputs",
        ),
        Mistake(
            "scale-d-model",
            list("KNOFGBJHE"),
            lambda got, expected: (
                f"{begins(got, expected)}: your weights are too even, by a factor of "
                "1.73 in the scores."
            ),
            "How long are the vectors whose product you take *here*?",
            "1.73 is the root of the number of heads. Where was the vector cut?",
            "The sum of 9 coins spreads like 3, and that of 27 like 5.2. You throw 9; "
            "by what do you divide?",
            probe="outputs",
        ),
        Mistake(
            "scale-missing",
            list("KNOGBJHE"),
            lambda got, expected: (
                f"{begins(got, expected)}: the weights are those of scores that "
                "nobody divided."
            ),
            "How large is a dot product of 4 random numbers with 4 others?",
            "A line that changes the scores has an effect only before the line that "
            "reads them. Is yours there, and at that place?",
            "Salt in the water after the noodles have left it does nothing for the "
            "noodles.",
            probe="outputs",
        ),
        Mistake(
            "softmax-over-heads",
            list("KNOLGIJHE"),
            lambda got, expected: (
                "With zeros for the keys your output is "
                f"{norms(got, expected)} times as large as the average of the values: "
                "the heads compete for each key."
            ),
            "Pick one query of one head. Do its shares add up to one?",
            "`scores` has four axes. Along which lie the things one query chooses "
            "from?",
            "Three juries each give one prize. If one prize is divided among the "
            "juries instead, who gets how much?",
            probe="no keys",
        ),
        Mistake(
            "qkv-chunk-order",
            list("DNOLGBJHE"),
            lambda got, _: (
                "With zeros for the last third of `w_qkv`, the values' third, token 1 "
                f"comes out as {first(got)} … and not as zeros."
            ),
            "Which third must make all words equally attractive when it is zero?",
            "Two lines differ in two letters only. Compare each with the question.",
            "Milk and coffee in the wrong cups: nobody notices while each fills his "
            "own. What if the cups come filled?",
            probe="no values",
        ),
        Mistake(
            "mask-missing",
            list("KNOLBJHE"),
            lambda got, _: (
                f"The last token changes, and the rows that move are {moved(got)}: "
                "every token sees all others."
            ),
            "Which line keeps token 0 from looking at token 4, and when does it act?",
            "A mask that is applied to scores has to come before they are read.",
            "A door that is locked after everybody has gone in.",
            probe="last token changed",
        ),
        Mistake(
            "mask-after-softmax",
            list("KNOLBMJHE"),
            lambda got, _: (
                f"The last token changes, and the rows that move are {moved(got)}: "
                "what is forbidden has weight 0, and still had a part in the total."
            ),
            "Do the weights that are left add up to 1?",
            "Two lines use the mask: one acts on scores, the other on weights. Which "
            "of them lets the shares be worked out anew?",
            "A cake is cut for five, and then two are sent home with nothing. What is "
            "the size of the other pieces?",
            probe="last token changed",
        ),
        Mistake(
            "heads-averaged",
            list("KNOLGBJPE"),
            lambda got, expected: (
                f"{begins(got, expected)}. Before W^O, all three pieces of each row "
                "are the same."
            ),
            "Is a committee's report the average of its pages?",
            "An average forgets which head said what. Which operation keeps it?",
            "Height 180 and weight 75 average to 127.5. What can be read from that?",
            probe="outputs",
        ),
        Mistake(
            "no-output-projection",
            list("KNOLGBJH"),
            lambda got, expected: (
                f"{begins(got, expected)}: the heads lie side by side, and nothing "
                "mixes them."
            ),
            "Which argument of the function has no effect in your order?",
            "After concatenation each head has its own columns. How does what head 0 "
            "found get into the columns of head 2?",
            "Three interpreters in three booths; somebody has to write the minutes.",
            probe="outputs",
        ),
        Mistake(
            "split-missing",
            list("KOLGBJHE"),
            lambda got, expected: (
                f"{begins(got, expected)}. Your `q` is {(2, 5, 12)} when it is "
                "compared: one wide head, and then a merge of what was never split."
            ),
            "How many heads has your attention?",
            "The comments behind the lines name the shapes. Which line makes four axes "
            "out of three?",
            "Before three people can work side by side, the work must be shared out.",
            probe="outputs",
        ),
    ),
)

# Two errors at once, by the one that shows first: `replace` keeps its hints.
PAIRS = {
    "heads-view-no-transpose": {"scale-missing": "KCOGBJHE", "d-model": "KCOFGBJHE"},
    "heads-view-at-both-ends": {"scale-missing": "KCOGBJAE", "d-model": "KCOFGBJAE"},
    "heads-merge-no-transpose": {"scale-missing": "KNOGBJAE", "d-model": "KNOFGBJAE"},
    "mask-after-softmax": {"scale-missing": "KNOBMJHE", "d-model": "KNOFBMJHE"},
    "mask-missing": {"scale-missing": "KNOBJHE", "d-model": "KNOFBJHE"},
}
EXERCISE = replace(
    EXERCISE,
    mistakes=(
        *EXERCISE.mistakes,
        *(
            replace(EXERCISE.mistake(first), id=f"{first}-and-{second}", wrong=[*order])
            for first, orders in PAIRS.items()
            for second, order in orders.items()
        ),
    ),
)
