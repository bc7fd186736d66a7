"""What a visitor does: search, use the keyboard, play, on a slow line."""

import re

import pytest
from browsing import settle, watch

LANDING = "book/pages/intro.html"
CHAPTER = "book/notebooks/01_recurrence.html"


@pytest.mark.parametrize("where", ["served", "from a folder"])
def test_search_finds_lstm(where, page, origin, site):
    base = origin if where == "served" else site.as_uri()
    visit = watch(page, origin if where == "served" else "file://")
    page.goto(f"{base}/search.html?q=LSTM")
    results = page.locator("#search-results li a")
    results.first.wait_for(timeout=15_000)
    assert any("recurrence" in text for text in results.all_inner_texts())
    page.wait_for_timeout(500)  # the words around each hit are fetched one by one
    assert visit.problems() == {}


def test_formulas_are_typeset(page, origin):
    page.goto(f"{origin}/{CHAPTER}")
    settle(page)
    assert page.locator(".bd-article mjx-container").count() > 0
    assert not re.search(r"\\[(\[]", page.locator(".bd-article").inner_text())


def test_skip_link_is_first_and_leads_to_the_text(page, origin):
    page.goto(f"{origin}/{LANDING}")
    settle(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#main-content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('#main-content')")


@pytest.mark.parametrize("where", ["served", "from a folder"])
def test_figure_on_the_first_page_moves_by_keyboard(where, page, origin, site):
    base = origin if where == "served" else site.as_uri()
    page.goto(f"{base}/{LANDING}")
    settle(page)
    curve = page.locator(".live-figure .um-curve").first
    before = curve.get_attribute("d")
    assert before
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.um input[type=range]')"):
            break
    else:
        pytest.fail("Tab never reached the slider")
    page.keyboard.press("ArrowRight")
    assert curve.get_attribute("d") != before


def test_slider_in_a_chapter_moves_by_keyboard(page, origin):
    page.goto(f"{origin}/{CHAPTER}")
    settle(page)
    curve = page.locator(".um .um-curve").first
    before = curve.get_attribute("d")
    page.locator(".um input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert curve.get_attribute("d") != before


def test_solutions_and_hints_are_closed_until_somebody_opens_them(page, origin):
    page.goto(f"{origin}/{CHAPTER}")
    settle(page)
    boxes = page.locator(".solution.admonition, .hints.admonition")
    assert boxes.count() > 4
    for number in range(boxes.count()):
        box, inside = boxes.nth(number), boxes.nth(number).locator("pre, li").first
        assert not inside.is_visible()
        box.locator("button.toggle-button").click()
        assert inside.is_visible()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_follow_the_system(system, browser, origin):
    context = browser.new_context(color_scheme=system)
    page = context.new_page()
    page.goto(f"{origin}/{LANDING}")
    settle(page)
    ink = page.evaluate("getComputedStyle(document.body).color")
    red = int(re.findall(r"\d+", ink)[0])
    assert red > 150 if system == "dark" else red < 100
    context.close()


def test_without_scripts_the_figure_is_described(browser, origin):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/{LANDING}")
    assert "needs JavaScript" in page.locator(".live-figure").inner_text()
    context.close()
