"""What every widget stands on: its script and style, its data, its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget

_FOLDER = Path(__file__).parent


def source(name: str) -> tuple[str, str]:
    """Return the JavaScript module and the style sheet of a widget.

    Args:
        name: "gradient", "alignment", "question", "query", "heads", "masks",
            "merges", "words", "positions", "layers" or "nexttoken".

    Returns:
        The text of an ES module whose default export is `{ render({ model, el }) }`,
        and its CSS. `model` needs `get(name)`, `set(name, value)`, `save_changes()`,
        `on(event, callback)` and `off(event, callback)`; `render` returns a function
        that cleans up.

    Raises:
        ValueError: there is no widget of that name.
    """
    names = sorted(file.stem for file in _FOLDER.glob("*.js") if file.stem != "common")
    if name not in names:
        raise ValueError(f"no widget {name!r}; there are {', '.join(names)}")

    # A module that the browser gets as text cannot import its neighbour: join them.
    def text(suffix: str) -> str:
        files = (_FOLDER / f"{stem}.{suffix}" for stem in ("common", name))
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    return text("js"), text("css")


class Figure(anywidget.AnyWidget):
    """What the widgets share: their data without Jupyter's, and a stable repr."""

    def data(self) -> dict[str, Any]:
        """Return what the JavaScript reads, as JSON values, keys in sorted order."""
        jupyters = set(anywidget.AnyWidget.class_trait_names())
        return {
            name: getattr(self, name)
            for name in sorted(set(self.trait_names(sync=True)) - jupyters)
            if not name.startswith("_")
        }

    def __repr__(self) -> str:
        # Stored in notebooks as the text form: no address, no JavaScript.
        return f"{type(self).__name__}({self._summary()})"

    def _summary(self) -> str:
        raise NotImplementedError


def numbers(values: Iterable[Any], what: str) -> list[float]:
    """Return finite numbers >= 0 as floats, whatever array they came in."""
    numbers = [float(value) for value in values]
    for place, number in enumerate(numbers):
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{what}[{place}] is {number}: not a finite number >= 0")
    return numbers
