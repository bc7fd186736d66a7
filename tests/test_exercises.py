"""The exercise engine: what it answers, and that nothing a learner writes hurts it."""

import _thread
import contextlib
import json
import random
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch

from classroom.__main__ import main
from classroom.exercises import (
    Exercise,
    Mistake,
    Probe,
    Retrieval,
    ask,
    bank,
    check,
    hint,
    ids,
    load,
    process,
    progress,
    retrieval,
    runner,
)
from classroom.exercises.diagnose import grade

RIGHT = load("rnn-step").reference
HINTS = ("What is doubled?", "Count the factors.", "2 · 3 is 6, and 2 · 2 · 3 is 12.")


def scaled(x, factor):
    return {"y": (x * factor, float(factor))}["y"]


def tiny(**changes):
    """An exercise: multiply; one known mistake: twice too much."""
    fields = dict(
        id="scaled", chapter=1, kind="write", title="Scale", question="Scale it.",
        difficulty=1, minutes=1, name="scaled", stub="", reference=scaled,
        probes=(
            Probe("three", lambda: (np.arange(6.0).reshape(2, 3), 3), says="It scales"),
        ),
        mistakes=(
            Mistake(
                "doubled",
                lambda x, factor: (2 * x * factor, float(factor)),
                lambda got, _: f"You return {got[1]}, {got[0][0, 1]:g}.",
                *HINTS,
            ),
        ),
        proves="It scales.",
    )  # fmt: skip
    return Exercise(**fields | changes)


EXERCISE = tiny()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    assert runner.LIMIT == 10
    monkeypatch.setattr(runner, "LIMIT", 0.5)


# what the learner's function may do ---------------------------------------------------


def changes_input(x, factor):
    x *= factor
    return x, float(factor)


def changes_and_restores(x, factor):
    x *= factor
    y = x.copy()
    x /= factor
    return y, float(factor)


def raises(x, factor):
    wide = np.zeros((7, 7))
    return x @ wide


def no_number(x, factor):
    return x * np.nan, float(factor)


def torchs(x, factor):
    return torch.tensor(x * factor), float(factor)


def recursion(x, factor):
    return recursion(x, factor)


def exits(x, factor):
    sys.exit("bye")


def interrupts(x, factor):
    raise KeyboardInterrupt


class OddError(Exception):
    def __str__(self):
        return "café – 文"


