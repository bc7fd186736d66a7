"""The figures of the notebooks as lossless WebP, a third of the size, with their size.

Where the size stands in the page, nothing moves when a figure arrives. On a phone a
figure keeps a width at which its words can be read, and scrolls in its box.
"""

import re
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

PICTURE = re.compile(r'<img [^>]*?src="[^"]*?_images/([^"/]+\.webp)"[^>]*>')


def converted(png: Path) -> Path:
    """Write the picture beside itself as WebP, where it is not there yet."""
    webp = png.with_suffix(".webp")
    if not webp.is_file() or webp.stat().st_mtime < png.stat().st_mtime:
        with Image.open(png) as picture:
            picture.save(webp, lossless=True, method=4)
    return webp


def convert_all(app: Sphinx, doctree: nodes.document) -> None:
    """Let a page's PNG pictures be their WebP copies."""
    if app.builder.format != "html":
        return
    for image in doctree.findall(nodes.image):
        uri = image["uri"]
        if uri.endswith(".png") and "://" not in uri:
            converted(Path(app.env.relfn2path(uri, app.env.docname)[1]))
            image["uri"] = uri.removesuffix(".png") + ".webp"


def with_size(tag: str, path: Path) -> str:
    """Return an image's tag with the size of the file, in a box that may scroll."""
    with Image.open(path) as picture:
        width, height = picture.size
    sized = tag.replace("<img ", f'<img width="{width}" height="{height}" ', 1)
    return f'<span class="picture">{sized}</span>'


def add_sizes(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Write the size of each picture into the page."""
    if "body" not in context:
        return
    source = {name: uri for uri, name in getattr(app.builder, "images", {}).items()}
    context["body"] = PICTURE.sub(
        lambda tag: with_size(tag[0], Path(app.srcdir, source[tag[1]])),
        context["body"],
    )


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    # Before Sphinx collects a page's pictures (500).
    app.connect("doctree-read", convert_all, priority=400)
    app.connect("html-page-context", add_sizes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
