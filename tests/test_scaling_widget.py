"""The Python side of chapter 17's figure: what it accepts, refuses and keeps."""

import json

import pytest

from classroom.widgets import CostCalculator, source


def test_data_is_what_the_javascript_reads():
    data = CostCalculator(
        48, 1600, 1024, 50257, 1e10, 8, True, 1000, 0.4, 141, 4
    ).data()
    assert (data["layers"], data["width"], data["context"]) == (48, 1600, 1024)
    assert (data["vocabulary"], data["tokens"], data["devices"]) == (50257, 1e10, 8)
    assert (data["sharded"], data["rate"], data["share"]) == (True, 1000, 0.4)
    assert (data["memory"], data["price"]) == (141, 4)
    for name, values in data["values"].items():
        assert data[name] in values and values == sorted(set(values)), name


def test_every_model_can_be_chosen():
    shown = CostCalculator()
    names = ("layers", "width", "context", "vocabulary", "tokens")
    for _, *sizes in shown.models:
        CostCalculator(**dict(zip(names, sizes, strict=True)))
    start = [shown.layers, shown.width, shown.context, shown.vocabulary, shown.tokens]
    assert ["GPT-1", *start] in shown.models


def test_what_a_notebook_stores_is_stable():
    one, two = CostCalculator(), CostCalculator()
    assert repr(one) == "CostCalculator(12 layers, width 768)"
    assert json.dumps(one.data()) == json.dumps(two.data())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 13}, "layers 13 is not among 1, 2, 4"),
        ({"width": 100}, "width 100 is not among 64, 128"),
        ({"tokens": 3e9}, "tokens 3000000000.0 is not among"),
        ({"share": 0.9}, "share 0.9 is not among 0.05, 0.1"),
        ({"devices": 3}, "devices 3 is not among 1, 2, 4"),
        ({"memory": 5}, "memory 5 is not among 8, 16"),
        ({"price": 7}, "price 7 is not among 0.1"),
    ],
)
def test_what_cannot_be_shown_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        CostCalculator(**changes)


def test_the_source_is_a_module_without_network():
    esm, css = source("costs")
    assert "export default" in esm and "import " not in esm
    assert "http" not in esm.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in css and ".um-costs" in css
