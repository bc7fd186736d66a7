"""The widgets' Python side: what they accept, refuse and hand to the browser."""

import json
import math

import numpy as np
import pytest

from classroom.widgets import AlignmentMap, GradientExplorer, Question, source

SCALES = [0.5, 1.0, 1.5]
CURVES = {"tanh RNN": [[1.0, s, s * s] for s in SCALES]}
PAIR = {
    "source": ["two", "ten"],
    "target": ["zehn", "zwei", "."],
    "weights": [[0.1, 0.9], [0.75, 0.25], [0.5, 0.5]],
    "expected": [(0, 1), (1, 0)],
}
ASKED = {
    "identifier": "limit",
    "prompt": "What is `0.9 ** 40`?",
    "options": ["0.9", "0.015", "0"],
    "answer": 1,
    "explanations": ["One step only.", "Yes.", "Small is not zero."],
}


def explorer(**changes):
    return GradientExplorer(
        **{"scales": SCALES, "measured": CURVES, "distance": 2} | changes
    )


def alignment(**changes):
    return AlignmentMap([PAIR | changes])


def question(**changes):
    return Question(**ASKED | changes)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (explorer, "GradientExplorer(3 scales, tanh RNN)"),
        (alignment, "AlignmentMap(3×2)"),
        (question, "Question(limit: 3 options)"),
    ],
)
def test_what_a_notebook_stores_is_stable(make, text):
    one, two = make(), make()
    assert repr(one) == text
    assert one._repr_mimebundle_()[0]["text/plain"] == text
    assert json.dumps(one.data()) == json.dumps(two.data())
    assert one._esm == two._esm and one._css == two._css


def test_data_is_what_the_javascript_reads():
    assert explorer(scale=0.9).data() == {
        "distance": 2,
        "measured": CURVES,
        "scale": 1.0,
        "scales": SCALES,
    }
    assert question().data() == ASKED | {"kind": "predict", "chosen": -1}
    (example,) = alignment().data()["examples"]
    assert example["title"] == "Example 1"
    assert example["expected"] == [[0, 1], [1, 0]]


def test_arrays_are_welcome_and_shortened():
    norms = np.array([[1, 1 / 3, 0.0]] * 3)
    assert explorer(measured={"r": norms}).measured["r"][0] == [1.0, 0.333, 0.0]
    weights = np.array([[1 / 3, 2 / 3]] * 3)
    assert alignment(weights=weights).examples[0]["weights"][0] == [0.3333, 0.6667]
    assert explorer(measured=None, distance=100).measured == {}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explorer(scales=[1.0]), "two or more positive"),
        (lambda: explorer(scales=[0.5, 0.5, 1.0]), "increasing"),
        (lambda: explorer(scales=[0.5, math.nan, 1.0]), r"scales\[1\] is nan"),
        (lambda: explorer(measured={"r": [[1, 0.5]]}), "1 curves for 3 scales"),
        (lambda: explorer(measured={"r": [[1, -0.5]] * 3}), r"\['r'\]\[0\]\[1\] is -0"),
        (lambda: explorer(measured={"r": [[1, math.inf]] * 3}), "not a finite number"),
        (lambda: explorer(measured={"r": [[3, 0.5]] * 3}), "start with 1"),
        (lambda: explorer(measured={"r": [[1, 1], [1, 1], [1, 1, 1]]}), "differ"),
        (lambda: explorer(distance=3), "distance 3 is outside 1 to 2"),
        (lambda: AlignmentMap([]), "at least one"),
        (lambda: alignment(source=[]), "no source"),
        (lambda: alignment(weights=[[0.5, 0.5]] * 2), r"3 rows \(target\) of 2"),
        (lambda: alignment(weights=[[1.0]] * 3), r"3 rows \(target\) of 2"),
        (lambda: alignment(weights=[[1, 0], [1, 0.1], [1, 0]]), r"row 1 \('zwei'\)"),
        (lambda: alignment(weights=[[1.5, -0.5]] * 3), "not a finite number >= 0"),
        (lambda: alignment(expected=[(0, 2)]), r"cell \(0, 2\)"),
        (lambda: question(prompt=" "), "empty text"),
        (lambda: question(options=["a"], explanations=["b"]), "two or more"),
        (lambda: question(options=["a", "a", "b"]), "unlike"),
        (lambda: question(explanations=["b"]), "3 options but 1 explanations"),
        (lambda: question(answer=3), "answer 3"),
        (lambda: question(kind="riddle"), "'riddle'"),
    ],
)
def test_bad_input_is_refused_at_the_door(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_choice_can_be_observed():
    asked, seen = question(), []
    asked.observe(lambda change: seen.append(change["new"]), "chosen")
    asked.chosen = 2
    assert seen == [2]


@pytest.mark.parametrize("name", ["gradient", "alignment", "question"])
def test_source_is_one_module_that_never_parses_data_as_html(name):
    esm, css = source(name)
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css


def test_source_names_the_widgets_it_has():
    with pytest.raises(ValueError, match=r"there are alignment, .*, words"):
        source("common")
