"""Part II's figures in a page of their own: their numbers are NumPy's; play, access."""

import json

import numpy as np
import pytest

from classroom.widgets import HeadViewer, MaskPlayground, QueryAmongKeys

PLACES = np.array([[1.0, 0.2], [0.8, 0.7], [-0.9, -0.4], [-0.2, 1.0]])
LEGS = np.array([4.0, 4.0, 0.0, 2.0])
NAMES = ["cow", "sheep", "spider", "<img src=x onerror=alert(1)>"]
WORDS = ["The", "cat", "sat", "because", "it", "was", "tired"]
SCORES = np.random.default_rng(0).normal(size=(5, 5)).round(2)
FILLS = {"−∞ before": "inf", "0 before": "zero", "0 after": "after"}


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


HEADS = softmax(np.random.default_rng(1).normal(size=(4, 7, 7)) * 2)
WIDGETS = {
    "query": QueryAmongKeys(PLACES, NAMES, LEGS, query=(0.9, 0.6), temperature=0.5),
    "heads": HeadViewer(WORDS, HEADS),
    "masks": MaskPlayground(["the", "cat", "sat", "down", "pad"], SCORES, [4]),
}
STATES = {
    "masks": [lambda page: page.get_by_role("radio", name="0 after").check()],
}


def numbers(page, selector, name):
    """The numbers that the page's elements carry, at full precision."""
    script = f"(all) => all.map((node) => Number(node.dataset.{name}))"
    return np.array(page.locator(selector).evaluate_all(script))


def check_query(page):
    """What the page shows for the query and temperature it holds is NumPy's."""
    query, temperature = page.evaluate("[model.get('query'), model.get('temperature')]")
    weights = softmax(PLACES @ np.array(query) / temperature)
    shown = numbers(page, "[data-weight]", "weight")
    np.testing.assert_allclose(shown, weights, atol=1e-12)
    assert page.locator("tfoot .um-weight").inner_text() == "1.00"
    answer = json.loads(page.locator(".um-sentence").get_attribute("data-answer"))
    np.testing.assert_allclose(answer, [weights @ LEGS], atol=1e-12)
    return query, temperature


