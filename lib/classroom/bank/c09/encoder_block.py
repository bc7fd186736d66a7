"""Chapter 9, write: a pre-norm encoder block around given sub-layers."""

import torch

from ...exercises.model import Exercise, Probe
from ._block_mistakes import MISTAKES

QUESTION = r"""
Write an encoder block in its **pre-norm** form: attention, then the feed-forward
network, each with its own norm in front and a shortcut around both,

$$x \leftarrow x + \mathrm{sublayer}(\mathrm{LN}(x)).$$

- `x` (B, T, d)
- `attend`, `feed_forward`: functions of one tensor (B, T, d) → (B, T, d)
- `norm_1`: the norm that goes with attention, `norm_2` the one of the feed-forward
  network; functions of the same kind
- returns a tensor (B, T, d)

If both sub-layers return zeros the block returns x itself; if `attend` always returns
1 and `feed_forward` always 10, it returns x + 11.
"""

STUB = """
def encoder_block(x, attend, feed_forward, norm_1, norm_2):
    raise NotImplementedError
"""


def encoder_block(x, attend, feed_forward, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + feed_forward(norm_2(x))


def names_for_all(x, attend, feed_forward, norm_1, norm_2):
    found = attend(norm_1(x))
    after = x.clone()
    after += found
    return torch.add(after, feed_forward(norm_2(after)))


def sum_of_three(x, attend, feed_forward, norm_1, norm_2):
    a = attend(norm_1(x))
    return x + a + feed_forward(norm_2(x + a))


def in_a_loop(x, attend, feed_forward, norm_1, norm_2):
    for sublayer, norm in ((attend, norm_1), (feed_forward, norm_2)):
        residual = x
        x = sublayer(norm(x)) + residual
    return x


def norm(gain):
    def normalise(x):
        centred = x - x.mean(-1, keepdim=True)
        return gain * centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()

    return normalise


def constant(number):
    return lambda x: torch.full_like(x, number)


def attention(x):
    """Mixes tokens: each becomes the mean of itself and all before it."""
    count = torch.arange(1.0, x.shape[1] + 1)[:, None]
    return x.cumsum(1) / count


def bend(x):
    """Mixes features: a sum of neighbours, cut off at 0."""
    return (x + 0.5 * x.roll(1, -1)).relu() - 0.3


def inputs(attend, feed_forward):
    """B=2, T=3, d=5; the two norms have different gains."""
    return lambda: (
        4 * torch.randn(2, 3, 5) + 1,
        attend,
        feed_forward,
        norm(0.7),
        norm(1.8),
    )


def added(block, x, *parts):
    out = block(x, *parts)
    return out - x if getattr(out, "shape", None) == x.shape else out


def received(block, x, attend, feed_forward, norm_1, norm_2):
    """What each sub-layer is given, and in which order they are called."""
    seen = []

    def spy(name, function):
        def call(given):
            seen.append((name, given))
            return function(given)

        return call

    block(x, spy("attend", attend), spy("feed_forward", feed_forward), norm_1, norm_2)
    return {
        "order": ", ".join(name for name, _ in seen),
        "given": [given for _, given in seen],
    }


def gradient(function, x, *others):
    """How a weighted sum of the result pulls at x."""
    x.requires_grad_()
    out = function(x, *others)
    if not getattr(out, "requires_grad", False):
        return "a result without a gradient"
    pull = torch.linspace(-1.0, 2.0, out.numel()).reshape(out.shape)
    (pulled,) = torch.autograd.grad((out * pull).sum(), x, allow_unused=True)
    return pulled


EXERCISE = Exercise(
    id="encoder-block",
    chapter=9,
    kind="write",
    title="A pre-norm block",
    question=QUESTION,
    difficulty=3,
    minutes=8,
    name="encoder_block",
    stub=STUB,
    reference=encoder_block,
    accepts=(names_for_all, sum_of_three, in_a_loop),
    proves="The raw x runs through from bottom to top, each sub-layer adds to it what "
    "it finds, and reads a normalised copy; the second one builds on the first.",
    probes=(
        Probe(
            "silent",
            inputs(constant(0.0), constant(0.0)),
            says="If both sub-layers say nothing, x comes out",
        ),
        Probe(
            "constants",
            inputs(constant(2.0), constant(10.0)),
            added,
            "What the block adds to x is the two sub-layers' outputs, here 2 + 10",
        ),
        Probe(
            "attention alone",
            inputs(attention, constant(0.0)),
            added,
            "With a silent feed-forward network the block adds attend(norm_1(x))",
        ),
        Probe(
            "feed-forward alone",
            inputs(constant(0.0), bend),
            added,
            "With silent attention the block adds feed_forward(norm_2(x))",
        ),
        Probe(
            "received",
            inputs(attention, bend),
            received,
            "Attention comes first, and each sub-layer gets the norm of what is there",
        ),
        Probe(
            "both", inputs(attention, bend), says="The output is that of the two steps"
        ),
        Probe(
            "gradient",
            inputs(attention, bend),
            gradient,
            "The gradient comes down the shortcuts and through both branches",
        ),
    ),
    mistakes=MISTAKES,
)
