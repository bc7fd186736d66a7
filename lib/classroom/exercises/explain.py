"""Say in words what went wrong where no known mistake matches."""

import sysconfig
from collections.abc import Mapping
from linecache import getline
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Any

import numpy as np

from . import runner
from .compare import NOT_FINITE, difference, is_tensor, kind, short
from .model import Exercise, Probe
from .runner import Observation, Run

# code in these folders is not the learner's
_LIBRARIES = (
    *(sysconfig.get_path(p) for p in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(str(Path(__file__).parents[2] / p) for p in ("classroom", "unmasked")),
)
LINES_SHOWN = 5
SOURCE_SHOWN, TEXT_SHOWN, LIST_SHOWN = 120, 400, 40  # characters


def inputs(given: Mapping[str, Any]) -> str:
    """The inputs of a call: "x (2, 3), lengths [4, 2]"."""
    return ", ".join(_input(name, value) for name, value in given.items())


def _input(name: str, value: Any) -> str:
    plain = value is None or isinstance(value, (int, float, str))
    return f"{name} = {value!r}" if plain else f"{name} {_shown(value)}"


def _shown(value: Any) -> str:
    if is_tensor(value) or isinstance(value, np.ndarray):
        small = value.ndim <= 1 and value.shape[:1] <= (6,)
        return short(value) if small else str(tuple(value.shape))
    if isinstance(value, (tuple, list)):
        left, right = "[]" if isinstance(value, list) else "()"
        return f"{left}{', '.join(_first(value))}{right}"
    if value is None or isinstance(value, (int, float, str)):
        return _cut(repr(value), LIST_SHOWN)
    return f"({type(value).__name__})"


def _first(values: list | tuple) -> list[str]:
    """The first entries, as many as fit."""
    found: list[str] = []
    for value in values:
        text = _shown(value)
        if found and len(", ".join([*found, text])) > LIST_SHOWN:
            return [*found, "…"]
        found.append(text)
    return found


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def says(error: BaseException | None) -> str:
    """An exception's text; empty where its own code fails to give one."""
    try:
        return str(error)
    except Exception:  # a learner's own __str__ may do anything
        return ""


def learners_line(error: BaseException) -> tuple[FrameType, int] | None:
    """The last frame of a traceback that lies in the learner's code, and its line."""
    steps = [
        (frame, line)
        for frame, line in walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith((*_LIBRARIES, "<frozen", "<__array"))
    ]
    return steps[-1] if steps else None


def not_attempted(error: BaseException | None) -> bool:
    """Whether the stub's own `raise NotImplementedError` was reached."""
    if not isinstance(error, NotImplementedError):
        return False
    # torch raises NotImplementedError too, from code that does not name it
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return bool(frames) and "NotImplementedError" in frames[-1].f_code.co_names


def exception(error: BaseException) -> str:
    """The exception and the learner's line, as a Markdown block.

    Without the advice that ends torch's message on `view`: there it is the solution.
    """
    said = says(error).split(" Use .reshape(")[0]
    lines = _cut(f"{type(error).__name__}: {said}", TEXT_SHOWN).splitlines()
    lines[0] = lines[0].strip().removesuffix(":")
    text = lines[:LINES_SHOWN] + ["…"] * (len(lines) > LINES_SHOWN)
    if step := learners_line(error):
        frame, number = step
        source = getline(frame.f_code.co_filename, number, frame.f_globals).strip()
        source = _cut(source, SOURCE_SHOWN)
        text.append(f"in line {number}" + (f":  {source}" if source else ""))
    elif isinstance(error, SyntaxError) and error.lineno:
        text.append(
            f"in line {error.lineno}:  {_cut((error.text or '').strip(), SOURCE_SHOWN)}"
        )
    return "```text\n" + "\n".join(text) + "\n```"


def failure(
    exercise: Exercise, probe: Probe, got: Observation, expected: Observation
) -> str:
    """Why one probe fails: exception, changed inputs, structure, or the property."""
    name = f"`{exercise.name}`"
    if exercise.kind == "parsons":
        name = "your function"
    given = got.calls[-1].given if got.calls else {}
    called = f"It was called with {inputs(given)}." if given else ""
    if got.error:
        return f"{_stopped(name, got)}\n\n{exception(got.error)}\n\n{called}".strip()
    if got.changed:
        names = " and ".join(f"`{n}`" for n in got.changed)
        return (
            f"{name} changes its input {names} in place. Whoever calls it still needs "
            f"the old values: which line writes into {names}?"
        )
    for mine, right in zip(got.calls, expected.calls, strict=False):
        what = f"the result of {name}"
        if not right.finished:
            continue
        if mine.returned is None and right.returned is not None:
            return f"{name} returns None. Does every path end in a `return`?"
        text = difference(
            mine.returned, right.returned, what, exercise.returns, values=False
        )
        if text:
            text = f"{_capital(text)}."
            if text.endswith(tuple(f"{end}." for end in NOT_FINITE)):
                text += f" It should hold that {_small(probe.says)}."
            called = f" It was called with {inputs(mine.given)}." if mine.given else ""
            return f"{text}{called}"
    what = "what is compared" if probe.observe else f"the result of {name}"
    text = difference(got.value, expected.value, what, exercise.returns)
    return f"It should hold that {_small(probe.says)}. Here {text}. {called}".strip()


def half_done(exercise: Exercise, first: int) -> str:
    """What holds before the first probe that reaches a NotImplementedError."""
    holds = [_small(probe.says) for probe in exercise.probes[:first]]
    return (
        f"It holds already that {'; that '.join(holds)}. The rest is not written yet."
    )


def _stopped(name: str, got: Observation) -> str:
    if isinstance(got.error, SystemExit):
        return f"{_capital(name)} asks Python to exit; return a result instead."
    if got.calls and got.calls[-1].finished:
        returned = kind(got.calls[-1].returned)
        return f"{_capital(name)} returns {returned}, and with that the check stops:"
    return f"{_capital(name)} stops with an exception:"


def out_of_time(seen: list[Observation], run: Run) -> str:
    """What to say to an endless loop."""
    call = seen[-1].calls[-1] if seen and seen[-1].calls else None
    given = f" It was called with {inputs(call.given)}." if call else ""
    rest = ""
    if run.stuck:
        rest = " It could not be stopped: restart the kernel to be rid of it."
    return (
        f"Your code was still running after {runner.LIMIT:g} s; the reference needs "
        f"less than one. Does every loop end?{given}{rest}"
    )


def printed(run: Run) -> str:
    """The first lines that the learner's code printed, as a Markdown block."""
    if not run.printed.strip():
        return ""
    lines = run.printed.rstrip("\n").split("\n")
    shown = [line[:88] for line in lines[:LINES_SHOWN]]
    if len(lines) > LINES_SHOWN:
        shown.append("…")
    return "\n\nYour code printed:\n\n```text\n" + "\n".join(shown) + "\n```"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
