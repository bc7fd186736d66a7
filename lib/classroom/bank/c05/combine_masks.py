"""Chapter 5, faded: several masks become one."""

from functools import reduce

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
A decoder has more than one reason to forbid: padding, the future, sometimes a third.
Combine any number of masks (True = may be attended) into one that allows a pair of
query and key only where no mask objects. Fill in the two gaps.

- `masks`: boolean tensors that broadcast with one another, such as (B, 1, 1, S) and
  (T, S); None stands for “no objection”
- returns one boolean mask, broadcast; None where nothing but None is given; the masks
  themselves stay as they are
"""

STUB = """
def combine(*masks):
    given = ...  # which of the masks have something to say?
    allowed = ...  # join them, one after the other; what if there is none?
    raise NotImplementedError
"""


def combine(*masks):
    given = [mask for mask in masks if mask is not None]
    allowed = given[0] if given else None
    for mask in given[1:]:
        allowed = allowed & mask
    return allowed


def by_reduce(*masks):
    given = [mask for mask in masks if mask is not None]
    return reduce(torch.logical_and, given) if given else None


def by_product(*masks):
    allowed = None
    for mask in masks:
        if mask is not None:
            allowed = mask if allowed is None else allowed * mask
    return allowed


def by_prohibitions(*masks):
    blocked = [~mask for mask in masks if mask is not None]
    return ~reduce(torch.logical_or, blocked) if blocked else None


def _given(masks):
    return [mask for mask in masks if mask is not None]


def _join(masks, join):
    return reduce(join, _given(masks)) if _given(masks) else None


def either(*masks):
    return _join(masks, torch.logical_or)


def last_only(*masks):
    return _join(masks, lambda one, other: other)


def first_only(*masks):
    return _join(masks, lambda one, other: one)


def inverted(*masks):
    allowed = combine(*masks)
    return None if allowed is None else ~allowed


def added_up(*masks):
    return sum(mask.long() for mask in _given(masks)) if _given(masks) else None


def stacked_biases(*masks):
    smallest = torch.finfo(torch.float32).min
    return _join(
        [torch.zeros(m.shape).masked_fill(~m, smallest) for m in _given(masks)],
        torch.add,
    )


def with_none(*masks):
    return reduce(torch.Tensor.__and__, masks) if masks else None


def stacked(*masks):
    given = _given(masks)
    return torch.stack(given).all(0) if given else None


def none_is_an_error(*masks):
    given = _given(masks)
    allowed = given[0]
    for mask in given[1:]:
        allowed = allowed & mask
    return allowed


def loop_over_all(*masks):
    allowed = masks[0]
    for mask in masks[1:]:
        allowed = allowed & mask
    return allowed


def one_but_not_both(*masks):
    return _join(masks, torch.logical_xor)


def true_for_nothing(*masks):
    return combine(*masks) if _given(masks) else True


def closed_ones_dropped(*masks):
    return combine(*[mask for mask in _given(masks) if mask.any()])


def open_ones_dropped(*masks):
    return combine(*[mask for mask in _given(masks) if not mask.all()])


def in_place(*masks):
    given = _given(masks)
    allowed = given[0] if given else None
    for mask in given[1:]:
        allowed &= mask
    return allowed


def _padding(right=True):
    """(3, 1, 1, 5): 5, 3 and 4 real tokens."""
    lengths = torch.tensor([5, 3, 4])[:, None]
    real = torch.arange(5) < lengths
    return (real if right else real.flip(1))[:, None, None, :]


def _causal():
    return torch.ones(4, 5, dtype=torch.bool).tril(1)


def one():
    return (_causal(),)


def right():
    return _padding(), _causal()


def left():
    return _causal(), None, _padding(right=False)


def three():
    """The third mask closes one key to one of two heads."""
    head = torch.ones(1, 2, 1, 5, dtype=torch.bool)
    head[0, 1, 0, 0] = False
    return _padding(), head, None, _causal()


def closed():
    return torch.zeros(3, 1, 1, 5, dtype=torch.bool), _causal()


def everything_open():
    return (torch.ones(4, 5, dtype=torch.bool),)


def pairs(function, *masks):
    """Which keys the queries of each sentence and head may look at."""
    joined = function(*masks)
    if not (isinstance(joined, torch.Tensor) and joined.dtype == torch.bool):
        return joined
    try:
        joined = joined.broadcast_to(3, 2, 4, 5)
    except RuntimeError:
        return joined
    return {
        f"sentence {b}, head {h}, query {t}": f"may look at keys {_keys(row)}"
        for b, heads in enumerate(joined)
        for h, rows in enumerate(heads)
        for t, row in enumerate(rows)
    }


def _keys(row):
    return row.nonzero().flatten().tolist()


def nothing_given(function):
    return {"no mask": str(function()), "only None": str(function(None, None))}


def _row(b, t):
    def says(got, _):
        key = f"sentence {b}, head 0, query {t}"
        seen = got[key] if isinstance(got, dict) else short(got[b, 0, t])
        real = (5, 3, 4)[b]
        return (
            f"Sentence {b} has {real} real keys, 0 to {real - 1}; its query {t} stands "
            f"at position {t + 1}. With both masks joined by you it {seen}."
        )

    return says


EXERCISE = Exercise(
    id="combine-masks",
    chapter=5,
    kind="faded",
    title="Two reasons to say no",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="combine",
    stub=STUB,
    reference=combine,
    accepts=(by_reduce, by_product, by_prohibitions),
    proves="A pair is open only where every mask leaves it open; shapes broadcast, "
    "None objects to nothing, and no mask is changed on the way.",
    probes=(
        Probe("one mask", one, says="A mask that is alone stays what it is"),
        Probe(
            "right padding",
            right,
            pairs,
            says="A query looks at no padding and at nothing ahead",
        ),
        Probe(
            "left padding",
            left,
            pairs,
            says="The same holds with padding on the left, the masks in another order, "
            "and None between them",
        ),
        Probe(
            "three masks",
            three,
            pairs,
            says="A third mask, for one head only, is taken in as well",
        ),
        Probe(
            "closed mask",
            closed,
            pairs,
            says="Where one mask forbids everything, nothing is left to look at",
        ),
        Probe(
            "open mask",
            everything_open,
            says="A mask that allows everything is returned, not None",
        ),
        Probe(
            "nothing given",
            tuple,
            nothing_given,
            says="With no mask at all, or with None only, the answer is None",
        ),
    ),
    mistakes=(
        Mistake(
            "pad-mask-replaces-causal",
            last_only,
            lambda got, _: (
                f"{_row(1, 3)(got, _)} The first mask has left no trace in your result."
            ),
            "Which of your masks is still there at the end?",
            "Each turn of the loop, or each line, seems to start afresh. What should "
            "it start from?",
            "Whoever hangs a new notice over the old one has one notice, not two.",
            probe="right padding",
        ),
        Mistake(
            "causal-never-joined",
            first_only,
            lambda got, _: (
                f"{_row(1, 0)(got, _)} Only the first mask is in your result."
            ),
            "Where do the masks after the first one enter your result?",
            "A result that is computed in a loop and not kept is lost. Follow the name "
            "that you return.",
            "“Let me also ask the others”, said the chairman, and announced what the "
            "first had said.",
            probe="right padding",
        ),
        Mistake(
            "pad-or-causal",
            either,
            _row(1, 0),
            "Two reasons to forbid: do you join the permissions, or the prohibitions?",
            "Say it with the word *may*: a query may look if padding has no objection "
            "… and / or … the future has none. Which of the two words?",
            "A door with two locks, and a house with two doors: for which one is it "
            "enough to have one key?",
            probe="right padding",
        ),
        Mistake(
            "mask-polarity-inverted",
            inverted,
            _row(1, 0),
            "Say in words what True means in your result, and what it meant in the "
            "masks.",
            "A list of prohibitions is as good as a list of permissions, as long as "
            "nobody takes one for the other.",
            "In a photographic negative everything is there. What would a visitor say "
            "who asked for the portrait?",
            probe="right padding",
        ),
        Mistake(
            "masks-added-up",
            added_up,
            lambda got, _: (
                "Where both masks say yes, you return "
                f"{short(got.max())}, and where one does, 1."
            ),
            "Is 1 a yes or a no in your result?",
            "A sum counts votes. The task wants unanimity, as True or False.",
            "“Two in favour, one against” is a count. What does a rule of unanimity "
            "make of it?",
            probe="right padding",
        ),
        Mistake(
            "additive-masks-stacked",
            stacked_biases,
            lambda got, _: (
                f"At pairs that both masks forbid your result is {short(got.min())}, "
                "and at those that one forbids "
                f"{short(got[got.isfinite()].min())}."
            ),
            "What is minus-huge plus minus-huge?",
            "The smallest number of a type has no room below it, so two of them make "
            "−∞, and a row of that is NaN after the softmax. Booleans can be joined "
            "any number of times.",
            "Two fines of 9,999 on a meter with four digits. Would you rather add the "
            "fines, or first find out *whether* there is one?",
            probe="right padding",
        ),
        Mistake(
            "none-not-skipped",
            with_none,
            "With (causal, None, padding) your function joins a mask with None, and "
            "stops.",
            "What does None mean in this list of masks?",
            "“No objection” has to be recognised before masks are joined. Which of the "
            "two gaps is for that?",
            "A ballot box with blank papers: when are they sorted out?",
            probe="left padding",
        ),
        Mistake(
            "none-not-skipped-in-a-loop",
            loop_over_all,
            "With (causal, None, padding) your function joins a mask with None, and "
            "stops.",
            "What does None mean in this list of masks?",
            "“No objection” has to be recognised before masks are joined. Which of the "
            "two gaps is for that?",
            "A ballot box with blank papers: when are they sorted out?",
            probe="left padding",
        ),
        Mistake(
            "one-but-not-both",
            one_but_not_both,
            _row(1, 0),
            "Two masks say yes to a pair. What does your operator make of two yeses?",
            "Yours asks whether the masks differ. What should it ask?",
            "A lamp with two switches goes out when both are pressed. Is that how two "
            "permissions work?",
            probe="right padding",
        ),
        Mistake(
            "closed-masks-dropped",
            closed_ones_dropped,
            lambda got, _: (
                "The first mask forbids everything, and with your joint mask sentence "
                f"0's query 3 {got['sentence 0, head 0, query 3']}."
            ),
            "Which masks have nothing to say: those that are None, or others as well?",
            "A mask without a single True objects to everything. It is the last one "
            "that should be passed over.",
            "A jury member who votes no every time is a nuisance. Is the vote blank?",
            probe="closed mask",
        ),
        Mistake(
            "open-masks-dropped",
            open_ones_dropped,
            "The only mask allows every pair, and your function returns None.",
            "Was no mask given, or one that objects to nothing?",
            "The task keeps None for the case that nothing but None was given. Whoever "
            "calls you with a tensor expects a tensor.",
            "An empty shopping list and no shopping list: what do you hand over, when "
            "asked for the list?",
            probe="open mask",
        ),
        Mistake(
            "true-for-no-masks",
            true_for_nothing,
            "Without any mask your function returns True.",
            "What does the task ask for, where nothing but None is given?",
            "True is no tensor and no None: whoever asks `mask is None` takes it for a "
            "mask.",
            "“Any wishes?” can be answered by a list, or by “no list”. What would the "
            "cook do with “yes”?",
            probe="nothing given",
        ),
        Mistake(
            "masks-stacked-in-one-tensor",
            stacked,
            "The masks (3, 1, 1, 5) and (4, 5) do not fit into one stack.",
            "Must masks have equal shapes to be joined?",
            "A stack needs equal shapes; an operation between two tensors lines their "
            "axes up from the right and stretches axes of 1.",
            "A row of prices and a table of amounts cannot be filed in one drawer, and "
            "can be multiplied. What happens to the row?",
            probe="right padding",
        ),
        Mistake(
            "masks-joined-in-place",
            in_place,
            "Your result is written *into* the first mask: (3, 1, 1, 5) has no room "
            "for (3, 1, 4, 5), and where it has, the caller's own mask is changed.",
            "Where does the joint mask live, once you have it?",
            "Some operators make a new tensor, others write into the one on their "
            "left. Which kind does yours belong to?",
            "To add up two bills, do you write the sum over the first one?",
            probe="right padding",
        ),
        Mistake(
            "no-mask-is-an-error",
            none_is_an_error,
            "Without any mask your function stops.",
            "What is the first mask of an empty list?",
            "A model without padding and without a causal mask calls you with None "
            "only. What should it hear?",
            "The chairman asks the first of the objectors. And if there are none?",
            probe="nothing given",
        ),
    ),
)
