"""Live cells, as far as they can be tested without a browser."""

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from classroom.exercises import Probe, bank, runner
from classroom.live import PRINTED, Session
from classroom.pipeline.text import read_chapter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import live_cells  # noqa: E402

# As in Pyodide: these are not there.
CELLS = """
import json, sys
for name in {absent!r}:
    sys.modules[name] = None
sys.path.insert(0, {library!r})
from classroom.live import Session
session = Session({imports!r})
print(json.dumps([session.run(source, "a cell") for source in {cells!r}]))
"""
LIVE_CHAPTERS = [
    path
    for path in sorted((ROOT / "book" / "chapters").glob("*.md"))
    if re.search(r"^ *:?tags: \[.*\blive\b", path.read_text("utf-8"), re.MULTILINE)
]
ABSENT = ("torch", "platformdirs", "psutil", "anywidget", "ipywidgets", "jaxtyping")


@pytest.fixture
def library(tmp_path) -> Path:
    live_cells.write_library(ROOT, tmp_path / "lib.zip")
    return tmp_path / "lib.zip"


def test_library_is_the_same_each_time_and_small(tmp_path, library):
    again = tmp_path / "again.zip"
    live_cells.write_library(ROOT, again)
    assert again.read_bytes() == library.read_bytes()
    names = zipfile.ZipFile(library).namelist()
    assert {"classroom/live.py", "classroom/exercises/__init__.py"} <= set(names)
    assert not [name for name in names if "widgets" in name or "pipeline" in name]
    assert library.stat().st_size < 500_000


