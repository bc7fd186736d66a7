"""Chapter 3, break it: an input that exposes broken attention."""

import numpy as np

from ...exercises.model import Exercise, Mistake
from ._wrong import softmax

QUESTION = """
Ten broken copies of the function below are hidden: softmax over the queries, no root,
the root of another length, keys read into another shape instead of turned over, queries
and keys exchanged, keys averaged instead of values, a mask that is ignored, cut out too
late, or filled with 0, and a query without choice that averages everything. A copy is
exposed when its output on your input differs from the right one, or when it stops with
an exception.

Write a function that returns one input `(query, key, value, mask)` that exposes all
ten: NumPy arrays of finite floats `query` (T, d_k), `key` (S, d_k), `value` (S, d_v),
and a boolean `mask` (T, S), True = may be attended; every axis from 1 to 8.
"""

STUB = """
def exposing_input():
    raise NotImplementedError
"""


def exposing_input():
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    value = rng.normal(size=(5, 6))
    mask = np.tril(np.ones((3, 5), dtype=bool), k=1)
    mask[2] = False
    return query, key, value, mask


def square_by_hand():
    query = np.array([[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0]])
    key = np.array([[2.0, 1.0], [0.0, 1.5], [-1.0, 0.5]])
    value = np.array([[1.0, 0.0], [0.0, 3.0], [2.0, -5.0]])
    mask = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0]], dtype=bool)
    return query, key, value, mask


def attention(given):
    query, key, value, mask = given
    scores = query @ key.T / np.sqrt(key.shape[-1])  # (T, S)
    weights = softmax(np.where(mask, scores, -np.inf))  # zeros where nothing is allowed
    return weights @ value  # (T, d_v)


def scored(score, shares=softmax):
    """Attention with other scores, or other shares of them."""

    def broken(given):
        query, key, value, mask = given
        return shares(np.where(mask, score(query, key), -np.inf)) @ value

    return broken


def masked(weigh):
    """Attention with other weights: (scores, mask) → weights."""

    def broken(given):
        query, key, value, mask = given
        return weigh(query @ key.T / np.sqrt(key.shape[-1]), mask) @ value

    return broken


def _root(query, key):
    return query @ key.T / np.sqrt(key.shape[-1])


def _exchanged(query, key):
    return _root(key, query)


def _reshaped(query, key):
    return query @ key.reshape(key.shape[::-1]) / np.sqrt(key.shape[-1])


def key_averaged(given):
    query, key, _, mask = given
    return attention((query, key, key, mask))


MUTANTS = {
    "softmax-over-queries": scored(_root, lambda s: softmax(s, axis=-2)),
    "no-root": scored(lambda q, k: q @ k.T),
    "root-of-the-number-of-keys": scored(lambda q, k: q @ k.T / np.sqrt(len(k))),
    "keys-reshaped": scored(_reshaped),
    "queries-and-keys-exchanged": scored(_exchanged),
    "keys-averaged": key_averaged,
    "mask-ignored": masked(lambda s, m: softmax(s)),
    "mask-too-late": masked(lambda s, m: softmax(s) * m),
    "mask-fills-zero": masked(
        lambda s, m: softmax(np.where(m, s, 0.0)) * m.any(-1, keepdims=True)
    ),
    "no-choice-averages": masked(lambda s, m: softmax(np.where(m, s, -1e9))),
}


def valid(given):
    if not (isinstance(given, (tuple, list)) and len(given) == 4):
        return "four arrays (query, key, value, mask) are expected"
    if not all(isinstance(x, np.ndarray) and x.ndim == 2 for x in given):
        return "query, key, value and mask should be NumPy arrays with two axes"
    query, key, value, mask = given
    if not all(1 <= n <= 8 for x in given for n in x.shape):
        return f"every axis should be 1 to 8, and the shapes are {_shapes(given)}"
    if query.shape[1] != key.shape[1]:
        return (
            f"queries and keys should have one length: the shapes are {_shapes(given)}"
        )
    if len(value) != len(key) or mask.shape != (len(query), len(key)):
        return f"value (S, d_v) and mask (T, S) do not fit: {_shapes(given)}"
    if mask.dtype != bool:
        return f"the mask should be boolean, and it is {mask.dtype}"
    for name, x in (("query", query), ("key", key), ("value", value)):
        if x.dtype.kind != "f" or not np.isfinite(x).all():
            return f"{name} should hold finite floats"
    return None


