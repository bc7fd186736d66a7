"""What a learner has done, in one JSON file on their own machine.

The file lies in the user's data folder, or where UNMASKED_PROGRESS says; "off" keeps
everything in memory. Of each exercise it holds the numbers of attempts and hints,
whether it was passed, and the source of the last answer and of the last right one; so
`resume` can say where you stopped, and `use_mine` can put your code to work in later
chapters. A retrieval question answered wrongly at the start of chapter k
is due again at chapter k + 1. Answered rightly there (or later), it comes back once
more, two chapters on, and is then done with; another wrong answer begins anew.

Two notebooks may be open at once: each change is made alone, on what the file then
holds. The lock for that is a file beside it.
"""

import inspect
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

from .bank import ids, load
from .model import Note

_memory: dict[str, Any] = {"exercises": {}, "questions": {}}
_warned: set[str] = set()


def path() -> Path | None:
    """Where progress is kept; None for memory only."""
    if (place := os.environ.get("UNMASKED_PROGRESS", "")) == "off":
        return None
    if place:
        return Path(place).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("transformers-unmasked", False)) / "progress.json"


def record_check(identifier: str, passed: bool, answer: Any = None) -> None:
    """Count an attempt at an exercise, and keep the source of a function."""
    with _changed() as data:
        entry = _entry(data, identifier)
        entry["attempts"] += 1
        entry["passed"] = entry["passed"] or passed
        if source := _source(answer):
            entry["source"] = source
            if passed:
                entry["right"] = source
        data["last"] = identifier


def right_answer(identifier: str) -> str:
    """The source of the last answer that passed; "" where there is none."""
    return _read()["exercises"].get(identifier, {}).get("right", "")


def _source(answer: Any) -> str:
    """The source of a function that was written in a notebook or a file."""
    if not inspect.isfunction(answer):
        return ""
    try:
        return dedent(inspect.getsource(answer))
    except (OSError, TypeError):  # made by exec, or typed into a bare prompt
        return ""


def record_hint(identifier: str) -> None:
    """Count a hint taken."""
    with _changed() as data:
        _entry(data, identifier)["hints"] += 1


def record_answer(identifier: str, chapter: int, right: bool) -> None:
    """Note a retrieval question's answer, given at the start of a chapter."""
    with _changed() as data:
        waiting = data["questions"].pop(identifier, None)
        if not right:
            data["questions"][identifier] = {"due": chapter + 1, "last": False}
        elif waiting and not waiting["last"]:
            data["questions"][identifier] = {"due": chapter + 2, "last": True}


def due(chapter: int) -> list[str]:
    """The ids of retrieval questions that come back at the start of a chapter."""
    waiting = _read()["questions"]
    return sorted(name for name, entry in waiting.items() if entry["due"] <= chapter)


def progress(plot: bool = False) -> Any:
    """What has been done: a bar for each chapter, and the exercises that were tried.

    Args: plot, draw the bars as a figure (Matplotlib) instead.
    """
    tried, known = _read()["exercises"], ids()
    chapters: dict[int, list[str]] = {}
    for name in known:
        chapters.setdefault(load(name).chapter, []).append(name)
    passed = {
        chapter: sum(tried[name]["passed"] for name in names if name in tried)
        for chapter, names in chapters.items()
    }
    if plot:
        return _bars({n: (passed[n], len(names)) for n, names in chapters.items()})
    rows = [
        f"| {load(name).chapter} | {name} | {entry['attempts']} "
        f"| {'✓' if entry['passed'] else '–'} | {entry['hints']} |"
        for name in known
        if (entry := tried.get(name))
    ]
    total = f"{sum(passed.values())} of {len(known)} exercises passed."
    if not rows:
        return Note(f"No exercise tried yet. {total}")
    head = "| chapter | exercise | attempts | passed | hints |\n|---|---|---|---|---|\n"
    bars = "\n".join(
        f"| {n} | {'█' * passed[n]}{'░' * (len(names) - passed[n])} "
        f"| {passed[n]} of {len(names)} |"
        for n, names in chapters.items()
        if any(name in tried for name in names)
    )
    bars = f"| chapter | passed | |\n|---|---|---|\n{bars}"
    return Note(f"{head}" + "\n".join(rows) + f"\n\n{bars}\n\n{total}")


def _bars(passed: dict[int, tuple[int, int]]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 0.28 * len(passed) + 0.9), layout="constrained")
    axes = figure.subplots()
    places = range(len(passed))
    done, all_of = zip(*passed.values(), strict=True)
    axes.barh(places, all_of, color="#dedbd3", label="all")
    axes.barh(places, done, color="#1b5793", label="passed")
    axes.set_yticks(places, [f"chapter {n}" for n in passed])
    axes.invert_yaxis()
    axes.set_xlabel("exercises")
    axes.legend(loc="lower right")
    return figure


