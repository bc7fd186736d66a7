"""Wrong labels of an answer, for the exercise answer-labels."""

import torch

from ...exercises.model import Mistake


def graded(mask, ignore=-100):
    """Labels where `mask` (places, begin, stop, ids, T) is true; `ignore` elsewhere.

    `begin` is the delimiter's place and `stop` that of the first end, both (B, 1).
    """

    def wrong(ids, delimiter, end):
        places = torch.arange(ids.shape[1]).expand_as(ids)
        begin = (ids == delimiter).int().argmax(1, keepdim=True)
        stop = (ids == end).int().argmax(1, keepdim=True)
        return torch.where(mask(places, begin, stop, ids, end), ids, ignore)

    return wrong


def right(places, begin, stop, ids, end):
    return (places > begin) & (places <= stop)


def shifted(ids, delimiter, end):
    labels = graded(right)(ids, delimiter, end)
    return torch.cat([labels[:, 1:], torch.full_like(labels[:, :1], -100)], 1)


def aliased(ids, delimiter, end):
    ids[graded(right)(ids, delimiter, end) == -100] = -100
    return ids


def as_mask(ids, delimiter, end):
    return graded(right)(ids, delimiter, end) != -100


def _row(row):
    names = {-100: "–", 7: "start", 8: "delimiter", 9: "end"}
    return " ".join(names.get(id, str(id)) for id in row.tolist())


def _first(got, expected):
    return f"For the row start 3 0 delimiter 5 1 end your labels are: {_row(got[0])}."


def _padded(got, expected):
    return (
        "For the row start 3 delimiter 5 end end end your labels are: "
        f"{_row(got[0])} (– for −100)."
    )


def _second(got, expected):
    return (
        "For the row start 2 6 1 delimiter 4 end your labels are: "
        f"{_row(got[1])} (– for −100)."
    )


def _empty(got, expected):
    return (
        "For the row start 3 4 delimiter end end, an empty answer, your labels are: "
        f"{_row(got[0])} (– for −100)."
    )


