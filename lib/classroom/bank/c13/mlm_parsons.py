"""Chapter 13, Parsons: one step of pre-training on masked words."""

import torch

from ...exercises.model import Exercise, Probe
from ..shared import steps
from ..shared.steps import PlainSGD, loss_and_move, order
from ._step_mistakes import MISTAKES, RIGHT

QUESTION = """
Put the lines of one step of BERT's pre-training in order. `choose(ids)` says which
tokens are chosen this time, True or False for each; `corrupt(ids, chosen)` returns new
ids in which the chosen ones are masked, replaced or kept. The loss is asked for at
**all** chosen tokens, and at no others. The model comes from a validation, in
evaluation mode, with old gradients in its parameters. Some lines do not belong.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import torch
from torch import nn

def train_step(model, optimiser, ids, choose, corrupt):
    {lines}
    return loss.item()
"""

_CE = "loss = nn.functional.cross_entropy"
LINES = {
    "A": "labels = ids",
    "B": "optimiser.step()",
    "C": f"{_CE}(logits.transpose(1, 2), labels)",
    "D": "corrupted = corrupt(ids, chosen)",
    "E": "logits = model(ids)",
    "F": "labels = ids.masked_fill(~chosen, -100)",
    "G": "labels = corrupted.masked_fill(~chosen, -100)",
    "H": "loss.backward()",
    "I": "model.train()",
    "J": "labels = ids.masked_fill(corrupted == ids, -100)",
    "K": "chosen = choose(ids)",
    "L": f"{_CE}(logits[:, :-1].transpose(1, 2), labels[:, 1:])",
    "M": "optimiser.zero_grad()",
    "N": "labels = ids.masked_fill(chosen, -100)",
    "O": "logits = model(corrupted)",
    "P": f"{_CE}(logits.softmax(-1).transpose(1, 2), labels)",
    "Q": "corrupted = corrupt(ids, ~chosen)",
}


class Table(steps.Table):
    """Logits (B, T, V) from each token and its right neighbour."""

    def forward(self, ids):
        return super().forward(ids) + self.table[ids.roll(-1, 1)]


MASK, V = 2, 9
IDS = torch.tensor([[3, 7, 5, 4, 8, 6], [8, 3, 3, 6, 5, 7], [4, 4, 6, 8, 7, 5]])
CHOSEN = torch.tensor(
    [[0, 1, 0, 0, 1, 0], [1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 1]], dtype=torch.bool
)
# masked, masked, masked, another word, kept, masked
FATE = torch.tensor([[2, 2, 2, 2, 2, 2], [2, 2, 2, 5, 2, 2], [2, 2, 6, 2, 2, 2]])


def setting():
    model = Table(V).eval()
    model.table.grad = torch.ones(V, V)
    return model, PlainSGD([model.table], model.events), IDS, lambda _: CHOSEN, _corrupt


def _corrupt(ids, chosen):
    return torch.where(chosen, FATE, ids)


def read(train_step, model, *rest):
    """What the model has read."""
    train_step(model, *rest)
    return model.read


EXERCISE = Exercise(
    id="mlm-parsons",
    chapter=13,
    kind="parsons",
    title="One step on masked words",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        list("KFDIOCMHB"),
        list("MIKDFOCHB"),
        list("KDIOFCMHB"),
    ),
    proves="The model reads the corrupted text in training mode and is asked for the "
    "originals of the chosen tokens; old gradients are gone before new ones come.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "order",
            setting,
            order,
            "The model reads in training mode; then come backward and step, and old "
            "gradients are cleared before backward",
        ),
        Probe(
            "read",
            setting,
            read,
            "The model reads the text in which the chosen tokens are corrupted, and "
            "nothing else",
        ),
        Probe(
            "step",
            setting,
            loss_and_move,
            "The loss is the mean over the six chosen tokens of − log p of the "
            "originals, and the weights move by its gradient",
        ),
    ),
    mistakes=MISTAKES,
)
