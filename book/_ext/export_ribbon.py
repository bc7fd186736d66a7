"""Where an exported cell goes, and where each name of the library was built.

A ribbon takes the place of a cell's `#| export` line: it names the module, and leads to
it and to the cell's names on the API page. There, each name leads back to the section
of the chapter whose cell defines it.
"""

import ast
import json
import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

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


def names_in(code: str) -> list[str]:
    """Return the public names that a cell's code defines, in order."""
    names = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return [name for name in names if not name.startswith("_")]


def link(docname: str, kind: str, target: str, text: str) -> addnodes.pending_xref:
    """A link to what the API page says of a module or a name."""
    return addnodes.pending_xref(
        "",
        nodes.literal("", text),
        refdomain="py",
        reftype=kind,
        reftarget=target,
        refdoc=docname,
        refwarn=True,
        ribbon=kind,
    )


def add_ribbons(app: Sphinx, doctree: nodes.document) -> None:
    """Put "→ unmasked/name.py: A, B" on each tagged cell, and note its section."""
    docname = app.env.docname
    module = module_of(docname)
    built = app.env.__dict__.setdefault("unmasked_built", {})
    built.pop(f"unmasked.{module}", None)
    for cell in doctree.findall(nodes.container):
        if f"tag_{TAG}" not in cell["classes"]:
            continue
        names = names_in(next(cell.findall(nodes.literal_block)).astext())
        parts: list[nodes.Node] = [nodes.Text("→ ")]
        parts.append(
            link(docname, "mod", f"unmasked.{module}", f"unmasked/{module}.py")
        )
        for n, name in enumerate(names):
            parts.append(nodes.Text(", " if n else ": "))
            parts.append(link(docname, "obj", f"unmasked.{module}.{name}", name))
        cell.insert(0, nodes.paragraph("", "", *parts, classes=["export-ribbon"]))
        section = cell.parent
        while not isinstance(section, nodes.section):
            section = section.parent
        place = (docname, section["ids"][0], section[0].astext())
        for name in names:
            built.setdefault(f"unmasked.{module}", {}).setdefault(name, place)


def leave_undocumented(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.Node
) -> nodes.Node | None:
    """A name in a ribbon that the API page leaves out is shown without a link."""
    return text if node.get("ribbon") == "obj" else None


def name_section(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say under each name on the API page which section of a chapter builds it."""
    built = getattr(app.env, "unmasked_built", {})
    for entry in doctree.findall(addnodes.desc):
        signature = entry[0]
        module, name = signature.get("module"), signature.get("fullname", "")
        if module not in built or "." in name:
            continue
        if name not in built[module]:
            logger.warning("%s.%s is built in no cell of a chapter", module, name)
            continue
        page, section, title = built[module][name]
        number = int(PurePosixPath(page).name[:2])
        way = make_refnode(app.builder, docname, page, section, nodes.Text(title))
        said = f"Built in chapter {number}, "
        entry[-1].insert(0, nodes.paragraph("", said, way, classes=["built-in"]))


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("source-read", take_marks)
    app.connect("doctree-read", add_ribbons)
    app.connect("missing-reference", leave_undocumented)
    app.connect("doctree-resolved", name_section)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
