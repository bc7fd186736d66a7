"""Cells tagged `live` run in the reader's browser, with NumPy and the exercises.

A page with such cells gets a button; nothing is loaded before it is pressed. Python is
Pyodide, from its CDN, or from this site where UNMASKED_PYODIDE names a folder with its
files (`make book PYODIDE=folder`). The exercise engine is ours: `live-lib.zip`, made
from lib/classroom.
"""

import ast
import hashlib
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

VERSION = "0.27.7"
CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
CDN_MEGABYTES = 26.8  # before the server's compression; a test holds it
CORE = (
    "pyodide.js",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
PACKAGES = ("numpy", "matplotlib")
LIBRARY = ("__init__.py", "figures.py", "live.py", "bank/**/*.py", "exercises/*.py")
TAG = "live"
# What a page's own import cells may ask for and gets in the browser, too.
HERE = {"numpy", "matplotlib", *sys.stdlib_module_names}
OURS = {"classroom.exercises", "classroom.figures"}
ALWAYS = ("from classroom.exercises import check, hint, progress",)


def wheels(lock: dict[str, Any]) -> dict[str, str]:
    """Return file name → SHA-256 of NumPy, Matplotlib and what they need."""
    found, waiting = {}, list(PACKAGES)
    while waiting:
        package = lock["packages"][waiting.pop()]
        if package["file_name"] not in found:
            found[package["file_name"]] = package["sha256"]
            waiting += package["depends"]
    return dict(sorted(found.items()))


def copy_pyodide(source: Path, target: Path) -> None:
    """Copy the files that a live page loads, the wheels checked by their sums.

    Raises: ExtensionError where one is missing, altered, or of another version.
    """
    missing = [name for name in CORE if not (source / name).is_file()]
    if missing:
        raise ExtensionError(f"PYODIDE={source} has no {', '.join(missing)}")
    lock = json.loads((source / "pyodide-lock.json").read_text(encoding="utf-8"))
    if lock["info"]["version"] != VERSION:
        found = lock["info"]["version"]
        raise ExtensionError(f"PYODIDE={source} is {found}, and {VERSION} is needed")
    sums = wheels(lock)
    for name, digest in sums.items():
        if not (source / name).is_file():
            raise ExtensionError(f"PYODIDE={source} has no {name}")
        if hashlib.sha256((source / name).read_bytes()).hexdigest() != digest:
            raise ExtensionError(f"{source / name} is not what pyodide-lock.json says")
    target.mkdir(parents=True, exist_ok=True)
    for name in (*CORE, *sums):
        shutil.copyfile(source / name, target / name)


def library(root: Path) -> Iterator[Path]:
    """Yield what live cells need of lib/classroom: nothing with torch or widgets.

    Of the bank of exercises, only the chapters that have a live cell.
    """
    live = {
        f"c{path.stem[:2]}"
        for path in (root / "book" / "notebooks").glob("*.ipynb")
        if any(
            TAG in cell["metadata"].get("tags", [])
            for cell in json.loads(path.read_text("utf-8"))["cells"]
        )
    }
    for pattern in LIBRARY:
        for path in sorted((root / "lib" / "classroom").glob(pattern)):
            if path.parent.parent.name != "bank" or path.parent.name in live:
                yield path


def write_library(root: Path, target: Path) -> str:
    """Write the zip, the same bytes each time, and return a short digest of them."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in library(root):
            name = path.relative_to(root / "lib").as_posix()
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return hashlib.sha256(target.read_bytes()).hexdigest()[:12]


def imports(notebook: dict[str, Any]) -> list[str]:
    """Return those imports of a notebook's other cells that work in the browser."""
    found = dict.fromkeys(ALWAYS)
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or TAG in tags:
            continue
        for node in ast.parse("".join(cell["source"])).body:
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            else:
                continue
            if all(m in OURS or m.partition(".")[0] in HERE for m in modules):
                found[ast.unparse(node)] = None
    return list(found)


def is_live(doctree: nodes.document | None) -> bool:
    """Whether a page has a live cell."""
    cells = doctree.findall(nodes.container) if doctree else ()
    return any(f"tag_{TAG}" in cell["classes"] for cell in cells)


def prepare(app: Sphinx) -> None:
    """Write what the live pages load next to them, and note what there is to say."""
    if app.builder.format != "html":
        return
    root, static = Path(app.confdir), Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    digest = write_library(root, static / "live-lib.zip")
    settings = {
        "version": VERSION,
        "library": f"live-lib.zip?v={digest}",
        "base": CDN,
        "megabytes": CDN_MEGABYTES,
    }
    target = static / "pyodide"
    shutil.rmtree(target, ignore_errors=True)
    if folder := os.environ.get("UNMASKED_PYODIDE"):
        copy_pyodide(root / folder, target)
        size = sum(path.stat().st_size for path in target.iterdir())
        settings |= {"base": "pyodide/", "megabytes": round(size / 1e6, 1)}
        logger.info("live cells: Pyodide copied from %s", folder)
    app.live_settings = settings  # type: ignore[attr-defined]


def add_scripts(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Load our script and style on pages that have live cells, and only there."""
    if not is_live(doctree):
        return
    path = Path(app.env.doc2path(pagename))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    settings = app.live_settings | {"imports": imports(notebook)}  # type: ignore
    text = json.dumps(settings).replace("<", "\\u003c")
    app.add_js_file(None, body=text, type="application/json", id="live-settings")
    app.add_js_file("live-cells.js")
    app.add_css_file("live-cells.css")


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("builder-inited", prepare)
    app.connect("html-page-context", add_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
