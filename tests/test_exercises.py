"""The exercise engine: what it answers, and that nothing a learner writes hurts it."""

import _thread
import contextlib
import random
import signal
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from classroom.exercises import Exercise, Mistake, Probe, explain, load, runner
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


def odd(x, factor):
    raise ValueError("café – 文")


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
            "numbers are right, but value 1 of 2 is a float32 array where a float64",
        ),
        (
            torchs,
            "are right, but value 1 of 2 is a float64 tensor where a float64 array is",
        ),
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
        (odd, "ValueError: café – 文"),
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


def ten_times_from(n, also=1):
    """Multiply, ten times too much from row n on, and the factor `also` times."""

    def wrong(x, factor):
        y = x * factor
        y[n:] *= 10
        return y, float(factor * also)

    return wrong


def test_of_two_errors_the_first_one_is_named():
    probes = (
        Probe("one row", lambda: (np.ones((1, 3)), 2), says="It scales"),
        Probe("two rows", lambda: (np.ones((2, 3)), 2), says="It scales"),
        Probe("factor", lambda: (np.ones((2, 3)), 2), lambda f, *x: f(*x)[1], "It is"),
    )
    later = Mistake("later", ten_times_from(1), "Your second row.", *HINTS)
    factor = Mistake("factor", ten_times_from(9, also=3), "Your factor.", *HINTS)
    exercise = tiny(probes=probes[1:2], mistakes=(later,))
    assert grade(exercise, ten_times_from(1)).message == "✗ Your second row."

    def values(scale, *x):
        return scale(*x)[0]

    probes = tuple(replace(p, observe=values) for p in probes[:2]) + probes[2:]
    exercise = tiny(probes=probes, mistakes=(factor, later))
    both = grade(exercise, ten_times_from(1, also=7))
    assert both.diagnosis == "later"
    assert "second row" in both.message and "others further on" in both.message
    # its symptom would not be true of an answer that goes another way there
    told = replace(later, probe="factor")
    exercise = tiny(probes=probes, mistakes=(told,))
    assert grade(exercise, ten_times_from(1, also=7)).diagnosis is None
    # two mistakes that go equally far and say different things
    other = replace(later, id="other", question="Which row?")
    exercise = tiny(probes=probes, mistakes=(later, other))
    assert grade(exercise, ten_times_from(1, also=7)).diagnosis is None
    # one number may agree by accident
    exercise = tiny(probes=probes[2:], mistakes=(factor,))
    assert grade(exercise, ten_times_from(1, also=3)).diagnosis == "factor"
    short = tuple(replace(p, observe=lambda f, *x: f(*x)[1]) for p in probes)
    exercise = tiny(probes=(*short[2:], probes[1]), mistakes=(factor,))
    assert grade(exercise, ten_times_from(1, also=3)).diagnosis is None


def test_what_a_function_without_arguments_returns_may_be_handed_in():
    answers = {letter: letter in "EFG" for letter in "ABCDEFGHIJ"}
    assert grade(load("mask-review"), answers).passed
    verdict = grade(load("mask-review"), answers | {"H": True})
    assert verdict.diagnosis == "mask-after-softmax"
    assert "should be a function" in grade(EXERCISE, answers).message


def test_torchs_advice_on_a_view_is_left_out():
    def wrong(heads, w_o):
        return heads.transpose(1, 2).view(2, 5, 12) @ w_o.T + 1

    verdict = grade(load("merge-heads"), wrong)
    assert "view size is not compatible" in verdict.message
    assert "reshape" not in verdict.message


def test_a_mistake_may_be_an_exception_or_a_change_in_place():
    def kept(x, factor):
        return x @ np.zeros((7, 7))

    def changing(x, factor):
        x += 1
        return x * factor, float(factor)

    more = tuple(
        Mistake(name, wrong, f"It is {name}.", *HINTS)
        for name, wrong in (("shapes", kept), ("changing", changing))
    )
    exercise = tiny(mistakes=(*EXERCISE.mistakes, *more))
    verdict = grade(exercise, raises)
    assert verdict.diagnosis == "shapes" and "return x @ wide" in verdict.message
    # another exception of the same type is another mistake
    assert grade(exercise, lambda x, factor: x @ np.zeros((9, 9))).diagnosis is None
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


