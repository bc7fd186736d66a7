"""What people get wrong in scaled dot-product attention, for attention-numpy."""

from functools import partial
from typing import Any

import numpy as np

from ...exercises.model import Mistake
from . import _ladders as say
from ._mask_mistakes import MASK_MISTAKES
from ._wrong import STYLES, attention, products, scaled, softmax


def _family(identifier, ladder, styles=tuple(STYLES), **parts):
    """One mistake to a learner, beside each way to treat a row without choice."""
    return tuple(
        Mistake(f"{identifier}{style}", attention(**parts, style=style), **ladder)
        for style in styles
    )


def _reshaped(query, key, value):
    turned = key.reshape(*key.shape[:-2], key.shape[-1], key.shape[-2])
    return query @ turned / np.sqrt(query.shape[-1])


def _all_axes_turned(query, key, value):
    return query @ key.T / np.sqrt(query.shape[-1])


def _four_axes(query, key, value):
    return query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])


def _key_first(query, key, value):
    return key @ np.swapaxes(query, -1, -2) / np.sqrt(query.shape[-1])


def _by(length):
    """Scores divided by the root of another length."""
    return lambda q, k, v: products(q, k, v) / np.sqrt(length(q, k, v))


def scale_after(style):
    fill, guarded = STYLES[style]

    @np.errstate(all="ignore")
    def wrong(query, key, value, mask=None):
        scores = products(query, key, value)
        if mask is not None:
            scores = np.where(mask, scores, fill)
        weights = softmax(scores, guarded=guarded) / np.sqrt(query.shape[-1])
        return weights @ value, weights

    return wrong


@np.errstate(all="ignore")
def raw_zero_row(query, key, value, mask=None):
    shares = np.exp(scaled(query, key, value))
    shares = shares if mask is None else np.where(mask, shares, 0.0)
    total = shares.sum(axis=-1, keepdims=True)
    weights = shares / np.where(total == 0, 1.0, total)
    return weights @ value, weights


def _one_maximum(scores, guarded):
    return softmax(scores, guarded=guarded, highest=scores.max())


def _maximum_over_queries(scores, guarded):
    highest = scores.max(axis=-2, keepdims=True)
    return softmax(scores, guarded=guarded, highest=highest)


def _not_normalised(scores, guarded):
    highest = scores.max(axis=-1, keepdims=True)
    return np.exp(scores - np.where(np.isfinite(highest), highest, 0.0))


def _raw(scores, guarded):
    return scores


def _key_averaged(weights, key, value):
    return weights @ key


def no_mask(fill):
    @np.errstate(all="ignore")
    def wrong(query, key, value, mask: Any = None):
        scores = np.where(mask, scaled(query, key, value), fill)
        weights = softmax(scores, guarded=False)
        return weights @ value, weights

    return wrong


def returns_swapped(query, key, value, mask=None):
    return attention()(query, key, value, mask)[::-1]


NAN, RAW = "-nan-row", "-overflow"
LENGTHS = {
    "scale-root-of-T": lambda q, k, v: q.shape[-2],
    "scale-root-of-S": lambda q, k, v: k.shape[-2],
    "scale-root-of-d-v": lambda q, k, v: v.shape[-1],
    "scale-root-of-first-axis": lambda q, k, v: q.shape[0],
    "scale-root-of-second-axis": lambda q, k, v: q.shape[1],
}

# A second error in the scores makes other numbers of the first one's symptom; one in
# the mask, the engine tells by itself, since it shows up later.
SCORES = {
    "no-scale": products,
    "d-not-sqrt": lambda q, k, v: products(q, k, v) / q.shape[-1],
}
AXES = {
    "softmax-query-axis": (-2, say.QUERY_AXIS),
    "softmax-batch-axis": (0, say.BATCH_AXIS),
    "softmax-second-axis": (1, say.HEADS_AXIS),
}

MISTAKES = (
    *_family("softmax-second-axis", say.HEADS_AXIS, shares=partial(softmax, axis=1)),
    *(
        mistake
        for name, (axis, ladder) in AXES.items()
        for other, score in SCORES.items()
        for mistake in _family(
            f"{name}-and-{other}",
            ladder,
            score=score,
            shares=partial(softmax, axis=axis),
        )
    ),
    *_family("softmax-query-axis", say.QUERY_AXIS, shares=partial(softmax, axis=-2)),
    *_family("softmax-batch-axis", say.BATCH_AXIS, shares=partial(softmax, axis=0)),
    *_family(
        "softmax-over-everything",
        say.EVERYTHING,
        ("", RAW),
        shares=partial(softmax, axis=None),
    ),
    *_family(
        "softmax-over-the-table",
        say.EVERYTHING,
        ("",),
        shares=partial(softmax, axis=(-2, -1)),
    ),
    *_family("scale-missing", say.SCALE_MISSING, score=products),
    *_family(
        "scale-d-not-sqrt",
        say.SCALE_NOT_ROOT,
        score=lambda q, k, v: products(q, k, v) / q.shape[-1],
    ),
    *_family(
        "scale-wrong-way",
        say.SCALE_WRONG_WAY,
        score=lambda q, k, v: products(q, k, v) * np.sqrt(q.shape[-1]),
    ),
    *(
        mistake
        for name, length in LENGTHS.items()
        for mistake in _family(name, say.OTHER_LENGTH, ("", NAN), score=_by(length))
    ),
    *(
        Mistake(f"scale-after-softmax{style}", scale_after(style), **say.SCALE_LATE)
        for style in STYLES
    ),
    *_family("k-view-not-transpose", say.RESHAPED, score=_reshaped),
    *_family("key-dot-T", say.ALL_TURNED, score=_all_axes_turned),
    Mistake("transpose-lists-four-axes", attention(_four_axes), **say.FOUR_AXES),
    Mistake("qk-swapped", attention(_key_first), **say.KEY_FIRST),
    *_family("value-is-key", say.VALUE_IS_KEY, average=_key_averaged),
    *_family("softmax-no-max-subtract", say.OVERFLOWS, (RAW,)),
    Mistake("softmax-no-max-subtract-zero-row", raw_zero_row, **say.OVERFLOWS),
    *_family("global-max-subtracted", say.ONE_MAXIMUM, ("", NAN), shares=_one_maximum),
    *_family(
        "max-over-queries", say.QUERIES_MAXIMUM, ("", NAN), shares=_maximum_over_queries
    ),
    Mistake("not-normalised", attention(shares=_not_normalised), **say.NOT_NORMALISED),
    Mistake("softmax-missing", attention(shares=_raw), **say.NO_SOFTMAX),
    Mistake("no-mask-forbids-all-nan", no_mask(-np.inf), **say.NONE_FORBIDS),
    Mistake("no-mask-forbids-all", no_mask(-1e9), **say.NONE_FORBIDS),
    Mistake("returns-swapped", returns_swapped, **say.SWAPPED),
    *MASK_MISTAKES,
)