MISTAKES = (
    Mistake(
        "eos-equals-pad-masked",
        graded(lambda t, begin, stop, ids, end: (t > begin) & (ids != end)),
        _padded,
        "Was the model ever rewarded for stopping?",
        "Padding and end look alike here, and you ignore both. Which one of them does "
        "the answer need?",
        "A speaker who is never shown the clock goes on talking.",
        "padded",
    ),
    Mistake(
        "padding-graded",
        graded(lambda t, begin, stop, ids, end: t > begin),
        _padded,
        "How often can an answer end?",
        "Padding and end look alike here, and you grade both. What makes the first "
        "one special?",
        "A letter whose greeting is repeated down to the bottom of the page.",
        "padded",
    ),
    Mistake(
        "prompt-graded",
        graded(lambda t, begin, stop, ids, end: t <= stop),
        _first,
        "Point at the first graded token. Whose is it?",
        "Where the text is long and the answer short, what is the model trained for "
        "most of the time?",
        "A pupil is marked on how well he copies the question.",
        "no padding",
    ),
    Mistake(
        "everything-graded",
        graded(lambda t, begin, stop, ids, end: t >= 0),
        _first,
        "Which of these tokens is the model to write, at the end?",
        "Two things do not belong: something before the answer, and something after "
        "it. Which?",
        "An exam in which the paper, the question and the margin get marks as well.",
        "no padding",
    ),
    Mistake(
        "prompt-instead-of-answer",
        graded(lambda t, begin, stop, ids, end: t <= begin),
        _first,
        "Point at the first graded token. Whose is it?",
        "Print your mask beside the row. Is it true where the answer is?",
        "The answer sheet is locked away, and the questions are marked.",
        "no padding",
    ),
    Mistake(
        "sft-delimiter-graded",
        graded(lambda t, begin, stop, ids, end: (t >= begin) & (t <= stop)),
        _first,
        "Point at the first graded token. Does the model have to write it?",
        "The delimiter is given when an answer is asked for. Where does what the "
        "model writes begin?",
        "A runner is timed from the moment when she ties her shoes.",
        "no padding",
    ),
    Mistake(
        "sft-first-token-lost",
        graded(lambda t, begin, stop, ids, end: (t > begin + 1) & (t <= stop)),
        _first,
        "Point at the first graded token. What stands before it?",
        "Labels stand in their token's own place: which place has the answer's first "
        "token, counted from the delimiter?",
        "A fencing match in which the first hit does not count.",
        "no padding",
    ),
    Mistake(
        "last-answer-token-lost",
        graded(
            lambda t, begin, stop, ids, end: (t > begin) & (t <= stop) & (t != stop - 1)
        ),
        _first,
        "Which token of the answer is missing?",
        "The end is graded, and all of the answer. What stands right before the end?",
        "A novel without its last page, but with the word “End”.",
        "no padding",
    ),
    Mistake(
        "end-alone",
        graded(lambda t, begin, stop, ids, end: t == stop),
        _first,
        "What does the model learn besides when to stop?",
        "Which tokens stand between delimiter and end?",
        "A student is marked on handing in, and not on what is on the sheet.",
        "no padding",
    ),
    Mistake(
        "labels-shifted-too",
        shifted,
        _first,
        "In which column stands the answer's first token, and in which one its label?",
        "Somebody shifts: you, or the loss? Read the task once more.",
        "Two people each put the clock forward an hour in spring.",
        "no padding",
    ),
    Mistake(
        "labels-aliased",
        aliased,
        "Your labels are right, and afterwards −100 stands in `ids` as well.",
        "Two names, one tensor?",
        "The model reads `ids` next. What does it look up for −100?",
        "Correcting the copy, with carbon paper underneath.",
        "no padding",
    ),
    Mistake(
        "mask-returned",
        as_mask,
        lambda got, _: f"You return {str(got.dtype)[6:]} values, true or false.",
        "What does the loss compare the logits with?",
        "Your mask says where something is asked. What says what is right there?",
        "A crossword's grid is handed in, without letters.",
        "no padding",
    ),
    Mistake(
        "ignored-as-zero",
        graded(right, ignore=0),
        lambda got, _: (
            f"The first row of your labels is {got[0].tolist()}. To the loss, 0 is the "
            "id of a word."
        ),
        "Which number tells the loss to look away?",
        "With your labels, what is the model to write after start?",
        "“Nothing to declare” is not the same form as “a value of 0”.",
        "no padding",
    ),
    Mistake(
        "ignored-as-minus-one",
        graded(right, ignore=-1),
        lambda got, _: f"The first row of your labels is {got[0].tolist()}.",
        "Which number tells the loss to look away, and who told it?",
        "What does a loss that skips −100 do with a label that is no class at all?",
        "Two people agree on a sign, and each has another one in mind.",
        "no padding",
    ),
    Mistake(
        "delimiter-of-the-first-row",
        graded(lambda t, begin, stop, ids, end: (t > begin[:1]) & (t <= stop)),
        _second,
        "Does every row have its delimiter in the same column?",
        "You work out one place. How many rows are there, and how many places?",
        "All of a class begins to write when the first pupil has read the question.",
        "padded",
    ),
    Mistake(
        "end-of-the-first-row",
        graded(lambda t, begin, stop, ids, end: (t > begin) & (t <= stop[:1])),
        _second,
        "Does every answer end in the same column?",
        "You work out one place. How many rows are there, and how many places?",
        "All of a class is dismissed when the first pupil has finished.",
        "padded",
    ),
    Mistake(
        "last-column-for-the-end",
        graded(
            lambda t, begin, stop, ids, end: (
                (t > begin) & ((ids != end) | (t == ids.shape[1] - 1))
            )
        ),
        _padded,
        "Which of the ends stands right behind the answer?",
        "Between the answer and the end that you grade there is padding. Will there "
        "be padding when the model writes?",
        "The last page of a notebook is blank, however good the story before it.",
        "padded",
    ),
    Mistake(
        "end-needs-an-answer",
        graded(
            lambda t, begin, stop, ids, end: (
                (t > begin) & (t <= stop) & (stop > begin + 1)
            )
        ),
        _empty,
        "What is to be written if there is nothing to say?",
        "An empty answer has an end, too. What does the model learn from your row?",
        "A guard who reports only when something has happened: is he still there?",
        "empty answer",
    ),
)
