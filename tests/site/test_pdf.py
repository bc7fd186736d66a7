"""The book as a PDF: pages in order, links within the file, and clear refusals."""

import subprocess
import sys

import pytest
from browsing import find_browser
from pypdf import PdfReader

from classroom.pipeline import pdf

PAGES = ["book/pages/notation", "book/pages/claims"]


@pytest.mark.site
def test_pages_are_printed_in_order_and_linked_within_the_file(
    site, tmp_path, monkeypatch
):
    target = tmp_path / "book.pdf"
    command = [sys.executable, "-m", "classroom.pipeline.pdf", site, target, *PAGES]
    monkeypatch.setenv("CHROMIUM", find_browser() or "")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sheets = int(done.stdout.split()[0])
    read = PdfReader(target)
    assert len(read.pages) == sheets > 2
    assert [entry.title for entry in read.outline] == [
        "Notation and names",
        "Claims examined",
    ]
    links = [
        link.get_object() for page in read.pages for link in page.get("/Annots") or []
    ]
    addresses = [str((link.get("/A") or {}).get("/URI", "")) for link in links]
    assert not any("pages/notation.html" in one for one in addresses)
    assert "Vaswani" in "".join(page.extract_text() for page in read.pages)


def test_a_page_that_is_not_built_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/some/browser")
    with pytest.raises(FileNotFoundError, match="book/pages/none is not built"):
        pdf.print_book(tmp_path, tmp_path / "out.pdf", ["book/pages/none"])


def test_the_book_is_printed_in_the_order_of_its_contents():
    names = pdf.listed()
    assert names[0] == "book/pages/intro"
    chapters = [name for name in names if "/notebooks/" in name]
    assert chapters == sorted(chapters)
