"""Chapter 9, write: layers upon one another."""

import torch
from torch import nn

from ...exercises.compare import kind
from ...exercises.model import Exercise, Probe
from ._stack_mistakes import MISTAKES

QUESTION = """
Stack layers: write a function that returns a module of `n_layers` layers, each reading
the output of the one before.

- `make_layer`: a function without arguments that makes a new layer, an `nn.Module`,
  with weights of its own; call it once for each layer, from the bottom up
- `n_layers`: how many, at least 1
- returns an `nn.Module`, called with one tensor; training it, moving it or saving it
  must reach all layers

If each layer adds 1, a stack of three turns 0 into 3.
"""

STUB = """
def stack(make_layer, n_layers):
    raise NotImplementedError
"""


def stack(make_layer, n_layers):
    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(make_layer() for _ in range(n_layers))

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    return Stack()


def sequential(make_layer, n_layers):
    return nn.Sequential(*(make_layer() for _ in range(n_layers)))


def registered_by_name(make_layer, n_layers):
    module = nn.Sequential()
    for n in range(n_layers):
        module.add_module(f"layer{n}", make_layer())
    return module


class Numbered(nn.Module):
    """Layer n of a stack, from 1: x → 2x + n, in training; and a weight."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.weight = nn.Parameter(torch.tensor([float(number), 0.5, -1.0]))
        self.register_buffer("table", torch.zeros(2))

    def forward(self, x):
        return 2 * x + self.number + 0 * self.weight.sum()


class Plus(nn.Linear):
    """x → x + 1, with weights drawn anew in each layer."""

    def __init__(self):
        super().__init__(3, 5)

    def forward(self, input):
        return input + 1


def numbered(n_layers):
    def args():
        made = []

        def make_layer():
            made.append(Numbered(len(made) + 1))
            return made[-1]

        return make_layer, n_layers

    return args


def plus(n_layers):
    return lambda: (Plus, n_layers)


def module(look):
    """Let `look` read a module that can be called; of others the kind is named."""

    def observe(function, make_layer, n_layers):
        made = function(make_layer, n_layers)
        if not isinstance(made, nn.Module):
            return f"{kind(made)}, no module"
        try:
            return look(made)
        except NotImplementedError:  # raised by torch; not to be taken for the stub's
            return f"a {type(made).__name__} without a `forward`"

    return observe


@module
def counted(made):
    return {"parameters": sum(p.numel() for p in made.parameters() if p.requires_grad)}


@module
def names(made):
    return {"saved tensors": len(made.state_dict())}


@module
def starts(made):
    """How many different weights the layers start with."""
    weights = {tuple(p.flatten().tolist()) for p in made.parameters() if p.ndim == 2}
    return {"different weights": len(weights)}


@module
def output(made):
    return made(torch.zeros(2, 3))


@module
def asleep(made):
    awake = sum(m.training for m in _layers(made))
    made.eval()
    return {
        "layers in training": awake,
        "in evaluation": sum(not m.training for m in _layers(made)),
    }


@module
def untouched(made):
    x = torch.full((2, 3), -7.0)
    return [made(x), made(x)]


@module
def pulled(made):
    total = made(torch.zeros(2, 3)).sum()
    if total.requires_grad:
        total.backward()
    reached = [p.grad is not None for p in made.parameters()]
    return {"layers with a gradient": sum(reached)}


def _layers(made):
    return [m for m in made.modules() if isinstance(m, Numbered)]


EXERCISE = Exercise(
    id="stack",
    chapter=9,
    kind="write",
    title="Layers upon one another",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="stack",
    stub=STUB,
    reference=stack,
    accepts=(sequential, registered_by_name),
    proves="Every layer is another object with weights of its own, the module knows "
    "them all, and each reads what the one below has made.",
    probes=(
        Probe(
            "plus one",
            plus(4),
            output,
            "Four layers that add 1 turn 0 into 4",
        ),
        Probe(
            "parameters",
            plus(4),
            counted,
            "Four layers have four times the parameters of one",
        ),
        Probe(
            "starts",
            plus(4),
            starts,
            "Every layer starts with weights of its own",
        ),
        Probe(
            "order",
            numbered(3),
            output,
            "The layer that was made first reads the input",
        ),
        Probe("saved", numbered(3), names, "What is saved holds every layer"),
        Probe(
            "asleep",
            numbered(3),
            asleep,
            "A new stack is in training, and eval() reaches every layer",
        ),
        Probe("pulled", numbered(3), pulled, "The gradient reaches every layer"),
        Probe(
            "twice",
            numbered(2),
            untouched,
            "Nothing stands between the layers, and a second call does the same",
        ),
        Probe("tall", numbered(13), output, "Thirteen layers are thirteen"),
        Probe("one layer", numbered(1), output, "A stack of one is that layer"),
    ),
    mistakes=MISTAKES,
)
