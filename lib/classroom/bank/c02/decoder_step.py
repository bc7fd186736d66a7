"""Chapter 2, Parsons: one step of Bahdanau's decoder."""

import torch
from torch import nn

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
The decoder of this chapter asks with its *current* state. {cite:t}`bahdanau2015neural`
ask with the *previous* one: the query is $s_{i-1}$, the new context goes into the
state's update, and the next token is scored from the new state and the new context. Put
the lines of one such step in order; some do not belong.

`embedded` (B, d_embed) is the token written last, `state` (B, d) is $s_{i-1}$,
`context` (B, d) is the context of the *last* step, `annotations` is (B, S, d) and
`mask` (B, S), True = a real token. `net` holds the layers.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import torch

def decoder_step(net, embedded, state, context, annotations, mask):
    {lines}
    return logits, state, context
"""

LINES = {
    "A": "weights = scores.softmax(dim=-1)",
    "B": "state = net.cell(torch.cat([embedded, context], dim=-1), state)",
    "C": "weights = scores.softmax(dim=0)",
    "D": "logits = net.head(torch.cat([state, context], dim=-1))",
    "E": "scores = net.v_a(torch.tanh(\n"
    "    net.W_a(state)[:, None] + net.U_a(annotations)\n"
    ")).squeeze(-1)  # (B, S)",
    "F": "context = annotations.mean(dim=1)",
    "G": "scores = scores.masked_fill(~mask, float('-inf'))",
    "H": "context = (weights[:, :, None] * annotations).sum(dim=1)",
    "I": "weights = weights * mask",
    "J": "context = annotations[:, -1]",
}
RIGHT = ["E", "G", "A", "H", "B", "D"]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.W_a, self.U_a = nn.Linear(4, 6, bias=False), nn.Linear(4, 6, bias=False)
        self.v_a = nn.Linear(6, 1, bias=False)
        self.cell, self.head = nn.GRUCell(3 + 4, 4), nn.Linear(4 + 4, 7)


def inputs():
    """B=2, S=5, d=4, d_embed=3; the first row has 3 real tokens. Weights are large."""
    net = Net()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3)
    mask = torch.arange(5) < torch.tensor([[3], [5]])
    rows = (torch.randn(2, d) for d in (3, 4, 4))
    return net, *rows, torch.randn(2, 5, 4), mask


def more_padding(step, net, embedded, state, context, annotations, mask):
    """The new context when two positions of padding are appended."""
    annotations = torch.cat([annotations, torch.full((2, 2, 4), 5.0)], dim=1)
    mask = nn.functional.pad(mask, (0, 2))
    return step(net, embedded, state, context, annotations, mask)[2]


def _context(got, expected):
    return (
        f"The first context comes out as {short(got[2][0])}, and the reference's as "
        f"{short(expected[2][0])}"
    )


def _logits(got, expected):
    return (
        f"the first scores come out as {short(got[0][0, :4])}, and the reference's as "
        f"{short(expected[0][0, :4])}"
    )


EXERCISE = Exercise(
    id="decoder-step",
    chapter=2,
    kind="parsons",
    title="One step of Bahdanau's decoder",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="order",
    stub="order = []",
    reference=RIGHT,
    proves="The old state asks, padding gets no weight, the new context goes into the "
    "update, and the new state answers. Because each step needs the one before, the "
    "steps must wait for each other even in training.",
    template=TEMPLATE,
    lines=LINES,
    probes=(
        Probe(
            "one step",
            inputs,
            says="Scores of the next token, new state and new context are right",
        ),
        Probe(
            "more padding",
            inputs,
            more_padding,
            says="Two more positions of padding leave the context alone",
        ),
    ),
    mistakes=(
        Mistake(
            "attn-rnn-attends-pad",
            ["E", "A", "H", "B", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}. The first sentence has 3 real tokens, and "
                "yours averages over all 5."
            ),
            "Does padding deserve probability?",
            "With longer neighbours in the batch, the same sentence would get another "
            "context. Which argument of the function has no effect in your order?",
            "A vote counted with the empty chairs: every absent seat says something. "
            "At which moment must the empty seats be known?",
        ),
        Mistake(
            "mask-after-softmax",
            ["E", "A", "I", "H", "B", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}: too small, since the weights that are "
                "left no longer sum to 1."
            ),
            "The share that padding had been given: who has it now?",
            "The total was fixed before the padding was taken out. Compare the two "
            "lines that use the mask: which of them acts on scores?",
            "A cake cut in five for three guests: two pieces go to waste. When should "
            "the guests be counted?",
        ),
        Mistake(
            "softmax-batch-axis",
            ["E", "G", "C", "H", "B", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}. The two sentences of the batch compete "
                "for each position."
            ),
            "What would these weights be in a batch of one?",
            "`scores` is (B, S). Which axis lists what one query chooses from?",
            "Two families order one meal each, and the cook shares each dish between "
            "the families. Along which axis should be shared?",
        ),
        Mistake(
            "attn-query-wrong-state",
            ["B", "E", "G", "A", "H", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}. The new state asked, after an update with "
                "the context of the step before."
            ),
            "At the moment of asking, which state exists already?",
            "Yours is a decoder too, near to that of the second row in the chapter's "
            "table. The task asks for the first row: what does the update need?",
            "A cook who tastes and then salts, and one who salts and then tastes, do "
            "the same two things. Which one's salt knows about the taste?",
        ),
        Mistake(
            "update-before-context",
            ["E", "G", "A", "B", "H", "D"],
            lambda got, expected: (
                "Your new context is right, and the first new state comes out as "
                f"{short(got[1][0])}; the reference's as {short(expected[1][0])}."
            ),
            "Which context had been computed when your state was updated?",
            "`context` comes in as an argument, so the update can use it at any time. "
            "Does it hold this step's answer by then, or the last step's?",
            "A captain asks for the depth, steers by yesterday's figure, and then "
            "reads today's. All figures are correct; what is the new one good for?",
        ),
        Mistake(
            "output-before-update",
            ["E", "G", "A", "H", "D", "B"],
            lambda got, expected: (
                f"State and context are right, but {_logits(got, expected)}: scored "
                "from the old state, which has not read the last token."
            ),
            "Which token has the state read when you score the next one?",
            "Between the old and the new state lies the token written last. Should the "
            "scores know about it?",
            "Answering the letter before last: polite, well informed, and one letter "
            "behind. Which line reads the newest letter?",
        ),
        Mistake(
            "fixed-context",
            ["J", "B", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}: the annotation in the last column, which "
                "for this sentence is padding."
            ),
            "Does your context change from step to step?",
            "One vector for every step is the bottleneck that this chapter began with. "
            "And for a short sentence, what stands in the last column?",
            "Summing up a book by its last page works for all steps alike; for a thin "
            "book in a thick binding, the last page is blank.",
        ),
        Mistake(
            "mean-context",
            ["F", "B", "D"],
            lambda got, expected: (
                f"{_context(got, expected)}: every annotation counts the same, and "
                "padding too."
            ),
            "Where does the decoder's state come into your context?",
            "An average without weights is the same whoever asks. What should decide "
            "how much each annotation counts?",
            "The average of all radio stations is noise. What does a listener turn?",
        ),
    ),
)
