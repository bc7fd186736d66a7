"""The `exercise-index` directive: every exercise of the bank, chapter by chapter."""

import os
from itertools import groupby

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

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


def rows() -> list[str]:
    """Return the index as MyST: for each chapter a line and a table."""
    # Nothing a build does may count as a learner's progress.
    os.environ.setdefault("UNMASKED_PROGRESS", "off")
    from classroom.exercises import ids, load

    exercises = [load(identifier) for identifier in ids()]
    lines: list[str] = []
    for chapter, group in groupby(exercises, key=lambda exercise: exercise.chapter):
        lines += [f"**Chapter {chapter}**", "", *HEAD]
        for each in group:
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


class ExerciseIndex(SphinxDirective):
    """See the module."""

    def run(self) -> list[nodes.Node]:
        """Make the tables."""
        place = nodes.container(classes=["exercise-index"])
        source = StringList(rows(), source=self.env.docname)
        self.state.nested_parse(source, self.content_offset, place)
        return [place]


def always_outdated(
    app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set
) -> list[str]:
    """Read the page again in every build: it depends on the whole bank."""
    return [name for name in env.found_docs if name.endswith("pages/exercises")]


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_directive("exercise-index", ExerciseIndex)
    app.connect("env-get-outdated", always_outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
