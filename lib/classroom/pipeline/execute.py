"""Running a notebook, and keeping of it only what the next run gives again."""

import ast
import copy
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .text import METADATA, ROOT, Chapter, imported_modules

CELL_TIMEOUT = 300  # seconds
ENVIRONMENT = {  # the tests set it too, so that nbval sees the same numbers
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "UNMASKED_PROGRESS": "off",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "default",
}
BAR = re.compile(r"\r|\d+%\||\d+it \[")
KINDS = ("js", "css")  # of what a widget is made
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def set_environment() -> None:
    """Give this process, and the kernels that it starts, the chapters' environment."""
    os.environ.update(ENVIRONMENT)


def settle_matplotlib() -> None:
    """Let Matplotlib choose its folders here, and not in each kernel.

    Where the home folder cannot be written, it takes a temporary one, names that in
    MPLCONFIGDIR and warns: once here, and not in the output of each first cell.
    """
    import matplotlib

    matplotlib.get_configdir()
    matplotlib.get_cachedir()


def execute(
    chapter: Chapter, package: Path, folder: Path, on_cell: Callable[[], object]
) -> NotebookNode:
    """Run a chapter's notebook on one thread, against a package folder of its own.

    Args:
        chapter: what to run; its notebook is not changed.
        package: a folder that holds the package `unmasked` to import.
        folder: the working directory of the kernel.
        on_cell: called after each code cell.
    Returns: the notebook with its outputs.
    Raises: ChapterError that names the first cell that failed.
    """
    settle_matplotlib()
    notebook = copy.deepcopy(chapter.notebook)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=lambda **_: on_cell(),
    )
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(package)}
    try:
        # stderr: the kernel warns there about TCP; what cells print comes as messages
        client.execute(env=environment, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        problem = f"{error.ename}: {_first_line(error.evalue)}"
        raise chapter.error(_failed(chapter, notebook), problem) from error
    except CellTimeoutError as error:
        problem = f"still running after {CELL_TIMEOUT} s"
        raise chapter.error(_failed(chapter, notebook), problem) from error
    except DeadKernelError as error:
        problem = "the kernel died"
        raise chapter.error(_failed(chapter, notebook), problem) from error
    _stabilise(chapter, notebook)
    return notebook


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "(no message)"


def _failed(chapter: Chapter, notebook: NotebookNode) -> NotebookNode:
    """The first cell that stored an error or never came back."""
    run = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for source, cell in zip(chapter.code_cells(), run, strict=True):
        errors = any(out.output_type == "error" for out in cell.outputs)
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        if (errors and not allowed) or cell.execution_count is None:
            return source
    return chapter.code_cells()[-1]


def _is_bar(out: NotebookNode) -> bool:
    """Whether an output is a progress bar: a line of text, or a widget."""
    if out.output_type == "stream":
        return out.name == "stderr" and bool(BAR.search(out.text))
    shown = out.get("data", {})
    return any("widget-view" in kind for kind in shown) and bool(
        BAR.search(shown.get("text/plain", ""))
    )


def _stabilise(chapter: Chapter, notebook: NotebookNode) -> None:
    notebook.metadata.update(METADATA)
    run = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for source, cell in zip(chapter.code_cells(), run, strict=True):
        kept = []
        for out in cell.outputs:
            stderr = out.output_type == "stream" and out.name == "stderr"
            if _is_bar(out):
                continue  # a finished progress bar says nothing but a time
            text = json.dumps(out)
            if stderr:
                raise chapter.error(source, f"warns: {_first_line(out.text)}")
            if ADDRESS.search(text):
                raise chapter.error(source, "its output shows a memory address")
            if str(ROOT) in text:
                raise chapter.error(source, "its output shows a path of this machine")
            kept.append(out)
        cell.outputs = kept
    _pin_widget_ids(chapter.stem, notebook)


def _pin_widget_ids(stem: str, notebook: NotebookNode) -> None:
    """Widget models have random ids: number them by their order in the notebook."""
    mime = "application/vnd.jupyter.widget-state+json"
    states = notebook.metadata.get("widgets", {}).get(mime, {}).get("state", {})
    text = json.dumps(notebook)
    for number, identifier in enumerate(states):
        pinned = hashlib.sha256(f"{stem}/{number}".encode()).hexdigest()[:32]
        text = text.replace(identifier, pinned)
    notebook.update(nbformat.reads(text, as_version=4))


def code_key(chapter: Chapter, package: dict[str, str], library: Path) -> str:
    """A hash of all that a chapter's outputs follow from.

    That is its code cells; the modules of `unmasked` and `classroom` that they import,
    directly or not; and its own exercises. Comments and docstrings of the modules do
    not count, and of the prose nothing does.
    """
    digest = hashlib.sha256()
    pending: list[tuple[str, str]] = []  # (the package that it lies in, its text)
    for cell in chapter.code_cells():
        digest.update(f"{cell.metadata.get('tags', [])}{cell.source}\0".encode())
        pending.append(("", cell.source))
    bank = library / "classroom" / "bank" / f"c{chapter.number:02d}"
    for path in sorted(bank.glob("*.py")):
        text = path.read_text(encoding="utf8")
        digest.update(_meaning(text).encode())
        pending.append((f"classroom.bank.{bank.name}", text))
    seen: set[str] = set()
    while pending:
        for name in _local_imports(*pending.pop(), library):
            if name not in seen:
                seen.add(name)
                pending += _module_sources(name, package, library)
    for name in sorted(seen):
        for _, text in _module_sources(name, package, library):
            digest.update(f"{name}\0{_meaning(text)}\0".encode())
            for asset in _assets(name, text, library):
                digest.update(asset.read_bytes())
    return digest.hexdigest()[:16]


def _local_imports(within: str, source: str, library: Path) -> Iterator[str]:
    """What a text in the package `within` imports of `unmasked` and `classroom`."""
    for node in ast.walk(ast.parse(source)):
        names = imported_modules(node)
        if isinstance(node, ast.ImportFrom):
            if node.level:
                names = [resolve_name("." * node.level + (node.module or ""), within)]
            # `from package import name`: the name may be a module too
            homes = _homes(names[0], library)
            below = {f"{names[0]}.{alias.name}" for alias in node.names}
            passed_on = {homes.get(alias.name, names[0]) for alias in node.names}
            names = [*passed_on, *below]
        for name in names:
            if name.split(".")[0] in ("unmasked", "classroom"):
                yield name


@cache
def _homes(package: str, library: Path) -> dict[str, str]:
    """The names that a package passes on, and the modules that they come from.

    A chapter that takes one widget does not depend on those beside it.
    """
    front = library / package.replace(".", "/") / "__init__.py"
    if not front.is_file():
        return {}
    homes = {}
    for node in ast.parse(front.read_text(encoding="utf8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            home = resolve_name("." * node.level + node.module, package)
            if home.startswith(f"{package}."):
                homes |= {alias.asname or alias.name: home for alias in node.names}
    return homes


def _module_sources(
    name: str, package: dict[str, str], library: Path
) -> list[tuple[str, str]]:
    """(package, text) of a module, or of all the modules of a package."""
    top, _, rest = name.partition(".")
    if top == "unmasked":
        return [(top, package[f"{rest}.py"])] if f"{rest}.py" in package else []
    base = library / name.replace(".", "/")
    if rest and base.is_dir():
        return [(name, p.read_text(encoding="utf8")) for p in sorted(base.glob("*.py"))]
    path = base.with_suffix(".py")
    within = name.rpartition(".")[0]
    return [(within, path.read_text(encoding="utf8"))] if path.is_file() else []


def _assets(name: str, text: str, library: Path) -> list[Path]:
    """The scripts and styles that a module names, and those that they all share."""
    folder = (library / name.replace(".", "/")).parent
    stems = re.findall(r'\bsource\("(\w+)"\)', text)
    paths = (folder / f"{stem}.{kind}" for stem in [*stems, "common"] for kind in KINDS)
    return sorted(path for path in paths if stems and path.is_file())


def _meaning(source: str) -> str:
    """The syntax tree as text, without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                body[0] = ast.Pass()
    return _dump(tree)


def _dump(node: object) -> str:
    """As `ast.dump`, but the same in every version of Python.

    Newer ones have fields that older ones lack (the type parameters of 3.12), and
    leave out what is empty (3.13): here nothing that is empty is written.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(_dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{k}={_dump(v)}" for k, v in ast.iter_fields(node) if v not in (None, [])
    )
    return f"{type(node).__name__}({', '.join(fields)})"
