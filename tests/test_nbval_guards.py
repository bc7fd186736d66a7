"""Each trap in which nbval would pass an untested notebook is triggered once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FLAGS = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-q"]
HELLO = new_output("stream", name="stdout", text="hello\n")


def cell(source, outputs=(), count=1, tags=()):
    return new_code_cell(
        source,
        outputs=list(outputs),
        execution_count=count,
        metadata={"tags": list(tags)},
    )


def run_nbval(folder: Path, cells, *flags: str) -> subprocess.CompletedProcess[str]:
    nbformat.write(new_notebook(cells=cells), folder / "notebook.ipynb")
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {k: v for k, v in os.environ.items() if "PYTEST" not in k}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *FLAGS, *flags, "notebook.ipynb"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


GUARDED = ("-p", "classroom.pipeline.guards")


def test_a_good_notebook_passes(tmp_path):
    # the semicolon: nbval alone would see an output that the notebook does not store
    cells = [cell("print('hello')", [HELLO]), cell("1 + 1;", count=2)]
    done = run_nbval(tmp_path, cells, *GUARDED)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_another_output_fails(tmp_path):
    done = run_nbval(tmp_path, [cell("print('bye')", [HELLO])], *GUARDED)
    assert done.returncode == 1
    assert "Cell outputs differ" in done.stdout


STORED_ERROR = new_output("error", ename="ValueError", evalue="x", traceback=[])
TRAPS = {
    "never executed": [cell("print('bye')", count=None)],
    "stores an error": [cell("1;", [STORED_ERROR], tags=["nbval-ignore-output"])],
    "may not be skipped": [cell("1 / 0", tags=["nbval-skip"])],
    "raised nothing": [
        cell("print('hello')", [HELLO], tags=["raises-exception"]),
    ],
    "no code cell": [new_markdown_cell("nothing to run")],
}


@pytest.mark.parametrize("message", TRAPS)
def test_trap_fails_with_the_guards(tmp_path, message):
    done = run_nbval(tmp_path, TRAPS[message], *GUARDED)
    assert done.returncode not in (0, 5), done.stdout
    assert message in done.stdout


@pytest.mark.parametrize("message", TRAPS)
def test_trap_is_real(tmp_path, message):
    """Without the guards nbval finds no failure: each guard earns its place."""
    assert run_nbval(tmp_path, TRAPS[message]).returncode in (0, 5)


def test_a_dead_kernel_is_noticed_at_once(tmp_path):
    start = time.monotonic()
    suicide = cell("import os; os._exit(1)")
    done = run_nbval(tmp_path, [suicide], *GUARDED, "--nbval-cell-timeout", "100")
    assert done.returncode == 1
    assert "kernel died" in done.stdout
    assert time.monotonic() - start < 60  # half of it is pytest's own start
