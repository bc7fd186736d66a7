"""Chapter 3, write: scaled dot-product attention in NumPy, with a mask."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe
from ._attention_mistakes import MISTAKES

QUESTION = r"""
Write scaled dot-product attention, $\mathrm{softmax}(Q K^\top / \sqrt{d_k})\,V$, in
NumPy.

- `query` (…, T, d_k), `key` (…, S, d_k), `value` (…, S, d_v); any number of axes may
  stand in front, also none
- `mask` is None or boolean, True = may be attended, and broadcasts to (…, T, S)
- returns the output (…, T, d_v) and the weights (…, T, S), float64 as the inputs are
- a query that may attend nothing gets zeros for weights and output
- scores may be as large as 10⁵, and differ by up to 30 within a query's row
"""

STUB = """
def scaled_dot_product_attention(query, key, value, mask=None):
    raise NotImplementedError
"""


def scaled_dot_product_attention(query, key, value, mask=None):
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(key.shape[-1])  # (…, T, S)
    allowed = np.ones_like(scores, dtype=bool) if mask is None else mask
    scores = np.where(allowed, scores, -1e9)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))  # cannot overflow
    weights = shares / shares.sum(axis=-1, keepdims=True)
    weights = np.where(allowed, weights, 0.0)  # also where nothing is allowed
    return weights @ value, weights


def query_scaled_first(query, key, value, mask=None):
    scores = (query / query.shape[-1] ** 0.5) @ key.swapaxes(-1, -2)
    if mask is not None:
        scores = np.where(mask, scores, np.finfo(scores.dtype).min)
    shares = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = shares / np.sum(shares, axis=-1, keepdims=True)
    if mask is not None:
        weights = weights * np.any(mask, axis=-1, keepdims=True)
    return weights @ value, weights


def masked_late_renormalised(query, key, value, mask=None):
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(key.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    if mask is not None:
        weights = weights * mask
        total = weights.sum(axis=-1, keepdims=True)
        weights = weights / np.where(total == 0, 1.0, total)
    return weights @ value, weights


def infinite_fill_guarded(query, key, value, mask=None):
    scores = np.einsum("...td,...sd->...ts", query, key) / np.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    highest = scores.max(axis=-1, keepdims=True)
    shares = np.exp(scores - np.where(highest == -np.inf, 0.0, highest))
    total = shares.sum(axis=-1, keepdims=True)
    weights = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    return np.einsum("...ts,...sd->...td", weights, value), weights


def nan_replaced(query, key, value, mask=None):
    scores = query @ np.moveaxis(key, -1, -2) * key.shape[-1] ** -0.5
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    with np.errstate(invalid="ignore"):
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = np.nan_to_num(shares / shares.sum(axis=-1, keepdims=True))
    return weights @ value, weights


def by_loops(query, key, value, mask=None):
    lead, T, S = query.shape[:-2], query.shape[-2], key.shape[-2]
    allowed = np.broadcast_to(True if mask is None else mask, (*lead, T, S))
    weights = np.zeros((*lead, T, S))
    output = np.zeros((*lead, T, value.shape[-1]))
    for at in np.ndindex(*lead, T):
        batch = at[:-1]
        scores = {
            s: query[at] @ key[(*batch, s)] / np.sqrt(key.shape[-1])
            for s in range(S)
            if allowed[(*at, s)]
        }
        shares = {s: np.exp(x - max(scores.values())) for s, x in scores.items()}
        for s, share in shares.items():
            weights[(*at, s)] = share / sum(shares.values())
            output[at] += weights[(*at, s)] * value[(*batch, s)]
    return output, weights


def constant_too_small(query, key, value, mask=None):
    allowed = True if mask is None else mask
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(key.shape[-1])
    scores = np.where(allowed, scores, -1e4)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = np.where(allowed, shares / shares.sum(axis=-1, keepdims=True), 0.0)
    return weights @ value, weights


def inputs(*lead, mask=None, shift=False, low=False):
    """T=3, S=5, d_k=4, d_v=6 alone; T=4, S=5, d_k=7, d_v=6 behind B=2, h=3.

    With `shift` one long vector is added to all keys: to a query's scores it adds one
    and the same number, as large as ±1000 and more. With `low` that number is -10⁵ for
    every query.
    """

    def make():
        rng = np.random.default_rng(3)
        T, d = (4, 7) if lead else (3, 4)
        query = rng.normal(size=(*lead, T, d))
        key = 1.5 * rng.normal(size=(*lead, 5, d))
        value = rng.normal(size=(*lead, 5, 6))
        if shift:
            key = key + 3000.0
        if low:
            key = key - np.linalg.pinv(query) @ np.full(T, 1e5 * d**0.5)
        return (query, key, value) if mask is None else (query, key, value, mask.copy())

    return make


# by hand: each row and column different, each query with 2 to 4 keys to choose from
MASK = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 1], [0, 1, 1, 1, 1]], dtype=bool)
EMPTY = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 1, 1]], dtype=bool)
PADDING = np.arange(5) < np.array([5, 3]).reshape(2, 1, 1, 1)
SQUARE = np.vstack([MASK, [[1, 0, 0, 1, 1]]]).astype(bool)  # (4, 5), for all heads


def silent():
    """Queries of zeros: every score is 0, and none is forbidden."""
    query, *others = inputs()()
    return 0 * query, *others


def row_sums(attend, *given):
    return attend(*given)[1].sum(axis=-1)


def only_weights(attend, *given):
    return attend(*given)[1]


def weights_as_output(attend, query, key, _):
    return attend(query, key, np.eye(5))[0]


def forbidden_weights(attend, *given):
    return attend(*given)[1][~given[-1]]


def eleventh_digit(attend, *given):
    """For each input, whether a change in its 11th digit reaches the output."""
    before, noticed = attend(*given)[0], {}
    for n, name in enumerate(("query", "key", "value")):
        changed = list(given)
        changed[n] = changed[n] * (1 + 1e-10)
        moved = (attend(*changed)[0] != before).mean() > 0.5
        noticed[name] = "noticed" if moved else "lost"
    return noticed


def in_single_precision(*parts):
    """Attention that works with 7 digits in between and returns float64."""
    right = scaled_dot_product_attention

    def wrong(query, key, value, mask=None):
        given = dict(query=query, key=key, value=value)
        given |= {name: given[name].astype(np.float32) for name in parts}
        given = {name: array.astype(float) for name, array in given.items()}
        return right(**given, mask=mask)

    return wrong


SINGLE = {
    "symptom": lambda got, _: (
        "Six digits of your output are right. But with a change in the 11th digit of "
        "one input, which float64 holds, your output is the same as before: "
        + ", ".join(f"in `{name}` it is {what}" for name, what in got.items())
        + "."
    ),
    "question": "How many digits has a float32, and how many your inputs?",
    "pointer": "Somewhere on the way numbers become float32. It does little harm to "
    "scores near 1. Which steps are there between two float32 numbers near 100,000?",
    "neighbour": "A scale that shows four digits weighs a letter of 12.34 g well. With "
    "the letter in a parcel of 5,000 g, what is left of its 0.34 g?",
    "probe": "eleventh digit",
}


@np.errstate(all="ignore")
def others_changed(attend, query, key, value, mask):
    """How far the first query's output moves when all it may not attend changes."""
    away, before = ~mask[0], attend(query, key, value, mask)[0][0]
    key[away], value[away] = -key[away], 9.0
    return attend(query, key, value, mask)[0][0] - before


