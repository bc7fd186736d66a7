"""Chapter 14, write: continue texts with any model, within its window."""

import torch
from torch import nn

from ...exercises.model import Exercise, Probe
from ._generate_mistakes import MISTAKES

QUESTION = """
Continue texts greedily, token by token, with a model that cannot read more than
`max_len` tokens at once: once the text is longer, it reads the **last** `max_len`
tokens. No cache: at every step it reads anew.

- `model`: an `nn.Module`, ids (B, t) → logits (B, t, V); it refuses t > `max_len`. It
  has dropout, which must be off while you generate; afterwards the model is in the mode
  in which you got it
- `ids` (B, T): what is there already; T may be more than `max_len`
- returns (B, T + n): what was there, and the n tokens that were added
"""

STUB = """
def generate(model, ids, n, max_len):
    raise NotImplementedError
"""


def generate(model, ids, n, max_len):
    mode = model.training
    model.eval()
    with torch.no_grad():
        for _ in range(n):
            logits = model(ids[:, -max_len:])[:, -1]  # (B, V)
            ids = torch.cat([ids, logits.argmax(-1, keepdim=True)], dim=1)
    model.train(mode)
    return ids


def into_a_buffer(model, ids, n, max_len):
    T, mode = ids.shape[1], model.training
    text = torch.cat([ids, ids.new_zeros(len(ids), n)], dim=1)
    model.train(False)
    for t in range(T, T + n):
        text[:, t] = model(text[:, max(0, t - max_len) : t])[:, -1, :].argmax(-1)
    model.train(mode)
    return text


def list_of_columns(model, ids, n, max_len):
    was, columns = model.training, list(ids.unbind(1))
    model.eval()
    for _ in range(n):
        window = torch.stack(columns[-max_len:], dim=1)
        columns.append(model(window).softmax(-1)[:, -1].max(-1).indices)
    model.train(was)
    return torch.stack(columns, dim=1)


class Tiny(nn.Module):
    """Next-token logits from a running sum of everything in the window."""

    def __init__(self, max_len, V=11):
        super().__init__()
        draw = torch.Generator().manual_seed(7)
        self.words = torch.randn(V, 6, generator=draw)
        self.places = torch.randn(max_len, 6, generator=draw)
        self.out = torch.randn(6, V, generator=draw)
        self.max_len = max_len

    def forward(self, ids):
        if ids.shape[1] > self.max_len:
            raise ValueError(f"{ids.shape[1]} tokens, and max_len is {self.max_len}")
        x = self.words[ids] + self.places[: ids.shape[1]]  # (B, t, 6)
        # a newer word counts more, and older ones are not forgotten
        state, states = torch.zeros_like(x[:, 0]), []
        for t in range(ids.shape[1]):
            state = torch.tanh(0.8 * state.roll(1, -1) + x[:, t])
            states.append(state)
        h = nn.functional.dropout(torch.stack(states, 1), 0.6, self.training)
        return h @ self.out


BEGIN = torch.tensor([[3, 8, 1], [0, 5, 10]])
LONG = torch.tensor([[3, 8, 1, 9, 2, 2], [0, 5, 10, 4, 7, 1]])


def setting(ids, n, max_len, training=False):
    def make():
        return Tiny(max_len).train(training), ids, n, max_len

    return make


def with_mode(generate, model, ids, n, max_len):
    """What was generated, and the mode that the model is in afterwards."""
    added = generate(model, ids, n, max_len)
    return {"ids": added, "training": model.training}


EXERCISE = Exercise(
    id="gpt-generate",
    chapter=14,
    kind="write",
    title="Continue a text within a window",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="generate",
    stub=STUB,
    reference=generate,
    accepts=(into_a_buffer, list_of_columns),
    proves="One token after another, from the last row of logits, with the newest "
    "max_len tokens in view, without dropout; and the model is given back as it was.",
    probes=(
        Probe(
            "in the window",
            setting(BEGIN, 4, 9),
            says="Each token is the likeliest one after all that stands before it",
        ),
        Probe(
            "one token",
            setting(BEGIN, 1, 9),
            says="With n = 1, one token is added",
        ),
        Probe(
            "past the window",
            setting(BEGIN, 6, 4),
            says="Once the text is longer than max_len, the last max_len tokens are "
            "read",
        ),
        Probe(
            "long beginning",
            setting(LONG, 2, 4),
            says="A beginning longer than max_len is kept whole, and its end is read",
        ),
        Probe(
            "in training",
            setting(BEGIN, 5, 9, training=True),
            with_mode,
            "A model in training mode generates without dropout, and is in training "
            "mode afterwards",
        ),
        Probe(
            "in evaluation",
            setting(BEGIN, 2, 9),
            with_mode,
            "A model in evaluation mode is in evaluation mode afterwards",
        ),
    ),
    mistakes=MISTAKES,
)
