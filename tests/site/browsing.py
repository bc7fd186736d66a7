"""A page opened in a real browser with the network cut off, and what it did."""

import functools
import gzip
import os
import shutil
import threading
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, Response

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks of another host fails, so it cannot need it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("CHROMIUM") or next(filter(None, found), None)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def serve(folder: Path) -> ThreadingHTTPServer:
    """Start a web server for a folder on a free port of this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass
class Visit:
    """What happened while a page was open; see `problems`."""

    external: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def problems(self) -> dict[str, list[str]]:
        """Return what must not happen: requests to elsewhere, failures, errors."""
        lists = {
            "external requests": self.external,
            "failed requests": self.failed,
            "console errors": self.console,
            "page errors": self.errors,
        }
        return {name: entries for name, entries in lists.items() if entries}


def watch(page: Page, origin: str, measure: bool = False) -> Visit:
    """Record what a page does from now on; `measure` also notes how much it loads,
    compressed where that makes it smaller.

    Args:
        origin: the only place that may be asked, such as `http://127.0.0.1:8000` or
            `file://`.
    """
    visit = Visit()

    def asked(request: Request) -> None:
        address = request.url
        local = urlsplit(address).scheme in ("data", "blob")
        if not (local or address.startswith(origin)):
            visit.external.append(address)

    def answered(response: Response) -> None:
        if response.status >= 400:
            visit.failed.append(f"{response.status} {response.url}")
        elif measure and response.url.startswith(origin):
            body = response.body()
            visit.sizes[response.url] = min(len(body), len(gzip.compress(body)))

    page.on("request", asked)
    page.on("response", answered)
    page.on("requestfailed", lambda request: visit.failed.append(request.url))
    page.on(
        "console",
        lambda message: (
            visit.console.append(message.text) if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    return visit


def settle(page: Page) -> None:
    """Wait until formulas are typeset and widgets drawn, where the page has any."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        """() => {
          const formulas = document.querySelectorAll(".bd-article .math");
          const typeset = document.querySelectorAll(".bd-article mjx-container");
          const waiting = document.querySelector(
            "script[type='application/vnd.jupyter.widget-view+json']," +
            " .live-figure-mount:not([data-live])");
          return typeset.length >= formulas.length && !waiting;
        }""",
        timeout=20_000,
    )


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def images_without_text(page: Page) -> list[str]:
    """Return the addresses of images that say nothing to those who cannot see them.

    Outside the article an empty text is right: there an image only decorates.
    """
    return page.evaluate(
        """() => [...document.querySelectorAll("img")].filter((image) =>
          !image.hasAttribute("alt") ||
          (image.closest("article") && !image.alt.trim())).map((image) => image.src)"""
    )
