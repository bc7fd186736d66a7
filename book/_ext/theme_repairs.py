"""What the theme and Jupyter Book load and we do not want.

- sphinx-thebe: Jupyter Book 1.0.4 declares its script twice, once on a CDN.
- Font Awesome: 0.8 MB compressed on every page for a dozen icons. Our own
  `webpack-macros.html` leaves it out; icons.css draws the icons.
- The role "list" around the bibliography, whose entries are no list items.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).parent / "templates"


CITATIONS = '<div role="list" class="citation-list">'


def repair(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Drop thebe's scripts and styles from a page, and mend its text."""

    def wanted(asset: object) -> bool:
        name = getattr(asset, "filename", None) or asset
        body = getattr(asset, "attributes", {}).get("body", "")
        return "thebe" not in f"{name} {body}".lower()

    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context.get(kind, []) if wanted(asset)]
    if "body" in context:
        context["body"] = context["body"].replace(
            CITATIONS, '<div class="citation-list">'
        )


def add_templates(app: Sphinx, config: Config) -> None:
    """Let our templates come before the theme's."""
    config.templates_path.append(str(TEMPLATES))


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("config-inited", add_templates)
    # Late: after every extension has added its files.
    app.connect("html-page-context", repair, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
