"""Chapter 13, write: the loss of a masked language model."""

import torch

from ...exercises.model import Exercise, Probe
from ._mlm_loss_mistakes import MISTAKES

QUESTION = r"""
The loss of a masked language model: $-\log p$ of the original token, in nats, over the
tokens that are asked for, and over no others. Row t of the logits is about token t
itself. Return the sum and the number of terms, so that batches can be put together.

- `logits` (B, T, V), before any softmax
- `labels` (B, T): the original token where one is asked for, −100 elsewhere
- returns `total`, a tensor without axes, and `n`, how many tokens were asked for; where
  none is, both are 0
"""

STUB = """
def mlm_loss(logits, labels):
    raise NotImplementedError
    return total, n
"""


def mlm_loss(logits, labels):
    asked = labels != -100
    total = torch.nn.functional.cross_entropy(
        logits[asked], labels[asked], reduction="sum"
    )
    return total, asked.sum()


def by_hand(logits, labels):
    asked = labels != -100
    log_probs = logits.log_softmax(dim=-1)
    right = log_probs.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return -(right * asked).sum(), int(asked.sum())


def skips_by_itself(logits, labels):
    losses = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels, reduction="none"
    )
    return losses.sum(), (labels >= 0).sum().item()


def one_by_one(logits, labels):
    total, n = torch.zeros(()), 0
    for b, row in enumerate(labels.tolist()):
        for t, label in enumerate(row):
            if label != -100:
                scores = logits[b, t]
                total = total + scores.logsumexp(0) - scores[label]
                n += 1
    return total, n


NO = -100
LABELS = torch.tensor([[NO, 4, NO, NO, 0], [NO, NO, 6, NO, NO], [1, 3, NO, 0, NO]])


def knows(shift, labels=LABELS, V=7):
    """Logits that are sure of the label that stands `shift` places further on."""

    def make():
        asked = labels.roll(-shift, 1).clamp(min=0)
        return 20.0 * torch.nn.functional.one_hot(asked, V), labels

    return make


def noise(labels, V=7):
    def make():
        generator = torch.Generator().manual_seed(5)
        return 2 * torch.randn(*labels.shape, V, generator=generator), labels

    return make


def one_more_row(loss, logits, labels):
    """How much is added by a text in which nothing is asked for."""
    total, n = loss(logits, labels)
    more = torch.cat([logits, logits.flip(1)[:1]])
    nothing = torch.cat([labels, torch.full_like(labels[:1], NO)])
    total_2, n_2 = loss(more, nothing)
    return {"total": total_2 - total, "n": n_2 - n}


def gradient(loss, logits, labels):
    """At which positions the logits are pulled."""
    logits = logits.clone().requires_grad_()
    loss(logits, labels)[0].backward()
    assert logits.grad is not None
    return logits.grad.abs().sum(-1) > 1e-6


EXERCISE = Exercise(
    id="mlm-loss",
    chapter=13,
    kind="write",
    title="The loss of a masked language model",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="mlm_loss",
    stub=STUB,
    reference=mlm_loss,
    accepts=(by_hand, skips_by_itself, one_by_one),
    returns=("total", "n"),
    proves="Only what was asked for is counted, token 0 among it; each row of logits "
    "is compared with the token of its own place; and a text without a question adds "
    "nothing.",
    probes=(
        Probe(
            "knows",
            knows(0),
            says="A model that is sure of each token that is asked for, and right, "
            "loses nothing, and n is how many were asked for",
        ),
        Probe(
            "noise",
            noise(LABELS),
            says="The total is the sum over the tokens asked for",
        ),
        Probe(
            "nothing asked",
            noise(torch.full((2, 5), NO)),
            says="Where nothing is asked, total and n are 0",
        ),
        Probe(
            "one more text",
            noise(LABELS),
            one_more_row,
            "A text in which nothing is asked adds nothing to the total, and nothing "
            "to n",
        ),
        Probe(
            "pulled",
            noise(LABELS),
            gradient,
            "Logits are pulled where a token is asked for, and nowhere else",
        ),
    ),
    mistakes=MISTAKES,
)
