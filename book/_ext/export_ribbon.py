"""Show where an exported cell goes: a ribbon in place of its `#| export` line."""

import json
import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

MARK = re.compile(r"\A#\| export[^\n]*\n?")
TAG = "unmasked-export"


def module_of(docname: str) -> str:
    """Return the module that a notebook builds: `…/01_recurrence` → `recurrence`."""
    return re.sub(r"^\d+_", "", PurePosixPath(docname).name)


def take_marks(app: Sphinx, docname: str, content: list[str]) -> None:
    """Remove the mark of exported cells and tag them, before the notebook is read."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(content[0])
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and MARK.match(source):
            cell["source"] = MARK.sub("", source)
            cell["metadata"].setdefault("tags", []).append(TAG)
    content[0] = json.dumps(notebook)


def add_ribbons(app: Sphinx, doctree: nodes.document) -> None:
    """Put "→ unmasked/name.py", linked to the API page, on each tagged cell."""
    docname = app.env.docname
    for cell in doctree.findall(nodes.container):
        if f"tag_{TAG}" not in cell["classes"]:
            continue
        name = module_of(docname)
        link = addnodes.pending_xref(
            "",
            nodes.literal("", f"unmasked/{name}.py"),
            refdomain="py",
            reftype="mod",
            reftarget=f"unmasked.{name}",
            refdoc=docname,
            refwarn=True,
        )
        ribbon = nodes.paragraph("", "→ ", link, classes=["export-ribbon"])
        cell.insert(0, ribbon)


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("source-read", take_marks)
    app.connect("doctree-read", add_ribbons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
