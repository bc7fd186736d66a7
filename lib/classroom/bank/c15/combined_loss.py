"""Chapter 15, write: the task's loss and the language model's, in one number."""

import torch
import torch.nn.functional as F

from ...exercises.model import Exercise, Probe
from ._combined_mistakes import MISTAKES

QUESTION = r"""
GPT-1 fine-tunes on $L_3 = L_2 + \lambda L_1$ (its Eq. 5): the task, and beside it the
language model on the same texts. The paper makes $L_3$ large; write what is made
**small**: $-\log P(y|x)$ plus λ times the mean of $-\log p$ of the **next** token over
the tokens that this text asks for, averaged over the B texts (so a long text weighs no
more than a short one). Padding stands on the right, and nobody is asked for it.

- `class_logits` (B, C), `labels` (B,): the head's logits, and the right classes
- `lm_logits` (B, T, V), `ids` (B, T): row t of a text's logits has read tokens 0 to t
- `pad_id`: the id of padding; `lm_weight`: λ
- returns one number, a tensor without axes
"""

STUB = """
def combined_loss(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
    raise NotImplementedError
"""


def combined_loss(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
    cross_entropy = torch.nn.functional.cross_entropy
    task = cross_entropy(class_logits, labels)
    rows = lm_logits[:, :-1].transpose(1, 2)  # (B, V, T - 1)
    losses = cross_entropy(rows, ids[:, 1:], reduction="none")  # (B, T - 1)
    real = ids[:, 1:] != pad_id
    per_text = (losses * real).sum(dim=1) / real.sum(dim=1)  # (B,)
    return task + lm_weight * per_text.mean()


def by_hand(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
    task = -class_logits.log_softmax(-1)[torch.arange(len(labels)), labels]
    log_p = lm_logits.log_softmax(-1)[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]
    real = ids[:, 1:] != pad_id
    return (task - lm_weight * (log_p * real).sum(1) / real.sum(1)).mean()


def text_by_text(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
    language = [
        F.cross_entropy(rows[:-1], row[1:], ignore_index=pad_id)
        for rows, row in zip(lm_logits, ids, strict=True)
    ]
    task = F.cross_entropy(class_logits, labels)
    return task + lm_weight * torch.stack(language).mean()


def weighted(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
    asked = ids[:, 1:]
    share = (asked != pad_id) / (asked != pad_id).sum(1, keepdim=True) / len(ids)
    losses = F.cross_entropy(
        lm_logits[:, :-1].transpose(1, 2), asked, ignore_index=pad_id, reduction="none"
    )
    language = (losses * share).sum()
    return F.cross_entropy(class_logits, labels).add(language, alpha=lm_weight)


PAD, V, C = 6, 8, 4
FULL = torch.tensor([[1, 4, 0, 2, 7], [3, 0, 7, 1, 4], [5, 2, 7, 0, 3]])
PADDED = torch.tensor([[1, 4, 0, 2, 7], [3, 0, PAD, PAD, PAD], [5, 2, 7, PAD, PAD]])
LABELS = torch.tensor([2, 0, 3])


def noise(ids, lm_weight):
    def make():
        draw = torch.Generator().manual_seed(15)
        classes = 2 * torch.randn(len(ids), C, generator=draw)
        logits = 2 * torch.randn(*ids.shape, V, generator=draw)
        return classes, LABELS.clone(), logits, ids.clone(), PAD, lm_weight

    return make


def sure(of_class, of_token, lm_weight):
    """Logits that give the class and the token nearly everything."""

    def make():
        classes = 30.0 * F.one_hot(of_class, C)
        logits = 30.0 * F.one_hot(of_token, V)
        return classes, LABELS.clone(), logits, FULL.clone(), PAD, lm_weight

    return make


def at_weights(function, classes, labels, logits, ids, pad_id, _):
    """The loss with λ = 0.25, 0.5 and 1."""
    return [
        function(classes, labels, logits, ids, pad_id, weight)
        for weight in (0.25, 0.5, 1.0)
    ]


def gradients(function, classes, labels, logits, *rest):
    """What the loss tells the head's logits and the language model's."""
    parts = classes.requires_grad_(), logits.requires_grad_()
    loss = function(parts[0], labels, parts[1], *rest)
    if not getattr(loss, "requires_grad", False):
        return "no gradient"
    return torch.autograd.grad(loss, parts, allow_unused=True)


def wider_margin(function, classes, labels, logits, ids, pad_id, lm_weight):
    """The loss, and the loss with three more columns of padding."""
    longer = F.pad(ids, (0, 3), value=pad_id)
    wide = F.pad(logits, (0, 0, 0, 3))
    rest = pad_id, lm_weight
    return (
        function(classes, labels, logits, ids, *rest),
        function(classes, labels, wide, longer, *rest),
    )


EXERCISE = Exercise(
    id="combined-loss",
    chapter=15,
    kind="write",
    title="L₂ and λ times L₁",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="combined_loss",
    stub=STUB,
    reference=combined_loss,
    accepts=(by_hand, text_by_text, weighted),
    proves="The task counts in full and the language model by λ, as a mean over each "
    "text's own tokens, so that no text weighs more than another; padding is in "
    "neither.",
    probes=(
        Probe(
            "knows both",
            sure(LABELS, FULL.roll(-1, 1), 0.25),
            says="Who is sure of the class and of the next token, and right, loses "
            "nothing",
        ),
        Probe(
            "knows the label alone",
            sure(LABELS, FULL, 0.25),
            says="Who knows the class, and repeats the tokens it has read, loses λ "
            "times 30 nats",
        ),
        Probe(
            "without language",
            noise(FULL, 0.0),
            says="With λ = 0 the task's loss is left",
        ),
        Probe(
            "noise",
            noise(FULL, 0.25),
            at_weights,
            "Without padding it is a mean over 3 texts plus a quarter of a mean "
            "over their 4 next tokens each",
        ),
        Probe(
            "padding",
            noise(PADDED, 0.25),
            says="Only tokens that are not padding are asked for, and every text "
            "weighs alike",
        ),
        Probe(
            "wider margin",
            noise(PADDED, 0.25),
            wider_margin,
            "More padding on the right changes nothing",
        ),
        Probe(
            "gradient",
            noise(PADDED, 0.25),
            gradients,
            "The loss has a gradient by the logits of both",
        ),
    ),
    mistakes=MISTAKES,
)
