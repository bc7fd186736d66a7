"""The Python side of chapter 14's figure: what it accepts, refuses and keeps."""

import json
import math

import numpy as np
import pytest
import torch

from classroom.widgets import NextToken, likely_prefixes, source
from unmasked.decoding import filter_logits

VOCABULARY = [f" w{n}" for n in range(50)]
NOISE = np.random.default_rng(0).normal(size=(3, 50)) * 2


def explorer(**changes):
    prefixes = {(4, 1): NOISE[0], (4, 1, 7): NOISE[1], (9,): NOISE[2]}
    return NextToken(**{"prefixes": prefixes, "vocabulary": VOCABULARY} | changes)


def test_data_is_what_the_javascript_reads():
    logits = [0.0, 3.0, 1.0]
    assert NextToken({(2,): logits}, ["a", " b", "\n"], 0.7, 1, 0.9).data() == {
        "added": [],
        "nodes": {"2": {"ids": [1, 2, 0], "logits": [0, -2, -3], "rest": [0.0] * 20}},
        "start": 0,
        "starts": [[2]],
        "temperature": 0.7,
        "temperatures": [n / 10 for n in range(1, 21)],
        "texts": {"0": "a", "1": " b", "2": "\n"},
        "top_k": 1,
        "top_p": 0.9,
        "vocab_size": 3,
    }


def test_a_prefix_without_parent_is_a_start():
    shown = explorer()
    assert shown.starts == [[4, 1], [9]] and set(shown.nodes) == {"4,1", "4,1,7", "9"}


@pytest.mark.parametrize("n", [0, 6, 19])
def test_what_is_kept_gives_back_the_softmax_at_each_temperature(n):
    shown = explorer()
    node, temperature = shown.nodes["9"], shown.temperatures[n]
    weights = np.exp(np.array(node["logits"]) / temperature)
    shares = weights / (weights.sum() + node["rest"][n])
    logits = filter_logits(torch.tensor(NOISE[2]), temperature)
    wanted = logits.softmax(-1)[node["ids"]]
    np.testing.assert_allclose(shares, wanted, atol=1e-3)
    assert len(node["ids"]) == 40


def test_equal_logits_keep_the_order_of_their_ids():
    node = NextToken({(0,): [1.0, 2.0, 2.0, 1.0]}, list("abcd")).nodes["0"]
    assert node["ids"] == [1, 2, 0, 3]


def test_the_nearest_prefixes_are_those_of_an_exhaustive_search():
    table = torch.randn(5, 5, generator=torch.Generator().manual_seed(1))

    def after(prefix):
        return table[prefix[-1]]

    found = likely_prefixes(after, [[0], [3, 1]], n=12, ways=5)
    assert len(found) == 24 and next(iter(found)) == (0,) and (3, 1) in found
    below = (table.max(-1, keepdim=True).values - table).tolist()
    distance = {(0,): 0.0}
    for length in range(1, 6):
        for prefix in [key for key in distance if len(key) == length]:
            for token, step in enumerate(below[prefix[-1]]):
                distance[*prefix, token] = distance[prefix] + 0.5 + step
    nearest = sorted(distance, key=distance.__getitem__)[:12]
    assert [key for key in found if key[0] == 0] == nearest
    np.testing.assert_allclose(found[nearest[1]], table[nearest[1][-1]])
    assert NextToken(found, list("abcde")).starts == [[0], [3, 1]]


def test_what_a_notebook_stores_is_stable():
    assert repr(explorer()) == "NextToken(2 starts, 3 prefixes)"
    assert json.dumps(explorer().data()) == json.dumps(explorer().data())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prefixes": {}}, "0 prefixes; 1 to 1000"),
        ({"prefixes": {(): NOISE[0]}}, "a prefix is empty"),
        ({"prefixes": {(50,): NOISE[0]}}, "50 is outside 0 to 49"),
        ({"prefixes": {(1,): NOISE[0, :9]}}, r"shape \(9,\), not \(50,\)"),
        ({"prefixes": {(1,): NOISE}}, r"shape \(3, 50\)"),
        ({"prefixes": {(1,): [math.nan] * 50}}, r"prefix \(1,\): a logit is not"),
        ({"prefixes": {(1,): [-math.inf] * 50}}, "a logit is not finite"),
        ({"prefixes": {(n,): NOISE[0] for n in range(13)}}, "13 prefixes have no"),
        ({"vocabulary": ["", *VOCABULARY[1:]]}, r"vocabulary\[0\] is an empty text"),
        ({"temperature": 2.1}, "temperature 2.1 is outside 0 to 2"),
        ({"temperature": math.nan}, "temperature nan"),
        ({"top_k": 41}, "top_k 41 is outside 0 to 40"),
        ({"top_p": 0.0}, "top_p 0.0 is not above 0"),
        ({"top_p": 1.1}, "top_p 1.1"),
    ],
)
def test_bad_input_is_refused_at_the_door(changes, message):
    with pytest.raises(ValueError, match=message):
        explorer(**changes)


def test_source_is_one_module_that_never_parses_data_as_html():
    esm, css = source("nexttoken")
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
