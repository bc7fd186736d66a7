"""Chapter 18, write: RMSNorm."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Write RMSNorm:

$$y = \frac{x}{\sqrt{\frac1d \sum_i x_i^2 + \epsilon}} \odot \gamma$$

- `x` (B, T, d), `gain` γ (d,), `eps` a number
- returns (B, T, d)
"""

STUB = """
def rms_norm(x, gain, eps):
    raise NotImplementedError
"""


def rms_norm(x, gain, eps):
    mean_square = (x**2).mean(dim=-1, keepdim=True)  # (B, T, 1)
    return x / (mean_square + eps).sqrt() * gain


def by_length(x, gain, eps):
    d = x.shape[-1]
    return gain * x * d**0.5 / (x.norm(dim=-1, keepdim=True) ** 2 + d * eps) ** 0.5


def torchs(x, gain, eps):
    return torch.nn.functional.rms_norm(x, gain.shape, gain, eps)


def ms(x, dim: int | tuple = -1):
    return (x**2).mean(dim=dim, keepdim=True)


def centred(x, gain, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / (ms(x) + eps).sqrt() * gain


def by_spread(x, gain, eps):
    return x / (x.var(-1, keepdim=True, unbiased=False) + eps).sqrt() * gain


def setting(scale, eps):
    def make():
        draw = torch.Generator().manual_seed(5)
        x = scale * (1 + torch.randn(2, 3, 5, generator=draw))
        return x, 1 + torch.randn(5, generator=draw) / 2, eps

    return make


def _row(got, expected):
    return (
        f"For the first token of the first text you return {short(got[0, 0])}, and "
        f"{short(expected[0, 0])} is right."
    )


def _small(got, expected):
    return (
        "On features of size 1 you are right. On small ones, with eps = 0.01, your "
        f"first token is {short(got[0, 0])}, and {short(expected[0, 0])} is right."
    )


def _plain(function):
    return lambda x, gain, eps: function(x, gain, eps)


EXERCISE = Exercise(
    id="rms-norm",
    chapter=18,
    kind="write",
    title="RMSNorm",
    question=QUESTION,
    difficulty=1,
    minutes=4,
    name="rms_norm",
    stub=STUB,
    reference=rms_norm,
    accepts=(by_length, torchs),
    proves="Each token is divided by its own root mean square, with eps under the "
    "root, and then scaled feature by feature.",
    probes=(
        Probe(
            "tokens",
            setting(1.0, 1e-6),
            says="Each token is divided by its own root mean square and then scaled",
        ),
        Probe(
            "small tokens",
            setting(0.05, 1e-2),
            says="For features near 0 it is eps, under the root, that counts",
        ),
    ),
    mistakes=(
        Mistake(
            "mean-subtracted",
            centred,
            _row,
            "Which norm takes the mean away?",
            "Look for a mean of x (not of its square) in the formula above.",
            "A thermometer in kelvin counts from absolute zero, not from today's mean.",
            "tokens",
        ),
        Mistake(
            "spread-not-size",
            by_spread,
            _row,
            "Does a variance measure from 0 or from the mean?",
            "Compute the variance and the mean square of 5, 5, 5, 6. Are they alike?",
            "How far apart the houses of a village are says nothing of how far the "
            "village is.",
            "tokens",
        ),
        Mistake(
            "no-root",
            lambda x, gain, eps: x / (ms(x) + eps) * gain,
            _row,
            "If x is doubled, should the output change?",
            "With your formula, what happens to the output when x doubles? Which of "
            "the three words in the norm's name have you used?",
            "To compare a length with an area one takes the side of the square.",
            "tokens",
        ),
        Mistake(
            "sum-not-mean",
            lambda x, gain, eps: x / ((x**2).sum(-1, keepdim=True) + eps).sqrt() * gain,
            _row,
            "Which of the three words in the norm's name have you not used?",
            "How large is a typical feature of your output for d = 5, and for 500?",
            "The price of all apples grows with the bag; the price of an apple does "
            "not.",
            "tokens",
        ),
        Mistake(
            "over-time",
            lambda x, gain, eps: x / (ms(x, 1) + eps).sqrt() * gain,
            _row,
            "Over which axis do the features of one token run?",
            "With your function, does the first token change when the last one does?",
            "Each student's mean mark is over subjects, not over students.",
            "tokens",
        ),
        Mistake(
            "over-everything",
            lambda x, gain, eps: x / ((x**2).mean() + eps).sqrt() * gain,
            _row,
            "How many root mean squares are there for B texts of T tokens?",
            "With your function, does a token change when another text does?",
            "Each singer is given a microphone, not the choir one.",
            "tokens",
        ),
        Mistake(
            "over-a-text",
            lambda x, gain, eps: x / (ms(x, (1, 2)) + eps).sqrt() * gain,
            _row,
            "How many root mean squares does a text of T tokens have?",
            "A later token should not be able to change an earlier one. Can it here?",
            "A teacher marks each exercise, not the notebook.",
            "tokens",
        ),
        Mistake(
            "gain-forgotten",
            lambda x, gain, eps: x / (ms(x) + eps).sqrt(),
            _row,
            "Which argument have you not used?",
            "Divide your output by the right one, feature by feature. Do you know "
            "these numbers?",
            "A mixer whose sliders are not plugged in.",
            "tokens",
        ),
        Mistake(
            "gain-plus-one",
            lambda x, gain, eps: x / (ms(x) + eps).sqrt() * (1 + gain),
            _row,
            "With a gain of 0, what should the output be?",
            "Some models store the gain less 1. Does the formula above?",
            "Half price is not one and a half times the price.",
            "tokens",
        ),
        Mistake(
            "gain-before",
            lambda x, gain, eps: x * gain / (ms(x * gain) + eps).sqrt(),
            _row,
            "Is the gain's own size still in your output?",
            "Double every gain: what happens to your output, and what should?",
            "Who turns the volume up before the automatic volume control, turns in "
            "vain.",
            "tokens",
        ),
        Mistake(
            "eps-outside-the-root",
            lambda x, gain, eps: x / (ms(x).sqrt() + eps) * gain,
            _small,
            "Is eps added before or after the root is taken?",
            "For a token of zeros, what is your divisor, and what does the formula "
            "say?",
            "The root of 9 + 16 is not 3 + 4.",
            "small tokens",
        ),
        Mistake(
            "eps-forgotten",
            lambda x, gain, eps: x / ms(x).sqrt() * gain,
            _small,
            "What does your function make of a token of zeros?",
            "Which argument have you not used?",
            "A recipe for “a pinch of salt per guest” needs a guest.",
            "small tokens",
        ),
    ),
)
