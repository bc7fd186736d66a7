"""Two directives: which chapter builds on which, and whether one may be skipped.

`book-map` reads the imports in the chapters' own cells: a chapter needs another if one
of its cells, exported or not, imports the module that the other builds. `self-test`
gathers, chapter by chapter, the questions that later chapters ask about it.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

IMPORT = re.compile(r"^\s*(?:from|import) unmasked\.(\w+)", re.MULTILINE)
ROW, TEXT = 34, 210  # the picture's line height, and where its words begin


@dataclass(frozen=True)
class Chapter:
    """A chapter: number, page, title, and the numbers of those it imports from."""

    number: int
    stem: str
    title: str
    needs: tuple[int, ...]

    @property
    def module(self) -> str:
        """The module that it builds."""
        return self.stem.partition("_")[2]


@cache
def chapters(folder: Path) -> tuple[Chapter, ...]:
    """Read the notebooks of a folder, in order."""
    number = {p.stem.partition("_")[2]: int(p.stem[:2]) for p in folder.glob("*.ipynb")}
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        assert title, f"{path.name} has no title"
        needs = {number[module] for module in IMPORT.findall(code)}
        found.append(
            Chapter(int(path.stem[:2]), path.stem, title[1], tuple(sorted(needs)))
        )
    return tuple(found)


def before(number: int, all_chapters: tuple[Chapter, ...]) -> list[int]:
    """All that a chapter builds on, directly or not, in the order of reading."""
    needs = {chapter.number: chapter.needs for chapter in all_chapters}
    found: set[int] = set()
    waiting = list(needs[number])
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += needs[one]
    return sorted(found)


def picture(all_chapters: tuple[Chapter, ...]) -> str:
    """An SVG: a line for each chapter, an arc from each to those that use it."""
    row = {c.number: ROW * n + ROW / 2 for n, c in enumerate(all_chapters)}
    arcs, names = [], []
    for c in all_chapters:
        y = row[c.number]
        for other in c.needs:
            start, reach = row[other], min(165.0, (y - row[other]) * 0.62 + 14)
            middle = TEXT - 34 - reach * 1.33
            curve = (
                f"M{TEXT - 34} {start} C{middle} {start} {middle} {y} {TEXT - 34} {y}"
            )
            arcs.append(f'<path class="arc from-{other} to-{c.number}" d="{curve}"/>')
        names.append(
            f'<a href="../notebooks/{c.stem}.html" class="chapter c-{c.number}">'
            f'<circle cx="{TEXT - 22}" cy="{y}" r="12"/>'
            f'<text x="{TEXT - 22}" y="{y + 4}" class="number">{c.number}</text>'
            f'<text x="{TEXT}" y="{y + 5}">{escape(c.title)}</text></a>'
        )
    height = ROW * len(all_chapters)
    lit = "".join(
        f".book-map svg:has(.c-{c.number}:is(:hover, :focus)) "
        f":is(.from-{c.number}, .to-{c.number}) {{ stroke: var(--book-red); "
        "stroke-width: 2.6; opacity: 1 }\n"
        for c in all_chapters
    )
    return (
        f'<figure class="book-map"><style>{lit}</style>'
        f'<svg viewBox="0 0 480 {height}" role="group" '
        'aria-label="An arc from each chapter to every later one that imports its '
        'module; the table below says the same.">'
        + "".join(arcs)
        + "".join(names)
        + "</svg></figure>"
    )


def table(all_chapters: tuple[Chapter, ...]) -> list[str]:
    """The same in words, as MyST, and what must be read before each chapter."""
    pages = {
        c.number: f"{{doc}}`{c.number} <../notebooks/{c.stem}>`" for c in all_chapters
    }

    def listed(numbers) -> str:
        return ", ".join(pages[number] for number in numbers) or "–"

    lines = [
        "| chapter | builds | imports from | used by | to understand it, read |",
        "| --- | --- | --- | --- | --- |",
    ]
    for c in all_chapters:
        users = [other.number for other in all_chapters if c.number in other.needs]
        cells = (
            f"{{doc}}`{c.number} {c.title} <../notebooks/{c.stem}>`",
            f"{{py:mod}}`~unmasked.{c.module}`",
            listed(c.needs),
            listed(users),
            listed(before(c.number, all_chapters)),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def questions(all_chapters: tuple[Chapter, ...]) -> list[str]:
    """For each chapter the questions on it that later ones ask, answers folded."""
    os.environ.setdefault("UNMASKED_PROGRESS", "off")
    from classroom.exercises.bank import all_questions

    lines: list[str] = []
    for c in all_chapters:
        asked = [q for _, q in all_questions().values() if q.chapter == c.number]
        if not asked:
            continue
        lines += [f"### {c.number}. {c.title}", ""]
        for n, q in enumerate(asked, 1):
            lines += [f"{n}. {q.prompt}", ""]
            lines += [f"   - {option}" for option in q.options] + [""]
        lines += ["::::{dropdown} Answers"]
        for n, q in enumerate(asked, 1):
            lines += [f"{n}. **{q.options[q.answer]}** {q.explanations[q.answer]}"]
        lines += ["::::", ""]
    return lines


class Generated(SphinxDirective):
    """Parse generated MyST in the directive's place."""

    def parsed(self, lines: list[str], name: str) -> nodes.Node:
        """Return the container with what the lines say."""
        place = nodes.container(classes=[name])
        source = StringList(lines, source=self.env.docname)
        self.state.nested_parse(source, self.content_offset, place, match_titles=True)
        return place

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters of this book."""
        return chapters(Path(self.env.srcdir) / "book" / "notebooks")


class BookMap(Generated):
    """See the module."""

    def run(self) -> list[nodes.Node]:
        """Draw the picture and write the table."""
        drawn = nodes.raw("", picture(self.chapters), format="html")
        return [drawn, self.parsed(table(self.chapters), "book-map-table")]


class SelfTest(Generated):
    """See the module."""

    def run(self) -> list[nodes.Node]:
        """Write the questions."""
        place = self.parsed(questions(self.chapters), "self-test")
        return place.children


def always_outdated(
    app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set
) -> list[str]:
    """Read the page again in every build: it depends on all chapters."""
    return [name for name in env.found_docs if name.endswith("pages/paths")]


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_directive("book-map", BookMap)
    app.add_directive("self-test", SelfTest)
    app.connect("env-get-outdated", always_outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
