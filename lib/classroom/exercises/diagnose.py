"""From an answer to a verdict: probes, then known mistakes, then the first failure."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from . import breakit, explain, parsons, predict, runner
from .compare import same, size
from .explain import says
from .model import Exercise, Mistake, Probe, Verdict
from .runner import Observation, Run

MORE = "(This is the first difference. There are others further on.)"
ENOUGH = 3  # numbers in which an answer and a mistake agree by no accident
TRUSTED_LIMIT = 60.0  # seconds: the bank's own functions, even on a busy machine


def grade(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict on an answer of any kind. Raises nothing for a wrong one."""
    if exercise.kind == "predict":
        return predict.grade(exercise, answer)
    if exercise.kind == "break":
        return breakit.grade(exercise, answer)
    if exercise.kind == "parsons":
        assembled = parsons.assemble(exercise, answer)
        if isinstance(assembled, Verdict):
            return assembled
        return _grade_function(exercise, assembled)
    if isinstance(answer, dict) and not runner.parameters(exercise.reference):
        return _grade_function(exercise, lambda: answer)  # what it would return
    if not callable(answer):
        got = explain.kind(answer)
        return Verdict(
            False, None, f"✗ `{exercise.name}` should be a function, and it is {got}."
        )
    return _grade_function(exercise, answer)


def _grade_function(exercise: Exercise, function: Callable[..., Any]) -> Verdict:
    seen, run = look(exercise, function)
    if seen and explain.not_attempted(seen[0].error):
        return Verdict(False, None, "○ Not attempted yet.", attempted=False)
    printed = explain.printed(run)
    if run.out_of_time:
        text = explain.out_of_time(seen, run)
        return Verdict(False, None, f"✗ {text}{printed}")
    expected = reference(exercise)
    failing = [
        n for n, pair in enumerate(zip(seen, expected, strict=True)) if not agree(*pair)
    ]
    if not failing:
        return Verdict(True, None, f"✓ {exercise.proves}{printed}")
    for mistake in exercise.mistakes:
        if _is(exercise, mistake, seen):
            text = _symptom(exercise, mistake, seen, failing[0])
            return Verdict(False, mistake.id, f"✗ {text}{printed}")
    first = failing[0]
    if mistake := _begins_like(exercise, seen, failing):
        text = f"{_symptom(exercise, mistake, seen, first)}\n\n{MORE}"
        return Verdict(False, mistake.id, f"✗ {text}{printed}")
    if explain.not_attempted(seen[first].error):
        text = explain.half_done(exercise, first)
        return Verdict(False, None, f"✗ {text}{printed}")
    text = explain.failure(
        exercise, exercise.probes[first], seen[first], expected[first]
    )
    return Verdict(False, None, f"✗ {text}{printed}")


def look(
    exercise: Exercise,
    function: Any,
    limit: float | None = None,
    probes: Sequence[Probe] | None = None,
) -> tuple[list[Observation], Run]:
    """What every probe, or some, sees of a function, and how the run went."""
    names = runner.parameters(
        parsons.assemble(exercise, exercise.reference)
        if exercise.kind == "parsons"
        else exercise.reference
    )
    seen: list[Observation] = []

    def work() -> None:
        for probe in exercise.probes if probes is None else probes:
            seen.append(Observation())
            runner.observe(function, probe, names, seen[-1])

    run = runner.run(work, limit)
    return list(seen), run


@cache
def reference(exercise: Exercise) -> list[Observation]:
    """What the probes see of the reference. RuntimeError where it fails."""
    seen = _trusted(exercise, exercise.reference, exercise.probes)
    for probe, one in zip(exercise.probes, seen, strict=True):
        if one.error or one.changed:
            raise RuntimeError(
                f"exercise {exercise.id!r}, probe {probe.name!r}: the reference "
                + (f"fails: {one.error!r}" if one.error else f"changes {one.changed}")
            )
    return seen


@cache
def mistaken(exercise: Exercise, mistake: Mistake, n: int) -> Observation:
    """What probe number `n` sees of a known mistake."""
    (seen,) = _trusted(exercise, mistake.wrong, exercise.probes[n : n + 1])
    if seen.error:
        seen.error = seen.error.with_traceback(None)  # frames hold whole tensors
    return seen


def _trusted(
    exercise: Exercise, answer: Any, probes: Sequence[Probe]
) -> list[Observation]:
    if exercise.kind == "parsons":
        answer = parsons.assemble(exercise, answer)
        if isinstance(answer, Verdict):
            raise RuntimeError(f"exercise {exercise.id!r}: {answer.message}")
    seen, run = look(exercise, answer, TRUSTED_LIMIT, probes)
    if run.out_of_time:
        raise RuntimeError(f"exercise {exercise.id!r}: its own answer does not end")
    return seen


def _is(exercise: Exercise, mistake: Mistake, seen: list[Observation]) -> bool:
    # where nothing but exceptions is left to compare, their numbers count as well
    exact = all(one.error for one in seen)
    return all(
        agree(one, mistaken(exercise, mistake, n), exact=exact)
        for n, one in enumerate(seen)
    )


def _begins_like(
    exercise: Exercise, seen: list[Observation], failing: list[int]
) -> Mistake | None:
    """The mistake that accounts for the first failures, where two were made at once.

    None where no mistake does, or where several go equally far and say different
    things.
    """
    best: list[Mistake] = []
    furthest = failing[0] + 1
    for mistake in exercise.mistakes:
        end = _agreeing(exercise, mistake, seen)
        if end < furthest or not _fits(exercise, mistake, seen, failing[0]):
            continue
        told = [n for n in failing if n < end]
        if any(seen[n].error or seen[n].changed for n in told):
            continue
        if sum(size(seen[n].value) for n in told) < ENOUGH:
            continue
        best = [mistake] if end > furthest else [*best, mistake]
        furthest = end
    return best[0] if len({mistake.question for mistake in best}) == 1 else None


def _agreeing(exercise: Exercise, mistake: Mistake, seen: list[Observation]) -> int:
    """How many probes, from the first one on, see the answer as they see a mistake."""
    for n, one in enumerate(seen):
        if not agree(one, mistaken(exercise, mistake, n)):
            return n
    return len(seen)


def _fits(
    exercise: Exercise, mistake: Mistake, seen: list[Observation], first: int
) -> bool:
    """Whether the mistake's symptom is true of the answer too."""
    names = [probe.name for probe in exercise.probes]
    n = names.index(mistake.probe) if mistake.probe else first
    return not seen[n].error and agree(seen[n], mistaken(exercise, mistake, n))


def agree(one: Observation, other: Observation, *, exact: bool = False) -> bool:
    """Whether two observations are the same.

    Exceptions count by type and text; numbers in the text only where `exact`.
    """
    if one.error or other.error:
        return type(one.error) is type(other.error) and (
            _text(one.error, exact) == _text(other.error, exact)
        )
    return set(one.changed) == set(other.changed) and same(one.value, other.value)


def _text(error: BaseException | None, exact: bool) -> str:
    # an address in memory is another one each time
    return re.sub("0x[0-9a-f]+" if exact else r"0x[0-9a-f]+|\d+", "#", says(error))


def _symptom(
    exercise: Exercise, mistake: Mistake, seen: list[Observation], first: int
) -> str:
    names = [probe.name for probe in exercise.probes]
    n = names.index(mistake.probe) if mistake.probe else first
    got, expected = seen[n], reference(exercise)[n]
    text = mistake.first_hint(got.error or got.value, expected.value)
    error = seen[first].error
    if error and all(one.error for one in seen):
        return f"{text}\n\n{explain.exception(error)}"
    return text
