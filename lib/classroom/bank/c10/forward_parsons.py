"""Chapter 10, Parsons: from ids to logits."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Put the lines of a Transformer's forward pass in order; some lines do not belong.

`src` (B, S) and `tgt` (B, T) are ids of one vocabulary. `embed` maps ids to vectors,
`positions` adds the encodings of places to vectors, `encoder(x, mask)` and
`decoder(x, memory, mask)` are the two stacks; the mask says which tokens of the
*source* may be attended, and the decoder is causal by itself. `output` maps vectors to
logits.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
def forward(src, tgt, embed, positions, encoder, decoder, output, pad_id):
    {lines}
    return logits
"""

LINES = {
    "A": "memory = encoder(embed(src), mask)",
    "B": "x = decoder(x, memory, mask)",
    "C": "mask = tgt != pad_id",
    "D": "memory = encoder(positions(embed(src)), mask)",
    "E": "logits = output(memory)",
    "F": "x = positions(embed(tgt))",
    "G": "memory = encoder(positions(embed(tgt)), mask)",
    "H": "mask = src != pad_id",
    "I": "x = embed(tgt)",
    "J": "logits = output(x)",
    "K": "x = decoder(memory, x, mask)",
    "L": "x = positions(embed(src))",
    "M": "mask = src == pad_id",
    "N": "logits = output(x).softmax(-1)",
    "P": "memory = positions(embed(src))",
    "Q": "x = decoder(x, memory, None)",
    "R": "x = positions(x)",
}

_G = torch.Generator().manual_seed(3)
TABLE = torch.randn(9, 4, generator=_G)
PLACES = torch.randn(8, 4, generator=_G)


def embed(ids):
    return 2 * TABLE[ids]


def positions(x):
    return x + PLACES[: x.shape[1]]


def _mean(x, mask):
    """The mean of each sentence's allowed vectors, (B, 1, d)."""
    if mask is None:
        mask = torch.ones(x.shape[:2], dtype=torch.bool)
    keep = mask[:, : x.shape[1], None] * torch.ones(x.shape[0], x.shape[1], 1)
    weight = keep + 0.001  # nothing allowed is no division by 0
    return (x * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True)


def encoder(x, mask):
    return torch.tanh(x + _mean(x, mask))


def decoder(x, memory, mask):
    past = x.cumsum(1) / torch.arange(1.0, x.shape[1] + 1)[:, None]
    return torch.tanh(past + 1.5 * _mean(memory, mask))


def output(x):
    return x @ TABLE.T


def inputs():
    """B=2, S=5, T=3, V=9; the second source has two pads, the target none."""
    src = torch.tensor([[3, 1, 4, 8, 5], [5, 7, 2, 0, 0]])
    tgt = torch.tensor([[1, 6, 3], [1, 8, 8]])
    return src, tgt, embed, positions, encoder, decoder, output, 0


def padded_target():
    src = torch.tensor([[3, 1, 4], [5, 7, 2]])
    tgt = torch.tensor([[1, 6, 3, 2, 4], [1, 8, 0, 0, 0]])
    return src, tgt, embed, positions, encoder, decoder, output, 0


def words_alone(forward, src, tgt, *parts):
    """The logits at the words; what stands at the pads, nobody reads."""
    logits = forward(src, tgt, *parts)
    if getattr(logits, "shape", ())[:2] != tgt.shape:
        return logits
    return logits[tgt != parts[-1]]


def _logit(got, expected):
    if getattr(got, "shape", None) != expected.shape:
        return (
            f"Your logits have the shape {tuple(getattr(got, 'shape', ()))}, and "
            f"{tuple(expected.shape)} is right"
        )
    return (
        f"The first logits of sentence 1 are {short(got[1, 0, :3])}, and "
        f"{short(expected[1, 0, :3])} are right"
    )


def _said(tail):
    return lambda got, expected: (
        f"Your order stops before its end: {got}. {tail}"
        if isinstance(got, BaseException)
        else f"{_logit(got, expected)}. {tail}"
    )