EXERCISE = Exercise(
    id="attention-numpy",
    chapter=3,
    kind="write",
    title="Scaled dot-product attention",
    question=QUESTION,
    difficulty=4,
    minutes=20,
    name="scaled_dot_product_attention",
    stub=STUB,
    reference=scaled_dot_product_attention,
    accepts=(
        query_scaled_first,
        masked_late_renormalised,
        infinite_fill_guarded,
        nan_replaced,
        by_loops,
    ),
    proves="Each query averages the values it may attend, with weights that add up to "
    "1; what is forbidden has no influence at all, a query without choice gets zeros, "
    "and neither batch axes nor large scores do harm.",
    returns=("output", "weights"),
    probes=(
        Probe(
            "row sums",
            inputs(),
            row_sums,
            "The weights of each query add up to 1 over the keys",
        ),
        Probe(
            "weights",
            inputs(),
            only_weights,
            "The weights are the softmax over the keys of the scaled dot products",
        ),
        Probe(
            "identity",
            inputs(),
            weights_as_output,
            "With the identity for values, the output is the weights",
        ),
        Probe("one sentence", inputs(), says="The output is the average of the values"),
        Probe(
            "eleventh digit",
            inputs(),
            eleventh_digit,
            "The inputs are float64, and so is all that is done with them: a change in "
            "the 11th digit of an input reaches the output",
        ),
        Probe(
            "batch and heads",
            inputs(2, 3),
            says="Behind batch axes, every sentence and head comes out as if alone",
        ),
        Probe(
            "shifted keys",
            inputs(shift=True),
            only_weights,
            "One long vector added to all keys changes no weight, since it adds the "
            "same number to all scores of a query",
        ),
        Probe(
            "scores of 0",
            silent,
            says="A query of zeros scores every key 0, and averages all values",
        ),
        Probe(
            "forbidden",
            inputs(mask=MASK),
            forbidden_weights,
            "Where the mask is False, the weight is 0",
        ),
        Probe(
            "masked",
            inputs(mask=MASK),
            says="The weights of what is allowed add up to 1 and are as if nothing "
            "else were there",
        ),
        Probe(
            "others changed",
            inputs(mask=MASK),
            others_changed,
            "Keys and values that a query may not attend have no influence on its "
            "output",
        ),
        Probe(
            "padding",
            inputs(2, 3, mask=PADDING),
            says="A mask (B, 1, 1, S) holds for all heads and queries of its sentence",
        ),
        Probe(
            "one mask for all",
            inputs(2, 3, mask=SQUARE),
            says="A mask (T, S) holds for all sentences and heads",
        ),
        Probe(
            "shifted and masked",
            inputs(mask=MASK, shift=True),
            only_weights,
            "One long vector added to all keys changes no weight under a mask either",
        ),
        Probe(
            "low and masked",
            inputs(mask=MASK, low=True),
            only_weights,
            "Taking 100,000 off all scores changes no weight under a mask",
        ),
        Probe(
            "nothing allowed",
            inputs(mask=EMPTY),
            says="A query that may attend nothing gets zeros for weights and output",
        ),
    ),
    mistakes=(
        *MISTAKES,
        *(
            Mistake(f"float32-{'-'.join(parts)}", in_single_precision(*parts), **SINGLE)
            for parts in (
                ("query", "key", "value"),
                ("query", "key"),
                ("query",),
                ("key",),
                ("value",),
            )
        ),
        Mistake(
            "mask-constant-too-small-cleared",
            constant_too_small,
            lambda got, _: (
                "With all scores near -100,000, your three queries' weights of what "
                f"they may attend add up to {short(got.sum(axis=-1))}."
            ),
            "Which is larger: the number you fill in, or a real score of -100,000?",
            "The softmax sees differences only. A fill above the real scores takes all "
            "the shares, and deleting them afterwards leaves nothing.",
            "“-100 m” marks the unknown on a map of hills. And on a map of the sea?",
            probe="low and masked",
        ),
    ),
)
