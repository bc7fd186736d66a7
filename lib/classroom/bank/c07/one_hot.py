"""Chapter 7, write: looking up is multiplying by a one-hot matrix."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Looking up the rows of a table is a matrix product in disguise. Write the matrix.

- `ids`, an integer array of any shape (…), also (); `vocab_size`, the number V of rows
- returns a float array (…, V): a single 1 in each row, at the place of the id. Then
  `one_hot(ids, V) @ table` is `table[ids]` for every `table` (V, d).
- an id below 0 or from V on raises a ValueError

Example: `one_hot(np.array([2, 0]), 3)` is `[[0, 0, 1], [1, 0, 0]]`, in floats.
"""

STUB = """
def one_hot(ids, vocab_size):
    raise NotImplementedError
"""


def one_hot(ids, vocab_size):
    if ids.size and not 0 <= ids.min() <= ids.max() < vocab_size:
        raise ValueError(f"an id is outside 0 … {vocab_size - 1}")
    return (ids[..., None] == np.arange(vocab_size)).astype(float)


def rows_of_the_identity(ids, vocab_size):
    if np.any((ids < 0) | (ids >= vocab_size)):
        raise ValueError("no such row")
    return np.eye(vocab_size)[ids]


def filled_in(ids, vocab_size):
    result = np.zeros((ids.size, vocab_size))
    for row, i in zip(result, ids.reshape(-1), strict=True):
        if i not in range(vocab_size):
            raise ValueError(f"id {i}")
        row[i] = 1.0
    return result.reshape(*ids.shape, vocab_size)


def _checked(ids, vocab_size):
    if ids.size and (ids.min() < 0 or ids.max() >= vocab_size):
        raise ValueError("no such row")
    return ids


def but(change):
    """The right rows, changed: (rows, ids, V) → result."""
    return lambda ids, V: change(np.eye(V)[_checked(ids, V)], ids, V)


def unchecked(ids, vocab_size):
    return (ids[..., None] == np.arange(vocab_size)).astype(float)


def negative_wraps(ids, vocab_size):
    if ids.size and ids.max() >= vocab_size:
        raise ValueError("no such row")
    return np.eye(vocab_size)[ids]


def left_to_numpy(ids, vocab_size):
    return np.eye(vocab_size)[ids]


def one_too_far(ids, vocab_size):
    if ids.size and (ids.min() < 0 or ids.max() > vocab_size):
        raise ValueError("no such row")
    return unchecked(ids, vocab_size)


def from_one(ids, vocab_size):
    _checked(ids, vocab_size)
    return np.eye(vocab_size)[ids - 1]


def row():
    return np.array([3, 0, 5, 3]), 7


def batch():
    """B=2, T=3, V=6."""
    return np.array([[4, 0, 5], [1, 1, 2]]), 6


def products(one_hot, ids, vocab_size):
    """The table's rows that the product picks."""
    table = np.arange(1.0, 1 + vocab_size)[:, None] * np.array([1.0, 10.0])
    return one_hot(ids, vocab_size) @ table


def outside(*ids):
    return lambda: (np.array(ids), 5)


def refused(one_hot, *given):
    """What happens to ids outside the table."""
    try:
        result = one_hot(*given)
    except ValueError:
        return "refused"
    except IndexError:
        return "an IndexError"
    return f"row sums {np.asarray(result, float).sum(-1).tolist()}"


def floats(one_hot, *given):
    """Any float type is as good as another."""
    result = one_hot(*given)
    return result.astype(float) if np.asarray(result).dtype.kind == "f" else result


def of_one_id(one_hot, *_):
    return floats(one_hot, np.array(2), 4)


def _shape(got, want):
    return f"Of ids (2, 3) you make {_s(got)}, and {_s(want)} is right."


def _s(array):
    return f"shape {np.shape(array)}"


def _sums(got):
    return got.removeprefix("row sums ")


def picks(got, _):
    return (
        f"For the ids 3 0 5 3, your product picks rows that begin with "
        f"{short(got[:, 0])}; row i of the table begins with i + 1."
    )


OUTSIDE = "Which is the largest id that a table of V rows can serve, and the smallest?"

