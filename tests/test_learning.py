"""What a learner calls: check, hint, ask, retrieval and progress."""

import json
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import torch

from classroom.exercises import (
    Retrieval,
    ask,
    bank,
    check,
    hint,
    ids,
    load,
    progress,
    reset,
    resume,
    retrieval,
    runner,
)

RIGHT = load("rnn-step").reference


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
    assert "no hints" in hint()
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
        (lambda: all(iter(int, 1)) or [0 for _ in iter(int, 1)], "still running"),
        (torch.cat([torch.eye(3)] * 2)[None].repeat(2, 1, 1), "copies survive"),
    ],
)
def test_an_input_that_breaks_nothing(monkeypatch, given, says):
    monkeypatch.setattr(runner, "LIMIT", 0.5)
    verdict = check("batch-or-time", given)
    assert not verdict.passed and says in verdict.message


def test_a_prediction_may_be_its_letter_or_its_text():
    exercise = load("why-gradients-vanish")
    assert check(exercise.id, exercise.reference).passed
    letters = [check(exercise.id, letter).passed for letter in "ABCDE"]
    assert sum(letters) == 1
    assert "- A: " in check(exercise.id, "no such thing").message
    assert not check(exercise.id, None).attempted


def test_numpy_exercises_need_no_torch():
    code = (
        "import sys, numpy as np\n"
        "from classroom.exercises import check\n"
        "v = check('rnn-step', lambda x, h, W, U, b: np.tanh(x @ W.T + h @ U.T))\n"
        "assert v.diagnosis == 'rnn-bias-forgotten', v\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_check_is_the_same_inside_no_grad_and_quick():
    exercise = load("lstm-step")
    with torch.no_grad():
        assert check(exercise.id, exercise.reference).passed
    began = time.process_time()
    assert (
        check(exercise.id, exercise.mistakes[-1].wrong).diagnosis == "lstm-gates-tanh"
    )
    assert time.process_time() - began < 1


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
    assert {f.name for f in kept.parent.iterdir()} == {"progress.json", "progress.lock"}


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


# resume, reset and the bars -------------------------------------------------------


def half(x, h, W_x, W_h, b):
    return np.tanh(x @ W_x.T + h @ W_h.T)


def test_resume_says_where_one_stopped_and_shows_the_last_answer(kept):
    assert "No exercise tried yet" in resume() and f"`{ids()[0]}`" in resume()
    check("rnn-step", half)
    assert "You stopped at `rnn-step`, chapter 1 (not passed yet)" in resume()
    assert "return np.tanh(x @ W_x.T + h @ W_h.T)" in resume()
    check("rnn-step", load("rnn-step").reference)
    assert "`rnn-step`, chapter 1 (passed)" in resume()
    following = ids()[ids().index("rnn-step") + 1]
    assert f"Next is `{following}`" in resume()


def test_reset_forgets_one_exercise_and_shows_its_cell(kept):
    check("rnn-step", half)
    check("lstm-step", load("lstm-step").reference)
    said = reset("rnn-step")
    assert "raise NotImplementedError" in said
    assert "rnn-step" not in progress() and "lstm-step" in progress()
    reset("lstm-step")
    assert "No exercise tried yet" in resume()
    check("lstm-step", load("lstm-step").reference)
    check("rnn-step", half)
    reset("rnn-step")  # what was done before is not forgotten
    assert "No exercise" not in resume() and f"`{ids()[0]}`" in resume()
    with pytest.raises(LookupError, match="lists all"):
        reset("no-such-exercise")


def test_progress_has_a_bar_for_each_chapter_and_a_figure(kept):
    check("lstm-step", load("lstm-step").reference)
    first = [name for name in ids() if load(name).chapter == 1]
    assert f"| 1 | █{'░' * (len(first) - 1)} | 1 of {len(first)} |" in progress()
    axes = progress(plot=True).axes[0]
    all_of, done = axes.containers
    assert [bar.get_width() for bar in done][:2] == [1, 0]
    assert sum(bar.get_width() for bar in all_of) == len(ids())
