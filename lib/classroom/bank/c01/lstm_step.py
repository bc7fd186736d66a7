"""Chapter 1, faded: one step of an LSTM, in torch's layout."""

import torch

from ...exercises.model import Exercise, Mistake, Probe
from ._lstm_mistakes import MISTAKES, shown

QUESTION = r"""
An LSTM carries two things along: the cell $c$, which is its memory, and the hidden
state $h$, which is what it shows. Three gates between 0 and 1 decide what happens to
them:

$$c' = f \odot c + i \odot g \qquad h' = o \odot \tanh(c')$$

The gates $i, f, o$ are squashed by the sigmoid, the candidate $g$ by $\tanh$.
All four come from one matrix product; `torch.nn.LSTM` stacks their rows in the order
**i, f, g, o** (input, forget, candidate, output), and so do we. The first line is
given; write the rest, in PyTorch.

- `x` (B, d_in), `h` and `c` (B, d_hidden)
- `W_x` (4·d_hidden, d_in), `W_h` (4·d_hidden, d_hidden), `b` (4·d_hidden,)
- returns the new `(h, c)`
"""

STUB = """
def lstm_step(x, h, c, W_x, W_h, b):
    gates = x @ W_x.T + h @ W_h.T + b  # (B, 4 * d_hidden)
    raise NotImplementedError  # split and squash; then the new cell; then what it shows
"""


def lstm_step(x, h, c, W_x, W_h, b):
    gates = x @ W_x.T + h @ W_h.T + b  # (B, 4 * d_hidden)
    i, f, g, o = gates.chunk(4, dim=-1)  # (B, d_hidden) each
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g  # keep a part of the old, write a part of the new
    h = o * c.tanh()
    return h, c


def sliced(x, h, c, W_x, W_h, b):
    n, gates = c.shape[-1], x @ W_x.T + h @ W_h.T + b
    i, f, o = (torch.sigmoid(gates[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
    new = torch.addcmul(f * c, i, torch.tanh(gates[:, 2 * n : 3 * n]))
    return o * torch.tanh(new), new


def library(x, h, c, W_x, W_h, b):
    cell = torch.nn.LSTMCell(x.shape[-1], h.shape[-1])
    values = W_x, W_h, b, torch.zeros_like(b)
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), values, strict=True):
            parameter.copy_(value)
    return cell(x, (h, c))


def output_not_squashed(x, h, c, W_x, W_h, b):
    i, f, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o * c.tanh(), c


OPEN, SHUT = 20.0, -20.0  # what a sigmoid turns into 1 and 0


def _set(i, f, g, o):
    """Inputs on which the gates depend on nothing but the bias, and c is known."""
    x, h = torch.full((2, 3), 0.4), torch.full((2, 5), 0.2)
    c = torch.tensor([[1.5, -1.0, 0.5, 2.0, -0.5], [0.3, 1.0, -2.0, 0.8, 1.2]])
    b = torch.tensor([i, f, g, o]).repeat_interleave(5)
    return x, h, c, torch.zeros(20, 3), torch.zeros(20, 5), b


def set_by_state():
    """As "keep", but it is the old hidden state that opens and shuts the gates."""
    x, _, c, W_x, W_h, b = _set(SHUT, OPEN, -2.0, OPEN)
    h = torch.zeros(2, 5)
    h[:, 0], W_h[:, 0] = 0.5, 2 * b
    return x, h, c, W_x, W_h, torch.zeros_like(b)


def sizes():
    shapes = (2, 3), (2, 5), (2, 5), (20, 3), (20, 5), (20,)
    return tuple(torch.randn(shape) for shape in shapes)


def two_steps(step, x, h, c, *weights):
    """The second step sees what the first one returned."""
    return step(x, *step(x, h, c, *weights), *weights)


EXERCISE = Exercise(
    id="lstm-step",
    chapter=1,
    kind="faded",
    title="One step of an LSTM",
    question=QUESTION,
    difficulty=3,
    minutes=15,
    name="lstm_step",
    stub=STUB,
    reference=lstm_step,
    accepts=(sliced, library),
    proves="Your cell keeps, writes and shows what its gates say, and passes both "
    "states on: it is torch's LSTM, step for step.",
    probes=(
        Probe(
            "keep",
            lambda: _set(SHUT, OPEN, -2.0, OPEN),
            says="With the forget gate open and the input gate shut, the cell "
            "keeps its numbers",
        ),
        Probe(
            "write",
            lambda: _set(OPEN, SHUT, -2.0, OPEN),
            says="With the forget gate shut and the input gate open, the cell is "
            "replaced by the candidate",
        ),
        Probe(
            "hide",
            lambda: _set(SHUT, OPEN, -2.0, SHUT),
            says="With the output gate shut the hidden state is 0, and the cell "
            "does not change",
        ),
        Probe(
            "both",
            lambda: _set(OPEN, OPEN, -2.0, OPEN),
            says="With all gates open the candidate is added to the old cell",
        ),
        Probe(
            "half",
            lambda: _set(0.0, 0.0, 1.0, 0.0),
            says="With sums of 0 every gate is half open",
        ),
        Probe(
            "set by the state",
            set_by_state,
            says="The old hidden state moves the gates too",
        ),
        Probe("sizes", sizes, says="Input, state and bias all move the gates"),
        Probe(
            "two steps",
            sizes,
            two_steps,
            says="A second step can go on from what the first one returned",
        ),
    ),
    mistakes=(
        Mistake(
            "lstm-output-not-squashed",
            output_not_squashed,
            lambda got, _: (
                "With the output gate's sum at 20 and 1.5 in the cell, 0.905 should "
                f"show. You show {shown(got)}; your cell is right."
            ),
            "Between which two numbers should each of the three gates lie?",
            "Two of your gates are shares. Follow the third one from the product to "
            "the line where it is used.",
            "Three sliders on a mixing desk run from 0 to 1. On one of them the stop "
            "is missing, and it can be pushed to 20. Which track do you hear?",
        ),
        *MISTAKES,
    ),
    returns=("the hidden state h", "the cell c"),
)
