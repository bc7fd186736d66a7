"""Chapter 14, Parsons: one step of pre-training on a long row of tokens."""

import torch

from ...exercises.model import Exercise, Probe
from ..shared import steps
from ..shared.steps import PlainSGD, disorder, loss_and_move
from ._pretrain_mistakes import MISTAKES, RIGHT

QUESTION = """
Put the lines of one pre-training step in order. `data` (N,) is the whole corpus, one
row of token ids. The step draws B windows anywhere in it, reads T tokens of each and
asks for the token after **each** of them; N may be as small as T + 1, and every token
but the first is a target sometimes. The model comes from a validation, in evaluation
mode, with old gradients in its parameters. Some lines do not belong.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import torch
from torch import nn

def train_step(model, optimiser, data, B, T, max_norm):
    {lines}
    return loss.item()
"""

LINES = {
    "A": "loss = nn.functional.cross_entropy(logits.transpose(1, 2), y)",
    "B": "x, y = rows[:, :-1], rows[:, :-1]",
    "C": "starts = torch.randint(len(data) - T, (B,)).tolist()",
    "D": "optimiser.step()",
    "E": "starts = torch.randint(len(data) - T + 1, (B,)).tolist()",
    "F": "logits = model(x)",
    "G": "rows = torch.stack([data[i : i + T + 1] for i in starts])",
    "H": "x, y = rows[:, :-1], rows[:, 1:]",
    "I": "logits = model(x).softmax(dim=-1)",
    "J": "optimiser.zero_grad()",
    "K": "model.train()",
    "L": "x, y = rows[:, 1:], rows[:, :-1]",
    "M": "loss.backward()",
    "N": "loss = nn.functional.cross_entropy(logits[:, -1], y[:, -1])",
    "O": "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
    "P": "loss = nn.functional.cross_entropy(logits.reshape(B, -1, T), y)",
    "Q": "starts = torch.arange(B).tolist()",
}


class Table(steps.Table):
    """Notes too when somebody asks for its weights, which is to clip them."""

    def parameters(self, recurse=True):
        self.events.append("clip")
        return super().parameters(recurse)


def setting(N, B, T, max_norm=100.0, V=7):
    def make():
        model = Table(V).eval()
        model.table.grad = torch.ones(V, V)
        data = torch.randint(V, (N,))
        return model, PlainSGD([model.table], model.events), data, B, T, max_norm

    return make


def order(train_step, model, *rest):
    """The mode in which the model reads, and the first thing out of order."""
    found = steps.order(train_step, model, *rest)
    return found | {"out of order": disorder(model.events, clip=True)}


def length_of_step(train_step, model, *rest):
    return loss_and_move(train_step, model, *rest)["move"].norm().item()


def tokens_read(train_step, model, optimiser, data, *rest):
    """In a corpus that counts 0, 1, 2, …: the tokens that are read, sorted."""
    train_step(model, optimiser, torch.arange(len(data)), *rest)
    return torch.cat(model.read).unique()


EXERCISE = Exercise(
    id="pretrain-parsons",
    chapter=14,
    kind="parsons",
    title="One step of pre-training",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        ["C", "G", "H", "K", "F", "A", "J", "M", "O", "D"],
        ["J", "K", "C", "G", "H", "F", "A", "M", "O", "D"],
        ["C", "K", "G", "H", "J", "F", "A", "M", "O", "D"],
    ),
    proves="Windows from the whole corpus, targets one token ahead at every position, "
    "dropout on, old gradients gone, and a step no longer than the clip allows.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "order",
            setting(40, 3, 5),
            order,
            "The model reads in training mode; then come backward, clip and step, and "
            "old gradients are cleared before backward",
        ),
        Probe(
            "step",
            setting(40, 3, 5),
            loss_and_move,
            "The loss is the mean over B · T targets, each one token ahead, and the "
            "weights move by its gradient",
        ),
        Probe(
            "clip",
            setting(40, 3, 5, max_norm=0.01),
            length_of_step,
            "With max_norm = 0.01 and a rate of 1 the weights move by 0.01 at most",
        ),
        Probe(
            "shortest corpus",
            setting(6, 16, 5),
            loss_and_move,
            "A corpus of T + 1 tokens has one window, and it is used",
        ),
        Probe(
            "everywhere",
            setting(12, 64, 3, V=12),
            tokens_read,
            "Windows are drawn from the beginning to the end of the corpus",
        ),
    ),
    mistakes=MISTAKES,
)
