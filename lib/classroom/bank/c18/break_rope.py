"""Chapter 18, break it: vectors and positions that expose a broken RoPE."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = """
The function below turns vectors by their positions, in NumPy, four features a vector.
Fourteen broken copies are hidden: some get positions wrong (counted anew, folded,
clipped, taken from somebody else), some speeds, some turn a part only, and one does
something that is no turn. A copy is exposed if its result on your input differs.

Write a function that returns one pair `(x, positions)` on which all of them differ:
`x` an array (T, 4) of floats from -9 to 9, `positions` an array (T,) of whole numbers
from 0 to 4999, with T from 1 to 6.
"""

STUB = """
def exposing_vectors():
    raise NotImplementedError
"""


def exposing_vectors():
    x = np.array([[1.0, 2.0, 3.0, -1.0], [2.0, -1.0, 0.5, 4.0], [-3.0, 1.0, 2.0, 5.0]])
    return x, np.array([7, 0, 4501])


def another():
    x = np.array([[2.0, 5.0, -1.0, 3.0], [1.0, -4.0, 6.0, 2.0]])
    return x, np.array([4999, 13])


def turned(x, positions):
    angles = positions[:, None] * np.array([1.0, 0.01])  # (T, pairs)
    cos, sin = np.cos(angles), np.sin(angles)
    a, b = x[:, 0::2], x[:, 1::2]  # (T, pairs) each
    pairs = np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)
    return pairs.reshape(x.shape)


def block(pair):
    return turned(*pair)


def places(change):
    """`block` with other positions: (positions, T) → positions."""
    return lambda pair: turned(pair[0], change(pair[1], len(pair[0])))


def _speeds(speeds):
    def copy(pair):
        x, positions = pair
        angles = positions[:, None] * np.array(speeds)
        cos, sin = np.cos(angles), np.sin(angles)
        a, b = x[:, 0::2], x[:, 1::2]
        pairs = np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)
        return pairs.reshape(x.shape)

    return copy


def _halves(pair):
    x, positions = pair
    return turned(x[:, [0, 2, 1, 3]], positions)[:, [0, 2, 1, 3]]


def _only(which):
    def copy(pair):
        out = pair[0].copy()
        out[:, which] = turned(*pair)[:, which]
        return out

    return copy


def _plus(pair):
    x, positions = pair
    angles = positions[:, None] * np.array([1.0, 0.01])
    cos, sin = np.cos(angles), np.sin(angles)
    a, b = x[:, 0::2], x[:, 1::2]
    pairs = np.stack([a * cos + b * sin, a * sin + b * cos], axis=-1)
    return pairs.reshape(x.shape)


MUTANTS = {
    "counted-anew": places(lambda p, T: np.arange(T)),
    "from-the-first": places(lambda p, T: p - p[0]),
    "one-place-for-all": places(lambda p, T: np.full(T, p[0])),
    "backwards": places(lambda p, T: p[::-1]),
    "sorted": places(lambda p, T: np.sort(p)),
    "ends-at-2048": places(lambda p, T: p.clip(max=2047)),
    "bytes": places(lambda p, T: p % 256),
    "one-late": places(lambda p, T: p + 1),
    "other-direction": places(lambda p, T: -p),
    "one-speed": _speeds([1.0, 1.0]),
    "halves": _halves,
    "first-pair-only": _only(slice(0, 2)),
    "second-pair-only": _only(slice(2, 4)),
    "minus-missing": _plus,
}


def valid(pair):
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        return "a pair (x, positions) is expected"
    x, positions = pair
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return "x should be a NumPy array of floats"
    if x.ndim != 2 or x.shape[1] != 4 or not 1 <= len(x) <= 6:
        return f"x should be (1 to 6, 4), and its shape is {x.shape}"
    if not np.isfinite(x).all() or abs(x).max() > 9:
        return "x should hold numbers from -9 to 9"
    if not isinstance(positions, np.ndarray) or positions.dtype.kind not in "iu":
        return "positions should be a NumPy array of whole numbers"
    if positions.shape != (len(x),):
        return f"{len(x)} vectors, and positions of shape {positions.shape}"
    if positions.min() < 0 or positions.max() > 4999:
        return "positions should be from 0 to 4999"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


X = np.array([[1.0, 2.0, 3.0, -1.0], [2.0, -1.0, 0.5, 4.0], [-3.0, 1.0, 2.0, 5.0]])

EXERCISE = Exercise(
    id="break-rope",
    chapter=18,
    kind="break",
    title="Find the vectors that expose a broken RoPE",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="exposing_vectors",
    stub=STUB,
    reference=exposing_vectors,
    accepts=(another,),
    proves="Several vectors, all features in use, positions that are far apart, out of "
    "order and not counted from 0: a test of any RoPE.",
    block=block,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-vector",
            lambda: (X[:1], np.array([4501])),
            lambda pair, left: f"You give one vector. {_left(left)}.",
            "With whom could its position be mixed up?",
            "Some copies take another vector's position, or put them in order.",
            "With one coat in the cloakroom, any ticket will do.",
            when=lambda pair: len(pair[0]) == 1,
        ),
        Mistake(
            "all-at-zero",
            lambda: (X, np.array([0, 0, 0])),
            lambda pair, left: f"All your positions are 0. {_left(left)}.",
            "By how much is a vector at position 0 turned?",
            "A copy with wrong speeds or signs is right at position 0.",
            "A stopped clock is right at its own hour.",
            when=lambda pair: not pair[1].any(),
        ),
        Mistake(
            "all-at-one-place",
            lambda: (X, np.array([4501, 4501, 4501])),
            lambda pair, left: f"All your positions are {pair[1][0]}. {_left(left)}.",
            "If all stand at one place, whose position was used?",
            "A copy that gives everybody the first one's position: what would give it "
            "away?",
            "Twins in one pram are never sorted wrongly.",
            when=lambda pair: len(set(pair[1].tolist())) == 1,
        ),
        Mistake(
            "counted-through",
            lambda: (X, np.array([0, 1, 2])),
            lambda pair, left: (
                f"Your positions are {pair[1].tolist()}: 0, 1, 2 and so on. "
                f"{_left(left)}."
            ),
            "What does a copy that ignores the positions and counts by itself do here?",
            "In generation, positions do not begin at 0. Test that case.",
            "A street in which everybody lives at the number of his turn.",
            when=lambda pair: bool((pair[1] == np.arange(len(pair[1]))).all()),
        ),
        Mistake(
            "begins-at-zero",
            lambda: (X, np.array([0, 4501, 7])),
            lambda pair, left: (
                f"Your first vector stands at position 0. {_left(left)}."
            ),
            "What does a copy do that counts from the first vector's position?",
            "Which number can be subtracted without anybody noticing?",
            "Who measures from sea level at the seaside needs no correction.",
            when=lambda pair: pair[1][0] == 0,
        ),
        Mistake(
            "in-order",
            lambda: (X, np.array([7, 13, 4501])),
            lambda pair, left: (
                f"Your positions rise: {pair[1].tolist()}. {_left(left)}."
            ),
            "What does a copy that sorts the positions do to yours?",
            "A batch may hold any order. Which order is changed by sorting?",
            "Books that stand in order hide the tidy librarian.",
            when=lambda pair: bool((np.diff(pair[1]) >= 0).all()),
        ),
        Mistake(
            "near-places",
            lambda: (X, np.array([7, 0, 200])),
            lambda pair, left: (
                f"Your largest position is {pair[1].max()}. {_left(left)}."
            ),
            "How long may a text be? What might a table not have, or a small number "
            "not hold?",
            "Mistakes at the end of a table show at its end.",
            "A bridge tested with half of the load it is built for.",
            when=lambda pair: pair[1].max() < 2048,
        ),
        Mistake(
            "pair-of-zeros",
            lambda: (X * np.array([1, 1, 0, 0]), np.array([7, 0, 4501])),
            lambda pair, left: (
                f"Two features of all your vectors are 0. {_left(left)}."
            ),
            "What does a turn do to an arrow of length 0?",
            "Some copies leave one pair as it is. How would you see it?",
            "Whether a radio is tuned cannot be heard at volume 0.",
            when=lambda pair: bool((~pair[0].any(axis=0)).any()),
        ),
    ),
)
