"""The chapters' widgets without Jupyter's widget manager, 0.9 MB on each page.

Each is an anywidget that does everything in the browser, or a column of them. Of the
state that a notebook keeps, its page gets what is shown there: every script and style
once, and the numbers. live-figure.js, which mounts the first page's figure, does the
rest.
"""

import json
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

STATE = "application/vnd.jupyter.widget-state+json"
SHOWN = re.compile(r'"model_id": "(\w+)"')
MARK = "IPY_MODEL_"


def jupyters() -> set[str]:
    """The names that every anywidget has for Jupyter's sake."""
    import anywidget

    return set(anywidget.AnyWidget.class_trait_names())


def pack(models: dict[str, Any], shown: list[str]) -> dict[str, Any]:
    """Return what a page needs to show these models.

    Args:
        models: identifier → model, as a notebook keeps them.
        shown: the identifiers of those that the page shows.
    Returns: "looks", a list of script and style, and "models": each has either the
        place of its look and its state, or its children.
    Raises: ExtensionError for a widget that needs more than its own script.
    """
    looks: list[dict[str, str]] = []
    packed: dict[str, Any] = {}
    left, waiting = jupyters(), list(shown)
    while waiting:
        if (name := waiting.pop()) in packed:
            continue
        state = models[name]["state"]
        if "_esm" in state:
            look = {"script": state["_esm"], "style": state.get("_css", "")}
            if look not in looks:
                looks.append(look)
            own = {k: v for k, v in state.items() if k not in left and k[0] != "_"}
            packed[name] = {"look": looks.index(look), "state": own}
        elif models[name]["model_name"] == "VBoxModel":
            children = [child.removeprefix(MARK) for child in state["children"]]
            packed[name] = {"children": children}
            waiting += children
        else:
            kind = models[name]["model_name"]
            raise ExtensionError(f"the pages cannot show the widget {kind} ({name})")
    return {"looks": looks, "models": dict(sorted(packed.items()))}


def replace_state(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Put the packed models into the page where MyST-NB wrote the whole state."""
    for asset in context.get("script_files", []):
        attributes = getattr(asset, "attributes", {})
        if attributes.get("type") == STATE:
            models = json.loads(attributes["body"])["state"]
            packed = pack(models, SHOWN.findall(context["body"]))
            # Inside <script> only "<" can end the element; JSON allows it escaped.
            body = json.dumps(packed).replace("<", "\\u003c")
            attributes |= {"type": "application/json", "id": "widgets", "body": body}


def want_no_manager(app: Sphinx, config: Config) -> None:
    """Pages with widgets get our script, and not the manager from a CDN."""
    config.nb_ipywidgets_js = {"live-figure.js": {}}


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.connect("config-inited", want_no_manager)
    app.connect("html-page-context", replace_state, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
