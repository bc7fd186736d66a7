"""Two directives on the bank: all exercises, and a choice of them to work through.

`exercise-index` lists every exercise, chapter by chapter. `exercise-plan` lists those
that its lines name, "id | mistake | what this diagnosis tells", with their minutes; an
exercise or a mistake that the bank does not have stops the build.
"""

import os
from collections.abc import Iterable
from itertools import groupby

from book_map import Generated
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PAGE = "pages/exercises"
KINDS = {
    "write": "write",
    "faded": "complete",
    "parsons": "order the lines",
    "predict": "predict",
    "break": "break it",
}
HEAD = [
    "| exercise | what to do | difficulty | minutes | mistakes recognised |",
    "| --- | --- | --- | --- | --- |",
]


def rows(titles: dict[int, str]) -> list[str]:
    """Return the index as MyST: for each chapter a heading, a line and a table.

    Args:
        titles: chapter → what its page is called.
    """
    # Nothing a build does may count as a learner's progress.
    os.environ.setdefault("UNMASKED_PROGRESS", "off")
    from classroom.exercises import ids, load

    exercises = [load(identifier) for identifier in ids()]
    lines: list[str] = []
    for chapter, group in groupby(exercises, key=lambda exercise: exercise.chapter):
        here = list(group)
        time = sum(exercise.minutes for exercise in here)
        lines += [f"## {chapter}. {titles[chapter]}", ""]
        lines += [f"{len(here)} exercises, {time} minutes.", "", *HEAD]
        for each in here:
            link = f"{{ref}}`{each.title} <ex-{each.id}>`"
            cells = (
                link,
                KINDS[each.kind],
                f"{each.difficulty} of 5",
                each.minutes,
                len(each.mistakes),
            )
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        lines.append("")
    minutes = sum(exercise.minutes for exercise in exercises)
    lines.append(
        f"Together {len(exercises)} exercises, {minutes} minutes,"
        f" {sum(len(exercise.mistakes) for exercise in exercises)} mistakes."
    )
    return lines


def plan(lines: Iterable[str]) -> list[str]:
    """Return a table of the exercises that lines name, and their minutes together.

    Args:
        lines: "id | mistake | what it tells", one for each exercise.
    Raises: LookupError for an exercise or a mistake that there is not; ValueError for
        a line of another form.
    """
    os.environ.setdefault("UNMASKED_PROGRESS", "off")
    from classroom.exercises import load

    table, minutes = [], 0
    for line in lines:
        parts = [part.strip() for part in line.split("|", 2)]
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{line!r} should be: id | mistake | what it tells")
        exercise = load(parts[0])
        if parts[1] not in {mistake.id for mistake in exercise.mistakes}:
            raise LookupError(f"{parts[0]} has no mistake {parts[1]!r}")
        table.append(
            f"| {{ref}}`{exercise.id} <ex-{exercise.id}>` | {exercise.chapter} "
            f"| {exercise.minutes} | `{parts[1]}`: {parts[2]} |"
        )
        minutes += exercise.minutes
    head = "| exercise | chapter | minutes | a diagnosis, and what it tells |"
    total = f"Together {minutes} minutes."
    return [head, "| --- | --- | --- | --- |", *table, "", total]


class ExerciseIndex(Generated):
    """See the module."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        titles = {chapter.number: chapter.title for chapter in self.chapters}
        return self.parsed(rows(titles), "").children


class ExercisePlan(Generated):
    """See the module."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        try:
            return [self.parsed(plan(self.content), "exercise-plan")]
        except (LookupError, ValueError) as error:
            raise self.error(str(error)) from error


def name_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Let the style know the tables of the index."""
    if app.env.docname.endswith(PAGE):
        for table in doctree.findall(nodes.table):
            table["classes"].append("exercise-index")


def always_outdated(
    app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set
) -> list[str]:
    """Read the pages again in every build: they depend on the whole bank."""
    return [name for name in env.found_docs if name.endswith((PAGE, "pages/teaching"))]


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_directive("exercise-index", ExerciseIndex)
    app.connect("doctree-read", name_tables)
    app.add_directive("exercise-plan", ExercisePlan)
    app.connect("env-get-outdated", always_outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
