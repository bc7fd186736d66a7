"""`python -m classroom`: a learner's file in a process of its own."""

import json

import pytest

from classroom.__main__ import main
from classroom.exercises import ids, load, process

ANSWERS = """
import numpy as np
from helper import squash

def right(x, h, W_x, W_h, b):
    return squash(x @ W_x.T + h @ W_h.T + b)

def wrong(x, h, W_x, W_h, b):
    return np.tanh(x @ W_x.T + h @ W_h.T)

def raising(x, h, W_x, W_h, b):
    rows = len(x)
    return np.tanh(x @ rows)

if __name__ == "__main__":
    raise SystemExit("not when it is checked")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "helper.py").write_text("from numpy import tanh as squash")
    (tmp_path / "answers.py").write_text(ANSWERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main(["check", *arguments, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["passed", "diagnosis", "message"]
    return code, answer


def test_the_command_line_marks_a_file(folder, capsys):
    code, answer = run(capsys, "rnn-step", "answers.py:right")
    assert code == 0 and answer["passed"] and answer["diagnosis"] is None
    code, answer = run(capsys, "rnn-step", "answers.py:wrong")
    assert code == 1 and answer["diagnosis"] == "rnn-bias-forgotten"
    code, answer = run(capsys, "rnn-step", "answers.py:raising")
    assert code == 1 and "in line 13:  return np.tanh(x @ rows)" in answer["message"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("while True:\n    pass", "still running after 3 s"),
        ("import os; os._exit(0)", "ended Python (exit code 0)"),
        ("import os; os.abort()", "ended Python (exit code"),
        ("x = (", "SyntaxError"),
        ("import nonexistent_module", "in line 1:  import nonexistent_module"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("print('x' * 10**7)\nimport sys\nprint('y', file=sys.stderr)", "a function"),
        ("import threading as t, time\nt.Thread(target=time.sleep, args=[60]).start()",
         "a function"),
        ("input()", "EOFError"),
    ],
)  # fmt: skip
def test_the_command_line_survives_any_file(folder, monkeypatch, capsys, source, says):
    monkeypatch.setattr(process, "LIMIT", 3.0)
    (folder / "answers.py").write_text(source + "\nrnn_step = 5\n")
    code, answer = run(capsys, "rnn-step", "answers.py:rnn_step")
    assert code == 1 and not answer["passed"] and answer["diagnosis"] is None
    assert says in answer["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no-such", "answers.py:right"), "there is no exercise 'no-such'"),
        (("rnn-step", "nowhere.py:right"), "there is no file nowhere.py"),
        (("rnn-step", "answers.py"), "path.py:name"),
        (("rnn-step", "answers.py:"), "path.py:name"),
        (("rnn-step", "answers.py:rihgt"), "defines no 'rihgt'; it defines"),
        (("rnn-step", "answers.ipynb:right"), "is a notebook: put the answer into"),
    ],
)
def test_the_command_line_refuses_what_cannot_be_checked(
    folder, capsys, arguments, says
):
    (folder / "answers.ipynb").write_text("{}")
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and says in err


def test_the_command_line_lists_every_exercise(capsys):
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == ids()
    assert {"chapter", "kind", "difficulty", "minutes"} < rows[0].keys()
    assert {"mistakes", "probes", "accepts"} < rows[0].keys()
    assert main(["list"]) == 0
    assert "rnn-step" in capsys.readouterr().out


def test_the_exercises_of_a_part_come_as_a_notebook(tmp_path, capsys):
    import nbformat

    target = tmp_path / "deep" / "part.ipynb"
    assert main(["stubs", "1", str(target)]) == 0
    notebook = nbformat.read(target, as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"  # Jupyter asks nothing
    cells = notebook.cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    for name in ids():
        exercise = load(name)
        call = f'ask("{name}")' if exercise.kind == "predict" else f'check("{name}", '
        assert sum(call in cell for cell in code) == (exercise.chapter <= 2), name
    assert not any("record=False" in cell for cell in code)  # no solutions
    names: dict = {}
    exec(code[0], names)
    first = next(cell for cell in code if 'check("rnn-step"' in cell)
    exec(first, names)
    assert main(["stubs", "1", str(target)]) == 2  # what was written is kept
    assert main(["stubs", "6", str(tmp_path / "other.ipynb")]) == 2
    assert "parts 1 to 5" in capsys.readouterr().err
