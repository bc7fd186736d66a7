"""Chapter 4, break it: an input that exposes broken heads."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = """
The function below attends with `n_heads` heads, without any matrices, so that you can
see what the splitting and merging do: queries, keys and values are the pieces of `x`
(B, T, d). Ten broken copies of it are hidden: pieces cut or joined along the wrong
axis, a wrong scale, a softmax over the wrong axis, and so on. All give the right shape.
A copy is exposed when its output on your input differs.

Write a function that returns one pair `(x, n_heads)` on which all ten differ: a NumPy
array of floats, with B and T from 1 to 8 and d from 1 to 16, and a number of heads that
divides d.
"""

STUB = """
def exposing_input():
    raise NotImplementedError
"""


def exposing_input():
    return np.random.default_rng(0).normal(size=(2, 5, 12)), 3


def by_hand():
    x = [[[1.0, 0.0, 2.0, -1.0], [0.5, 1.0, 0.0, 1.0]], [[0.0, 1.0, 1.0, 2.0]] * 2]
    x[1][1] = [2.0, -1.0, 0.5, 0.0]
    return np.array(x), 2


def attend(pair):
    x, n_heads = pair
    pieces = split(x, n_heads)  # (B, h, T, d_k)
    scores = pieces @ pieces.swapaxes(-2, -1) / pieces.shape[-1] ** 0.5
    return merge(softmax(scores) @ pieces)  # (B, T, d)


def split(x, h):
    B, T, d = x.shape
    return x.reshape(B, T, h, d // h).transpose(0, 2, 1, 3)


def merge(heads):
    B, h, T, d_k = heads.shape
    return heads.transpose(0, 2, 1, 3).reshape(B, T, h * d_k)


def softmax(scores, axis=-1):
    shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    with np.errstate(invalid="ignore"):
        return shares / shares.sum(axis=axis, keepdims=True)


def viewed(x, h):
    B, T, d = x.shape
    return x.reshape(B, h, T, d // h)


def dealt(x, h):
    B, T, d = x.shape
    return x.reshape(B, T, d // h, h).transpose(0, 3, 1, 2)


def reshaped(heads):
    B, h, T, d_k = heads.shape
    return heads.reshape(B, T, h * d_k)


def in_turn(heads):
    B, h, T, d_k = heads.shape
    return heads.transpose(0, 2, 3, 1).reshape(B, T, h * d_k)


def averaged(heads):
    return merge(np.broadcast_to(heads.mean(axis=1, keepdims=True), heads.shape))


def broken(cut=split, join=merge, divisor=lambda d, h: (d // h) ** 0.5, axis=-1):
    def copy(pair):
        x, h = pair
        pieces = cut(x, h)
        scores = pieces @ pieces.swapaxes(-2, -1) / divisor(x.shape[-1], h)
        return join(softmax(scores, axis) @ pieces)

    return copy


def first_sentence(pair):
    out = attend(pair)
    return np.broadcast_to(out[:1], out.shape)


MUTANTS = {
    "split-by-view": broken(cut=viewed),
    "merge-by-view": broken(join=reshaped),
    "view-at-both-ends": broken(cut=viewed, join=reshaped),
    "pieces-dealt-in-turn": broken(cut=dealt, join=in_turn),
    "heads-averaged": broken(join=averaged),
    "scale-of-the-whole-width": broken(divisor=lambda d, h: d**0.5),
    "no-scale": broken(divisor=lambda d, h: 1.0),
    "softmax-over-heads": broken(axis=1),
    "softmax-over-queries": broken(axis=-2),
    "first-sentence-for-all": first_sentence,
}


def valid(pair):
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        return "a pair (x, n_heads) is expected"
    x, h = pair
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return "x should be a NumPy array of floats"
    if x.ndim != 3 or not all(
        1 <= n <= most for n, most in zip(x.shape, (8, 8, 16), strict=True)
    ):
        return f"x should be (B, T, d), at most (8, 8, 16); the shape is {x.shape}"
    if isinstance(h, bool) or not isinstance(h, (int, np.integer)) or h < 1:
        return f"n_heads should be a whole number from 1 on, and it is {h!r}"
    if x.shape[-1] % h:
        return f"{h} heads do not divide {x.shape[-1]} features"
    if not np.isfinite(x).all() or np.abs(x).max() > 1e6:
        return "the numbers should be finite, and at most a million"
    return None


def _noise(*shape):
    return np.random.default_rng(1).normal(size=shape)


def _near(a, b):
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))


def _pieces_alike(pair):
    pieces = split(*pair)
    return pieces.shape[1] > 1 and _near(pieces, pieces[:, :1])


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _shapes(pair):
    return f"x has shape {pair[0].shape}, with {pair[1]} heads"


EXERCISE = Exercise(
    id="break-heads",
    chapter=4,
    kind="break",
    title="Find the input that exposes broken heads",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="exposing_input",
    stub=STUB,
    reference=exposing_input,
    accepts=(by_hand,),
    proves="Several sentences, tokens and heads, more than one feature in each head, "
    "and ordinary numbers that all differ: an input like this tests any split.",
    block=attend,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-token",
            lambda: (_noise(2, 1, 12), 3),
            lambda pair, left: (
                f"{_shapes(pair)}: one token, which attends to itself whatever the "
                f"scores are. {_left(left)}."
            ),
            "Between how many keys does a query choose here?",
            "A wrong scale and a wrong order of tokens show where there is something "
            "to choose, and something to order.",
            "One candidate gets all votes, however they are counted.",
            when=lambda pair: pair[0].shape[1] == 1,
        ),
        Mistake(
            "one-head",
            lambda: (_noise(2, 5, 12), 1),
            lambda pair, left: (
                f"{_shapes(pair)}: with one head there is nothing to cut or to join. "
                f"{_left(left)}."
            ),
            "What can go wrong between heads if there is one?",
            "Half of the copies confuse heads with something else. Give them heads.",
            "Cut a cake in one piece: along which side did you cut?",
            when=lambda pair: pair[1] == 1,
        ),
        Mistake(
            "batch-of-one",
            lambda: (_noise(1, 5, 12), 3),
            lambda pair, left: f"{_shapes(pair)}: one sentence. {_left(left)}.",
            "Whom could a function confuse with whom, if there is only one?",
            "One copy gives every sentence the same answer. For which sentence is "
            "that the right one?",
            "A postman who takes all letters to the first house makes no mistake in a "
            "street with one.",
            when=lambda pair: pair[0].shape[0] == 1,
        ),
        Mistake(
            "heads-of-one-feature",
            lambda: (_noise(2, 5, 4), 4),
            lambda pair, left: (
                f"{_shapes(pair)}: each head has one feature. {_left(left)}."
            ),
            "If each pile has one card, does it matter how they were dealt?",
            "One survivor gives the heads other features than neighbours; another "
            "leaves the scale out. For which width of a head is neither noticed?",
            "√1 = 1: whoever forgets the root of one forgets nothing.",
            when=lambda pair: pair[0].shape[2] == pair[1],
        ),
        Mistake(
            "tokens-all-alike",
            lambda: (np.repeat(_noise(2, 1, 12), 5, axis=1), 3),
            lambda pair, left: (
                f"In each sentence all {pair[0].shape[1]} tokens are the same, and so "
                f"is every average of them. {_left(left)}."
            ),
            "What is the average of equal things, with whatever weights?",
            "Wrong weights show in an average only where there is something to choose "
            "between.",
            "Five cups of the same tea, mixed in any proportion.",
            when=lambda pair: _near(pair[0], pair[0][:, :1]),
        ),
        Mistake(
            "sentences-all-alike",
            lambda: (np.repeat(_noise(1, 5, 12), 2, axis=0), 3),
            lambda pair, left: (
                f"All {pair[0].shape[0]} sentences are the same. {_left(left)}."
            ),
            "If all sentences are alike, whose answer was given?",
            "One copy knows the first sentence only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda pair: _near(pair[0], pair[0][:1]),
        ),
        Mistake(
            "features-all-alike",
            lambda: (np.repeat(_noise(2, 5, 1), 12, axis=2), 3),
            lambda pair, left: (
                f"All {pair[0].shape[2]} features of a token are the same number. "
                f"{_left(left)}."
            ),
            "If the features are equal, who notices which head has which?",
            "Some copies give a head other features of the same token. What must be "
            "different for that to show?",
            "A pack with 52 aces of hearts: dealt, or cut into piles?",
            when=lambda pair: _near(pair[0], pair[0][:, :, :1]),
        ),
        Mistake(
            "heads-all-alike",
            lambda: (np.tile(_noise(2, 5, 4), 3), 3),
            lambda pair, left: (
                f"All {pair[1]} heads have the same pieces. {_left(left)}."
            ),
            "What is the average of heads that say the same?",
            "One copy replaces what the heads found by their mean. When is a mean "
            "different from each of its parts?",
            "Three newspapers with the same article: does it matter which you read?",
            when=_pieces_alike,
        ),
        Mistake(
            "numbers-too-small",
            lambda: (1e-5 * _noise(2, 5, 12), 3),
            lambda pair, left: (
                f"Your largest number is {np.abs(pair[0]).max():.1g}: all scores are "
                f"0, nearly, and all weights the same. {_left(left)}."
            ),
            "Does a wrong scale matter for scores that are all 0?",
            "A factor shows in differences. How large are the differences between "
            "your scores?",
            "A map of the sea floor at one tenth of the height: on the plain nobody "
            "sees the mistake.",
            when=lambda pair: bool(np.abs(pair[0]).max() < 1e-3),
        ),
        Mistake(
            "numbers-too-large",
            lambda: (1e3 * _noise(2, 5, 12), 3),
            lambda pair, left: (
                f"Your largest number is {np.abs(pair[0]).max():.0f}: one key takes "
                f"all the weight, whatever the scale. {_left(left)}."
            ),
            "How soft is a softmax of scores that far apart?",
            "A wrong factor does not change which score is the largest.",
            "A scale that is out by a tenth still says that the elephant is heavier "
            "than the mouse.",
            when=lambda pair: bool(np.abs(pair[0]).max() > 50),
        ),
    ),
)
