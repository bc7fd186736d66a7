"""Chapter 2, write: the three scores of Luong, Pham and Manning."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
{cite:t}`luong2015effective` compare three scores between the decoder's state $h_t$ (the
query) and an encoder's state $\bar h_s$ (a key):

$$\text{dot: } h_t^\top \bar h_s \qquad \text{general: } h_t^\top W_a\,\bar h_s \qquad
\text{concat: } v_a^\top \tanh(W_a\,[h_t; \bar h_s])$$

Write all three in PyTorch, for all pairs at once.

- `query` (B, T, d), `keys` (B, S, d); `kind` is "dot", "general" or "concat"
- `W_a` (d, d) for "general", (d_attn, 2d) for "concat"; `v_a` (d_attn,) for "concat";
  None where it is not needed
- returns the scores (B, T, S)
"""

STUB = """
def luong_scores(query, keys, kind, W_a, v_a):
    raise NotImplementedError
"""


def luong_scores(query, keys, kind, W_a, v_a):
    if kind == "dot":
        return query @ keys.transpose(1, 2)  # (B, T, d) @ (B, d, S)
    if kind == "general":
        return query @ W_a @ keys.transpose(1, 2)
    T, S = query.shape[1], keys.shape[1]
    asked = query[:, :, None].expand(-1, -1, S, -1)  # (B, T, S, d)
    offered = keys[:, None].expand(-1, T, -1, -1)  # (B, T, S, d)
    return torch.tanh(torch.cat([asked, offered], dim=-1) @ W_a.T) @ v_a


def concat_as_a_sum(query, keys, kind, W_a, v_a):
    """The product with [h; h̄] is a sum of two products."""
    if kind == "dot":
        return torch.einsum("btd,bsd->bts", query, keys)
    if kind == "general":
        return torch.einsum("btd,de,bse->bts", query, W_a, keys)
    d = query.shape[-1]
    asked, offered = query @ W_a[:, :d].T, keys @ W_a[:, d:].T
    return torch.tanh(asked[:, :, None] + offered[:, None]) @ v_a


def but(**kinds):
    """The reference, with other functions for some kinds."""

    def scores(query, keys, kind, W_a, v_a):
        return kinds.get(kind, luong_scores)(query, keys, kind, W_a, v_a)

    return scores


def _joined(first, second):
    T, S = first.shape[1], second.shape[1]
    pair = (
        first[:, :, None].expand(-1, -1, S, -1),
        second[:, None].expand(-1, T, -1, -1),
    )
    return torch.cat(pair, dim=-1)


def transposed(query, keys, kind, W_a, v_a):
    return luong_scores(query, keys, kind, W_a, v_a).transpose(1, 2)


def reshaped(query, keys, kind, W_a, v_a):
    turned = keys.reshape(keys.shape[0], keys.shape[2], keys.shape[1])
    return (query if kind == "dot" else query @ W_a) @ turned


def scaled(query, keys, kind, W_a, v_a):
    asked = query if kind == "dot" else query @ W_a
    return asked @ keys.transpose(1, 2) / query.shape[-1] ** 0.5


def wrong_side(query, keys, kind, W_a, v_a):
    return query @ W_a.T @ keys.transpose(1, 2)


def ignored_w(query, keys, kind, W_a, v_a):
    return query @ keys.transpose(1, 2)


def swapped_concat(query, keys, kind, W_a, v_a):
    return torch.tanh(_joined(query, keys).roll(query.shape[-1], -1) @ W_a.T) @ v_a


def linear_concat(query, keys, kind, W_a, v_a):
    return _joined(query, keys) @ W_a.T @ v_a


def cosine(query, keys, kind, W_a, v_a):
    unit = torch.nn.functional.normalize
    return unit(query, dim=-1) @ unit(keys, dim=-1).transpose(1, 2)


def inputs(kind):
    """B=2, T=3, S=5, d=4, d_attn=6."""

    def make():
        query, keys = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
        if kind == "dot":
            return query, keys, "dot", None, None
        if kind == "general":
            return query, keys, "general", torch.randn(4, 4), None
        return query, keys, "concat", torch.randn(6, 8), torch.randn(6)

    return make


def _first(got, expected):
    return (
        f"your first query scores the keys {short(got[0, 0])}, and the reference "
        f"{short(expected[0, 0])}"
    )


# One mistake to a learner, whichever of the kinds it touches.
VIEW = {
    "symptom": lambda got, expected: f"In your scores, {_first(got, expected)}.",
    "question": "You have a (d, S) matrix. Is its first column the first key?",
    "pointer": "Reading numbers row by row into a new shape is not turning the matrix "
    "over.",
    "neighbour": "[[1, 2, 3], [4, 5, 6]] turned over begins with the row 1, 4. Read "
    "into three rows of two, what does it begin with?",
}
SCALED = {
    "symptom": lambda got, expected: (
        f"In your scores, {_first(got, expected)}: "
        f"{short(expected[0, 0, 0] / got[0, 0, 0])} times as much."
    ),
    "question": "Which paper does the division by a square root come from?",
    "pointer": "It is a good idea and comes two years later, in chapter 3. The formula "
    "above has no such factor.",
    "neighbour": "Two recipes for one cake, one in grams and one in cups: following "
    "the first with the second's numbers gives a cake of another size.",
}