def odd(x, factor):
    raise OddError


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (changes_input, "changes its input `x` in place"),
        (raises, "ValueError: matmul"),
        (raises, "return x @ wide"),
        (raises, "It was called with x (2, 3), factor = 3."),
        (lambda x: x, "takes 1 positional argument but 2 were given"),
        (lambda x, factor: None, "returns None"),
        (lambda x, factor: x * factor, "and a tuple of 2 is expected"),
        (lambda x, factor: (x, x, x), "is a tuple of 3, and 2 values are expected"),
        (lambda x, factor: ((x * factor).T, 3.0), "has shape (3, 2), and (2, 3)"),
        (lambda x, factor: (list(x), 3.0), "Value 1 of 2 is a list of 2, and a"),
        (
            lambda x, factor: ((x * factor).astype("float32"), 3.0),
            "is a float32 array of shape (2, 3), and a float64 array",
        ),
        (torchs, "is a float64 tensor of shape (2, 3), and a float64 array"),
        (no_number, "6 of the 6 numbers of value 1 of 2 are NaN"),
        (
            lambda x, factor: ((x + 1) / 0, 3.0),
            "6 of the 6 numbers of value 1 of 2 are inf",
        ),
        (
            lambda x, factor: (x * factor + 1, 3.0),
            "It should hold that it scales. Here value 1 of 2 is 1 at [0, 0], and 0 is "
            "expected; 6 of 6 numbers differ.",
        ),
        (exits, "asks Python to exit"),
        (interrupts, "KeyboardInterrupt"),
        (recursion, "RecursionError"),
        (odd, "OddError: café – 文"),
        (3, "`scaled` should be a function, and it is the number 3."),
        (None, "it is None"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_wrong_answer_gets_a_clear_one(function, says):
    verdict = grade(EXERCISE, function)
    assert not verdict.passed and verdict.diagnosis is None and verdict.attempted
    assert says in verdict.message
    assert repr(verdict) == verdict._repr_markdown_() == verdict.message
    assert " at 0x" not in verdict.message and ".py" not in verdict.message


def test_right_answers_of_other_kinds_pass():
    for right in (
        lambda x, factor: [x * factor, np.float64(factor)],
        lambda x, factor: (factor * x, factor),
        changes_and_restores,
    ):
        assert grade(EXERCISE, right).passed


def test_a_known_mistake_is_named_with_the_learners_numbers():
    verdict = grade(EXERCISE, lambda x, factor: (x * factor * 2, factor))
    assert verdict.diagnosis == "doubled"
    assert verdict.message == "✗ You return 3, 6."


def test_a_mistake_may_be_an_exception_or_a_change_in_place():
    def kept(x, factor):
        return x @ np.zeros((9, 9))

    def changing(x, factor):
        x += 1
        return x * factor, float(factor)

    more = tuple(
        Mistake(name, wrong, f"It is {name}.", *HINTS)
        for name, wrong in (("shapes", kept), ("changing", changing))
    )
    exercise = tiny(mistakes=(*EXERCISE.mistakes, *more))
    assert grade(exercise, raises).diagnosis == "shapes"
    assert grade(exercise, changing).diagnosis == "changing"
    # the same values without the change is another thing
    other = grade(exercise, lambda x, factor: ((x + 1) * factor, factor))
    assert other.diagnosis is None


def test_prints_are_shown_back_and_cut():
    def noisy(x, factor):
        for n in range(10_000):
            print("line", n)
        return x * factor, float(factor)

    verdict = grade(EXERCISE, noisy)
    assert verdict.passed
    assert verdict.message.endswith(
        "```text\nline 0\nline 1\nline 2\nline 3\nline 4\n…\n```"
    )


def test_the_stub_is_not_an_attempt():
    def stub(x, factor):
        raise NotImplementedError

    verdict = grade(EXERCISE, stub)
    assert not verdict.passed and not verdict.attempted
    assert verdict.message == "○ Not attempted yet."


def test_a_library_that_has_not_implemented_something_is_an_attempt():
    def asks_too_much(x, factor):
        return torch.ones(2, device="meta").tolist()

    verdict = grade(EXERCISE, asks_too_much)
    assert verdict.attempted and "asks" not in verdict.message.split("\n")[0]


def test_changes_are_seen_on_every_call_and_inside_lists():
    def twice(function, values, factor):
        return function(values, factor), function(values, factor)

    exercise = tiny(
        reference=lambda values, factor: [v * factor for v in values],
        probes=(Probe("p", lambda: ([1, 2], 3), twice, "Twice is the same"),),
        mistakes=(),
    )

    def pops(values, factor):
        return [values.pop(0) * factor for _ in range(2)]

    assert "its input `values` in place" in grade(exercise, pops).message


# endless loops ------------------------------------------------------------------------


def loop(x, factor):
    while True:
        pass


def catching(x, factor):
    while True:
        try:  # noqa: SIM105
            sum(range(50))
        except:  # noqa: E722
            pass


def chatty(x, factor):
    while True:
        try:  # noqa: SIM105
            print("still here")
        except:  # noqa: E722
            pass


def sleepy(x, factor):
    while True:
        time.sleep(0.05)


@pytest.mark.parametrize("endless", [loop, catching, chatty, sleepy])
def test_an_endless_loop_is_stopped(endless, capsys):
    began, threads, stdout = time.monotonic(), threading.active_count(), sys.stdout
    verdict = grade(EXERCISE, endless)
    assert time.monotonic() - began < 4
    assert "still running after 0.5 s" in verdict.message
    assert "x (2, 3), factor = 3" in verdict.message
    assert sys.stdout is stdout
    if endless is not chatty:  # that one is put to sleep
        time.sleep(0.1)
        assert threading.active_count() == threads
    assert grade(EXERCISE, scaled).passed
    assert capsys.readouterr().out == ""


def test_what_cannot_be_stopped_is_left_behind():
    released = threading.Event()

    def stubborn(x, factor):
        while not released.is_set():
            with contextlib.suppress(BaseException):
                while not released.is_set():
                    pass

    try:
        verdict = grade(EXERCISE, stubborn)
        assert "could not be stopped: restart the kernel" in verdict.message
        assert grade(EXERCISE, scaled).passed
    finally:
        released.set()


def test_a_check_may_come_from_any_thread():
    verdicts = []

    def work_on(function):
        verdicts.append(grade(EXERCISE, function))

    work = [threading.Thread(target=work_on, args=[f]) for f in (scaled, loop, scaled)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(10)
    assert sorted(v.passed for v in verdicts) == [False, True, True]


def test_ctrl_c_still_works():
    threads, stdout = threading.active_count(), sys.stdout
    threading.Timer(0.15, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        grade(EXERCISE, loop)
    assert sys.stdout is stdout
    time.sleep(0.1)
    assert threading.active_count() == threads


# the kernel around it -----------------------------------------------------------------


def test_the_kernels_state_is_left_alone():
    def meddles(x, factor):
        np.random.seed(5), random.seed(5), torch.manual_seed(5)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        return x * factor, float(factor)

    torch.set_default_dtype(torch.float64)
    try:
        before = np.random.get_state()[1], random.getstate(), torch.get_rng_state()
        assert grade(EXERCISE, meddles).passed
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.is_grad_enabled()
    np.testing.assert_array_equal(before[0], np.random.get_state()[1])
    assert before[1] == random.getstate()
    assert torch.equal(before[2], torch.get_rng_state())


def test_a_check_is_the_same_inside_no_grad_and_quick():
    exercise = load("lstm-step")
    with torch.no_grad():
        assert grade(exercise, exercise.reference).passed
    began = time.monotonic()
    assert grade(exercise, exercise.mistakes[-1].wrong).diagnosis == "lstm-gates-tanh"
    assert time.monotonic() - began < 1


def test_learners_randomness_is_seeded():
    exercise = tiny(
        reference=lambda n: torch.rand(n),
        probes=(Probe("p", lambda: (4,), None, "It is random"),),
        mistakes=(),
    )
    torch.manual_seed(99)
    assert grade(exercise, lambda n: torch.rand(n)).passed


def test_numpy_exercises_need_no_torch():
    code = (
        "import sys, numpy as np\n"
        "from classroom.exercises import check\n"
        "v = check('rnn-step', lambda x, h, W, U, b: np.tanh(x @ W.T + h @ U.T))\n"
        "assert v.diagnosis == 'rnn-bias-forgotten', v\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# the public functions -----------------------------------------------------------------


def test_an_unknown_id_names_its_neighbours():
    with pytest.raises(LookupError, match="did you mean rnn-step"):
        check("rnn-stepp", RIGHT)


def test_the_ladder_has_four_steps():
    wrong = load("rnn-step").mistake("rnn-bias-forgotten")
    for _ in range(2):  # the same mistake again keeps its place
        assert check("rnn-step", wrong.wrong).diagnosis == wrong.id
    assert hint() == f"Hint 2 of 4. {wrong.question}"
    assert repr(hint()) == f"Hint 3 of 4. {wrong.pointer}"
    check("rnn-step", wrong.wrong)
    assert hint()._repr_markdown_() == f"Hint 4 of 4. {wrong.neighbour}"
    assert "the last hint" in hint()
    check("rnn-step", lambda *_: 3)
    assert "no ladder" in hint()
    check("rnn-step", RIGHT)
    assert "passed" in hint()


ORDER = load("truncated-bptt").reference


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("JDB", "should be a list of labels such as ['A', 'B'], and it is of type str"),
        ([*ORDER, "Z"], "no line 'Z'; the labels are A, B, C"),
        ([*ORDER, 7], "no line 7"),
        ([*ORDER, ["A"]], "no line ['A']"),
        ([*ORDER, "A"], "'A' stands there twice"),
        (["I", *ORDER[:4]], "in line 5:  loss.backward()"),
    ],
)
def test_a_strange_order_of_lines(order, says):
    verdict = check("truncated-bptt", order)
    assert says in verdict.message and verdict.diagnosis is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([[1.0]], "a tensor is expected, and this is of type list"),
        (torch.zeros(4, 3), "should be (B, T, 3), and it is (4, 3)"),
        (torch.full((2, 6, 3), torch.nan), "finite numbers"),
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: loop(0, 0), "still running"),
        (torch.cat([torch.eye(3)] * 2)[None].repeat(2, 1, 1), "copies survive"),
    ],
)
def test_an_input_that_breaks_nothing(given, says):
    verdict = check("batch-or-time", given)
    assert not verdict.passed and says in verdict.message


