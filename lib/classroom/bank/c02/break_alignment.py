"""Chapter 2, break it: scores and a mask that expose broken attention weights."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake

QUESTION = """
A function turns `scores` (B, T, S) and a boolean `mask` (B, S), True = a real token,
into weights (B, T, S). Eight broken copies of it are hidden: softmax over another axis,
a mask that is ignored, or comes too late, or is the wrong sentence's, and so on. A copy
is exposed when its weights on your input differ from the right ones.

Write a function that returns one pair `(scores, mask)` on which all eight differ: NumPy
arrays, every axis from 1 to 8, every row of the mask with at least one True.
"""

STUB = """
def exposing_input():
    raise NotImplementedError
"""


def exposing_input():
    scores = np.random.default_rng(0).normal(size=(2, 3, 5))
    mask = np.arange(5) < np.array([[5], [3]])
    return scores, mask


def by_hand():
    scores = np.array(
        [[[0.0, 1.0, 2.0], [2.0, 0.5, 1.0]], [[1.0, -1.0, 0.5], [0.0, 3.0, 1.5]]]
    )
    return scores, np.array([[True, True, False], [True, True, True]])


def _softmax(scores, axis=-1):
    with np.errstate(all="ignore"):
        shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
        return shares / shares.sum(axis=axis, keepdims=True)


def attention_weights(pair):
    scores, mask = pair
    return _softmax(np.where(mask[:, None], scores, -np.inf))


def on_axis(axis):
    def broken(pair):
        scores, mask = pair
        return _softmax(np.where(mask[:, None], scores, -np.inf), axis)

    return broken


def hardest(pair):
    scores, mask = pair
    best = np.where(mask[:, None], scores, -np.inf).argmax(axis=-1)
    return np.eye(scores.shape[-1])[best]


def first_query_for_all(pair):
    weights = attention_weights(pair)
    return np.broadcast_to(weights[:, :1], weights.shape)


MUTANTS = {
    "softmax-over-queries": on_axis(-2),
    "softmax-over-batch": on_axis(0),
    "mask-ignored": lambda pair: _softmax(pair[0]),
    "mask-fills-zero": lambda pair: _softmax(np.where(pair[1][:, None], pair[0], 0.0)),
    "mask-after-softmax": lambda pair: _softmax(pair[0]) * pair[1][:, None],
    "first-mask-for-all": lambda pair: attention_weights(
        (pair[0], np.broadcast_to(pair[1][:1], pair[1].shape))
    ),
    "first-query-for-all": first_query_for_all,
    "all-or-nothing": hardest,
}


def valid(pair):
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        return "a pair (scores, mask) is expected"
    scores, mask = pair
    if not (isinstance(scores, np.ndarray) and isinstance(mask, np.ndarray)):
        return "scores and mask should both be NumPy arrays"
    if scores.ndim != 3 or not all(1 <= n <= 8 for n in scores.shape):
        return f"scores should be (B, T, S), each 1 to 8; the shape is {scores.shape}"
    if mask.shape != (scores.shape[0], scores.shape[2]):
        expected = (scores.shape[0], scores.shape[2])
        return f"the mask should have shape {expected}, and it has {mask.shape}"
    if mask.dtype != bool:
        return f"the mask should be boolean, and it is {mask.dtype}"
    if scores.dtype.kind != "f" or not np.isfinite(scores).all():
        return "the scores should be finite floats"
    if not mask.any(axis=1).all():
        return "a row of the mask allows nothing"
    return None


def _noise(*shape):
    return np.random.default_rng(1).normal(size=shape)


def _padded(B, S):
    """Rows with S, S - 1, … real tokens."""
    return np.arange(S) < S - np.arange(B)[:, None]


def _balanced(pair):
    """Whether softmax over rows and over columns is the same thing."""
    right, broken = attention_weights(pair), on_axis(-2)(pair)
    return right.shape[1] > 1 and np.allclose(right, broken)


def _one_takes_all(pair):
    """Whether the weights are all or nothing, where there is a choice."""
    if (pair[1].sum(axis=1) < 2).any():
        return False
    right, hard = attention_weights(pair), hardest(pair)
    return np.allclose(right, hard, rtol=1e-6, atol=1e-9)


def _queries_parallel(pair):
    """Whether each sentence's queries differ by a constant only."""
    scores, mask = pair
    gaps, real = scores - scores[:, :1], mask[:, None]
    spread = np.where(real, gaps, -np.inf).max(-1) - np.where(real, gaps, np.inf).min(
        -1
    )
    return scores.shape[1] > 1 and bool((spread < 1e-9).all())


