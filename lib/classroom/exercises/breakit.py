"""Break it: the learner gives an input, and the score is the mutants it exposes."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from . import explain, runner
from .compare import copied, same
from .model import Exercise, Mistake, Verdict


@dataclass
class Trial:
    """An input, what is wrong with it, and the mutants that survive it."""

    value: Any = None
    invalid: str | None = None
    survivors: set[str] = field(default_factory=set)


def grade(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict on an input, or on a function without arguments that returns it."""
    trial, run = _try(exercise, answer)
    printed = explain.printed(run)
    if explain.not_attempted(run.error):
        return Verdict(False, None, "○ Not attempted yet.", attempted=False)
    if run.out_of_time:
        text = explain.out_of_time([], run)
        return Verdict(False, None, f"✗ {text}{printed}")
    if run.error:
        text = f"`{exercise.name}` stops with an exception:"
        block = explain.exception(run.error)
        return Verdict(False, None, f"✗ {text}\n\n{block}{printed}")
    if trial.invalid:
        return Verdict(False, None, f"✗ Not an input: {trial.invalid}.{printed}")
    total = len(exercise.mutants)
    if not trial.survivors:
        text = f"✓ All {total} broken versions are exposed. {exercise.proves}"
        return Verdict(True, None, f"{text}{printed}")
    score = f"{total - len(trial.survivors)} of {total} broken versions are exposed"
    for mistake in exercise.mistakes:
        if _is(exercise, mistake, trial):
            hint = mistake.first_hint(trial.value, trial.survivors)
            return Verdict(False, mistake.id, f"✗ {score}. {hint}{printed}")
    text = (
        f"{score}; {len(trial.survivors)} still answer exactly like the right one. "
        "What could a broken version do that your input cannot show?"
    )
    return Verdict(False, None, f"✗ {text}{printed}")


def _is(exercise: Exercise, mistake: Mistake, trial: Trial) -> bool:
    if mistake.when:
        return mistake.when(trial.value)
    return trial.survivors == weak(exercise, mistake).survivors


@cache
def weak(exercise: Exercise, mistake: Mistake) -> Trial:
    """What a known weak input exposes. RuntimeError where it is not even valid."""
    trial, run = _try(exercise, mistake.wrong)
    if run.error or trial.invalid:
        problem = run.error or trial.invalid
        raise RuntimeError(f"exercise {exercise.id!r}, {mistake.id}: {problem!r}")
    return trial


def _try(exercise: Exercise, answer: Any) -> tuple[Trial, runner.Run]:
    trial = Trial()

    def work() -> None:
        runner.seed()
        trial.value = answer() if callable(answer) else answer
        assert exercise.valid and exercise.block
        trial.invalid = exercise.valid(trial.value)
        if trial.invalid:
            return
        right = _outcome(exercise.block, trial.value)
        trial.survivors = {
            name
            for name, mutant in exercise.mutants.items()
            if same(_outcome(mutant, trial.value), right)
        }

    return trial, runner.run(work)


def _outcome(function: Any, value: Any) -> Any:
    runner.seed()
    try:
        return function(copied(value))
    except runner.OutOfTime:
        raise
    except Exception as error:
        return f"{type(error).__name__}"
