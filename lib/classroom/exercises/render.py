"""The notebook cells of an exercise: question, stub and check, hints, solution."""

import inspect
from textwrap import dedent, indent
from typing import Any

from .bank import load
from .model import Exercise

Cell = tuple[str, str, dict[str, Any]]


def render(identifier: str) -> list[Cell]:
    """The cells of an exercise as (type, source, metadata); the same ones each time.

    Args:
        identifier: the exercise's id. Raises LookupError where there is none.
    """
    exercise = load(identifier)
    label = f"ex-{exercise.id}"
    question = _question(exercise, label)
    if exercise.kind == "predict":
        tags = {"tags": ["nbval-ignore-output"]}
        return [("markdown", question, {}), ("code", f'ask("{exercise.id}")', tags)]
    check = f'check("{exercise.id}", {exercise.name}'
    start = f":::{{solution-start}} {label}\n:class: dropdown\n:::"
    # record=False: a notebook that is run from top to bottom has solved nothing
    solved = f"{solution(exercise)}\n\n{check}, record=False)"
    return [
        ("markdown", question, {}),
        ("code", f"{exercise.stub.strip()}\n\n{check})", {}),
        ("markdown", _hints(exercise), {}),
        ("markdown", start, {}),
        ("code", solved, {"jupyter": {"source_hidden": True}}),
        ("markdown", ":::{solution-end}\n:::", {}),
    ]


def solution(exercise: Exercise) -> str:
    """The source of the solution cell, without the check."""
    if exercise.kind == "parsons":
        return f"{exercise.name} = {exercise.reference!r}".replace("'", '"')
    return dedent(inspect.getsource(exercise.reference)).strip()


def _question(exercise: Exercise, label: str) -> str:
    minutes = "1 minute" if exercise.minutes == 1 else f"{exercise.minutes} minutes"
    effort = f"*Difficulty {exercise.difficulty} of 5, {minutes}.*"
    body = dedent(exercise.question).strip()
    if exercise.kind == "parsons":
        body += f"\n\n{_lines(exercise)}"
    if exercise.block:
        block = dedent(inspect.getsource(exercise.block)).strip()
        body += f"\n\n```python\n{block}\n```"
    head = f"::::{{exercise}} {exercise.title}\n:label: {label}"
    return f"{head}\n\n{effort}\n\n{body}\n::::"


def _hints(exercise: Exercise) -> str:
    """For a reader without a kernel: what one could ask of any answer, folded."""
    questions = dict.fromkeys(mistake.question for mistake in exercise.mistakes)
    listed = "\n".join(f"- {question}" for question in questions)
    return (
        ":::{admonition} Hints: questions to ask your answer\n:class: dropdown hints\n"
        f"{listed}\n:::"
    )


def _lines(exercise: Exercise) -> str:
    width = max(map(len, exercise.lines))
    lines = "\n".join(
        indent(line, " " * (width + 2)).replace(" " * width, label.ljust(width), 1)
        for label, line in exercise.lines.items()
    )
    frame = exercise.template.strip().replace("{lines}", "...  # the lines")
    return f"```python\n{frame}\n```\n\n```text\n{lines}\n```"
