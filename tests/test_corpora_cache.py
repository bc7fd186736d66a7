"""The cache of the docs corpus is safe, and a corpus that differs is reported."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs
import pytest

from classroom.corpora import (
    CorpusWarning,
    Docstring,
    docs,
    docs_text,
    docstrings,
    store,
)
from classroom.corpora.docstrings import select
from classroom.corpora.splits import SPLITS

TINY = [
    Docstring("numpy", f"object{i}", " ".join(f"w{i}x{j}" for j in range(20)))
    for i in range(30)
]


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Replace the extraction by a tiny one; count its calls; cache in `tmp_path`."""
    calls = []
    monkeypatch.setattr(docstrings, "extract", lambda: calls.append(1) or TINY)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    digest = store._digest(store._serialise(select(TINY)))
    monkeypatch.setattr(store, "EXPECTED", digest)
    store._corpus.cache_clear()
    yield calls
    store._corpus.cache_clear()


def _all() -> list[Docstring]:
    """Load as a new process would."""
    store._corpus.cache_clear()
    return [doc for split in SPLITS for doc in docs(split)]


def test_cached_once_and_nothing_left_behind(tiny):
    first = _all()
    assert sorted(doc.name for doc in first) == sorted(doc.name for doc in TINY)
    assert _all() == first
    assert len(tiny) == 1
    assert list(store._cache_path().parent.iterdir()) == [store._cache_path()]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"\xff\x00\n\xff",
        lambda whole: whole[:-100],
        lambda whole: whole.replace(b"w3x3", b"w3x4"),
    ],
    ids=["empty", "foreign", "cut", "changed"],
)
def test_damaged_cache_is_rebuilt(tiny, damage):
    first, path = _all(), store._cache_path()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert _all() == first
    assert path.read_bytes() == whole
    assert len(tiny) == 2


def test_folder_that_cannot_be_written(tiny, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    blocked = tmp_path / "file" / "folder"
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: blocked)
    with pytest.warns(CorpusWarning, match="could not be cached"):
        assert len(_all()) == len(TINY)


def test_interrupted_write_keeps_the_old_file(tiny, monkeypatch):
    _all()
    before = store._cache_path().read_bytes()

    def full_disk(self, data):
        self.open("wb").write(data[:10])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.warns(CorpusWarning, match="no space left"):
        store._write(store._cache_path(), b"other")
    assert store._cache_path().read_bytes() == before
    assert len(list(store._cache_path().parent.iterdir())) == 1


def test_concurrent_writers_and_readers(tiny):
    _all()
    path = store._cache_path()
    payload = store._read(path)
    assert payload is not None

    def work(i: int) -> bool:
        if i % 2:
            store._write(path, payload)
        return store._read(path) == payload

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_key_follows_versions_not_builds(tiny, monkeypatch):
    versions = {"numpy": "2.3.5", "torch": "2.13.0", "matplotlib": "3.10.7"}
    monkeypatch.setattr(store, "version", versions.__getitem__)
    plain = store._cache_path()
    versions["torch"] = "2.13.0+cpu"
    assert store._cache_path() == plain
    versions["torch"] = "2.14.0+cpu"
    assert store._cache_path() != plain


@pytest.mark.parametrize("case", ["version", "text", "no requirements"])
def test_other_text_warns_once(tiny, monkeypatch, tmp_path, case):
    monkeypatch.setattr(store, "EXPECTED", "other")
    pins = store._pinned()
    monkeypatch.setattr(store, "_installed", lambda: dict(pins))
    message = "versions agree"
    if case == "version":
        monkeypatch.setattr(store, "_installed", lambda: {**pins, "torch": "2.12.0"})
        message = rf"torch 2\.12\.0 instead of {re.escape(pins['torch'])}.*pip install"
    if case == "no requirements":
        monkeypatch.setattr(store, "REQUIREMENTS", tmp_path / "requirements.txt")
        message = r"requirements\.txt was not found"
    with pytest.warns(CorpusWarning, match=message) as caught:
        docs("train")
        docs_text("test")
    assert len(caught) == 1
    assert caught[0].filename == __file__
