"""The Python side of chapter 18's figure: what it accepts, refuses and keeps."""

import json
import math

import pytest

from classroom.widgets import RotaryDial, source


def dial(**changes):
    given = {"query": [1.0, 2.0, 0.5, -1.0], "key": [0.0, 1.0, 2.0, 2.0]}
    return RotaryDial(**given | changes)


def test_data_is_what_the_javascript_reads():
    assert dial(base=16, length=20).data() == {
        "key": [0.0, 1.0, 2.0, 2.0],
        "key_position": 5,
        "length": 20,
        "query": [1.0, 2.0, 0.5, -1.0],
        "query_position": 9,
        "speeds": [1.0, 0.25],
    }


def test_what_a_notebook_stores_is_stable():
    assert repr(dial()) == "RotaryDial(2 pairs, 48 positions)"
    assert json.dumps(dial().data()) == json.dumps(dial().data())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query": [1.0, 2.0]}, "2 and 4"),
        ({"query": [1.0] * 3, "key": [1.0] * 3}, "even number"),
        ({"query": [1.0] * 14, "key": [1.0] * 14}, "14 and 14"),
        ({"query": [math.nan, 1, 1, 1]}, "a feature is nan"),
        ({"key": [11.0, 1, 1, 1]}, "a feature is 11.0"),
        ({"base": 0.5}, "base is 0.5"),
        ({"base": math.nan}, "base is nan"),
        ({"length": 1}, "length is 1"),
        ({"length": 8}, "query_position is 9: not from 0 to 7"),
        ({"key_position": -1}, "key_position is -1"),
    ],
)
def test_bad_input_is_refused_at_the_door(changes, message):
    with pytest.raises(ValueError, match=message):
        dial(**changes)


def test_source_is_one_module_that_never_parses_data_as_html():
    esm, css = source("rotary")
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
