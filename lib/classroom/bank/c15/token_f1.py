"""Chapter 15, write: how much of an answer's words is found."""

import re
from collections import Counter

from ...exercises.model import Exercise, Probe
from ._f1_mistakes import MISTAKES

QUESTION = """
A question is answered in words, and there is one right answer to compare with. Exact
match is harsh; the **token F1** counts the words that both have: precision is their
share of the prediction, recall their share of the right answer, and F1 the harmonic
mean of the two, 2PR / (P + R). A word that comes twice in one and three times in the
other is shared twice. Words are what white space separates; no
punctuation occurs, and capitals do not matter.

- `prediction`, `answer`: texts
- returns F1, a number from 0 to 1; two empty texts agree (1.0), one empty text shares
  nothing (0.0)
"""

STUB = """
def token_f1(prediction, answer):
    raise NotImplementedError
"""


def token_f1(prediction, answer):
    said, right = prediction.lower().split(), answer.lower().split()
    if not said and not right:
        return 1.0
    shared = sum(min(said.count(word), right.count(word)) for word in set(said))
    # 2PR / (P + R) with P = shared / said and R = shared / right
    return 2 * shared / (len(said) + len(right))


def by_the_book(prediction, answer):
    said, right = prediction.casefold().split(), answer.casefold().split()
    if not (said and right):
        return float(said == right)
    shared = (Counter(said) & Counter(right)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(said), shared / len(right)
    return 2 * precision * recall / (precision + recall)


def crossing_off(prediction, answer):
    left, shared = answer.lower().split(), 0
    length = len(left) + len(prediction.split())
    for word in prediction.lower().split():
        if word in left:
            left.remove(word)
            shared += 1
    return 2 * shared / length if length else 1


def as_in_the_library(prediction, answer):
    said, right = (re.findall(r"\w+", t.lower()) for t in (prediction, answer))
    if not said or not right:
        return float(said == right)
    return 2 * (Counter(said) & Counter(right)).total() / (len(said) + len(right))


SHARED = (
    ("the shape of the array and its type", "shape of array"),
    ("a list of names", "the list of all names"),
    ("a copy", "return a copy of it"),
)


def each(function, *pairs):
    """The F1 of several pairs of texts."""
    return [function(*pair) for pair in pairs]


def setting(prediction, answer):
    return lambda: (prediction, answer)


EXERCISE = Exercise(
    id="token-f1",
    chapter=15,
    kind="write",
    title="The F1 of an answer",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="token_f1",
    stub=STUB,
    reference=token_f1,
    accepts=(by_the_book, crossing_off, as_in_the_library),
    proves="Words are counted as often as both have them, what is said too much and "
    "what is missing both cost something, and nothing divides by zero.",
    probes=(
        Probe(
            "some shared",
            lambda: SHARED,
            each,
            "“the shape of the array and its type” shares three words with “shape "
            "of array”",
        ),
        Probe(
            "said too little",
            setting("the axis", "the last axis of each input array"),
            says="“the axis” has all its words in “the last axis of each input array”, "
            "and leaves five out",
        ),
        Probe(
            "another order",
            setting("an array or a list", "a list or an array"),
            says="The order of the words does not matter",
        ),
        Probe(
            "a word twice",
            setting("the the the end", "the end of the long line"),
            says="“the the the end” and “the end of the long line” share “the” twice",
        ),
        Probe(
            "wanted twice",
            setting("the end", "the end of the long line"),
            says="“the end” and “the end of the long line” share “the” once",
        ),
        Probe(
            "capitals",
            setting("None or Zero", "none"),
            says="“None” and “none” are one word",
        ),
        Probe(
            "capitals asked for",
            setting("none", "None or Zero"),
            says="Capitals of the right answer do not matter either",
        ),
        Probe(
            "part of a word",
            setting("art or ray", "heart of arrays"),
            says="“art” is not a word of “heart of arrays”",
        ),
        Probe("nothing said", setting("", "a list"), says="An empty prediction gets 0"),
        Probe(
            "nothing asked",
            setting("a list", ""),
            says="Words where there should be none get 0",
        ),
        Probe("both empty", setting("", ""), says="Two empty texts agree"),
        Probe(
            "wide spaces",
            setting("a  list", "a list"),
            says="Two spaces are white space like one",
        ),
    ),
    mistakes=MISTAKES,
)
