"""The figures of chapter 11: learning-rate schedules, and a training played back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import traitlets

from .base import Figure, numbers, source

_KINDS = ("noam", "cosine", "linear")
_WIDTHS = (64, 128, 256, 512, 1024, 2048)
_WARM_UPS = (0, 100, 250, 500, 1000, 2000, 4000, 8000, 16000)
_PEAKS = (1e-4, 2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3, 1e-2)
_MOST_MOMENTS, _MOST_STEPS = 60, 20_000


class ScheduleExplorer(Figure):
    """Chapter 11: the learning rate over a training, by schedule, width and warm-up.

    The browser computes what `unmasked.training` computes: `noam_schedule`, or the
    peak times `cosine_schedule` or `linear_schedule`, which fall from the end of the
    warm-up. The paper's schedule is drawn beside it.

    Args:
        steps: length of the training, from 1,000 to 1,000,000.
        kind: where the choice starts, "noam", "cosine" or "linear".
        d_model: where its slider starts, one of 64, 128, … 2048.
        warmup: where its slider starts: 0, 100, 250, 500, 1000, … 16000.
        peak: where its slider starts: 1e-4, 2.5e-4, 5e-4, 1e-3, … 1e-2.

    Raises:
        ValueError: a start that is not on its slider, steps outside the limits.

    The traits `kind`, `d_model`, `warmup` and `peak` follow the reader.
    Source: Vaswani et al. 2017, §5.3, Eq. 3.
    """

    _esm, _css = source("schedule")
    steps = traitlets.Int().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    d_model = traitlets.Int().tag(sync=True)
    warmup = traitlets.Int().tag(sync=True)
    peak = traitlets.Float().tag(sync=True)
    kinds = traitlets.List().tag(sync=True)
    widths = traitlets.List().tag(sync=True)
    warmups = traitlets.List().tag(sync=True)
    peaks = traitlets.List().tag(sync=True)

    def __init__(
        self,
        steps: int = 100_000,
        kind: str = "noam",
        d_model: int = 512,
        warmup: int = 4000,
        peak: float = 1e-3,
    ) -> None:
        if not 1_000 <= steps <= 1_000_000:
            raise ValueError(f"steps {steps} is outside 1000 to 1000000")
        warmups = [value for value in _WARM_UPS if value < steps]
        starts: tuple[tuple[str, Any, Sequence[Any]], ...] = (
            ("kind", kind, _KINDS),
            ("d_model", d_model, _WIDTHS),
            ("warmup", warmup, warmups),
            ("peak", peak, _PEAKS),
        )
        for name, start, values in starts:
            if start not in values:
                among = ", ".join(map(str, values))
                raise ValueError(f"{name} {start!r} is not among {among}")
        super().__init__(
            steps=steps, kind=kind, d_model=d_model, warmup=warmup, peak=peak,
            kinds=list(_KINDS), widths=list(_WIDTHS), warmups=warmups,
            peaks=list(_PEAKS),
        )  # fmt: skip

    def _summary(self) -> str:
        return f"{self.kind}, {self.steps} steps"


class TrainingScrubber(Figure):
    """Chapter 11: a training played back, loss curve and attention at saved steps.

    Args:
        losses: the loss of every step, step 1 first; kept to 3 significant digits.
        steps: the steps at which the rest was saved, increasing.
        source, target: S and T tokens of one example.
        weights: for each saved step, T rows of S attention weights, kept to 3 decimals.
        texts: for each saved step what the model wrote; none by default.
        expected: pairs (i, j) of a target and a source position where the weight
            should become largest.

    Raises:
        ValueError: no loss or too many; saved steps that do not increase or lie
            outside the training, or more than 60; lists of other lengths than these; a
            weight outside 0 to 1, a row whose sum is not 1 within 1e-3; an expected
            cell outside the map.

    The trait `moment` is the index of the saved step that is shown, the last at first.
    """

    _esm, _css = source("scrubber")
    losses = traitlets.List().tag(sync=True)
    steps = traitlets.List().tag(sync=True)
    source = traitlets.List().tag(sync=True)
    target = traitlets.List().tag(sync=True)
    weights = traitlets.List().tag(sync=True)
    texts = traitlets.List().tag(sync=True)
    expected = traitlets.List().tag(sync=True)
    moment = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        losses: Iterable[float],
        steps: Sequence[int],
        source: Sequence[str],
        target: Sequence[str],
        weights: Sequence[Any],
        texts: Sequence[str] | None = None,
        expected: Iterable[tuple[int, int]] = (),
    ) -> None:
        curve = numbers(losses, "losses")
        if not 2 <= len(curve) <= _MOST_STEPS:
            raise ValueError(f"{len(curve)} losses; 2 to {_MOST_STEPS} can be drawn")
        saved = [int(step) for step in steps]
        if not 1 <= len(saved) <= _MOST_MOMENTS:
            raise ValueError(f"{len(saved)} steps; 1 to {_MOST_MOMENTS} can be shown")
        if saved != sorted(set(saved)) or saved[0] < 1 or saved[-1] > len(curve):
            raise ValueError(f"steps must increase within 1 to {len(curve)}: {saved}")
        if len(weights) != len(saved):
            raise ValueError(f"{len(weights)} maps for {len(saved)} steps")
        written = [str(text) for text in texts or []]
        if written and len(written) != len(saved):
            raise ValueError(f"{len(written)} texts for {len(saved)} steps")
        shape = len(target), len(source)
        cells = [[int(i), int(j)] for i, j in expected]
        for i, j in cells:
            if not (0 <= i < shape[0] and 0 <= j < shape[1]):
                raise ValueError(f"expected cell ({i}, {j}) is outside the map {shape}")
        super().__init__(
            losses=[float(f"{value:.3g}") for value in curve],
            steps=saved,
            source=[str(token) for token in source],
            target=[str(token) for token in target],
            weights=[
                _map(each, f"step {step}", *shape)
                for each, step in zip(weights, saved, strict=True)
            ],
            texts=written,
            expected=cells,
            moment=len(saved) - 1,
        )

    def _summary(self) -> str:
        shape = f"{len(self.target)}×{len(self.source)}"
        return f"{len(self.losses)} steps, {len(self.steps)} maps of {shape}"


def _map(weights: Any, where: str, T: int, S: int) -> list[list[float]]:
    """Check one attention map and round it."""
    rows = [numbers(row, f"{where}: weights") for row in weights]
    if not rows or len(rows) != T or any(len(row) != S for row in rows):
        raise ValueError(f"{where}: weights must be {T} rows of {S}")
    for i, row in enumerate(rows):
        if abs(sum(row) - 1) > 1e-3:
            raise ValueError(f"{where}: row {i} sums to {sum(row):.4f}, not 1")
    return [[round(value, 3) for value in row] for row in rows]
