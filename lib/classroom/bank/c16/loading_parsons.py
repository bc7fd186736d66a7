"""Chapter 16, Parsons: a loader, line by line."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Put the lines of a loader in order. The `checkpoint` has `settings`, a `header` (name →
shape) and `read(name)`, which reads one tensor; a large file is read only when it is
known to fit. `make(settings)` builds a model of a given size, in training mode.
`table` lists triples (name here, name there, whether it is stored the other way). The
model that is returned is used for writing. Some lines do not belong.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
def load(checkpoint, make, table):
    {lines}
    return model
"""

LINES = {
    "A": "weights = {here: checkpoint.read(there) for here, there, _ in table}",
    "B": "if unknown: raise ValueError(sorted(unknown))",
    "C": "model = make(checkpoint.settings)",
    "D": "weights |= {here: w.T for here, w in weights.items() if w.ndim == 2}",
    "E": "model.eval()",
    "F": "unknown = set(checkpoint.header) ^ {there for _, there, _ in table}",
    "G": "model = make({})",
    "H": "model.load(weights)",
    "I": "weights |= {here: weights[here].T for here, _, turned in table if turned}",
    "J": "unknown = {there for _, there, _ in table} - set(checkpoint.header)",
    "K": "weights |= {here: weights[here].reshape(weights[here].shape[::-1])"
    " for here, _, turned in table if turned}",
    "L": "if unknown: weights = {}",
}

RIGHT = list("CFBAIHE")


class Checkpoint:
    """Tensors in a file, and a note of what was read of them."""

    def __init__(self, tensors, **settings):
        self.tensors, self.settings = tensors, settings
        self.header = {name: array.shape for name, array in tensors.items()}
        self.read_names = []

    def read(self, name):
        self.read_names.append(name)
        return self.tensors[name]


class Model:
    """Keeps what it is given; a tensor of its own settings' size, so to speak."""

    def __init__(self, settings):
        self.size = dict(settings).get("d", 0)
        self.weights, self.mode = {}, "training"

    def load(self, weights):
        self.weights = {name: np.array(array) for name, array in weights.items()}

    def eval(self):
        self.mode = "evaluation"


TABLE = [
    ("tokens", "wte", False),
    ("up", "c_fc", True),
    ("out", "c_proj", True),
    ("norm", "ln", False),
]


def setting(without=(), more=()):
    def make():
        rng = np.random.default_rng(6)
        shapes = {"wte": (7, 3), "c_fc": (3, 5), "c_proj": (3, 3), "ln": (3,)}
        tensors = {name: rng.normal(size=s) for name, s in shapes.items()}
        tensors = {n: t for n, t in tensors.items() if n not in without}
        extra = {name: rng.normal(size=(2,)) for name in more}
        return Checkpoint(tensors | extra, d=3), Model, TABLE

    return make


def loaded(load, *inputs):
    """What the model has in the end."""
    model = load(*inputs)
    return {"size": model.size, "mode": model.mode} | model.weights


def refused(load, checkpoint, make, table):
    """How it ends, and how much was read before."""
    try:
        load(checkpoint, make, table)
    except ValueError as error:
        told = str(error)
    except KeyError:
        told = "stopped while reading"
    else:
        told = "nothing was said"
    return {"told": told, "tensors read": len(checkpoint.read_names)}


def _weights(text):
    def symptom(got, expected):
        names = [n for n in expected if n not in ("size", "mode")]
        name = next(
            (n for n in names if not np.array_equal(got.get(n, ()), expected[n])), None
        )
        if name is None:
            return text
        shape = np.shape(got.get(name, ()))
        if shape != expected[name].shape:
            return f"`{name}` has the shape {shape} in your model, and {text}"
        return (
            f"The first numbers of `{name}` are {short(np.ravel(got[name])[:3])}, and "
            f"{short(np.ravel(expected[name])[:3])} is right. {text}"
        )

    return symptom


def _ends(text):
    return lambda got, _: (
        f"With a name that nobody knows in the file: {got['told']}, after "
        f"{got['tensors read']} tensors were read. {text}"
    )


