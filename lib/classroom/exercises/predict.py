"""Predict: one of several options, each wrong one a known misconception."""

from hashlib import sha256
from typing import Any

from .compare import same
from .model import Exercise, Verdict


def options(exercise: Exercise) -> list[Any]:
    """Reference and wrong options, in an order that does not give the answer away."""
    found = [exercise.reference, *(m.wrong for m in exercise.mistakes)]
    if all(isinstance(x, (int, float)) for x in found):
        return sorted(found)
    return sorted(found, key=lambda x: sha256(f"{exercise.id} {x}".encode()).digest())


def explanations(exercise: Exercise) -> list[str]:
    """One explanation per option, in the order of `options`."""
    wrong = {str(m.wrong): f"{m.first_hint()} {m.question}" for m in exercise.mistakes}
    return [wrong.get(str(option), exercise.proves) for option in options(exercise)]


def grade(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict on an option, given as its text (or number) or its letter."""
    if answer is None:
        return Verdict(False, None, "○ Not attempted yet.", attempted=False)
    choices = options(exercise)
    letters = {chr(65 + n): option for n, option in enumerate(choices)}
    if isinstance(answer, str):
        answer = letters.get(answer.strip().upper(), answer.strip())
    if same(answer, exercise.reference):
        return Verdict(True, None, f"✓ {exercise.proves}")
    for mistake in exercise.mistakes:
        if same(answer, mistake.wrong):
            return Verdict(False, mistake.id, f"✗ {mistake.first_hint()}")
    listed = "\n".join(f"- {letter}: {option}" for letter, option in letters.items())
    return Verdict(False, None, f"✗ Choose one of the options:\n\n{listed}")
