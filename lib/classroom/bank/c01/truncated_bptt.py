"""Chapter 1, Parsons: one step of training on a long text that comes in chunks."""

import torch
from torch import nn

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

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
RIGHT = ["J", "D", "B", "F", "I", "H", "A"]


class PlainSGD:
    """`torch.optim.SGD` in four lines: its first use would import for 2 seconds."""

    def __init__(self, parameters, lr):
        self.parameters, self.lr = list(parameters), lr

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.parameters:
            if p.grad is not None:
                p -= self.lr * p.grad


def setting(scale, lr, max_norm):
    """A tiny network, its optimiser, two chunks of a text, and a first state."""

    def make():
        model = nn.RNN(3, 4, batch_first=True)
        optimiser = PlainSGD(model.parameters(), lr=lr)
        inputs, targets = torch.randn(2, 10, 3), scale * torch.randn(2, 10, 4)
        chunks = [(inputs[:, s], targets[:, s]) for s in (slice(0, 5), slice(5, 10))]
        return model, optimiser, chunks, torch.randn(1, 2, 4), max_norm

    return make


def _weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def clipped(train_chunk, model, optimiser, chunks, state, max_norm):
    """How far one step moves the weights, and whether large gradients are left."""
    before = _weights(model)
    train_chunk(model, optimiser, *chunks[0], state, max_norm)
    left = [p.grad.norm() for p in model.parameters() if p.grad is not None]
    too_large = bool(left) and torch.stack(left).norm().item() > 1.01 * max_norm
    return (_weights(model) - before).norm().item(), too_large


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


def _without(*labels):
    return [x for x in RIGHT if x not in labels]


def _moved(got):
    setting = "One step with max_norm = 1 and a learning rate of 1"
    return f"{setting} moves the weights by {short(got[0])}. "


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
    mistakes=(
        Mistake(
            "clip-after-step",
            ["J", "D", "B", "F", "I", "A", "H"],
            lambda got, _: (
                f"{_moved(got)}The gradients were cut to size, but too late."
            ),
            "When are the gradients read, and when did you change them?",
            "Clipping does not change weights. It changes numbers that a later line "
            "reads. Which line reads them?",
            "A customs officer who weighs the luggage after the aeroplane has left "
            "finds every mistake, and stops none. Between which two events must he "
            "stand?",
        ),
        Mistake(
            "clip-missing",
            _without("H"),
            lambda got, _: f"{_moved(got)}Nothing holds a large gradient back.",
            "What in your function uses `max_norm`?",
            "One strange chunk can undo an hour of training. The task's last demand is "
            "about this case.",
            "A step of 500 downhill in a valley 2 wide lands on the next mountain. A "
            "rule “never more than 1 at a time” keeps the direction. Which line is it?",
        ),
        Mistake(
            "rnn-no-detach",
            _without("J"),
            "The first chunk trains; the second stops with “Trying to backward "
            "through the graph a second time”: its gradient runs on into the first "
            "chunk, whose graph is gone.",
            "How far back should this gradient travel?",
            "The state that comes in remembers how it was made. To the value we want "
            "to hold on; to its history not.",
            "A running total carried to a new page: the number is copied, the old page "
            "is filed. Who staples all old pages to it has to turn them all for every "
            "new entry.",
            probe="two chunks",
        ),
        Mistake(
            "rnn-retain-graph",
            ["D", "B", "F", "C", "H", "A"],
            "The second chunk's gradient still runs back into the first one, and stops "
            "there: “one of the variables needed for gradient computation has been "
            "modified by an inplace operation”. The weights have moved since.",
            "Did keeping the old graph answer the question of how far back to go?",
            "This is the repair that the error message of another mistake suggests. "
            "It keeps every chunk in memory, and each step would take longer than the "
            "last.",
            "A receipt from last year refers to last year's prices. Keeping the "
            "receipt does not bring the prices back. Cut the thread instead: where?",
            probe="two chunks",
        ),
        Mistake(
            "rnn-detach-every-step",
            ["J", "D", "G", "F", "I", "H", "A"],
            "It runs, and both losses are right. But after two chunks the weights are "
            "not where they should be: no gradient ever went back by more than one "
            "step.",
            "Ask the first word of the chunk how much it influenced the last loss.",
            "The values flow through all five steps, the gradient does not. Find the "
            "place where it is cut, and count how often it is cut per chunk.",
            "y = a·(a·x) has the derivative 2·a·x in a. Treat the inner a·x as a given "
            "number and it is a·x: half of it is missing, and y itself is right.",
            probe="two chunks",
        ),
        Mistake(
            "rnn-state-not-carried",
            ["E", "D", "B", "F", "I", "H", "A"],
            lambda got, want: (
                "With weights that stand still, the two losses should be "
                f"{short(want)}; yours are {short(got)}."
            ),
            "Is chunk 2 the continuation of chunk 1, or a new story?",
            "There are two things to do with the state at a border: cut its history, "
            "or cut its memory. Which of them does your first use of the state do?",
            "A reader who forgets every page as it is turned can still learn to spell. "
            "What can that reader never learn?",
            probe="still weights",
        ),
        Mistake(
            "zero-grad-after-backward",
            ["J", "B", "F", "I", "D", "H", "A"],
            lambda got, _: f"{_moved(got)}The network does not learn at all.",
            "What is in the gradients at the moment when the optimiser reads them?",
            "Three lines belong together: one writes gradients, one reads them, one "
            "wipes them out. In which order do yours stand?",
            "Whip the cream, wash the bowl, serve: a clean bowl and no dessert. "
            "Washing is right, before or after, but not between those two.",
        ),
        Mistake(
            "zero-grad-missing",
            _without("D"),
            "The first chunk is right. The second goes astray: its gradients were "
            "added to those of the first, which nobody removed.",
            "What does `backward` do with gradients that are there already?",
            "torch adds. That is useful for batches too big for the memory, and a trap "
            "otherwise. Which line makes room?",
            "A kitchen scale with the flour still on it: 200 g, then sugar, and it "
            "says 350. How much sugar, and which button was forgotten?",
            probe="two chunks",
        ),
    ),
)
