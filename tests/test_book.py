"""What is committed fits together: text, notebooks and package; all of it is tested."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from classroom.bank import ORDER
from classroom.exercises import ids
from classroom.pipeline.execute import code_key
from classroom.pipeline.package import build_package
from classroom.pipeline.text import EXERCISE, ROOT, imported_modules, read_chapters

CHAPTERS = read_chapters(ROOT / "book" / "chapters")
NOTEBOOKS = ROOT / "book" / "notebooks"
PACKAGE = build_package(CHAPTERS)
by_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.stem)


def without_outputs(notebook) -> str:
    notebook = json.loads(json.dumps(notebook))
    notebook["metadata"] = {
        k: notebook["metadata"][k] for k in ("kernelspec", "language_info")
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, sort_keys=True)


def stored(chapter):
    return nbformat.read(NOTEBOOKS / f"{chapter.stem}.ipynb", as_version=4)


@by_chapter
def test_notebook_is_its_text(chapter):
    assert without_outputs(stored(chapter)) == without_outputs(chapter.notebook), (
        "run `make chapters`"
    )


@by_chapter
def test_outputs_belong_to_the_code(chapter):
    key = code_key(chapter, PACKAGE, ROOT / "lib")
    assert stored(chapter).metadata["unmasked"]["key"] == key, "run `make chapters`"


def test_package_is_what_the_chapters_export():
    folder = ROOT / "lib" / "unmasked"
    files = {p.name: p.read_text(encoding="utf8") for p in folder.glob("*.py")}
    assert files == PACKAGE, "run `make chapters`"


def test_the_exercises_are_listed_in_the_order_in_which_the_chapters_ask_them():
    texts = sorted((ROOT / "book" / "chapters").glob("*.md"))
    asked = [x for text in texts for x in EXERCISE.findall(text.read_text("utf8"))]
    assert ORDER.split() == ids() == asked, "edit lib/classroom/bank/__init__.py"


def test_every_chapter_has_a_notebook_and_every_notebook_a_chapter():
    assert {p.stem for p in NOTEBOOKS.glob("*.ipynb")} == {c.stem for c in CHAPTERS}


def test_nbval_collects_every_code_cell():
    """A plain `pytest` runs every code cell of every chapter."""
    environment = {k: v for k, v in os.environ.items() if "PYTEST" not in k}
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "book/notebooks"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    cells = sum(len(chapter.code_cells()) for chapter in CHAPTERS)
    assert len(re.findall(r"\.ipynb::Cell \d+", listed.stdout)) == cells > 0


@by_chapter
def test_widgets_are_drawn_without_a_kernel(chapter):
    """Each widget that a cell shows has its state in the notebook."""
    notebook = stored(chapter)
    mime = "application/vnd.jupyter.widget-state+json"
    states = notebook.metadata.get("widgets", {}).get(mime, {}).get("state", {})
    shown = re.findall(r'"model_id": "(\w+)"', json.dumps(notebook.cells))
    assert shown and set(shown) <= set(states)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / "lib" / folder).rglob("*.py"))


@pytest.mark.parametrize("path", modules("unmasked"), ids=lambda p: p.stem)
def test_who_may_import_whom(path):
    """A module knows only modules of earlier chapters, and never the classroom."""
    order = [chapter.module for chapter in CHAPTERS]
    tree = ast.parse(path.read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert order.index(node.module) < order.index(path.stem)
        for name in imported_modules(node):
            assert name.split(".")[0] not in ("classroom", "unmasked")


@by_chapter
def test_a_chapter_keeps_its_promises(chapter):
    """The parts that every chapter has, and the limits that keep it readable."""
    text = (ROOT / "book" / "chapters" / f"{chapter.stem}.md").read_text("utf8")
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    for part in ("What the papers say", "Exercises", "What went into the library"):
        assert part in headings
    assert ":class: misreading" in text and "To remember:" in text
    for cell in chapter.code_cells():
        lines = cell.source.splitlines()
        assert all(len(line) <= 88 for line in lines), cell.source
        if cell.source.startswith("#| export"):
            # a class stands whole in one cell: its docstrings are not counted
            code = re.sub(r'"""[\s\S]*?"""', "", cell.source).strip().splitlines()
            assert len([line for line in code if line.strip()]) <= 40, lines[1]


@by_chapter
def test_every_figure_says_what_is_to_be_seen(chapter):
    for cell in stored(chapter).cells:
        look = cell.metadata.get("mystnb", {})
        drawn = any("image/png" in o.get("data", {}) for o in cell.get("outputs", []))
        assert drawn == ("figure" in look), cell.source
        if drawn:
            assert len(look.get("image", {}).get("alt", "")) > 40, cell.source
            assert look.get("figure", {}).get("caption"), cell.source


def test_every_chapter_asserts_what_it_measures():
    for chapter in CHAPTERS:
        asserts = sum(c.source.count("assert") for c in chapter.code_cells())
        assert asserts >= 10, chapter.stem


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"]])
def test_ruff(command):
    targets = ["lib/classroom", "tests", "book/_ext", "recipes"]
    targets += ["lib/unmasked"] if command[1] == "check" else []
    done = subprocess.run(
        [sys.executable, "-m", *command, *targets],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_pyright():
    done = subprocess.run(
        [sys.executable, "-m", "pyright"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
