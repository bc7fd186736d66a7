"""Chapter 15, break it: rows of tokens that expose a wrong reading place."""

import numpy as np

from ...exercises.model import Exercise, Mistake
from ..shared.breaks import ids_fault, survive

QUESTION = """
Below is the way from a padded batch to what a classifier's head is given. Words have
the ids 0 to 6, `START` is 7, `EXTRACT` 8 and `PAD` 9. `states(ids)` reads each row from
left to right, with places counted from its first real token, and skips padding.
Fourteen broken copies are hidden: some read the wrong column, some stumble over padding
on one of the sides, some take one row for all, some lose a word. A copy is exposed if
any number that it returns for your rows differs.

Write a function that returns one array of ids on which all of them differ: whole
numbers, shape (B, T), with B from 1 to 4 and T from 2 to 6. Each row is start · words ·
extract, and may be padded, on the left or on the right but not on both sides.
"""

STUB = """
def exposing_ids():
    raise NotImplementedError
"""

START, EXTRACT, PAD = 7, 8, 9
_DRAW = np.random.default_rng(15)
WORDS, PLACES = _DRAW.normal(size=(10, 4)), _DRAW.normal(size=(6, 4))
MIX = _DRAW.normal(size=(4, 4)) / 2


def exposing_ids():
    return np.array(
        [[7, 0, 3, 3, 5, 8], [9, 9, 7, 2, 6, 8], [7, 1, 8, 9, 9, 9], [7, 8, 9, 9, 9, 9]]
    )


def another():
    return np.array([[7, 8, 9, 9, 9, 9], [9, 7, 0, 4, 4, 8], [7, 1, 2, 5, 6, 8]])


def states(ids, skip=lambda row: row == PAD, place=None):
    """The state after each token (B, T, 4); what is skipped leaves a mark of its own.

    Args:
        skip: row → what is not read.
        place: (row, column) → its place; by default counted from the first real one.
    """
    out = np.zeros((*ids.shape, 4))
    for b, row in enumerate(ids):
        state, n = np.zeros(4), 0
        for column, id in enumerate(row):
            if skip(row)[column]:
                out[b, column] = np.tanh(state @ MIX + WORDS[PAD])
                continue
            at = place(row, column) if place else n
            state = np.tanh(state @ MIX + WORDS[id] + PLACES[at])
            out[b, column], n = state, n + 1
    return out


def read(ids):
    hidden = states(ids)  # (B, T, d)
    real = ids != PAD  # (B, T)
    last = [np.flatnonzero(row)[-1] for row in real]
    return hidden[np.arange(len(ids)), last]  # (B, d)


def _ends(ids):
    """First and last column of each row that is not padding, both (B,)."""
    found = [np.flatnonzero(row != PAD) for row in ids]
    return np.array([f[0] for f in found]), np.array([f[-1] for f in found])


def column(choose):
    """`read`, at the columns `choose(ids)`, (B,)."""
    return lambda ids: states(ids)[np.arange(len(ids)), choose(ids)]


def reading(**how):
    """`read`, with other states."""
    return lambda ids: states(ids, **how)[np.arange(len(ids)), _ends(ids)[1]]


def _count(ids):
    return (ids != PAD).sum(1) - 1


def _side_of_the_first(ids):
    return np.full(len(ids), ids.shape[1] - 1) if ids[0, 0] == PAD else _count(ids)


def _repeated(row):
    return np.array([id == PAD or id in row[:n] for n, id in enumerate(row)])


def _after_five(row):
    return (row == PAD) | ((row != PAD).cumsum() > 5)


MUTANTS = {
    "last-column": column(lambda ids: np.full(len(ids), -1)),
    "count-minus-one": column(_count),
    "first-real": column(lambda ids: _ends(ids)[0]),
    "word-before-extract": column(lambda ids: _ends(ids)[1] - 1),
    "before-the-first-pad": column(
        lambda ids: ((ids == PAD).argmax(1) - 1).clip(min=0)
    ),
    "place-of-the-first-row": column(lambda ids: _ends(ids)[1][:1].repeat(len(ids))),
    "place-of-the-longest": column(
        lambda ids: np.full(len(ids), (ids != PAD).sum(1).max() - 1)
    ),
    "side-of-the-first-row": column(_side_of_the_first),
    "first-row-for-all": lambda ids: read(ids)[:1].repeat(len(ids), 0),
    "at-least-one-word": column(
        lambda ids: np.maximum(_ends(ids)[1], _ends(ids)[0] + 2).clip(
            max=ids.shape[1] - 1
        )
    ),
    "zero-is-padding": reading(skip=lambda row: (row == PAD) | (row == 0)),
    "repeats-skipped": reading(skip=_repeated),
    "places-from-the-edge": reading(place=lambda row, column: column),
    "five-tokens": reading(skip=_after_five),
}


def valid(ids):
    if fault := ids_fault(ids, B=(1, 4), T=(2, 6), highest=9):
        return fault
    for n, row in enumerate(ids):
        columns = np.flatnonzero(row != PAD)
        text = row[columns]
        if len(text) < 2 or text[0] != START or text[-1] != EXTRACT:
            return f"row {n} should be start · words · extract, and maybe padding"
        if (text[1:-1] > 6).any():
            return f"between start and extract row {n} should have words, 0 to 6"
        if len(text) <= columns[-1] - columns[0] or (
            columns[0] > 0 and columns[-1] < len(row) - 1
        ):
            return f"row {n} should be padded on one side alone"
    return None


