"""The Python side of chapter 15's figure: what it accepts, refuses and keeps."""

import json

import pytest

from classroom.widgets import InputBuilder, source

TASKS = ["classification", "entailment", "similarity", "multiple choice"]


def test_data_is_what_the_javascript_reads():
    shown = InputBuilder({"entailment": ["a b", "c"]}, "entailment", 9, "left")
    data = shown.data()
    assert sorted(data) == ["lengths", "max_len", "others", "side", "task", "texts"]
    assert data["texts"]["entailment"] == ["a b", "c"]
    assert (data["task"], data["max_len"], data["side"]) == ("entailment", 9, "left")
    assert data["lengths"] == [8, 48]


def test_every_task_has_texts_and_a_neighbour_in_the_batch():
    data = InputBuilder().data()
    assert list(data["texts"]) == list(data["others"]) == TASKS
    for task in TASKS[:3]:
        assert len(data["texts"][task]) == len(data["others"][task])
    assert len(data["texts"]["multiple choice"]) == 6


def test_texts_that_are_given_leave_the_others_alone():
    usual = InputBuilder().texts
    shown = InputBuilder({"classification": "one text"})
    assert shown.texts == usual | {"classification": ["one text"]}
    assert InputBuilder().texts == usual


@pytest.mark.parametrize("answers", [2, 5])
def test_the_number_of_answers_is_free_within_bounds(answers):
    texts = ["context", "question", *"abcde"[:answers]]
    shown = InputBuilder({"multiple choice": texts}, "multiple choice")
    assert shown.texts["multiple choice"] == texts
    assert repr(shown) == f"InputBuilder(multiple choice, {answers + 2} texts)"


def test_what_a_notebook_stores_is_stable():
    assert repr(InputBuilder()) == "InputBuilder(classification, 1 texts)"
    assert json.dumps(InputBuilder().data()) == json.dumps(InputBuilder().data())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "translation"}, "no task 'translation'; there are classification"),
        ({"texts": {"translation": ["a"]}}, "no task 'translation'"),
        ({"texts": {"classification": ["a", "b"]}}, "has 1 texts, and there are 2"),
        ({"texts": {"similarity": ["a"]}}, "has 2 texts, and there are 1"),
        ({"texts": {"multiple choice": ["a", "b", "c"]}}, "2 to 5 answers .* 3 texts"),
        ({"texts": {"multiple choice": ["a"] * 8}}, "2 to 5 answers .* 8 texts"),
        (
            {"texts": {"entailment": ["a", "b" * 301]}},
            "text 1 has 301 letters",
        ),
        ({"max_len": 7}, "max_len 7 is outside 8 to 48"),
        ({"max_len": 49}, "max_len 49 is outside 8 to 48"),
        ({"side": "both"}, "side is 'right' or 'left', not 'both'"),
    ],
)
def test_bad_input_is_refused_at_the_door(arguments, message):
    with pytest.raises(ValueError, match=message):
        InputBuilder(**arguments)


def test_source_is_one_module_that_never_parses_data_as_html():
    esm, css = source("inputs")
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
