"""Exercises that are checked and diagnosed.

    check("rnn-step", rnn_step)   is it right, and if not: what went wrong?
    hint()                        the next hint of the last failed check
    ask("why-gradients-vanish")   a multiple-choice question
    retrieval(2)                  the questions at the start of chapter 2
    progress()                    what has been done so far; resume() says where
    reset("rnn-step")             forget an exercise, and see its cell as it was

Importing this package does not import torch.
"""

from dataclasses import replace
from typing import Any

from . import hints
from .bank import ids, load
from .diagnose import grade
from .model import Exercise, Mistake, Note, Probe, Retrieval, Verdict
from .progress import progress, record_check, reset, resume
from .questions import ask, retrieval
from .render import render

__all__ = [
    "Exercise",
    "Mistake",
    "Note",
    "Probe",
    "Retrieval",
    "Verdict",
    "ask",
    "check",
    "hint",
    "ids",
    "load",
    "progress",
    "render",
    "reset",
    "resume",
    "retrieval",
]

hint = hints.hint


def check(identifier: str, answer: Any, *, record: bool = True) -> Verdict:
    """Check an answer to an exercise, and say what a wrong one gets wrong.

    Args:
        identifier: the exercise's id, such as "rnn-step".
        answer: what the exercise asks for, most often a function.
        record: whether the attempt counts for `progress()`.
    Returns: a verdict with `.passed`, `.diagnosis` and `.message`.
    Raises: LookupError for an unknown id; nothing for a wrong answer.
    """
    exercise = load(identifier)
    verdict = grade(exercise, answer)
    hints.remember(exercise, verdict, record)
    if record and verdict.attempted:
        record_check(identifier, verdict.passed, answer)
    if verdict.diagnosis:
        more = f"{verdict.message}\n\n`hint()` gives the next hint."
        return replace(verdict, message=more)
    return verdict
