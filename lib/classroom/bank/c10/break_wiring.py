"""Chapter 10, break it: inputs that expose broken wirings of a decoder layer."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = """
The function below is the attention part of a decoder layer, in NumPy, of width 3, with
fixed weights, rounded to single precision. Twelve broken copies are hidden: values
from the wrong side, no mask or the wrong one, a look at the future, the first
sentence's memory for all, and so on. A copy is exposed when its output on your input
differs, or when it stops with an error.

Write a function that returns one dict on which all twelve differ, with `x` (B, T, 3)
and `memory` (B, S, 3), floats from −10 to 10, and `keep` (B, S), boolean, True = may be
attended, at least one in each row; B, T and S from 1 to 6.
"""

STUB = """
def exposing_inputs():
    raise NotImplementedError
"""

_rng = np.random.default_rng(4)
W = _rng.normal(size=(8, 3, 3)) / 1.5  # q, k, v, out: of itself, of memory


def exposing_inputs():
    rng = np.random.default_rng(0)
    keep = np.ones((2, 4), dtype=bool)
    keep[1, 2:] = False
    return {
        "x": rng.normal(size=(2, 4, 3)),
        "memory": rng.normal(size=(2, 4, 3)),
        "keep": keep,
    }


def other_lengths():
    rng = np.random.default_rng(7)
    keep = np.array([[True] * 3 + [False] * 2, [True] * 5, [True] + [False] * 4])
    return {
        "x": 2 * rng.normal(size=(3, 2, 3)),
        "memory": 2 * rng.normal(size=(3, 5, 3)),
        "keep": keep,
    }


def block(given):
    x, memory, keep = given["x"], given["memory"], given["keep"]
    past = np.tri(x.shape[1], dtype=bool)
    x = x + attend(x, x, x, past, W[:4])
    x = x + attend(x, memory, memory, keep[:, None], W[4:])
    return x.astype(np.float32)


def attend(query, key, value, allowed, weights):
    q, k, v = query @ weights[0], key @ weights[1], value @ weights[2]
    scores = q @ k.swapaxes(-1, -2) / 3**0.5
    scores = np.where(allowed, scores, -1e30)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True) @ v @ weights[3]


def broken(first=None, second=None, swap=False):
    """A copy with another first or second attention: functions of (x, memory, keep)."""

    def copy(given):
        x, memory, keep = given["x"], given["memory"], given["keep"]
        past = np.tri(x.shape[1], dtype=bool)
        steps = [
            first or (lambda x, m, keep: attend(x, x, x, past, W[:4])),
            second or (lambda x, m, keep: attend(x, m, m, keep[:, None], W[4:])),
        ]
        for step in reversed(steps) if swap else steps:
            x = x + step(x, memory, keep)
        return x.astype(np.float32)

    return copy


def _tri(x, S):
    return np.tri(x.shape[1], S, dtype=bool)


MUTANTS = {
    "no-cross-attention": broken(second=lambda x, m, k: 0 * x),
    "memory-never-read": broken(
        second=lambda x, m, k: attend(x, x, x, _tri(x, x.shape[1]), W[4:])
    ),
    "value-from-the-target": broken(
        second=lambda x, m, k: attend(x, m, x, k[:, None], W[4:])
    ),
    "query-from-memory": broken(
        second=lambda x, m, k: attend(m, x, x, _tri(m, x.shape[1]), W[4:])
    ),
    "source-mask-missing": broken(
        second=lambda x, m, k: attend(x, m, m, np.True_, W[4:])
    ),
    "source-mask-inverted": broken(
        second=lambda x, m, k: attend(x, m, m, ~k[:, None], W[4:])
    ),
    "first-sentence's-mask": broken(
        second=lambda x, m, k: attend(x, m, m, k[:1, None], W[4:])
    ),
    "first-sentence's-memory": broken(
        second=lambda x, m, k: attend(x, m[:1], m[:1], k[:, None], W[4:])
    ),
    "causal-in-the-source-too": broken(
        second=lambda x, m, k: attend(x, m, m, k[:, None] & _tri(x, m.shape[1]), W[4:])
    ),
    "sees-the-future": broken(first=lambda x, m, k: attend(x, x, x, np.True_, W[:4])),
    "self-attention-missing": broken(first=lambda x, m, k: 0 * x),
    "source-first": broken(swap=True),
}


def valid(given):
    if not isinstance(given, dict) or set(given) != {"x", "memory", "keep"}:
        return "a dict with the keys 'x', 'memory' and 'keep' is expected"
    x, memory, keep = given["x"], given["memory"], given["keep"]
    if not all(isinstance(a, np.ndarray) for a in (x, memory, keep)):
        return "all three should be NumPy arrays"
    if x.dtype.kind != "f" or memory.dtype.kind != "f" or keep.dtype != np.bool_:
        return "x and memory should hold floats, keep booleans"
    if x.ndim != 3 or memory.ndim != 3 or keep.ndim != 2:
        return "x and memory should have three axes, keep two"
    B, S = keep.shape
    if len(x) != B or memory.shape != (B, S, 3) or x.shape[2] != 3:
        return (
            f"the shapes {x.shape}, {memory.shape} and {keep.shape} do not fit "
            "(B, T, 3), (B, S, 3) and (B, S)"
        )
    if not all(1 <= n <= 6 for n in (B, S, x.shape[1])):
        return "B, T and S should be from 1 to 6"
    numbers = np.concatenate([x.ravel(), memory.ravel()])
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 10:
        return "the numbers should be finite, from −10 to 10"
    if not keep.any(axis=1).all():
        return "each row of keep should allow at least one token"
    return None


def _given(B=2, T=4, S=4, pads=2, seed=1):
    rng = np.random.default_rng(seed)
    keep = np.ones((B, S), dtype=bool)
    if pads:
        keep[-1, -pads:] = False
    return {
        "x": rng.normal(size=(B, T, 3)),
        "memory": rng.normal(size=(B, S, 3)),
        "keep": keep,
    }


def _same_mask():
    given = _given()
    given["keep"][:] = given["keep"][-1]
    return given


def _same_memory():
    given = _given()
    given["memory"][:] = given["memory"][:1]
    return given


def _same_tokens():
    given = _given()
    given["memory"][:] = given["memory"][:, :1]
    return given


def _same_target():
    given = _given()
    given["x"][:] = given["x"][:, :1]
    return given


def _silent_memory():
    given = _given()
    given["memory"] *= 0
    return given


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _shapes(given):
    return (
        f"x is {given['x'].shape}, memory {given['memory'].shape}, and "
        f"{int((~given['keep']).sum())} tokens are padding"
    )


def _alike(array):
    return bool(np.allclose(array, array[:, :1]))


EXERCISE = Exercise(
    id="break-wiring",
    chapter=10,
    kind="break",
    title="Find the inputs that expose broken wirings",
    question=QUESTION,
    difficulty=4,
    minutes=12,
    name="exposing_inputs",
    stub=STUB,
    reference=exposing_inputs,
    accepts=(other_lengths,),
    proves="Several sentences of different lengths, several words on both sides, all "
    "different: each wire carries something that no other wire carries.",
    block=block,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "silent-memory",
            _silent_memory,
            lambda x, left: f"Every number of your memory is 0. {_left(left)}.",
            "What does a source of zeros have to say?",
            "The values are zero whoever looks at them, through whichever mask.",
            "A blank page, read aloud by twelve readers.",
            when=lambda x: not x["memory"].any(),
        ),
        Mistake(
            "one-source-token",
            lambda: _given(S=1, pads=0),
            lambda x, left: f"{_shapes(x)}. {_left(left)}.",
            "How many ways are there to share one unit among one token?",
            "With one key, every query gives it everything, and no mask can matter.",
            "An election with one candidate.",
            when=lambda x: x["memory"].shape[1] == 1,
        ),
        Mistake(
            "one-sentence",
            lambda: _given(B=1),
            lambda x, left: f"{_shapes(x)}: one sentence. {_left(left)}.",
            "Whom could a function confuse with whom, if there is only one?",
            "Two copies use the first sentence’s mask or memory. Is it right?",
            "A postman cannot mistake the house in a street with one.",
            when=lambda x: len(x["x"]) == 1,
        ),
        Mistake(
            "one-target-token",
            lambda: _given(T=1),
            lambda x, left: f"{_shapes(x)}: one target token. {_left(left)}.",
            "Where is the future of a text of one word?",
            "A leak runs from a later word to an earlier one. How many does it take?",
            "In a room with one person nobody hears what should have been kept from "
            "him.",
            when=lambda x: x["x"].shape[1] == 1,
        ),
        Mistake(
            "no-padding",
            lambda: _given(pads=0),
            lambda x, left: f"{_shapes(x)}. {_left(left)}.",
            "What does a mask do that allows everything?",
            "Copies that forget the mask are wrong only where something is forbidden.",
            "A locked door is tested by trying to get in.",
            when=lambda x: bool(x["keep"].all()),
        ),
        Mistake(
            "one-mask-for-all",
            _same_mask,
            lambda x, left: (
                f"All {len(x['keep'])} rows of keep are the same. {_left(left)}."
            ),
            "If all sources have one length, whose mask was used?",
            "One copy knows the first sentence's mask only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda x: bool((x["keep"] == x["keep"][:1]).all()),
        ),
        Mistake(
            "one-memory-for-all",
            _same_memory,
            lambda x, left: (
                f"All {len(x['memory'])} sentences have the same memory. {_left(left)}."
            ),
            "If all sources are alike, whose was read?",
            "One copy reads the first sentence's memory for all. What would give it "
            "away?",
            "Two pupils with the same textbook: who looked into whose?",
            when=lambda x: bool(np.allclose(x["memory"], x["memory"][:1])),
        ),
        Mistake(
            "source-tokens-alike",
            _same_tokens,
            lambda x, left: (
                f"In each sentence all vectors of memory are the same. {_left(left)}."
            ),
            "What is the weighted mean of equal vectors?",
            "Weights show only where the values differ.",
            "A mixture of one colour has this colour, in any proportion.",
            when=lambda x: _alike(x["memory"]),
        ),
        Mistake(
            "target-tokens-alike",
            _same_target,
            lambda x, left: (
                f"In each sentence all vectors of x are the same. {_left(left)}."
            ),
            "What does the future tell, if it is like the present?",
            "A mean over more words shows only where the words differ.",
            "A weather forecast on an island where it is always the same.",
            when=lambda x: _alike(x["x"]),
        ),
    ),
)
