"""The numbers and samples of the page "The data" are those of the corpora."""

import re
from collections import Counter
from itertools import pairwise
from math import log
from pathlib import Path

import pytest

from classroom.corpora import (
    Docstring,
    docs,
    docs_text,
    docstrings,
    emoji_names,
    flag_names,
    spell,
    tasks,
)
from classroom.corpora.numbers import draws
from classroom.corpora.splits import SPLITS

CARD = Path(__file__).parents[1] / "book" / "pages" / "data.md"


@pytest.fixture(scope="session")
def corpus() -> dict[str, list[Docstring]]:
    return {split: docs(split) for split in SPLITS}


def _cells(heading: str) -> list[list[str]]:
    """Return the rows of the card's table whose header begins with `heading`."""
    _, _, rest = CARD.read_text("utf-8").partition(f"\n| {heading} |")
    rows = rest.split("\n\n")[0].replace(",", "").splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def _table(heading: str) -> dict[str, list[float]]:
    rows = _cells(heading)
    return {name: [float(number) for number in numbers] for name, *numbers in rows}


def test_card_sizes(corpus):
    everything = [doc for split in SPLITS for doc in corpus[split]]
    parts = {p: [d for d in everything if d.package == p] for p in docstrings.FOLDERS}
    parts |= corpus | {"all": everything}
    assert _table("part | documents") == {
        name: [
            len(part),
            sum(len(doc.text) for doc in part),
            sum(len(doc.text.split()) for doc in part),
        ]
        for name, part in parts.items()
    }
    lengths = sorted(len(doc.text) for doc in everything)
    assert lengths[len(lengths) // 2] < 290 and lengths[-1] == 18_657


def test_card_landmarks():
    def unigram(train, held_out):
        counts = Counter(train)
        pairs = Counter(held_out).items()
        return -sum(n * log(counts[c] / len(train)) for c, n in pairs) / len(held_out)

    def bigram(train, held_out, extra=0.01):
        pairs = Counter(pairwise(train))
        firsts = Counter(train[:-1])
        wanted = Counter(pairwise(held_out))
        nats = {
            p: log((pairs[p] + extra) / (firsts[p[0]] + 96 * extra)) for p in wanted
        }
        return -sum(n * nats[p] for p, n in wanted.items()) / (len(held_out) - 1)

    for part, row in _table("part | alphabet").items():
        package = None if part == "all" else part
        train, held_out = docs_text("train", package), docs_text("validation", package)
        measured = [log(96), unigram(train, held_out), bigram(train, held_out)]
        assert row == [round(value, 3) for value in measured]


def test_card_samples(corpus):
    texts = {doc.name: doc.text for split in SPLITS for doc in corpus[split]}
    card = CARD.read_text("utf-8")
    samples = re.findall(r"`([\w.]+)`:\n\n```text\n(.*?)\n```", card, re.DOTALL)
    assert len(samples) == 3
    assert all(texts[name] == text for name, text in samples)


def test_card_spelling():
    rows = _cells("number | English")
    assert len(rows) == 3
    for number, *words in rows:
        assert words == [spell(int(number), lang) for lang in ("en", "de", "fr")]


def test_card_numbers():
    table = _table("numbers below | train")
    assert len(table) == 4
    for below, row in table.items():
        assert row == [len(draws(split, int(below))) for split in SPLITS]


def test_card_emoji():
    def sizes(split, by):
        return [len(emoji_names(split, by, variants=v)) for v in (True, False)]

    expected = {
        f"{by} {split}": sizes(split, by)
        for by in ("base", "combination")
        for split in SPLITS
    }
    table = _table("emoji | all")
    assert table == expected | {"flags": [len(flag_names())] * 2}


def test_card_emoji_samples():
    known = {name.emoji: name.names for split in SPLITS for name in emoji_names(split)}
    rows = _cells("emoji | English")
    assert len(rows) == 3
    for text, *names in rows:
        assert names == [known[text][lang] for lang in ("en", "de", "ru", "zh")]


def test_card_tasks():
    rows = _cells("task | what is asked")
    assert len(rows) == 6
    for name, _, *sizes in rows:
        task = getattr(tasks, name.replace(" ", "_"))
        assert list(map(int, sizes)) == [len(task(split)) for split in SPLITS]


def test_card_task_samples():
    card = CARD.read_text("utf-8")
    pair, asked = tasks.entailment("test")[0], tasks.question_answering("test")[0]
    assert f"premise: {pair.premise}\nhypothesis: {pair.hypothesis}\n" in card
    assert f"label: {pair.label}\n" in card
    assert f"{asked.context}\n{asked.question}\n→ {asked.answer}\n" in card
