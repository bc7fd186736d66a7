"""Chapter 18's figure in a page of its own: its numbers, play, access."""

import pytest
import torch

from classroom.widgets import RotaryDial
from unmasked.modern import rope

QUERY, KEY = [1.5, -0.7, 0.4, 2.0, -1.1, 0.3], [0.2, 1.9, -1.0, 0.8, 1.2, -0.6]
WIDGETS = {"rotary": RotaryDial(QUERY, KEY, base=100.0, length=40)}


def put(page, **values):
    for name, value in values.items():
        page.evaluate(f"model.set('{name}', {value})")


def shown(page):
    return float(page.locator(".um-curve").get_attribute("data-score"))


def turned(m, n):
    return [
        rope(torch.tensor([v], dtype=torch.float64), torch.tensor([p]), 100.0)[0]
        for v, p in ((QUERY, m), (KEY, n))
    ]


@pytest.mark.parametrize("places", [(9, 5), (0, 0), (39, 0), (3, 30)])
def test_the_numbers_are_the_librarys(show, places):
    page = show("rotary")
    put(page, query_position=places[0], key_position=places[1])
    query, key = turned(*places)
    assert shown(page) == pytest.approx((query @ key).item(), abs=1e-6)
    parts = page.locator("[data-part]").evaluate_all(
        "(all) => all.map((dial) => Number(dial.dataset.part))"
    )
    assert parts == pytest.approx((query * key).view(3, 2).sum(1).tolist(), abs=1e-6)
    assert f"offset {places[0] - places[1]}".replace("-", "−") in (
        page.get_by_role("status").inner_text()
    )


def test_both_move_and_the_score_stays_by_keyboard(show):
    page = show("rotary")
    before = shown(page)
    page.get_by_role("button", name="Both on").press("Enter")
    assert page.evaluate(
        "[model.get('query_position'), model.get('key_position')]"
    ) == [
        10,
        6,
    ]
    assert shown(page) == pytest.approx(before, abs=1e-9)
    slider = page.get_by_role("slider", name="Position of the query")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('query_position')") == 11
    assert abs(shown(page) - before) > 0.01


def test_nothing_leaves_the_ends(show):
    page = show("rotary")
    put(page, query_position=39, key_position=0)
    for name in ("Both on", "Both back"):
        button = page.get_by_role("button", name=name)
        assert button.get_attribute("aria-disabled") == "true"
        button.press("Enter")
    assert page.evaluate(
        "[model.get('query_position'), model.get('key_position')]"
    ) == [
        39,
        0,
    ]
