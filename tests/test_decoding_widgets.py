"""The Python side of chapter 12's figure, and the record of a search that it shows."""

import json
import math

import pytest
import torch

from classroom.recording import recorded_search
from classroom.widgets import BeamTree, source
from unmasked.decoding import search

EOS = 0
STEPS = [
    [
        {"parent": -1, "token": "to", "log_prob": -0.5, "state": "kept"},
        {"parent": -1, "token": "⟨end⟩", "log_prob": -0.7, "state": "ended"},
        {"parent": -1, "token": "so", "log_prob": -2.0, "state": "cut"},
    ],
    [{"parent": 0, "token": "⟨end⟩", "log_prob": -1.234567, "state": "ended"}],
]


def changed(n, i, **values):
    steps = [[dict(way) for way in ways] for ways in STEPS]
    steps[n][i] |= values
    return steps


def test_data_is_what_the_javascript_reads():
    data = BeamTree(STEPS, "für", alpha=1, step=2).data()
    rounded = changed(1, 0, log_prob=-1.2346)
    assert data == {"alpha": 1.0, "step": 2, "steps": rounded, "title": "für"}
    assert json.dumps(data) == json.dumps(BeamTree(STEPS, "für", 1, 2).data())
    assert repr(BeamTree(STEPS)) == "BeamTree(2 steps, 2 ended)"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "0 steps; 1 to 64"),
        ([[]], r"steps\[0\] has 0 ways"),
        (changed(0, 0, parent=0), "parent 0 in the first step"),
        (changed(1, 0, parent=1), r"parent 1 is none of the kept \[0\]"),
        (changed(0, 0, token=""), r"steps\[0\]\[0\] has an empty token"),
        (changed(0, 0, state="alive"), "state 'alive' is none of"),
        (changed(0, 0, log_prob=0.2), r"log_prob 0.2 is above 0.0"),
        (changed(1, 0, log_prob=-0.4), r"log_prob -0.4 is above -0.5"),
        (changed(0, 0, log_prob=math.nan), "nan"),
        (changed(0, 1, state="cut")[:1], "no hypothesis ended"),
    ],
)
def test_what_it_refuses(steps, message):
    with pytest.raises(ValueError, match=message):
        BeamTree(steps)


@pytest.mark.parametrize(("name", "value"), [("alpha", 2.1), ("step", 3), ("step", -1)])
def test_starts_outside_the_sliders(name, value):
    with pytest.raises(ValueError, match=f"{name} {value} is outside"):
        BeamTree(STEPS, **{name: value})


def test_source_is_joined():
    esm, css = source("beams")
    assert "export default" in esm and "const html" in esm and ".um-beams" in css


def table(ids, parents):
    rows = []
    for row in ids.tolist():
        g = torch.Generator().manual_seed(sum(7**n * t for n, t in enumerate(row)))
        rows.append(2 * torch.randn(7, generator=g))
    return torch.stack(rows)


@pytest.mark.parametrize("max_len", [3, 9])
@pytest.mark.parametrize("start", [1, 2, 3])
def test_the_record_is_the_search(start, max_len):
    """What the record says ended is what search returns, with the same numbers."""
    steps, found = recorded_search(table, [start], EOS, max_len, str, 4, 0.6)
    again = search(table, torch.tensor([[start]]), EOS, max_len, 4, 0.6, n_best=4)
    assert found == again[0]

    def path(n, i):
        way = steps[n][i]
        before = () if n == 0 else path(n - 1, way["parent"])
        return (*before, int(way["token"]))

    ended = {
        path(n, i): way["log_prob"]
        for n, ways in enumerate(steps)
        for i, way in enumerate(ways)
        if way["state"] == "ended"
    }
    for h in found:
        assert ended[h.ids] == pytest.approx(h.log_prob)
    for ways in steps:
        values = [way["log_prob"] for way in ways]
        assert values == sorted(values, reverse=True)
        states = [way["state"] for way in ways]
        assert states[4:] == ["cut"] * len(states[4:]) and "cut" not in states[:4]
    assert BeamTree(steps, step=len(steps)).step == len(steps)