EXERCISE = Exercise(
    id="forward-parsons",
    chapter=10,
    kind="parsons",
    title="From ids to logits",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="order",
    stub="order = []",
    reference=list("HDFBJ"),
    accepts=(list("FHDBJ"), list("HFDBJ"), list("HDIRBJ")),
    proves="The source's mask goes to both stacks; both sides get positions; the "
    "decoder's input is the target, and the encoder's output is only looked at.",
    template=TEMPLATE,
    lines=LINES,
    probes=(
        Probe("logits", inputs, says="The logits are those of the whole model"),
        Probe(
            "padded target",
            padded_target,
            words_alone,
            "The words of a padded target get the right logits",
        ),
    ),
    mistakes=(
        Mistake(
            "mask-of-the-target",
            list("CDFBJ"),
            _said("Your mask has a column for each target token."),
            "Which sequence are the keys of both stacks' masks?",
            "The encoder looks at the source, and so does the decoder when it uses the "
            "mask. Whose padding matters?",
            "A map of Paris for a walk in Rome: it may even have the right size.",
        ),
        Mistake(
            "mask-polarity-inverted",
            list("MDFBJ"),
            _said("Your mask is True at the pads."),
            "What does True mean in this book's masks?",
            "Write the mask of the second source down: which of its five places may be "
            "attended?",
            "A guest list read as the list of those who stay outside.",
        ),
        Mistake(
            "source-without-positions",
            list("HAFBJ"),
            _said("The source has no positions."),
            "Would the encoder notice if the source were shuffled?",
            "Two sides, two sequences. Which of them knows the order of its words?",
            "Numbered pages in one of two books.",
        ),
        Mistake(
            "target-without-positions",
            list("HDIBJ"),
            _said("The target has no positions."),
            "How does a target word know the place where it stands?",
            "Two sides, two sequences. Which of them knows the order of its words?",
            "Numbered pages in one of two books.",
        ),
        Mistake(
            "no-positions",
            list("HAIBJ"),
            _said("Neither side has positions."),
            "Which argument does your order never use?",
            "Attention is a sum over a set. Who tells it the order?",
            "Two books without page numbers.",
        ),
        Mistake(
            "encoder-reads-the-target",
            list("HGFBJ"),
            _said("No word of the source is in them."),
            "What does the model know of the source in your order?",
            "Follow `src` with a finger: where does it go, besides the mask?",
            "A translator who was handed the translation.",
        ),
        Mistake(
            "decoder-reads-the-source",
            list("HDLBJ"),
            _said("There is a row for each source token."),
            "For which sequence are logits wanted?",
            "The decoder continues what has been written. Where is that in your order?",
            "Two copies of the original on the desk, and no sheet to write on.",
        ),
        Mistake(
            "cross-attn-roles-swapped",
            list("HDFKJ"),
            _said("There is a row for each token of memory."),
            "Which of the two is continued, and which is looked at?",
            "The decoder's first argument is what asks; its output has the same rows.",
            "Asking the audience's questions to the audience.",
        ),
        Mistake(
            "logits-of-memory",
            list("HDFBE"),
            _said("There is a row for each source token."),
            "Which line's result does nobody use in your order?",
            "The output layer reads the top of the model. Which stack is on top?",
            "The minutes of the preparatory meeting, filed as the decision.",
        ),
        Mistake(
            "encoder-left-out",
            list("HPFBJ"),
            _said("Memory has not been through the encoder."),
            "Which argument does your order never use?",
            "Embeddings with positions know nothing of their neighbours. Who makes "
            "them vectors in context?",
            "Handing in the list of ingredients for the meal.",
        ),
        Mistake(
            "memory-mask-missing",
            list("HDFQJ"),
            _said("The decoder looks at padding."),
            "In how many places is the source read?",
            "The encoder's mask hides pads from source words. Who hides them from the "
            "target's?",
            "One of two doors is locked.",
        ),
        Mistake(
            "decoder-left-out",
            list("HDFJ"),
            _said("The decoder has not been called."),
            "Which line's result does nobody use in your order?",
            "Memory is made and then forgotten. Who reads it?",
            "A dictionary bought and never opened.",
        ),
        Mistake(
            "softmax-before-ce",
            list("HDFBN"),
            _said("Yours are probabilities."),
            "What does the loss function of the chapter want?",
            "`cross_entropy` takes the softmax itself. The name in the last line says "
            "what is returned.",
            "Paying at the door for a ticket that one has already paid.",
        ),
    ),
)
