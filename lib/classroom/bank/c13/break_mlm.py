"""Chapter 13, break it: dice that expose a broken masking."""

import numpy as np

from ...exercises.model import Exercise, Mistake
from ..shared.breaks import survive

QUESTION = """
Below is BERT's masking with the dice on the table: `u` decides whether a token is
chosen, `v` what becomes of it, and `words` holds the word that would replace it. Ids
0, 1 and 2 are `[PAD]`, `[CLS]` and `[SEP]`, 3 is `[MASK]`, 4 to 9 are words. Eighteen
broken copies are hidden: some ask for too much or too little, some get a share wrong,
some throw one die for all, some spoil what should be left alone.

Write a function that returns four arrays on which all of them differ: `ids` (whole
numbers, no 3), `u` and `v` (numbers from 0 up to 1) and `words` (4 to 9), all of one
shape (B, T), with B from 1 to 2 and T from 1 to 6.
"""

STUB = """
def exposing_draws():
    raise NotImplementedError
    return ids, u, v, words
"""

MASK, NO = 3, -100


def exposing_draws():
    ids = np.array([[1, 4, 5, 6, 2, 0], [1, 7, 8, 2, 9, 0]])
    u = np.array([[0.1, 0.05, 0.12, 0.5, 0.1, 0.1], [0.9, 0.14, 0.03, 0.9, 0.17, 0.9]])
    v = np.array([[0.5, 0.3, 0.95, 0.2, 0.5, 0.5], [0.5, 0.85, 0.92, 0.5, 0.5, 0.5]])
    words = np.array([[4, 5, 7, 4, 6, 8], [9, 4, 5, 6, 7, 4]])
    return ids, u, v, words


def another():
    ids = np.array([[1, 2, 0, 4, 4, 5], [6, 7, 8, 9, 4, 5]])
    u = np.array([[0.01, 0.02, 0.14, 0.14, 0.16, 0.5], [0.0, 0.1, 0.11, 0.9, 0.3, 0.4]])
    v = np.array([[0.0, 0.7, 0.1, 0.81, 0.3, 0.99], [0.91, 0.97, 0.6, 0.1, 0.85, 0.5]])
    words = np.array([[4, 5, 6, 7, 8, 9], [9, 4, 5, 6, 7, 8]])
    return ids, u, v, words


def masking(given):
    ids, u, v, words = given
    chosen = (u < 0.15) & (ids > 2)  # no special token
    labels = np.where(chosen, ids, -100)
    corrupted = np.where(chosen & (v < 0.8), MASK, ids)
    corrupted = np.where(chosen & (v >= 0.9), words, corrupted)
    return corrupted, labels


def broken(
    share=0.15,
    special=(0, 1, 2),
    mask=MASK,
    mask_below=0.8,
    word_from=0.9,
    fate_of_all=False,
    asked=None,
    draws=None,
    nothing=NO,
):
    """`masking` with one part replaced; asked: (ids, chosen, corrupted, v) → bools."""

    def copy(given):
        ids, u, v, words = draws(*given) if draws else given
        chosen = (u < share) & ~np.isin(ids, special)
        touched = np.ones_like(chosen) if fate_of_all else chosen
        corrupted = np.where(touched & (v < mask_below), mask, ids)
        corrupted = np.where(touched & (v >= word_from), words, corrupted)
        shown = asked(ids, chosen, corrupted, v) if asked else chosen
        return corrupted, np.where(shown, ids, nothing)

    return copy


def _labels_of_the_corrupted(given):
    corrupted, labels = masking(given)
    return corrupted, np.where(labels == NO, NO, corrupted)


MUTANTS = {
    "asks-everywhere": broken(asked=lambda ids, *_: np.full(ids.shape, True)),
    "asks-for-the-corrupted": _labels_of_the_corrupted,
    "asks-at-masks-only": broken(asked=lambda ids, c, corrupted, v: corrupted == MASK),
    "asks-where-changed": broken(asked=lambda ids, c, corrupted, v: corrupted != ids),
    "replaced-not-asked": broken(asked=lambda ids, chosen, c, v: chosen & (v < 0.9)),
    "unasked-are-zero": broken(nothing=0),
    "ten-per-cent-of-the-rest": broken(word_from=0.98),
    "nothing-kept": broken(word_from=0.8),
    "nothing-replaced": broken(word_from=2.0),
    "masks-padding": broken(special=(1, 2)),
    "masks-cls": broken(special=(0, 2)),
    "masks-sep": broken(special=(0, 1)),
    "masks-with-padding": broken(mask=0),
    "chooses-a-fifth": broken(share=0.2),
    "chooses-a-tenth": broken(share=0.1),
    "touches-everything": broken(fate_of_all=True),
    "one-word-for-all": broken(
        draws=lambda ids, u, v, words: (ids, u, v, np.full(ids.shape, words[0, 0]))
    ),
    "one-row-for-all": broken(
        draws=lambda ids, u, v, words: (ids, *(x[:1] + 0 * x for x in (u, v)), words)
    ),
}


