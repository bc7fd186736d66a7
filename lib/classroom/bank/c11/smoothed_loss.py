"""Chapter 11, write: label smoothing, averaged over real tokens."""

import torch
import torch.nn.functional as F

from ...exercises.model import Exercise, Probe
from ._loss_mistakes import MISTAKES

QUESTION = """
The mean loss of a batch, smoothed, in nats per real token. The target of a token gives
every one of the V tokens the share ε / V, the right one 1 − ε on top; positions whose
target is padding count nowhere. Do it without `F.cross_entropy`.

- `logits` (B, T, V), before any softmax; `targets` (B, T), token ids
- `smoothing`: ε, from 0 to 1; `pad_id`: the id of padding
- returns one number, a tensor without axes
"""

STUB = """
def smoothed_loss(logits, targets, smoothing, pad_id):
    raise NotImplementedError
"""


def smoothed_loss(logits, targets, smoothing, pad_id):
    log_probs = logits.log_softmax(dim=-1)
    right = log_probs.gather(-1, targets[..., None]).squeeze(-1)
    spread = log_probs.mean(dim=-1)
    loss = -((1 - smoothing) * right + smoothing * spread)  # (B, T)
    real = targets != pad_id
    return loss[real].sum() / real.sum()


def by_library(logits, targets, smoothing, pad_id):
    return F.cross_entropy(
        logits.transpose(1, 2), targets, ignore_index=pad_id, label_smoothing=smoothing
    )


def by_distribution(logits, targets, smoothing, pad_id):
    V = logits.shape[-1]
    wanted = F.one_hot(targets, V) * (1 - smoothing) + smoothing / V
    real = targets != pad_id
    return -(wanted * logits.log_softmax(-1)).sum(-1)[real].mean()


def by_divergence(logits, targets, smoothing, pad_id):
    """The Kullback-Leibler divergence, plus the entropy that it leaves out."""
    V = logits.shape[-1]
    wanted = F.one_hot(targets, V) * (1 - smoothing) + smoothing / V
    real = targets != pad_id
    wanted, log_probs = wanted[real], logits.log_softmax(-1)[real]
    entropy = -(torch.xlogy(wanted, wanted)).sum()
    return (F.kl_div(log_probs, wanted, reduction="sum") + entropy) / real.sum()


def batch():
    """B 2, T 5, V 7; 5 and 2 real tokens, padding 0 behind them."""
    generator = torch.Generator().manual_seed(3)
    logits = 2 * torch.randn(2, 5, 7, generator=generator)
    targets = torch.tensor([[3, 1, 6, 2, 4], [5, 2, 0, 0, 0]])
    return logits, targets, 0.3, 0


def plain():
    logits, targets, _, pad_id = batch()
    return logits, targets, 0.0, pad_id


def sure():
    """Logits that are sure of the right token, no smoothing."""
    _, targets, _, pad_id = batch()
    return 50.0 * F.one_hot(targets, 7).float(), targets, 0.0, pad_id


def longer():
    """The same sentences with three more columns of padding."""
    logits, targets, smoothing, pad_id = batch()
    generator = torch.Generator().manual_seed(4)
    more = 2 * torch.randn(2, 3, 7, generator=generator)
    return torch.cat([logits, more], 1), F.pad(targets, (0, 3)), smoothing, pad_id


def another_pad():
    """Padding has the id 6, and 0 is a word."""
    logits, targets, smoothing, _ = batch()
    return logits, (targets - 1) % 7, smoothing, 6


def number(function, *inputs):
    loss = function(*inputs)
    if isinstance(loss, torch.Tensor):
        loss = loss.detach()
        return loss if loss.ndim else loss.item()
    return loss


EXERCISE = Exercise(
    id="smoothed-loss",
    chapter=11,
    kind="write",
    title="A loss that is never quite sure",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="smoothed_loss",
    stub=STUB,
    reference=smoothed_loss,
    accepts=(by_library, by_distribution, by_divergence),
    proves="The target is a distribution over all V tokens, padding counts neither "
    "above the fraction line nor below it, and every real token has one vote.",
    probes=(
        Probe("batch", batch, number, "The loss is the smoothed cross-entropy"),
        Probe("plain", plain, number, "With ε = 0 it is the ordinary cross-entropy"),
        Probe("sure", sure, number, "Whoever is sure and right loses nothing"),
        Probe("longer", longer, number, "More padding leaves the loss alone"),
        Probe("pad 6", another_pad, number, "Padding is what `pad_id` says"),
    ),
    mistakes=MISTAKES,
)
