"""`make chapters`: build notebooks, package and outputs for what has changed."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from .execute import code_key, execute
from .package import build_package
from .text import ROOT, Chapter, ChapterError, read_chapters


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make chapters", description=__doc__)
    parser.add_argument("--force", action="store_true", help="execute every chapter")
    parser.add_argument("--only", metavar="NN", help="this chapter alone, by number")
    parser.add_argument("--traceback", action="store_true", help="show it in full")
    options = parser.parse_args()
    try:
        build(ROOT, force=options.force, only=options.only)
    except ChapterError as error:
        print(f"error: {error}", file=sys.stderr)
        if options.traceback and error.__cause__:
            print(error.__cause__, file=sys.stderr)
        return 1
    return 0


def build(root: Path, *, force: bool = False, only: str | None = None) -> None:
    """Bring notebooks and package of a project in line with its chapters.

    A chapter's module and notebook are replaced together, and only when every cell
    has run: a chapter that fails leaves its last good state, and later ones untouched.
    With `only`, a chapter's number, the others stay as they are.
    Raises: ChapterError.
    """
    chapters = read_chapters(root / "book" / "chapters")
    package = build_package(chapters)
    notebooks, library = root / "book" / "notebooks", root / "lib"
    keys = {c.stem: code_key(c, package, library) for c in chapters}
    chosen = [c for c in chapters if only is None or c.stem.startswith(f"{only}_")]
    if not chosen:
        raise ChapterError(f"no chapter has the number {only}")
    stale = [
        chapter
        for chapter in chosen
        if force
        or _stored_key(notebooks / f"{chapter.stem}.ipynb") != keys[chapter.stem]
    ]
    notebooks.mkdir(parents=True, exist_ok=True)
    cells = sum(len(chapter.code_cells()) for chapter in stale)
    with (
        tempfile.TemporaryDirectory() as stage,
        tqdm(total=cells, unit="cell", disable=not stale) as bar,
    ):
        staged = Path(stage, "unmasked")
        staged.mkdir()
        for name, text in package.items():
            (staged / name).write_text(text, encoding="utf8")
        for chapter in chosen:
            path, start = notebooks / f"{chapter.stem}.ipynb", time.monotonic()
            bar.set_description(chapter.stem)
            if chapter in stale:
                notebook = execute(chapter, staged.parent, notebooks, bar.update)
                done = f"executed in {time.monotonic() - start:.0f} s"
            else:
                notebook, done = _with_old_outputs(chapter, path), "outputs reused"
            notebook.metadata["unmasked"] = {"key": keys[chapter.stem]}
            module = f"{chapter.module}.py"
            changed = _write(path, nbformat.writes(notebook) + "\n")
            if module in package:
                changed |= _write(library / "unmasked" / module, package[module])
            bar.write(f"{chapter.stem}: {done if changed else 'unchanged'}")
    _write(library / "unmasked" / "__init__.py", package["__init__.py"])
    kept = {f"{chapter.stem}.ipynb" for chapter in chapters}
    _remove_orphans(notebooks, kept, '"unmasked": {\n   "key":')
    _remove_orphans(library / "unmasked", set(package), "# Built from book/chapters")


def _stored_key(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        return nbformat.read(path, as_version=4).metadata.get("unmasked", {}).get("key")
    except (nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None  # a damaged notebook is built anew


def _with_old_outputs(chapter: Chapter, path: Path) -> NotebookNode:
    old = nbformat.read(path, as_version=4)
    old_cells = [cell for cell in old.cells if cell.cell_type == "code"]
    for cell, before in zip(chapter.code_cells(), old_cells, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    if "widgets" in old.metadata:
        chapter.notebook.metadata["widgets"] = old.metadata["widgets"]
    return chapter.notebook


def _write(path: Path, text: str) -> bool:
    """Replace a file in one step; returns whether its text was another one."""
    if path.is_file() and path.read_text(encoding="utf8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf8", newline="\n") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
    return True


def _remove_orphans(folder: Path, names: set[str], mark: str) -> None:
    """Remove what an earlier run built from a chapter that is gone, nothing else."""
    for path in folder.glob("*.*"):
        if path.name not in names and mark in path.read_text(encoding="utf8"):
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