def test_query_by_keys_and_by_dragging(show):
    page = show("query")
    assert check_query(page) == ([0.9, 0.6], 0.5)
    assert page.locator("img").count() == 0
    handle = page.get_by_role("slider", name="Query")
    handle.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    query, _ = check_query(page)
    assert query == [0.85, 0.35]
    assert handle.get_attribute("aria-valuetext") == "(0.85, 0.35)"
    box = page.locator(".um-plane").bounding_box()
    grip = page.locator(".um-grip").bounding_box()
    page.mouse.move(grip["x"] + 9, grip["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 40, steps=3)
    page.mouse.up()
    (x, y), _ = check_query(page)
    assert x < -0.5 and y < -0.5
    assert "most weight on “spider”" in page.get_by_role("status").inner_text()
    page.mouse.move(box["x"] + 200, box["y"] + 20)  # let go: it stays
    assert check_query(page)[0] == [x, y]


def test_query_temperature_and_its_root(show):
    page = show("query")
    slider = page.get_by_role("slider", name="Temperature")
    slider.focus()
    page.keyboard.press("Home")
    assert check_query(page)[1] == pytest.approx(0.01)
    page.get_by_role("button", name="√2").click()
    assert check_query(page)[1] == pytest.approx(2**0.5)
    assert slider.get_attribute("aria-valuetext") == "√2 ≈ 1.41"


def test_heads_and_queries_by_keyboard_and_pointer(show):
    page = show("heads")

    def check(weights):
        shown = numbers(page, "[data-weight]", "weight")
        np.testing.assert_allclose(shown, weights, atol=1e-4)

    check(HEADS[0, 0])
    page.get_by_role("radio", name="head 1").focus()
    page.keyboard.press("ArrowRight")
    check(HEADS[1, 0])
    page.get_by_role("radio", name="it", exact=True).click()
    check(HEADS[1, 4])
    page.keyboard.press("ArrowDown")
    check(HEADS[1, 5])
    status = page.get_by_role("status")
    best = WORDS[HEADS[1, 5].argmax()]
    says = f"Head 2, query “was”: most weight on “{best}”"
    assert status.inner_text().startswith(says)
    page.get_by_role("radio", name="mean").click()
    check(HEADS.mean(axis=0)[5])
    assert status.inner_text().startswith("Mean of heads")


def expected_weights(allowed, fill):
    """The three ways of masking, in NumPy; a row of −∞ alone gives zeros."""
    if fill == "after":
        return np.where(allowed, softmax(SCORES), 0)
    if fill == "zero":
        return softmax(np.where(allowed, SCORES, 0))
    powers = np.where(allowed, np.exp(SCORES), 0)
    return powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-30)


@pytest.mark.parametrize("label", FILLS)
def test_masks_give_numpys_weights_and_tell_leaks(show, label):
    page, fill = show("masks"), FILLS[label]
    page.get_by_role("radio", name=label).check()
    page.get_by_label("causal").check()
    page.get_by_role("button", name="the", exact=True).click()  # the first row: empty
    allowed = np.tri(5, dtype=bool) & (np.arange(5) % 4 != 0)
    weights = expected_weights(allowed, fill)
    grid = '[role="grid"][aria-label^="Weights"]'
    shown = numbers(page, f"{grid} .um-box", "value").reshape(5, 5)
    np.testing.assert_allclose(shown, weights, atol=1e-12)

    sums = weights.sum(axis=-1)
    marked = page.locator(".um-total").evaluate_all(
        "(all) => all.map((node) => node.classList.contains('um-off'))"
    )
    assert marked == list(abs(sums - 1) > 5e-3)
    leaks = page.locator(".um-cells .um-leaks").count()
    # After the softmax, a row with nothing allowed is zeros whatever its scores are.
    leaky = ~allowed & (allowed.any(axis=-1, keepdims=True) | (fill == "zero"))
    assert leaks == (0 if fill == "inf" else leaky.sum())
    verdict = page.get_by_role("status").inner_text()
    assert ("No blocked key influences" in verdict) == (fill == "inf")
    assert ("where a bare softmax gives NaN" in verdict) == (fill == "inf")


def test_masks_who_influences_whom_is_the_change_of_the_weights(show):
    page = show("masks")
    page.get_by_role("radio", name="0 after").check()
    allowed = np.arange(5) < np.full((5, 1), 4)
    changes = np.zeros((5, 5))
    for key in range(5):
        higher = np.where(allowed, softmax(SCORES + np.eye(5)[key]), 0)
        changes[:, key] = abs(higher - expected_weights(allowed, "after")).sum(-1)
    grid = '[role="grid"][aria-label^="Who"]'
    shown = numbers(page, f"{grid} .um-box", "value").reshape(5, 5)
    np.testing.assert_allclose(shown, changes, atol=1e-12)
    page.get_by_role("button", name="pad").click()
    assert page.get_by_role("button", name="pad").get_attribute("aria-pressed") == (
        "false"
    )
    assert "Nothing is blocked" in page.get_by_role("status").inner_text()


def test_masks_cells_are_read_by_hover_and_keys(show):
    page = show("masks")
    reading = page.locator(".um-reading")
    cells = page.get_by_role("grid", name="Scores").locator(".um-box")
    cells.nth(6).hover()
    assert f"score {SCORES[1, 1]:.2f}".replace("-", "−") in reading.inner_text()
    cells.nth(6).focus()
    page.keyboard.press("End")
    assert "key pad" in reading.inner_text() and "blocked" in reading.inner_text()
    assert page.locator('.um-box[tabindex="0"]').count() == 3  # one for each grid