EXERCISE = Exercise(
    id="one-hot",
    chapter=7,
    kind="write",
    title="A look-up is a matrix product",
    question=QUESTION,
    difficulty=2,
    minutes=7,
    name="one_hot",
    stub=STUB,
    reference=one_hot,
    accepts=(rows_of_the_identity, filled_in),
    proves="Each id picks its own row, whatever the shape of the ids; an embedding is "
    "a linear layer whose input has a single 1, so the product need never be made. And "
    "an id without a row is told at once.",
    probes=(
        Probe(
            "rows",
            row,
            lambda f, *given: np.asarray(f(*given))[:4].astype(float),
            "Each row has a single 1, at the place of its id",
        ),
        Probe("product", row, products, "The product with a table picks its rows"),
        Probe(
            "batch",
            batch,
            floats,
            "Ids (B, T) make (B, T, V), and every id keeps its place",
        ),
        Probe("one id", row, of_one_id, "A single id makes a single row (V,)"),
        Probe(
            "no ids",
            lambda: (np.zeros((2, 0), int), 5),
            floats,
            "No ids (2, 0) make no rows, (2, 0, V)",
        ),
        Probe("below 0", outside(0, -1), refused, "An id below 0 raises a ValueError"),
        Probe("V", outside(5, 0), refused, "The id V raises a ValueError"),
        Probe(
            "beyond", outside(2, 9), refused, "An id far beyond V raises a ValueError"
        ),
    ),
    mistakes=(
        Mistake(
            "one-hot-transposed",
            but(lambda rows, ids, V: rows.T),
            "Your matrix lies on its side: V comes before the ids, so the product with "
            "a table (V, d) does not fit.",
            "Which axis has to meet the table's V?",
            "A matrix product joins the last axis on the left with the first but one "
            "on the right.",
            "A timetable with hours across and days down is of no use to a reader who "
            "looks for the day on top.",
            probe="rows",
        ),
        Mistake(
            "one-hot-flattened",
            but(lambda rows, ids, V: rows.reshape(-1, V)),
            _shape,
            "Where is the border between the two sentences?",
            "The ids are strung into one row. Each id's vector should lie where the id "
            "lay.",
            "Two shopping lists glued below each other: who pays for the sixth item?",
            probe="batch",
        ),
        Mistake(
            "one-hot-summed",
            but(lambda rows, ids, V: rows.sum(-2) if rows.ndim > 1 else rows),
            "You add the rows of all ids: what is left is how often each id occurs, "
            "and not where.",
            "Which word came first?",
            "A bag of words has one row per sentence. Here each word keeps its own.",
            "A till receipt with totals only, beside one with every item in order.",
            probe="rows",
        ),
        Mistake(
            "one-hot-from-one",
            from_one,
            picks,
            "Does the first row of a table have the number 0 or 1?",
            "Your 1 stands beside its place. Id 0 then goes to the very end.",
            "In Europe the first floor lies above the ground floor, in America on it. "
            "Which lift buttons does Python have?",
            probe="product",
        ),
        Mistake(
            "one-hot-holds-the-id",
            but(lambda rows, ids, V: rows * np.expand_dims(ids, -1)),
            picks,
            "By what is the row multiplied when it is picked?",
            "An id is a name. It says where the 1 stands, and not how large it is.",
            "Player number 10 does not score ten goals at a time.",
            probe="product",
        ),
        Mistake(
            "one-hot-whole-numbers",
            but(lambda rows, ids, V: rows.astype(int)),
            "Your ones and zeros are in the right places, but they are whole numbers: "
            "floats are asked for.",
            "Of what type are a table's numbers?",
            "A layer's input is multiplied by weights. In torch, the product of "
            "integers and floats does not even run.",
            "A ruler with whole centimetres is right, and does not fit a drawing in "
            "tenths.",
            probe="batch",
        ),
        Mistake(
            "token-id-out-of-range",
            unchecked,
            lambda got, _: (
                f"Of the ids 0 and −1 your rows add up to {_sums(got)}: "
                "an id without a place becomes a row of zeros, and no one is told."
            ),
            OUTSIDE,
            "A row of zeros is a word without a meaning. Training goes on with it, and "
            "the cause lies far away.",
            "A parcel for a house that does not exist should come back, not lie in a "
            "cellar.",
            probe="below 0",
        ),
        Mistake(
            "negative-id-wraps",
            negative_wraps,
            lambda got, _: (
                f"Of the ids 0 and −1 your rows add up to {_sums(got)}: "
                "−1 was taken for the last row."
            ),
            OUTSIDE,
            "In Python, −1 counts from the end. As an id, −1 is a mistake that was "
            "made earlier, and is now hidden.",
            "A clock that shows 23 for “an hour before midnight of day 0” has a day "
            "too few.",
            probe="below 0",
        ),
        Mistake(
            "id-error-left-to-numpy",
            left_to_numpy,
            lambda got, _: f"The ids 5 and 0 in a table of 5 rows: {got}.",
            OUTSIDE,
            "NumPy objects to one end only, in its own words. The task wants both ends "
            "refused, and a ValueError.",
            "A fence on one side of the meadow.",
            probe="V",
        ),
        Mistake(
            "id-check-one-too-far",
            one_too_far,
            lambda got, _: f"The ids 5 and 0 in a table of 5 rows: {got}.",
            OUTSIDE,
            "Rows are counted from 0. Which number has the last of five?",
            "Five posts numbered from 0: is there a post number 5?",
            probe="V",
        ),
    ),
)
