"""Chapter 16, write: what is missing, left over, or of another shape."""

import math

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Compare what a model needs with what a file holds, before any number is read.

- `needed`, `found`: dicts from names to shapes (tuples)
- returns three sorted lists of names: those that are **missing** in the file, those
  that are **left over** in it, and those in both whose **shapes differ**
"""

STUB = """
def differences(needed, found):
    raise NotImplementedError
"""


def differences(needed, found):
    missing = sorted(needed.keys() - found.keys())
    left_over = sorted(found.keys() - needed.keys())
    both = needed.keys() & found.keys()
    misfits = sorted(name for name in both if needed[name] != found[name])
    return missing, left_over, misfits


def in_loops(needed, found):
    missing, left, differ = [], [], []
    for name in sorted({**needed, **found}):
        if name not in found:
            missing.append(name)
        elif name not in needed:
            left.append(name)
        elif tuple(needed[name]) != tuple(found[name]):
            differ.append(name)
    return missing, left, differ


def unlike(same):
    """`differences` where shapes are the same if `same` says so."""

    def wrong(needed, found):
        missing, left, _ = differences(needed, found)
        both = needed.keys() & found.keys()
        return missing, left, sorted(n for n in both if not same(needed[n], found[n]))

    return wrong


def edited(change):
    return lambda needed, found: change(*differences(needed, found))


NEEDED = {
    "layers.0.up.weight": (6, 4), "layers.0.up.bias": (6,),
    "layers.0.down.weight": (4, 6), "layers.0.out.weight": (4, 4),
    "norm.weight": (4,), "norm.bias": (4,), "tokens.weight": (7, 4),
}  # fmt: skip


def setting(without=(), more=None, **shapes):
    def make():
        found = {name: s for name, s in NEEDED.items() if name not in without}
        return NEEDED, found | (more or {}) | {NAMES[k]: s for k, s in shapes.items()}

    return make


NAMES = {"up": "layers.0.up.weight", "bias": "layers.0.up.bias",
         "tokens": "tokens.weight"}  # fmt: skip


def _lists(got, expected):
    names = ("missing", "left over", "of another shape")
    told = [
        f"{name}: you {len(g)}, and {len(e)} are right"
        for name, g, e in zip(names, got, expected, strict=False)
        if list(g) != list(e)
    ]
    return "Number of names " + "; ".join(told) + "."


EXERCISE = Exercise(
    id="compare-names",
    chapter=16,
    kind="write",
    title="Complain by name",
    question=QUESTION,
    difficulty=1,
    minutes=5,
    name="differences",
    stub=STUB,
    reference=differences,
    accepts=(in_loops,),
    returns=("missing", "left over", "misfits"),
    proves="Whatever does not fit is told, all of it at once, and each thing under its "
    "own heading. (What no comparison of names and shapes can see is another matter.)",
    probes=(
        Probe(
            "all well", setting(), says="Where all fits, three empty lists come back"
        ),
        Probe(
            "names",
            setting(("norm.bias", "norm.weight"), {"gain": (4,)}),
            says="What is missing and what is left over are told apart",
        ),
        Probe(
            "shapes",
            setting(up=(4, 6), tokens=(8, 4), bias=(6, 1)),
            says="Every other shape is told",
        ),
        Probe(
            "everything",
            setting(("norm.bias",), {"b": (2,), "a": (1,)}, up=(4, 6), bias=(5,)),
            says="Several things that are wrong are all told",
        ),
    ),
    mistakes=(
        Mistake(
            "the-wrong-way-round",
            edited(lambda missing, left, differ: (left, missing, differ)),
            _lists,
            "Missing from whose point of view?",
            "Take a name that is in the file only. Which list does it belong to, and "
            "in which is it with you?",
            "A shopping list and a basket: what is on the list and not in the basket?",
            "names",
        ),
        Mistake(
            "left-over-ignored",
            edited(lambda missing, left, differ: (missing, [], differ)),
            _lists,
            "A tensor in the file found no place in the model. Who should know of it?",
            "Numbers that are not used may be a head that nobody needs, or a name with "
            "a slip in it. Can your code tell which?",
            "After the shelf is put together, three screws are left on the floor.",
            "names",
        ),
        Mistake(
            "missing-ignored",
            edited(lambda missing, left, differ: ([], left, differ)),
            _lists,
            "What values has a parameter that the file does not give?",
            "It keeps its random start, and the model computes with it. Is that "
            "something to be silent about?",
            "An orchestra plays without its second violin, and nobody says so.",
            "names",
        ),
        Mistake(
            "shapes-ignored",
            edited(lambda missing, left, differ: (missing, left, [])),
            _lists,
            "Does a name in both lists mean that all is well?",
            "The third list is about what two tensors of the same name have in common, "
            "and what not.",
            "A shoe of the right brand can still be of another size.",
            "shapes",
        ),
        Mistake(
            "as-many-numbers",
            unlike(lambda a, b: math.prod(a) == math.prod(b)),
            _lists,
            "Are (6, 4) and (4, 6) the same shape?",
            "You count the numbers. What more does a shape say than how many there "
            "are?",
            "A carpet of 2 by 6 metres, and a room of 3 by 4.",
            "shapes",
        ),
        Mistake(
            "same-sizes-in-any-order",
            unlike(lambda a, b: sorted(a) == sorted(b)),
            _lists,
            "May the axes of a matrix change places?",
            "In which order do (out, in) and (in, out) come out of your comparison?",
            "A date of 3/4 is in March or in April. The digits do not say.",
            "shapes",
        ),
        Mistake(
            "same-number-of-axes",
            unlike(lambda a, b: len(a) == len(b)),
            _lists,
            "When are two shapes equal for you?",
            "Both are matrices. Is one with 7 rows as good as one with 8?",
            "Two books of the same number of volumes need not be the same book.",
            "shapes",
        ),
        Mistake(
            "first-axis-only",
            unlike(lambda a, b: a[0] == b[0]),
            _lists,
            "How many of a shape's numbers do you look at?",
            "A bias of (6,) and a tensor of (6, 1) begin alike. Where do they differ?",
            "Two telephone numbers with the same first digit.",
            "shapes",
        ),
        Mistake(
            "misfits-are-missing",
            edited(
                lambda missing, left, differ: (sorted({*missing, *differ}), left, [])
            ),
            _lists,
            "Is a tensor of another shape missing?",
            "Whoever reads your answer will look for the name in the file. Will it be "
            "there?",
            "A parcel that is too large for the shelf has arrived all the same.",
            "everything",
        ),
        Mistake(
            "one-at-a-time",
            edited(lambda *lists: tuple(names[:1] for names in lists)),
            _lists,
            "How often must one run it to learn of three missing names?",
            "Does your search stop at the first thing that it finds?",
            "A proof-reader who sends the book back after each misprint.",
            "names",
        ),
    ),
)
