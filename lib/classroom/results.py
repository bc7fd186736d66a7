"""What full-size runs left in book/results, found from wherever a notebook lies."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "book" / "results"


def results(name: str) -> dict[str, Any]:
    """Return what book/results/NAME.json holds.

    Raises: FileNotFoundError, naming the files that are there.
    """
    return json.loads(_existing(RESULTS / f"{name}.json").read_text("utf8"))


def results_folder(name: str) -> Path:
    """Return the folder book/results/NAME, such as a checkpoint's.

    Raises: FileNotFoundError, naming what is there.
    """
    return _existing(RESULTS / name)


def _existing(path: Path) -> Path:
    if not path.exists():
        there = ", ".join(sorted(p.name for p in path.parent.glob("*"))) or "nothing"
        raise FileNotFoundError(f"no {path.name} in {path.parent}; there is: {there}")
    return path
