"""A first visit: how much is loaded, what moves meanwhile, and good practice."""

import pytest
from browsing import settle, watch
from practice import COUNTS, RECORD, faults, over, parts, unused
from test_pages import PAGES

KILOBYTES = {"notebooks/": 600, "": 350}
LIMITS = {
    "blocking scripts": 1,
    "style sheets": 13,
    "styles that import others": 0,
    "elements": 12_000,
    "layout shift": 0.1,
}
SEARCH = LIMITS | {"blocking scripts": 12}  # the theme's own, for its one page


@pytest.fixture(scope="module", params=PAGES)
def visited(request, browser, origin):
    """A page's name, the page opened for the first time, and what it loaded."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.add_init_script(RECORD)
    visit = watch(page, origin, measure=True)
    page.goto(f"{origin}/{request.param}.html")
    settle(page)
    page.wait_for_load_state("networkidle")
    yield request.param, page, visit
    context.close()


def test_it_is_light(visited):
    name, _, visit = visited
    limit = next(kb for part, kb in KILOBYTES.items() if part in name)
    assert 50_000 < sum(visit.sizes.values()) < limit * 1000, parts(visit)
    assert len(visit.sizes) <= 50, parts(visit)


def test_it_loads_nothing_that_it_does_not_use(visited):
    _, page, visit = visited
    found = unused(page, visit)
    assert not found, "\n".join(found)


def test_it_keeps_to_good_practice(visited):
    found = faults(visited[1])
    assert not found, "\n".join(found)


def test_it_is_quick_to_draw_and_nothing_moves(visited):
    name, page, _ = visited
    limits = SEARCH if name == "search" else LIMITS
    found = over(page.evaluate(COUNTS), limits)
    assert found == {}, page.evaluate("window.practice.moved")