EXERCISE = Exercise(
    id="luong-scores",
    chapter=2,
    kind="write",
    title="Dot, general, concat",
    question=QUESTION,
    difficulty=3,
    minutes=15,
    name="luong_scores",
    stub=STUB,
    reference=luong_scores,
    accepts=(concat_as_a_sum,),
    proves="All three scores, with each matrix on its side and each half of the "
    "concatenation in its place. Put one into an attention module, and it fits "
    "`Decoder`.",
    probes=(
        Probe("dot", inputs("dot"), says="The dot score is a product of query and key"),
        Probe(
            "general",
            inputs("general"),
            says="The general score has the matrix between query and key",
        ),
        Probe(
            "concat",
            inputs("concat"),
            says="The concat score is additive attention with one matrix on both",
        ),
    ),
    mistakes=(
        Mistake(
            "scores-transposed",
            transposed,
            lambda got, expected: (
                f"You return shape {tuple(got.shape)}, and {tuple(expected.shape)} is "
                "asked for: one row per query."
            ),
            "Who asks in your matrix: the rows or the columns?",
            "Label the rows of your score matrix aloud. Softmax will run along them.",
            "A timetable with one row per train and one column per station, read as "
            "one row per station: the same numbers, and nobody finds a train.",
        ),
        Mistake("k-view-not-transpose", but(dot=reshaped, general=reshaped), **VIEW),
        Mistake("dot-view-only", but(dot=reshaped), **VIEW),
        Mistake("general-view-only", but(general=reshaped), **VIEW),
        Mistake("dot-scaled", but(dot=scaled), **SCALED),
        Mistake("dot-and-general-scaled", but(dot=scaled, general=scaled), **SCALED),
        Mistake("general-scaled", but(general=scaled), **SCALED),
        Mistake(
            "cosine-not-dot",
            but(dot=cosine),
            lambda got, expected: (
                f"For “dot”, {_first(got, expected)}. None of yours can exceed 1."
            ),
            "Is the length of the vectors part of the formula?",
            "You compare directions only. A query of twice the length should score "
            "twice as high: does yours?",
            "Two arrows at 60° with lengths 2 and 3: the dot product is 3, the cosine "
            "0.5.",
        ),
        Mistake(
            "general-matrix-on-wrong-side",
            but(general=wrong_side),
            lambda got, expected: f"For “general”, {_first(got, expected)}.",
            "In hᵀ W h̄, does the query meet W's rows or its columns?",
            "A layer of PyTorch multiplies by the transposed weight; this formula does "
            "not. Write one entry of the result as a double sum and see which index of "
            "W belongs to the query.",
            "With W = [[0, 1], [0, 0]], (1, 0) W (0, 1)ᵀ is 1. What is (0, 1) W (1, "
            "0)ᵀ?",
        ),
        Mistake(
            "general-without-matrix",
            but(general=ignored_w),
            lambda got, expected: (
                f"For “general”, {_first(got, expected)}. Yours would also come out "
                "for “dot”."
            ),
            "Which argument did “general” not use?",
            "The matrix lets the query be compared in other coordinates than its own. "
            "Where does it stand in the formula?",
            "Prices in two currencies are compared after multiplying by a rate. What "
            "is compared if the rate is left out?",
        ),
        Mistake(
            "concat-order-swapped",
            but(concat=swapped_concat),
            lambda got, expected: f"For “concat”, {_first(got, expected)}.",
            "Which vector comes first between the brackets?",
            "The first d columns of W_a belong to one of the two, the last d to the "
            "other. Nothing fails when they get each other's.",
            "Surname, first name: a form filled in the other way round is complete, "
            "and files you under somebody else's letter.",
        ),
        Mistake(
            "concat-without-tanh",
            but(concat=linear_concat),
            lambda got, expected: (
                f"For “concat”, {_first(got, expected)}. Between your first two "
                f"queries the scores differ by {short(got[0, 0] - got[0, 1])}: the "
                "same for every key."
            ),
            "What can the query decide, if it adds the same to every key's score?",
            "Two linear maps in a row are one linear map, which falls apart into a "
            "part of the query and a part of the key. What stands between them?",
            "2·(3a + 4b) is 6a + 8b: a's part does not depend on b. With a bend in "
            "between, such as max(0, ·), can it still be pulled apart?",
        ),
    ),
)
