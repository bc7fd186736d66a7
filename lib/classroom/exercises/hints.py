"""The ladder: a symptom with the check, then three hints on demand, never the fix."""

from dataclasses import dataclass

from .model import Exercise, Mistake, Note, Verdict
from .progress import record_hint


@dataclass
class _Ladder:
    exercise: Exercise
    mistake: Mistake
    record: bool
    climbed: int = 0


_state: dict[str, _Ladder | str] = {"last": "There is no failed check to hint at yet."}


def remember(exercise: Exercise, verdict: Verdict, record: bool) -> None:
    """Set the ladder of the last check; the same mistake again keeps its place."""
    if verdict.passed:
        _state["last"] = f"The last check, {exercise.id}, passed: no hint is needed."
    elif not verdict.attempted:
        _state["last"] = f"{exercise.id} is not attempted yet: hints follow a check."
    elif verdict.diagnosis is None:
        _state["last"] = (
            "No known mistake matches this answer, so there are no hints for it. "
            "The message above says what is wrong: make the smallest input that "
            "shows it, and work it out by hand."
        )
    else:
        mistake, last = exercise.mistake(verdict.diagnosis), _state["last"]
        if not (isinstance(last, _Ladder) and last.mistake is mistake):
            _state["last"] = _Ladder(exercise, mistake, record)


def hint() -> Note:
    """The next hint for the last failed check: question, pointer, neighbour case."""
    last = _state["last"]
    if isinstance(last, str):
        return Note(last)
    steps = (last.mistake.question, last.mistake.pointer, last.mistake.neighbour)
    if last.climbed == len(steps):
        return Note(
            "That was the last hint. Work the neighbour case through with pencil and "
            "paper, then come back to your own line."
        )
    last.climbed += 1
    if last.record:
        record_hint(last.exercise.id)
    return Note(f"Hint {last.climbed + 1} of 4. {steps[last.climbed - 1]}")