def _has_left(ids):
    return bool((ids[:, 0] == PAD).any())


def _has_right(ids):
    return bool((ids[:, -1] == PAD).any())


def _has_repeat(ids):
    return any(
        len(set(words)) < len(words) for row in ids if (words := row[row < 7].tolist())
    )


def _has_empty_text(ids):
    return bool(((ids[:, :2] == [START, EXTRACT]).all(1) & (ids.shape[1] > 2)).any())


EXERCISE = Exercise(
    id="break-extract",
    chapter=15,
    kind="break",
    title="Find the batch that exposes a wrong reading place",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="exposing_ids",
    stub=STUB,
    reference=exposing_ids,
    accepts=(another,),
    proves="Both sides of padding, a full row, an empty text, rows that differ, a word "
    "with id 0 and one that comes twice: test any head so.",
    block=read,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-row",
            lambda: np.array([[9, 7, 0, 3, 3, 8]]),
            lambda ids, left: f"Your batch has one row. {survive(left)}.",
            "Whom could a function confuse with whom, if there is only one?",
            "A copy that takes one row's place for all rows needs a second row to be "
            "caught.",
            "A cloakroom with one coat always hands out the right one.",
            when=lambda ids: len(ids) == 1,
        ),
        Mistake(
            "rows-alike",
            lambda: np.array([[7, 0, 3, 3, 8, 9]] * 2),
            lambda ids, left: f"All {len(ids)} rows are the same. {survive(left)}.",
            "If all rows are alike, whose state was given?",
            "One copy reads the first row only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda ids: bool((ids == ids[:1]).all()),
        ),
        Mistake(
            "no-padding",
            lambda: np.array([[7, 0, 3, 3, 5, 8], [7, 1, 2, 6, 4, 8]]),
            lambda ids, left: f"No row of yours is padded. {survive(left)}.",
            "When does the last column hold something else than extract?",
            "A batch of texts that are equally long is the easy case. What do real "
            "texts do?",
            "Whether a clock is wrong does not show at the one moment it is set.",
            when=lambda ids: not (ids == PAD).any(),
        ),
        Mistake(
            "right-padding-only",
            lambda: np.array([[7, 0, 3, 3, 5, 8], [7, 1, 8, 9, 9, 9]]),
            lambda ids, left: (
                f"All padding of your rows is on the right. {survive(left)}."
            ),
            "Who pads on the other side, and what would a copy make of it?",
            "For generating in batches, rows are padded so that all end together. "
            "Which column does the first token have then?",
            "A car tested on left-hand bends alone.",
            when=lambda ids: not _has_left(ids),
        ),
        Mistake(
            "left-padding-only",
            lambda: np.array([[7, 0, 3, 3, 5, 8], [9, 9, 9, 7, 1, 8]]),
            lambda ids, left: (
                f"All padding of your rows is on the left. {survive(left)}."
            ),
            "In which column does each of your rows end?",
            "One copy reads the last column, whatever stands in it. Which padding "
            "does it mind?",
            "A car tested on right-hand bends alone.",
            when=lambda ids: not _has_right(ids),
        ),
        Mistake(
            "no-full-row",
            lambda: np.array(
                [[7, 0, 3, 3, 8, 9], [9, 9, 7, 2, 6, 8], [7, 8, 9, 9, 9, 9]]
            ),
            lambda ids, left: (
                f"Your longest row has {(ids != PAD).sum(1).max()} real tokens, and "
                f"there is room for 6. {survive(left)}."
            ),
            "Which place of `states` have you never used?",
            "Mistakes at the edge of a window show at its edge.",
            "A bridge that is tested with half of the load it is built for.",
            when=lambda ids: (ids != PAD).sum(1).max() < 6,
        ),
        Mistake(
            "no-empty-text",
            lambda: np.array(
                [[7, 0, 3, 3, 5, 8], [9, 9, 7, 2, 6, 8], [7, 1, 8, 9, 9, 9]]
            ),
            lambda ids, left: (
                "No row of yours has extract right behind start and padding behind "
                f"that. {survive(left)}."
            ),
            "What is the shortest row that the rules allow?",
            "One copy takes for granted that a text has words. Which side of padding "
            "would lead it astray?",
            "The form asks for the names of your children, at least one.",
            when=lambda ids: not _has_empty_text(ids),
        ),
        Mistake(
            "word-0-missing",
            lambda: np.array(
                [[7, 2, 3, 3, 5, 8], [9, 9, 7, 2, 6, 8], [7, 8, 9, 9, 9, 9]]
            ),
            lambda ids, left: f"Your smallest id is {ids.min()}. {survive(left)}.",
            "Which id do programs like to take for padding?",
            "Here padding is 9, and every id below 7 is a word. Which word would you "
            "doubt?",
            "A form takes a flat number 0 for “none given”. Whom does that hurt?",
            when=lambda ids: not (ids == 0).any(),
        ),
        Mistake(
            "no-word-twice",
            lambda: np.array(
                [[7, 0, 3, 1, 5, 8], [9, 9, 7, 2, 6, 8], [7, 8, 9, 9, 9, 9]]
            ),
            lambda ids, left: (
                f"In each of your rows every word is another. {survive(left)}."
            ),
            "What may a function not do with a word that it has met before?",
            "One copy keeps a set of what it has read, where a list is right. When are "
            "the two different?",
            "Whether a jury counts votes or names shows as soon as two people vote "
            "alike.",
            when=lambda ids: not _has_repeat(ids),
        ),
    ),
)
