"""What the tasks of chapter 15 give away without any reading: baselines.

Each function returns a table from a baseline's name to its score on the same examples
as the fine-tuned model's: trained on as many, tested on the same.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from classroom.finetuning import examples, graded

WORD = r"[a-zA-Z]+|[^\sa-zA-Z]"


def baselines(name: str, train: int | None, test: int | None) -> dict[str, float]:
    """Return the baselines of a task by name."""
    sets = examples(name, "train", train), examples(name, "test", test)
    match name:
        case "classification":
            return _labels(*sets) | {"bag of words": _bag(*sets, lambda e: e.text)}
        case "entailment":
            return _pairs(*sets, "premise", "hypothesis")
        case "similarity":
            return _pairs(*sets, "first", "second")
        case "multiple choice":
            return _choices(*sets)
        case "question answering":
            return _extracts(name, *sets, "answer", _lines, lambda e: e.question)
        case _:
            return _extracts(name, *sets, "summary", _sentences, lambda e: e.text)


def language_baselines(
    train: torch.Tensor, test: torch.Tensor, size: int, vocab_size: int
) -> dict[str, float]:
    """Bits per byte of how often tokens occur, and of which follows which.

    The bigram is mixed with the unigram: 5 more of each pair, shared out as the second
    token occurs.
    """
    counts = torch.bincount(train, minlength=vocab_size).double() + 0.1
    unigram = counts / counts.sum()
    pairs = Counter(zip(train[:-1].tolist(), train[1:].tolist(), strict=True))
    firsts = Counter(train[:-1].tolist())
    bits = {"unigram": 0.0, "bigram": 0.0}
    for a, b in zip(test[:-1].tolist(), test[1:].tolist(), strict=True):
        alone = unigram[b].item()
        bits["unigram"] -= math.log2(alone)
        bits["bigram"] -= math.log2((pairs[a, b] + 5 * alone) / (firsts[a] + 5))
    return {name: total / size for name, total in bits.items()}


def _labels(train: Sequence, test: Sequence) -> dict[str, float]:
    [(most, _)] = Counter(e.label for e in train).most_common(1)
    return {"majority": sum(e.label == most for e in test) / len(test)}


def _classifier():
    return make_pipeline(
        TfidfVectorizer(token_pattern=WORD, sublinear_tf=True),
        LogisticRegression(C=10, max_iter=1_000),
    )


def _bag(train: Sequence, test: Sequence, text: Callable) -> float:
    model = _classifier().fit([text(e) for e in train], [e.label for e in train])
    return float(model.score([text(e) for e in test], [e.label for e in test]))


def _overlap(
    train: Sequence[str],
) -> Callable[[Sequence[str], Sequence[str]], np.ndarray]:
    """Return the cosine of rows of texts, words weighted by how rare they are."""
    words = TfidfVectorizer(token_pattern=r"[a-zA-Z]+", sublinear_tf=True).fit(train)

    def cosine(first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        both = words.transform(first).multiply(words.transform(second))
        return np.asarray(both.sum(axis=1)).ravel()

    return cosine


def _pairs(train: Sequence, test: Sequence, one: str, two: str) -> dict[str, float]:
    def sides(found: Sequence) -> tuple[list[str], list[str]]:
        return [getattr(e, one) for e in found], [getattr(e, two) for e in found]

    first, second = sides(train)
    cosine = _overlap(first + second)
    overlaps, labels = cosine(first, second), np.array([e.label for e in train])
    threshold = max(
        np.quantile(overlaps, np.linspace(0, 1, 101)),
        key=lambda value: ((overlaps > value) == labels).mean(),
    )
    right = (cosine(*sides(test)) > threshold) == np.array([e.label for e in test])
    return _labels(train, test) | {
        "bag of words": _bag(
            train, test, lambda e: f"{getattr(e, one)}\n{getattr(e, two)}"
        ),
        "word overlap": float(right.mean()),
    }


def _choices(train: Sequence, test: Sequence) -> dict[str, float]:
    def pairs(found: Sequence) -> tuple[list[str], list[str], list[bool]]:
        rows = [
            (e.context, choice, place == e.label)
            for e in found
            for place, choice in enumerate(e.choices)
        ]
        contexts, choices, right = zip(*rows, strict=True)
        return list(contexts), list(choices), list(right)

    contexts, choices, right = pairs(train)
    joined = [f"{a}\n{b}" for a, b in zip(contexts, choices, strict=True)]
    model, cosine = _classifier().fit(joined, right), _overlap(contexts + choices)
    contexts, choices, _ = pairs(test)
    joined = [f"{a}\n{b}" for a, b in zip(contexts, choices, strict=True)]
    labels = np.array([e.label for e in test])

    def score(values: np.ndarray) -> float:
        best = values.reshape(len(test), -1).argmax(axis=1)
        return float((best == labels).mean())

    return _labels(train, test) | {
        "bag of words": score(model.predict_proba(joined)[:, 1]),
        "word overlap": score(cosine(contexts, choices)),
    }


def _lines(e) -> list[str]:
    """What is said of each parameter: its line without the name."""
    return [re.sub(r"^(:param )?\w+", "", line) for line in e.context.split("\n")]


def _sentences(e) -> list[str]:
    return re.split(r"(?<=[.;:]) +", e.text)


def _extracts(
    name: str,
    train: Sequence,
    test: Sequence,
    wanted: str,
    parts: Callable,
    asked: Callable,
) -> dict[str, float]:
    """Answers that are copied: the commonest, the first part, the most alike part."""
    [(common, _)] = Counter(getattr(e, wanted) for e in train).most_common(1)
    cosine = _overlap([asked(e) for e in train] + [getattr(e, wanted) for e in train])

    def alike(e) -> str:
        whole = e.context.split("\n") if name == "question answering" else parts(e)
        best = int(cosine(whole, [asked(e)] * len(whole)).argmax())
        return parts(e)[best]

    answers = {
        "majority": [common] * len(test),
        "first line" if name == "question answering" else "first sentence": [
            parts(e)[0] for e in test
        ],
        "bag of words": [alike(e) for e in test],
    }
    return {
        kind: next(iter(graded(name, texts, test).values()))
        for kind, texts in answers.items()
    }
