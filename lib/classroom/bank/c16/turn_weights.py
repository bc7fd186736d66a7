"""Chapter 16, write: which matrices of a published GPT are turned."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
The linear layers of a published GPT are of a class `Conv1D`: they store (in, out), and
our `nn.Linear` stores (out, in). In a block they are `attn.c_attn`, `attn.c_proj`,
`mlp.c_fc` and `mlp.c_proj`.

- `tensors`: a dict of NumPy arrays, published names as they stand in the file: tables,
  norms, linear layers, and perhaps masks called `attn.bias`
- returns a dict with the same names, in which the weights of the linear layers have
  become what `nn.Linear` needs, and all others are as they were
"""

STUB = """
def as_linear(tensors):
    raise NotImplementedError
"""


def as_linear(tensors):
    turned = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    return {
        name: array.T if name.endswith(turned) else array
        for name, array in tensors.items()
    }


def by_part(tensors):
    def turn(name, array):
        part, kind = name.split(".")[-2:]
        return (
            np.swapaxes(array, 0, 1) if part[:2] == "c_" and kind[0] == "w" else array
        )

    return {name: turn(name, array) for name, array in tensors.items()}


def turning(when, how=lambda array: array.T):
    """Turn what a test on name and array picks."""
    return lambda tensors: {
        name: how(array) if when(name, array) else array
        for name, array in tensors.items()
    }


def _is_conv(name, array):
    return ".c_" in name and array.ndim == 2


# d = 4, three times as wide for q, k and v, inner width 6, V = 7, 5 positions
_SHAPES = {
    "h.0.attn.c_attn.weight": (4, 12), "h.0.attn.c_attn.bias": (12,),
    "h.0.mlp.c_fc.weight": (4, 6), "h.0.mlp.c_fc.bias": (6,),
    "h.0.mlp.c_proj.weight": (6, 4), "h.0.mlp.c_proj.bias": (4,),
    "h.0.ln_1.weight": (4,), "h.0.ln_1.bias": (4,),
}  # fmt: skip
_TABLES = {"wte.weight": (7, 4), "wpe.weight": (5, 4)}
_SQUARE = {  # and a feed-forward network that is no wider inside
    "h.0.attn.c_proj.weight": (4, 4), "h.0.attn.c_proj.bias": (4,),
    "h.0.mlp.c_fc.weight": (4, 4),
}  # fmt: skip
_MASK = {"h.0.attn.bias": (1, 1, 5, 5)}


def setting(shapes):
    def make():
        rng = np.random.default_rng(16)
        return ({name: rng.normal(size=shape) for name, shape in shapes.items()},)

    return make


def _shapes(got, expected):
    name = next(n for n in expected if np.shape(got.get(n)) != expected[n].shape)
    return (
        f"`{name}` has the shape {np.shape(got.get(name))} when you are done, and "
        f"{expected[name].shape} is right."
    )


def _square(got, expected):
    name = "h.0.attn.c_proj.weight"
    return (
        f"The first row of `{name}` is {short(got[name][0])} when you are done, and "
        f"{short(expected[name][0])} is right. The shape is the same."
    )


def _numbers(got, expected):
    name = "h.0.mlp.c_fc.weight"
    return (
        f"`{name}` has the right shape, and its first row is {short(got[name][0])}, "
        f"where {short(expected[name][0])} is right."
    )


EXERCISE = Exercise(
    id="turn-weights",
    chapter=16,
    kind="write",
    title="Turn what is stored the other way",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="as_linear",
    stub=STUB,
    reference=as_linear,
    accepts=(by_part, turning(_is_conv)),
    proves="The name decides what is turned. A shape could not: a square matrix fits "
    "both ways, and a table must never be turned.",
    probes=(
        Probe(
            "oblong",
            setting(_SHAPES),
            says="Linear layers are turned; biases and norms are not",
        ),
        Probe(
            "square",
            setting(_SQUARE),
            says="A square matrix is turned as well",
        ),
        Probe("tables", setting(_TABLES), says="Tables stay as they are"),
        Probe("masks", setting(_MASK | _SQUARE), says="Masks stay as they are"),
    ),
    mistakes=(
        Mistake(
            "nothing-turned",
            dict,
            _shapes,
            "What does `Conv1D` multiply: x by W, or x by the transpose of W?",
            "Write the shape of `c_fc.weight` and that of our `feed_forward.up.weight` "
            "side by side.",
            "A table of fares from rows to columns, read from columns to rows.",
            "oblong",
        ),
        Mistake(
            "every-matrix-turned",
            turning(lambda name, array: array.ndim == 2),
            _shapes,
            "How many rows has the table of tokens, there and here?",
            "Which class holds the tables in the published code: `Conv1D`, or an "
            "embedding? Is anything multiplied when a row is looked up?",
            "A phone book is not turned just because the map is.",
            "tables",
        ),
        Mistake(
            "square-spared",
            turning(
                lambda name, array: (
                    _is_conv(name, array) and array.shape[0] != array.shape[1]
                )
            ),
            _square,
            "Does a matrix that fits both ways mean the same both ways?",
            "Which of the four linear layers is square in every GPT? What told you "
            "that the others had to be turned: their shape, or their class?",
            "A square photograph can hang on its side. Nobody's ruler will tell.",
            "square",
        ),
        Mistake(
            "reshaped",
            turning(_is_conv, lambda array: array.reshape(array.shape[::-1])),
            _numbers,
            "Where was the number that now stands at [0, 1]?",
            "A reshape keeps the numbers in their order and cuts the rows elsewhere. "
            "Try it on [[1, 2, 3], [4, 5, 6]].",
            "To read a crossword downwards it does not help to print it on narrower "
            "paper.",
            "oblong",
        ),
        Mistake(
            "projections-forgotten",
            turning(lambda name, _: name.endswith(("c_attn.weight", "c_fc.weight"))),
            _shapes,
            "How many linear layers has a block?",
            "Two lead into attention and the feed-forward network. Where do the two "
            "that lead out of them stand in your list?",
            "Whoever turns the signs on the way out must turn those on the way back.",
            "oblong",
        ),
        Mistake(
            "one-projection-forgotten",
            turning(
                lambda name, array: _is_conv(name, array) and "attn.c_proj" not in name
            ),
            _square,
            "There are two parts called `c_proj`. Which of them does your code reach?",
            "Count the matrices that you turn in one block.",
            "Four screws hold the plate, and the fourth looks tight already.",
            "square",
        ),
        Mistake(
            "masks-turned",
            turning(lambda name, array: array.ndim > 1 and ".h." in f".{name}"),
            _shapes,
            "Which tensor of a block has four axes?",
            "Its name ends in `bias`, and it is no weight of any layer. Does your test "
            "ask what it is, or how many axes it has?",
            "The frame is not turned with the picture.",
            "masks",
        ),
        Mistake(
            "upside-down",
            turning(_is_conv, lambda array: np.rot90(array)),
            _numbers,
            "Which number should stay where it is when rows and columns change places?",
            "A quarter turn also reverses an order. Which number stands in the corner "
            "[0, 0] before, and which after?",
            "A map turned by a quarter has north at its side. A map seen in a mirror "
            "along its diagonal is another thing.",
            "oblong",
        ),
    ),
)
