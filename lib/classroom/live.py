"""Run cells in a web page, where there is no Jupyter: what the live pages' worker asks.

It is imported by Pyodide, from a zip with `classroom.exercises`: no torch here.
"""

import ast
import base64
import io
import linecache
import sys
import traceback
import warnings
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

PRINTED = 20_000  # characters kept of what a cell prints
FRAMES = 5  # of a traceback, the last ones
ABSENT = ("torch", "unmasked", "classroom", "ipywidgets")


class _Printed(io.StringIO):
    """Keeps the first characters and forgets the rest."""

    def write(self, s: str, /) -> int:
        if (room := PRINTED - self.tell()) > 0:
            super().write(s if len(s) <= room else f"{s[:room]}\n… (cut)\n")
        return len(s)


class Session:
    """The names that a page's cells share.

    Args:
        imports: import statements that are executed first.
    """

    def __init__(self, imports: Iterable[str] = ()) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        # a page has no window for plt.show(); the figures are collected here
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        for line in imports:
            exec(line, self.names)

    def run(self, source: str, label: str) -> dict[str, Any]:
        """Run one cell as a notebook would.

        Args:
            label: what tracebacks call the cell, such as "cell 2".
        Returns: "text" that was printed, or shown as the last value; "markdown" of the
            last value where it has any; "figures", each with "png" (base64) and "alt";
            "error", a traceback, or "".
        """
        file = f"<{label}>"
        # an entry without a time is never checked against a file
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        printed, shown, error = _Printed(), "", ""
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                value = self._execute(source, file)
                shown = _markdown(value)
                if value is not None and not shown:
                    print(repr(value))
            except BaseException as problem:
                error = _traceback(problem, file)
            figures = _figures()
        text = printed.getvalue()
        return {"text": text, "markdown": shown, "figures": figures, "error": error}

    def _execute(self, source: str, file: str) -> Any:
        """The value of the last line, unless it is no expression or ends with `;`."""
        tree, last = ast.parse(source, file), None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[union-attr]
        exec(compile(tree, file, "exec"), self.names)
        if last is None:
            return None
        value = eval(compile(last, file, "eval"), self.names)
        return None if source.rstrip().endswith(";") else value


def _markdown(value: Any) -> str:
    make = getattr(value, "_repr_markdown_", None)
    return str(make()) if callable(make) and not isinstance(value, type) else ""


def _traceback(error: BaseException, file: str) -> str:
    """The error, and the way to it from the cell on."""
    steps = traceback.extract_tb(error.__traceback__)
    mine = [n for n, step in enumerate(steps) if step.filename == file]
    steps = steps[mine[0] :][-FRAMES:] if mine else []
    lines = traceback.format_list(steps) + traceback.format_exception_only(error)
    name = getattr(error, "name", None) or ""
    if isinstance(error, ModuleNotFoundError) and name.partition(".")[0] in ABSENT:
        lines.append("\nThis needs PyTorch: run the notebook itself, with `make lab`.")
    return "".join(lines).rstrip()


def _figures() -> list[dict[str, str]]:
    """The open figures, which are then closed."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is None:
        return []
    found = []
    for number in plt.get_fignums():
        figure, png = plt.figure(number), io.BytesIO()
        figure.savefig(png, format="png", bbox_inches="tight")
        code = base64.b64encode(png.getvalue()).decode()
        found.append({"png": code, "alt": _described(figure)})
    plt.close("all")
    return found


def _described(figure: Any) -> str:
    """What the axes say of themselves, for those who cannot see the figure."""
    parts = []
    for axes in figure.axes:
        labels = (("", axes.get_title()), ("x: ", axes.get_xlabel()))
        labels += (("y: ", axes.get_ylabel()),)
        texts = [f"{name}{text}" for name, text in labels if text]
        parts += ["; ".join(texts)] * bool(texts)
    return f"Figure drawn by this cell. {'. '.join(parts)}".strip()
