"""What the exercises on the lines of one step of training have in common."""

import torch
from torch import nn

from ...exercises.compare import short


class Noted(nn.Module):
    """A model that notes in `events` and `read` what is done with it."""

    def __init__(self):
        super().__init__()
        self.events, self.read = [], []

    def watch(self, *weights):
        """Note when a gradient of these weights is computed."""
        for p in weights:
            p.register_hook(lambda _: self.events.append("backward"))

    def note(self, ids):
        """Note that ids are read, and in which mode."""
        self.events.append("read in training" if self.training else "read in eval")
        self.read.append(ids)


class Table(Noted):
    """A bigram model: logits (B, T, V) from each token."""

    def __init__(self, V):
        super().__init__()
        self.table = nn.Parameter(torch.randn(V, V))
        self.watch(self.table)

    def forward(self, ids):
        self.note(ids)
        return self.table[ids]


class PlainSGD:
    """`torch.optim.SGD` in a few lines: its first use would import for 2 seconds."""

    def __init__(self, weights, events, lr=1.0):
        self.weights, self.events, self.lr = list(weights), events, lr

    def zero_grad(self):
        self.events.append("zero")
        for p in self.weights:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.events.append("step")
        for p in self.weights:
            if p.grad is not None:
                p -= self.lr * p.grad


def order(train_step, model, *rest):
    """The mode in which the model reads, and the first thing out of order."""
    train_step(model, *rest)
    reads = ", ".join(event for event in model.events if event.startswith("read"))
    return {"reads": reads, "out of order": disorder(model.events)}


def disorder(events, zero=True, clip=False):
    """What a step does too early, too late or not at all; "" if nothing.

    Args: zero, clip: whether old gradients must be cleared, and new ones clipped.
    """
    at = {event: n for n, event in enumerate(events)}
    for event in ("backward", "step"):
        if event not in at:
            return f"no {event}"
    if at["step"] < at["backward"]:
        return "step before backward"
    if at["backward"] < at.get("zero", -1) < at["step"]:
        return "zero between backward and step"
    if zero and at.get("zero", len(events)) > at["backward"]:
        return "no zero before backward"
    if not clip:
        return ""
    if "clip" not in at:
        return "no clip"
    if at["clip"] < at["backward"]:
        return "clip before backward"
    return "clip after step" if at["clip"] > at["step"] else ""


def loss_and_move(train_step, model, *rest):
    """The loss, and how a `Table` has moved."""
    before = model.table.detach().clone()
    loss = train_step(model, *rest)
    return {"loss": loss, "move": model.table.detach() - before}


def replaced(right, old, new):
    """An order of lines with another one in the place of `old`."""
    return [new if label == old else label for label in right]


def without(right, label):
    """An order of lines without one of them."""
    return [each for each in right if each != label]


def loss_says(text):
    """A first hint: the learner's loss beside the right one, and a text."""

    def symptom(got, expected):
        if isinstance(got, Exception):
            return text
        return (
            f"On this batch your loss is {short(got['loss'])}, and "
            f"{short(expected['loss'])} is right. {text}"
        )

    return symptom


# mistake → the hints after the first, where they say nothing of one exercise
HINTS = {
    "softmax-before-ce": (
        "How many softmaxes stand between the logits and the loss?",
        "`cross_entropy` takes logits and does a softmax of its own. What does it make "
        "of numbers between 0 and 1?",
        "A photograph of a photograph: each time the contrast is lower.",
    ),
    "eval-mode-missing": (
        "In which mode did the validation leave the model?",
        "Whoever needs a mode sets it: what has to happen before the model reads?",
        "After the concert the orchestra goes on rehearsing, and everybody still "
        "wears a tailcoat.",
    ),
    "zero-grad-missing": (
        "What does `backward` do with what already lies in `.grad`?",
        "Gradients are added to. Whose gradients are in the box when you step?",
        "A till that is not set to zero between two customers.",
    ),
    "zero-grad-after-backward": (
        "What is in the box when you step?",
        "Old gradients have to go, the new ones have to stay. Between which two lines "
        "is that possible?",
        "The board is wiped clean after the proof has been written, and before anyone "
        "has read it.",
    ),
    "step-before-backward": (
        "Where do the numbers come from that your step uses?",
        "Read your lines downwards: at which of them does `.grad` receive something?",
        "Posting the envelope, and then writing the letter.",
    ),
    "backward-missing": (
        "Who fills `.grad`?",
        "A loss is a number. Which line asks how it depends on the weights?",
        "The marks are known, and nobody tells the pupils what was wrong.",
    ),
    "step-missing": (
        "Who reads the gradients that you have computed?",
        "Loss, gradient, and then? Which line changes a weight?",
        "The doctor writes a prescription, and nobody goes to the chemist.",
    ),
}
