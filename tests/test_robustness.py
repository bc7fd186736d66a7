"""Odd places: a home that cannot be written, blanks in a path, two at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from classroom.exercises import ids
from classroom.exercises.process import check_file
from classroom.pipeline.__main__ import build

ROOT = Path(__file__).resolve().parents[1]
COUNT = """
from classroom.exercises.progress import record_check, record_hint
for _ in range(40):
    record_check({0!r}, False)
    record_hint({1!r})
"""


def start(code: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_notebooks_at_once_lose_no_attempt(tmp_path):
    file = tmp_path / "progress.json"
    own, shared = ids()[:3], ids()[3]
    running = [
        start(COUNT.format(name, shared), UNMASKED_PROGRESS=str(file)) for name in own
    ]
    assert [each.communicate()[1] for each in running] == [""] * 3
    kept = json.loads(file.read_text("utf8"))["exercises"]
    assert [kept[name]["attempts"] for name in own] == [40] * 3
    assert kept[shared]["hints"] == 120


@pytest.fixture
def sealed(tmp_path):
    """A home folder that nobody can write in, not even root: a file is no folder."""
    home = tmp_path / "home"
    home.touch()
    named = ("XDG_", "MPLCONFIGDIR", "PYTEST", "UNMASKED", "JUPYTER", "IPYTHON")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(named)}
    return kept | {"HOME": str(home)}


def test_a_notebook_passes_where_home_cannot_be_written(tmp_path, sealed):
    """Matplotlib warns of it: in the tests' output, and not in the first cell's."""
    cell = new_code_cell("import matplotlib.pyplot", execution_count=1)
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "figure.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    guarded = ["-p", "no:cacheprovider", "-p", "classroom.pipeline.guards"]
    done = subprocess.run(
        [*command, *guarded, "figure.ipynb"],
        cwd=tmp_path,
        env=sealed,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "Matplotlib created a temporary" in done.stderr


def test_a_check_works_where_home_cannot_be_written(sealed):
    code = "from classroom.exercises import check, progress; check('rnn-step', 3)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; check('rnn-step', 4); print(progress())"],
        env=sealed,
        capture_output=True,
        text=True,
    )
    assert "| 1 | rnn-step | 2 | – | 0 |" in done.stdout, done.stderr
    assert done.stderr.count("UserWarning: progress cannot be kept in") == 1
    assert "it lasts until this Python ends" in done.stderr


CHAPTER = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A chapter

```{code-cell} ipython3
#| export
def twice(x):
    return 2 * x
```

```{code-cell} ipython3
from pathlib import Path

twice(21), Path.cwd().parts[-3]
```
"""


def test_a_path_with_blanks_is_a_path(tmp_path):
    """A chapter is built, an answer checked and Pyodide named in such a folder."""
    project = tmp_path / "my course, 2026"
    (project / "book" / "chapters").mkdir(parents=True)
    (project / "book" / "chapters" / "01_alpha.md").write_text(CHAPTER)
    build(project)
    made = nbformat.read(project / "book" / "notebooks" / "01_alpha.ipynb", 4)
    assert made.cells[-1].outputs[0].data["text/plain"] == "(42, 'my course, 2026')"
    answer = project / "my answer.py"
    answer.write_text("def rnn_step(x, h, W_x, W_h, b):\n    return x @ W_x.T")
    assert check_file("rnn-step", answer, "rnn_step").diagnosis is not None
    told = subprocess.run(
        ["make", "-pn", "book", f"PYODIDE={project}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert f"\nUNMASKED_PYODIDE := {project}\n" in told.stdout


def test_npm_works_where_home_cannot_be_written(tmp_path, sealed):
    """It packs a folder of this machine: no network is needed for that."""
    package, target = tmp_path / "tiny", tmp_path / "target"
    package.mkdir(), target.mkdir()
    (package / "package.json").write_text('{"name": "tiny", "version": "1.0.0"}')
    code = (
        "import assets; from pathlib import Path\n"
        f"assets.PACKAGES = [{str(package)!r}]\n"
        f"print(assets.download(Path({str(target)!r}))['tiny@1.0.0'].is_file())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=sealed | {"PYTHONPATH": str(ROOT / "book" / "_ext")},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stderr
