"""The notebooks for Colab: the same ones, after a cell that fetches the course.

python -m classroom.pipeline.colab https://github.com/OWNER/NAME folder

The GitHub workflow puts the folder on the branch `colab`, to which the links lead.
"""

import sys
from pathlib import Path

import nbformat
from nbformat import v4

ROOT = Path(__file__).parents[3]
# The groups of requirements.txt that a chapter needs; Colab has its own Jupyter.
GROUPS = ("what the chapters", "what the classroom", "reads the file")
CELL = """# Colab needs this cell once: the course, and what its chapters import.
# If Colab then offers to restart the session, accept, and run the cell again.
![ -d course ] || git clone -q --depth 1 {repository} course
%pip install -q {packages}
import sys
sys.path.insert(0, "course/lib")
from google.colab import output
output.enable_custom_widget_manager()"""


def packages(requirements: str) -> list[str]:
    """The pinned packages of GROUPS, as they stand in requirements.txt."""
    found: list[str] = []
    for block in requirements.split("\n\n"):
        head, *lines = block.strip().split("\n")
        if head.removeprefix("# ").startswith(GROUPS):
            found += [line for line in lines if line and not line.startswith("#")]
    return found


def prepare(repository: str, folder: Path) -> list[Path]:
    """Write every notebook into a folder, the cell first."""
    needed = " ".join(packages((ROOT / "requirements.txt").read_text("utf8")))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted((ROOT / "book" / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(source, as_version=4)
        cell = v4.new_code_cell(CELL.format(repository=repository, packages=needed))
        cell["id"] = "colab"
        notebook.cells.insert(0, cell)
        written.append(folder / source.name)
        nbformat.write(notebook, written[-1])
    return written


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(f"{len(prepare(sys.argv[1], Path(sys.argv[2])))} notebooks")
