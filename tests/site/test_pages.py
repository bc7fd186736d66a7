"""Every page, in a real browser: self-contained, without errors, usable by all."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from browsing import images_without_text, overflow, settle, watch

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [
    TOC["root"],
    *(entry["file"] for part in TOC["parts"] for entry in part["chapters"]),
    "search",
    "genindex",
]
PHONE = {"width": 360, "height": 740}


@pytest.mark.parametrize("name", [name for name in PAGES if "notebooks/" in name])
def test_a_chapter_has_the_number_of_its_file(name, page, site):
    """In its title and in the contents, also where a chapter is still missing."""
    number = int(Path(name).name[:2])
    page.goto((site / f"{name}.html").as_uri())
    assert page.locator("h1 .section-number").inner_text() == f"{number}. "
    assert (
        page.locator(".bd-toc-item .current.active").inner_text()[:3]
        == (f"{number}. "[:3])
    )


def leads_nowhere(links: list[str]) -> list[str]:
    """Those addresses in the site's folder that no element of their page has."""
    text = {url.partition("#")[0]: "" for url in links}
    for file in text:
        text[file] = Path(unquote(urlsplit(file).path)).read_text("utf-8")
    pieces = [(url, *url.partition("#")[::2]) for url in links]
    return [url for url, file, name in pieces if f'id="{name}"' not in text[file]]


def test_each_name_of_the_library_leads_to_the_section_that_builds_it(page, site):
    page.goto((site / "book/pages/api.html").as_uri())
    links = page.evaluate(
        """() => [...document.querySelectorAll("article dl.py:not(dl.py dl.py)")]
          .map((name) => name.querySelector(":scope > dd > .built-in a")?.href)"""
    )
    assert len(links) > 100 and None not in links
    assert all("/notebooks/" in link for link in links)
    assert leads_nowhere(links) == []


@pytest.mark.parametrize("name", [name for name in PAGES if "notebooks/" in name])
def test_an_exported_cell_says_where_it_goes(name, page, site):
    page.goto((site / f"{name}.html").as_uri())
    module = Path(name).name[3:]
    cells = page.locator(".cell.tag_unmasked-export").count()
    ribbons = page.locator(".export-ribbon").all_inner_texts()
    assert cells == len(ribbons) > 0
    assert all(text.startswith(f"→ unmasked/{module}.py") for text in ribbons)
    links = page.evaluate(
        "[...document.querySelectorAll('.export-ribbon a')].map((link) => link.href)"
    )
    api = (site / "book/pages/api.html").as_uri()
    assert links.count(f"{api}#module-unmasked.{module}") == cells < len(links)
    assert {link.partition("#")[0] for link in links} == {api}
    assert leads_nowhere(links) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_on_a_phone(name, page, origin):
    """It asks nothing of others, reports no error, and fits into 360 pixels."""
    page.set_viewport_size(PHONE)
    visit = watch(page, origin)
    page.goto(f"{origin}/{name}.html")
    settle(page)
    assert visit.problems() == {}
    assert overflow(page) <= 0
    assert images_without_text(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_from_a_folder(name, page, site):
    """Without a web server it works as well: formulas, figures, no errors."""
    visit = watch(page, "file://")
    page.goto((site / f"{name}.html").as_uri())
    settle(page)
    assert visit.problems() == {}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(name, page, origin):
    """axe-core finds nothing serious; only colours differ between light and dark."""
    page.goto(f"{origin}/{name}.html")
    settle(page)
    # axe looks at every coloured word; the first cells show each colour of code.
    page.evaluate(
        """() => [...document.querySelectorAll(".highlight pre")].slice(8)
          .forEach((code) => { code.textContent = code.textContent; })"""
    )
    found = {}
    for mode, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.evaluate("mode => document.documentElement.dataset.theme = mode", mode)
        options["resultTypes"] = ["violations"]
        for rule in Axe().run(page, options=options).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                nodes = [node["html"][:200] for node in rule["nodes"][:3]]
                found[f"{mode}: {rule['id']} ({len(rule['nodes'])} times)"] = nodes
    assert found == {}
