"""Labelled data from the docs corpus: splits, labels, spans, and nothing given away."""

import re
from collections import Counter, defaultdict

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from classroom.corpora import docs, docstrings, sections, tasks
from classroom.corpora.splits import SPLITS
from classroom.corpora.store import PACKAGES

TASKS = {
    f.__name__: f
    for f in (
        tasks.classification,
        tasks.entailment,
        tasks.similarity,
        tasks.multiple_choice,
        tasks.question_answering,
        tasks.summarisation,
    )
}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


@each_task
def test_a_subject_lies_in_one_split(task):
    places = defaultdict(set)
    for split in SPLITS:
        names = {doc.name for doc in docs(split)}
        for example in task(split):
            assert set(example.sources) <= names
            for name in example.sources:
                places[docstrings.subject(name)].add(split)
    assert max(map(len, places.values())) == 1


@each_task
def test_enough_of_each_and_none_twice(task):
    sizes = {split: len(task(split)) for split in SPLITS}
    assert sizes["train"] > 1_300 and min(sizes.values()) >= 150
    everything = [example for split in SPLITS for example in task(split)]
    assert len(set(everything)) == len(everything)


@each_task
def test_the_order_is_fixed_and_looks_random(task):
    assert task("test", size=7) == task("test")[:7]
    order = [tasks.draw(repr(example)) for example in task("validation")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("name", "labels"),
    [("classification", 3), ("entailment", 2), ("similarity", 2)],
)
def test_as_many_of_each_label(name, labels):
    for split in SPLITS:
        counts = Counter(e.label for e in getattr(tasks, name)(split))
        assert set(counts) == set(range(labels)) and len(set(counts.values())) == 1


def test_the_right_choice_stands_in_each_place():
    for split in SPLITS:
        counts = Counter(example.label for example in tasks.multiple_choice(split))
        assert set(counts) == {0, 1, 2, 3}
        assert max(counts.values()) - min(counts.values()) <= len(PACKAGES)


def test_neither_half_of_a_pair_tells():
    for split in SPLITS:
        for part in ("premise", "hypothesis"):
            seen = defaultdict(list)
            for example in tasks.entailment(split):
                seen[getattr(example, part)].append(example.label)
            assert all(2 * sum(labels) == len(labels) for labels in seen.values())
        seen = defaultdict(list)
        for example in tasks.similarity(split):
            for text in (example.first, example.second):
                seen[text].append(example.label)
        assert all(2 * sum(labels) == len(labels) for labels in seen.values())
        lines = Counter(c for e in tasks.multiple_choice(split) for c in e.choices)
        right = Counter(e.choices[e.label] for e in tasks.multiple_choice(split))
        assert set(lines.values()) == {4} and set(right.values()) == {1}


def test_an_answer_is_a_span_beside_its_name():
    for split in SPLITS:
        for example in tasks.question_answering(split):
            name = example.question.removeprefix("What does `").removesuffix("` mean?")
            assert name.isidentifier() and example.answer in example.context
            rows = example.context.split("\n")
            assert 2 <= len(rows) <= 4
            assert any(
                re.match(rf"(:param (\w+ )?)?{name}\b", row)
                and row.endswith(f" {example.answer}")
                for row in rows
            )


def test_all_three_forms_of_parameters_are_read():
    contexts = [e.context for e in tasks.question_answering("train")]
    numpy = sum(bool(re.match(r"\w+ : ", text)) for text in contexts)
    google = sum(bool(re.match(r"\w+ ?(\(.*?\))?:", text)) for text in contexts)
    sphinx = sum(text.startswith(":param") for text in contexts)
    assert numpy > 300 and google > 300 and sphinx > 3


def test_package_names_are_blanked():
    given_away = re.compile(r"numpy|torch|matplotlib|pyplot|\bnp\.|\bplt\.", re.I)
    texts = [e.text for split in SPLITS for e in tasks.classification(split)]
    assert not [text for text in texts if given_away.search(text)]
    assert sum(sections.BLANK in text.split() for text in texts) > 50
    assert (
        sections.blank_packages("PyTorch's `np.ndarray`, torch_xla")
        == "_'s `_.ndarray`, _"
    )


def test_an_objects_name_is_blanked():
    assert sections.blank("See max_pool2d, MaxPool2d; pool", "torch.nn.MaxPool2d") == (
        "See _, _; pool"
    )
    assert (
        sections.blank("Make an Axes by __init__", "m.Axes.__init__")
        == "Make an _ by _"
    )
    for example in tasks.entailment("test"):
        last = example.sources[0].split(".")[-1]
        assert last not in re.findall(r"\w+", example.premise)
        if example.label:
            assert last not in re.findall(r"\w+", example.hypothesis)


def test_a_mismatch_comes_from_another_package():
    package = {doc.name: doc.package for split in SPLITS for doc in docs(split)}
    for task in (tasks.entailment, tasks.similarity):
        for example in task("validation"):
            packages = {package[name] for name in example.sources}
            assert len(packages) == (1 if example.label else 2)
    for example in tasks.multiple_choice("validation"):
        assert len({package[name] for name in example.sources}) == 1


def test_lengths():
    for example in tasks.summarisation("train"):
        assert 60 <= len(example.text) <= tasks.EXCERPT
        assert len(example.summary) <= tasks.LINE and "\n" not in example.summary
        assert example.summary not in example.text
    assert sections.shorten("one  two\nthree", 8) == "one two"


def bag_of_words(task, text, train):
    """Test accuracy of a linear model on weighted counts of words."""
    train, test = task("train", train), task("test")
    model = make_pipeline(
        TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True),
        LogisticRegression(C=10, max_iter=500),
    )
    model.fit([text(e) for e in train], [e.label for e in train])
    return model.score([text(e) for e in test], [e.label for e in test])


def test_a_bag_of_words_does_not_solve_it():
    score = bag_of_words(tasks.classification, lambda e: e.text, 2_000)
    assert 0.6 < score < 0.93  # chance is 1/3
    score = bag_of_words(
        tasks.entailment, lambda e: f"{e.premise} {e.hypothesis}", None
    )
    assert score < 0.65
    score = bag_of_words(tasks.similarity, lambda e: f"{e.first} {e.second}", None)
    assert score < 0.65


def test_refuses_what_is_not_there():
    with pytest.raises(ValueError, match="split is 'dev'"):
        tasks.entailment("dev")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"size is 0; test has 1 to \d+ examples"):
        tasks.similarity("test", 0)
    with pytest.raises(ValueError, match=r"size is 99999; validation has"):
        tasks.summarisation("validation", 99_999)
