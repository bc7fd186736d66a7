"""Wrong places to read, for the exercise pad-and-extract."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def at(place):
    """Read each row at `place(ids, pad_id)`, (B,)."""

    def wrong(hidden, ids, pad_id):
        return hidden[torch.arange(len(ids)), place(ids, pad_id)]

    return wrong


def _last(ids, pad_id):
    places = torch.arange(ids.shape[1]).expand_as(ids)
    return places.masked_fill(ids == pad_id, -1).max(1).values


def _first(ids, pad_id):
    return (ids != pad_id).int().argmax(1)


def last_column(hidden, ids, pad_id):
    return hidden[:, -1]


def first_column(hidden, ids, pad_id):
    return hidden[:, 0]


def masked_then_last(hidden, ids, pad_id):
    return (hidden * (ids != pad_id)[..., None])[:, -1]


def mean_of_all(hidden, ids, pad_id):
    return hidden.mean(1)


def mean_of_real(hidden, ids, pad_id):
    real = (ids != pad_id)[..., None]
    return (hidden * real).sum(1) / real.sum(1)


def all_rows_at_all_places(hidden, ids, pad_id):
    return hidden[:, _last(ids, pad_id)]


def one_number(hidden, ids, pad_id):
    return hidden.gather(1, _last(ids, pad_id)[:, None, None])[:, 0]


def keeps_the_axis(hidden, ids, pad_id):
    return hidden[torch.arange(len(ids)), _last(ids, pad_id)][:, None]


def row_numbers_missing(hidden, ids, pad_id):
    return hidden[0, _last(ids, pad_id)]


def one_place_for_all(ids, pad_id):
    return _last(ids, pad_id)[:1].expand(len(ids))


def side_of_the_first_row(ids, pad_id):
    left = bool(ids[0, 0] == pad_id)
    count = (ids != pad_id).sum(1) - 1
    return torch.full_like(count, ids.shape[1] - 1) if left else count


def _text(got, expected):
    return (
        "For the row start · 1 · 3 · extract · pad · pad the head reads "
        f"{short(got[1])}, and at extract stands {short(expected[1])}."
    )


def _left(got, expected):
    return (
        "For the row pad · pad · pad · start · 2 · extract the head reads "
        f"{short(got[1])}, and at extract stands {short(expected[1])}."
    )


def _mixed(got, expected):
    return (
        "Each side alone comes out right. In a batch of both, for the row start · 0 · "
        f"3 · extract · pad · pad, the head reads {short(got[1])}, and at extract "
        f"stands {short(expected[1])}."
    )


def _full(got, expected):
    return (
        "For the full row start · 1 · 1 · 6 · 0 · extract the head reads "
        f"{short(got[1])}, and at extract stands {short(expected[1])}."
    )


def _shape(got, expected):
    return (
        f"For 3 rows you return shape {tuple(got.shape)}, and "
        f"{tuple(expected.shape)} is right."
    )


MISTAKES = (
    Mistake(
        "cls-last-token-is-pad",
        last_column,
        _text,
        "Whose state did you hand to the classifier?",
        "Write the tokens of that row under their column numbers. Which token stands "
        "in the column that you read?",
        "The last page of a notebook is blank, however good the story before it.",
        "right",
    ),
    Mistake(
        "count-is-no-place-on-the-left",
        at(lambda ids, pad_id: (ids != pad_id).sum(1) - 1),
        _left,
        "How many real tokens are there, and in which column is the last of them?",
        "Number and place agree only if counting begins at column 0. Where does that "
        "row begin?",
        "Three guests sit at the far end of a table of six. Is the last of them in "
        "seat 3?",
        "left",
    ),
    Mistake(
        "cls-first-token-in-causal",
        first_column,
        _full,
        "What has position 0 read?",
        "That would be BERT's way: there each position sees the whole text. Who may "
        "look at whom under a causal mask?",
        "To ask the first visitor of the morning what happened during the day.",
        "full",
    ),
    Mistake(
        "start-not-extract",
        at(_first),
        _left,
        "Which end of the text has read all of it?",
        "You find the first real token, wherever the padding is. What has it seen "
        "under a causal mask?",
        "The opening speaker knows nothing of the debate.",
        "left",
    ),
    Mistake(
        "zero-is-padding",
        at(lambda ids, pad_id: (ids != 0).sum(1) - 1),
        _full,
        "Which id has padding here, and which one did you leave out?",
        "0 is a word like any other in this vocabulary. What is handed to you to tell "
        "padding by?",
        "A postman who takes house number 0 for “no letter”.",
        "full",
    ),
    Mistake(
        "one-too-early",
        at(lambda ids, pad_id: _last(ids, pad_id) - 1),
        _full,
        "Which token stands at the place that you read?",
        "Subtract with care: a number of tokens is one more than the last place, a "
        "place is a place already.",
        "The ground floor is floor 0. Three floors up from there, who lives on floor "
        "2?",
        "full",
    ),
    Mistake(
        "one-too-late",
        at(lambda ids, pad_id: (_last(ids, pad_id) + 1).clamp(max=ids.shape[1] - 1)),
        _text,
        "Which token stands at the place that you read?",
        "A row of 4 tokens begins in column 0. In which column does it end?",
        "A street of four houses, numbered from 0: who lives in number 4?",
        "right",
    ),
    Mistake(
        "one-too-late-and-stops",
        at(lambda ids, pad_id: _last(ids, pad_id) + 1),
        "On a full row of 6 tokens your place lies outside the row.",
        "How many columns are there, and what is the number of the last?",
        "Work out your place for a row without padding by hand.",
        "A street of six houses, numbered from 0: who lives in number 6?",
        "full",
    ),
    Mistake(
        "one-too-late-wraps",
        at(lambda ids, pad_id: (_last(ids, pad_id) + 1) % ids.shape[1]),
        _text,
        "Which token stands at the place that you read?",
        "A row of 4 tokens begins in column 0. In which column does it end? And what "
        "becomes of your place in a full row?",
        "A street of four houses, numbered from 0: who lives in number 4?",
        "right",
    ),
    Mistake(
        "padding-counted",
        at(lambda ids, pad_id: (ids == pad_id).sum(1) - 1),
        _text,
        "What did you count: tokens, or what fills the rest?",
        "Print your mask for that row. Is it true where the text is?",
        "Counting the empty seats to learn how many have come.",
        "right",
    ),
    Mistake(
        "mean-of-the-text",
        mean_of_real,
        _full,
        "Does the task ask for all states of a row, or for one?",
        "Most of the states that you average have not read the end of the text. Which "
        "one has?",
        "The opinion of a class on a book, when only one pupil has finished it.",
        "full",
    ),
    Mistake(
        "mean-of-the-columns",
        mean_of_all,
        _full,
        "Does the task ask for all states of a row, or for one?",
        "What do states at padding add to your average, and what those that have read "
        "half of the text?",
        "The average height in a room, with the empty chairs.",
        "full",
    ),
    Mistake(
        "masked-then-last-column",
        masked_then_last,
        lambda got, _: (
            "For the row start · 1 · 3 · extract · pad · pad the head reads "
            f"{short(got[1])}."
        ),
        "What is in the last column once you have wiped the padding?",
        "To make a place empty is not to look elsewhere. Where is the token that you "
        "want?",
        "The blank last page of the notebook, erased.",
        "right",
    ),
    Mistake(
        "all-rows-at-all-places",
        all_rows_at_all_places,
        _shape,
        "How many states did you take from each row?",
        "A slice for the first axis keeps all rows, and each of them is read at the "
        "places of all. What says “row 0 at its place, row 1 at its place”?",
        "Three people with a ticket each: everybody sits down on all three seats.",
        "full",
    ),
    Mistake(
        "all-from-the-first-row",
        row_numbers_missing,
        lambda got, expected: (
            f"The second row's feature is {short(got[1])}, and it stands in the first "
            "row of `hidden`."
        ),
        "Which row do you look into for the second text?",
        "The places are right. What else is needed to point at a state in (B, T, d)?",
        "The right page number, in somebody else's book.",
        "full",
    ),
    Mistake(
        "gather-takes-one-number",
        one_number,
        _shape,
        "How many numbers has a state, and how many did you get?",
        "`gather` returns the shape of its index. How long is the last axis of yours?",
        "A shopping list with one line brings home one thing.",
        "full",
    ),
    Mistake(
        "axis-kept",
        keeps_the_axis,
        _shape,
        "Which axis of yours has length 1, and does the head want it?",
        "(B, T, d) with one place of T taken is (B, 1, d). What is left of an axis "
        "once you have chosen on it?",
        "A parcel in a box in a box.",
        "full",
    ),
    Mistake(
        "place-of-the-first-row",
        at(one_place_for_all),
        _text,
        "Does every row end in the same column?",
        "You work out one place. How many rows are there, and how many places?",
        "All of a class is dismissed when the first pupil has finished.",
        "right",
    ),
    Mistake(
        "side-of-the-first-row",
        at(side_of_the_first_row),
        _mixed,
        "How do you know on which side the second row is padded?",
        "One row is asked, and all are treated alike. What in a row itself says where "
        "its last token is?",
        "Traffic keeps left in one country: look at the first car, and then cross in "
        "the next?",
        "mixed",
    ),
)
