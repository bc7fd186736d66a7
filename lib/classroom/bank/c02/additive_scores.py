"""Chapter 2, faded: the additive score of every query and every key."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Write the score $e_{ij} = v_a^\top \tanh(W_a\,s_i + U_a\,h_j)$ for all pairs at once,
in PyTorch. The first two lines are there; what is missing joins every query with every
key.

- `query` (B, T, d), the decoder's states; `keys` (B, S, d), the annotations
- `W_a`, `U_a` (d_attn, d); `v_a` (d_attn,)
- returns the scores (B, T, S)
"""

STUB = """
def additive_scores(query, keys, W_a, U_a, v_a):
    asked = query @ W_a.T  # (B, T, d_attn)
    offered = keys @ U_a.T  # (B, S, d_attn)
    raise NotImplementedError
"""


def additive_scores(query, keys, W_a, U_a, v_a):
    asked = query @ W_a.T  # (B, T, d_attn)
    offered = keys @ U_a.T  # (B, S, d_attn)
    hidden = torch.tanh(asked[:, :, None] + offered[:, None])  # (B, T, S, d_attn)
    return hidden @ v_a  # (B, T, S)


def one_key_at_a_time(query, keys, W_a, U_a, v_a):
    columns = [
        torch.tanh(query @ W_a.T + (key @ U_a.T)[:, None]) @ v_a
        for key in keys.unbind(1)
    ]
    return torch.stack(columns, dim=-1)


def by_einsum(query, keys, W_a, U_a, v_a):
    asked = torch.einsum("btd,ad->bta", query, W_a)
    offered = torch.einsum("bsd,ad->bsa", keys, U_a)
    hidden = (asked.unsqueeze(2) + offered.unsqueeze(1)).tanh()
    return torch.einsum("btsa,a->bts", hidden, v_a)


def _sums(query, keys, W_a, U_a):
    return (query @ W_a.T)[:, :, None] + (keys @ U_a.T)[:, None]


def tanh_forgotten(query, keys, W_a, U_a, v_a):
    return _sums(query, keys, W_a, U_a) @ v_a


def tanh_on_each_side(query, keys, W_a, U_a, v_a):
    asked, offered = torch.tanh(query @ W_a.T), torch.tanh(keys @ U_a.T)
    return (asked[:, :, None] + offered[:, None]) @ v_a


def tanh_after_v(query, keys, W_a, U_a, v_a):
    return torch.tanh(_sums(query, keys, W_a, U_a) @ v_a)


def matrices_swapped(query, keys, W_a, U_a, v_a):
    return additive_scores(query, keys, U_a, W_a, v_a)


def transposed(query, keys, W_a, U_a, v_a):
    return additive_scores(query, keys, W_a, U_a, v_a).transpose(1, 2)


def v_forgotten(query, keys, W_a, U_a, v_a):
    return torch.tanh(_sums(query, keys, W_a, U_a)).sum(-1)


def v_as_average(query, keys, W_a, U_a, v_a):
    return (torch.tanh(_sums(query, keys, W_a, U_a)) * v_a).mean(-1)


def multiplied(query, keys, W_a, U_a, v_a):
    product = (query @ W_a.T)[:, :, None] * (keys @ U_a.T)[:, None]
    return torch.tanh(product) @ v_a


def inputs(scale=1.0):
    """B=2, T=3, S=5, d=4, d_attn=6: every axis has another size."""

    def make():
        query, keys = scale * torch.randn(2, 3, 4), scale * torch.randn(2, 5, 4)
        return query, keys, torch.randn(6, 4), torch.randn(6, 4), torch.randn(6)

    return make


def _queries_cancel(got, _):
    gaps = got[0, 0] - got[0, 1]
    return (
        f"Your scores of the first two queries differ by {short(gaps)}: the same "
        "amount for every key. After softmax these two queries have equal weights."
    )


def _first(got, expected):
    return (
        f"Your first query scores the keys {short(got[0, 0])}, and the reference "
        f"{short(expected[0, 0])}"
    )