def resume() -> Note:
    """Where you stopped: the last exercise, your answer to it, and what follows."""
    data, known = _read(), ids()
    last, tried = data.get("last"), data["exercises"]
    open_ones = [n for n in known if not tried.get(n, {}).get("passed")]
    if last not in known:
        first = open_ones[0] if open_ones else None
        where = f"`{first}`, chapter {load(first).chapter}" if first else "nothing"
        start = "" if tried else "No exercise tried yet. "
        return Note(f"{start}The first that is open: {where}.")
    entry = tried.get(last, {})
    text = f"You stopped at `{last}`, chapter {load(last).chapter}"
    text += " (passed)." if entry.get("passed") else " (not passed yet)."
    if not entry.get("passed") and entry.get("source"):
        text += f" Your last answer:\n\n```python\n{entry['source'].rstrip()}\n```\n"
    after = [n for n in open_ones if known.index(n) > known.index(last)]
    if following := (after or open_ones):
        name = following[0]
        text += f"\nNext is `{name}`, chapter {load(name).chapter}: {load(name).title}."
    else:
        text += "\nAll exercises are passed."
    return Note(text)


def reset(identifier: str) -> Note:
    """Forget all about an exercise, and show its cell as it was.

    Raises: LookupError for an unknown id.
    """
    exercise = load(identifier)
    with _changed() as data:
        data["exercises"].pop(identifier, None)
        if data.get("last") == identifier:
            del data["last"]
    stub = exercise.stub.strip()
    shown = f"\n\n```python\n{stub}\n```" if stub else ""
    return Note(f"`{identifier}` is as if it had never been tried.{shown}")


def _entry(data: dict[str, Any], identifier: str) -> dict[str, Any]:
    fresh = {"attempts": 0, "passed": False, "hints": 0}
    return data["exercises"].setdefault(identifier, fresh)


@contextmanager
def _changed() -> Iterator[dict[str, Any]]:
    """What is kept, to be changed within the block and then written."""
    with _alone(path()):
        data = _read()
        yield data
        _write(data)


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """Wait for other processes that change the file; where it cannot be, do not."""
    if file is None or str(file) in _warned:
        yield
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = open(file.with_suffix(".lock"), "a")  # noqa: SIM115
    except OSError:  # nothing can be written there: _write says so
        yield
        return
    with lock:
        with suppress(OSError):  # a folder on a network may know no locks
            _wait_for(lock.fileno())
        yield


def _wait_for(handle: int) -> None:
    """Lock an open file; the lock ends when the file is closed."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def _read() -> dict[str, Any]:
    file = path()
    if file is None or str(file) in _warned:
        return _memory
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return _checked(data)
    except FileNotFoundError:
        return {"exercises": {}, "questions": {}}
    except OSError as error:
        return _memory_only(file, error)
    except (ValueError, TypeError, KeyError, AttributeError):
        return _kept_aside(file)


def _checked(data: Any) -> dict[str, Any]:
    """The data with just the fields we know; an error where one is missing."""
    checked: dict[str, Any] = {
        "exercises": {
            name: {
                "attempts": int(e["attempts"]),
                "passed": bool(e["passed"]),
                "hints": int(e["hints"]),
            }
            | {kind: str(e[kind]) for kind in ("source", "right") if kind in e}
            for name, e in data["exercises"].items()
        },
        "questions": {
            name: {"due": int(e["due"]), "last": bool(e["last"])}
            for name, e in data["questions"].items()
        },
    }
    return checked | ({"last": str(data["last"])} if "last" in data else {})


def _write(data: dict[str, Any]) -> None:
    file = path()
    if file is None or str(file) in _warned:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        try:
            with open(handle, "w", encoding="utf-8") as stream:
                json.dump(data, stream, indent=1, sort_keys=True)
            os.replace(name, file)  # whole or not at all
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        _memory_only(file, error)
        _memory.update(data)


def _memory_only(file: Path, error: OSError) -> dict[str, Any]:
    _warned.add(str(file))
    warnings.warn(
        f"progress cannot be kept in {file} ({error.strerror}); "
        "it lasts until this Python ends",
        stacklevel=2,
    )
    return _memory


def _kept_aside(file: Path) -> dict[str, Any]:
    number = 1
    while (aside := file.with_name(f"{file.stem}.broken-{number}.json")).exists():
        number += 1
    try:
        os.replace(file, aside)
    except OSError as error:
        return _memory_only(file, error)
    warnings.warn(
        f"the progress file could not be read; it is kept as {aside} "
        "and a new one is begun",
        stacklevel=2,
    )
    return {"exercises": {}, "questions": {}}
