"""Chapter 10, faded: what the decoder reads, what it should say, what counts."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Fill in the three lines of teacher forcing.

- `target` (B, T): ids; each row is begin-of-sentence, words, end-of-sentence, padding
- `pad_id`: the id of padding
- `read`: what the decoder is given, one position shorter than `target`
- `answers`: what it should say at each of these positions, of the same shape
- `counted`: boolean, the same shape: where the loss looks

Example: for [[1, 7, 8, 2, 0]] with pad_id 0, where 1 begins and 2 ends, the decoder
reads [[1, 7, 8, 2]], should say [[7, 8, 2, 0]], and three of these places count.
"""

STUB = """
def teacher_forcing(target, pad_id):
    read = ...
    answers = ...
    counted = ...
    if ... in (read, answers, counted):
        raise NotImplementedError
    return read, answers, counted
"""


def teacher_forcing(target, pad_id):
    read = target[:, :-1]
    answers = target[:, 1:]
    counted = answers != pad_id
    return read, answers, counted


def by_narrow(target, pad_id):
    read, answers = (target.narrow(1, start, target.shape[1] - 1) for start in (0, 1))
    return read, answers, ~answers.eq(pad_id)


def by_roll(target, pad_id):
    answers = target.roll(-1, dims=1)[:, :-1]
    return target[:, :-1], answers, answers.ne(pad_id).bool()


def rows(pad=0):
    """B=3, T=6; begin is 1 and end is 2, pad 0 or 9; an 8 is a word like others."""

    def make():
        made = [[1, 7, 8, 4, 5, 2], [1, 6, 2, pad, pad, pad], [1, 8, 8, 2, pad, pad]]
        return torch.tensor(made), pad

    return make


def slices(read, answers, count=None):
    def wrong(target, pad_id):
        a, b = target[:, read], target[:, answers]
        if a.shape != b.shape:
            width = min(a.shape[1], b.shape[1])
            a, b = a[:, :width], b[:, :width]
        return a, b, count(a, b, pad_id) if count else b != pad_id

    return wrong


_ALL, _FIRST, _LAST = slice(None), slice(None, -1), slice(1, None)


def _read(got, _):
    return f"For the row [1, 7, 8, 4, 5, 2] your decoder reads {short(got[0][0])}"


def _pair(got, _):
    return f"{_read(got, _)} and should say {short(got[1][0])}."


def _counted(got, expected):
    mine, right = (int(x[2].sum()) for x in (got, expected))
    return f"Your loss counts {mine} places of this batch, and {right} are right."


EXERCISE = Exercise(
    id="shift-targets",
    chapter=10,
    kind="faded",
    title="Read one thing, say the next",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="teacher_forcing",
    stub=STUB,
    reference=teacher_forcing,
    accepts=(by_narrow, by_roll),
    returns=("read", "answers", "counted"),
    proves="At every place the answer is the token after the one just read, the last "
    "answer of a sentence is its end, and padding is never asked for.",
    probes=(
        Probe("rows", rows(), says="Each answer is the next token of its row"),
        Probe("another pad", rows(9), says="Padding is what pad_id says"),
    ),
    mistakes=(
        Mistake(
            "lm-no-shift",
            slices(_FIRST, _FIRST),
            _pair,
            "Position t has read word t. Which word is left to guess?",
            "A model can get this loss to 0 by copying. What would it write, alone?",
            "A pupil who may look at the card repeats the card.",
        ),
        Mistake(
            "no-shift-of-the-words",
            slices(_LAST, _LAST),
            _pair,
            "Position t has read word t. Which word is left to guess?",
            "And what is the first thing that the decoder ever sees when it writes?",
            "A pupil who may look at the card repeats the card.",
        ),
        Mistake(
            "lm-shift-wrong-way",
            slices(_LAST, _FIRST),
            _pair,
            "Is the answer earlier or later than what was read?",
            "In your pair the decoder is asked for the word before. It has read that "
            "already.",
            "A rear mirror shows where one has been.",
        ),
        Mistake(
            "lm-double-shift",
            slices(slice(None, -2), slice(2, None)),
            _pair,
            "How many words lie between the last word read and the answer?",
            "Count the ones that you subtract, from both ends together.",
            "Every second stair: one arrives, but not at each floor.",
        ),
        Mistake(
            "words-without-the-end",
            slices(slice(None, -2), slice(1, -1)),
            _pair,
            "Is the model ever rewarded for stopping?",
            "The longest row ends in 2. Is 2 among its answers?",
            "A speaker who was never told that speeches end.",
        ),
        Mistake(
            "begin-never-read",
            slices(slice(1, -1), slice(2, None)),
            _pair,
            "What is the first thing the decoder ever sees when it writes?",
            "The first word has to be said by somebody who has read no word.",
            "A race that nobody may start.",
        ),
        Mistake(
            "loss-counts-pad",
            slices(_FIRST, _LAST, lambda a, b, pad: torch.ones_like(b).bool()),
            _counted,
            "Does a longer margin make the student better?",
            "The shorter rows end in padding. Is a pad a right answer to anything?",
            "Marking the empty lines of an examination as correct.",
        ),
        Mistake(
            "counts-what-was-read",
            slices(_FIRST, _LAST, lambda a, b, pad: a != pad),
            _counted,
            "Is it what was read that must not be padding, or the answer?",
            "After the end has been read, is there something to say?",
            "A quiz that goes on for one question after the last.",
        ),
        Mistake(
            "counts-only-before-the-end",
            slices(
                _FIRST,
                _LAST,
                lambda a, b, pad: (b != pad) & (b.roll(-1, 1) != pad) & (b != 2),
            ),
            _counted,
            "Is the model ever rewarded for stopping?",
            "The end is a token like others: something must be read, and then it must "
            "be said.",
            "A sentence without a full stop is not finished",
        ),
        Mistake(
            "counts-the-pads-only",
            slices(_FIRST, _LAST, lambda a, b, pad: b == pad),
            _counted,
            "Say in words what True means in `counted`.",
            "Some functions want the places to leave out. Which are asked for here?",
            "A guest list, and a list of those to be turned away.",
        ),
        Mistake(
            "zero-is-padding",
            slices(_FIRST, _LAST, lambda a, b, pad: b != 0),
            lambda got, expected: f"With pad_id 9: {_counted(got, expected)}",
            "Is 0 the padding in every vocabulary?",
            "Which of your arguments is never used?",
            "A key that fits one hotel's doors.",
            probe="another pad",
        ),
        Mistake(
            "largest-ids-counted",
            slices(_FIRST, _LAST, lambda a, b, pad: b > pad),
            lambda got, expected: f"With pad_id 9: {_counted(got, expected)}",
            "Which ids are words: those above the pad's, or all others?",
            "With pad_id 0 the two are the same. With another pad they are not.",
            "All house numbers above yours are not all your neighbours.",
            probe="another pad",
        ),
    ),
)
