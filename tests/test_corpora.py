"""The docs corpus: the same text everywhere, and splits that leak nothing."""

import random
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from classroom.corpora import (
    SEPARATOR,
    Docstring,
    docs,
    docs_text,
    docstrings,
    number_words,
    store,
)
from classroom.corpora.docstrings import clean, extract, select, subject
from classroom.corpora.splits import SPLITS


@pytest.fixture(scope="session")
def corpus() -> dict[str, list[Docstring]]:
    return {split: docs(split) for split in SPLITS}


def test_text_is_the_books(corpus):
    assert store._pinned() == store._installed(), "run pip install -r requirements.txt"
    payload = store._read(store._cache_path())
    if payload is None:  # no folder to cache in
        payload = store._serialise(select(extract()))
    assert store._digest(payload) == store.EXPECTED


def test_nothing_is_imported():
    code = (
        "import sys; from classroom.corpora import docs, docstrings; docs('test')\n"
        "list(map(docstrings._site, docstrings.FOLDERS))\n"
        "print({'torch', 'numpy', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_alphabet_and_separator(corpus):
    assert "".join(sorted(set(docs_text()))) == "\n" + "".join(map(chr, range(32, 127)))
    for split in SPLITS:
        assert docs_text(split).split(SEPARATOR) == [d.text for d in corpus[split]]


def test_package_selects(corpus):
    for split in SPLITS:
        parts = [docs(split, package) for package in docstrings.FOLDERS]
        assert sum(map(len, parts)) == len(corpus[split])
        assert all(len({doc.package for doc in part}) == 1 for part in parts)


def test_callers_cannot_damage_the_corpus(corpus):
    docs("test").clear()
    assert docs("test") == corpus["test"]


SOURCE = '''
"""About this module."""
class Cell:
    """About Cell."""
    if True:
        async def step(self):
            """About step."""
try:
    pass
except ValueError:
    def fallback(): "About fallback."
add_newdoc("numpy._core", "flatiter", ("base", """About base."""))
add_docstr(cos, "About " + "cos.")
cross = _add_docstr(_linalg.linalg_cross, r"""About cross {x}, {{1}}.""".format(x=y))
add_docstr(torch.abs, f"About {what} abs.")
unrelated("Not a docstring.")
'''


def test_extraction(tmp_path):
    for name in ("numpy/a", "numpy/tests/b", "torch/_vendor/c", "torch/d/__init__"):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE if name == "numpy/a" else '"""About a module."""')
    (tmp_path / "torch" / "broken.py").write_text("def type(")
    (tmp_path / "torch" / "_C").mkdir()
    stub = tmp_path / "torch" / "_C" / "_VariableFunctions.pyi"
    stub.write_text('def relu(x):\n    """About relu."""')
    assert {doc.name: doc.text for doc in extract(tmp_path)} == {
        "numpy.a": "About this module.",
        "numpy.a.Cell": "About Cell.",
        "numpy.a.Cell.step": "About step.",
        "numpy.a.fallback": "About fallback.",
        "numpy._core.flatiter.base": "About base.",
        "numpy.a.cos": "About cos.",
        "numpy.a.cross": "About cross {x}, {1}.",
        "torch.abs": "About  abs.",
        "torch.d": "About a module.",
        "torch.relu": "About relu.",
    }


def test_cleaning():
    raw = "Title\u00a0—  “quoted” \n\n\n\n\tArgs:\r\n\t  {input}\n\t  %(kw)s\n\tπ → x\f"
    assert clean(raw) == 'Title -  "quoted"\n\nArgs:\n\n? -> x'


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(docstrings, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"numpy.*not installed.*pip install"):
        extract()


@pytest.mark.parametrize("function", [docs, docs_text, number_words])
def test_unknown_split(function):
    with pytest.raises(ValueError, match=r"'dev'; it must be one of train, validation"):
        function("dev")


def test_unknown_package():
    with pytest.raises(ValueError, match=r"'scipy'; it must be one of numpy, torch"):
        docs("train", "scipy")


def _document(name: str, *words: str) -> Docstring:
    return Docstring("numpy", name, " ".join(words))


def test_selection():
    words = [f"word{i}" for i in range(60)]
    long = _document("long", *words)
    copy = _document("copy", *words[:40], "and", "more")
    half = _document("half", *words[:14], *(f"new{i}" for i in range(20)))
    short = _document("short", *(f"few{i}" for i in range(docstrings.MIN_WORDS - 1)))
    found = [long, copy, half, short, long]
    kept = select(found)
    assert {doc.name for doc in kept} == {"long", "half"}
    random.Random(0).shuffle(found)
    assert select(found) == kept


def test_subjects():
    same = "numpy.linalg.norm torch.norm torch.Tensor.norm_ a.Norm.__init__ a.Norm"
    assert {subject(name) for name in same.split()} == {"norm"}
    assert subject("torch.nn.MaxPool2d") == subject("torch.nn.functional.max_pool2d")
    assert subject("torch.nn.LSTM") != subject("torch.nn.LSTMCell")


def _leaks(held_out: list[Docstring], train: list[Docstring]) -> list[tuple[str, str]]:
    """Find pairs where most runs of eight words of one occur in the other.

    Made otherwise than the corpus: words between blanks, longer runs, no order.
    """

    def runs(doc: Docstring) -> set[str]:
        words = doc.text.lower().split()
        return {" ".join(words[i : i + 8]) for i in range(max(1, len(words) - 7))}

    sizes, holders = [], defaultdict(list)
    for i, doc in enumerate(train):
        sizes.append(len(runs(doc)))
        for run in runs(doc):
            holders[run].append(i)
    return [
        (doc.name, train[i].name)
        for doc in held_out
        for i, n in Counter(
            i for run in runs(doc) for i in holders.get(run, ())
        ).items()
        if n > 0.6 * min(len(runs(doc)), sizes[i])
    ]


def test_split_leaks_nothing(corpus):
    train, validation, test = (corpus[split] for split in SPLITS)
    assert _leaks(validation + test, train) == []
    assert _leaks(test, validation) == []
    subjects = [{subject(doc.name) for doc in corpus[split]} for split in SPLITS]
    assert sum(map(len, subjects)) == len(set.union(*subjects))


def test_a_planted_leak_is_found(corpus):
    original = next(doc for doc in corpus["train"] if len(doc.text.split()) > 100)
    words = original.text.split()
    words[50] = "changed"
    planted = _document("planted", *words)
    part = _document("part", *words[:40])
    found = _leaks([*corpus["test"][:50], planted, part], corpus["train"])
    assert found == [("planted", original.name), ("part", original.name)]
