"""Chapter 10, write: the wiring of a decoder layer."""

import torch

from ...exercises.model import Exercise, Probe
from ._decoder_mistakes import MISTAKES, received

QUESTION = r"""
Wire a decoder layer as it was published, **post-norm**: causal self-attention,
attention to the encoder's output, feed-forward network; after each of them the sum with
what came in, and a norm.

- `x`: vectors of the target (B, T, d); `memory`: the encoder's output (B, S, d)
- `self_attend`, `cross_attend`: functions (query, key, value, mask) → (B, queries, d)
- `feed_forward`: a function of one tensor
- `norms`: three functions of one tensor, in the order of the sub-layers
- `causal` (T, T), `source` (B, 1, S): masks, True = may be attended
- returns (B, T, d)

If all three sub-layers return zeros, the result is x, normalised three times.
"""

STUB = """
def decoder_layer(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    raise NotImplementedError
"""


def decoder_layer(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    x = norms[0](x + self_attend(x, x, x, causal))
    x = norms[1](x + cross_attend(x, memory, memory, source))
    return norms[2](x + feed_forward(x))


def step_by_step(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    first, second, third = norms
    written = first(self_attend(x, x, x, causal) + x)
    found = cross_attend(query=written, key=memory, value=memory, mask=source)
    read = second(torch.add(written, found))
    return third(feed_forward(read).add(read))


def in_a_loop(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    steps = (
        lambda y: self_attend(y, y, y, causal),
        lambda y: cross_attend(y, memory, memory, source),
        feed_forward,
    )
    for step, norm in zip(steps, norms, strict=True):
        x = norm(x + step(x))
    return x


def attend(query, key, value, mask):
    scores = query @ key.mT / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return scores.softmax(-1) @ value


def cross(query, key, value, mask):
    return 2 * attend(query, key, value.roll(1, -1), mask)


def bend(x):
    """No multiple of x gives that multiple: the scale of what it reads is seen."""
    return (x + 0.5 * x.roll(1, -1) - 0.3).relu()


def gain(number):
    def norm(x):
        centred = x - x.mean(-1, keepdim=True)
        return (
            number * centred / (centred.square().mean(-1, keepdim=True) + 1e-5) ** 0.5
        )

    return norm


NORMS = (gain(0.7), gain(1.3), gain(1.9))


def masks(padded):
    """Causal for T=3, and B=2 sources of 5 words, the second with two pads."""
    source = torch.ones(2, 1, 5, dtype=torch.bool)
    if padded:
        source[1, :, 3:] = False
    return torch.ones(3, 3, dtype=torch.bool).tril(), source


def inputs(padded=True, parts=(attend, cross, bend), norms=NORMS):
    """B=2, T=3, S=5, d=4."""
    return lambda: (
        torch.randn(2, 3, 4) + 1,
        torch.randn(2, 5, 4),
        *parts,
        norms,
        *masks(padded),
    )


def silent(query, key=None, value=None, mask=None):
    return torch.zeros_like(query)


def same(x):
    return x


EXERCISE = Exercise(
    id="decoder-layer",
    chapter=10,
    kind="write",
    title="Wire a decoder layer",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="decoder_layer",
    stub=STUB,
    reference=decoder_layer,
    accepts=(step_by_step, in_a_loop),
    proves="The target asks itself first, then the source: its queries, memory's keys "
    "and values, and the source's mask. Each sub-layer's answer is added to what it "
    "was given, and the sum is normalised.",
    probes=(
        Probe(
            "received",
            inputs(norms=(same, same, same)),
            received,
            "Each attention is given the right query, key, value and mask, in order",
        ),
        Probe(
            "silent",
            inputs(parts=(silent, silent, silent)),
            says="With silent sub-layers, x comes out, normalised three times",
        ),
        Probe("outputs", inputs(), says="The output is that of the three steps"),
        Probe(
            "no padding",
            inputs(padded=False),
            says="The output is right for a source without padding",
        ),
    ),
    mistakes=MISTAKES,
)
