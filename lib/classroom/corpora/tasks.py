"""Labelled data from the docs corpus: what the docstrings themselves give answers to.

Six tasks in one form: a function that returns the examples of a split. Objects of one
subject lie in one split, as in `docs`; mismatches are drawn within a split. The order
is shuffled, once and for ever, so that any first part is a fair sample.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from classroom.corpora.docstrings import Docstring
from classroom.corpora.sections import blank, blank_packages, entries, prose, shorten
from classroom.corpora.splits import SPLITS, Split, check_choice, draw
from classroom.corpora.store import PACKAGES, docs

Row = TypeVar("Row")
Example = TypeVar("Example")

LINE = 100  # characters of a first line or an answer, at most
EXCERPT = 200  # characters of a body, at most
HALF = 120  # characters of an excerpt where two are compared
CHOICES = 4


@dataclass(frozen=True)
class Classification:
    """Which package does this text come from? Its label is a place in `PACKAGES`."""

    text: str
    label: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Entailment:
    """Does this first line (hypothesis) belong to this body (premise)? 1 if so."""

    premise: str
    hypothesis: str
    label: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Similarity:
    """Are these two excerpts from one docstring? 1 if so."""

    first: str
    second: str
    label: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class MultipleChoice:
    """Which of four first lines belongs to this body? The label is its place."""

    context: str
    choices: tuple[str, ...]
    label: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class QuestionAnswer:
    """What does a parameter mean? The answer stands in the context, word for word."""

    context: str
    question: str
    answer: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """A body, and the line that its author put above it."""

    text: str
    summary: str
    sources: tuple[str, ...]


def classification(
    split: Split = "train", size: int | None = None
) -> list[Classification]:
    """Which package? As many texts of each, names of packages blanked.

    Args:
        split: "train", "validation" or "test".
        size: how many examples; all if not given.

    Returns: a list of `Classification`.
    Raises: ValueError for a split that does not exist, or more than there are.
    """
    return _first(_classification, split, size)


def entailment(split: Split = "train", size: int | None = None) -> list[Entailment]:
    """Does the line belong to the body? Each body once with its own line and once with
    one of another package, each line too: neither alone tells. Arguments as in
    `classification`.

    Returns: a list of `Entailment`.
    """
    return _first(_entailment, split, size)


def similarity(split: Split = "train", size: int | None = None) -> list[Similarity]:
    """One docstring, or two of different packages? Each excerpt occurs in a pair of
    either kind; which is first is drawn. Arguments as in `classification`.

    Returns: a list of `Similarity`.
    """
    return _first(_similarity, split, size)


def multiple_choice(
    split: Split = "train", size: int | None = None
) -> list[MultipleChoice]:
    """Which of four first lines of one package? Each line is right once and wrong three
    times. Arguments as in `classification`.

    Returns: a list of `MultipleChoice`.
    """
    return _first(_multiple_choice, split, size)


def question_answering(
    split: Split = "train", size: int | None = None
) -> list[QuestionAnswer]:
    """What does this parameter mean? From lists of two to four parameters, as NumPy,
    Google and Sphinx write them. Arguments as in `classification`.

    Returns: a list of `QuestionAnswer`.
    """
    return _first(_question_answering, split, size)


def summarisation(split: Split = "train", size: int | None = None) -> list[Summary]:
    """From the body to the first line, which sums it up (PEP 257). Arguments as in
    `classification`.

    Returns: a list of `Summary`.
    """
    return _first(_summarisation, split, size)


@cache
def _summarised(split: Split) -> list[tuple[Docstring, str, str]]:
    """(docstring, first line, body) where both are there."""
    found = []
    for doc in docs(split):
        line, *rest = prose(doc) or [""]
        body = shorten(" ".join(rest), EXCERPT)
        fits = 20 <= len(line) <= LINE and "\n" not in line and " " in line
        if fits and len(body) >= 60 and line.rstrip(".") not in body:
            found.append((doc, line, body))
    return found


@cache
def _lines_of_all() -> Counter[str]:
    """How often each first line occurs in the corpus, its own name blanked."""
    return Counter(
        blank(line, doc.name) for split in SPLITS for doc, line, _ in _summarised(split)
    )


def _blanked(split: Split) -> dict[str, list[tuple[str, str, str]]]:
    """(name, line, body) by package, names blanked; lines that occur twice left out."""
    groups: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for doc, line, body in _summarised(split):
        line, body = blank(line, doc.name), blank(body, doc.name)
        if _lines_of_all()[line] == 1:
            groups[doc.package].append((doc.name, line, body))
    return groups


# ---- the tasks


@cache
def _classification(split: Split) -> list[Classification]:
    groups: dict[str, list[Classification]] = {}
    for label, package in enumerate(PACKAGES):
        made = (
            Classification(
                shorten(blank_packages(" ".join(prose(doc))), EXCERPT),
                label,
                (doc.name,),
            )
            for doc in docs(split, package)
        )
        groups[package] = [example for example in made if len(example.text) >= 60]
    each = min(map(len, groups.values()))
    return _shuffled([e for group in groups.values() for e in group[:each]])


@cache
def _entailment(split: Split) -> list[Entailment]:
    examples = []
    for (name, line, body), (other, false, _) in _mixed(_blanked(split)):
        examples.append(Entailment(body, line, 1, (name,)))
        examples.append(Entailment(body, false, 0, (name, other)))
    return _shuffled(examples)


@cache
def _similarity(split: Split) -> list[Similarity]:
    groups: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for doc in docs(split):
        text = " ".join(blank(" ".join(prose(doc)), doc.name).split())
        if len(text) >= 2 * HALF:
            start, end = shorten(text, HALF), text[-HALF:].partition(" ")[2]
            groups[doc.package].append((doc.name, start, end))
    examples = []
    for (name, start, end), (other, _, far) in _mixed(groups):
        for second, label, sources in ((end, 1, (name,)), (far, 0, (name, other))):
            pair = [start, second]
            if draw(f"order {start} {second}") < 0.5:
                pair.reverse()
            examples.append(Similarity(pair[0], pair[1], label, sources))
    return _shuffled(examples)


@cache
def _multiple_choice(split: Split) -> list[MultipleChoice]:
    examples = []
    for rows in _blanked(split).values():
        for place, (row, *others) in enumerate(_with_next(rows, *range(1, CHOICES))):
            label = place % CHOICES  # the corpus' order is shuffled: no pattern
            choices = [line for _, line, _ in others]
            choices.insert(label, row[1])
            names = (row[0], *(name for name, _, _ in others))
            examples.append(MultipleChoice(row[2], tuple(choices), label, names))
    return _shuffled(examples)


@cache
def _question_answering(split: Split) -> list[QuestionAnswer]:
    examples = []
    for doc in docs(split):
        listed = [e for e in entries(doc) if 10 <= len(e[2]) <= LINE][:CHOICES]
        context = "\n".join(f"{head} {answer}" for _, head, answer in listed)
        if len(listed) < 2 or len(context) > 2 * EXCERPT:
            continue
        name, _, answer = listed[int(draw(f"question {doc.name}") * len(listed))]
        question = f"What does `{name}` mean?"
        examples.append(QuestionAnswer(context, question, answer, (doc.name,)))
    return _shuffled(examples)


@cache
def _summarisation(split: Split) -> list[Summary]:
    return _shuffled(
        [Summary(body, line, (doc.name,)) for doc, line, body in _summarised(split)]
    )


def _mixed(groups: dict[str, list[Row]]) -> Iterator[tuple[Row, ...]]:
    """Yield rows, as many of each package, each with one of another package."""
    columns = [groups[package] for package in PACKAGES]
    return _with_next([row for rows in zip(*columns) for row in rows], 1)  # noqa: B905


def _with_next(rows: Sequence[Row], *steps: int) -> Iterator[tuple[Row, ...]]:
    """Yield each row with those that come some steps later, around the end."""
    for place in range(len(rows)):
        yield tuple(rows[(place + step) % len(rows)] for step in (0, *steps))


def _shuffled(examples: list[Example]) -> list[Example]:
    return sorted(examples, key=lambda example: draw(repr(example)))


def _first(
    make: Callable[[Split], list[Example]], split: Split, size: int | None
) -> list[Example]:
    check_choice("split", split, SPLITS)
    examples = make(split)
    if size is not None and not 0 < size <= len(examples):
        raise ValueError(f"size is {size}; {split} has 1 to {len(examples)} examples")
    return examples[:size]
