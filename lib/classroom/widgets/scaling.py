"""The figure of chapter 17: what a GPT weighs, computes, remembers and costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from .base import Figure, source

_LAYERS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 36, 48, 64, 80, 96, 128)
_WIDTHS = (64, 128, 256, 512, 768, 1024, 1280, 1600, 2048, 4096, 8192, 12288, 16384)
_CONTEXTS = (64, 256, 512, 1024, 2048, 4096, 8192, 32768, 131072)
_VOCABULARIES = (512, 2048, 8192, 40478, 50257, 131072)
_TOKENS = tuple(
    float(f"{digit}e{power}") for power in range(6, 14) for digit in (1, 2, 5)
)
_DEVICES = tuple(2**n for n in range(15))
_RATES = (0.05, 1, 15, 65, 150, 300, 765, 1000, 2000)
_SHARES = tuple(n / 100 for n in range(5, 65, 5))
_MEMORIES = (8, 16, 24, 40, 80, 141, 192)
_PRICES = (0.1, 0.25, 0.5, 1, 2, 2.5, 3, 4, 5, 8, 10)
# layers, width, context, vocabulary, tokens
_MODELS = {
    "chapter 17's smallest": (2, 64, 64, 512, 1e6),
    "GPT-1": (12, 768, 512, 40478, 2e10),
    "GPT-2, smallest": (12, 768, 1024, 50257, 1e10),
    "GPT-2, largest": (48, 1600, 1024, 50257, 1e10),
    "80 layers of 8,192": (80, 8192, 4096, 131072, 1e12),
}


class CostCalculator(Figure):
    """Chapter 17: parameters, operations, memory and price of a training, by sizes.

    The browser computes what `unmasked.scaling` computes: `count_parameters` (of a
    post-norm model, tied, with biases), `flops_per_token`, `training_memory` and
    `training_hours`.

    Args:
        layers, width, context, vocabulary: where the model's sliders start (GPT-1's).
        tokens: read in training.
        devices: how many, from 1 to 16,384, in powers of two.
        sharded: whether they share out the weights.
        rate: what a device's matrix products reach, in 1e12 operations per second.
        share: of that, what the training reaches, 0.05 to 0.6 in steps of 0.05.
        memory: of a device, in GB.
        price: of a device for an hour.

    Raises: ValueError, naming the values, for a start that is not on its slider.

    The traits of the same names follow the reader.
    """

    _esm, _css = source("costs")
    values = traitlets.Dict().tag(sync=True)
    models = traitlets.List().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    context = traitlets.Int().tag(sync=True)
    vocabulary = traitlets.Int().tag(sync=True)
    tokens = traitlets.Float().tag(sync=True)
    devices = traitlets.Int().tag(sync=True)
    sharded = traitlets.Bool().tag(sync=True)
    rate = traitlets.Float().tag(sync=True)
    share = traitlets.Float().tag(sync=True)
    memory = traitlets.Int().tag(sync=True)
    price = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        layers: int = 12,
        width: int = 768,
        context: int = 512,
        vocabulary: int = 40478,
        tokens: float = 2e10,
        devices: int = 1,
        sharded: bool = False,
        rate: float = 765,
        share: float = 0.3,
        memory: int = 80,
        price: float = 2.5,
    ) -> None:
        starts: tuple[tuple[str, Any, Sequence[Any]], ...] = (
            ("layers", layers, _LAYERS),
            ("width", width, _WIDTHS),
            ("context", context, _CONTEXTS),
            ("vocabulary", vocabulary, _VOCABULARIES),
            ("tokens", tokens, _TOKENS),
            ("devices", devices, _DEVICES),
            ("rate", rate, _RATES),
            ("share", share, _SHARES),
            ("memory", memory, _MEMORIES),
            ("price", price, _PRICES),
        )
        for name, start, values in starts:
            if start not in values:
                among = ", ".join(f"{value:g}" for value in values)
                raise ValueError(f"{name} {start!r} is not among {among}")
        super().__init__(
            values={name: list(values) for name, _, values in starts},
            models=[[name, *sizes] for name, sizes in _MODELS.items()],
            sharded=bool(sharded),
            **{name: start for name, start, _ in starts},
        )

    def _summary(self) -> str:
        return f"{self.layers} layers, width {self.width}"
