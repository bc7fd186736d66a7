"""Chapter 5, write: a mask that hides padding from every query."""

import torch

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
From token ids make the mask that keeps all queries away from padding. It will be laid
on scores (B, h, T, S): B sentences, h heads, T queries, S keys, where the ids are those
of the keys. T need not equal S.

- `ids` (B, S), integers, padded on the right or on the left; `pad_id`, the id that
  fills up, whichever it is
- returns a boolean tensor (B, 1, 1, S), True = may be attended
"""

STUB = """
def padding_mask(ids, pad_id):
    raise NotImplementedError
"""


def padding_mask(ids, pad_id):
    return (ids != pad_id)[:, None, None, :]


def by_unsqueeze(ids, pad_id):
    return ids.ne(pad_id).unsqueeze(1).unsqueeze(2)


def not_blocked(ids, pad_id):
    blocked = ids.eq(pad_id).view(len(ids), 1, 1, -1)
    return blocked.logical_not()


def on_queries(ids, pad_id):
    return (ids != pad_id)[:, None, :, None]


def flat(ids, pad_id):
    return ids != pad_id


def headless(ids, pad_id):
    return (ids != pad_id)[:, None, :]


def both_axes(ids, pad_id):
    keep = ids != pad_id
    return keep[:, None, :, None] & keep[:, None, None, :]


def inverted(ids, pad_id):
    return (ids == pad_id)[:, None, None, :]


def zero_is_padding(ids, pad_id):
    return (ids != 0)[:, None, None, :]


def smallest_is_padding(ids, pad_id):
    return (ids > pad_id)[:, None, None, :]


def right_padded(ids, pad_id):
    length = (ids != pad_id).sum(1, keepdim=True)
    return (torch.arange(ids.shape[1]) < length)[:, None, None, :]


def first_row_for_all(ids, pad_id):
    return (ids[:1] != pad_id).expand(ids.shape)[:, None, None, :]


def additive(ids, pad_id):
    mask = torch.zeros(ids.shape).masked_fill(ids == pad_id, -torch.inf)
    return mask[:, None, None, :]


def additive_finite(ids, pad_id):
    return torch.zeros(ids.shape).masked_fill(ids == pad_id, -1e9)[:, None, None, :]


def ones_and_zeros(ids, pad_id):
    return (ids != pad_id).float()[:, None, None, :]


def whole_numbers(ids, pad_id):
    return (ids != pad_id).long()[:, None, None, :]


def from_the_first_on(ids, pad_id):
    return ((ids == pad_id).cumsum(1) == 0)[:, None, None, :]


def right():
    """Three sentences with 5, 3 and 4 real tokens; padding is 0."""
    rows = [[11, 12, 13, 14, 15], [21, 22, 23, 0, 0], [31, 32, 33, 34, 0]]
    return torch.tensor(rows), 0


def left():
    """The padding comes first, and its id is not 0; id 0 is a word."""
    rows = [[9, 9, 41, 0, 43, 44], [9, 51, 52, 53, 0, 55]]
    return torch.tensor(rows), 9


def of_largest_id():
    """Padding has the largest id of all."""
    return torch.tensor([[3, 0, 7, 5], [0, 6, 99, 99], [4, 99, 99, 99]]), 99


def words_seen(function, ids, pad_id):
    """Which ids the queries of each sentence may look at."""
    mask = function(ids, pad_id)
    if not (isinstance(mask, torch.Tensor) and mask.dtype == torch.bool):
        return mask
    if tuple(mask.shape) != (len(ids), 1, 1, ids.shape[1]):
        return mask
    return {
        f"sentence {b}": f"may look at {row[keep].tolist()}"
        for b, (row, keep) in enumerate(zip(ids, mask[:, 0, 0], strict=True))
    }


def shares(function, ids, pad_id):
    """The weights of 4 queries and 2 heads that would love to look at padding."""
    mask = function(ids, pad_id)
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(len(ids), 2, 4, ids.shape[1], generator=generator)
    scores = scores + 5.0 * (ids == pad_id)[:, None, None, :]
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    return weights.sum((1, 2))  # (B, S)


def _shape(got):
    return tuple(got.shape) if isinstance(got, torch.Tensor) else "?"


def _says(got, _):
    return (
        f"In the second sentence, 21 22 23 and two of padding, your mask {_row(got)}."
    )


def _row(got):
    return got["sentence 1"].replace("may look", "lets the queries look")


NUMBERS = {
    "symptom": lambda got, _: (
        f"Your mask holds numbers ({str(got.dtype).removeprefix('torch.')}): the "
        f"second sentence's are {got[1, 0, 0].tolist()}."
    ),
    "question": "Is your result a list of permissions, or something to calculate with?",
    "pointer": "In this book a mask says yes or no, and how the scores are changed is "
    "the business of whoever uses it. Which type has only two values?",
    "neighbour": "A guest list with ticks can be joined with another guest list. What "
    "is a tick, plus or times another tick?",
}

EXERCISE = Exercise(
    id="padding-mask",
    chapter=5,
    kind="write",
    title="Hide the padding",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="padding_mask",
    stub=STUB,
    reference=padding_mask,
    accepts=(by_unsqueeze, not_blocked),
    proves="Every query of every head is kept away from its own sentence's padding, on "
    "whichever side it stands and whatever its id, and from nothing else.",
    probes=(
        Probe(
            "right padding",
            right,
            words_seen,
            says="The queries may look at all words and at no padding",
        ),
        Probe(
            "left padding",
            left,
            words_seen,
            says="Padding on the left is hidden too, and id 0 is a word where `pad_id` "
            "is another one",
        ),
        Probe(
            "largest id",
            of_largest_id,
            words_seen,
            says="Only the id that is passed in counts as padding",
        ),
        Probe(
            "in attention",
            right,
            shares,
            says="In attention with 2 heads and 4 queries, padding gets no weight",
        ),
    ),
    mistakes=(
        Mistake(
            "pad-mask-on-query-axis",
            on_queries,
            lambda got, _: (
                f"Your mask has shape {_shape(got)}. Laid on scores (B, h, T, S), its "
                f"{_shape(got)[2]} entries meet the axis of length T: it forbids whole "
                "rows."
            ),
            "Which axis of the scores lists what is being looked *at*?",
            "A mask along the queries says who may not ask. Padding that asks does no "
            "harm, if nobody reads its answer; padding that is looked at does.",
            "In a table with a row for each guest and a column for each dish, one dish "
            "is off. Do you cross out a row or a column?",
        ),
        Mistake(
            "pad-mask-broadcast-luck",
            flat,
            lambda got, _: (
                f"Your mask has shape {_shape(got)}. Beside scores (3, 2, 4, 5) it is "
                "lined up from the right: its 3 sentences meet the 4 queries."
            ),
            "Write the two shapes below each other, flush right: which axis meets "
            "which?",
            "This one stops with an error, unless T happens to equal B. Then it runs, "
            "and sentence 2's padding is query 2's for everybody.",
            "Prices (5 shops) times amounts (3 people, 4 goods, 5 shops) works; prices "
            "(3 people, 5 shops) does not. What does it lack between its two axes?",
        ),
        Mistake(
            "pad-mask-no-head-axis",
            headless,
            lambda got, _: (
                f"Your mask has shape {_shape(got)}, three axes. Beside scores "
                "(3, 2, 4, 5), its 3 sentences meet the 2 heads."
            ),
            "How many axes do the scores have, and to which does your first one "
            "belong?",
            "Without heads this shape would do. Shapes are lined up from the right, so "
            "an axis that is left out must not be one in the middle.",
            "A timetable (week, day, hour) and a rule per week: as (week, 1) it lands "
            "on the days. How many axes of 1 does the rule need?",
        ),
        Mistake(
            "pad-query-and-key-nan",
            both_axes,
            lambda got, _: (
                f"Your mask has shape {_shape(got)}. In the second sentence "
                f"{int((~got[1, 0].any(-1)).sum())} queries may look at nothing at all."
            ),
            "What is the softmax of “nothing allowed”?",
            "You hide padding as a key and silence it as a query. The second makes "
            "empty rows, and −∞ − (−∞) is NaN; besides, it fixes T to be S.",
            "A vote in a room without candidates: 0 of 0 votes. Which share is that? "
            "It is easier to hold the vote and not to read the result.",
        ),
        Mistake(
            "mask-polarity-inverted",
            inverted,
            _says,
            "Say in words what True means in the mask that is asked for. And in yours?",
            "Both conventions are in use, even within PyTorch. This book's is *may be "
            "attended*.",
            "A door plan with green for open and one with green for alarmed look "
            "alike. What does the visitor do at a green door?",
        ),
        Mistake(
            "mask-wrong-pad-id",
            zero_is_padding,
            lambda got, _: (
                "With pad_id = 9, and 0 an ordinary word, your first sentence "
                f"9 9 41 0 43 44 {got['sentence 0']}."
            ),
            "Is 0 padding in every vocabulary?",
            "One of your arguments is never read. Source and target vocabularies may "
            "well give padding different ids.",
            "“Room 0 is the broom cupboard” holds in one hotel. What would you ask at "
            "the next one?",
            probe="left padding",
        ),
        Mistake(
            "mask-smallest-id-is-padding",
            smallest_is_padding,
            lambda got, _: (
                "With pad_id = 99, the largest id, your first sentence 3 0 7 5 "
                f"{got['sentence 0']}."
            ),
            "Are ids quantities, or names?",
            "You compare by order. Whether a word's id lies above or below that of "
            "padding means nothing.",
            "House numbers above 12 are not more of a house. Which comparison suits "
            "names?",
            probe="largest id",
        ),
        Mistake(
            "mask-assumes-right-padding",
            right_padded,
            lambda got, _: (
                "With padding (9) on the left, your first sentence 9 9 41 0 43 44 "
                f"{got['sentence 0']}."
            ),
            "Does a sentence's length say where it stands?",
            "You count the words and then take that many places from the front. For "
            "generation, batches are padded at the front.",
            "Four people sit in a row of six seats. Which seats are taken: can you "
            "tell from the number four?",
            probe="left padding",
        ),
        Mistake(
            "mask-from-the-first-padding-on",
            from_the_first_on,
            lambda got, _: (
                "With padding (9) on the left, your first sentence 9 9 41 0 43 44 "
                f"{got['sentence 0']}."
            ),
            "What comes after the first padding, in a sentence padded on the left?",
            "Your mask closes at the first padding and never opens again. For "
            "generation, batches are padded at the front.",
            "A gate that shuts after the first person without a ticket keeps out all "
            "who stand behind him. What should it look at each time?",
            probe="left padding",
        ),
        Mistake(
            "mask-of-the-first-sentence",
            first_row_for_all,
            _says,
            "Whose padding is it that your mask of the second sentence hides?",
            "Sentences of a batch have different lengths, and each brings its own "
            "padding.",
            "One fitting for three customers: the suit sits well on the first.",
        ),
        Mistake("mask-additive", additive, **NUMBERS),
        Mistake("mask-additive-finite", additive_finite, **NUMBERS),
        Mistake("mask-of-ones-and-zeros", ones_and_zeros, **NUMBERS),
        Mistake("mask-of-whole-numbers", whole_numbers, **NUMBERS),
    ),
)