def test_a_half_written_answer_is_an_attempt():
    probes = [
        Probe(str(n), lambda n=n: (np.ones(2), n), says=f"It scales by {n}")
        for n in (1, 2)
    ]

    def half(x, factor):
        if factor == 2:
            raise NotImplementedError
        return x, 1.0

    verdict = grade(tiny(probes=tuple(probes)), half)
    assert verdict.attempted and not verdict.passed
    assert "holds already that it scales by 1. The rest is not" in verdict.message


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError


def mute(x, factor):
    raise MuteError


def verbose(x, factor):
    raise ValueError("so " * 1000)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (mute, "MuteError\n"),
        (verbose, "so s…"),
        (lambda x, factor: (torch.eye(2).to_sparse(), 3.0), "is a sparse float32"),
        (lambda x, factor: (torch.ones(2, 3, device="meta"), 3.0), "is a meta float32"),
        (lambda x, factor: (x.astype(int), 3.0), "is an int64 array of shape"),
        (
            lambda x, factor: (x * factor + 1e-6, 3.0),
            "is 1e-06 at [0, 0], and 0 is expected",
        ),
        (
            lambda x, factor: (x * factor, 3.00001),
            "value 2 of 2 is 3.00001, and 3 is expected",
        ),
        (no_number, "are NaN. It should hold that it scales. It was"),
    ],
)
def test_strange_answers_are_told_apart(function, says):
    verdict = grade(EXERCISE, function)
    assert not verdict.passed and says in verdict.message
    assert len(verdict.message) < 900


def test_parts_of_the_result_have_names():
    message = grade(tiny(returns=("y", "factor")), lambda x, f: (x * f, 2.0)).message
    assert "Here factor is 2, and 3 is expected" in message


def test_inputs_read_like_python():
    given = {"rows": [[11, 12], [13]], "W": None, "many": list(range(30, 99))}
    assert explain.inputs(given) == (
        "rows [[11, 12], [13]], W = None, "
        "many [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, …]"
    )


def test_whole_numbers_of_every_width_pass():
    exercise = tiny(reference=lambda x, factor: x.astype("int64"), mistakes=())
    assert grade(exercise, lambda x, factor: x.astype("int32")).passed


def test_torchs_defaults_do_not_leak_into_the_next_probe():
    probe = Probe("p", lambda: (2,), says="It is seen")
    exercise = tiny(
        reference=lambda n: torch.ones(n, requires_grad=True).sum().requires_grad,
        probes=(probe, replace(probe, name="again")),
        mistakes=(),
    )

    def leaks(n):
        answer = torch.ones(n, requires_grad=True).sum().requires_grad
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        return answer

    assert grade(exercise, leaks).passed


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


def stubborn(x, factor):
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


def sleepy(x, factor):
    while True:
        time.sleep(0.05)


def settle(threads):
    """Stopped threads end within seconds, on a busy machine too."""
    end = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= threads


@pytest.mark.parametrize("endless", [loop, catching, stubborn, chatty, sleepy])
def test_an_endless_loop_is_stopped(endless, capsys):
    began, threads, stdout = time.monotonic(), threading.active_count(), sys.stdout
    verdict = grade(EXERCISE, endless)
    assert time.monotonic() - began < 10
    assert "still running after 0.5 s" in verdict.message
    assert "x (2, 3), factor = 3" in verdict.message
    assert sys.stdout is stdout
    settle(threads)
    assert grade(EXERCISE, scaled).passed
    assert capsys.readouterr().out == ""


def test_what_cannot_be_stopped_is_left_behind(monkeypatch):
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    verdict = grade(EXERCISE, lambda x, factor: time.sleep(1.5))  # deaf meanwhile
    assert "could not be stopped: restart the kernel" in verdict.message
    assert grade(EXERCISE, scaled).passed


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
    # a shell that runs this in the background has it ignore Ctrl-C
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.15, _thread.interrupt_main).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            grade(EXERCISE, loop)
    finally:
        signal.signal(signal.SIGINT, before)
    assert sys.stdout is stdout
    settle(threads)


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


def test_learners_randomness_is_seeded():
    exercise = tiny(
        reference=lambda n: torch.rand(n),
        probes=(Probe("p", lambda: (4,), None, "It is random"),),
        mistakes=(),
    )
    torch.manual_seed(99)
    assert grade(exercise, lambda n: torch.rand(n)).passed
