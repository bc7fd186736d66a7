"""Check a file in a process of its own, so that nothing in it can hurt the caller.

`python -m classroom.exercises.process ID FILE NAME RESULT` is the child: it runs the
file, checks what it defines, and writes the verdict to RESULT. This keeps accidents
apart; it is no sandbox against a file that means harm.
"""

import json
import os
import subprocess
import sys
import tempfile
from inspect import ismodule
from pathlib import Path
from typing import Any

from .bank import load
from .model import Verdict

LIMIT = 40.0  # seconds: imports, the file's top level and the check


class UsageError(Exception):
    """What was asked for cannot be checked at all."""


def check_file(
    identifier: str, file: Path, name: str, limit: float | None = None
) -> Verdict:
    """The verdict on what a Python file defines under a name.

    Raises: UsageError for an unknown exercise, a missing file or a missing name.
    """
    limit = LIMIT if limit is None else limit
    try:
        load(identifier)
    except LookupError as error:
        raise UsageError(error.args[0]) from None
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    if file.suffix == ".ipynb":
        raise UsageError(f"{file} is a notebook: put the answer into a .py file")
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "verdict.json"
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__, identifier, file, name, result],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=limit,
                env=os.environ | {"UNMASKED_PROGRESS": "off"},
            )
        except subprocess.TimeoutExpired:
            return _failed(
                f"`{file.name}` was still running after {limit:g} s. "
                "Does a loop at its top level never end?"
            )
        if not result.exists():
            return _failed(
                f"`{file.name}` ended Python (exit code {done.returncode}) before it "
                "could be checked."
            )
        answer = json.loads(result.read_text(encoding="utf-8"))
    if "usage" in answer:
        raise UsageError(answer["usage"])
    return Verdict(**answer)


def _failed(message: str) -> Verdict:
    return Verdict(False, None, f"✗ {message}")


def _child(identifier: str, file: Path, name: str) -> dict[str, Any]:
    import runpy

    from . import explain
    from .diagnose import grade

    exercise = load(identifier)
    sys.path.insert(0, str(file.parent))
    sys.argv = [str(file)]
    try:
        names = runpy.run_path(str(file), run_name="submission")
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        text = f"`{file.name}` stops with an exception when it is run:"
        return vars(_failed(f"{text}\n\n{explain.exception(error)}"))
    if name not in names:
        mine = [n for n, value in names.items() if n[0] != "_" and not ismodule(value)]
        return {"usage": f"{file} defines no {name!r}; it defines {mine}"}
    return vars(grade(exercise, names[name]))


def main() -> None:
    """The child's work; ends at once, whatever threads the file has left behind."""
    identifier, file, name, result = sys.argv[1:]
    answer = _child(identifier, Path(file).resolve(), name)
    part = Path(f"{result}.part")
    part.write_text(json.dumps(answer), encoding="utf-8")
    os.replace(part, result)
    os._exit(0)


if __name__ == "__main__":
    main()
