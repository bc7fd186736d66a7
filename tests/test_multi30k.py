"""Multi30k from a folder: found, checked, and missed with a message that helps."""

import gzip
import hashlib
import subprocess
import sys

import pooch
import pytest

from classroom.corpora import multi30k, multi30k_digest
from classroom.corpora.splits import SPLITS

module = sys.modules["classroom.corpora.multi30k"]
TINY = {
    "train": ["A dog.\tEin Hund.", "Two\u2028cats. \tZwei Katzen. "],
    "val": ["A man.\tEin Mann."],
    "test_2016_flickr": ["A boy.\tEin Junge."],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write the six files, tiny; the module expects their hashes."""
    for stem, lines in TINY.items():
        for n, side in enumerate(("en", "de")):
            text = "".join(line.split("\t")[n] + "\n" for line in lines)
            data = gzip.compress(text.encode(), mtime=0)
            (tmp_path / f"{stem}.{side}.gz").write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            monkeypatch.setitem(module.SHA256, f"{stem}.{side}.gz", digest)
    monkeypatch.setenv("UNMASKED_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", refuse)


def test_pairs_in_the_order_of_the_files(folder, no_network):
    # a line ends at a line feed and nowhere else; blanks at its ends are dropped
    assert multi30k() == [("A dog.", "Ein Hund."), ("Two\u2028cats.", "Zwei Katzen.")]
    assert multi30k("validation") == [("A man.", "Ein Mann.")]
    assert multi30k("test") == [("A boy.", "Ein Junge.")]


def test_files_may_lie_in_a_folder_of_their_own(folder, no_network):
    own = folder / "multi30k"
    own.mkdir()
    for file in folder.glob("*.gz"):
        file.rename(own / file.name)
    assert [len(multi30k(split)) for split in SPLITS] == [2, 1, 1]


def test_another_file_is_refused(folder, no_network):
    path = folder / "val.de.gz"
    path.write_bytes(gzip.compress(b"Eine Frau.\n"))
    with pytest.raises(ValueError, match=r"val\.de\.gz is not the file that the book"):
        multi30k("validation")


@pytest.mark.parametrize("named", [True, False])
def test_missing_files_say_what_to_do(tmp_path, monkeypatch, no_network, named):
    monkeypatch.delenv("UNMASKED_DATA", raising=False)
    if named:
        monkeypatch.setenv("UNMASKED_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        multi30k()
    message = str(caught.value)
    assert "no route to host" in message and "UNMASKED_DATA" in message
    assert f"{module.URL}train.en.gz" in message and "chapters 10 to 12" in message
    assert (str(tmp_path) in message) == named


def test_downloads_are_checked_by_their_hash(folder, monkeypatch):
    monkeypatch.delenv("UNMASKED_DATA")
    asked = []

    def retrieve(url, known_hash, fname, path, progressbar):
        asked.append((url, known_hash))
        return str(folder / fname)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert len(multi30k("test")) == 1
    assert asked == [
        (f"{module.URL}{name}", module.SHA256[name])
        for name in ("test_2016_flickr.en.gz", "test_2016_flickr.de.gz")
    ]


def test_split_must_exist():
    with pytest.raises(ValueError, match="split is 'val'"):
        multi30k("val")


def test_digest_depends_on_every_file(monkeypatch):
    before = multi30k_digest()
    assert len(before) == 64
    monkeypatch.setitem(module.SHA256, "val.de.gz", "0" * 64)
    assert multi30k_digest() != before


def test_needs_no_package_that_another_corpus_needs():
    blocked = ("platformdirs", "pooch", "emoji", "num2words")
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({blocked}))\n"
        "from classroom.corpora import multi30k\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