EXERCISE = Exercise(
    id="loading-parsons",
    chapter=16,
    kind="parsons",
    title="A loader that complains first",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(list("FBCAIHE"), list("FCBAIHE"), list("FBAICHE"), list("CFBAIEH")),
    proves="The size comes from the settings, every name is compared before anything "
    "is read, what is stored the other way is turned by name, and dropout is off.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "fits",
            setting(),
            loaded,
            "The model has the checkpoint's size and numbers, and is ready to write",
        ),
        Probe(
            "left over",
            setting(more=("ln_f",)),
            refused,
            "A tensor that no line of the table names is told, before anything is read",
        ),
        Probe(
            "missing",
            setting(without=("c_fc",)),
            refused,
            "A tensor that is not there is told, before anything is read",
        ),
    ),
    mistakes=(
        Mistake(
            "nothing-compared",
            list("CAIHE"),
            _ends("Nobody will know that it found no place."),
            "Who would tell you that a tensor of the file has found no place?",
            "Reading follows the table. Which lines follow the *file*?",
            "Whoever unpacks by the list does not notice the parcel that is not on it.",
            "left over",
        ),
        Mistake(
            "read-before-compared",
            list("CAFBIHE"),
            _ends("Reading is the expensive part."),
            "What did the refusal cost, if the file has 10 GB?",
            "Names stand in the header, which is read in no time. What need not be "
            "read before they are compared?",
            "Look at the address before you carry the piano up the stairs.",
            "left over",
        ),
        Mistake(
            "one-side-only",
            list("CJBAIHE"),
            _ends("You look for what is missing only."),
            "From which of the two lists do you take away the other?",
            "Two lists can differ in two ways. Which of them does a difference of sets "
            "show?",
            "All guests on the list have come. And who is the man at the buffet?",
            "left over",
        ),
        Mistake(
            "emptied-instead-of-told",
            list("CAFLIHE"),
            _ends("The loader neither loads nor says why."),
            "Who learns that something was wrong?",
            "An empty answer and an answer look alike from outside. What would a "
            "reader of your loader's message need?",
            "A form that does not fit goes into the bin, and the sender waits.",
            "left over",
        ),
        Mistake(
            "not-turned",
            list("CFBAHE"),
            _weights("it should have been turned."),
            "For which tensors does the table say that they are stored the other way?",
            "Published GPTs hold (in, out). What does the model hold?",
            "Shoes put on by size alone, left on right. (Changing them after the dance "
            "does not help.)",
            "fits",
        ),
        Mistake(
            "every-matrix-turned",
            list("CFBADHE"),
            _weights("a table is looked up by row, and not multiplied."),
            "Which matrix of this model should not be turned?",
            "The table has a column that says it for each tensor. Does your line read "
            "it?",
            "One turns the pancake, and not the plate.",
            "fits",
        ),
        Mistake(
            "reshaped",
            list("CFBAKHE"),
            _weights("The shapes fit, and the numbers stand elsewhere."),
            "What does a reshape do to the order of the numbers?",
            "Try both on [[1, 2, 3], [4, 5, 6]]: which number comes second?",
            "Two columns of names, copied line by line into three.",
            "fits",
        ),
        Mistake(
            "sizes-not-read",
            list("GFBAIHE"),
            lambda got, expected: (
                f"Your model was built with d = {got['size']}, and the checkpoint has "
                f"d = {expected['size']}."
            ),
            "Where does it say how wide this checkpoint is?",
            "The same code loads small and large models. What tells it which one this "
            "is?",
            "A frame bought before the picture was measured.",
            "fits",
        ),
        Mistake(
            "still-training",
            list("CFBAIH"),
            lambda got, _: f"The model that you return is in {got['mode']} mode.",
            "What does dropout do to a text that is written now?",
            "A model is made for training first. Which line says that it is over?",
            "The rehearsal's curtain is still down when the audience comes.",
            "fits",
        ),
    ),
)
