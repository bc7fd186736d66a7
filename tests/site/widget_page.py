"""A page that holds one widget, without Jupyter."""

import json
import re

from classroom.widgets import Figure, source

PAGE = """<!doctype html><html lang="en" data-theme="THEME"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A widget</title>
<style>
:root { --pst-color-background: #fff; --pst-color-text-base: #222832; }
[data-theme="dark"] { --pst-color-background: #14181e; --pst-color-text-base: #ced6dd; }
body { margin: 8px; background: var(--pst-color-background); }
CSS
</style><main><div id="here"></div></main><script type="module">
const data = DATA, calls = {};
window.model = {
  get: (name) => data[name],
  set(name, value) {
    data[name] = value;
    (calls[`change:${name}`] ?? []).forEach((f) => f());
  },
  save_changes() {},
  on(event, f) { (calls[event] ??= []).push(f); },
  off(event, f) { calls[event] = calls[event].filter((other) => other !== f); },
};
const file = new Blob([ESM], { type: "text/javascript" });
const widget = await import(URL.createObjectURL(file));
window.calls = calls;
window.clean = widget.default.render({ model, el: document.getElementById("here") });
</script></html>"""


def widget_page(name: str, widget: Figure, theme: str) -> str:
    """Return the page's HTML: `name` as in `source`, `theme` "light" or "dark"."""
    esm, css = source(name)
    parts = {
        "THEME": theme,
        "CSS": css,
        "DATA": json.dumps(widget.data()).replace("<", "\\u003c"),
        "ESM": json.dumps(esm),
    }
    # all at once: a widget's data may hold any letters
    return re.sub("|".join(parts), lambda mark: parts[mark[0]], PAGE)
