"""The bank of exercises: every solution passes, every mistake is told by its name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classroom.exercises import Exercise, check, ids, load, render
from classroom.exercises.bank import all_questions, questions
from classroom.exercises.diagnose import grade
from classroom.exercises.predict import explanations, options
from classroom.exercises.render import solution
from classroom.exercises.stubs import PARTS

ROOT = Path(__file__).resolve().parents[1]


def ladder(exercise, mistake):
    """The four hints that a learner with this mistake reads."""
    symptom = grade(exercise, mistake.wrong).message
    return [symptom, mistake.question, mistake.pointer, mistake.neighbour]


def fix(exercise):
    """What no hint may contain: the solution, or a whole line of it."""
    if exercise.kind == "predict":
        return [str(exercise.reference)]
    lines = [line.split("  #")[0].strip() for line in solution(exercise).splitlines()]
    return [x for x in lines if len(x) > 12 and not x.startswith(("def ", "return h"))]


def problems(exercise: Exercise) -> list[str]:
    """Everything that is wrong with an exercise."""
    found = []
    for n, right in enumerate((exercise.reference, *exercise.accepts)):
        verdict = grade(exercise, right)
        if not verdict.passed or verdict.diagnosis:
            found.append(f"right answer {n} fails: {verdict}")
    for mistake in exercise.mistakes:
        verdict = grade(exercise, mistake.wrong)
        if verdict.passed:
            found.append(f"{mistake.id} passes")
            continue
        if verdict.diagnosis != mistake.id:
            found.append(f"{mistake.id} is diagnosed as {verdict.diagnosis}: {verdict}")
            continue
        hints = ladder(exercise, mistake)
        if len({h.strip() for h in hints}) < 4 or not all(h.strip() for h in hints):
            found.append(f"{mistake.id}: four different hints are needed")
        found += [
            f"{mistake.id}: a hint gives away {line!r}"
            for line in fix(exercise)
            if any(line in hint for hint in hints)
        ]
    stub = None
    if exercise.kind != "predict":
        names: dict = {}
        exec(exercise.stub, names)
        stub = names[exercise.name]
    if grade(exercise, stub).attempted:
        found.append("the stub counts as an attempt")
    if not (exercise.title.strip() and exercise.question.strip()):
        found.append("title or question is missing")
    if not (exercise.proves.strip() and exercise.mistakes):
        found.append("what it proves, or its mistakes, are missing")
    if exercise.kind != "predict" and not all(p.says for p in exercise.probes):
        found.append("a probe does not say what it looks at")
    return found


@pytest.mark.parametrize("identifier", ids())
def test_the_bank_tells_right_from_wrong(identifier):
    exercise = load(identifier)
    assert exercise.id == identifier
    assert problems(exercise) == []


@pytest.mark.parametrize("identifier", ids())
def test_the_cells_are_the_same_each_time_and_the_solution_stands_alone(identifier):
    cells = render(identifier)
    assert cells == render(identifier)
    json.dumps(cells)
    kind, source, _ = cells[0]
    assert kind == "markdown" and source.startswith("::::{exercise} ")
    assert f":label: ex-{identifier}\n" in source
    if load(identifier).kind == "predict":
        assert cells[1][1] == f'ask("{identifier}")' and len(cells) == 2
        return
    verdicts = []
    for code in (source for kind, source, _ in cells if kind == "code"):
        names: dict = {}
        # what a chapter has imported
        exec("import numpy as np\nimport torch\nfrom torch import nn", names)
        names["check"] = lambda *a, **k: verdicts.append(check(*a, **k))
        exec(code, names)
    assert not verdicts[0].attempted
    assert verdicts[1].passed


def test_the_answer_has_no_fixed_place():
    places = []
    for exercise in map(load, ids()):
        if exercise.kind == "predict":
            assert len(set(map(str, options(exercise)))) == len(exercise.mistakes) + 1
            assert len(explanations(exercise)) == len(exercise.mistakes) + 1
            places.append(options(exercise).index(exercise.reference))
    assert len(set(places)) > 1


CHAPTERS = [int(p.name[:2]) for p in ROOT.glob("book/chapters/[0-9][0-9]_*.md")]


@pytest.mark.parametrize("chapter", sorted(CHAPTERS))
def test_a_chapter_has_enough(chapter):
    own = [e for e in map(load, ids()) if e.chapter == chapter]
    kinds = {e.kind for e in own}
    assert {"write", "break", "predict"} <= kinds
    assert sum(len(e.mistakes) for e in own) >= 20


def test_the_last_part_ends_with_the_last_chapter():
    assert PARTS[-1] == max(load(name).chapter for name in ids())


def test_a_part_has_every_kind():
    for part in ((1, 2), (3, 4, 5), range(6, 13), (13, 14, 15)):
        kinds = {e.kind for e in map(load, ids()) if e.chapter in part}
        assert kinds == {"write", "faded", "parsons", "predict", "break"}


def test_retrieval_questions_ask_about_earlier_chapters():
    for asked_at, question in all_questions().values():
        assert question.chapter < asked_at, question.id
        assert question.id not in ids()
    for chapter in range(3, 19):  # and one of them further back than the last chapter
        assert min(q.chapter for q in questions(chapter)) < chapter - 1, chapter


def test_an_exception_of_another_making_is_no_known_mistake():
    verdict = grade(load("last-real-output"), lambda outputs, lengths: outputs[99])
    assert verdict.diagnosis is None and "index 99" in verdict.message


@pytest.mark.parametrize(
    ("order", "diagnosis"),
    [
        ("JDBFHIA", "clip-before-backward"),
        ("JDBFIH", "step-missing"),
        ("JDBFHA", "backward-missing"),
        ("JDBFAI", "step-before-backward"),
        ("JBFIHDA", "zero-grad-after-backward"),
        ("DBFIHAE", "state-wiped-at-the-end"),
    ],
)
def test_orders_near_a_known_mistake_share_its_name(order, diagnosis):
    for given in (list(order), tuple(order), np.array(list(order))):
        assert grade(load("truncated-bptt"), given).diagnosis == diagnosis
    assert "no line" in grade(load("truncated-bptt"), [np.array([1, 2])]).message


def test_an_unseparated_mistake_is_reported():
    exercise = load("rnn-step")
    twin = replace(exercise.mistakes[0], id="twin")
    found = problems(replace(exercise, mistakes=(*exercise.mistakes, twin)))
    assert any(x.startswith("twin is diagnosed as rnn-no-tanh") for x in found)


def test_a_mistake_that_passes_is_reported():
    exercise = load("rnn-step")
    harmless = replace(exercise.mistakes[0], wrong=exercise.accepts[0])
    assert "rnn-no-tanh passes" in problems(replace(exercise, mistakes=(harmless,)))


def test_a_hint_that_gives_the_fix_is_reported():
    exercise = load("rnn-step")
    told = replace(exercise.mistakes[0], pointer="Write from_state = h @ W_h.T there.")
    found = problems(replace(exercise, mistakes=(told,)))
    assert found == ["rnn-no-tanh: a hint gives away 'from_state = h @ W_h.T'"]


def test_a_wrong_reference_is_reported():
    exercise = load("last-real-output")
    with pytest.raises(RuntimeError, match="last-real-output"):
        problems(replace(exercise, reference=lambda outputs, lengths: outputs[99]))


@pytest.mark.parametrize("size", [64, 512])
def test_the_vanishing_gradient_is_as_predicted(size):
    # the truth behind "why-gradients-vanish": the product of 50 steps' Jacobians
    rng = np.random.default_rng(size)
    W = 0.9 * np.linalg.qr(rng.normal(size=(size, size)))[0]
    h, product = np.zeros(size), np.eye(size)[:4]
    for _ in range(50):
        h = np.tanh(W @ h + rng.normal(size=size))
        product = product @ ((1 - h**2)[:, None] * W)
    assert np.linalg.norm(product, axis=1).max() < 0.01


def test_the_reference_cell_is_torchs():
    import torch

    exercise = load("lstm-step")
    inputs = exercise.probes[-2].args()
    for got, want in zip(
        exercise.reference(*inputs), exercise.accepts[1](*inputs), strict=True
    ):
        torch.testing.assert_close(got, want, atol=1e-6, rtol=0)


def test_an_exercise_whose_parts_do_not_fit_is_refused():
    for changes, says in (
        ({"kind": "guess"}, "kind 'guess'"),
        ({"difficulty": 6}, "difficulty 6"),
        ({"probes": ()}, "no probes"),
        ({"mistakes": load("rnn-step").mistakes * 2}, "share a name"),
        ({"kind": "parsons"}, "the template has no line"),
        ({"kind": "break"}, "block, mutants and valid"),
    ):
        with pytest.raises(ValueError, match=says):
            replace(load("rnn-step"), **changes)
