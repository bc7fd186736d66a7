"""The exercises from the command line, for a teacher or a script.

python -m classroom list [--json]
python -m classroom check ID path.py:name [--json]
python -m classroom stubs PART notebook.ipynb

Exit code: 0 passed, 1 not passed, 2 cannot be checked (unknown id, file or name).
"""

import argparse
import json
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from .exercises.bank import ids, load
from .exercises.model import Exercise
from .exercises.process import UsageError, check_file
from .exercises.stubs import write_stubs


def summary(exercise: Exercise) -> dict[str, Any]:
    """What `list` says of an exercise; a "break" is probed by its mutants."""
    return {
        "id": exercise.id,
        "chapter": exercise.chapter,
        "kind": exercise.kind,
        "title": exercise.title,
        "difficulty": exercise.difficulty,
        "minutes": exercise.minutes,
        "mistakes": len(exercise.mistakes),
        "probes": len(exercise.probes) or len(exercise.mutants),
        "accepts": len(exercise.accepts),
    }


def _list(as_json: bool) -> int:
    rows = [summary(load(identifier)) for identifier in ids()]
    if as_json:
        print(json.dumps(rows, indent=1))
        return 0
    print(f"{'ch':>2}  {'id':24} {'kind':8} {'level':>5} {'min':>4} {'mistakes':>8}")
    for r in rows:
        print(
            f"{r['chapter']:2}  {r['id']:24} {r['kind']:8} {r['difficulty']:5} "
            f"{r['minutes']:4} {r['mistakes']:8}"
        )
    return 0


def _check(identifier: str, place: str, as_json: bool) -> int:
    file, colon, name = place.rpartition(":")
    if not (file and colon and name.isidentifier()):
        raise UsageError(f"{place!r} should be a file and a name: path.py:name")
    verdict = check_file(identifier, Path(file), name)
    if as_json:
        fields = ("passed", "diagnosis", "message")
        print(json.dumps({field: getattr(verdict, field) for field in fields}))
    else:
        print(verdict)
    return 0 if verdict.passed else 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    parser = argparse.ArgumentParser(
        "python -m classroom",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="all exercises")
    checking = commands.add_parser("check", help="check what a file defines")
    checking.add_argument("id")
    checking.add_argument("place", metavar="path.py:name")
    stubs = commands.add_parser("stubs", help="all exercises of a part, in a notebook")
    stubs.add_argument("part", type=int)
    stubs.add_argument("notebook", type=Path)
    for each in (listing, checking):
        each.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "list":
            return _list(asked.json)
        if asked.command == "stubs":
            print(write_stubs(asked.part, asked.notebook))
            return 0
        return _check(asked.id, asked.place, asked.json)
    except UsageError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
