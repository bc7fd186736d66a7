"""Chapter 9, break it: tokens that expose broken blocks."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = """
The function below is a causal pre-norm block of width 4, with fixed weights, that
rounds its result to single precision. Thirteen broken copies are hidden: a shortcut
that is missing or starts at the wrong place, a norm over the wrong axis or with ε in
the wrong place, a missing activation, a look into the future, and so on. A copy is
exposed when its output on your input differs.

Write a function that returns one array `x` (B, T, 4) on which all thirteen differ:
floats from −100 to 100, B and T from 1 to 6.
"""

STUB = """
def exposing_tokens():
    raise NotImplementedError
"""

_rng = np.random.default_rng(10)
W_V, W_1, W_2 = (_rng.normal(size=shape) / 2 for shape in ((4, 4), (4, 7), (7, 4)))
EPS = 1e-5


def exposing_tokens():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    x[1] /= 50
    return x


def by_hand():
    return np.array(
        [
            [[1.0, 2.0, -1.0, 0.5], [0.01, 0.0, 0.02, 0.0]],
            [[0.0, 3.0, 1.0, 1.0], [2.0, -2.0, 1.0, 0.0]],
        ]
    )


def block(x):
    x = x + attend(norm(x))
    x = x + feed_forward(norm(x))
    return x.astype(np.float32)


def norm(x, axis: int | tuple[int, ...] = -1, ddof=0, outside=False):
    variance = x.var(axis=axis, ddof=ddof, keepdims=True)
    spread = variance**0.5 + EPS if outside else (variance + EPS) ** 0.5
    return (x - x.mean(axis=axis, keepdims=True)) / spread


def attend(x, causal=True):
    """Each token gets the mean of the values it may see."""
    values = x @ W_V
    if not causal:
        return np.broadcast_to(values.mean(axis=1, keepdims=True), values.shape)
    return values.cumsum(axis=1) / np.arange(1, x.shape[1] + 1)[:, None]


def feed_forward(x):
    return np.maximum(x @ W_1, 0.0) @ W_2


def broken(norm=norm, attend=attend, feed_forward=feed_forward, wire=None):
    def copy(x):
        with np.errstate(all="ignore"):
            if wire:
                return wire(x).astype(np.float32)
            x = x + attend(norm(x))
            return (x + feed_forward(norm(x))).astype(np.float32)

    return copy


def no_shortcut(x):
    x = attend(norm(x))
    return x + feed_forward(norm(x))


def wrong_source(x):
    return x + feed_forward(norm(x + attend(norm(x))))


def from_normed(x):
    x = norm(x)
    x = x + attend(x)
    return x + feed_forward(norm(x))


def post_norm(x):
    x = norm(x + attend(x))
    return norm(x + feed_forward(x))


def first_sentence(x):
    out = block(x)
    return np.broadcast_to(out[:1], out.shape)


MUTANTS = {
    "shortcut-missing": broken(wire=no_shortcut),
    "second-addition-to-the-block's-input": broken(wire=wrong_source),
    "shortcut-from-the-normed": broken(wire=from_normed),
    "post-norm": broken(wire=post_norm),
    "norm-over-tokens": broken(norm=lambda x: norm(x, axis=1)),
    "norm-over-tokens-and-features": broken(norm=lambda x: norm(x, axis=(1, 2))),
    "norm-over-sentences": broken(norm=lambda x: norm(x, axis=0)),
    "norm-with-n-1": broken(norm=lambda x: norm(x, ddof=1)),
    "eps-outside-the-root": broken(norm=lambda x: norm(x, outside=True)),
    "activation-missing": broken(feed_forward=lambda x: x @ W_1 @ W_2),
    "activation-on-the-output": broken(
        feed_forward=lambda x: np.maximum(x @ W_1 @ W_2, 0.0)
    ),
    "sees-the-future": broken(attend=lambda x: attend(x, causal=False)),
    "first-sentence-for-all": first_sentence,
}


def valid(x):
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return "x should be a NumPy array of floats"
    if x.ndim != 3 or x.shape[2] != 4 or not all(1 <= n <= 6 for n in x.shape[:2]):
        return f"x should be (B, T, 4), B and T from 1 to 6; the shape is {x.shape}"
    if not np.isfinite(x).all() or np.abs(x).max() > 100:
        return "the numbers should be finite, from −100 to 100"
    return None


def _noise(*shape):
    return np.random.default_rng(1).normal(size=shape)


def _mixed(B, T):
    """Tokens of ordinary size, the last one small."""
    x = _noise(B, T, 4)
    x[-1, -1] /= 50
    return x


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _spread(x):
    return x.std(axis=-1)


def _normed(x):
    return bool(np.allclose(x, norm(x), atol=1e-3))


EXERCISE = Exercise(
    id="break-blocks",
    chapter=9,
    kind="break",
    title="Find the tokens that expose broken blocks",
    question=QUESTION,
    difficulty=4,
    minutes=12,
    name="exposing_tokens",
    stub=STUB,
    reference=exposing_tokens,
    accepts=(by_hand,),
    proves="Several sentences and tokens that all differ, not normalised yet, and "
    "among them one whose features lie near enough together for ε to show.",
    block=block,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "all-zero",
            lambda: np.zeros((2, 3, 4)),
            lambda x, left: (
                f"Every token of yours has four equal numbers. {_left(left)}."
            ),
            "What is left of such a token once its mean is taken off?",
            "Both sub-layers read zeros and say nothing. Which copies go wrong in what "
            "they say?",
            "A blank page, proofread by thirteen readers.",
            when=lambda x: bool((_spread(x) < 1e-9).all()),
        ),
        Mistake(
            "one-token",
            lambda: _mixed(3, 1),
            lambda x, left: (
                f"Your x has shape {x.shape}: one token in each sentence. "
                f"{_left(left)}."
            ),
            "Where is the future of a text of one word?",
            "Leaks run from token to token. How many does it take?",
            "In a room with one person, nobody hears what should have been kept from "
            "him.",
            when=lambda x: x.shape[1] == 1,
        ),
        Mistake(
            "one-sentence",
            lambda: _mixed(1, 3),
            lambda x, left: f"Your x has shape {x.shape}: one sentence. {_left(left)}.",
            "Whom could a function confuse with whom, if there is only one?",
            "One copy gives all sentences the same answer. For which is it right?",
            "A postman who takes all letters to the first house makes no mistake in a "
            "street with one.",
            when=lambda x: x.shape[0] == 1,
        ),
        Mistake(
            "normalised-already",
            lambda: norm(_noise(2, 3, 4)),
            lambda x, left: (
                "Every token of yours has mean 0 and variance 1 (the first: mean "
                f"{abs(x[0, 0].mean()):.2f}, variance {x[0, 0].var():.2f}). "
                f"{_left(left)}."
            ),
            "What does a norm do to what is normed?",
            "Copies that take the normed token for the raw one need a token where the "
            "two differ.",
            "An English text, translated into English: who will notice?",
            when=_normed,
        ),
        Mistake(
            "sentences-alike",
            lambda: np.repeat(_mixed(1, 3), 2, axis=0),
            lambda x, left: f"All {len(x)} sentences are the same. {_left(left)}.",
            "If all sentences are alike, whose answer was given?",
            "One copy knows the first sentence only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda x: bool(np.allclose(x, x[:1])),
        ),
        Mistake(
            "tokens-alike",
            lambda: np.repeat(_mixed(2, 1), 3, axis=1),
            lambda x, left: (
                f"In each sentence all {x.shape[1]} tokens are the same. {_left(left)}."
            ),
            "What does the future tell, if it is like the present?",
            "A mean over more tokens shows only where the tokens differ.",
            "A weather forecast on an island where it is always the same.",
            when=lambda x: bool(np.allclose(x, x[:, :1])),
        ),
        Mistake(
            "features-far-apart",
            lambda: 3 * _noise(2, 3, 4),
            lambda x, left: (
                "The features of your tokens have standard deviations of at least "
                f"{_spread(x).min():.2g}. {_left(left)}."
            ),
            "What happens when all features are nearly equal?",
            "ε is 0.00001. Beside which variance does it matter whether it is under "
            "the root?",
            "A coin too many in the till shows on a slow day.",
            when=lambda x: bool(_spread(x).min() > 0.15),
        ),
    ),
)
