"""`make chapters` on small projects: what it builds, what it says when it cannot."""

import shutil
from pathlib import Path

import nbformat
import pytest

from classroom.pipeline.__main__ import build
from classroom.pipeline.execute import _homes, _meaning, code_key
from classroom.pipeline.text import ChapterError, read_chapters

HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A chapter

"""
FIRST = "#| export\ndef twice(x):\n    return 2 * x"
SECOND = "from unmasked.alpha import twice\n\ntwice(21)"


def code(*sources: str) -> str:
    return HEAD + "\n\n".join(f"```{{code-cell}} ipython3\n{s}\n```" for s in sources)


@pytest.fixture
def project(tmp_path) -> Path:
    chapters = tmp_path / "book" / "chapters"
    chapters.mkdir(parents=True)
    (chapters / "01_alpha.md").write_text(code(FIRST, "twice(4)"))
    (chapters / "02_beta.md").write_text(code(SECOND))
    return tmp_path


def edit(project: Path, name: str, *sources: str) -> None:
    (project / "book" / "chapters" / name).write_text(code(*sources))


def state(project: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(project)): p.read_bytes()
        for p in project.rglob("*")
        if p.is_file() and "chapters" not in p.parts
    }


def output(project: Path, stem: str) -> str:
    notebook = nbformat.read(project / "book" / "notebooks" / f"{stem}.ipynb", 4)
    return notebook.cells[-1].outputs[0].data["text/plain"]


def test_text_becomes_notebook_and_package(project):
    build(project)
    assert output(project, "02_beta") == "42"
    module = (project / "lib" / "unmasked" / "alpha.py").read_text()
    assert module.splitlines()[0].startswith("# Built from book/chapters/01_alpha.md")
    assert "#| export" not in module and '__all__ = [\n    "twice",\n]' in module
    assert not (project / "lib" / "unmasked" / "beta.py").exists()


def test_twice_in_a_row_and_after_a_loss_the_same_bytes(project):
    build(project)
    before = state(project)
    build(project)
    assert state(project) == before
    shutil.rmtree(project / "lib" / "unmasked")
    build(project)
    assert state(project) == before
    build(project, force=True)
    assert state(project) == before


def test_only_what_changed_is_executed(project, capsys):
    build(project)
    path = project / "book" / "chapters" / "02_beta.md"
    path.write_text(path.read_text().replace("# A chapter", "# Another title"))
    capsys.readouterr()
    build(project)
    said = capsys.readouterr().out
    assert "01_alpha: unchanged" in said and "02_beta: outputs reused" in said


def test_a_changed_module_executes_those_who_import_it(project, capsys):
    build(project)
    edit(project, "01_alpha.md", FIRST.replace("2 * x", "3 * x"), "twice(4)")
    build(project)
    assert output(project, "02_beta") == "63"
    edit(project, "01_alpha.md", FIRST.replace("2 * x", "3 * x  # why"), "twice(4)")
    capsys.readouterr()
    build(project)
    said = capsys.readouterr().out
    assert "01_alpha: executed" in said and "02_beta: unchanged" in said


def test_a_chapter_depends_on_the_widgets_that_it_shows(project):
    folder = project / "lib" / "classroom" / "shapes"
    folder.mkdir(parents=True)
    files = {
        "__init__.py": "from .one import One\nfrom classroom.shapes.two import Two",
        "one.py": 'One = source("circle")',
        "two.py": 'Two = source("square")',
        "circle.js": "draw()",
        "square.js": "draw()",
        "common.js": "const draw = 1",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    edit(project, "02_beta.md", "from classroom.shapes import One")
    chapter = read_chapters(project / "book" / "chapters")[1]

    def changes(name: str) -> bool:
        _homes.cache_clear()
        before = code_key(chapter, {}, project / "lib")
        (folder / name).write_text(files[name] + "\nchanged = 1")
        return code_key(chapter, {}, project / "lib") != before

    assert [name for name in files if changes(name)] == [
        "one.py", "circle.js", "common.js",
    ]  # fmt: skip


def test_a_chapter_that_is_gone_takes_its_products_along(project):
    build(project)
    mine = project / "book" / "notebooks" / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), mine)
    (project / "book" / "chapters" / "01_alpha.md").unlink()
    edit(project, "02_beta.md", "1 + 1")
    build(project)
    assert not (project / "book" / "notebooks" / "01_alpha.ipynb").exists()
    assert not (project / "lib" / "unmasked" / "alpha.py").exists()
    assert mine.exists()  # not ours, so not touched


def test_a_damaged_notebook_is_built_anew(project):
    build(project)
    before = state(project)
    (project / "book" / "notebooks" / "02_beta.ipynb").write_text('{"cells": [')
    build(project)
    assert state(project) == before


BROKEN = {
    "SyntaxError: ": ["def f(:\n    pass"],
    "'f' is already exported by code cell 1": [
        "#| export\ndef f(): ...", "#| export\nf = 1",
    ],
    "imports unmasked.beta, which no earlier": ["from unmasked.beta import x"],
    "exported code may not import classroom": ["#| export\nimport classroom"],
    "exported code may not import pandas": ["#| export\nimport pandas as pd"],
    "AssertionError: no": ["1 + 1", "assert 1 > 2, 'no'"],
    "NameError: name 'undefined'": ["undefined"],
    "the kernel died": ["import os\nos._exit(3)"],
    "shows a memory address": ["object()"],
    "warns: ": ["import warnings\nwarnings.warn('odd')"],
}  # fmt: skip


@pytest.mark.parametrize("message", BROKEN)
def test_a_mistake_is_one_clear_line_and_nothing_is_half_written(project, message):
    build(project)
    before = state(project)
    edit(project, "01_alpha.md", *BROKEN[message])
    with pytest.raises(ChapterError) as error:
        build(project)
    said = str(error.value)
    assert said.startswith("01_alpha.md, code cell ") and message in said
    assert "\n" not in said
    assert state(project) == before


def test_a_later_failure_keeps_the_earlier_success(project):
    build(project)
    edit(project, "01_alpha.md", FIRST, "twice(5)")
    edit(project, "02_beta.md", SECOND, "1 / 0")
    before = state(project)["book/notebooks/02_beta.ipynb"]
    with pytest.raises(
        ChapterError, match=r"02_beta.md, code cell 2 \(`1 / 0`\): Zero"
    ):
        build(project)
    assert output(project, "01_alpha") == "10"
    assert state(project)["book/notebooks/02_beta.ipynb"] == before


def test_names_and_exercises_are_checked(project):
    (project / "book" / "chapters" / "gamma.md").write_text(HEAD)
    with pytest.raises(ChapterError, match=r"gamma.md: a chapter's file is named NN_"):
        read_chapters(project / "book" / "chapters")
    (project / "book" / "chapters" / "gamma.md").unlink()
    lost = HEAD + '+++ {"exercise": "no-such-exercise"}\n\nText.\n'
    (project / "book" / "chapters" / "02_beta.md").write_text(lost)
    with pytest.raises(ChapterError, match=r"02_beta.md, exercise 'no-such-exercise'"):
        read_chapters(project / "book" / "chapters")


def test_progress_bars_are_dropped_and_ids_follow_the_content(project):
    bar = "from tqdm import tqdm\nfor _ in tqdm(range(3)):\n    pass\nprint('done')"
    edit(project, "02_beta.md", bar, "1", "1")
    build(project)
    notebook = nbformat.read(project / "book" / "notebooks" / "02_beta.ipynb", 4)
    streams = [
        o.name for c in notebook.cells for o in c.get("outputs", []) if "name" in o
    ]
    assert streams == ["stdout"]
    first, second = (cell.id for cell in notebook.cells[-2:])
    assert second == f"{first}-2"


def test_one_chapter_alone_can_be_built(project):
    build(project)
    edit(project, "01_alpha.md", FIRST, "twice(5)")
    edit(project, "02_beta.md", SECOND.replace("21", "30"))
    build(project, only="02")
    assert output(project, "01_alpha") == "8" and output(project, "02_beta") == "60"
    with pytest.raises(ChapterError, match="no chapter has the number 3"):
        build(project, only="3")


def test_a_bar_that_is_a_widget_is_a_bar_and_a_figure_is_none():
    from nbformat import v4

    from classroom.pipeline.execute import _is_bar

    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    bar = view | {"text/plain": "Loading weights:   0%|          | 0/7 [00:00<?]"}
    assert _is_bar(v4.new_output("display_data", bar))
    assert not _is_bar(
        v4.new_output("display_data", view | {"text/plain": "FillMask()"})
    )
    assert not _is_bar(v4.new_output("display_data", {"text/plain": "10%| of it"}))


def test_a_key_is_the_same_in_every_version_of_python():
    """Python 3.12 adds fields to `ast.dump`, and 3.13 leaves out what is empty."""
    text = "class A:\n    'Said.'\n    def f(x=0) -> None:\n        return f'{x!r}'"
    assert _meaning(text) == (
        "Module(body=[ClassDef(name='A', body=[Pass(), FunctionDef(name='f', "
        "args=arguments(args=[arg(arg='x')], defaults=[Constant(value=0)]), "
        "body=[Return(value=JoinedStr(values=[FormattedValue(value=Name(id='x', "
        "ctx=Load()), conversion=114)]))], returns=Constant())])])"
    )
