"""The page tests can fail: each planted defect is detected."""

import pytest
from browsing import images_without_text, overflow, serve, watch

SOUND = "<!doctype html><html lang=en><title>A page</title><link rel=icon href=data:,>"
DEFECTS = {
    "external requests": "<img alt=x src=http://example.invalid/x.png>",
    "failed requests": "<script src=missing.js></script>",
    "console errors": "<script>console.error('planted')</script>",
    "page errors": "<script>throw new Error('planted')</script>",
}


@pytest.fixture
def scratch(tmp_path):
    """A function that serves a page with a given body and returns its origin."""
    server = serve(tmp_path)

    def publish(body: str) -> str:
        (tmp_path / "index.html").write_text(SOUND + body, encoding="utf-8")
        return f"http://127.0.0.1:{server.server_port}"

    yield publish
    server.shutdown()


@pytest.mark.parametrize("kind", DEFECTS)
def test_planted_defect_is_found(kind, page, scratch):
    origin = scratch(DEFECTS[kind])
    visit = watch(page, origin)
    page.goto(origin)
    page.wait_for_timeout(300)
    assert kind in visit.problems()


def test_sound_page_has_no_problems(page, scratch):
    origin = scratch("<p>Nothing wrong here.")
    visit = watch(page, origin)
    page.goto(origin)
    page.wait_for_timeout(300)
    assert visit.problems() == {}
    assert overflow(page) <= 0


def test_wide_page_and_image_without_text_are_found(page, scratch):
    page.set_viewport_size({"width": 360, "height": 740})
    wide = "<body style='margin:0'><div style='width:500px'>wide</div>"
    page.goto(scratch(f"{wide}<img src=data:,a><article><img src=data:,b alt=''>"))
    assert overflow(page) == 140
    assert images_without_text(page) == ["data:,a", "data:,b"]
