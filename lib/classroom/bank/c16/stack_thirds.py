"""Chapter 16, faded: BERT's three projections as one layer."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Fill in the gaps. A published BERT keeps the projections to queries, keys and values
apart. Ours is one layer `qkv` of three times the width, whose output is cut into
thirds: query, key, value, in this order. (BERT's layers are ordinary `nn.Linear`s.)

- `tensors`: a dict of NumPy arrays with the names `query.weight`, `query.bias`, and the
  same for `key` and `value`, in the order of the file; weights (d_out, d_in), biases
  (d_out,)
- returns the weight and the bias of `qkv`, (3 d_out, d_in) and (3 d_out,)
"""

STUB = """
def stack_qkv(tensors):
    order = ...  # of the three names
    weight = ...  # put together along which axis?
    raise NotImplementedError  # the weight, and its bias
"""


def stack_qkv(tensors):
    weights = [tensors[f"{name}.weight"] for name in ("query", "key", "value")]
    biases = [tensors[f"{name}.bias"] for name in ("query", "key", "value")]
    return np.concatenate(weights), np.concatenate(biases)


def with_vstack(tensors):
    order = ("query", "key", "value")
    return (
        np.vstack([tensors[name + ".weight"] for name in order]),
        np.hstack([tensors[name + ".bias"] for name in order]),
    )


def stacked(order="qkv", biases=None, join=np.concatenate, bias=np.concatenate):
    """`stack_qkv` with another order, or put together in another way."""
    names = {"q": "query", "k": "key", "v": "value"}

    def stack(tensors):
        return (
            join([tensors[f"{names[n]}.weight"] for n in order]),
            bias([tensors[f"{names[n]}.bias"] for n in biases or order]),
        )

    return stack


def _by_head(parts):
    return np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])


def setting(d_out, d_in):
    """In a file the names stand in the order of the alphabet."""

    def make():
        rng = np.random.default_rng(3)
        tensors = {}
        for n, name in enumerate(("key", "query", "value")):
            tensors[f"{name}.bias"] = rng.normal(size=d_out).round(2) + n
            tensors[f"{name}.weight"] = rng.normal(size=(d_out, d_in)).round(2) + n
        return (tensors,)

    return make


def _rows(got, expected):
    n = next(
        n for n, row in enumerate(expected[0]) if not np.array_equal(row, got[0][n])
    )
    return (
        f"Row {n} of your weight is {short(got[0][n])}, and {short(expected[0][n])} is "
        "right."
    )


def _shape(got, expected):
    return (
        f"Your weight has the shape {np.shape(got[0])}, and {expected[0].shape} is "
        "right."
    )


def _bias(got, expected):
    return (
        f"Your weight is right. Your bias is {short(got[1])}, and {short(expected[1])} "
        "is right."
    )


EXERCISE = Exercise(
    id="stack-thirds",
    chapter=16,
    kind="faded",
    title="Three projections, one layer",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="stack_qkv",
    stub=STUB,
    reference=stack_qkv,
    accepts=(with_vstack,),
    returns=("weight", "bias"),
    proves="Thirds one below the other, in the order in which our layer cuts them, and "
    "the biases in the same order. No shape would have told.",
    probes=(
        Probe(
            "oblong",
            setting(2, 3),
            says="Queries first, then keys, then values, and biases alike",
        ),
        Probe("square", setting(3, 3), says="The same holds where d_out is d_in"),
    ),
    mistakes=(
        Mistake(
            "order-of-the-file",
            stacked("kqv"),
            _rows,
            "In which order do the names stand in the file, and why?",
            "A file sorts by the alphabet. Our layer cuts its output into thirds, and "
            "says in its documentation which is which.",
            "Guests are listed by name. Are they seated by name?",
        ),
        Mistake(
            "values-in-the-middle",
            stacked("qvk"),
            _rows,
            "Which third does attention compare with the queries?",
            "Read `MultiHeadAttention` again: which name does each chunk of `qkv(x)` "
            "get?",
            "Fork, spoon, knife: all there, and two in each other's place.",
        ),
        Mistake(
            "keys-and-queries-swapped-in-biases",
            stacked("qkv", "kqv"),
            _bias,
            "Do weight and bias of a third still belong together?",
            "A row of the weight and the entry of the bias beside it make one number "
            "of the output. Go through them pair by pair.",
            "The lids of three pots, put on in another order than the pots.",
        ),
        Mistake(
            "side-by-side",
            stacked(join=lambda parts: np.concatenate(parts, axis=1)),
            _shape,
            "Along which axis of a `Linear`'s weight do its outputs lie?",
            "Three layers read the same input. Which of the two sizes grows: that of "
            "the input, or that of the output?",
            "Three clerks at one counter: three answers, and still one question.",
            "oblong",
        ),
        Mistake(
            "each-turned",
            stacked(join=lambda parts: np.concatenate([part.T for part in parts])),
            lambda got, expected: (
                f"With d_out = 2 and d_in = 3 your weight has the shape "
                f"{got[0].shape}, and {expected[0].shape} is right."
            ),
            "Is BERT's linear layer a `Conv1D`?",
            "What is turned in GPT's files is turned because of its class. Which class "
            "does the task name?",
            "British plugs need an adapter in France. Do French ones?",
            "oblong",
        ),
        Mistake(
            "row-by-row",
            stacked(join=_by_head, bias=_by_head),
            _rows,
            "Which rows make the first third of your weight?",
            "Some libraries store the three row by row, or head by head. Ours cuts in "
            "two places only.",
            "Three packs of cards shuffled into each other, where three piles were "
            "asked for.",
        ),
        Mistake(
            "biases-added",
            stacked(bias=lambda parts: np.sum(parts, axis=0)),
            lambda got, expected: (
                f"Your bias has the shape {np.shape(got[1])}, and {expected[1].shape} "
                "is right."
            ),
            "How many outputs has the layer, and how many of them have a bias?",
            "Each output has a number of its own that is added to it. Are three "
            "outputs that are far apart one output?",
            "Three people's debts are not one person's debt.",
        ),
    ),
)
