"""A chapter's text, read into an unexecuted notebook and checked."""

import ast
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[3]
# a break of its own, since jupytext drops a cell that holds nothing
EXERCISE = re.compile(r'^\+\+\+ \{"exercise": "([a-z0-9-]+)"\}$', flags=re.M)
PLACE = "exercise::"
LIVE = "live"  # the tag of cells that a reader of the site can run in the page
EXPORT = re.compile(r"^#\| export[ \t]*\n")
OUTSIDE = {"jaxtyping", "numpy", "regex", "safetensors", "torch", "tqdm"}
OPTIONAL = {"gguf", "huggingface_hub"}  # only inside a function that needs them
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "name": "python",
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


class ChapterError(Exception):
    """What is wrong with a chapter, in one line that names the chapter and the cell."""


@dataclass(frozen=True)
class Chapter:
    """One chapter: its file's stem ("01_recurrence") and its unexecuted notebook."""

    stem: str
    notebook: NotebookNode

    @property
    def number(self) -> int:
        return int(self.stem[:2])

    @property
    def module(self) -> str:
        return self.stem[3:]

    def code_cells(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    def exported(self) -> list[str]:
        """The exported cells' sources, without their mark."""
        sources = (cell.source for cell in self.code_cells())
        return [EXPORT.sub("", s).strip() for s in sources if EXPORT.match(s)]

    def error(self, cell: NotebookNode, message: str) -> ChapterError:
        """Name the chapter and the cell, by number and by first line."""
        number = self.code_cells().index(cell) + 1
        lines = [x for x in cell.source.splitlines() if x and not x.startswith("#|")]
        first = lines[0].strip() if lines else ""
        return ChapterError(
            f"{self.stem}.md, code cell {number} (`{first}`): {message}"
        )


def read_chapters(folder: Path) -> list[Chapter]:
    """Read and check every chapter of a folder, in order.

    Raises: ChapterError for the first thing that is wrong.
    """
    chapters = []
    for path in sorted(folder.glob("*.md")):
        if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", path.stem):
            raise ChapterError(f"{path.name}: a chapter's file is named NN_module.md")
        chapters.append(read_chapter(path))
    numbers = Counter(chapter.number for chapter in chapters)
    if twice := [n for n, count in numbers.items() if count > 1]:
        raise ChapterError(f"two chapters have the number {twice[0]:02d}")
    earlier: list[str] = []
    for chapter in chapters:
        _check(chapter, earlier)
        earlier.append(chapter.module)
    return chapters


def read_chapter(path: Path) -> Chapter:
    """Read one chapter: MyST text to cells, exercises filled in, ids by content."""
    try:
        text = path.read_text(encoding="utf8")
        text = EXERCISE.sub(rf"+++\n\n{PLACE}\1\n\n+++", text)
        source = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # jupytext names no exception of its own
        raise ChapterError(f"{path.name}: not readable as MyST: {error}") from error
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    seen: Counter[str] = Counter()
    for cell in _with_exercises(source.cells, path.name):
        key = hashlib.sha256((cell.cell_type + cell.source).encode()).hexdigest()[:8]
        seen[key] += 1
        cell["id"] = key if seen[key] == 1 else f"{key}-{seen[key]}"
        notebook.cells.append(cell)
    return Chapter(path.stem, notebook)


def _with_exercises(cells: list[NotebookNode], name: str) -> Iterator[NotebookNode]:
    from classroom.exercises.bank import torch_free
    from classroom.exercises.render import render  # it may import torch

    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
    }
    live = any(LIVE in cell.metadata.get("tags", []) for cell in cells)
    for cell in cells:
        if not cell.source.startswith(PLACE):
            yield cell
            continue
        identifier = cell.source.removeprefix(PLACE)
        try:
            rendered = render(identifier)
            runs = live and torch_free(identifier)
        except Exception as error:  # whatever a bank file can raise when imported
            raise ChapterError(f"{name}, exercise {identifier!r}: {error}") from error
        for kind, source, metadata in rendered:
            # the stub: a question is a widget, and a solution stays as it is
            if runs and kind == "code" and not metadata:
                metadata = {"tags": [LIVE]}
            yield make[kind](source, metadata=metadata)


def _check(chapter: Chapter, earlier: list[str]) -> None:
    owner: dict[str, int] = {}
    for number, cell in enumerate(chapter.code_cells(), start=1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as error:
            problem = f"SyntaxError: {error.msg}, line {error.lineno} of the cell"
            raise chapter.error(cell, problem) from error
        exported = bool(EXPORT.match(cell.source))
        for problem in _import_problems(tree, exported, earlier):
            raise chapter.error(cell, problem)
        for name in defined_names(tree) if exported else ():
            if name in owner:
                where = f"code cell {owner[name]}"
                raise chapter.error(cell, f"{name!r} is already exported by {where}")
            owner[name] = number


def _import_problems(
    tree: ast.Module, exported: bool, earlier: list[str]
) -> Iterator[str]:
    top_level = set(map(id, tree.body))
    for node in ast.walk(tree):
        for name in imported_modules(node):
            top, _, rest = name.partition(".")
            if top == "unmasked":
                if rest not in earlier:
                    yield f"imports {name}, which no earlier chapter builds"
            elif exported and not (
                top in OUTSIDE
                or top in sys.stdlib_module_names
                or (top in OPTIONAL and id(node) not in top_level)
            ):
                yield f"exported code may not import {name}"


def imported_modules(node: ast.AST) -> list[str]:
    """The modules that one import statement names; [] for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module]
    return []


def defined_names(tree: ast.Module) -> Iterator[str]:
    """The functions, classes and variables that a module's top level defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
