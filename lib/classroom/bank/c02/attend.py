"""Chapter 2, write: from scores to weights to context, with padding."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Given the scores, do the rest of attention, in NumPy: weights that are positive and sum
to 1 over the *real* source positions, and for each query the average of the values.

- `scores` (B, T, S), any numbers from −10⁶ to 10⁶ (so −10⁹ may stand for −∞), each
  query's at their own height; at padding they lie within 30 of the query's others
- `values` (B, S, d)
- `mask` (B, S), boolean, True = a real token; every row has at least one
- returns the context (B, T, d) and the weights (B, T, S)
"""

STUB = """
def attend(scores, values, mask):
    raise NotImplementedError
"""


def attend(scores, values, mask):
    scores = np.where(mask[:, None], scores, -np.inf)  # (B, T, S)
    scores = scores - scores.max(axis=-1, keepdims=True)  # exp cannot overflow
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ values, weights


def masked_late_renormalised(scores, values, mask):
    return _shares(_softmax(scores) * mask[:, None], values)


def filled_with_a_large_number(scores, values, mask):
    return _attend(np.where(mask[:, None], scores, -1e9), values)


def by_einsum(scores, values, mask):
    weights = _softmax(np.where(mask[:, None, :], scores, -np.inf))
    return np.einsum("bts,bsd->btd", weights, values), weights


def _softmax(x, axis: int | tuple[int, ...] = -1):
    with np.errstate(all="ignore"):
        x = np.exp(x - x.max(axis=axis, keepdims=True))
        return x / x.sum(axis=axis, keepdims=True)


def _attend(scores, values, axis: int | tuple[int, ...] = -1):
    weights = _softmax(scores, axis)
    return weights @ values, weights


def _masked(scores, mask):
    return np.where(mask[:, None], scores, -np.inf)


def query_axis(scores, values, mask):
    return _attend(_masked(scores, mask), values, axis=-2)


def query_axis_finite(scores, values, mask):
    return _attend(np.where(mask[:, None], scores, -1e9), values, axis=-2)


def batch_axis(scores, values, mask):
    return _attend(_masked(scores, mask), values, axis=0)


def all_axes(scores, values, mask):
    return _attend(_masked(scores, mask), values, axis=(-2, -1))


def masked_late(scores, values, mask):
    weights = _softmax(scores) * mask[:, None]
    return weights @ values, weights


def filled_with_zero(scores, values, mask):
    return _attend(np.where(mask[:, None], scores, 0.0), values)


def mask_unused(scores, values, mask):
    return _attend(scores, values)


def polarity(scores, values, mask):
    return _attend(_masked(scores, ~mask), values)


def polarity_finite(scores, values, mask):
    return _attend(np.where(mask[:, None], -1e9, scores), values)


def _shares(weights, values):
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ values, weights


@np.errstate(all="ignore")
def overflowing(scores, values, mask):
    return _shares(np.exp(_masked(scores, mask)), values)


def not_normalised(scores, values, mask):
    masked = _masked(scores, mask)
    weights = np.exp(masked - masked.max(axis=-1, keepdims=True))
    return weights @ values, weights


@np.errstate(all="ignore")
def overflowing_times_mask(scores, values, mask):
    return _shares(np.exp(scores) * mask[:, None], values)  # inf * 0 is NaN


def filled_with_minus_100(scores, values, mask):
    return _attend(np.where(mask[:, None], scores, -100.0), values)


def largest_of(axis):
    @np.errstate(all="ignore")
    def wrong(scores, values, mask):
        masked = _masked(scores, mask)
        return _shares(np.exp(masked - masked.max(axis=axis, keepdims=True)), values)

    return wrong


# one height per query; none below 0: filling with −100 has a probe of its own
HEIGHTS = 1000.0 * np.arange(6).reshape(3, 2, 1)


def inputs(offset: float | np.ndarray = 0.0):
    """B=3, T=2, S=5, d=4; rows with 5, 3 and 4 real tokens."""

    def make():
        rng = np.random.default_rng(3)
        scores = rng.normal(size=(3, 2, 5)) + offset
        values = rng.normal(size=(3, 5, 4))
        return scores, values, np.arange(5) < np.array([[5], [3], [4]])

    return make


