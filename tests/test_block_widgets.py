"""The Python side of Part III's figures: what they accept, refuse and keep."""

import json
import math

import numpy as np
import pytest

from classroom.widgets import (
    BlockGradients,
    EmbeddingMap,
    MergeStepper,
    PositionHeatMap,
    source,
)

PLACES = [[0.0, 1.0], [2.0, -3.0], [1.5, 0.25]]
GRADIENTS = {
    f"{norm}/{path}/{depth}": [0.5] * depth
    for norm in ("post", "pre")
    for path in ("residual", "plain")
    for depth in (2, 4)
}


def stepper(**changes):
    given = {"words": ["low", "é", "low"], "merges": [(b"l", b"o"), (b"lo", b"w")]}
    return MergeStepper(**given | changes)


def wordmap(**changes):
    given = {"points": PLACES, "words": ["cow", "hen", "Kuh"]}
    return EmbeddingMap(**given | changes)


def gradients(changes=None, without=None):
    kept = {key: row for key, row in GRADIENTS.items() if key != without}
    return BlockGradients(kept | (changes or {}))


def test_data_is_what_the_javascript_reads():
    assert stepper(step=1).data() == {
        "in_bytes": True,
        "merges": [["6c", "6f"], ["6c6f", "77"]],
        "step": 1,
        "words": ["low", "é", "low"],
    }
    assert wordmap(
        groups=["en", "en", "de"], neighbours=[[2, 1], [0, 2], [0, 1]], word="Kuh"
    ).data() == {
        "groups": ["en", "en", "de"],
        "neighbours": [[2, 1], [0, 2], [0, 1]],
        "points": PLACES,
        "selected": 2,
        "words": ["cow", "hen", "Kuh"],
    }
    assert PositionHeatMap(16, 8, offset=3).data() == {
        "d_model": 8,
        "max_len": 16,
        "offset": 3,
        "pair": 0,
        "position": 0,
    }
    assert gradients().data() == {"depths": [2, 4], "norms": GRADIENTS}


def test_words_of_a_text_keep_the_space_in_front():
    text = stepper(words="the cat\nsat ", merges=[("t", "h"), ("th", "e")])
    assert text.words == ["the", " cat", "\nsat"]
    assert text.merges == [["t", "h"], ["th", "e"]] and not text.in_bytes


