"""Attention with one part exchanged: what the exercises of chapter 3 go wrong with."""

import numpy as np

# How a wrong answer treats a row that allows nothing: (fill, whether it is guarded).
STYLES: dict[str, tuple[float, bool | None]] = {
    "": (-np.inf, True),
    "-nan-row": (-np.inf, False),
    "-even-row": (-1e9, False),
    "-overflow": (-np.inf, None),
}


@np.errstate(all="ignore")
def softmax(
    x,
    axis: int | tuple[int, ...] | None = -1,
    guarded: bool | None = True,
    highest=None,
):
    """Shares along an axis; a guarded one gives zeros where all scores are -inf.

    Args:
        guarded: None = not even the largest score is subtracted.
        highest: what is subtracted, by default the largest along the axis.
    """
    if guarded is None:
        highest = np.zeros(1)
    elif highest is None:
        highest = x.max(axis=axis, keepdims=True)
    if guarded:
        highest = np.where(np.isfinite(highest), highest, 0.0)
    shares = np.exp(x - highest)
    total = shares.sum(axis=axis, keepdims=True)
    return shares / (np.where(total == 0, 1.0, total) if guarded else total)


def products(query, key, value):
    return query @ np.swapaxes(key, -1, -2)


def scaled(query, key, value):
    return products(query, key, value) / np.sqrt(query.shape[-1])


def attention(score=scaled, shares=softmax, average=None, style="", late=None):
    """Scaled dot-product attention with its parts exchanged.

    Args:
        score: (query, key, value) → scores.
        shares: (scores, guarded=...) → weights.
        average: (weights, key, value) → output.
        style: one of STYLES.
        late: (weights, mask) → weights, in place of what `style` does to scores.
    """
    fill, guarded = STYLES[style]

    @np.errstate(all="ignore")
    def wrong(query, key, value, mask=None):
        scores = score(query, key, value)
        if mask is not None and not late:
            scores = np.where(mask, scores, fill)
        weights = shares(scores, guarded=guarded)
        if mask is not None and late:
            weights = late(weights, mask)
        output = average(weights, key, value) if average else weights @ value
        return output, weights

    return wrong


def masked_by(apply, finish=None):
    """Attention that turns (scores, mask) into scores, and (weights, mask) after."""

    @np.errstate(all="ignore")
    def wrong(query, key, value, mask=None):
        scores = scaled(query, key, value)
        weights = softmax(
            scores if mask is None else apply(scores, mask), guarded=False
        )
        if mask is not None and finish:
            weights = finish(weights, mask)
        return weights @ value, weights

    return wrong