def test_a_prediction_may_be_its_letter_or_its_text():
    exercise = load("why-gradients-vanish")
    assert check(exercise.id, exercise.reference).passed
    letters = [check(exercise.id, letter).passed for letter in "ABCDE"]
    assert sum(letters) == 1
    assert "- A: " in check(exercise.id, "no such thing").message
    assert not check(exercise.id, None).attempted


def test_an_exercise_whose_parts_do_not_fit_is_refused():
    for changes, says in (
        ({"kind": "guess"}, "kind 'guess'"),
        ({"difficulty": 6}, "difficulty 6"),
        ({"probes": ()}, "no probes"),
        ({"mistakes": EXERCISE.mistakes * 2}, "share a name"),
        ({"kind": "parsons"}, "the template has no line"),
        ({"kind": "break"}, "block, mutants and valid"),
    ):
        with pytest.raises(ValueError, match=says):
            tiny(**changes)


# progress and retrieval ---------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, monkeypatch):
    file = tmp_path / "deep" / "progress.json"
    monkeypatch.setenv("UNMASKED_PROGRESS", str(file))
    return file


def test_progress_is_kept(kept):
    wrong = load("rnn-step").mistakes[0].wrong
    assert "No exercise tried yet" in progress()
    check("rnn-step", wrong), hint(), hint()
    check("rnn-step", load("rnn-step").reference, record=False)
    assert "| 1 | rnn-step | 1 | – | 2 |" in progress()
    check("rnn-step", RIGHT), check("rnn-step", wrong)
    assert "| 1 | rnn-step | 3 | ✓ | 2 |" in repr(progress())
    assert f"1 of {len(ids())} exercises passed" in progress()
    assert json.loads(kept.read_text())["exercises"]["rnn-step"]["attempts"] == 3
    assert [f.name for f in kept.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("content", ["{", "[]", '{"exercises": {"a": 3}}', "\xff"])
def test_a_broken_progress_file_is_kept_aside(kept, content):
    kept.parent.mkdir()
    kept.write_text(content, encoding="latin-1")
    with pytest.warns(UserWarning, match="kept as .*broken-1.json"):
        check("rnn-step", RIGHT)
    aside = kept.with_name("progress.broken-1.json")
    assert aside.read_text(encoding="latin-1") == content
    assert "| rnn-step | 1 | ✓" in progress()


def test_where_nothing_can_be_written_it_lasts_in_memory(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNMASKED_PROGRESS", str(tmp_path / "file" / "p.json"))
    with pytest.warns(UserWarning, match="cannot be kept"):
        check("rnn-step", RIGHT)
    with warnings.catch_warnings():  # said once
        warnings.simplefilter("error")
        check("rnn-step", RIGHT)
        assert "| rnn-step |" in progress()


def question(name, chapter):
    return Retrieval(name, "Why?", ("so", "not so"), 0, ("yes", "no"), chapter)


def test_failed_questions_come_back(kept, monkeypatch):
    asked = {n: (question(f"q{n}", n - 1),) for n in range(2, 9)}
    monkeypatch.setattr(bank, "questions", lambda n: asked.get(n, ()))
    every = {q.id: (n, q) for n, (q,) in asked.items()}
    monkeypatch.setattr(bank, "all_questions", lambda: every)

    def answer(chapter, **choices):
        boxes = {box.identifier: box for box in retrieval(chapter).children}
        for name, choice in choices.items():
            boxes[name].chosen = choice
            boxes[name].chosen = 0  # only the first choice counts
        return list(boxes)

    assert answer(2, q2=1) == ["q2"]
    assert answer(3, q2=0, q3=0) == ["q3", "q2"]
    assert answer(4, q4=0) == ["q4"]
    assert answer(5, q2=1) == ["q5", "q2"]  # two chapters on, and wrong once more
    assert answer(6, q2=0) == ["q6", "q2"]
    assert answer(7) == ["q7"]
    assert answer(8, q2=0) == ["q8", "q2"]
    assert answer(8) == ["q8"]
    with pytest.raises(LookupError, match="chapter 9"):
        retrieval(9)


def test_ask_records_the_first_choice(kept):
    box = ask("why-gradients-vanish")
    box.chosen = (box.answer + 1) % len(box.options)
    box.chosen = box.answer
    assert "| why-gradients-vanish | 1 | – | 0 |" in progress()
    with pytest.raises(ValueError, match="use check"):
        ask("rnn-step")


# the command line ---------------------------------------------------------------------

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
    ],
)
def test_the_command_line_refuses_what_cannot_be_checked(
    folder, capsys, arguments, says
):
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
