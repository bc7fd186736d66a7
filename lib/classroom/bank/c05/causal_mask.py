"""Chapter 5, write: nobody looks ahead, also with more keys than queries."""

import torch

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Make the causal mask: query t may look at its own position and at all before it. With
`S` given and larger than `T`, the queries are the *last* T of S positions: so it is in
generation, when earlier keys are kept and only the newest words ask.

- `T`: number of queries; `S`: number of keys, at least T, or None for as many
- returns a boolean tensor (T, S), True = may be attended
"""

STUB = """
def causal_mask(T, S=None):
    raise NotImplementedError
"""


def causal_mask(T, S=None):
    S = T if S is None else S
    return torch.ones(T, S, dtype=torch.bool).tril(S - T)


def by_positions(T, S=None):
    S = S or T
    query, key = torch.arange(S - T, S), torch.arange(S)
    return key <= query[:, None]


def not_the_upper_triangle(T, S=None):
    S = S or T
    return ~torch.ones(T, S).triu(S - T + 1).bool()


def where_upper_is_zero(T, S=None):
    S = S or T
    return torch.triu(torch.ones(T, S), diagonal=1 + S - T) == 0


def last_rows_of_a_square(T, S=None):
    S = S or T
    return torch.ones(S, S).tril().bool()[S - T :]


def _ones(T, S):
    return torch.ones(T, S if S else T, dtype=torch.bool)


def _ahead(T, S):
    return (S or T) - T


def not_itself(T, S=None):
    return _ones(T, S).tril(_ahead(T, S) - 1)


def not_itself_top_left(T, S=None):
    return _ones(T, S).tril(-1)


def sees_next(T, S=None):
    return _ones(T, S).tril(_ahead(T, S) + 1)


def sees_next_top_left(T, S=None):
    return _ones(T, S).tril(1)


def flipped(T, S=None):
    return _ones(T, S).triu(_ahead(T, S))


def flipped_top_left(T, S=None):
    return _ones(T, S).triu()


def inverted(T, S=None):
    return ~causal_mask(T, S)


def inverted_top_left(T, S=None):
    return _ones(T, S).triu(1)


def top_left(T, S=None):
    return _ones(T, S).tril()


def keys_forgotten(T, S=None):
    return _ones(T, T).tril()


def square_of_keys(T, S=None):
    return _ones(S or T, S).tril()


def offset_backwards(T, S=None):
    return _ones(T, S).tril(-_ahead(T, S))


def keys_by_queries(T, S=None):
    return causal_mask(T, S).T


def additive(T, S=None):
    return torch.zeros(_ones(T, S).shape).masked_fill(~causal_mask(T, S), -torch.inf)


def ones_and_zeros(T, S=None):
    return causal_mask(T, S).float()


def read(look):
    """Let `look` read a mask of the right shape and type; others as they are."""

    def observe(function, *sizes):
        mask = function(*sizes)
        T, S = (*sizes, sizes[0])[:2]
        fine = isinstance(mask, torch.Tensor) and mask.dtype == torch.bool
        return look(mask, T, S) if fine and tuple(mask.shape) == (T, S) else mask

    return observe


@read
def rows(mask, T, S):
    return {
        f"query {t}": f"may look at keys {_keys(row)}" for t, row in enumerate(mask)
    }


@read
def future(mask, T, S):
    later = torch.arange(S) > torch.arange(S - T, S)[:, None]
    return {"keys ahead that are seen": int((mask & later).sum())}


@read
def own(mask, T, S):
    blind = [t for t in range(T) if not mask[t, S - T + t]]
    return {"queries that do not see their own position": str(blind)}


def _keys(row):
    return row.nonzero().flatten().tolist()


def _row(t, T=4):
    return lambda got, _: (
        f"With T = S = {T}, your query {t} {got[f'query {t}']}."
        if isinstance(got, dict)
        else f"Your mask has shape {tuple(got.shape)}."
    )


def _shape(got):
    return f"With T = 2 and S = 5, your mask has shape {tuple(got.shape)}."


def _cached(got, _):
    return (
        "With T = 2 and S = 5, your two queries, which stand at positions 3 and 4, "
        f"see: the first {got['query 0']}; the second {got['query 1']}."
    )


ITSELF = {
    "symptom": _row(0),
    "question": "May a word look at itself?",
    "pointer": "Its first query has no predecessor. What is left for it to look at, "
    "and what does softmax make of such a row?",
    "neighbour": "“Everyone older than you may speak before you.” Is the eldest then "
    "allowed to say something?",
    "probe": "square",
}
NEXT = {
    "symptom": _row(0),
    "question": "At position t the model has to predict word t + 1. May it look at it?",
    "pointer": "One diagonal too many lets every position see exactly the answer that "
    "it is asked for. Check the first row: which keys should it have?",
    "neighbour": "A quiz whose answers stand on the back, in thin paper: the marks are "
    "excellent. What do they say?",
    "probe": "square",
}
FLIPPED = {
    "symptom": _row(3),
    "question": "Draw the 4 × 4 mask: who sits in row 0, and what has it seen so far?",
    "pointer": "Rows are queries, columns are keys. The first row belongs to the first "
    "word, which has the least to look back on. Which triangle has its short row on "
    "top?",
    "neighbour": "Stairs that go up to the right and stairs that go down to the right "
    "are the same stairs from the other side. On which side do you stand?",
    "probe": "square",
}
INVERTED = {
    "symptom": _row(0),
    "question": "Say in words what True means in the mask that is asked for.",
    "pointer": "You marked what is forbidden. Many libraries want that, and this "
    "function's task says *may be attended*.",
    "neighbour": "The list of those who passed and the list of those who failed hang "
    "side by side. What was asked for, and which one did you take down?",
    "probe": "square",
}
NUMBERS = {
    "symptom": lambda got, _: (
        f"Your mask holds numbers ({str(got.dtype).removeprefix('torch.')}): its first "
        f"row is {got[0].tolist()}."
    ),
    "question": "Is your result a list of permissions, or something to calculate with?",
    "pointer": "Masks of this book say yes or no, so that they can be combined. What "
    "is done to the scores comes later.",
    "neighbour": "“Open” and “closed” can be joined for two doors in a row. Can −∞ and "
    "−∞, or 1.0 and 0.0, as surely?",
    "probe": "square",
}

EXERCISE = Exercise(
    id="causal-mask",
    chapter=5,
    kind="write",
    title="Nobody looks ahead",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="causal_mask",
    stub=STUB,
    reference=causal_mask,
    accepts=(
        by_positions,
        not_the_upper_triangle,
        where_upper_is_zero,
        last_rows_of_a_square,
    ),
    proves="Every query sees itself and all before it, nothing ahead, and with a cache "
    "the queries stand at the end of the keys.",
    probes=(
        Probe(
            "own position",
            lambda: (4,),
            own,
            says="Every query may look at its own position",
        ),
        Probe("future", lambda: (4,), future, says="No query looks ahead"),
        Probe(
            "square",
            lambda: (4,),
            rows,
            says="Every query may look at itself and at all before it",
        ),
        Probe(
            "cached future",
            lambda: (2, 5),
            future,
            says="With T = 2 and S = 5 the queries stand at positions 3 and 4, and "
            "none looks ahead",
        ),
        Probe(
            "cached",
            lambda: (2, 5),
            rows,
            says="With T = 2 and S = 5 the queries stand at positions 3 and 4, and see "
            "all up to there",
        ),
        Probe(
            "one query",
            lambda: (1, 6),
            rows,
            says="A single newest query may look at everything",
        ),
        Probe(
            "as many given",
            lambda: (3, 3),
            rows,
            says="S = T is the same as leaving S out",
        ),
    ),
    mistakes=(
        Mistake("causal-diagonal-off-blocks-itself", not_itself, **ITSELF),
        Mistake(
            "causal-diagonal-off-blocks-itself-top-left", not_itself_top_left, **ITSELF
        ),
        Mistake("causal-diagonal-off-sees-next", sees_next, **NEXT),
        Mistake("causal-diagonal-off-sees-next-top-left", sees_next_top_left, **NEXT),
        Mistake("causal-triangle-flipped", flipped, **FLIPPED),
        Mistake("causal-triangle-flipped-top-left", flipped_top_left, **FLIPPED),
        Mistake("mask-polarity-inverted", inverted, **INVERTED),
        Mistake("mask-polarity-inverted-top-left", inverted_top_left, **INVERTED),
        Mistake(
            "causal-aligned-top-left",
            top_left,
            _cached,
            "At which position of the five does the first of your two queries stand?",
            "You count the queries from the start of the keys. With a cache, three "
            "words had been read before the first query asked.",
            "The last two of five runners start late. If they are given the start "
            "numbers 0 and 1, whom do they believe to be ahead of them?",
            probe="cached",
        ),
        Mistake(
            "causal-offset-backwards",
            offset_backwards,
            _cached,
            "With more keys than queries, does each query see more, or less?",
            "The diagonal has to move, and it does: towards which side of the table "
            "did you move it?",
            "Summer time: everybody knows that it is one hour. What else must one "
            "know?",
            probe="cached",
        ),
        Mistake(
            "causal-keys-forgotten",
            keys_forgotten,
            lambda got, _: _shape(got),
            "How many keys are there for the two queries to look at?",
            "One of your arguments has no effect. A mask has a row for each query and "
            "a column for each key.",
            "A seating plan for 2 waiters and 5 tables: which is its shape?",
            probe="cached",
        ),
        Mistake(
            "causal-square-of-keys",
            square_of_keys,
            lambda got, _: _shape(got),
            "How many queries ask?",
            "Your square holds the rows that are wanted, and others of positions that "
            "do not ask any more. Which of its rows belong to the newest words?",
            "From a year's calendar you are asked for the last week. Which page do you "
            "hand over?",
            probe="cached",
        ),
        Mistake(
            "causal-keys-by-queries",
            keys_by_queries,
            lambda got, _: _shape(got),
            "Does a row of your table belong to a query or to a key?",
            "Scores are (T, S): queries down, keys across. Say the axes of your mask "
            "aloud in this order.",
            "A menu with a row for each guest and one with a row for each dish hold "
            "the same crosses. What is the first row of each?",
            probe="cached",
        ),
        Mistake("mask-additive", additive, **NUMBERS),
        Mistake("mask-of-ones-and-zeros", ones_and_zeros, **NUMBERS),
    ),
)
