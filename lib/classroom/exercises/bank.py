"""Find exercises and retrieval questions by their files."""

import ast
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path

from .. import bank
from .model import Exercise, Retrieval

FOLDER = Path(bank.__file__).parent


@cache
def _modules() -> dict[str, str]:
    """Exercise id → module, in the order of the chapters; nothing is imported."""
    files = sorted(FOLDER.glob("c[0-9][0-9]/*.py"))
    found = {}
    for file in files:
        if file.stem in ("__init__", "retrieval") or file.stem.startswith("_"):
            continue
        identifier = file.stem.replace("_", "-")
        if identifier in found:
            raise ValueError(f"two exercises have the id {identifier!r}")
        found[identifier] = f"{bank.__name__}.{file.parent.name}.{file.stem}"
    rank = {identifier: n for n, identifier in enumerate(bank.ORDER.split())}

    def place(identifier: str) -> tuple[str, int]:  # a new one: last in its chapter
        return found[identifier].split(".")[-2], rank.get(identifier, len(rank))

    return {identifier: found[identifier] for identifier in sorted(found, key=place)}


def ids() -> list[str]:
    """The ids of all exercises, in the order in which the chapters ask them."""
    return list(_modules())


def load(identifier: str) -> Exercise:
    """The exercise of that id. Raises LookupError that names the nearest ids."""
    if identifier not in _modules():
        near = get_close_matches(str(identifier), ids(), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "`ids()` lists all"
        raise LookupError(f"there is no exercise {identifier!r}; {hint}")
    return import_module(_modules()[identifier]).EXERCISE


def torch_free(identifier: str) -> bool:
    """Whether an exercise runs where there is no torch, such as in a web page.

    Its file is read, and the files of its own folder that this one imports.
    Raises: LookupError for an unknown id.
    """
    load(identifier)
    name = _modules()[identifier].removeprefix(f"{bank.__name__}.")
    return _torch_free(FOLDER / f"{name.replace('.', '/')}.py")


def _torch_free(file: Path) -> bool:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            outside = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            outside = [node.module or ""]
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            names = [node.module] if node.module else [a.name for a in node.names]
            near = [file.with_name(f"{name}.py") for name in names]
            if not all(_torch_free(path) for path in near if path.exists()):
                return False
            continue
        else:
            continue
        if any(name.partition(".")[0] in ("torch", "unmasked") for name in outside):
            return False
    return True


def questions(chapter: int) -> tuple[Retrieval, ...]:
    """The retrieval questions first asked at the start of a chapter."""
    if not (FOLDER / f"c{chapter:02d}" / "retrieval.py").exists():
        return ()
    return import_module(f"{bank.__name__}.c{chapter:02d}.retrieval").QUESTIONS


def all_questions() -> dict[str, tuple[int, Retrieval]]:
    """Question id → (the chapter where it is first asked, the question)."""
    chapters = [int(f.parent.name[1:]) for f in sorted(FOLDER.glob("c*/retrieval.py"))]
    return {q.id: (n, q) for n in chapters for q in questions(n)}
