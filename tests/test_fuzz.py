"""The fuzz run's own tool: what it changes, what it notices, what it lives through."""

import json
from pathlib import Path

import pytest
from fuzz import __main__ as command
from fuzz.mutants import Mutant, of_bank, of_exercise, sample, sources
from fuzz.report import equivalents, problems, summary
from fuzz.worker import Outcome, Worker, outcome

from classroom.exercises import load

RNN = of_bank(["rnn-step"])
LAST = "return np.tanh(from_input + from_state + b)"


def mutant(change: str, of: list[Mutant] = RNN) -> Mutant:
    """The one mutant with this change."""
    (found,) = [m for m in of if m.change == change]
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a - b", "b - a"),
        ("a < b", "a <= b"),
        ("a and b", "a or b"),
        ("not a", "a"),
        ("x.sum(dim=-1)", "x.sum(dim=-2)"),
        ("x.sum(dim=-1)", "x.sum(dim=0)"),
        ("x.sum(dim=-1)", "x.sum()"),
        ("x.max()", "x.min()"),
        ("f(x)", "x"),
        ("x.copy()", "x"),
        ("f(a, b)", "f(b, a)"),
        ("x.T", "x"),
        ("x[1:n]", "x[0:n]"),
        ("x[1:n]", "x[1:n + 1]"),
        ("x[:, 0]", "x[0, :]"),
        ("f(keepdim=True)", "f(keepdim=False)"),
        ("a if b else c", "c if b else a"),
        ("[x for x in y if x]", "[x for x in y]"),
        ("3", "-3"),
        ("0.5", "5.0"),
        ("def f(x, y):\n    return x", "def f(x, y):\n    return y"),
        ("def f(mask):\n    return mask", "def f(mask):\n    return ~mask"),
        (
            "def f(x):\n    return g(x)",
            "def f(x):\n    result = g(x)\n    x.__imul__(2)\n    return result",
        ),
        ("x += 1", "x = 1"),
        ("for x in y:\n    f(x)", "f(x)"),
        ("if a:\n    b\nelse:\n    c", "if a:\n    b"),
    ],
)
def test_a_slip_is_among_the_mutants(before, after):
    assert after in list(sources(before))


def test_the_words_of_an_error_are_left_alone():
    assert "raise E('none')" not in list(sources("if a:\n    raise E('no')"))


def test_the_same_seed_gives_the_same_mutants():
    chosen = sample(RNN, 10, seed=1)
    assert chosen == sample(of_exercise(load("rnn-step")), 10, seed=1)
    assert chosen != sample(RNN, 10, seed=2)
    assert len(set(chosen)) == 10
    assert sample(RNN, 10**6, seed=1) == RNN
    assert len({m.key for m in RNN}) == len({m.source for m in RNN}) == len(RNN)


def test_orders_leave_out_what_is_right_or_the_same_program():
    orders = {m.source for m in of_bank(["decoder-step"])}
    assert {"G A H B D", "G E A H B D", "E G C H B D", "E G A H F B D"} <= orders
    # the context of F is set again by H before anybody reads it
    assert "E G A F H B D" not in orders and "E G A H B D" not in orders
    accepted = {" ".join(order) for order in load("truncated-bptt").accepts}
    assert not accepted & {m.source for m in of_bank(["truncated-bptt"])}


def test_a_known_mistake_is_named_and_a_harmless_change_survives():
    wrong = mutant(f"{LAST} → return from_input + from_state + b")
    assert outcome(wrong).diagnosis == "rnn-no-tanh"
    other = mutant(f"{LAST} → return np.tanh(from_input + from_state + h)")
    assert outcome(other).how == "refused"
    same = wrong.source.replace("return ", "return 0 + np.tanh(") + ")"
    assert outcome(Mutant("rnn-step", "none", same)).how == "survives"
    orders = of_bank(["truncated-bptt"])
    assert outcome(mutant("J D B F I H A → J D B F I A", orders)).how == "named"


def test_the_process_lives_through_anything(monkeypatch):
    def function(body: str) -> Mutant:
        return Mutant("rnn-step", body, f"def rnn_step(*args):\n    {body}")

    with Worker(limit=0.3) as worker:
        for body, how, says in (
            ("while True: pass", "endless", "still running"),
            ("import os; os._exit(1)", "dies", ""),
            ("return [0] * 10**11", "refused", "MemoryError"),
            ("nonsense()", "refused", "NameError"),
        ):
            found = worker.check(function(body))
            assert found.how == how and says in found.message, body
        nothing = Mutant("rnn-step", "none", "1 / 0")
        assert worker.check(nothing).how == "no function"


def test_a_survivor_that_nobody_explained_is_a_problem():
    first, second, third = RNN[:3]
    survives, refused = Outcome("survives"), Outcome("refused")
    outcomes = {first: survives, second: survives, third: refused}
    listed = {second.key: "why", third.key: "why", ("rnn-step", "gone → away"): "why"}
    assert problems(outcomes, {}, RNN) == [
        f"SURVIVES  {first}", f"SURVIVES  {second}"
    ]  # fmt: skip
    assert problems(outcomes, listed, RNN) == [
        f"SURVIVES  {first}",
        f"LISTED, AND FAILS (refused)  {third}",
        "LISTED, AND NO MUTANT  rnn-step: gone → away",
    ]
    figures = summary(outcomes, listed, RNN)
    assert figures["equivalent"] == figures["unexplained"] == figures["refused"] == 1


def test_the_command_fails_where_a_survivor_is_not_listed(monkeypatch, capsys):
    class Fake(Worker):
        def check(self, mutant):
            return Outcome("survives" if mutant == RNN[0] else "refused")

    monkeypatch.setattr(command, "Worker", Fake)
    assert command.main(["--exercise", "rnn-step", "--count", "1000"]) == 1
    assert f"SURVIVES  {RNN[0]}" in capsys.readouterr().out
    monkeypatch.setattr(command, "equivalents", lambda: {RNN[0].key: "why"})
    assert command.main(["--exercise", "rnn-step", "--count", "1000"]) == 0


def test_the_list_of_equivalents_is_read_with_its_reasons(tmp_path):
    file = tmp_path / "list.toml"
    file.write_text('[[a]]\nwhy = "so"\nchanges = ["x → y", "x → z"]\n')
    assert equivalents(file) == {("a", "x → y"): "so", ("a", "x → z"): "so"}
    for wrong, says in (
        ('[[a]]\nwhy = " "\nchanges = ["x → y"]\n', "no reason"),
        ('[[a]]\nwhy = "so"\nchanges = ["x → y", "x → y"]\n', "twice"),
    ):
        file.write_text(wrong)
        with pytest.raises(ValueError, match=says):
            equivalents(file)
    for exercise, _ in equivalents():
        assert load(exercise).kind in ("write", "faded", "parsons")


def test_the_page_for_teachers_tells_the_figures_of_the_run():
    figures = json.loads(command.RESULTS.read_text())
    assert figures["unexplained"] == figures["no function"] == figures["dies"] == 0
    page = (Path(__file__).parents[1] / "book" / "pages" / "teaching.md").read_text()
    refused = figures["named"] + figures["refused"] + figures["endless"]
    for sentence in (
        f"{figures['population']:,} such mutants of {figures['exercises']} solutions",
        f"Of {figures['mutants']:,} drawn at random, {refused} are refused",
        f"{figures['named']} of them under the name of a known mistake",
        f"The other {figures['equivalent']} pass",
    ):
        assert sentence in page
