"""The Python side of Part II's figures: what they accept, refuse and keep."""

import json
import math

import numpy as np
import pytest

from classroom.widgets import HeadViewer, MaskPlayground, QueryAmongKeys, source

KEYS = [[1.0, 0.2], [-0.2, 1.0]]


def among(**changes):
    given = {"keys": KEYS, "labels": ["cow", "hen"], "values": [4, 2]}
    return QueryAmongKeys(**given | changes)


def viewer(**changes):
    given = {"tokens": ["a", "b"], "weights": [[[1, 0], [0.5, 0.5]]]}
    return HeadViewer(**given | changes)


def playground(**changes):
    given = {"tokens": ["a", "b"], "scores": [[0, 1], [2, -3]]}
    return MaskPlayground(**given | changes)


def test_data_is_what_the_javascript_reads():
    assert among().data() == {
        "labels": ["cow", "hen"],
        "points": KEYS,
        "query": [0.8, 0.3],
        "temperature": 1.0,
        "values": [[4.0], [2.0]],
    }
    assert among(values=None).values == []
    assert viewer().data() == {
        "query_tokens": ["a", "b"],
        "tokens": ["a", "b"],
        "weights": [[[1.0, 0.0], [0.5, 0.5]]],
    }
    assert playground(padding={1}).data() == {
        "padding": [1],
        "scores": [[0.0, 1.0], [2.0, -3.0]],
        "tokens": ["a", "b"],
    }


def test_arrays_are_welcome_and_shortened():
    weights = np.array([[[1 / 3, 2 / 3]], [[0.0, 0.0]]])  # the second allows nothing
    shown = viewer(weights=weights, query_tokens=["q"])
    assert shown.weights == [[[0.3333, 0.6667]], [[0.0, 0.0]]]
    assert among(values=np.eye(2)).values == [[1.0, 0.0], [0.0, 1.0]]
    assert playground(scores=np.full((2, 2), 1 / 3)).scores == [[0.33, 0.33]] * 2


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (among, "QueryAmongKeys(2 keys, d_v = 1)"),
        (viewer, "HeadViewer(1 heads, 2×2)"),
        (playground, "MaskPlayground(2 tokens, 0 padded)"),
    ],
)
def test_what_a_notebook_stores_is_stable(make, text):
    one, two = make(), make()
    assert repr(one) == text
    assert json.dumps(one.data()) == json.dumps(two.data())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: among(keys=[]), "0 rows; 1 to 8"),
        (lambda: among(keys=[[1, 2, 3]] * 2), r"keys\[0\] has 3 numbers, not 2"),
        (lambda: among(keys=[[1, math.nan]] * 2), r"keys\[0\]\[1\] is nan"),
        (lambda: among(labels=["cow"]), "1 labels for 2 keys"),
        (lambda: among(labels=["cow", " "]), r"labels\[1\] is an empty text"),
        (lambda: among(values=[1]), "1 values for 2 keys"),
        (lambda: among(values=[[1], [1, 2]]), r"values\[1\] has 2 numbers, not 1"),
        (lambda: among(values=[[1] * 5] * 2), "5 numbers each"),
        (lambda: among(query=(1,)), r"query\[0\] has 1 numbers, not 2"),
        (lambda: among(temperature=0), "temperature 0 is outside 0.01 to 10"),
        (lambda: among(temperature=math.nan), "temperature nan"),
        (lambda: viewer(tokens=[]), "tokens is empty"),
        (lambda: viewer(weights=[]), "0 heads"),
        (lambda: viewer(query_tokens=["q"]), r"1 rows \(queries\) of 2 \(keys\)"),
        (lambda: viewer(weights=[[[1], [1]]]), r"of 2 \(keys\)"),
        (lambda: viewer(weights=[[[1, 0], [1, 0.1]]]), r"row 1 \('b'\) sums to 1.1"),
        (lambda: viewer(weights=[[[1.5, -0.5], [1, 0]]]), "not a finite number >= 0"),
        (lambda: playground(tokens=["a"], scores=[[0]]), "1 tokens; 2 to 8"),
        (lambda: playground(scores=[[0, 1]]), "1 rows for 2 tokens"),
        (lambda: playground(scores=[[0], [1]]), r"scores\[0\] has 1 numbers, not 2"),
        (lambda: playground(scores=[[0, math.inf]] * 2), "not a finite number"),
        (lambda: playground(padding=[2]), "padding position 2 is outside 0 to 1"),
    ],
)
def test_bad_input_is_refused_at_the_door(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", ["query", "heads", "masks"])
def test_source_is_one_module_that_never_parses_data_as_html(name):
    esm, css = source(name)
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
