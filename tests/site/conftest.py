"""The built site on a local web server, and a browser without a network."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ARGUMENTS, find_browser, serve
from widget_page import widget_page

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder; skip it where there is no browser."""
    try:
        import axe_playwright_python  # noqa: F401
        import playwright  # noqa: F401
    except ImportError as error:
        reason = f"{error}; see requirements.txt"
    else:
        missing = find_browser() is None
        reason = "no Chromium found; install one or set CHROMIUM" if missing else ""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.site)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site; it is built where it is missing."""
    if not (SITE / "index.html").is_file():
        tool = Path(sys.executable).parent / "jupyter-book"
        command = [str(tool), "build", ".", "-W", "-n", "--keep-going"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return SITE


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    """The site's address."""
    server = serve(site)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """A browser that can reach this machine and nothing else."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(), args=ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A fresh page of a desktop browser, in light mode, without animations."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 860},
        color_scheme="light",
        reduced_motion="reduce",
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def show(browser, tmp_path, request):
    """Open one of the test file's WIDGETS; at the end its console must be silent."""
    contexts, noise = [], []

    def opened(name, theme="light", width=900, script="", widgets=None):
        widget = (widgets or request.module.WIDGETS)[name]
        file = tmp_path / "page.html"
        file.write_text(widget_page(name, widget, theme), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(file.as_uri())
        page.wait_for_function("window.clean !== undefined")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert noise == []
