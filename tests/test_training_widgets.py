"""The Python side of chapter 11's figures: what they accept, refuse and keep."""

import json
import math

import numpy as np
import pytest

from classroom.widgets import ScheduleExplorer, TrainingScrubber, source

EVEN = [[0.5, 0.5], [1.0, 0.0], [0.25, 0.75]]


def scrubber(**changes):
    given = {
        "losses": [3.0, 2.0, 1.0, 0.5],
        "steps": [1, 4],
        "source": ["twenty", "one"],
        "target": ["ein", "und", "zwanzig"],
        "weights": [EVEN, EVEN],
    }
    return TrainingScrubber(**given | changes)


def test_data_is_what_the_javascript_reads():
    data = ScheduleExplorer(5000, "cosine", 64, 500, 2e-3).data()
    assert data["steps"] == 5000 and data["kind"] == "cosine" and data["d_model"] == 64
    assert data["warmup"] == 500 and data["peak"] == 2e-3
    assert max(data["warmups"]) < 5000 and data["warmups"][0] == 0
    shown = scrubber(texts=["", "einundzwanzig"], expected=[(0, 1), (2, 0)])
    assert shown.data() == {
        "expected": [[0, 1], [2, 0]],
        "losses": [3.0, 2.0, 1.0, 0.5],
        "moment": 1,
        "source": ["twenty", "one"],
        "steps": [1, 4],
        "target": ["ein", "und", "zwanzig"],
        "texts": ["", "einundzwanzig"],
        "weights": [EVEN, EVEN],
    }


def test_arrays_are_welcome_and_shortened():
    third = np.full((3, 2), [1 / 3, 2 / 3])
    shown = scrubber(
        losses=np.array([1 / 3, 1 / 7]), steps=np.array([2]), weights=[third]
    )
    assert shown.losses == [0.333, 0.143] and shown.weights == [[[0.333, 0.667]] * 3]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (ScheduleExplorer, "ScheduleExplorer(noam, 100000 steps)"),
        (scrubber, "TrainingScrubber(4 steps, 2 maps of 3×2)"),
    ],
)
def test_what_a_notebook_stores_is_stable(make, text):
    one, two = make(), make()
    assert repr(one) == text
    assert json.dumps(one.data()) == json.dumps(two.data())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ScheduleExplorer(steps=10), "steps 10 is outside 1000 to 1000000"),
        (
            lambda: ScheduleExplorer(kind="step"),
            "kind 'step' is not among noam, cosine",
        ),
        (lambda: ScheduleExplorer(d_model=100), "d_model 100 is not among 64, 128"),
        (lambda: ScheduleExplorer(warmup=3), "warmup 3 is not among 0, 100"),
        (lambda: ScheduleExplorer(2000, warmup=4000), "warmup 4000 is not among"),
        (lambda: ScheduleExplorer(peak=1.0), "peak 1.0 is not among 0.0001"),
        (lambda: scrubber(losses=[1.0]), "1 losses; 2 to 20000"),
        (lambda: scrubber(losses=[1.0, math.nan, 1, 1]), r"losses\[1\] is nan"),
        (lambda: scrubber(steps=[], weights=[]), "0 steps; 1 to 60"),
        (lambda: scrubber(steps=[4, 1]), r"must increase within 1 to 4: \[4, 1\]"),
        (lambda: scrubber(steps=[0, 1]), "must increase within 1 to 4"),
        (lambda: scrubber(steps=[1, 5]), "must increase within 1 to 4"),
        (lambda: scrubber(weights=[EVEN]), "1 maps for 2 steps"),
        (lambda: scrubber(weights=[EVEN, EVEN[:2]]), "step 4: weights must be 3 rows"),
        (
            lambda: scrubber(weights=[EVEN, [*EVEN[:2], [0.5, 0.6]]]),
            "step 4: row 2 sums to 1.1",
        ),
        (lambda: scrubber(texts=["a"]), "1 texts for 2 steps"),
        (lambda: scrubber(expected=[(3, 0)]), r"\(3, 0\) is outside the map \(3, 2\)"),
    ],
)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", ["schedule", "scrubber"])
def test_the_source_is_a_module_without_network(name):
    esm, css = source(name)
    assert "export default" in esm and "import " not in esm
    assert "http" not in esm.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in css and f".um-{name}" in css
