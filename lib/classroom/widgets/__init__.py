"""Figures to play with and questions to answer, each an anywidget.

Everything a reader can do happens in the browser, so the same widget works in
JupyterLab and, without a kernel, on the built pages. `source` and `Figure.data` let a
page show a widget without Jupyter's widget manager.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from .attention import HeadViewer, MaskPlayground, QueryAmongKeys
from .base import Figure, numbers, source
from .blocks import BlockGradients, EmbeddingMap, MergeStepper, PositionHeatMap
from .gpt import NextToken, likely_prefixes

__all__ = [
    "AlignmentMap",
    "BlockGradients",
    "EmbeddingMap",
    "Figure",
    "GradientExplorer",
    "HeadViewer",
    "MaskPlayground",
    "MergeStepper",
    "NextToken",
    "PositionHeatMap",
    "QueryAmongKeys",
    "Question",
    "likely_prefixes",
    "source",
]

_KINDS = ("predict", "retrieval")


class GradientExplorer(Figure):
    """Chapter 1: what is left of a gradient after so many steps back in time.

    A dashed line shows the bound: each step of an RNN multiplies the gradient by at
    most the largest singular value σ of its recurrent matrix (|tanh'| ≤ 1), hence σᵏ
    after k steps. Solid lines show measured norms. The reader moves σ and k.

    Args:
        scales: values of σ that the slider takes, positive and increasing; close
            together, so that the slider runs smoothly, for instance 0.5, 0.55, … 1.5.
        measured: for each curve's name ("tanh RNN", "LSTM") one list for each scale,
            holding the norms of ∂h_t/∂h_{t-k} at k = 0, 1, 2, … divided by the norm at
            k = 0, so that every list starts with 1. Kept to 3 significant digits.
        scale: where the σ slider starts; the nearest of `scales` is taken.
        distance: where the distance slider starts, in steps.

    Raises:
        ValueError: lists whose lengths disagree; a number that is negative, infinite
            or NaN; a curve that does not start with 1; a start outside the sliders.

    Source: the setting of Pascanu, Mikolov and Bengio 2013; the bound is derived from
    |tanh'| ≤ 1 and the singular value, not from their eigenvalues.
    """

    _esm, _css = source("gradient")
    scales = traitlets.List().tag(sync=True)
    measured = traitlets.Dict().tag(sync=True)
    scale = traitlets.Float().tag(sync=True)
    distance = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        scales: Sequence[float],
        measured: Mapping[str, Sequence[Sequence[float]]] | None = None,
        scale: float = 0.9,
        distance: int = 40,
    ) -> None:
        grid = numbers(scales, "scales")
        if len(grid) < 2 or grid[0] <= 0 or grid != sorted(set(grid)):
            raise ValueError("scales must be two or more positive, increasing numbers")
        curves = {
            str(name): _curves(str(name), rows, len(grid))
            for name, rows in (measured or {}).items()
        }
        lengths = {len(row) for rows in curves.values() for row in rows} or {101}
        if len(lengths) > 1:
            raise ValueError(f"measured curves differ in length: {sorted(lengths)}")
        steps = lengths.pop() - 1
        if not 1 <= distance <= steps:
            raise ValueError(f"distance {distance} is outside 1 to {steps}")
        nearest = min(grid, key=lambda value: abs(value - scale))
        super().__init__(scales=grid, measured=curves, scale=nearest, distance=distance)

    def _summary(self) -> str:
        return f"{len(self.scales)} scales, {', '.join(self.measured) or 'bound only'}"


class AlignmentMap(Figure):
    """Chapter 2: which source tokens the decoder looked at for each target token.

    Args:
        examples: one mapping for each sentence pair, with "source" (S tokens), "target"
            (T tokens), "weights" (T rows of S attention weights, kept to 4 decimals),
            and optionally "title" and "expected": pairs (i, j) of a target and a
            source position where the weight should be largest, drawn as outlines.

    Raises:
        ValueError: no example, an empty token list, weights that are not T×S, a weight
            outside 0 to 1, a row whose sum is not 1 within 1e-3, an expected cell
            outside the map.
    """

    _esm, _css = source("alignment")
    examples = traitlets.List().tag(sync=True)

    def __init__(self, examples: Sequence[Mapping[str, Any]]) -> None:
        if not examples:
            raise ValueError("an alignment map needs at least one example")
        super().__init__(
            examples=[_example(n, each) for n, each in enumerate(examples)]
        )

    def _summary(self) -> str:
        shapes = [f"{len(e['target'])}×{len(e['source'])}" for e in self.examples]
        return ", ".join(shapes[:5] + ["…"] * (len(shapes) > 5))


class Question(Figure):
    """One question with options; the browser judges the choice and explains it.

    Text may hold `code` between backticks and *emphasis* between asterisks; anything
    else, HTML included, is shown as it stands.

    Args:
        identifier: the exercise's id; the browser remembers the choice under
            `unmasked:<identifier>`.
        prompt: the question.
        options: what can be chosen, two or more, all different.
        answer: index of the right option.
        explanations: for each option, why it is right or where its reasoning slips.
        kind: "predict" shows an earlier choice again when the page is opened;
            "retrieval" asks afresh, since a visible answer leaves nothing to recall.

    Raises:
        ValueError: an empty text, fewer than two or equal options, explanations of
            another number, an answer outside the options, an unknown kind.

    The trait `chosen` is the index of the last choice, -1 before the first; `observe`
    it to record answers in the kernel.
    """

    _esm, _css = source("question")
    identifier = traitlets.Unicode().tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    answer = traitlets.Int().tag(sync=True)
    explanations = traitlets.List().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)

    def __init__(
        self,
        identifier: str,
        prompt: str,
        options: Sequence[str],
        answer: int,
        explanations: Sequence[str],
        kind: str = "predict",
    ) -> None:
        texts = [identifier, prompt, *options, *explanations]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"question {identifier!r} has an empty text")
        if len(options) < 2 or len(set(options)) < len(options):
            raise ValueError(
                f"question {identifier!r} needs two or more unlike options"
            )
        if len(explanations) != len(options):
            raise ValueError(
                f"question {identifier!r} has {len(options)} options"
                f" but {len(explanations)} explanations"
            )
        if not 0 <= answer < len(options):
            raise ValueError(
                f"question {identifier!r}: answer {answer} is not among"
                f" options 0 to {len(options) - 1}"
            )
        if kind not in _KINDS:
            raise ValueError(f"kind {kind!r} is not one of {', '.join(_KINDS)}")
        super().__init__(
            identifier=identifier,
            prompt=prompt,
            options=list(options),
            answer=answer,
            explanations=list(explanations),
            kind=kind,
        )

    def _summary(self) -> str:
        return f"{self.identifier}: {len(self.options)} options"


def _curves(name: str, rows: Sequence[Sequence[float]], n: int) -> list[list[float]]:
    """Check the curves of one network, one for each of n scales, and round them."""
    if len(rows) != n:
        raise ValueError(f"measured[{name!r}] has {len(rows)} curves for {n} scales")
    curves = [
        [float(f"{value:.3g}") for value in numbers(row, f"measured[{name!r}][{i}]")]
        for i, row in enumerate(rows)
    ]
    for i, curve in enumerate(curves):
        if len(curve) < 2 or abs(curve[0] - 1) > 1e-3:
            raise ValueError(
                f"measured[{name!r}][{i}] must hold two or more norms and start with 1:"
                " divide it by the norm at distance 0"
            )
    return curves


def _example(number: int, example: Mapping[str, Any]) -> dict[str, Any]:
    """Check one sentence pair of an alignment map and fill in what was left out."""
    where = f"example {number}"
    src, tgt = (
        [str(token) for token in example[side]] for side in ("source", "target")
    )
    if not src or not tgt:
        raise ValueError(f"{where} has no source or no target tokens")
    weights = [numbers(row, f"{where}: weights") for row in example["weights"]]
    if len(weights) != len(tgt) or any(len(row) != len(src) for row in weights):
        raise ValueError(
            f"{where}: weights must be {len(tgt)} rows (target) of {len(src)} (source)"
        )
    for i, row in enumerate(weights):
        if abs(sum(row) - 1) > 1e-3:
            raise ValueError(
                f"{where}: row {i} ({tgt[i]!r}) sums to {sum(row):.4f}, not 1"
            )
    expected = [[int(i), int(j)] for i, j in example.get("expected") or []]
    for i, j in expected:
        if not (0 <= i < len(tgt) and 0 <= j < len(src)):
            raise ValueError(f"{where}: expected cell ({i}, {j}) is outside the map")
    return {
        "title": str(example.get("title") or f"Example {number + 1}"),
        "source": src,
        "target": tgt,
        "weights": [[round(value, 4) for value in row] for row in weights],
        "expected": expected,
    }
