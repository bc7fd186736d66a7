"""What every widget keeps to, in a page of its own: width, access, keys, letting go.

Each `test_*_widget_pages.py` has WIDGETS, the widgets by their scripts' names, and may
have STATES: for a widget, what is done to its page before it is looked at, as functions
of the page, one after the other.
"""

from importlib import import_module
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from classroom import widgets

HERE, SCRIPTS = Path(__file__).parent, Path(widgets.__file__).parent
MODULES = [import_module(f.stem) for f in sorted(HERE.glob("test_*widget_pages.py"))]
SHOWN = [(name, module) for module in MODULES for name in module.WIDGETS]
every_widget = pytest.mark.parametrize(
    ("name", "module"), SHOWN, ids=[name for name, _ in SHOWN]
)


def leftovers(page):
    """What a widget should have done: keep its keys, and let go of the model."""
    page.keyboard.press("Tab")
    focused = "document.activeElement.dataset.lmSuppressShortcuts"
    keys = [] if page.evaluate(focused) == "true" else ["Jupyter gets the keys"]
    page.evaluate("window.clean()")
    listening = (
        "Object.entries(calls).filter(([, f]) => f.length).map(([name]) => name)"
    )
    return keys + page.evaluate(listening)


def faults(page, width):
    """What is wrong with what is to be seen: too wide, or hard to use."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = Axe().run(page).response["violations"]
    grave = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    return grave + ([f"{wide} pixels wide"] if wide > width else [])


@every_widget
def test_lets_go_of_the_model_and_keeps_the_keys(show, name, module):
    assert leftovers(show(name, widgets=module.WIDGETS)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
@every_widget
def test_fits_and_is_accessible(show, name, module, width, theme):
    page = show(name, theme, width, widgets=module.WIDGETS)
    for change in getattr(module, "STATES", {}).get(name, [lambda page: None]):
        change(page)
        assert faults(page, width) == []


def test_no_widget_is_left_out():
    scripts = {file.stem for file in SCRIPTS.glob("*.js")} - {"common"}
    assert {name for name, _ in SHOWN} == scripts
    for module in MODULES:
        assert set(getattr(module, "STATES", {})) <= set(module.WIDGETS), module


SABOTAGE = {
    "Jupyter gets the keys": "document.addEventListener('focusin', (event) => "
    "setTimeout(() => delete event.target.dataset.lmSuppressShortcuts))",
    "change:other": "model.on('change:other', () => {})",
    "700 pixels wide": "document.querySelector('.um').style.width = '692px'",
    "color-contrast": "document.querySelector('.um').style.color = '#ddd'",
    "label": "document.querySelectorAll('label').forEach((x) => "
    "x.replaceWith(...x.querySelectorAll('input')))",
}


@pytest.mark.parametrize("fault", SABOTAGE)
def test_a_fault_is_found(show, fault):
    module = import_module("test_block_widget_pages")
    page = show("merges", width=340, widgets=module.WIDGETS)
    assert faults(page, 340) == []
    page.evaluate(f"() => {{ {SABOTAGE[fault]} }}")
    page.wait_for_timeout(50)
    assert fault in faults(page, 340) + leftovers(page)
