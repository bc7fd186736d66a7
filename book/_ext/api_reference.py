"""The API page: every module that a chapter built, with a link back to the chapter.

The marker `{api-reference}` in a page becomes one section for each notebook, made of
Sphinx's autodoc. Docstrings are written for people who read code, so they are made
safe for reStructuredText first.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

MARKER = re.compile(r"^```\{api-reference\}\n```$", re.MULTILINE)
OURS = ("unmasked", "classroom")
# Characters that start markup in reStructuredText and seldom mean it in a docstring.
RISKY = re.compile(r"[*|]|(?<=\w)_(?!\w)")
# `Raises: ValueError where …` on one line, with what is indented below it.
FIELD = re.compile(r"^( *)(Args|Returns|Raises|Source): +(\S.*(?:\n\1 +\S.*)*)", re.M)

SECTION = """
## unmasked.{module}

Chapter {number}, {{doc}}`../notebooks/{stem}`, builds this module.

```{{eval-rst}}
.. automodule:: unmasked.{module}
   :members:
   :ignore-module-all:
   :member-order: bysource
```
"""


def chapters(root: Path) -> list[str]:
    """Return the stems of the built notebooks, in order: `01_recurrence`, …"""
    return sorted(path.stem for path in (root / "book" / "notebooks").glob("*.ipynb"))


def sections(root: Path) -> str:
    """Return the page's text: one section for each chapter that has a module.

    Raises: ExtensionError where no chapter has one.
    """
    found = []
    for stem in chapters(root):
        number, _, module = stem.partition("_")
        if (root / "lib" / "unmasked" / f"{module}.py").is_file():
            found.append(SECTION.format(stem=stem, number=int(number), module=module))
    if not found:
        raise ExtensionError("lib/unmasked has no module: run `make chapters` first")
    return "".join(found)


def fill_page(app: Sphinx, docname: str, content: list[str]) -> None:
    """Replace the marker by the sections."""
    if MARKER.search(content[0]):
        text = sections(Path(app.srcdir))
        content[0] = MARKER.sub(lambda _: text, content[0])


def make_safe(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Turn a docstring's plain text into reStructuredText, before napoleon reads it.

    A section on one line, such as `Raises: ValueError where …`, becomes a paragraph;
    longer ones are left to napoleon. Code between single backticks, as in Markdown,
    becomes code.
    """

    def paragraph(match: re.Match[str]) -> str:
        indent, label, body = match.groups()
        body = " ".join(body.split())
        return f"\n{indent}{label}: {body}\n"

    text = FIELD.sub(paragraph, "\n".join(lines))
    pieces = re.split(r"(``.+?``|`[^`\n]+`|\$[^$\n]+\$)", text)
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            pieces[place] = RISKY.sub(r"\\\g<0>", piece)
        elif piece.startswith("$"):
            pieces[place] = f":math:`{piece[1:-1]}`"
        elif not piece.startswith("``"):
            pieces[place] = f"`{piece}`"
    lines[:] = "".join(pieces).split("\n")


def leave_foreign(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.TextElement | None:
    """Show types of other packages without a link; a name of ours must resolve."""
    name = str(node.get("reftarget", ""))
    if node.get("refdomain") == "py" and name.split(".")[0] not in OURS:
        return text
    return None


def always_outdated(
    app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set
) -> list[str]:
    """Read the page again in every build: it depends on all modules."""
    return [name for name in env.found_docs if name.endswith("pages/api")]


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("source-read", fill_page)
    # Napoleon listens to the same event at 500.
    app.connect("autodoc-process-docstring", make_safe, priority=400)
    app.connect("missing-reference", leave_foreign)
    app.connect("env-get-outdated", always_outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
