"""What the theme and Jupyter Book load and we do not want.

- sphinx-thebe: Jupyter Book 1.0.4 declares its script twice, once on a CDN.
- Font Awesome: 0.8 MB compressed on every page for a dozen icons. Our own
  `webpack-macros.html` leaves it out; icons.css draws the icons.
- Scripts and styles on pages where nothing uses them, and scripts that stop the
  browser's reading in the head of a page.
- An element around each name, bracket, space and word of code, though none has a look
  of its own: more than half of a page's elements.
- The role "list" around the bibliography, whose entries are no list items.
- Identifiers that every exercise and every solution has; a name of folded cells that
  is not what they show; a second and a third viewport.

The templates write the logo and the buttons that the theme's write by script.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).parent / "templates"
CITATIONS = '<div role="list" class="citation-list">'
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
COLOURLESS = re.compile(r'<span class="(?:n|p|w|pre)">([^<]*)</span>')
# part of an asset's name or text: what a page has that needs it
NEEDED = {
    "thebe": r"(?!)",
    "mathjax": r'class="math',
    "sphinx-design": r'class="sd-',
    "design-tabs": r'class="sd-tab',
    "toggle": r'class="(?:[^"]* )?(?:toggle|dropdown)[ "]',
    "clipboard": r'class="highlight',
    "copybutton": r'class="highlight',
    "pygments": r'class="highlight|class="sig',
    "mystnb": r'class="cell\b',
    "exercise.css": r'class="(?:exercise|solution)[ "]',
}
# An inline script needs the first; on the search page, the theme's scripts need others.
AT_ONCE = ("documentation_options.js",)


def wanted(asset: Any, body: str) -> bool:
    """Whether a page with this body needs a script or a style."""
    name = getattr(asset, "filename", asset) or ""
    text = getattr(asset, "attributes", {}).get("body", "")
    known = f"{name} {text[:40]}".lower()  # of a long text, what it begins with
    return all(re.search(need, body) for part, need in NEEDED.items() if part in known)


def deferred(script: Any) -> Any:
    """The script, to be run when the page is read."""
    name = str(getattr(script, "filename", "") or "")
    if not name or name.endswith(AT_ONCE):
        return script
    attributes = {**script.attributes, "defer": "defer"}
    return type(script)(name, priority=script.priority, **attributes)


def repair(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Keep of a page's scripts and styles what it uses, and mend its text."""
    body = context.get("body", "")
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if wanted(file, body)]
    if pagename != "search":
        context["script_files"] = [deferred(file) for file in context["script_files"]]
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))
    if body:
        body = re.sub('<section id="(exercise|solution)-content">', "<section>", body)
        body = body.replace(' aria-label="Toggle hidden content"', "")
        body = body.replace(CITATIONS, '<div class="citation-list">')
        for _ in range(2):  # one may stand in another
            body = COLOURLESS.sub(r"\1", body)
        context["body"] = body


def add_templates(app: Sphinx, config: Config) -> None:
    """Let our templates come before the theme's."""
    config.templates_path.append(str(TEMPLATES))


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("config-inited", add_templates)
    # Late: after every extension has added its files.
    app.connect("html-page-context", repair, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
