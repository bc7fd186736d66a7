"""NumPy cells that run in the page: Pyodide, the exercise engine, and no network."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyodide_folder
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Visit, images_without_text, overflow, serve, settle, watch
from playwright.sync_api import Browser, Locator, Page, expect

from classroom.exercises import load
from classroom.exercises.diagnose import grade

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "book/notebooks/03_attention.html"
OTHER = "book/notebooks/01_recurrence.html"
START = "Run this page's NumPy cells here"
EXERCISE = "attention-numpy"
SECONDS = 240_000  # milliseconds, for a busy machine
WRONG = """
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(key.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    shares = np.exp(scores - scores.max(axis=-2, keepdims=True))
    weights = shares / shares.sum(axis=-2, keepdims=True)
    return weights @ value, weights
"""
DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('a line');"


@pytest.fixture(scope="module")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site built with Pyodide in it, as `make book PYODIDE=folder` does."""
    try:
        folder = pyodide_folder.fetch()
    except (pyodide_folder.UnavailableError, subprocess.TimeoutExpired) as error:
        reason = f"Pyodide cannot be fetched: {error}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    target = tmp_path_factory.mktemp("live")
    tool = Path(sys.executable).parent / "jupyter-book"
    done = subprocess.run(
        [str(tool), "build", ".", "-W", "-n", "--path-output", str(target)],
        cwd=ROOT,
        env=os.environ | {"UNMASKED_PYODIDE": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return target / "_build" / "html"


@pytest.fixture(scope="module")
def live_origin(live_site: Path) -> Iterator[str]:
    """The address of that site."""
    server = serve(live_site)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def opened(browser: Browser, live_origin: str) -> Iterator[tuple[Page, Visit]]:
    """Chapter 3, every live cell run once, and what the page did until then."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    visit = watch(page, live_origin)
    page.goto(f"{live_origin}/{CHAPTER}")
    settle(page)
    page.get_by_role("button", name=START).click()
    expect(panel(page)).to_contain_text("Python is ready", timeout=SECONDS)
    run(cells(page).last)
    yield page, visit
    context.close()


@pytest.fixture
def live(opened: tuple[Page, Visit]) -> Page:
    """That page, shared: a test leaves it with Python running."""
    return opened[0]


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Live cells")


def cells(page: Page) -> Locator:
    return page.locator(".live-armed")


def cell_of(page: Page, exercise: str) -> Locator:
    """The cell in which an exercise is checked."""
    values = "boxes => boxes.map(box => box.value)"
    texts = page.locator(".live-armed textarea").evaluate_all(values)
    return cells(page).nth(
        next(n for n, text in enumerate(texts) if f'check("{exercise}"' in text)
    )


def run(cell: Locator, source: str | None = None) -> Locator:
    """Run a cell, with other code if some is given, and return its output."""
    if source is not None:
        show(cell).fill(source)
    cell.get_by_role("button", name=re.compile("^Run")).click()
    done = re.compile(r"^(Done|Stopped with|Not run|Python failed)")
    expect(cell.locator(".live-status")).to_have_text(done, timeout=SECONDS)
    return cell.locator(".live-output")


def show(cell: Locator) -> Locator:
    """A cell's editor, unfolded where the page folds it."""
    cell.evaluate("e => e.querySelectorAll('details').forEach(d => { d.open = true; })")
    return cell.locator("textarea")


def spoken(message: str) -> str:
    """Markdown as the page shows it: marks gone, spaces alike."""
    return " ".join(re.sub(r"[`*]|^text$", "", message, flags=re.M).split())


def wrong_function() -> Callable:
    names: dict = {}
    exec(f"import numpy as np\n{WRONG}", names)
    return names["scaled_dot_product_attention"]


def test_nothing_is_loaded_before_the_click(page, live_origin):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_origin}/{CHAPTER}")
    settle(page)
    page.wait_for_load_state("networkidle")
    assert [name for name in asked if "live-cells.js" in name]
    assert not [name for name in asked if re.search("pyodide|worker|zip", name)]
    text = panel(page).inner_text()
    assert re.search(r"Pyodide.*NumPy.*Matplotlib.*exercises: \d+\.\d MB", text)
    assert "from this site" in text
    assert page.locator("textarea, .live-bar").count() == 0


def test_other_pages_load_no_script_of_it(page, live_origin):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_origin}/{OTHER}")
    settle(page)
    assert not [name for name in asked if "live-cells" in name]


def test_every_cell_of_the_chapter_runs(opened):
    """In order, started by the last; nothing is asked of another host."""
    page, visit = opened
    expect(cells(page).last.locator(".live-status")).to_contain_text("Before it ran")
    for number, cell in enumerate(cells(page).all(), start=1):
        output = cell.locator(".live-output")
        assert output.locator(".live-error").count() == 0, output.inner_text()
        status = cell.locator(".live-status").inner_text()
        assert status.startswith("Done"), f"cell {number}: {status}"
    assert page.locator(".live-output img").count() > 0
    assert images_without_text(page) == []
    assert visit.problems() == {}
    seconds = panel(page).get_attribute("data-seconds")
    times = [c.locator(".live-status").inner_text() for c in cells(page).all()]
    print(f"start {seconds} s; cells: {times}")


def test_cells_print_draw_fail_and_come_back(live):
    cell = cells(live).first
    original = show(cell).input_value()
    assert run(cell, "print(6 * 7)").inner_text() == "42"
    assert run(cell, "answer = 6\nanswer * 8").inner_text() == "48"

    image = run(cell, DRAW).locator("img")
    assert image.evaluate("image => image.naturalWidth") > 100
    assert image.get_attribute("alt") == "Figure drawn by this cell. a line"

    shown = run(cell, "x = 0\n1 / x").inner_text()
    assert "line 2" in shown and "1 / x" in shown
    assert shown.endswith("ZeroDivisionError: division by zero")
    assert "make lab" in run(cell, "import torch").inner_text()
    assert run(cell, "print('<b>bold</b>')").inner_text() == "<b>bold</b>"

    cell.get_by_role("button", name="Reset live cell 1").click()
    assert show(cell).input_value() == original
    assert cell.locator(".live-output").inner_text() == ""


def test_keyboard(live):
    """Enter keeps the depth, Control and Enter runs, Tab leaves; colours follow."""
    cell = cells(live).first
    editor = show(cell)
    editor.fill("")
    editor.type("for n in range(3):\nprint(n)")
    assert editor.input_value() == "for n in range(3):\n    print(n)"
    assert cell.locator("pre .k").all_inner_texts() == ["for", "in"]
    live.keyboard.press("Control+Enter")
    expect(cell.locator(".live-output")).to_have_text("0\n1\n2")
    assert editor.evaluate("box => box === document.activeElement")
    live.keyboard.press("Tab")
    assert editor.evaluate("box => box !== document.activeElement")


def test_exercise_is_diagnosed_hinted_and_passed(live):
    """The page says what the engine says outside, to the letter."""
    cell, call = cell_of(live, EXERCISE), f'check("{EXERCISE}", '
    expected = grade(load(EXERCISE), wrong_function())
    assert expected.diagnosis
    call += "scaled_dot_product_attention)"
    shown = spoken(run(cell, f"{WRONG}\n{call}").inner_text())
    assert shown == f"{spoken(expected.message)} hint() gives the next hint."

    mistake = load(EXERCISE).mistake(expected.diagnosis)
    hint = spoken(run(cell, "hint()").inner_text())
    assert hint == f"Hint 2 of 4. {spoken(mistake.question)}"

    right = inspect.getsource(load(EXERCISE).reference)
    shown = run(cell, f"{right}\n\n{call}").inner_text()
    assert shown.startswith("✓"), shown
    assert EXERCISE in run(cell, "progress()").inner_text()


def test_endless_answer_is_told_so(live):
    """The engine's own limit works where Python has no threads."""
    code = f"def f(*a):\n    while True:\n        pass\ncheck('{EXERCISE}', f)"
    shown = run(cells(live).last, code).inner_text()
    assert "still running after 10 s" in shown


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_fits_a_phone_and_is_accessible(theme, live):
    live.set_viewport_size({"width": 360, "height": 740})
    live.evaluate("mode => document.documentElement.dataset.theme = mode", theme)
    run(cells(live).first, "print('long ' * 40)\n1 / 0")
    live.wait_for_timeout(1000)  # the theme notices a new width after a while
    assert overflow(live) <= 0
    # axe looks at every coloured word: the first cells show each colour of code
    live.evaluate(
        """() => [...document.querySelectorAll(".highlight pre")].slice(4)
          .forEach((code) => { code.textContent = code.textContent; })"""
    )
    rules = Axe().run(live, options={"resultTypes": ["violations"]})
    serious = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"][:3]])
        for rule in rules.response["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_endless_loop_is_stopped_and_python_starts_anew(live):
    cell = cells(live).first
    show(cell).fill("n = 1\nwhile True:\n    pass")
    cell.get_by_role("button", name="Run live cell 1").click()
    expect(cell.locator(".live-status")).to_have_text("Running …")
    cell.get_by_role("button", name="Stop live cell 1").click()
    expect(cell.locator(".live-status")).to_contain_text("Stopped. A new Python starts")
    expect(panel(live)).to_contain_text("A new Python is ready", timeout=SECONDS)
    assert "NameError" in run(cell, "print(n)").inner_text()


def test_from_a_folder_the_button_explains(page, live_site):
    visit = watch(page, "file://")
    page.goto((live_site / CHAPTER).as_uri())
    settle(page)
    page.get_by_role("button", name=START).click()
    assert "make serve" in panel(page).inner_text()
    assert visit.problems() == {}


def test_without_its_source_the_page_says_so(page, live_origin):
    """As where Pyodide's CDN cannot be reached; the button tries again."""
    page.route("**/pyodide/**", lambda route: route.abort())
    page.goto(f"{live_origin}/{CHAPTER}")
    settle(page)
    page.get_by_role("button", name=START).click()
    expect(panel(page)).to_contain_text("could not be loaded from this site")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
