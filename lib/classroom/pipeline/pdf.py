"""The whole book as one PDF, printed from the built site by Chromium.

python -m classroom.pipeline.pdf _build/html transformers-unmasked.pdf [PAGE ...]

Pages come in the order of _toc.yml, where none is named. Folded boxes are opened,
figures to play with are printed as they stand, and links from page to page stay links
within the file.
"""

import os
import shutil
import sys
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from playwright.sync_api import Page, PdfMargins, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, Fit, NameObject
from tqdm import tqdm

ROOT = Path(__file__).parents[3]
OPEN = "document.querySelectorAll('details').forEach(box => { box.open = true })"
SETTLED = "document.fonts.ready.then(() => window.MathJax?.startup?.promise)"


def listed(root: Path = ROOT) -> list[str]:
    """The pages of the book in their order, without ending."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf8"))
    chapters = [page["file"] for part in toc["parts"] for page in part["chapters"]]
    return [toc["root"], *chapters]


def print_book(site: Path, target: Path, names: list[str]) -> int:
    """Print pages of a built site into one file; return its number of sheets.

    Raises: FileNotFoundError for a page that is not built, and without a Chromium
        (the environment variable CHROMIUM may name one).
    """
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not browser:
        raise FileNotFoundError("no Chromium: install it, or name it in CHROMIUM")
    files = {name: (site / name).with_suffix(".html").resolve() for name in names}
    for name, file in files.items():
        if not file.is_file():
            raise FileNotFoundError(f"{name} is not built: run `make book`")
    writer, first = PdfWriter(), dict[Path, int]()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(color_scheme="light")
        for file in tqdm(files.values(), desc="printing", unit="page"):
            first[file] = len(writer.pages)
            sheet = PdfReader(BytesIO(_printed(page, file)))
            writer.append(sheet, import_outline=False)
            title = page.title().split(" — ")[0]
            writer.add_outline_item(title=title, page_number=first[file])
        chromium.close()
    _turn_inward(writer, first)
    writer.compress_identical_objects()
    with target.open("wb") as stream:
        writer.write(stream)
    return len(writer.pages)


def _printed(page: Page, file: Path) -> bytes:
    page.goto(file.as_uri(), wait_until="load")
    page.evaluate(OPEN)
    page.evaluate(SETTLED)
    page.wait_for_timeout(1500)  # figures to play with draw themselves
    margin = PdfMargins(top="16mm", bottom="16mm", left="14mm", right="14mm")
    return page.pdf(format="A4", margin=margin, print_background=True)


def _turn_inward(writer: PdfWriter, first: dict[Path, int]) -> None:
    """Links to a page of the book lead to its first sheet in the file."""
    for number, page in enumerate(writer.pages):
        kept, inward = [], []
        for annotation in page.get("/Annots") or []:
            link = annotation.get_object()
            uri = str((link.get("/A") or {}).get("/URI", ""))
            place = (
                Path(unquote(urlsplit(uri).path)) if uri.startswith("file:") else None
            )
            if place in first:
                inward.append((link["/Rect"], first[place]))
            elif place is None:
                kept.append(annotation)
        if "/Annots" in page:
            page[NameObject("/Annots")] = ArrayObject(kept)
        for box, sheet in inward:
            made = Link(rect=box, target_page_index=sheet, fit=Fit.fit())
            writer.add_annotation(number, made)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    site, target, *names = sys.argv[1:]
    print(print_book(Path(site), Path(target), names or listed()), "sheets in", target)
