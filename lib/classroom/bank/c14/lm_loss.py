"""Chapter 14, write: the loss of a language model on a batch of texts."""

import torch
import torch.nn.functional as F

from ...exercises.model import Exercise, Probe
from ._lm_loss_mistakes import MISTAKES

QUESTION = r"""
The loss of a language model: the mean of $-\log p$ of the **next** token, in nats, over
all tokens of a batch that are asked for (GPT-1's Eq. 1, negated and averaged). The
model has read `ids` and nothing else; row t of its logits is made of tokens 0 to t.
Padding stands on the right, and nobody is asked for it.

- `logits` (B, T, V), before any softmax; `ids` (B, T), what the model has read
- `pad_id`: the id of padding
- returns one number, a tensor without axes
"""

STUB = """
def lm_loss(logits, ids, pad_id):
    raise NotImplementedError
"""


def lm_loss(logits, ids, pad_id):
    asked = ids[:, 1:]
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].transpose(1, 2), asked, ignore_index=pad_id
    )


def by_hand(logits, ids, pad_id):
    log_probs = logits.log_softmax(-1)[:, :-1]
    right = log_probs.gather(-1, ids[:, 1:, None])[..., 0]
    real = ids[:, 1:] != pad_id
    return -(right * real).sum() / real.sum()


def flattened(logits, ids, pad_id):
    V = logits.shape[-1]
    rows, asked = logits[:, :-1].reshape(-1, V), ids[:, 1:].reshape(-1)
    real = asked != pad_id
    return F.cross_entropy(rows[real], asked[real])


def last_target_is_padding(logits, ids, pad_id):
    asked = F.pad(ids[:, 1:], (0, 1), value=pad_id)
    return F.cross_entropy(logits.transpose(1, 2), asked, ignore_index=pad_id)


PAD = 5
FULL = torch.tensor([[1, 4, 0, 2, 6], [3, 0, 6, 1, 4]])
PADDED = torch.tensor([[1, 4, 0, 2, 6], [3, 0, PAD, PAD, PAD]])


def sure_of(target):
    """Logits (B, T, 7) that give the target nearly everything."""
    return 20.0 * F.one_hot(target, 7)


def knows_the_next():
    return sure_of(FULL.roll(-1, 1)), FULL, PAD


def knows_its_own():
    return sure_of(FULL), FULL, PAD


def noise(ids):
    def make():
        generator = torch.Generator().manual_seed(3)
        return 2 * torch.randn(*ids.shape, 7, generator=generator), ids, PAD

    return make


def wider_margin(function, logits, ids, pad_id):
    """The loss, and the loss with three more columns of padding."""
    longer = F.pad(ids, (0, 3), value=pad_id)
    return function(logits, ids, pad_id), function(
        F.pad(logits, (0, 0, 0, 3)), longer, pad_id
    )


EXERCISE = Exercise(
    id="lm-loss",
    chapter=14,
    kind="write",
    title="The loss of a language model",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="lm_loss",
    stub=STUB,
    reference=lm_loss,
    accepts=(by_hand, flattened, last_target_is_padding),
    proves="Who knows the next token loses nothing, who repeats what it has read loses "
    "much, and neither padding nor the way it is cut into rows changes the mean.",
    probes=(
        Probe(
            "knows the next",
            knows_the_next,
            says="A model that is sure of the next token, and right, loses nothing",
        ),
        Probe(
            "knows its own",
            knows_its_own,
            says="A model that is sure of the token it has just read loses 20 nats per "
            "token",
        ),
        Probe(
            "noise",
            noise(FULL),
            says="Without padding it is the mean over B · (T − 1) tokens",
        ),
        Probe(
            "padding",
            noise(PADDED),
            says="Only tokens that are not padding are asked for, and counted",
        ),
        Probe(
            "wider margin",
            noise(PADDED),
            wider_margin,
            "More padding on the right changes nothing",
        ),
    ),
    mistakes=MISTAKES,
)
