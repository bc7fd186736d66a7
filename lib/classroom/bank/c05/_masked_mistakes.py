"""Wrong ways to apply a mask to scores, and what to say to them."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def late(scores, mask):
    return scores.softmax(-1) * mask


def filled_with_zero(scores, mask):
    return scores.masked_fill(~mask, 0.0).softmax(-1)


def filled_with_zero_cleared(scores, mask):
    return filled_with_zero(scores, mask) * mask


def block_added(scores, mask):
    return (scores + ~mask).softmax(-1)


def keep_added(scores, mask):
    return (scores + mask).softmax(-1)


def discarded(scores, mask):
    scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1)


def discarded_cleared(scores, mask):
    scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1)
    return weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)


def inverted(scores, mask):
    return scores.masked_fill(mask, -torch.inf).softmax(-1)


def inverted_finite(scores, mask):
    return scores.masked_fill(mask, torch.finfo(scores.dtype).min).softmax(-1)


def inverted_no_nan(scores, mask):
    return inverted(scores, mask).nan_to_num(0.0)


def inverted_constant(scores, mask):
    return scores.masked_fill(mask, -1e9).softmax(-1)


def empty_is_nan(scores, mask):
    return scores.masked_fill(~mask, -torch.inf).softmax(-1)


def empty_is_uniform(scores, mask):
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)


def empty_is_uniform_half(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(-1)


def too_large_for_half(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(-1).masked_fill(~mask, 0.0)


def small_constant(scores, mask):
    return scores.masked_fill(~mask, -1e4).softmax(-1)


def small_constant_cleared(scores, mask):
    return small_constant(scores, mask).masked_fill(~mask, 0.0)


def queries_compete(scores, mask):
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-2)
    return weights.nan_to_num(0.0)


def queries_compete_finite(scores, mask):
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-2)


def queries_compete_nan(scores, mask):
    return scores.masked_fill(~mask, -torch.inf).softmax(-2)


def queries_compete_constant(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(-2)


def clamped(scores, mask):
    smallest = torch.finfo(scores.dtype).min
    weights = scores.clamp(-1e3, 1e3).masked_fill(~mask, smallest).softmax(-1)
    return weights.masked_fill(~mask, 0.0)


def zero_times_infinity(scores, mask):
    return (scores + ~mask * -torch.inf).softmax(-1)


def zero_times_infinity_hidden(scores, mask):
    return zero_times_infinity(scores, mask).nan_to_num(0.0)


def additive(scores, mask):
    bias = torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
    return (scores + bias).softmax(-1)


def nan_in_gradient(scores, mask):
    bias = torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
    return (scores + bias).softmax(-1).nan_to_num(0.0)


def inverted_late(scores, mask):
    return scores.softmax(-1) * ~mask


def inverted_zero(scores, mask):
    return scores.masked_fill(mask, 0.0).softmax(-1)


def inverted_renormalised(scores, mask):
    weights = scores.softmax(-1) * ~mask
    return weights / weights.sum(-1, keepdim=True)


def block_added_cleared(scores, mask):
    return block_added(scores, mask) * mask


def queries_compete_late(scores, mask):
    return scores.softmax(-2) * mask


def queries_compete_zero(scores, mask):
    return scores.masked_fill(~mask, 0.0).softmax(-2)


def queries_compete_inverted(scores, mask):
    return scores.masked_fill(mask, -torch.inf).softmax(-2)


def queries_compete_inverted_constant(scores, mask):
    return scores.masked_fill(mask, -1e9).softmax(-2)


def queries_compete_unmasked(scores, mask):
    return scores.softmax(-2)


def heads_compete(scores, mask):
    return scores.masked_fill(~mask, -torch.inf).softmax(1)


def heads_compete_constant(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(1)


def overflows(scores, mask):
    shares = scores.exp() * mask
    return shares / shares.sum(-1, keepdim=True)


def overflows_with_epsilon(scores, mask):
    shares = scores.exp() * mask
    return shares / (shares.sum(-1, keepdim=True) + 1e-9)


def epsilon_vanishes(scores, mask):
    weights = scores.softmax(-1) * mask
    return weights / (weights.sum(-1, keepdim=True) + 1e-9)


def _sums(got):
    return short(got["weights"][1, 0].nan_to_num().sum(-1))


def _blocked(got):
    w = got["weights"][1, 0]
    return short((w * ~got["mask"][1, 0]).sum(-1))


HERE = "In the second sentence, head 0, "
SAME = "both masks"


def _on_blocked(got, _):
    return (
        f"{HERE}the weights that your four queries give to forbidden keys sum to "
        f"{_blocked(got)}."
    )


def _nan_rows(got, _):
    rows = int(got.isnan().any(-1).sum())
    return (
        f"With padding on the left and a causal mask, {rows} of your "
        f"{got[..., 0].numel()} rows hold NaN: the first queries may look at nothing."
    )


def _first_row(got, _):
    return (
        "Query 0 of a sentence padded on the left may look at nothing, and your "
        f"weights for it are {short(got[0, 0, 0])}."
    )


ZERO = {
    "symptom": _on_blocked,
    "question": "Which *score* means probability zero?",
    "pointer": "0 is an ordinary score, and better than all negative ones. What is "
    "exp(0)? And which number has the exponential 0?",
    "neighbour": "In January the warmest town is looked for. Would you write down 0 "
    "degrees for a town without a thermometer?",
    "probe": SAME,
}
ADDED = {
    "symptom": _on_blocked,
    "question": "What number is True, when it is added?",
    "pointer": "A boolean in a sum counts as 0 or 1. By how much does that move a "
    "score, and does it forbid anything?",
    "neighbour": "A fine of one euro does not close a road. How high would it have to "
    "be, for drivers of any wealth?",
    "probe": SAME,
}
DISCARDED = {
    "symptom": lambda got, _: (
        f"{_on_blocked(got, _)} Without any mask they would be the same."
    ),
    "question": "Does your mask reach the scores that the softmax reads?",
    "pointer": "Either the mask is not used, or a method was called that returns a new "
    "tensor and leaves the old one as it was. Print the scores just before the "
    "softmax.",
    "neighbour": "`name.upper()` on a line of its own changes no name. Where did the "
    "capitals go?",
    "probe": SAME,
}
POLARITY = {
    "symptom": _on_blocked,
    "question": "Say in words what True means in this mask, and what it means to the "
    "call that you make with it.",
    "pointer": "The mask lists what *may* be attended. The function that fills wants "
    "to know where to fill. Are these the same places?",
    "neighbour": "A list of the rooms in use is handed to the man who paints the empty "
    "ones. What does he need to be told?",
    "probe": SAME,
}
NAN = {
    "symptom": _nan_rows,
    "question": "What is the softmax of “nothing allowed”?",
    "pointer": "Softmax takes off the largest score: −∞ − (−∞). A row without a key "
    "has to be dealt with, before or after.",
    "neighbour": "The mean of no numbers is 0 / 0. Somebody must decide what the form "
    "says then: here the task does. What does it ask for?",
    "probe": "nothing allowed",
}
UNIFORM = {
    "symptom": _first_row,
    "question": "If all candidates are equally bad, what does softmax give them?",
    "pointer": "A very low score is only low beside others. In a row where everything "
    "is that low, the differences are 0. What does the task ask for such a row?",
    "neighbour": "If everybody comes last, everybody comes first. How does a jury say "
    "that nobody wins?",
    "probe": "nothing allowed",
}
SMALL = {
    "symptom": lambda got, _: (
        "With all scores near −200,000, the weights that the second sentence's four "
        f"queries give to forbidden keys sum to {short(got['leak'])}, and those to the "
        f"allowed ones to {short(got['kept'])}."
    ),
    "question": "Which is larger: your number, or a real score of −200,000?",
    "pointer": "Softmax sees differences only. Which number is below every score that "
    "the type can hold?",
    "neighbour": "“−100 m” marks the unknown on a map of hills. And on a map of the "
    "sea?",
    "probe": "low scores",
}
QUERIES = {
    "symptom": lambda got, _: (
        f"{HERE}the weights of your four queries sum to {_sums(got)}."
    ),
    "question": "Pick one query. Do the shares that it hands out add to one?",
    "pointer": "Softmax makes the numbers along one axis compete. Who competes here: "
    "the keys for a query, or the queries for a key?",
    "neighbour": "Each of 3 guests has one euro for 5 musicians. If each musician had "
    "one euro for the guests, what would sum to 1?",
    "probe": SAME,
}
INFINITY = {
    "symptom": lambda got, _: (
        f"{HERE}your first query's weights are {short(got['weights'][1, 0, 0])}: even "
        "the allowed keys have lost theirs."
    ),
    "question": "What is 0 times infinity, for a computer?",
    "pointer": "Where nothing is forbidden you multiply False by −∞. Look at the "
    "number that you add to an *allowed* score.",
    "neighbour": "Nobody times an endless queue: how long is it? Choosing between two "
    "numbers asks no such question; multiplying does.",
    "probe": SAME,
}

OVERFLOWS = {
    "symptom": lambda got, _: (
        f"With all scores near 500, {int(got.isnan().sum())} of your {got.numel()} "
        "weights are NaN."
    ),
    "question": "What is exp(500) in float32? The largest float32 is about 3 · 10³⁸.",
    "pointer": "Softmax does not change when one number is added to all scores of a "
    "row. Chapter 3 makes use of that before it takes the exponential.",
    "neighbour": "Two mountains are compared by their heights above the centre of the "
    "earth, to the millimetre: the form has no room for so many digits. From where "
    "could one measure instead?",
    "probe": "axes of 1",
}
HEADS = {
    "symptom": lambda got, _: (
        f"{HERE}the weights of your four queries sum to {_sums(got)}. Added up over "
        "the two *heads* instead, yours make 1 wherever they are allowed."
    ),
    "question": "Scores are (B, h, T, S). Which of the four is axis 1?",
    "pointer": "Softmax makes the numbers along one axis compete. From which end would "
    "you count the axes, to find the keys whatever stands in front?",
    "neighbour": "Two critics share out 10 points each among five films. If each "
    "*film* had 10 points to share out between the critics, which sums would be 10?",
    "probe": SAME,
}

MISTAKES = (
    Mistake(
        "mask-after-softmax",
        late,
        lambda got, _: (
            f"{HERE}your weights at forbidden keys are 0, and the others sum to "
            f"{_sums(got)}."
        ),
        "The shares that you set to 0: who had been given them, and who has them now?",
        "The total was fixed before the mask came, over all keys. So a forbidden "
        "score, even of a word in the future, still moves the allowed weights.",
        "A cake is cut in five, and the pieces of absent guests go into the bin. The "
        "size of yours tells you how hungry they would have been.",
        probe=SAME,
    ),
    Mistake("mask-fill-zero", filled_with_zero, **ZERO),
    Mistake(
        "mask-fill-zero-cleared",
        filled_with_zero_cleared,
        lambda got, _: (
            f"{HERE}your weights at forbidden keys are 0, and the others sum to "
            f"{_sums(got)}."
        ),
        "With which score did the forbidden keys take part in the softmax?",
        "A score of 0 is an ordinary one, so forbidden keys got shares, which were "
        "deleted afterwards. Both of your steps are there to forbid; neither does.",
        "Blank ballots counted as votes for nobody lower everyone's percentage. What "
        "should the total be made of?",
        probe=SAME,
    ),
    Mistake("mask-bool-added", block_added, **ADDED),
    Mistake(
        "mask-bool-added-cleared",
        block_added_cleared,
        lambda got, _: (
            f"{HERE}your weights at forbidden keys are 0, and the others sum to "
            f"{_sums(got)}."
        ),
        "What number is True, when it is added to a score? And who took part in the "
        "softmax?",
        "Adding 1 forbids nothing, so forbidden keys got shares, which were deleted "
        "afterwards. Both of your steps are there to forbid; neither does.",
        "A ticket inspector who turns people out at the end of the ride: the others "
        "have been standing all the way.",
        probe=SAME,
    ),
    Mistake("mask-polarity-inverted-late", inverted_late, **POLARITY),
    Mistake("mask-polarity-inverted-fill-zero", inverted_zero, **POLARITY),
    Mistake("mask-polarity-inverted-renormalised", inverted_renormalised, **POLARITY),
    Mistake("softmax-query-axis-late-mask", queries_compete_late, **QUERIES),
    Mistake("softmax-query-axis-fill-zero", queries_compete_zero, **QUERIES),
    Mistake("softmax-query-axis-inverted", queries_compete_inverted, **QUERIES),
    Mistake(
        "softmax-query-axis-inverted-constant",
        queries_compete_inverted_constant,
        **QUERIES,
    ),
    Mistake("softmax-query-axis-unmasked", queries_compete_unmasked, **QUERIES),
    Mistake("softmax-over-heads", heads_compete, **HEADS),
    Mistake("softmax-over-heads-large-constant", heads_compete_constant, **HEADS),
    Mistake("softmax-no-max-subtract", overflows, **OVERFLOWS),
    Mistake("softmax-no-max-subtract-epsilon", overflows_with_epsilon, **OVERFLOWS),
    Mistake(
        "epsilon-fp16",
        epsilon_vanishes,
        lambda got, _: (
            "In float32 all is well. With float16 scores, "
            f"{int(got['sums of rows'].isnan().sum())} of your 30 rows hold NaN."
        ),
        "Your small number keeps you from dividing by 0. What is 10⁻⁹ in float16?",
        "The smallest float16 above 0 is about 6 · 10⁻⁸. A number chosen for one type "
        "may not exist in another. Is there a way to ask for the empty row itself?",
        "A grain of salt keeps a balance from tipping, until it is put on scales for "
        "lorries.",
        probe="half precision",
    ),
    Mistake("mask-bool-added-keep", keep_added, **ADDED),
    Mistake("mask-result-discarded", discarded, **DISCARDED),
    Mistake("mask-result-discarded-cleared", discarded_cleared, **DISCARDED),
    Mistake("mask-polarity-inverted", inverted, **POLARITY),
    Mistake("mask-polarity-inverted-finite-fill", inverted_finite, **POLARITY),
    Mistake("mask-polarity-inverted-no-nan", inverted_no_nan, **POLARITY),
    Mistake("mask-polarity-inverted-large-constant", inverted_constant, **POLARITY),
    Mistake("nothing-allowed-nan", empty_is_nan, **NAN),
    Mistake(
        "nothing-allowed-nan-both-ways",
        additive,
        _nan_rows,
        "What is your sum, or your quotient, in a row where nothing is left?",
        "Two ways lead here: −∞ − (−∞) inside the softmax, or sharing out again by a "
        "total that is 0. A row without a key has to be dealt with first.",
        "The party is over and 0 slices are divided among 0 guests. What should the "
        "protocol say instead of 0 / 0?",
        probe="nothing allowed",
    ),
    Mistake("nothing-allowed-uniform", empty_is_uniform, **UNIFORM),
    Mistake("nothing-allowed-uniform-large-constant", empty_is_uniform_half, **UNIFORM),
    Mistake(
        "mask-constant-fp16",
        too_large_for_half,
        lambda got, _: (
            "In float32 all is well. With float16 scores your function stops: "
            f"“{got}”. The largest float16 is 65504."
        ),
        "What is the most negative number that float16 can hold?",
        "Your constant was chosen for one type. Where could a function look up the "
        "limits of the type that it has been given?",
        "A fine of a million fits on a bank transfer and not on a form with five "
        "boxes. Which number is “as much as the form can hold”?",
        probe="half precision",
    ),
    Mistake("mask-constant-too-small", small_constant, **SMALL),
    Mistake("mask-constant-too-small-cleared", small_constant_cleared, **SMALL),
    Mistake("softmax-query-axis", queries_compete, **QUERIES),
    Mistake("softmax-query-axis-finite-fill", queries_compete_finite, **QUERIES),
    Mistake("softmax-query-axis-large-constant", queries_compete_constant, **QUERIES),
    Mistake(
        "scores-clamped",
        clamped,
        lambda got, expected: (
            "With all scores near -200,000, the second sentence's last query, head 0, "
            f"has the weights {short(got['weights'][1, 0, 3])} from you, where "
            f"{short(expected['weights'][1, 0, 3])} is right."
        ),
        "What is left of the differences between two scores, once both have been cut "
        "to the same limit?",
        "Large scores do no harm to a softmax that takes off each row's largest first. "
        "What did you want to protect from them?",
        "Two peaks above 8,000 m, on a map that knows heights up to 5,000 m: which one "
        "is higher?",
        probe="low scores",
    ),
    Mistake("softmax-query-axis-nan", queries_compete_nan, **QUERIES),
    Mistake("zero-times-infinity", zero_times_infinity, **INFINITY),
    Mistake("zero-times-infinity-hidden", zero_times_infinity_hidden, **INFINITY),
    Mistake(
        "nan-hidden-in-the-gradient",
        nan_in_gradient,
        lambda got, _: (
            f"Your weights are right, and {int(got.isnan().sum())} of "
            f"{got.numel()} numbers in the gradient of the scores are NaN."
        ),
        "Your NaN is replaced on the way forward. Who replaces it on the way back?",
        "A derivative is made from the numbers of the way forward, and in the empty "
        "row these were NaN (0 / 0, or −∞ − (−∞)) before you replaced them. Which step "
        "could keep that row finite from the start?",
        "Painting over a crack makes the wall look whole. Water coming from behind "
        "finds it all the same.",
        probe="gradient",
    ),
)
