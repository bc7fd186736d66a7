"""The `live-figure` directive: a chapter's widget on a page that is no notebook.

    ```{live-figure} gradient
    :notebook: 01_recurrence
    :alt: what is to be seen in the figure

    Caption.
    ```

The script comes from `classroom.widgets`, the numbers from the state that the executed
notebook keeps: nothing is computed here and nothing has a second home. Script, style
and numbers are written into the page, so that it works when opened from a folder.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STATE = "application/vnd.jupyter.widget-state+json"


class LiveFigureNode(nodes.General, nodes.Element):
    """A mounted widget with its caption; live-figure.js reads the JSON `payload`."""


def widget_class(name: str) -> type:
    """Return the class whose script is `source(name)`.

    Raises: ValueError where there is none.
    """
    from classroom import widgets

    script = widgets.source(name)[0]
    for value in vars(widgets).values():
        if isinstance(value, type) and getattr(value, "_esm", None) == script:
            return value
    raise ValueError(f"live-figure cannot show the widget {name!r}")


def stored_state(notebook: Path, names: set[str]) -> dict[str, Any]:
    """Return the first stored widget state that has all these traits.

    Raises: ValueError where the notebook keeps none.
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    models = content["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    for model in models.values():
        if names <= set(model["state"]):
            return {name: model["state"][name] for name in sorted(names)}
    raise ValueError(f"{notebook.name} keeps no widget with {', '.join(sorted(names))}")


class LiveFigure(SphinxDirective):
    """See the module."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "notebook": directives.unchanged_required,
        "alt": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Make the figure."""
        from classroom import widgets

        for option in ("notebook", "alt"):
            if option not in self.options:
                raise self.error(f"live-figure needs :{option}:")
        name = self.arguments[0]
        folder = Path(self.env.srcdir) / "book" / "notebooks"
        notebook = folder / f"{self.options['notebook']}.ipynb"
        self.env.note_dependency(str(notebook))
        try:
            script, style = widgets.source(name)
            traits = set(widget_class(name).class_own_traits(sync=True))
            state = stored_state(notebook, {t for t in traits if t[0] != "_"})
        except (OSError, ValueError) as error:
            raise self.error(f"live-figure: {error}") from error

        figure = LiveFigureNode(
            alt=self.options["alt"],
            payload=json.dumps({"script": script, "style": style, "state": state}),
        )
        self.state.nested_parse(self.content, self.content_offset, figure)
        return [figure]


def visit(self: Any, node: LiveFigureNode) -> None:
    """Write the mount point, the data, the text for a browser without scripts."""
    # Inside <script> only "<" can end the element; JSON allows it escaped.
    payload = node["payload"].replace("<", "\\u003c")
    alt = self.attval(node["alt"])
    self.body.append(
        '<figure class="live-figure">'
        f'<div class="live-figure-mount" role="group" aria-label="{alt}">'
        f'<script type="application/json">{payload}</script>'
        f"<noscript><p>{alt} (This figure needs JavaScript.)</p></noscript></div>"
        "<figcaption>"
    )


def depart(self: Any, node: LiveFigureNode) -> None:
    """Close the caption and the figure."""
    self.body.append("</figcaption></figure>")


def add_script(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Load the mounting script on pages that have a live figure."""
    if doctree and any(doctree.findall(LiveFigureNode)):
        app.add_js_file("live-figure.js")


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_node(LiveFigureNode, html=(visit, depart))
    app.add_directive("live-figure", LiveFigure)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