def test_arrays_are_welcome_and_shortened():
    shown = wordmap(points=np.full((3, 2), 1 / 3), neighbours=np.array([[1], [2], [0]]))
    assert shown.points == [[0.3333, 0.3333]] * 3
    assert shown.neighbours == [[1], [2], [0]] and shown.selected == -1
    norms = gradients({"pre/plain/2": np.array([0, 1 / 3])}).norms
    assert norms["pre/plain/2"] == [0.0, 0.333]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (stepper, "MergeStepper(2 words, 2 merges)"),
        (wordmap, "EmbeddingMap(3 words)"),
        (PositionHeatMap, "PositionHeatMap(64 positions, d_model = 32)"),
        (gradients, "BlockGradients(depths 2, 4)"),
    ],
)
def test_what_a_notebook_stores_is_stable(make, text):
    one, two = make(), make()
    assert repr(one) == text
    assert json.dumps(one.data()) == json.dumps(two.data())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stepper(words=[]), "0 different words; 1 to 200"),
        (lambda: stepper(words=" "), "0 different words"),
        (lambda: stepper(words=map(str, range(201))), "201 different words"),
        (lambda: stepper(words=["a", ""]), r"words\[1\] is empty"),
        (lambda: stepper(merges=[]), "0 merges; 1 to 2000"),
        (lambda: stepper(merges=[(b"l", b"")]), r"merges\[0\] has an empty part"),
        (lambda: stepper(merges=[(b"l",)]), r"merges\[0\] has 1 parts, not 2"),
        (lambda: stepper(merges=[(b"l", "o")]), r"merges\[0\] mixes bytes and text"),
        (
            lambda: stepper(merges=[("l", "o"), (b"o", b"w")]),
            r"merges\[1\] mixes bytes",
        ),
        (
            lambda: stepper(merges=[(b"lo", b"w"), (b"l", b"o")]),
            r"merges\[0\]: no earlier merge makes b'lo'",
        ),
        (lambda: stepper(step=3), "step 3 is outside 0 to 2"),
        (lambda: wordmap(points=[1, 2, 3]), r"shape \(3,\), not \(n, 2\)"),
        (lambda: wordmap(points=np.zeros((3, 3))), r"shape \(3, 3\)"),
        (lambda: wordmap(points=np.zeros((0, 2))), "0 points; 1 to 2000"),
        (lambda: wordmap(points=[*PLACES[:2], [1, math.nan]]), r"points\[2\]"),
        (lambda: wordmap(words=["cow"]), "1 words for 3 points"),
        (lambda: wordmap(words=["cow", " ", "hen"]), r"words\[1\] is an empty text"),
        (lambda: wordmap(groups=["en"]), "1 groups for 3 points"),
        (lambda: wordmap(neighbours=[[1]]), "1 rows for 3 words"),
        (lambda: wordmap(neighbours=[[3], [0], [0]]), r"\[0\]: 3 is outside 0 to 2"),
        (lambda: wordmap(neighbours=[[1], [1], [0]]), r"\[1\] names the word itself"),
        (lambda: wordmap(word="pig"), "word 'pig' is not among"),
        (lambda: PositionHeatMap(1), "max_len 1 is outside 2 to 128"),
        (lambda: PositionHeatMap(64, 130), "d_model 130 is outside"),
        (lambda: PositionHeatMap(64, 33), "d_model 33 is odd"),
        (lambda: PositionHeatMap(8, 4, position=8), "position 8 is outside 0 to 7"),
        (lambda: PositionHeatMap(8, 4, pair=2), "pair 2 is outside 0 to 1"),
        (lambda: PositionHeatMap(8, 4, offset=-1), "offset -1 is outside 0 to 7"),
        (lambda: BlockGradients({}), "data is empty"),
        (lambda: gradients(without="pre/plain/4"), "lacks 'pre/plain/4'"),
        (lambda: gradients({"pre/plain": [1]}), "the key 'pre/plain', which is not"),
        (lambda: gradients({"mid/plain/2": [1, 1]}), "the key 'mid/plain/2'"),
        (lambda: gradients({"pre/plain/x": [1]}), "the key 'pre/plain/x'"),
        (lambda: gradients({"pre/plain/2/1": [1]}), "the key 'pre/plain/2/1'"),
        (lambda: gradients({"pre/plain/0": []}), "depth 0 has no layer"),
        (lambda: gradients({"pre/plain/2": [1]}), "has 1 norms, not 2"),
        (lambda: gradients({"pre/plain/2": [1, -1]}), "not a finite number >= 0"),
        (lambda: gradients({"pre/plain/2": [1, math.inf]}), "not a finite number"),
        (
            lambda: BlockGradients(
                {key: [0] * len(GRADIENTS[key]) for key in GRADIENTS}
            ),
            "no norm above 0",
        ),
    ],
)
def test_bad_input_is_refused_at_the_door(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_too_many_groups_and_parts_of_another_type():
    nine = [str(n) for n in range(9)]
    with pytest.raises(ValueError, match="9 groups; 8 can be drawn"):
        EmbeddingMap(np.zeros((9, 2)), nine, groups=nine)
    with pytest.raises(TypeError, match=r"merges\[0\]: 5 is neither bytes nor str"):
        stepper(merges=[(5, b"a")])


@pytest.mark.parametrize("name", ["merges", "words", "positions", "layers"])
def test_source_is_one_module_that_never_parses_data_as_html(name):
    esm, css = source(name)
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