def more_padding(attend, scores, values, mask):
    """The contexts when two more positions of padding are appended."""
    scores = np.concatenate([scores, np.full((3, 2, 2), 25.0)], axis=-1)
    values = np.concatenate([values, np.full((3, 2, 4), 9.0)], axis=1)
    mask = np.concatenate([mask, np.zeros((3, 2), dtype=bool)], axis=1)
    return attend(scores, values, mask)[0]


def _sums(got):
    """What the second sentence's queries hand out to its real tokens."""
    return short(got[1][1, :, :3].sum(-1))


def _on_padding(got):
    return short(got[1][1, :, 3:].sum(-1))


WHERE = "In the second sentence (3 real tokens, 2 of padding) "

# Filling with -inf and with -1e9 are two mistakes to a computer and one to a learner.
QUERY_AXIS = {
    "symptom": lambda got, _: (
        f"{WHERE}the weights of the two queries sum to {_sums(got)}. Summed over the "
        "*queries*, each real column of yours gives 1."
    ),
    "question": "Pick one query. Do the shares that it hands out add to one?",
    "pointer": "Softmax makes the numbers along one axis compete. Who should compete "
    "for whom: the source words for a query, or the queries for a source word?",
    "neighbour": "Each of 3 guests has one euro for 5 musicians: rows sum to 1. If "
    "each musician had one euro for the guests, what would sum to 1?",
}
POLARITY = {
    "symptom": lambda got, _: (
        f"{WHERE}your weights on the padding sum to {_on_padding(got)}: nothing is "
        "left for the words."
    ),
    "question": "Say in words what True means in this mask. And in your line?",
    "pointer": "In this book True means *may be attended*. Other libraries say True "
    "for *blocked*. Check which of the two your choice of numbers assumes.",
    "neighbour": "A list headed “present” and a list headed “absent” can hold the same "
    "names. Crossing out the wrong one leaves the empty chairs.",
}
OVERFLOWS = {
    "symptom": lambda got, _: (
        f"With scores near 1000, {int(np.isnan(got[1]).sum())} of your "
        f"{got[1].size} weights are NaN."
    ),
    "question": "How large is exp(1000), for a computer?",
    "pointer": "Softmax does not change when the same number is added to all scores of "
    "a query. Which number would make the largest exponent harmless?",
    "neighbour": "The ratio of 10¹⁰⁰⁰ to 10⁹⁹⁸ does not fit on a pocket calculator "
    "that is given both; that of 10⁰ to 10⁻² does. What was taken out?",
    "probe": "large scores",
}
GLOBAL_MAX = {
    "symptom": lambda got, _: (
        "With each query's scores 1000 above those of the query before, "
        f"{int(np.isnan(got[1]).any(-1).sum())} of your 6 queries have NaN for weights."
    ),
    "question": "What is left of a query's scores when a far larger number is taken "
    "off them?",
    "pointer": "exp(−1000) is 0 for a computer, so a row can end as zeros over a sum "
    "of zeros. Over which axes of (B, T, S) did you look for the largest?",
    "neighbour": "Ants and whales are measured from the top of the tallest whale: all "
    "ants are “30 m below”. Which is the tallest ant?",
    "probe": "own heights",
}

