"""Order the lines: a list of labels becomes a function that the probes can run."""

import linecache
from collections.abc import Callable
from textwrap import indent
from typing import Any

from .model import Exercise, Verdict


def assemble(exercise: Exercise, order: Any) -> Callable[..., Any] | Verdict:
    """The function that a list of labels spells, or a verdict on a list that is none.

    Lines may be left out: some of them are distractors.
    """
    if isinstance(order, tuple) or hasattr(order, "tolist"):  # arrays of labels too
        order = list(order) if isinstance(order, tuple) else order.tolist()
    if problem := _problem(exercise, order):
        return Verdict(False, None, f"✗ {problem}")
    if not order:
        return Verdict(False, None, "○ Not attempted yet.", attempted=False)
    text, name = source(exercise, order), f"<{exercise.id}: {' '.join(order)}>"
    # an entry without a time is never checked against a file
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names: dict[str, Any] = {"__name__": name}
    try:
        exec(compile(text, name, "exec"), names)
    except SyntaxError as error:
        return Verdict(
            False, None, f"✗ In this order the lines are not Python: {error.msg}."
        )
    return next(v for v in names.values() if getattr(v, "__module__", "") == name)


def source(exercise: Exercise, order: list[str]) -> str:
    """The template with the lines filled in."""
    template = exercise.template.strip()  # as it is shown: line numbers agree
    slot = next(x for x in template.splitlines() if x.strip() == "{lines}")
    body = "\n".join(exercise.lines[label] for label in order)
    margin = slot[: len(slot) - len(slot.lstrip())]
    return template.replace(slot, indent(body, margin))


def _problem(exercise: Exercise, order: Any) -> str | None:
    known = ", ".join(exercise.lines)
    if not isinstance(order, list):
        return (
            f"`{exercise.name}` should be a list of labels such as "
            f"{list(exercise.lines)[:2]}, and it is of type {type(order).__name__}."
        )
    strange = [x for x in order if not isinstance(x, str) or x not in exercise.lines]
    if strange:
        return f"There is no line {strange[0]!r}; the labels are {known}."
    twice = sorted({label for label in order if order.count(label) > 1})
    if twice:
        return f"The line {twice[0]!r} stands there twice; each is needed at most once."
    return None
