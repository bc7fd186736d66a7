"""Chapter 11, Parsons: one step of training on a batch that comes in parts."""

import torch
from torch import nn

from ...exercises.model import Exercise, Probe
from ._step_mistakes import MISTAKES, RIGHT

QUESTION = """
A batch is too large for the memory, and comes in parts. Put the lines of one training
step in order, so that it is the step that the whole batch at once would have given:
every **token** has the same weight, though the parts hold different numbers of them.
`loss_sum(model, part)` returns the summed loss of a part and its number of tokens. Old
gradients lie in the parameters when the function is called. Some lines do not belong;
those inside the loop begin with four blanks.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
from torch import nn

def step(model, optimiser, parts, loss_sum, max_norm):
    {lines}
"""

LINES = {
    "A": "    (summed / n).backward()",
    "B": "for p in model.parameters():\n    p.grad /= tokens",
    "C": "    tokens = tokens + n",
    "D": "optimiser.step()",
    "E": "    optimiser.zero_grad()",
    "F": "for part in parts:\n    summed, n = loss_sum(model, part)",
    "G": "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
    "H": "    nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
    "I": "tokens = 0",
    "J": "    summed.backward()",
    "K": "optimiser.zero_grad()",
    "L": "    optimiser.step()",
    "M": "for p in model.parameters():\n    p.grad /= len(parts)",
}


class Plain:
    """Stochastic gradient descent with a learning rate of 1, in a few lines."""

    def __init__(self, parameters):
        self.parameters = list(parameters)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = torch.zeros_like(p)

    @torch.no_grad()
    def step(self):
        for p in self.parameters:
            p -= p.grad


class AsTorchs(Plain):
    """Takes the gradients away, as the optimisers of PyTorch do."""

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None


def loss_sum(model, part):
    """Half the squared distance to the targets, summed, and the number of tokens."""
    inputs, targets = part
    return 0.5 * ((model(inputs) - targets) ** 2).sum(), len(inputs)


def setting(sizes, scale, max_norm, stale=0.0, optimiser=Plain):
    """A linear layer, its optimiser and a batch in parts of these numbers of tokens."""

    def make():
        model = nn.Linear(3, 2)
        for p in model.parameters():
            p.grad = torch.full_like(p, stale)
        parts = [(torch.randn(n, 3), scale * torch.randn(n, 2)) for n in sizes]
        return model, optimiser(model.parameters()), parts, loss_sum, max_norm

    return make


def _weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def moved(step, model, optimiser, parts, loss, max_norm):
    """How the weights move in one step."""
    before = _weights(model).clone()
    step(model, optimiser, parts, loss, max_norm)
    return _weights(model) - before


def how_far(step, model, *rest):
    """How far the weights move, and how long the gradient is afterwards."""
    distance = moved(step, model, *rest).norm().item()
    left = torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()
    return {"moved": distance, "gradient after the step": left}


EXERCISE = Exercise(
    id="accumulated-step",
    chapter=11,
    kind="parsons",
    title="One step, in parts",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        ["K", "I", "F", "C", "J", "B", "G", "D"],
        ["I", "K", "F", "J", "C", "B", "G", "D"],
        ["I", "K", "F", "C", "J", "B", "G", "D"],
    ),
    proves="Sums of gradients add up over the parts, one division by all the tokens "
    "makes the mean, and clipping sees the gradient of the whole batch.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "one part",
            setting((4,), 1.0, 1e3),
            moved,
            "A batch in one part is an ordinary step",
        ),
        Probe(
            "stale gradients",
            setting((4,), 1.0, 1e3, 5.0),
            moved,
            "What lay in the gradients before has no say",
        ),
        Probe(
            "10 and 1",
            setting((10, 1), 1.0, 1e3),
            moved,
            "Parts of 10 tokens and 1 give the step of their 11 tokens",
        ),
        Probe(
            "large gradient",
            setting((10, 1), 1e3, 1.0),
            how_far,
            "With max_norm = 1 and a learning rate of 1 the weights move by at most 1",
        ),
        Probe(
            "clipped",
            setting((10, 1), 5.0, 1.0),
            moved,
            "Clipping shortens the gradient of the whole batch",
        ),
        Probe(
            "no gradients yet",
            setting((10, 1), 1.0, 1e3, optimiser=AsTorchs),
            moved,
            "Nothing reads a gradient between `zero_grad`, which takes it away, and "
            "`backward`",
        ),
    ),
    mistakes=MISTAKES,
)
