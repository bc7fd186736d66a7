"""The Python side of the map of the model: its boxes are true of the code."""

import importlib
import json

import pytest

from classroom.widgets import Architecture, source
from classroom.widgets.architecture import BOXES, NAMES, SIZES


def test_what_a_notebook_stores_is_stable():
    one, two = Architecture(), Architecture()
    assert repr(one) == "Architecture(19 boxes, base)"
    assert json.dumps(one.data()) == json.dumps(two.data())
    assert set(one.data()) == {"boxes", "sizes", "model", "box"}
    assert one.sizes["base"] == dict(zip(NAMES, SIZES["base"], strict=True))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "huge"}, "model 'huge' is not one of speller, base, big"),
        ({"box": "gate"}, "box 'gate' is not one of source-ids"),
    ],
)
def test_bad_input_is_refused_at_the_door(given, message):
    with pytest.raises(ValueError, match=message):
        Architecture(**given)


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.id)
def test_a_box_names_what_exists(box):
    module, name = box.name.split(".")
    assert hasattr(importlib.import_module(f"unmasked.{module}"), name)
    assert set(box.shape.split(", ")) <= set(NAMES)
    assert box.section.startswith("§3") and 1 <= box.chapter <= 10
    assert all(text.strip() for text in (box.title, box.says, box.code))
    compile(box.code, box.id, "exec")


def test_boxes_stand_alone_and_the_sides_are_the_papers():
    assert len({box.id for box in BOXES}) == len(BOXES)
    assert len({(box.column, box.row) for box in BOXES}) == len(BOXES)
    titles = [[b.title for b in BOXES if b.column == side] for side in (0, 1)]
    assert titles[0].count("Add & norm") == 2 and titles[1].count("Add & norm") == 3
    assert [b.row for b in BOXES if b.column == 1] == list(range(11))


def test_source_is_one_module_that_never_parses_data_as_html():
    esm, css = source("architecture")
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