def _shapes(given):
    return ", ".join(str(x.shape) for x in given)


def _noise(T=3, S=5, d_k=4, d_v=6, seed=1):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(T, d_k)),
        rng.normal(size=(S, d_k)),
        rng.normal(size=(S, d_v)),
    )


def _mask(T=3, S=5):
    """Some allowed in each row but the last, where nothing is."""
    allowed = np.tril(np.ones((T, S), dtype=bool), k=1)
    allowed[-1] = False
    return allowed


def _scores(given):
    return given[0] @ given[1].T


def _alike(rows):
    return bool((rows == rows[:1]).all())


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def small_self():
    query, _, value = _noise(T=4)
    return query, query.copy(), value[:4], _mask(4, 4)


EXERCISE = Exercise(
    id="attention-breaks",
    chapter=3,
    kind="break",
    title="Find the input that exposes broken attention",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="exposing_input",
    stub=STUB,
    reference=exposing_input,
    accepts=(square_by_hand,),
    proves="Unequal lengths, queries, keys and values that are not copies of each "
    "other, scores of ordinary size, a mask that forbids something, and one query "
    "without choice: an input like this tests any attention.",
    block=attention,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "nothing-masked",
            lambda: (*_noise(), np.ones((3, 5), dtype=bool)),
            lambda given, left: (
                f"Your mask is True at all {given[3].size} places. {_left(left)}."
            ),
            "What can a function get wrong about a mask that forbids nothing?",
            "Four copies go wrong with the mask. Give it something to do.",
            "An umbrella with a hole and a good one are equally dry on a sunny day.",
            when=lambda given: bool(given[3].all()),
        ),
        Mistake(
            "nothing-allowed",
            lambda: (*_noise(), np.zeros((3, 5), dtype=bool)),
            lambda given, left: (
                f"Your mask is False at all {given[3].size} places, so the right "
                f"output is zeros throughout. {_left(left)}."
            ),
            "Which part of the computation can be seen in an output of zeros?",
            "The case is worth testing, in one row. In the others something should be "
            "left to weigh.",
            "A scale that shows 0 with nothing on it may still show nonsense for an "
            "apple.",
            when=lambda given: not given[3].any(),
        ),
        Mistake(
            "one-choice-per-query",
            lambda: (
                *_noise(),
                np.eye(3, 5, dtype=bool) * np.array([[1], [1], [0]]) > 0,
            ),
            lambda given, left: (
                "The rows of your mask allow "
                f"{given[3].sum(axis=1).tolist()} keys: where it is one, its weight is "
                f"1 whatever the score. {_left(left)}."
            ),
            "Between how many keys can each of your queries choose?",
            "Scores decide nothing where there is no choice. Which copies change the "
            "scores only?",
            "With one candidate on the ballot, every way of counting gives the same "
            "winner.",
            when=lambda given: bool((given[3].sum(axis=1) <= 1).all()),
        ),
        Mistake(
            "queries-are-the-keys",
            small_self,
            lambda given, left: (
                "Your queries and your keys are the same numbers, so the table of "
                f"scores is symmetric. {_left(left)}."
            ),
            "If i asks j exactly as j asks i, who notices that the two were exchanged?",
            "One copy takes the keys for queries. What would make it give another "
            "table?",
            "A map of distances reads the same by rows and by columns. A table of who "
            "owes whom does not.",
            when=lambda given: np.array_equal(given[0], given[1]),
        ),
        Mistake(
            "values-are-the-keys",
            lambda: (*_noise()[:2], _noise()[1], _mask()),
            lambda given, left: (
                f"Your keys and your values are the same numbers. {_left(left)}."
            ),
            "If what is compared and what is handed over are one thing, which of them "
            "came out?",
            "One copy averages something else than the values. How would you see it?",
            "If all parcels hold their own address labels, nobody notices that labels "
            "were delivered.",
            when=lambda given: np.array_equal(given[1], given[2]),
        ),
        Mistake(
            "values-all-alike",
            lambda: (*_noise()[:2], np.ones((5, 6)), _mask()),
            lambda given, left: (
                f"All {len(given[2])} values are the same, so every average of them is "
                f"that value again. {_left(left)}."
            ),
            "You are shown the output only. Can it tell one set of weights from "
            "another?",
            "A copy with wrong weights is seen where different weights give different "
            "averages.",
            "Mixing white paint with white paint: nobody can tell in which proportion.",
            when=lambda given: _alike(given[2]) and len(given[2]) > 1,
        ),
        Mistake(
            "scores-all-alike",
            lambda: (np.zeros((3, 4)), *_noise()[1:], _mask()),
            lambda given, left: (
                "Every query of yours gives all keys the same score, so all that is "
                f"allowed has equal weight. {_left(left)}."
            ),
            "Which copies could you tell apart if every score were 0?",
            "Whoever divides equal scores by another root gets equal scores again.",
            "Doubling all marks changes no place if all marks are the same.",
            when=lambda given: bool(np.ptp(_scores(given), axis=1).max() < 1e-5),
        ),
        Mistake(
            "keys-of-length-one",
            lambda: (*_noise(d_k=1), _mask()),
            lambda given, left: (
                f"Your keys have shape {given[1].shape}: each is one number. "
                f"{_left(left)}."
            ),
            "What is the root of 1?",
            "Two of the copies go wrong with the *length* of a key. From which length "
            "on can that be seen?",
            "Whether somebody multiplies by a number or by its square does not show at "
            "1.",
            when=lambda given: given[1].shape[1] == 1,
        ),
        Mistake(
            "as-many-keys-as-key-numbers",
            lambda: (*_noise(S=5, d_k=5), _mask()),
            lambda given, left: (
                f"Your keys have shape {given[1].shape}: as many keys as each has "
                f"numbers. {_left(left)}."
            ),
            "If two lengths are equal, which of them was used?",
            "One copy takes the root of the wrong length. Let the lengths differ.",
            "In a room with 4 tables and 4 guests, “one cake for each table” and “one "
            "for each guest” is the same order.",
            when=lambda given: given[1].shape[0] == given[1].shape[1],
        ),
        Mistake(
            "scores-too-far-apart",
            lambda: (1e4 * _noise()[0], *_noise()[1:], _mask()),
            lambda given, left: (
                f"Your scores go from {_scores(given).min():.0f} to "
                f"{_scores(given).max():.0f}: one key takes all the weight. "
                f"{_left(left)}."
            ),
            "How soft is a softmax of scores that far apart?",
            "With all the weight on the best key, a factor of 2 in the scores moves "
            "nothing.",
            "Whether a lorry weighs 10 or 20 tons: against a bicycle the seesaw looks "
            "the same.",
            when=lambda given: bool(np.abs(_scores(given)).max() > 100),
        ),
        Mistake(
            "everybody-has-a-choice",
            lambda: (*_noise(), np.tril(np.ones((3, 5), dtype=bool), k=1)),
            lambda given, left: (
                "The rows of your mask allow "
                f"{given[3].sum(axis=1).tolist()} keys. {_left(left)}."
            ),
            "Which query is the hardest one for a softmax?",
            "The survivor does well as long as there is something to choose from.",
            "A lift is tested with one person and with eight. What happens when the "
            "button is pressed from outside and nobody gets in?",
            when=lambda given: bool(given[3].any(axis=1).all()),
        ),
    ),
)
