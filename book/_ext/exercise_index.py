"""The `exercise-index` directive: every exercise of the bank, chapter by chapter."""

import os
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


class ExerciseIndex(Generated):
    """See the module."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        titles = {chapter.number: chapter.title for chapter in self.chapters}
        return self.parsed(rows(titles), "").children


def name_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Let the style know the tables of the index."""
    if app.env.docname.endswith(PAGE):
        for table in doctree.findall(nodes.table):
            table["classes"].append("exercise-index")


def always_outdated(
    app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set
) -> list[str]:
    """Read the page again in every build: it depends on the whole bank."""
    return [name for name in env.found_docs if name.endswith(PAGE)]


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_directive("exercise-index", ExerciseIndex)
    app.connect("doctree-read", name_tables)
    app.connect("env-get-outdated", always_outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
