"""The Python side of chapter 13's figures: what they accept, refuse and keep."""

import json
import math
from base64 import b64decode

import numpy as np
import pytest
import torch

from classroom.widgets import FillMask, HeadBrowser, fill_each, source

TOKENS = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s"]
TABLE = np.random.default_rng(0).normal(size=(8, 8)) * 2
TEXT = [1, 4, 5, 7, 2]
ATTENTION = np.random.default_rng(1).dirichlet([0.5] * 4, size=(2, 3, 4))  # (2,3,4,4)
GUESS = {"tokens": ["cat", "the"], "shares": [0.6, 0.2], "share": 0.1, "rank": 3}


def neighbours(rows):
    """Logits of a token from its two neighbours; its own id does not count."""
    ids = torch.tensor(rows)
    table = torch.tensor(TABLE, requires_grad=True)
    return table[ids.roll(1, 1)] + table[ids.roll(-1, 1)]


def each(**changes):
    given = {"mlm_logits": neighbours, "ids": TEXT, "tokens": TOKENS, "mask_id": 3}
    return fill_each(**given | {"special_ids": (1, 2)} | changes)


def fill(**changes):
    given = {"texts": [["[CLS]", "a", "cat"]], "guesses": {"ours": [[None, GUESS] * 2]}}
    given["guesses"] = {"ours": [[None, GUESS, GUESS]]}
    return FillMask(**given | changes)


def browser(**changes):
    given = {"texts": [["a", "b", "c", "d"]], "attention": [ATTENTION]}
    return HeadBrowser(**given | changes)


def test_each_token_is_hidden_alone_and_special_ones_never():
    asked = []

    def spy(rows):
        asked.extend(rows)
        return neighbours(rows)

    found = each(mlm_logits=spy)
    assert asked == [[1, 3, 5, 7, 2], [1, 4, 3, 7, 2], [1, 4, 5, 3, 2]]
    assert [one is None for one in found] == [True, False, False, False, True]


def test_guesses_are_the_softmax_at_the_hidden_place():
    one = each(n=3)[2]  # “cat”, between “the” and “##s”
    logits = torch.tensor(TABLE[4] + TABLE[7])
    shares = logits.softmax(-1)
    order = shares.argsort(descending=True)
    assert one["tokens"] == [TOKENS[n] for n in order[:3]]
    np.testing.assert_allclose(one["shares"], shares[order[:3]], rtol=1e-2)
    assert one["share"] == pytest.approx(shares[5].item(), rel=1e-2)
    assert one["rank"] == (shares > shares[5]).sum() + 1


def test_a_text_of_special_tokens_has_no_guesses():
    assert each(ids=[1, 2]) == [None, None]


def test_data_is_what_the_javascript_reads():
    assert fill().data() == {
        "guesses": {"ours": [[None, GUESS, GUESS]]},
        "place": 1,
        "text": 0,
        "texts": [["[CLS]", "a", "cat"]],
    }
    data = browser(layer=2).data()
    weights = data.pop("weights")
    assert data == {
        "head": 1,
        "heads": 3,
        "layer": 2,
        "layers": 2,
        "query": 0,
        "text": 0,
        "texts": [["a", "b", "c", "d"]],
    }
    kept = np.frombuffer(b64decode(weights[0]), np.uint8).reshape(2, 3, 4, 4) / 255
    np.testing.assert_allclose(kept, ATTENTION, atol=0.002)


def test_a_place_without_guesses_of_one_model_is_closed_for_all():
    guesses = {"a": [[None, GUESS, GUESS]], "b": [[GUESS, None, GUESS]]}
    shown = fill(guesses=guesses)
    assert shown.guesses["a"] == [[None, None, GUESS]] and shown.place == 2


def test_tensors_with_a_graph_are_welcome_and_empty_rows_too():
    weights = torch.tensor(ATTENTION, requires_grad=True)
    assert browser(attention=[weights]).weights == browser().weights
    browser(attention=[np.zeros_like(ATTENTION)])


def test_a_real_size_fits():
    weights = np.full((6, 12, 16, 16), 1 / 16)
    texts = [[f"w{n}" for n in range(16)]] * 6
    shown = HeadBrowser(texts, [weights] * 6)
    assert len(json.dumps(shown.data())) < 160_000
    with pytest.raises(ValueError, match="more than 150000: show fewer"):
        HeadBrowser([*texts, texts[0]], [weights] * 7)


def test_what_a_notebook_stores_is_stable():
    assert repr(fill()) == "FillMask(1 texts, ours)"
    assert repr(browser()) == "HeadBrowser(1 texts, 2 layers of 3 heads)"
    for make in (fill, browser):
        assert json.dumps(make().data()) == json.dumps(make().data())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fill(texts=[]), "0 texts; 1 to 12"),
        (lambda: fill(texts=[["a"] * 25]), r"texts\[0\] has 25 tokens; 1 to 24"),
        (lambda: fill(texts=[["a", " ", "b"]]), r"texts\[0\]\[1\] is an empty text"),
        (lambda: fill(guesses={}), "0 models; 1 to 3"),
        (lambda: fill(guesses={"ours": [[GUESS]]}), r"texts of \[1\] tokens, not of"),
        (lambda: fill(guesses={"ours": [[None] * 3]}), "none of its tokens has"),
        (lambda: fill(text=1), "text 1 is outside 0 to 0"),
        (lambda: fill(place=0), r"place 0 of texts\[0\] has no guesses"),
        (lambda: fill(place=3), "place 3"),
        (lambda: each(tokens=TOKENS[:7]), r"shape \(3, 5, 8\), not \(3, 5, 7\)"),
        (
            lambda: each(mlm_logits=lambda rows: neighbours(rows) * math.inf),
            "a logit is not finite",
        ),
        (lambda: browser(attention=[]), "0 attentions for 1 texts"),
        (lambda: browser(attention=[ATTENTION[0]]), r"attention\[0\] has shape"),
        (
            lambda: browser(attention=[ATTENTION[..., :3]]),
            r"shape \(2, 3, 4, 3\), not \(2, 3, 4, 4\)",
        ),
        (lambda: browser(attention=[ATTENTION * 0.9]), "layer 1, head 1, row 0 sums"),
        (lambda: browser(attention=[-ATTENTION]), "not a number from 0 to 1"),
        (lambda: browser(attention=[ATTENTION * math.nan]), "not a number from 0 to 1"),
        (lambda: browser(layer=3), "layer 3 is outside 1 to 2"),
        (lambda: browser(head=0), "head 0 is outside 1 to 3"),
    ],
)
def test_bad_input_is_refused_at_the_door(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", ["fillmask", "headbrowser"])
def test_source_is_one_module_that_never_parses_data_as_html(name):
    esm, css = source(name)
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