EXERCISE = Exercise(
    id="attend",
    chapter=2,
    kind="write",
    title="From scores to context",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="attend",
    stub=STUB,
    reference=attend,
    accepts=(masked_late_renormalised, filled_with_a_large_number, by_einsum),
    proves="Each query's weights sum to 1 over the real tokens, padding weighs nothing "
    "however much of it there is, and large scores do no harm.",
    probes=(
        Probe("padded batch", inputs(), says="Weights and contexts are right"),
        Probe(
            "more padding",
            inputs(),
            more_padding,
            says="Two more positions of padding change no context",
        ),
        Probe(
            "large scores",
            inputs(1000.0),
            says="Adding 1000 to all scores changes nothing",
        ),
        Probe(
            "far below zero",
            inputs(-999_990.0),
            says="Taking nearly 10⁶ off all scores changes nothing",
        ),
        Probe(
            "own heights",
            inputs(HEIGHTS),
            says="Adding to each query's scores a number of its own changes nothing",
        ),
    ),
    mistakes=(
        Mistake("softmax-query-axis", query_axis, **QUERY_AXIS),
        Mistake("softmax-query-axis-finite-fill", query_axis_finite, **QUERY_AXIS),
        Mistake(
            "softmax-batch-axis",
            batch_axis,
            lambda got, _: (
                f"{WHERE}the weights of the two queries sum to {_sums(got)}. Summed "
                "over the three *sentences*, yours give 1."
            ),
            "What would your weights be in a batch of one?",
            "Along the axis that you chose, different sentences compete with each "
            "other. Which axis of (B, T, S) lists the things that one query chooses "
            "from?",
            "Three families share one pizza by appetite, though each had ordered its "
            "own. Which line on the bill is divided too often?",
        ),
        Mistake(
            "softmax-over-everything",
            all_axes,
            lambda got, _: (
                f"{WHERE}the weights of the two queries sum to {_sums(got)}; only both "
                "together make 1."
            ),
            "How many distributions does one sentence with 2 queries need?",
            "A softmax over the whole table lets the queries take weight from each "
            "other. Each query needs its own total.",
            "Two voters with one vote each, or one vote between the two: the second "
            "gives totals such as 0.3 and 0.7. Which total should each voter have?",
        ),
        Mistake(
            "mask-after-softmax",
            masked_late,
            lambda got, _: (
                f"{WHERE}your weights at the padding are 0, and the others sum to "
                f"{_sums(got)}."
            ),
            "The share that the padding had been given: who has it now?",
            "When you set the padding's weights to 0, the total had been fixed "
            "already. Look at the order of your two steps, or at what has to follow.",
            "A cake is cut in five, and two pieces for absent guests go into the bin. "
            "The three who are there get three fifths. What would you do differently?",
        ),
        Mistake(
            "mask-fill-zero",
            filled_with_zero,
            lambda got, _: (
                f"{WHERE}your weights on the padding sum to {_on_padding(got)}, not to "
                "0."
            ),
            "Which *score* means probability zero?",
            "A score of 0 is an ordinary score: better than all negative ones. What is "
            "exp(0)?",
            "An exam without answers gets grade 0; on a scale from −10 to 10, is that "
            "the worst grade?",
        ),
        Mistake(
            "mask-fill-minus-100",
            filled_with_minus_100,
            lambda got, _: (
                "With all scores near −10⁶, the weights of the second sentence's "
                f"padding sum to {_on_padding(got)}, not to 0."
            ),
            "Which is larger: your number at padding, or a real score of −10⁶?",
            "Softmax sees differences only. Your number is low beside scores near 0, "
            "and high beside others. Which number is low beside all of them?",
            "On a map of hills, “−100 m” can mark what is unknown. And at sea?",
            probe="far below zero",
        ),
        Mistake(
            "attn-rnn-attends-pad",
            mask_unused,
            lambda got, _: (
                f"{WHERE}your weights on the padding sum to {_on_padding(got)}."
            ),
            "Does padding deserve probability?",
            "One of your arguments is never read. So a sentence's context depends on "
            "how long its neighbours in the batch are.",
            "The mean age of 3 people in a room for 5, with the empty chairs counted "
            "as age 0: what would you have to know to leave the chairs out?",
        ),
        Mistake("mask-polarity-inverted", polarity, **POLARITY),
        Mistake("mask-polarity-inverted-finite-fill", polarity_finite, **POLARITY),
        Mistake("softmax-overflows", overflowing, **OVERFLOWS),
        Mistake("softmax-overflows-times-mask", overflowing_times_mask, **OVERFLOWS),
        Mistake("global-max-subtracted", largest_of(None), **GLOBAL_MAX),
        Mistake("sentence-max-subtracted", largest_of((-2, -1)), **GLOBAL_MAX),
        Mistake(
            "not-normalised",
            not_normalised,
            lambda got, _: f"{WHERE}your weights sum to {_sums(got)}.",
            "Are these shares of a whole yet?",
            "exp makes the scores positive. What makes positive numbers into shares?",
            "Votes of 30, 50 and 120: what are the shares, and what did you divide by?",
        ),
    ),
)
