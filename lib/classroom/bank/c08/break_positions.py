"""Chapter 8, break it: a text that exposes wrong positions."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = r"""
The function below turns `ids` (B, T) into words plus places; `TABLE` holds eight word
vectors, of which row 0, the padding, is zeros, and `PE` twelve encodings. `offset` is
the position of the first column. Ten broken copies are hidden: places counted along the
wrong axis, one place for all, places looked up by word, a forgotten offset, the wrong
thing scaled, and so on. A copy is exposed when its output on your input differs.

Write a function that returns one pair `(ids, offset)` on which all ten differ: a
NumPy array of whole numbers from 0 to 7, of shape (B, T) with B and T from 1 to 6, and
a whole number from 0 to 6.
"""

STUB = """
def exposing_text():
    raise NotImplementedError
"""

TABLE = np.random.default_rng(8).normal(size=(8, 4)) / 2
TABLE[0] = 0.0
PE = np.random.default_rng(9).normal(size=(12, 4))


def exposing_text():
    return np.array([[3, 1, 3, 5, 2], [6, 6, 0, 4, 7]]), 4


def smallest():
    return np.array([[2, 2], [5, 1]]), 1


def embed(pair):
    ids, offset = pair
    words = TABLE[ids] * TABLE.shape[1] ** 0.5  # (B, T, d)
    return words + PE[offset : offset + ids.shape[1]]


def broken(places=None, join=np.add):
    """`embed` with other places (ids, offset) → rows, or joined otherwise."""

    def copy(pair):
        ids, offset = pair
        rows = places(ids, offset) if places else offset + np.arange(ids.shape[1])
        return join(TABLE[ids] * 2.0, PE[rows])  # 2 = √4

    return copy


def counted_on(ids, offset):
    return (offset + np.arange(ids.size).reshape(ids.shape)) % len(PE)


def backwards(ids, offset):
    return offset + np.arange(ids.shape[1])[::-1]


def first_sentence(pair):
    out = embed(pair)
    return np.broadcast_to(out[:1], out.shape)


MUTANTS = {
    "positions-on-the-batch-axis": broken(
        lambda ids, offset: offset + np.arange(ids.shape[0])[:, None]
    ),
    "counted-on-from-sentence-to-sentence": broken(counted_on),
    "one-row-for-all": broken(lambda ids, offset: np.array([offset])),
    "positions-not-added": broken(join=lambda words, places: words),
    "looked-up-by-word": broken(lambda ids, offset: ids),
    "offset-forgotten": broken(lambda ids, offset: np.arange(ids.shape[1])),
    "counted-backwards": broken(backwards),
    "scale-forgotten": broken(join=lambda words, places: words / 2 + places),
    "sum-scaled": broken(join=lambda words, places: words + 2 * places),
    "first-sentence-for-all": first_sentence,
}


def valid(pair):
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
        return "a pair (ids, offset) is expected"
    ids, offset = pair
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "iu":
        return "ids should be a NumPy array of whole numbers"
    if ids.ndim != 2 or not all(1 <= n <= 6 for n in ids.shape):
        return f"ids should be (B, T), each from 1 to 6; the shape is {ids.shape}"
    if ids.min() < 0 or ids.max() > 7:
        return f"ids should be from 0 to 7; they go from {ids.min()} to {ids.max()}"
    if isinstance(offset, bool) or not isinstance(offset, (int, np.integer)):
        return f"offset should be a whole number, and it is {offset!r}"
    if not 0 <= offset <= 6:
        return f"offset should be from 0 to 6, and it is {offset}"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _words_are_places(pair):
    ids, offset = pair
    return bool((ids == offset + np.arange(ids.shape[1])).all())


EXERCISE = Exercise(
    id="break-positions",
    chapter=8,
    kind="break",
    title="Find the text that exposes wrong positions",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="exposing_text",
    stub=STUB,
    reference=exposing_text,
    accepts=(smallest,),
    proves="Several sentences that differ, several words, not all of them padding, and "
    "a start other than 0: a text like this tests any positions.",
    block=embed,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-position",
            lambda: (np.array([[3], [5]]), 2),
            lambda pair, left: (
                f"Your ids have shape {pair[0].shape}: one word in each sentence. "
                f"{_left(left)}."
            ),
            "With one word, in which order can it stand?",
            "Some copies give all words of a sentence the same place, or count from "
            "the other end. How many words does it take to see that?",
            "A queue of one person: is the front of it at the left or at the right?",
            when=lambda pair: pair[0].shape[1] == 1,
        ),
        Mistake(
            "one-sentence",
            lambda: (np.array([[3, 1, 3, 5, 2]]), 4),
            lambda pair, left: (
                f"Your ids have shape {pair[0].shape}: one sentence. {_left(left)}."
            ),
            "Whom could a function confuse with whom, if there is only one?",
            "Some copies treat the second sentence wrongly, each in its way.",
            "A bus that forgets to start again at the first stop is noticed on its "
            "second round.",
            when=lambda pair: pair[0].shape[0] == 1,
        ),
        Mistake(
            "offset-zero",
            lambda: (np.array([[3, 1, 3, 5, 2], [6, 6, 0, 4, 7]]), 0),
            lambda pair, left: f"Your text begins at position 0. {_left(left)}.",
            "Which argument can be forgotten without harm if it is 0?",
            "In generation the newest word comes after many that have been read. Test "
            "that case.",
            "A till that ignores the change given back is right for all who pay "
            "exactly.",
            when=lambda pair: pair[1] == 0,
        ),
        Mistake(
            "nothing-but-padding",
            lambda: (np.zeros((2, 5), dtype=int), 4),
            lambda pair, left: f"All your words are padding, zeros. {_left(left)}.",
            "By how much does a forgotten factor change a zero?",
            "The copies that do something wrong to words need words.",
            "Doubling an empty account's interest harms nobody.",
            when=lambda pair: not pair[0].any(),
        ),
        Mistake(
            "words-are-their-places",
            lambda: (np.array([[2, 3, 4], [2, 3, 4]]), 2),
            lambda pair, left: (
                f"Every word's number is its position: {pair[0][0].tolist()} from "
                f"position {pair[1]} on. {_left(left)}."
            ),
            "How would you notice that somebody looks up the wrong number, if both "
            "are the same?",
            "One copy takes the word for the place. Let the two disagree.",
            "In a street where Mr One lives in number 1 and Mrs Two in number 2, "
            "letters sorted by name arrive.",
            when=_words_are_places,
        ),
        Mistake(
            "sentences-alike",
            lambda: (np.array([[3, 1, 3, 5, 2]] * 2), 4),
            lambda pair, left: (
                f"All {len(pair[0])} sentences are the same. {_left(left)}."
            ),
            "If all sentences are alike, whose answer was given?",
            "One copy reads the first sentence only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda pair: bool((pair[0] == pair[0][:1]).all()),
        ),
    ),
)
