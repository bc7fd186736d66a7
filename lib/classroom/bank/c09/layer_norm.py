"""Chapter 9, write: layer normalisation."""

import torch

from ...exercises.model import Exercise, Probe
from ._layer_norm_mistakes import MISTAKES

QUESTION = r"""
Write layer normalisation: each token's d numbers get mean 0 and variance 1, and then a
gain and a bias that are trained.

$$\mathrm{LN}(x) = \gamma \odot \frac{x - m}{\sqrt{\operatorname{var}(x) + \epsilon}}
+ \beta, \qquad m = \frac1d \sum_{j=1}^{d} x_j, \qquad
\operatorname{var}(x) = \frac1d \sum_{j=1}^{d} (x_j - m)^2$$

- `x` (…, d): any number of axes may stand in front, also none
- `gain`, `bias` (d,): $\gamma$ and $\beta$; `eps`: $\epsilon$, a small positive number
- returns a tensor of the shape of `x`; without `torch.nn`

x = [1, 3] with gain [1, 1], bias [0, 10] gives [−1, 11], up to ε.
"""

STUB = """
def layer_norm(x, gain, bias, eps=1e-5):
    raise NotImplementedError
"""


def layer_norm(x, gain, bias, eps=1e-5):
    mean = x.mean(dim=-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    return (x - mean) / (variance + eps).sqrt() * gain + bias


def by_torch(x, gain, bias, eps=1e-5):
    return torch.nn.functional.layer_norm(x, gain.shape, gain, bias, eps)


def biased_variance(x, gain, bias, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    return centred * torch.rsqrt(x.var(-1, correction=0, keepdim=True) + eps) * gain + (
        bias
    )


def sums(x, gain, bias, eps=1e-5):
    d = x.size(-1)
    centred = x - x.sum(-1)[..., None] / d
    scale = torch.sqrt(torch.einsum("...d,...d->...", centred, centred) / d + eps)
    return centred / scale.unsqueeze(-1) * gain + bias


def inputs(*lead, d=4, size=1.0, plain=False, eps=None):
    """(…, d), with a gain and a bias that differ everywhere."""

    def make():
        x = size * (torch.randn(*lead, d) + 0.5)
        gain, bias = torch.linspace(0.5, 2.0, d), torch.linspace(-1.0, 3.0, d)
        if plain:
            gain, bias = torch.ones(d), torch.zeros(d)
        return (x, gain, bias) if eps is None else (x, gain, bias, eps)

    return make


def moments(norm, x, gain, bias):
    out = norm(x, gain, bias)
    if getattr(out, "shape", None) != x.shape:
        return out
    return {"mean": out.mean(-1), "variance": out.var(-1, correction=0)}


def neighbour_changed(norm, x, gain, bias):
    """How far the other tokens move when the last one of sentence 0 changes."""
    before = norm(x, gain, bias)
    x = x.clone()
    x[0, -1] *= 5.0
    after = norm(x, gain, bias)
    if getattr(after, "shape", None) != x.shape:
        return after
    change = (after - before).abs().amax(-1)
    return {"same sentence": change[0, :-1], "other sentences": change[1:]}


def gradient(function, x, *others):
    """How a weighted sum of the result pulls at x."""
    x.requires_grad_()
    out = function(x, *others)
    if not getattr(out, "requires_grad", False):
        return "a result without a gradient"
    pull = torch.linspace(-1.0, 2.0, out.numel()).reshape(out.shape)
    (pulled,) = torch.autograd.grad((out * pull).sum(), x, allow_unused=True)
    return pulled


def far_away():
    """Whole numbers far from zero, whose means are exact in single precision."""
    near = torch.tensor([[3, -1, 2, 0], [-5, 1, 1, 3], [2, 7, -8, 3]])
    x = torch.stack([near, near.flip(0) * 2]).float() + 2.0**14
    return x, torch.ones(4), torch.zeros(4)


def constant():
    x = torch.full((2, 3, 5), 7.0)
    return x, torch.linspace(0.5, 2.0, 5), torch.linspace(-1.0, 3.0, 5)


EXERCISE = Exercise(
    id="layer-norm",
    chapter=9,
    kind="write",
    title="Layer normalisation",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="layer_norm",
    stub=STUB,
    reference=layer_norm,
    accepts=(by_torch, biased_variance, sums),
    proves="Every token is normalised by itself, over its features, with the variance "
    "of the formula; ε keeps constant and tiny tokens finite; gain and bias act last.",
    probes=(
        Probe(
            "neighbour",
            inputs(2, 3, plain=True),
            neighbour_changed,
            "Changing one token moves no other token",
        ),
        Probe(
            "moments",
            inputs(2, 3, plain=True),
            moments,
            "With gain 1 and bias 0 every token has mean 0 and variance 1",
        ),
        Probe(
            "normalised",
            inputs(2, 3, plain=True),
            says="With gain 1 and bias 0 the result is (x − μ)/√(s² + ε)",
        ),
        Probe("affine", inputs(2, 3), says="Gain and bias act on the features"),
        Probe(
            "tiny",
            inputs(2, 3, d=5, size=1e-3, plain=True),
            says="Numbers of about 0.001 come out as the formula says: there ε counts",
        ),
        Probe(
            "other eps",
            inputs(2, 3, d=5, plain=True, eps=0.5),
            says="ε is the one that is given",
        ),
        Probe("constant", constant, says="A token of equal numbers becomes the bias"),
        Probe("far away", far_away, says="Far from zero the variance is still right"),
        Probe(
            "gradient",
            inputs(2, 3, d=5),
            gradient,
            "The gradient flows through mean and variance as well",
        ),
        Probe("vector", inputs(d=6), says="A single vector is normalised as well"),
        Probe("four axes", inputs(2, 3, 5), says="More axes may stand in front"),
    ),
    mistakes=MISTAKES,
)
