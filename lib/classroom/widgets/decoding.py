"""The figure of chapter 12: a beam search, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from .base import Figure, source

_STATES = ("kept", "ended", "beaten", "cut")
_MOST_STEPS, _MOST_WAYS = 64, 24  # what a reader can still follow


class BeamTree(Figure):
    """Chapter 12: step through a beam search, and rank what ended by length penalty.

    Args:
        steps: for each step its continuations as `classroom.recording.recorded_search`
            gives them: mappings with "parent" (the place of the hypothesis in the step
            before, -1 in the first), "token" (a text), "log_prob" (of all tokens so
            far, at most 0) and "state": "kept", "ended", "beaten" or "cut".
        title: what is being translated; shown above the figure.
        alpha: where the slider of the length penalty's exponent starts, 0 to 2.
        step: how many steps are shown at the start.

    Raises:
        ValueError: no step, an empty one or too many; a parent that was not kept, an
            empty token, an unknown state, a log-probability above 0 or not finite, or
            above its parent's; nothing that ended; a start outside its slider.

    The traits `step` and `alpha` follow the reader.
    Source of the penalty ((5 + length) / 6)^alpha: Wu et al. 2016, §7.
    """

    _esm, _css = source("beams")
    steps = traitlets.List().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    alpha = traitlets.Float().tag(sync=True)
    step = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        steps: Sequence[Sequence[Mapping[str, Any]]],
        title: str = "",
        alpha: float = 0.6,
        step: int = 1,
    ) -> None:
        if not 1 <= len(steps) <= _MOST_STEPS:
            raise ValueError(f"{len(steps)} steps; 1 to {_MOST_STEPS} can be shown")
        checked: list[list[dict[str, Any]]] = []
        for n, ways in enumerate(steps):
            checked.append(_ways(n, ways, checked[-1] if checked else None))
        if not any(way["state"] == "ended" for ways in checked for way in ways):
            raise ValueError("no hypothesis ended")
        if not 0 <= alpha <= 2:
            raise ValueError(f"alpha {alpha} is outside 0 to 2")
        if not 0 <= step <= len(steps):
            raise ValueError(f"step {step} is outside 0 to {len(steps)}")
        super().__init__(
            steps=checked, title=str(title), alpha=float(alpha), step=int(step)
        )

    def _summary(self) -> str:
        ended = sum(way["state"] == "ended" for ways in self.steps for way in ways)
        return f"{len(self.steps)} steps, {ended} ended"


def _ways(
    n: int, ways: Sequence[Mapping[str, Any]], before: list[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """Check the continuations of step n against the step before."""
    if not 1 <= len(ways) <= _MOST_WAYS:
        raise ValueError(
            f"steps[{n}] has {len(ways)} ways; 1 to {_MOST_WAYS} can be shown"
        )
    checked = []
    for i, way in enumerate(ways):
        where = f"steps[{n}][{i}]"
        parent, token = int(way["parent"]), str(way["token"])
        log_prob, state = float(way["log_prob"]), str(way["state"])
        if not token:
            raise ValueError(f"{where} has an empty token")
        if state not in _STATES:
            raise ValueError(f"{where}: state {state!r} is none of {_STATES}")
        highest = 0.0
        if before is None:
            if parent != -1:
                raise ValueError(f"{where}: parent {parent} in the first step, not -1")
        else:
            kept = [k for k, each in enumerate(before) if each["state"] == "kept"]
            if parent not in kept:
                raise ValueError(f"{where}: parent {parent} is none of the kept {kept}")
            highest = before[parent]["log_prob"]
        if not math.isfinite(log_prob) or log_prob > highest + 1e-4:
            raise ValueError(f"{where}: log_prob {log_prob} is above {highest}")
        checked.append(
            {
                "parent": parent,
                "token": token,
                "log_prob": round(log_prob, 4),
                "state": state,
            }
        )
    return checked
