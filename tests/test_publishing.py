"""What the repository's address gives: links, cards, a sitemap, Colab's notebooks."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from sphinx.errors import ConfigError

from classroom.pipeline import colab

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import publishing  # noqa: E402

HERE = "https://github.com/Some-One/unmasked"


def settings(address="", **more):
    return SimpleNamespace(book_repository=address, html_baseurl="", **more)


@pytest.mark.parametrize("address", [HERE, f"{HERE}.git", f"{HERE}/"])
def test_the_sites_address_follows_from_the_repositorys(address, monkeypatch):
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    config = settings(address)
    publishing.read_address(None, config)
    assert config.book_repository == HERE
    assert config.html_baseurl == "https://some-one.github.io/unmasked/"


def test_without_an_address_nothing_is_set(monkeypatch):
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    config = settings()
    publishing.read_address(None, config)
    assert config.html_baseurl == ""


def test_the_environment_comes_first_and_another_host_is_refused(monkeypatch):
    monkeypatch.setenv("BOOK_REPOSITORY", "https://example.org/a/b")
    with pytest.raises(ConfigError, match="should be https://github"):
        publishing.read_address(None, settings(HERE))


def test_the_links_lead_to_files_that_are_there():
    shown = publishing.links(HERE, "book/notebooks/05_masking")
    colab_url, binder, source = re.findall(r'href="([^"]+)"', shown)
    assert colab_url.endswith("/Some-One/unmasked/blob/colab/05_masking.ipynb")
    assert (ROOT / binder.partition("lab/tree/")[2]).is_file()
    assert (ROOT / source.partition("/blob/main/")[2]).is_file()


def test_the_card_is_escaped_and_its_picture_exists():
    made = publishing.card(
        'A "quoted" title', "About", "https://x/y.html", "https://x/"
    )
    assert "&quot;quoted&quot;" in made
    picture = re.search(r'content="https://x/_static/([\w.]+)"', made)
    assert picture and (ROOT / "book" / "_static" / picture[1]).is_file()


def test_the_sitemap_lists_every_page(tmp_path):
    app = SimpleNamespace(
        config=settings(HERE),
        outdir=tmp_path,
        env=SimpleNamespace(found_docs={"b", "a/c"}),
        builder=SimpleNamespace(format="html", get_target_uri=lambda p: f"{p}.html"),
    )
    app.config.html_baseurl = "https://x/"
    publishing.write_sitemap(app, None)
    text = (tmp_path / "sitemap.xml").read_text()
    assert re.findall("<loc>(.+?)</loc>", text) == [
        "https://x/a/c.html",
        "https://x/b.html",
    ]


def test_colab_gets_every_notebook_with_a_first_cell_that_fetches_the_course(tmp_path):
    written = colab.prepare(HERE, tmp_path)
    there = sorted((ROOT / "book" / "notebooks").glob("*.ipynb"))
    assert [path.name for path in written] == [path.name for path in there]
    for new, old in zip(written, there, strict=True):
        first, *rest = nbformat.read(new, as_version=4).cells
        assert f"git clone -q --depth 1 {HERE} course" in first.source
        assert len(rest) == len(nbformat.read(old, as_version=4).cells)


def test_colab_installs_what_chapters_import_and_no_other_jupyter():
    names = [
        line.partition("==")[0]
        for line in colab.packages((ROOT / "requirements.txt").read_text())
    ]
    assert {"torch", "numpy", "jaxtyping", "anywidget", "emoji"} <= set(names)
    assert not {"jupyterlab", "ipykernel", "pytest", "jupyter-book"} & set(names)


def test_binder_installs_what_the_repository_pins():
    script = (ROOT / "binder" / "postBuild").read_text()
    assert "-r requirements.txt" in script and "whl/cpu" in script
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o111


def test_a_page_says_what_it_is_about():
    assert publishing.description(None) == publishing.ABOUT
    page = nodes.section(
        "",
        nodes.paragraph("", "Too short to tell."),
        nodes.paragraph("", "long enough " * 10, nodes.math("", "x^2")),
        nodes.paragraph("", "What the page is about,\nin words. " * 9),
    )
    about = publishing.description(page)  # pyright: ignore
    assert about.startswith("What the page is about, in words.")
    assert about.endswith(" …") and 40 < len(about) <= 160
