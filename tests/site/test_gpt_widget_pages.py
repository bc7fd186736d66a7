"""Chapter 14's figure in a page of its own: its numbers, play, access."""

import numpy as np
import pytest
import torch

from classroom.widgets import NextToken, likely_prefixes
from unmasked.decoding import filter_logits

V = 300
VOCABULARY = [" the", " sum", "\n", " <img src=x>", "naïve", " 🐢", "array", "(x)"]
VOCABULARY += [f" token{n}" for n in range(V - len(VOCABULARY))]
TABLE = torch.randn(V, V, generator=torch.Generator().manual_seed(0)) * 2.5
SMALL = {(2,): [2.0, 1.0, 0.5], (2, 0): [0.0, 0.0, 1.0]}


def logits_after(prefix):
    return TABLE[prefix[-1]]


WIDGETS = {
    "nexttoken": NextToken(
        likely_prefixes(logits_after, [[0], [4, 1]], n=40), VOCABULARY
    )
}


def takes_a_token(page):
    page.get_by_role("button", name="Take the likeliest").click()
    put(page, top_k=5)


STATES = {"nexttoken": [takes_a_token]}
FEW = {"nexttoken": NextToken(SMALL, ["a", "b", " c"])}


def shown(page, name):
    script = f"(all) => all.map((row) => Number(row.dataset.{name}))"
    return page.locator("[data-share]").evaluate_all(script)


def tokens(page):
    script = "(all) => all.map((row) => Number(row.dataset.token))"
    return page.locator("[data-token]").evaluate_all(script)


def put(page, **values):
    for name, value in values.items():
        page.evaluate(f"model.set('{name}', {value})")


def wanted(logits, temperature, k, p):
    filtered = filter_logits(logits, temperature, k or None, p)
    return filtered.softmax(-1).numpy()


@pytest.mark.parametrize(
    ("temperature", "k", "p"),
    [
        (1.0, 0, 1.0),
        (0.3, 0, 1.0),
        (2.0, 0, 1.0),
        (1.0, 5, 1.0),
        (1.0, 0, 0.5),
        (0.7, 30, 0.9),
        (1.5, 3, 0.01),
        (0.0, 0, 1.0),
        (0.0, 7, 0.9),
    ],
)
def test_the_shares_are_those_of_chapter_12(show, temperature, k, p):
    page = show("nexttoken")
    put(page, temperature=temperature, top_k=k, top_p=p)
    shares = wanted(TABLE[0], temperature, k, p)
    order = np.argsort(-TABLE[0].numpy(), kind="stable")
    assert tokens(page) == order[:12].tolist()
    rest = shares[order[12:]].sum()
    assert shown(page, "share") == pytest.approx([*shares[order[:12]], rest], abs=1e-3)
    own = wanted(TABLE[0], 1.0, 0, 1.0)
    assert shown(page, "own") == pytest.approx(
        [*own[order[:12]], own[order[12:]].sum()], abs=1e-3
    )
    assert sum(shown(page, "share")) == pytest.approx(1, abs=1e-6)
    kept = int((shares > 0).sum())
    said = page.get_by_role("status").inner_text()
    begins = {1: "Only the likeliest", V: "All 300"}
    assert said.startswith(begins.get(kept, f"{kept} of 300"))


def test_a_nucleus_beyond_the_list_says_so(show):
    page = show("nexttoken")
    put(page, temperature=2, top_p=0.97)
    shares = wanted(TABLE[0], 2.0, 0, 0.97)
    order = np.argsort(-TABLE[0].numpy(), kind="stable")
    assert (shares > 0).sum() > 40
    assert shown(page, "share")[:12] == pytest.approx(shares[order[:12]], abs=2e-3)
    assert page.get_by_role("status").inner_text().startswith("More than 40 of 300")


def test_walking_by_keyboard_and_back(show):
    page = show("nexttoken")
    said, text = page.get_by_role("status"), page.locator(".um-text")
    first = int(TABLE[0].argmax())
    page.get_by_role("button", name="Take the likeliest").press("Enter")
    assert page.evaluate("model.get('added')") == [first]
    order = np.argsort(-TABLE[first].numpy(), kind="stable")
    assert tokens(page) == order[:12].tolist()
    row = page.locator("tbody button").first
    row.press("Enter")
    assert len(page.evaluate("model.get('added')")) == 2
    # The pressed button is gone; the focus is not lost with it.
    assert said.evaluate("(node) => node === document.activeElement")
    page.get_by_role("button", name="One back").click()
    assert page.evaluate("model.get('added')") == [first]
    page.get_by_role("button", name="Start again").click()
    assert page.evaluate("model.get('added')") == []
    assert text.inner_text() == "␣the"
    back = page.get_by_role("button", name="One back")
    assert back.get_attribute("aria-disabled") == "true"
    back.press("Enter")
    page.get_by_label("Begin with").select_option(index=1)
    assert page.evaluate("model.get('start')") == 1
    assert text.inner_text() == "naïve␣sum"
    assert page.locator("img").count() == 0


def test_sliders_by_keyboard(show):
    page = show("nexttoken")
    heat = page.get_by_role("slider", name="Temperature")
    heat.focus()
    page.keyboard.press("Home")
    assert heat.get_attribute("aria-valuetext") == "0: greedy"
    assert shown(page, "share")[:2] == [1, 0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('temperature')") == 0.3  # and not 0.30000000000004
    k = page.get_by_role("slider", name="Top-k")
    assert k.get_attribute("aria-valuetext") == "all"
    k.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('top_k')") == 40
    page.keyboard.press("Home")
    assert page.evaluate("model.get('top_k')") == 1
    page.keyboard.press("End")
    assert page.evaluate("model.get('top_k')") == 0
    p = page.get_by_role("slider", name="Top-p")
    p.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('top_p')") == 0.99
    put(page, top_p=1)
    assert p.get_attribute("aria-valuetext") == "1: all"


def test_a_draw_follows_the_shares(show):
    chance = "window.point = 0; Math.random = () => window.point;"
    page = show("nexttoken", script=chance)
    put(page, temperature=0.7)
    shares = shown(page, "share")
    row = tokens(page)
    draw = page.get_by_role("button", name="Draw a token")
    for n, end in enumerate(np.cumsum(shares[:4])):
        for point in (end - shares[n] + 1e-6, end - 1e-6):
            page.evaluate(f"window.point = {point}")
            draw.click()
            assert page.evaluate("model.get('added')") == [row[n]]
            put(page, added=[])
    put(page, temperature=2)
    page.evaluate("window.point = 0.999999")
    draw.click()
    assert page.evaluate("model.get('added')") == []
    assert "260 tokens that are not listed" in page.get_by_role("status").inner_text()


def test_where_the_tree_ends_it_says_so(show):
    page = show("nexttoken", widgets=FEW)
    assert page.get_by_label("Begin with").count() == 0
    assert tokens(page) == [0, 1, 2]
    assert page.locator("tbody button").all_inner_texts() == ["a"]
    page.locator("tbody button").click()
    page.get_by_role("button", name="Take the likeliest").click()
    assert page.evaluate("model.get('added')") == [0, 2]
    assert "not computed beforehand" in page.get_by_role("status").inner_text()
    assert page.get_by_role("table").count() == 0
    draw = page.get_by_role("button", name="Draw a token")
    assert draw.get_attribute("aria-disabled") == "true"
    draw.press("Enter")
    assert page.evaluate("model.get('added')") == [0, 2]
    page.get_by_role("button", name="One back").click()
    assert tokens(page) == [2, 0, 1]  # of two equal ones, the lower id first
