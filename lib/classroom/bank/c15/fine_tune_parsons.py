"""Chapter 15, Parsons: one step of fine-tuning, from texts to moved weights."""

import torch
from torch import nn

from ...exercises.model import Exercise, Probe
from ..shared.steps import Noted, PlainSGD, order
from ._fine_tune_mistakes import MISTAKES, RIGHT

QUESTION = """
Put the lines of one fine-tuning step in order: rows of tokens, a batch padded on the
right, the head at extract, the language model beside it, and **all** weights moved.
`texts` are lists of ids of any length, `labels` (B,); the model takes at most `MAX_LEN`
tokens, gives hidden states (B, T, d), and has `model.head` for the task and
`model.next_token` for the language model, whose loss is here a mean over all tokens of
the batch that are asked for. It comes from a validation, in evaluation
mode, with old gradients in its parameters. Some lines do not belong.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import torch
from torch import nn

START, EXTRACT, PAD, MAX_LEN = 7, 8, 9, 6

def train_step(model, optimiser, texts, labels, lm_weight):
    {lines}
    return loss.item()
"""

LINES = {
    "A": "loss = lm + lm_weight * task",
    "B": "rows = [torch.tensor([START, *t, EXTRACT][:MAX_LEN]) for t in texts]",
    "C": "optimiser.step()",
    "D": "lm = nn.functional.cross_entropy(logits, ids[:, :-1], ignore_index=PAD)",
    "E": "last = (ids != PAD).sum(dim=1) - 1",
    "F": "model.body.requires_grad_(False)",
    "G": "task = nn.functional.cross_entropy(scores, labels)",
    "H": "hidden = model(ids)",
    "I": "loss = task + lm_weight * lm",
    "J": "ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)",
    "K": "lm = nn.functional.cross_entropy(logits, ids[:, 1:])",
    "L": "optimiser.zero_grad()",
    "M": "last = torch.full((len(ids),), -1)",
    "N": "scores = model.head(hidden[torch.arange(len(ids)), last])",
    "O": "rows = [torch.tensor([START, *t[: MAX_LEN - 2], EXTRACT]) for t in texts]",
    "P": "logits = model.next_token(hidden[:, :-1]).transpose(1, 2)",
    "Q": "model.train()",
    "R": "loss.backward()",
    "S": "lm = nn.functional.cross_entropy(logits, ids[:, 1:], ignore_index=PAD)",
}


class Body(nn.Module):
    """States that have read everything up to their place."""

    def __init__(self, V, d):
        super().__init__()
        self.words = nn.Parameter(torch.randn(V, d))

    def forward(self, ids):
        # a sum over the past, in which a newer token counts more
        state, states = torch.zeros(len(ids), self.words.shape[1]), []
        for t in range(ids.shape[1]):
            state = torch.tanh(0.7 * state + self.words[ids[:, t]])
            states.append(state)
        return torch.stack(states, 1)


class Model(Noted):
    """A body, a tied output and a head."""

    def __init__(self, V=10, d=4, C=3):
        super().__init__()
        self.body = Body(V, d)
        self.W_y = nn.Parameter(torch.randn(d, C))
        self.watch(*self.parameters())

    def forward(self, ids):
        self.note(ids)
        return self.body(ids)

    def head(self, h):
        return h @ self.W_y

    def next_token(self, h):
        return h @ self.body.words.T


SHORT = [[3, 0, 5, 1], [2, 6], [4, 4, 1]]
LONG = [[3, 0, 5, 1, 2, 2], [6, 1], [4, 4, 1, 0, 5]]


def setting(texts, lm_weight=0.25):
    def make():
        model = Model().eval()
        for p in model.parameters():
            p.grad = torch.ones_like(p)
        rest = [list(text) for text in texts], torch.tensor([2, 0, 1]), lm_weight
        return model, PlainSGD(model.parameters(), model.events), *rest

    return make


def step_of(train_step, model, *rest):
    """The loss, and how body and head have moved."""
    before = [p.detach().clone() for p in (model.body.words, model.W_y)]
    loss = train_step(model, *rest)
    body, head = model.body.words.detach(), model.W_y.detach()
    return {"loss": loss, "body": body - before[0], "head": head - before[1]}


def next_step(train_step, model, *rest):
    """As `step_of`, for a second step with the same batch."""
    train_step(model, *rest)
    return step_of(train_step, model, *rest)


def tokens_read(train_step, model, *rest):
    """What the model is given to read."""
    train_step(model, *rest)
    return torch.cat(model.read)


EXERCISE = Exercise(
    id="fine-tune-parsons",
    chapter=15,
    kind="parsons",
    title="One step of fine-tuning",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        list("QLOJHPSENGIRC"),
        list("OJQHENGPSILRC"),
        list("OJEQHPNSGILRC"),
    ),
    proves="Extract survives the cut and is read before the padding, every real token "
    "is asked for once, the task counts in full, and nothing is frozen.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe(
            "order",
            setting(SHORT),
            order,
            "The model reads in training mode; then come backward and step, and old "
            "gradients are cleared before backward",
        ),
        Probe(
            "rows",
            setting(LONG),
            tokens_read,
            "Rows are start, at most four tokens of the text, extract, and padding on "
            "the right",
        ),
        Probe(
            "step",
            setting(SHORT),
            step_of,
            "The loss is the task's plus a quarter of the language model's, and both "
            "body and head move by its gradient",
        ),
        Probe(
            "task alone",
            setting(SHORT, lm_weight=0.0),
            step_of,
            "With λ = 0 the loss is the task's",
        ),
        Probe(
            "next step",
            setting(SHORT),
            next_step,
            "The next step moves body and head again: nothing is left frozen",
        ),
    ),
    mistakes=MISTAKES,
)