EXERCISE = Exercise(
    id="additive-scores",
    chapter=2,
    kind="faded",
    title="The additive score",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="additive_scores",
    stub=STUB,
    reference=additive_scores,
    accepts=(one_key_at_a_time, by_einsum),
    proves="Every query is compared with every key, inside one hidden layer, on small "
    "and on large inputs.",
    probes=(
        Probe(
            "random",
            inputs(),
            says="The score of query i and key j is v·tanh(W s_i + U h_j)",
        ),
        Probe(
            "large", inputs(20.0), says="The hidden units saturate where sums are large"
        ),
    ),
    mistakes=(
        Mistake(
            "tanh-forgotten",
            tanh_forgotten,
            _queries_cancel,
            "What can a query still decide, if it adds one constant to all scores?",
            "Without a bend in between, v·(Ws + Uh) falls apart into a part of the "
            "query and a part of the key. Softmax forgets what all its inputs share.",
            "Grades are ranked in a class. A teacher who adds 5 points to everybody "
            "changes no rank. When would a teacher's opinion change the ranking?",
        ),
        Mistake(
            "tanh-on-each-side",
            tanh_on_each_side,
            _queries_cancel,
            "Where do query and key meet *before* they are bent?",
            "You bend each of them alone and add afterwards. A sum of a part of the "
            "query and a part of the key is what softmax cannot use.",
            "√9 + √16 is 7, √(9 + 16) is 5. In which of the two does the 9 influence "
            "what the 16 is worth?",
        ),
        Mistake(
            "tanh-after-v",
            tanh_after_v,
            lambda got, expected: (
                f"Your scores lie between {short(got.min())} and {short(got.max())}; "
                f"the reference's between {short(expected.min())} and "
                f"{short(expected.max())}."
            ),
            "How many numbers pass through the tanh for one pair: d_attn, or one?",
            "Read the formula from the inside: which operation comes first, the "
            "product with v or the tanh? And may a score be larger than 1?",
            "In a network with one hidden layer, the bend sits between two matrices. "
            "On which side of the last one does it stand?",
        ),
        Mistake(
            "matrices-swapped",
            matrices_swapped,
            lambda got, expected: f"{_first(got, expected)}.",
            "Which of the two matrices does the formula give to the decoder's state?",
            "Both have the same shape here, so nothing fails. Say aloud who asks and "
            "who is asked, and which letter goes with whom.",
            "A key copied for the front door fits the back door's lock, and does not "
            "turn. Same shape is not same purpose.",
        ),
        Mistake(
            "scores-transposed",
            transposed,
            lambda got, expected: (
                f"You return shape {tuple(got.shape)}, and {tuple(expected.shape)} is "
                "asked for."
            ),
            "Who owns a row of the score matrix: a query or a key?",
            "Write the names of the axes beside each `None`: which one becomes the "
            "row?",
            "A table of marks with one row per pupil and one column per exam: swap the "
            "two and it is the exams that have an average.",
        ),
        Mistake(
            "v-forgotten",
            v_forgotten,
            lambda got, expected: (
                f"{_first(got, expected)}. Yours is the plain sum over the hidden "
                "units."
            ),
            "Which of your arguments has not been used?",
            "All hidden units count the same in your sum. What lets the model give one "
            "of them more say, and another a say against?",
            "An election in which votes for and against are all counted as votes cast: "
            "the turnout is right. What is missing?",
        ),
        Mistake(
            "v-as-average",
            v_as_average,
            lambda got, expected: (
                f"{_first(got, expected)}: yours is "
                f"{short(expected[0, 0, 0] / got[0, 0, 0])} times too small everywhere."
            ),
            "A product of two vectors: does it divide by their length?",
            "Count the hidden units and look at the factor. Which function brings it "
            "in?",
            "(1, 2)·(3, 4) is 11. What would the mean of the products be?",
        ),
        Mistake(
            "multiplied-not-added",
            multiplied,
            lambda got, expected: (
                f"{_first(got, expected)}. In yours, a query of zeros scores 0 with "
                "every key."
            ),
            "What does a key's score depend on when the query says nothing (all "
            "zeros)?",
            "The name says how query and key are joined inside the tanh. Chapter 3 has "
            "the other way.",
            "3 + 0 keeps the 3; 3 × 0 does not. What remains of a key in each case?",
        ),
    ),
)