def _gaps(pair):
    return short((pair[0][0, 1] - pair[0][0, 0])[pair[1][0]])


def circulant():
    row = np.array([0.3, 1.7, -0.4])
    scores = np.stack([np.stack([np.roll(row, k) for k in range(3)])] * 2)
    return scores * np.array([1.0, 2.0])[:, None, None], np.ones((2, 3), dtype=bool)


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


EXERCISE = Exercise(
    id="break-alignment",
    chapter=2,
    kind="break",
    title="Find the input that exposes broken attention",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="exposing_input",
    stub=STUB,
    reference=exposing_input,
    accepts=(by_hand,),
    proves="Several sentences, several queries, real padding that differs from row to "
    "row, and scores of ordinary size: an input like this tests any attention.",
    block=attention_weights,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-source-token",
            lambda: (_noise(2, 3, 1), np.ones((2, 1), dtype=bool)),
            lambda pair, left: (
                f"Your scores have shape {pair[0].shape}: one source token, whose "
                f"weight is 1 whatever its score. {_left(left)}."
            ),
            "Between how many candidates does each query choose?",
            "A share of a whole says something only if there are others who share.",
            "An election with one candidate ends with 100 %, however the votes are "
            "counted. How many candidates show how they are counted?",
            when=lambda pair: pair[0].shape[2] == 1,
        ),
        Mistake(
            "one-real-token",
            lambda: (_noise(2, 3, 5), np.eye(5, dtype=bool)[:2]),
            lambda pair, left: (
                f"The rows of your mask have {pair[1].sum(axis=1).tolist()} True: each "
                f"query's only real token gets the weight 1. {_left(left)}."
            ),
            "How many real tokens can each of your queries choose from?",
            "The mask leaves one candidate per row, so the scores decide nothing. What "
            "would give them something to decide?",
            "A menu of five dishes, four of them sold out: every guest eats the same. "
            "What do you learn about tastes?",
            when=lambda pair: bool((pair[1].sum(axis=1) == 1).all()),
        ),
        Mistake(
            "nothing-masked",
            lambda: (_noise(2, 3, 5), np.ones((2, 5), dtype=bool)),
            lambda pair, left: (
                f"Your mask is True at all {pair[1].size} places. {_left(left)}."
            ),
            "What can a function get wrong about padding where there is none?",
            "Four of the copies treat the mask badly. Give the mask something to do.",
            "A smoke alarm without a battery and a good one are equally quiet in a "
            "room without smoke.",
            when=lambda pair: bool(pair[1].all()) and not _balanced(pair),
        ),
        Mistake(
            "scores-all-equal",
            lambda: (np.zeros((2, 3, 5)), _padded(2, 5)),
            lambda pair, left: (
                f"All your scores are {pair[0].flat[0]:.3g}: every real token gets an "
                f"equal share. {_left(left)}."
            ),
            "If all candidates are equal, who notices that they were mixed up?",
            "Several copies confuse one query, one place or one score with another. "
            "What must be different for that to show?",
            "A pack with 52 aces of hearts: shuffled or not?",
            when=lambda pair: bool((pair[0] == pair[0].flat[0]).all()),
        ),
        Mistake(
            "batch-of-one",
            lambda: (_noise(1, 3, 5), np.array([[True, True, True, False, False]])),
            lambda pair, left: (
                f"Your scores have shape {pair[0].shape}: one sentence. {_left(left)}."
            ),
            "Whom could a function confuse with whom, if there is only one?",
            "Padding is a matter of sentences of different lengths. How many sentences "
            "does that take?",
            "A postman who delivers all letters to the first house makes no mistake in "
            "a street with one house.",
            when=lambda pair: pair[0].shape[0] == 1,
        ),
        Mistake(
            "one-query",
            lambda: (_noise(2, 1, 5), _padded(2, 5)),
            lambda pair, left: (
                f"Your scores have shape {pair[0].shape}: one query for each sentence. "
                f"{_left(left)}."
            ),
            "One survivor treats all queries alike. How many do you give it?",
            "Whether somebody answers the second question with the first one's answer "
            "shows when there is a second question.",
            "A clerk who hands every visitor the first visitor's form is right all "
            "morning if only one comes.",
            when=lambda pair: pair[0].shape[1] == 1,
        ),
        Mistake(
            "same-padding-in-all-rows",
            lambda: (_noise(2, 3, 5), np.array([[True, True, True, False, False]] * 2)),
            lambda pair, left: (
                f"All {len(pair[1])} rows of your mask are the same. {_left(left)}."
            ),
            "If all sentences end at the same place, whose mask was used?",
            "One survivor looks the length up in the wrong row. Which lengths would "
            "give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda pair: (
                bool((pair[1] == pair[1][:1]).all()) and not bool(pair[1].all())
            ),
        ),
        Mistake(
            "queries-all-alike",
            lambda: (np.repeat(_noise(2, 1, 5), 3, axis=1), _padded(2, 5)),
            lambda pair, left: (
                f"All {pair[0].shape[1]} queries of a sentence have the same scores. "
                f"{_left(left)}."
            ),
            "If all queries ask alike, who notices that one answered for all?",
            "The rows of the score matrix belong to different queries. What would make "
            "them different questions?",
            "Three guests order the same dish: did the waiter write down three orders, "
            "or one?",
            when=lambda pair: bool((pair[0] == pair[0][:, :1]).all()),
        ),
        Mistake(
            "queries-differ-by-a-constant",
            lambda: (np.arange(30.0).reshape(2, 3, 5), _padded(2, 5)),
            lambda pair, left: (
                "At the real tokens, a sentence's queries differ by a constant only: "
                "in your first sentence, the second query's scores minus the first's "
                f"are {_gaps(pair)}. {_left(left)}."
            ),
            "What does softmax do with a number that all scores of a query share?",
            "Queries with different scores can have equal weights. One survivor "
            "answers all of them with the first one's.",
            "Two judges, one of them 5 points kinder to everybody, put the runners in "
            "the same order. Would you notice if one judge had copied?",
            when=_queries_parallel,
        ),
        Mistake(
            "rows-and-columns-balanced",
            circulant,
            lambda pair, left: (
                "Your rows and your columns hold the same numbers in another order, so "
                f"the softmax over either is the same. {_left(left)}."
            ),
            "Would your table look different if rows and columns changed their parts?",
            "A square table with much symmetry gives a wrong axis the chance to be "
            "right.",
            "In a magic square, the sums of rows and columns agree: which of the two "
            "did you add up?",
            when=_balanced,
        ),
        Mistake(
            "all-scores-far-above-zero",
            lambda: (_noise(2, 3, 5) + 50.0, _padded(2, 5)),
            lambda pair, left: (
                f"Your scores begin at {pair[0].min():.0f}. Beside them a score of 0 "
                f"weighs nothing, so it looks like a good mask. {_left(left)}."
            ),
            "With which scores is 0 a strong competitor?",
            "One survivor puts 0 where nothing should be. Where would a 0 be noticed?",
            "A runner of average speed let into a race by mistake comes last among "
            "champions. Among whom would he be seen?",
            when=lambda pair: bool((pair[0] > 22).all()),
        ),
        Mistake(
            "scores-too-far-apart",
            lambda: (1e4 * _noise(2, 3, 5), _padded(2, 5)),
            lambda pair, left: (
                f"Your scores go from {pair[0].min():.0f} to {pair[0].max():.0f}: one "
                f"token takes all the weight. {_left(left)}."
            ),
            "How soft is a softmax of scores that far apart?",
            "One survivor takes the best and nothing else. On your input the right "
            "function does the same, to the last digit.",
            "A scale that only says which side is heavier and a scale that weighs "
            "agree on an elephant and a mouse.",
            when=_one_takes_all,
        ),
    ),
)
