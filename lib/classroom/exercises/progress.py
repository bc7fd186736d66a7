"""What a learner has done, in one JSON file on their own machine.

The file lies in the user's data folder, or where UNMASKED_PROGRESS says; "off" keeps
everything in memory. A retrieval question answered wrongly at the start of chapter k
is due again at chapter k + 1. Answered rightly there (or later), it comes back once
more, two chapters on, and is then done with; another wrong answer begins anew.
"""

import json
import os
import tempfile
import warnings
from pathlib import Path
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


def record_check(identifier: str, passed: bool) -> None:
    """Count an attempt at an exercise."""
    data = _read()
    entry = _entry(data, identifier)
    entry["attempts"] += 1
    entry["passed"] = entry["passed"] or passed
    _write(data)


def record_hint(identifier: str) -> None:
    """Count a hint taken."""
    data = _read()
    _entry(data, identifier)["hints"] += 1
    _write(data)


def record_answer(identifier: str, chapter: int, right: bool) -> None:
    """Note a retrieval question's answer, given at the start of a chapter."""
    data = _read()
    waiting = data["questions"].pop(identifier, None)
    if not right:
        data["questions"][identifier] = {"due": chapter + 1, "last": False}
    elif waiting and not waiting["last"]:
        data["questions"][identifier] = {"due": chapter + 2, "last": True}
    _write(data)


def due(chapter: int) -> list[str]:
    """The ids of retrieval questions that come back at the start of a chapter."""
    waiting = _read()["questions"]
    return sorted(name for name, entry in waiting.items() if entry["due"] <= chapter)


def progress() -> Note:
    """A table of the exercises tried: attempts, passed, hints used."""
    tried, known = _read()["exercises"], ids()
    rows = [
        f"| {load(name).chapter} | {name} | {entry['attempts']} "
        f"| {'✓' if entry['passed'] else '–'} | {entry['hints']} |"
        for name in known
        if (entry := tried.get(name))
    ]
    done = sum(tried[name]["passed"] for name in known if name in tried)
    total = f"{done} of {len(known)} exercises passed."
    if not rows:
        return Note(f"No exercise tried yet. {total}")
    head = "| chapter | exercise | attempts | passed | hints |\n|---|---|---|---|---|\n"
    return Note(head + "\n".join(rows) + f"\n\n{total}")


def _entry(data: dict[str, Any], identifier: str) -> dict[str, Any]:
    fresh = {"attempts": 0, "passed": False, "hints": 0}
    return data["exercises"].setdefault(identifier, fresh)


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
    return {
        "exercises": {
            name: {
                "attempts": int(e["attempts"]),
                "passed": bool(e["passed"]),
                "hints": int(e["hints"]),
            }
            for name, e in data["exercises"].items()
        },
        "questions": {
            name: {"due": int(e["due"]), "last": bool(e["last"])}
            for name, e in data["questions"].items()
        },
    }


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
