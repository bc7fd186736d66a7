"""Multiple choice in the notebook: predictions, and what is still known of earlier."""

from collections.abc import Callable
from typing import Any

from . import bank, predict
from .progress import due, record_answer, record_check


def ask(identifier: str) -> Any:
    """A question with options to choose from, as a widget; the first choice counts.

    Raises: LookupError for an unknown id, ValueError for another kind of exercise.
    """
    from ..widgets import Question

    exercise = bank.load(identifier)
    if exercise.kind != "predict":
        raise ValueError(
            f"{identifier!r} is of kind {exercise.kind!r}: use check(), not ask()"
        )
    options = predict.options(exercise)
    answer = options.index(exercise.reference)
    question = Question(
        identifier,
        exercise.title,
        [str(option) for option in options],
        answer,
        predict.explanations(exercise),
    )
    _on_first_choice(question, lambda n: record_check(identifier, n == answer))
    return question


def retrieval(chapter: int) -> Any:
    """The questions at the start of a chapter, and those that come back, in a box.

    Raises: LookupError where the chapter asks nothing.
    """
    known = bank.all_questions()
    asked = {q.id: q for q in bank.questions(chapter)}
    if not asked:
        raise LookupError(f"no retrieval questions at the start of chapter {chapter}")
    asked |= {
        name: known[name][1]
        for name in due(chapter)
        if name in known and known[name][0] < chapter
    }
    from ipywidgets import VBox

    from ..widgets import Question

    boxes = []
    for q in asked.values():
        box = Question(
            q.id, q.prompt, list(q.options), q.answer, list(q.explanations), "retrieval"
        )
        _on_first_choice(
            box, lambda n, q=q: record_answer(q.id, chapter, n == q.answer)
        )
        boxes.append(box)
    return VBox(boxes)


def _on_first_choice(question: Any, record: Callable[[int], None]) -> None:
    def chosen(change: Any) -> None:
        if change["new"] >= 0:
            question.unobserve(chosen, "chosen")
            record(change["new"])

    question.observe(chosen, "chosen")
