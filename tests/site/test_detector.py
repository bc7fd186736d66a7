"""The page tests can fail: each planted defect is detected."""

import pytest
from browsing import images_without_text, overflow, serve, watch
from practice import COUNTS, RECORD, faults, over, parts, unused

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


PICTURE = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='800'"
    " height='400'/>"
)
ABOUT = "A page whose description is neither too short nor too long."
HEAD = (
    "<meta charset=utf-8><meta name=viewport content='width=device-width'>"
    f"<meta name=description content='{ABOUT}'>"
)
POOR = {
    "2 of meta[name=viewport]": "<meta name=viewport content='width=device-width'>",
    "description of 5 letters": "<script>document.querySelector("
    "'meta[name=description]').content = 'short'</script>",
    "2 of h1": "<h1>Another title</h1>",
    "no canonical": "<meta property='og:url' content='https://example.org'>",
    "document.write": "<script>document.write('<p>written')</script>",
    "no address": "<a>nowhere</a>",
    "insecure": "<a href='http://example.org'>elsewhere</a>",
    "opener": "<a href='https://example.org' target=_blank>away</a>",
    "no size": f'<article><img alt=x src="{PICTURE}"></article>',
    "out of shape": f'<article><img width=800 height=800 alt=x src="{PICTURE}">',
    "800 pixels for 80": f'<article><img width=80 height=40 alt=x src="{PICTURE}">',
    "twice": "<article><p id=a></p><p id=a></p></article>",
}


def look(page, origin):
    """Open a page with all that is recorded of it."""
    page.add_init_script(RECORD)
    visit = watch(page, origin, measure=True)
    page.goto(origin)
    page.wait_for_timeout(400)
    return visit


@pytest.mark.parametrize("kind", ["", *POOR])
def test_poor_practice_is_found(kind, page, scratch):
    look(page, scratch(f"{HEAD}<h1>A sound page</h1>{POOR.get(kind, '')}"))
    found = faults(page)
    assert found == [] if kind == "" else any(kind in fault for fault in found), found


def test_what_is_unused_heavy_or_moves_is_found(page, scratch, tmp_path):
    (tmp_path / "copybutton.js").write_text("0")
    (tmp_path / "other.css").write_text("")
    (tmp_path / "style.css").write_text("@import 'other.css';")
    late = (
        "setTimeout(() => { document.querySelector('i').style.height = '300px' }, 100)"
    )
    visit = look(
        page,
        scratch(
            "<head><script src=copybutton.js></script><link rel=stylesheet"
            " href=style.css></head><body><i style='display:block'></i><p>"
            + "<b>moves</b> " * 500
            + f"<script>{late}</script>"
        ),
    )
    assert [address.rpartition("/")[2] for address in unused(page, visit)] == [
        "copybutton.js"
    ]
    limits = {
        "blocking scripts": 0,
        "style sheets": 0,
        "styles that import others": 0,
        "elements": 500,
        "layout shift": 0.1,
    }
    assert over(page.evaluate(COUNTS), limits).keys() == limits.keys()
    assert parts(visit).startswith("0 kB in 4 files")
