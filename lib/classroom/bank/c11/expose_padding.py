"""Chapter 11, break it: the batch that exposes a loss that counts padding."""

import torch
import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake

QUESTION = """
The loss of a batch is the mean of −log p over its real tokens; padding has the id 0.
Eight broken losses are hidden: some count padding above the fraction line or below it,
one gives every sentence the same weight, one believes that padding is where the *model*
says 0, one forgets that the word 1 is a word, one takes the softmax twice, one over the
wrong axis. A broken loss is exposed if it gives your batch another loss than the right
one does, by more than 0.01.

Write a function that returns one batch `(logits, targets)` on which all eight differ:
float32 `logits` (B, T, V) from −20 to 20, and int64 `targets` (B, T), ids from 0 to
V − 1, padding on the right, at least one real token in each row; B and T from 1 to 6,
V from 2 to 9.
"""

STUB = """
def batch():
    raise NotImplementedError
"""


def batch():
    logits = 3 * torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0))
    logits[0, 1, 0] = 9.0  # the model says padding where there is a word
    targets = torch.tensor([[3, 1, 6, 2, 4], [5, 1, 0, 0, 0]])
    return logits, targets


def of_three():
    targets = torch.tensor([[1, 2, 3, 1], [2, 0, 0, 0], [3, 1, 0, 0]])
    logits = torch.linspace(-9, 9, 3 * 4 * 4).sin().reshape(3, 4, 4) * 5
    logits[0, 0, 0] = 12.0
    return logits, targets


def _token_losses(logits, targets, axis=-1):
    log_probs = logits.log_softmax(dim=axis)
    return -log_probs.gather(-1, targets[..., None])[..., 0]


def right(given):
    logits, targets = given
    return _round(_token_losses(logits, targets)[targets != 0].mean())


def _round(loss):
    return round(float(loss), 6)


def _mutant(compute):
    """The loss, or the right one where it is as good as equal."""

    def loss(given):
        logits, targets = given
        value, truth = _round(compute(logits, targets)), right(given)
        return truth if abs(value - truth) <= 0.01 else value

    return loss


MUTANTS = {
    "counts-padding": _mutant(lambda x, y: _token_losses(x, y).mean()),
    "padding-in-the-denominator": _mutant(
        lambda x, y: (_token_losses(x, y) * (y != 0)).mean()
    ),
    "mean-of-sentences": _mutant(
        lambda x, y: ((_token_losses(x, y) * (y != 0)).sum(1) / (y != 0).sum(1)).mean()
    ),
    "padding-is-what-the-model-says": _mutant(
        lambda x, y: (
            (_token_losses(x, y) * (x.argmax(-1) != 0)).sum()
            / (x.argmax(-1) != 0).sum().clamp(min=1)
        )
    ),
    "first-row's-padding": _mutant(
        lambda x, y: _token_losses(x, y)[:, y[0] != 0].mean()
    ),
    "skips-the-word-1": _mutant(
        lambda x, y: (_token_losses(x, y) * (y > 1)).sum() / (y > 1).sum().clamp(min=1)
    ),
    "softmax-twice": _mutant(
        lambda x, y: _token_losses(x.softmax(-1), y)[y != 0].mean()
    ),
    "softmax-over-positions": _mutant(
        lambda x, y: _token_losses(x, y, axis=1)[y != 0].mean()
    ),
}


def valid(given):
    if not (isinstance(given, (tuple, list)) and len(given) == 2):
        return "two tensors (logits, targets) are expected"
    if not all(isinstance(part, torch.Tensor) for part in given):
        return "logits and targets should both be tensors"
    logits, targets = given
    if logits.ndim != 3 or logits.dtype != torch.float32:
        return f"logits should be float32 (B, T, V); they are {tuple(logits.shape)}"
    B, T, V = logits.shape
    if not (1 <= B <= 6 and 1 <= T <= 6 and 2 <= V <= 9):
        return f"B and T go from 1 to 6, V from 2 to 9; yours are {B}, {T}, {V}"
    if not (logits.isfinite().all() and logits.abs().max() <= 20):
        return "logits should hold numbers from −20 to 20"
    if targets.dtype != torch.int64 or targets.shape != (B, T):
        return f"targets should be int64 ({B}, {T})"
    if not 0 <= targets.min() <= targets.max() < V:
        return f"targets should lie in 0 to {V - 1}"
    real = targets != 0
    if (real[:, 1:] & ~real[:, :-1]).any() or not real[:, 0].all():
        return "padding belongs behind the words, and every row has a word"
    return None