def valid(given):
    if not isinstance(given, (tuple, list)) or len(given) != 4:
        return "four arrays are expected: ids, u, v, words"
    if not all(isinstance(x, np.ndarray) for x in given):
        return "all four should be NumPy arrays"
    ids, u, v, words = given
    shapes = [x.shape for x in given]
    if len(set(shapes)) > 1:
        return f"all four should have one shape, and they have {shapes}"
    if ids.ndim != 2 or not (1 <= ids.shape[0] <= 2 and 1 <= ids.shape[1] <= 6):
        return f"the shape should be (1 to 2, 1 to 6), and it is {ids.shape}"
    if ids.dtype.kind not in "iu" or words.dtype.kind not in "iu":
        return "ids and words should be whole numbers"
    if ids.min() < 0 or ids.max() > 9 or (ids == MASK).any():
        return "ids should be from 0 to 9, without 3, which no text holds"
    if words.min() < 4 or words.max() > 9:
        return "words should be from 4 to 9"
    if any(x.dtype.kind not in "iuf" or not ((x >= 0) & (x < 1)).all() for x in (u, v)):
        return "u and v should be numbers from 0 up to 1, without 1"
    return None


def _chosen(given):
    return (given[1] < 0.15) & (given[0] > 2)


def _replaced(given):
    return _chosen(given) & (given[2] >= 0.9)


def _changed(n, at, *values):
    """The reference's arrays, with array number n changed at some places."""

    def make():
        given = exposing_draws()
        for place, value in zip(at, values * len(at), strict=False):
            given[n][place] = value
        return given

    return make


def _one_row():
    return tuple(x[:1] for x in exposing_draws())


def _all_chosen():
    ids, u, v, words = exposing_draws()
    return ids, np.where((u < 0.15) | (ids < 3), u, 0.13), v, words


