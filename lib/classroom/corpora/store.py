"""The docs corpus, ready to use: extracted once, cached, checked against the book's."""

import gc
import hashlib
import json
import os
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

from classroom.corpora import docstrings, splits
from classroom.corpora.docstrings import FOLDERS, Docstring
from classroom.corpora.splits import SPLITS, Split, check_choice, draw, split_of

PACKAGES = tuple(FOLDERS)
SEPARATOR = "\n\n\n"  # no document holds two blank lines in a row
# SHA-256 of the corpus at the versions in requirements.txt.
EXPECTED = "6fd26f5cea3b450324e1ae5b27bc58cf26af687113335c0b1e116cd870c55d38"
REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"


class CorpusWarning(UserWarning):
    """The docs corpus differs from the book's, or could not be cached."""


def docs(split: Split = "train", package: str | None = None) -> list[Docstring]:
    """Return the docstrings of a split, in a fixed shuffled order.

    Any first part of the list is a fair sample. The first call on a machine reads the
    packages' source, which takes about 20 s; later ones read a cache.

    Args:
        split: "train", "validation" or "test" (80, 10 and 10 %).
        package: "numpy", "torch" or "matplotlib"; all three if not given.

    Raises:
        ValueError: no such split or package.
        ModuleNotFoundError: one of the packages is not installed.
    """
    check_choice("split", split, SPLITS)
    if package is not None:
        check_choice("package", package, PACKAGES)
    return [
        doc for s, doc in _corpus() if s == split and package in (None, doc.package)
    ]


def docs_text(split: Split = "train", package: str | None = None) -> str:
    """Return the docstrings of a split as one text, two blank lines between them.

    Its characters are the 95 of printable ASCII and the line feed, no others. The
    arguments are those of `docs`.
    """
    return SEPARATOR.join(doc.text for doc in docs(split, package))


@cache
def _corpus() -> list[tuple[Split, Docstring]]:
    path = _cache_path()
    payload = _read(path)
    if payload is None:
        payload = _build()
        _write(path, payload)
    if _digest(payload) != EXPECTED:
        warnings.warn(_difference(), CorpusWarning, stacklevel=3)
    return [
        (split, Docstring(*fields))
        for split, *fields in map(json.loads, payload.splitlines())
    ]


def _build() -> bytes:
    """Extract the corpus, with the garbage collector for cycles paused."""
    collecting = gc.isenabled()
    gc.disable()  # it would take a third of the time and find none in syntax trees
    try:
        return _serialise(docstrings.select(docstrings.extract()))
    finally:
        if collecting:
            gc.enable()


def _serialise(corpus: list[Docstring]) -> bytes:
    """Return one JSON line a document: its split, package, name and text."""
    rows = (
        (split_of(draw(docstrings.subject(d.name))), d.package, d.name, d.text)
        for d in corpus
    )
    return "\n".join(map(json.dumps, rows)).encode("ascii")


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def _installed() -> dict[str, str]:
    """Return the packages' versions, without the build ("+cpu")."""
    return {package: version(package).split("+")[0] for package in PACKAGES}


def _cache_path() -> Path:
    """Return a file name of its own for these versions read by this code."""
    code = [Path(str(m.__file__)).read_bytes() for m in (docstrings, splits)]
    code.append(Path(__file__).read_bytes())
    import platformdirs  # here: the other corpora work without it

    key = _digest(b"\0".join([repr(_installed()).encode(), *code]))[:16]
    return platformdirs.user_cache_path("transformers-unmasked") / f"docs-{key}.jsonl"


def _read(path: Path) -> bytes | None:
    """Return the cached corpus; None if there is none or it was damaged."""
    try:
        digest, _, payload = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return payload if digest.decode("ascii", "replace") == _digest(payload) else None


def _write(path: Path, payload: bytes) -> None:
    """Cache the corpus, after its digest, such that no half-written file is seen."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            complete = Path(scratch) / path.name
            complete.write_bytes(_digest(payload).encode() + b"\n" + payload)
            os.replace(complete, path)
    except OSError as error:
        warnings.warn(
            f"the docs corpus could not be cached ({error}); "
            "each new process will take the time to read it again",
            CorpusWarning,
            stacklevel=4,
        )


def _difference() -> str:
    """Say in what the corpus may differ from the book's, and what to do about it."""
    installed = _installed()
    pinned = _pinned()
    differing = [
        f"{package} {installed[package]} instead of {pinned[package]}"
        for package in PACKAGES
        if package in pinned and pinned[package] != installed[package]
    ]
    if differing:
        cause = f"installed is {', '.join(differing)}"
    elif pinned:
        cause = "the versions agree, so a package's source files were changed"
    else:
        cause = f"{REQUIREMENTS.name} was not found to compare the versions with"
    return (
        f"the docs corpus differs from the book's ({cause}); losses and samples will "
        "differ a little too. `pip install -r requirements.txt` gives the same text"
    )


def _pinned() -> dict[str, str]:
    """Return the packages' versions in requirements.txt; empty where it is missing."""
    if not REQUIREMENTS.is_file():
        return {}
    lines = REQUIREMENTS.read_text("utf-8").split()
    pins = dict(line.split("==") for line in lines if line.count("==") == 1)
    return {package: pins[package] for package in PACKAGES if package in pins}
