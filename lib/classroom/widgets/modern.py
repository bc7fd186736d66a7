"""The figure of chapter 18: a query and a key, turned by their positions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import traitlets

from .base import Figure, source

_ESM, _CSS = source("rotary")


class RotaryDial(Figure):
    """Turns a query and a key by their positions, and shows the score.

    Each pair of features is a dial with two arrows. The score, the sum of the pairs'
    dot products, stands beside its curve over the offset; it stays where both move.

    Args:
        query, key: features of the two vectors, an even number of them, up to 12, each
            from -10 to 10; neighbours make a pair.
        base: pair i turns by base^(-2i/d) radians a position, from 1 to 1,000,000.
        length: how many positions there are, 2 to 512.
        query_position, key_position: where they stand at first.

    Raises: ValueError, naming the value, for what is outside these bounds.
    """

    _esm = _ESM
    _css = _CSS
    query = traitlets.List(traitlets.Float()).tag(sync=True)
    key = traitlets.List(traitlets.Float()).tag(sync=True)
    speeds = traitlets.List(traitlets.Float()).tag(sync=True)
    length = traitlets.Int().tag(sync=True)
    query_position = traitlets.Int().tag(sync=True)
    key_position = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        query: Sequence[float],
        key: Sequence[float],
        base: float = 100.0,
        length: int = 48,
        query_position: int = 9,
        key_position: int = 5,
    ) -> None:
        d, both = len(query), (*query, *key)
        if len(key) != d or d % 2 or not 2 <= d <= 12:
            raise ValueError(
                f"query and key need the same even number of features, 2 to 12: "
                f"{d} and {len(key)}"
            )
        for value in both:
            if not (math.isfinite(value) and abs(value) <= 10):
                raise ValueError(f"a feature is {value}: not from -10 to 10")
        if not 1 <= base <= 1e6:
            raise ValueError(f"base is {base}: not from 1 to 1,000,000")
        if not 2 <= length <= 512:
            raise ValueError(f"length is {length}: not from 2 to 512")
        for name, place in (("query", query_position), ("key", key_position)):
            if not 0 <= place < length:
                raise ValueError(
                    f"{name}_position is {place}: not from 0 to {length - 1}"
                )
        super().__init__(
            query=[float(value) for value in query],
            key=[float(value) for value in key],
            speeds=[base ** (-2 * i / d) for i in range(d // 2)],
            length=length,
            query_position=query_position,
            key_position=key_position,
        )

    def _summary(self) -> str:
        return f"{len(self.speeds)} pairs, {self.length} positions"