def run_as_in_a_page(library: Path, imports: list[str], cells: list[str]) -> list:
    """The cells' results, from a Python that has no torch and no widgets."""
    course = library.with_name("course")
    zipfile.ZipFile(library).extractall(course)
    code = CELLS.format(
        absent=ABSENT, library=str(course), imports=imports, cells=cells
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=course,
        env=os.environ | {"UNMASKED_PROGRESS": "off", "MPLBACKEND": "AGG"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_library_needs_neither_torch_nor_widgets(library):
    source = "check('attention-faded', lambda query, keys, values: None)"
    (result,) = run_as_in_a_page(library, list(live_cells.ALWAYS), [source])
    assert "returns None" in result["markdown"], result


@pytest.mark.slow
@pytest.mark.parametrize("path", LIVE_CHAPTERS, ids=lambda path: path.stem)
def test_live_cells_of_a_chapter_need_no_torch(path, library):
    notebook = read_chapter(path).notebook
    live = [c.source for c in notebook.cells if "live" in c.metadata.get("tags", [])]
    results = run_as_in_a_page(library, live_cells.imports(notebook), live)
    assert [r["error"] for r in results if r["error"]] == []


def test_only_imports_that_work_in_a_browser_are_kept():
    sources = (
        "import math\nimport torch\nfrom torch import nn\nimport numpy as np\nx = 1",
        "from classroom.exercises import ask, check\nfrom classroom.widgets import A",
        "from unmasked.attention import f\nfrom classroom.figures import heat",
    )
    cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in sources]
    live = {"cell_type": "code", "source": "import re", "metadata": {"tags": ["live"]}}
    assert live_cells.imports({"cells": [*cells, live]}) == [
        *live_cells.ALWAYS,
        "import math",
        "import numpy as np",
        "from classroom.exercises import ask, check",
        "from classroom.figures import heat",
    ]


def pyodide(folder: Path, version: str = live_cells.VERSION) -> Path:
    """A folder that looks like Pyodide's."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    package = {"file_name": "a.whl", "sha256": digest, "depends": []}
    lock = {"info": {"version": version}, "packages": {"numpy": package}}
    lock["packages"]["matplotlib"] = package | {"depends": ["numpy"]}
    for name in live_cells.CORE:
        (folder / name).write_text("x")
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    (folder / "a.whl").write_text("abc")
    return folder


def test_folder_is_copied_after_it_was_checked(tmp_path):
    live_cells.copy_pyodide(pyodide(tmp_path), tmp_path / "site")
    names = sorted(path.name for path in (tmp_path / "site").iterdir())
    assert names == sorted([*live_cells.CORE, "a.whl"])


def test_wrong_folder_stops_the_build(tmp_path):
    with pytest.raises(ExtensionError, match=r"has no pyodide\.js"):
        live_cells.copy_pyodide(tmp_path, tmp_path / "site")
    pyodide(tmp_path, "0.1.0")
    with pytest.raises(ExtensionError, match=r"is 0\.1\.0, and"):
        live_cells.copy_pyodide(tmp_path, tmp_path / "site")
    pyodide(tmp_path)
    (tmp_path / "a.whl").write_text("abcd")
    with pytest.raises(ExtensionError, match="is not what"):
        live_cells.copy_pyodide(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()


CHAPTER = """---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

```{{code-cell}} ipython3
:tags: [{tag}]
x = 1
```

+++ {{"exercise": "attend"}}

+++ {{"exercise": "lstm-step"}}
"""


@pytest.mark.parametrize("tag, expected", [("live", 1), ("hide-input", 0)])
def test_stubs_of_numpy_exercises_are_live_on_a_live_page(tag, expected, tmp_path):
    path = tmp_path / "01_x.md"
    path.write_text(CHAPTER.format(tag=tag))
    cells = read_chapter(path).notebook.cells[1:]
    live = [cell for cell in cells if "live" in cell.metadata.get("tags", [])]
    assert len(live) == expected
    assert all("raise NotImplementedError" in cell.source for cell in live)


def test_exercises_without_torch_are_known():
    assert bank.torch_free("attend")
    assert not bank.torch_free("lstm-step")
    # helpers of the whole bank: one has torch, and so has whoever reads it
    assert bank.torch_free("break-gpt") and bank.torch_free("break-mlm")
    for file in bank.FOLDER.glob("c*/[a-z]*.py"):
        if "shared.steps import" in file.read_text("utf8"):
            assert not bank.torch_free(file.stem.replace("_", "-"))


# A cell, run as a notebook would.


def test_session_keeps_names_and_shows_the_last_value():
    session = Session(["import math"])
    assert session.run("x = math.pi\nprint('a')\nround(x, 2)", "cell 1") == {
        "text": "a\n3.14\n",
        "markdown": "",
        "figures": [],
        "error": "",
    }
    assert session.run("x;", "cell 1")["text"] == ""
    assert session.run("for n in 'ab': n", "cell 1")["text"] == ""


def test_session_shows_an_error_from_the_cell_on():
    found = Session().run("def f():\n    return 1 / 0\n\nf()", "cell 3")
    lines = found["error"].splitlines()
    assert lines[0].strip() == 'File "<cell 3>", line 4, in <module>'
    assert "return 1 / 0" in found["error"]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "SyntaxError" in Session().run("for", "cell 1")["error"]
    assert "exit" not in Session().run("raise SystemExit", "cell 1")["text"]


def test_session_cuts_what_never_ends():
    text = Session().run("print('x' * 10**6)\nprint('y')", "cell 1")["text"]
    assert PRINTED <= len(text) < PRINTED + 50 and "cut" in text and "y" not in text


def test_session_describes_figures():
    code = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.xlabel('step');"
    (figure,) = Session().run(code, "cell 1")["figures"]
    assert figure["alt"] == "Figure drawn by this cell. x: step"
    assert figure["png"].startswith("iVBOR")


def test_session_gives_markdown_of_a_verdict():
    session = Session(["from classroom.exercises import check"])
    code = "def attend(*a):\n    raise NotImplementedError\ncheck('attend', attend)"
    assert session.run(code, "cell 1")["markdown"] == "○ Not attempted yet."


# The engine where Python has no threads.


def forever():
    while True:
        pass


def shout():
    print("a")
    raise ValueError("b")


def test_engine_works_without_threads(monkeypatch):
    monkeypatch.setattr(runner, "THREADS", False)
    assert runner.run(lambda: 3).value == 3
    result = runner.run(shout)
    assert (result.printed, str(result.error)) == ("a\n", "b")
    began = time.monotonic()
    result = runner.run(forever, 0.2)
    assert result.out_of_time and result.error is None
    assert time.monotonic() - began < 3
    probe = Probe("endless", lambda: ())
    seen = runner.Observation()
    assert runner.run(lambda: runner.observe(forever, probe, [], seen), 0.2).out_of_time
