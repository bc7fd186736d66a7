"""Chapter 1, Parsons: one step of training on a long text that comes in chunks."""

import torch
from torch import nn

from ...exercises.model import Exercise, Probe
from ..shared.steps import PlainSGD, disorder
from ._chunk_mistakes import MISTAKES, RIGHT

QUESTION = """
A text too long to go back through is cut into chunks. For each chunk in turn we call
`train_chunk` once, and hand it the state that the last call returned. Put the lines in
order. The gradient stops where the chunk begins, and the network remembers across it;
an unusually large gradient must not throw the weights off. Some lines do not belong.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import torch
from torch import nn

def train_chunk(model, optimiser, inputs, targets, state, max_norm):
    {lines}
    return loss.item(), state
"""

LINES = {
    "A": "optimiser.step()",
    "B": "outputs, state = model(inputs, state)",
    "C": "loss.backward(retain_graph=True)",
    "D": "optimiser.zero_grad()",
    "E": "state = torch.zeros_like(state)",
    "F": "loss = nn.functional.mse_loss(outputs, targets)",
    "G": "outputs = []\n"
    "for x in inputs.split(1, dim=1):  # one step at a time\n"
    "    output, state = model(x, state.detach())\n"
    "    outputs.append(output)\n"
    "outputs = torch.cat(outputs, dim=1)",
    "H": "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
    "I": "loss.backward()",
    "J": "state = state.detach()",
}


class Net(nn.RNN):
    """Notes when its gradients are computed and when somebody asks for its weights."""

    def __init__(self, *sizes):
        super().__init__(*sizes, batch_first=True)
        self.events = []
        weight = next(super().parameters())
        weight.register_hook(lambda _: self.events.append("backward"))

    def parameters(self, recurse=True):
        if hasattr(self, "events"):
            self.events.append("clip")
        return super().parameters(recurse)


def setting(scale, lr, max_norm):
    """A tiny network, its optimiser, two chunks of a text, and a first state."""

    def make():
        model = Net(3, 4)
        optimiser = PlainSGD(model.parameters(), model.events, lr)
        inputs, targets = torch.randn(2, 10, 3), scale * torch.randn(2, 10, 4)
        chunks = [(inputs[:, s], targets[:, s]) for s in (slice(0, 5), slice(5, 10))]
        return model, optimiser, chunks, torch.randn(1, 2, 4), max_norm

    return make


def _weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def clipped(train_chunk, model, optimiser, chunks, state, max_norm):
    """How far one step moves the weights, and what is out of order."""
    before = _weights(model)
    model.events.clear()
    train_chunk(model, optimiser, *chunks[0], state, max_norm)
    trouble = disorder(model.events, zero=False, clip=True)
    return (_weights(model) - before).norm().item(), trouble


def losses(train_chunk, model, optimiser, chunks, state, max_norm):
    """The losses of two chunks, the second with the state that the first returned."""
    found = []
    for chunk in chunks:
        loss, state = train_chunk(model, optimiser, *chunk, state, max_norm)
        found.append(loss)
    return found


def both_chunks(train_chunk, model, optimiser, chunks, state, max_norm):
    """Where the weights are after two chunks, or how autograd refuses the second."""
    try:
        losses(train_chunk, model, optimiser, chunks, state, max_norm)
    except RuntimeError as error:
        for known in ("a second time", "an inplace operation"):
            if known in str(error):
                return known
        raise
    return _weights(model)


EXERCISE = Exercise(
    id="truncated-bptt",
    chapter=1,
    kind="parsons",
    title="Training on a text in chunks",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        ["J", "B", "D", "F", "I", "H", "A"],
        ["J", "B", "F", "D", "I", "H", "A"],
        ["D", "B", "J", "F", "I", "H", "A"],
        ["D", "B", "F", "I", "H", "A", "J"],
        ["J", "B", "F", "I", "H", "A", "D"],
    ),
    proves="Two chunks train one after the other: the state goes on, the gradient "
    "stops at the border, old gradients are gone, and no step is longer than the clip "
    "allows.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "large gradient",
            setting(1000.0, 1.0, 1.0),
            clipped,
            "With max_norm = 1 "
            "and a learning rate of 1, one step moves the weights by at most 1",
        ),
        Probe(
            "still weights",
            setting(1.0, 0.0, 1.0),
            losses,
            "With a learning rate of "
            "0, the two losses are those of one run over the whole text",
        ),
        Probe(
            "two chunks",
            setting(1.0, 0.5, 100.0),
            both_chunks,
            "After two chunks the weights are where two clean steps lead",
        ),
    ),
    mistakes=MISTAKES,
)