EXERCISE = Exercise(
    id="break-mlm",
    chapter=13,
    kind="break",
    title="Find the dice that expose a broken masking",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="exposing_draws",
    stub=STUB,
    reference=exposing_draws,
    accepts=(another,),
    proves="Every fate, every border between two fates from both sides, every special "
    "token with a throw that would choose it, and two rows that differ: a masking that "
    "passes this is right.",
    block=masking,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "nothing-chosen",
            lambda: (*(x := exposing_draws())[:1], x[1] * 0 + 0.5, *x[2:]),
            lambda given, left: (
                "No word of yours is chosen: the smallest u of a word is "
                f"{given[1][given[0] > 2].min(initial=1):.2g}. {survive(left)}."
            ),
            "What can one see of a lottery that nobody has won?",
            "A word is chosen where its u is small enough. Choose some.",
            "A fire alarm is not tested by waiting for a quiet day.",
            when=lambda given: not _chosen(given).any(),
        ),
        Mistake(
            "one-row",
            _one_row,
            lambda given, left: (
                f"Your arrays have shape {given[0].shape}: one text. {survive(left)}."
            ),
            "Whose dice could a copy take for whose, if there is only one row?",
            "One copy throws for the first text and uses it for all. What would give "
            "it away?",
            "A cloakroom with one coat always hands out the right one.",
            when=lambda given: given[0].shape[0] == 1,
        ),
        Mistake(
            "rows-alike",
            lambda: tuple(np.concatenate([x[:1], x[:1]]) for x in exposing_draws()),
            lambda given, left: f"Your two rows have the same dice. {survive(left)}.",
            "If both rows throw the same, whose throw was used?",
            "One copy reads the dice of the first row only. In which case is that "
            "right?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda given: all((x[:1] == x).all() for x in given[1:3]),
        ),
        Mistake(
            "no-special-token-drawn",
            _changed(1, [(0, 0), (0, 4), (0, 5)], 0.4),
            lambda given, left: (
                "None of your special tokens has a u that would choose it. "
                f"{survive(left)}."
            ),
            "When does it matter that a special token is left alone?",
            "A special token with a large u is safe in every copy. Put one in danger.",
            "Whether a fence holds shows when somebody leans on it.",
            when=lambda given: not ((given[1] < 0.15) & (given[0] < 3)).any(),
        ),
        Mistake(
            "some-special-token-safe",
            _changed(1, [(0, 5)], 0.4),
            lambda given, left: (
                "Of the special tokens, "
                f"{sorted(set(given[0][(given[1] < 0.15) & (given[0] < 3)].tolist()))} "
                f"have a u that would choose them. {survive(left)}."
            ),
            "How many kinds of special tokens are there?",
            "A copy may know two of the three. Which of them have you put in danger?",
            "Three doors: two are tried, and the thief takes the third.",
            when=lambda given: (
                len(set(given[0][(given[1] < 0.15) & (given[0] < 3)].tolist())) < 3
            ),
        ),
        Mistake(
            "every-word-chosen",
            _all_chosen,
            lambda given, left: f"All of your words are chosen. {survive(left)}.",
            "What is asked of a word that was not chosen?",
            "Some copies touch, or ask for, what they should leave alone. What do you "
            "leave alone?",
            "A guard who stops everybody cannot be caught stopping the wrong one.",
            when=lambda given: bool(_chosen(given)[given[0] > 2].all()),
        ),
        Mistake(
            "nobody-masked",
            _changed(2, [(0, 1)], 0.95),
            lambda given, left: f"No chosen word becomes [MASK]. {survive(left)}.",
            "What happens to most of the chosen words?",
            "Look at the v of your chosen words. Which of the three fates is missing?",
            "A test of an oven that is never switched on.",
            when=lambda given: not (_chosen(given) & (given[2] < 0.8)).any(),
        ),
        Mistake(
            "nobody-kept",
            _changed(2, [(1, 1)], 0.3),
            lambda given, left: f"No chosen word stays as it is. {survive(left)}.",
            "Which copies are wrong about words that are chosen and stay?",
            "Look at the v of your chosen words. Which of the three fates is missing?",
            "A sieve is tested with what should fall through, and with what should "
            "stay.",
            when=lambda given: (
                not (_chosen(given) & (given[2] >= 0.8) & (given[2] < 0.9)).any()
            ),
        ),
        Mistake(
            "nobody-replaced",
            _changed(2, [(0, 2), (1, 2)], 0.3),
            lambda given, left: (
                f"No chosen word is replaced by another. {survive(left)}."
            ),
            "For which chosen words do your `words` matter?",
            "Look at the v of your chosen words. Which of the three fates is missing?",
            "A substitute's bench full of players, and nobody is ever sent in.",
            when=lambda given: not _replaced(given).any(),
        ),
        Mistake(
            "replaced-by-itself",
            lambda: (*exposing_draws()[:3], exposing_draws()[0].clip(min=4)),
            lambda given, left: (
                f"Every replaced word is replaced by itself. {survive(left)}."
            ),
            "Does a replacement show that puts in what stood there?",
            "Compare `ids` and `words` at the places where a word is put in.",
            "A conjurer who swaps a card for one that is the same needs no skill.",
            when=lambda given: bool((given[0] == given[3])[_replaced(given)].all()),
        ),
        Mistake(
            "one-replacement",
            _changed(3, [(0, 2), (1, 2)], 4),
            lambda given, left: (
                "Every replaced word gets the word "
                f"{int(given[3][_replaced(given)][0])}. {survive(left)}."
            ),
            "If only one word is ever put in, could it have been drawn once for all?",
            "One copy uses the first of your `words` everywhere. When is that seen?",
            "A juke-box that always plays the same song is not noticed by who asks for "
            "it.",
            when=lambda given: len(set(given[3][_replaced(given)].tolist())) == 1,
        ),
        Mistake(
            "replaced-at-the-top-only",
            _changed(2, [(0, 2), (1, 2)], 0.99),
            lambda given, left: (
                "The v of your replaced words begins at "
                f"{given[2][_replaced(given)].min():.2g}. {survive(left)}."
            ),
            "10 % of what? One copy takes it of the rest.",
            "Write down for which v a copy replaces that takes 10 % of the last 20 %. "
            "Where does it differ from the right one?",
            "A scale that is off between 90 and 98 kilograms, and tried with 99.",
            when=lambda given: given[2][_replaced(given)].min() >= 0.98,
        ),
        Mistake(
            "share-tried-far-from-the-border",
            _changed(1, [(1, 4)], 0.6),
            lambda given, left: (
                "The smallest u of a word that is not chosen is "
                f"{given[1][~_chosen(given) & (given[0] > 2)].min():.2g}. "
                f"{survive(left)}."
            ),
            "Could the limit be 0.2, by what you show?",
            "A limit is seen from both sides, by throws that lie close to it. Which "
            "side have you tried?",
            "To find out where the ice ends, one does not stand in the middle of the "
            "meadow.",
            when=lambda given: (
                given[1][~_chosen(given) & (given[0] > 2)].min(initial=1) >= 0.2
            ),
        ),
        Mistake(
            "share-tried-from-below",
            _changed(1, [(0, 2), (1, 1)], 0.05),
            lambda given, left: (
                "The largest u of a chosen word is "
                f"{given[1][_chosen(given)].max():.2g}. {survive(left)}."
            ),
            "Could the limit be 0.1, by what you show?",
            "A limit is seen from both sides, by throws that lie close to it. Which "
            "side have you tried?",
            "A lift for ten, tested with four.",
            when=lambda given: given[1][_chosen(given)].max() < 0.1,
        ),
    ),
)
