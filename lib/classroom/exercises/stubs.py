"""All exercises of a part of the book as one notebook: questions and empty cells."""

from pathlib import Path

from .bank import ids, load
from .process import UsageError
from .render import render

# the last chapter of each part, in order
PARTS = (2, 5, 12, 15, 18)
HEAD = """\
Run the next cell first. Then write an answer and run its cell: `check` says what is
right or wrong with it, and `hint()` gives one hint more each time. The chapters have
the solutions, folded."""
START = """import numpy as np
import torch

from classroom.exercises import ask, check, hint, progress, reset, resume"""

# without it, Jupyter asks which kernel to use, and colours nothing
KERNEL = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def write_stubs(part: int, path: Path) -> str:
    """Write a part's exercises into a notebook; an existing file is left alone.

    Args: part, 1 to 5; path, of the notebook.
    Returns: what was done, in a line.
    Raises: UsageError for a part that there is not, and for a file that exists.
    """
    import nbformat
    from nbformat import v4

    if not 1 <= part <= len(PARTS):
        raise UsageError(f"part {part}: the book has parts 1 to {len(PARTS)}")
    if path.exists():
        raise UsageError(f"{path} exists, and may hold answers: name another file")
    first = PARTS[part - 2] + 1 if part > 1 else 1
    names = [n for n in ids() if first <= load(n).chapter <= PARTS[part - 1]]
    cells = [
        v4.new_markdown_cell(f"# The exercises of part {part}\n\n{HEAD}"),
        v4.new_code_cell(START),
    ]
    chapter = 0
    for name in names:
        if load(name).chapter != chapter:
            chapter = load(name).chapter
            cells.append(v4.new_markdown_cell(f"## Chapter {chapter}"))
        for kind, source, _ in render(name):
            if "solution" in source[:20] or "record=False" in source:
                continue  # the chapter has the solution
            made = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
            cells.append(made(source))
    notebook = v4.new_notebook(cells=cells, metadata=KERNEL)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return f"{len(names)} exercises in {path}"