def _made(targets, logits=None, V=7, size=3.0):
    def make():
        wanted = torch.tensor(targets)
        generator = torch.Generator().manual_seed(1)
        x = size * torch.randn(*wanted.shape, V, generator=generator)
        return (x if logits is None else logits(x, wanted)), wanted

    return make


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} broken loss{' survives' if one else 'es survive'}"


def _lengths(given):
    return [int(n) for n in (given[1] != 0).sum(1)]


def _flat(x, targets):
    return torch.zeros_like(x)


def _even(x, targets):
    """The same good guess for every token: each one costs the same."""
    return 3.0 * F.one_hot(targets, x.shape[-1]).float()


def _same_losses(given):
    logits, targets = given
    losses = _token_losses(logits, targets)[targets != 0]
    return bool(losses.max() - losses.min() < 0.01)


EXERCISE = Exercise(
    id="expose-padding",
    chapter=11,
    kind="break",
    title="Find the batch that exposes a wrong loss",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="batch",
    stub=STUB,
    reference=batch,
    accepts=(of_three,),
    proves="Rows of different lengths, tokens of different losses, a word with id 1, a "
    "model that says padding for a word: such a batch belongs into the tests of a "
    "loss.",
    block=right,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "uniform-logits",
            _made([[3, 1, 6, 2, 4], [5, 1, 0, 0, 0]], _flat),
            lambda given, left: (
                "All your logits of a position are equal: every token costs ln "
                f"{given[0].shape[-1]} = {short(right(given))}, whatever is counted. "
                f"{_left(left)}."
            ),
            "If every guess costs the same, which mean can be wrong?",
            "“The first loss is ln V” is a good test of an initialisation. Of a loss, "
            "it tests next to nothing.",
            "A scale that always shows one kilogram is right for every bag of sugar.",
            when=lambda given: bool(
                (given[0].amax(-1) - given[0].amin(-1)).max() < 0.01
            ),
        ),
        Mistake(
            "no-padding",
            _made([[3, 1, 6, 2, 4], [5, 1, 2, 3, 6]]),
            lambda given, left: f"No target of yours is 0. {_left(left)}.",
            "What can a loss get wrong about padding where there is none?",
            "The survivors treat padding badly. Give them some.",
            "An umbrella is not tested on a sunny day.",
            when=lambda given: bool((given[1] != 0).all()),
        ),
        Mistake(
            "one-sentence",
            _made([[3, 1, 6, 0, 0]]),
            lambda given, left: (
                f"Your batch has one sentence, of {_lengths(given)[0]} words. "
                f"{_left(left)}."
            ),
            "Whose weight can be wrong, if there is one sentence?",
            "Two of the survivors differ from the right loss only where sentences "
            "differ.",
            "An election with one voter is fair under every system of counting.",
            when=lambda given: len(given[1]) == 1,
        ),
        Mistake(
            "equal-lengths",
            _made([[3, 1, 6, 0, 0], [5, 1, 2, 0, 0]]),
            lambda given, left: (
                f"All your sentences have {_lengths(given)[0]} words. {_left(left)}."
            ),
            "When is the mean of means the mean of all?",
            "Sentences of one length have one weight, whether votes are counted by "
            "sentence or by token.",
            "Two glasses of the same size: whether you average the glasses or the "
            "litres makes no difference.",
            when=lambda given: len(set(_lengths(given))) == 1,
        ),
        Mistake(
            "tokens-cost-the-same",
            _made([[3, 1, 6, 2, 4], [5, 1, 0, 0, 0]], _even),
            lambda given, left: (
                "Every real token of yours costs the same "
                f"{short(right(given))} nats. {_left(left)}."
            ),
            "If all numbers are equal, which of them may be left out of a mean?",
            "A mean over the wrong tokens is only seen where tokens differ.",
            "A taster who is given five spoons of the same soup cannot say which pot "
            "was forgotten.",
            when=_same_losses,
        ),
        Mistake(
            "no-word-1",
            _made([[3, 4, 6, 2, 4], [5, 2, 0, 0, 0]], lambda x, y: x + 9 * _corner(x)),
            lambda given, left: f"No target of yours is 1. {_left(left)}.",
            "Which ids does your batch never show to the loss?",
            "A loss that skips an id besides padding is found by that id alone.",
            "A door with a broken bell for the first floor: who rings only at the "
            "others finds nothing.",
            when=lambda given: not (given[1] == 1).any(),
        ),
    ),
)


def _corner(x):
    corner = torch.zeros_like(x)
    corner[0, 1, 0] = 1.0
    return corner
