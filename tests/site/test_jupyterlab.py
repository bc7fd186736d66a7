"""The widgets in JupyterLab: drawn, played by keyboard, heard by the kernel."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.slow

LIB = Path(__file__).parents[2] / "lib"
CELLS = [
    """from IPython.display import display
from classroom.widgets import AlignmentMap, GradientExplorer, Question
scales = [0.8, 0.9, 1.0, 1.1]
curves = {"tanh RNN": [[(0.9 * s) ** k for k in range(101)] for s in scales]}
explorer = GradientExplorer(scales, curves)
question = Question("q", "Which?", ["this", "that"], 1, ["No.", "Yes."])
pair = {"source": ["a", "b"], "target": ["c", "d"], "weights": [[1, 0], [0, 1]]}
display(explorer, question, AlignmentMap([pair]))""",
    """print("kernel heard", explorer.distance, question.chosen)""",
]


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab of its own with the notebook `tiny`; gives the notebook's URL."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in CELLS]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    (tmp_path / "work").mkdir()
    nbformat.write(notebook, tmp_path / "work/tiny.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    home = {
        name: str(tmp_path / name)
        for name in (
            "HOME",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={tmp_path / 'work'}"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command,
            env=os.environ | home | {"PYTHONPATH": str(LIB), "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"{address}/api?token={token}", server, log)
            yield f"{address}/lab/tree/tiny.ipynb?token={token}"
        finally:
            server.send_signal(signal.SIGTERM)  # it ends its kernel, then itself
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(5)


def wait_for(url, server, log, seconds=60):
    """Return when the server answers; fail with its log if it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def test_widgets_live_in_jupyterlab(lab, page):
    page.set_viewport_size({"width": 1200, "height": 1400})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(lab)
    cells = page.locator(".jp-Notebook .jp-Cell")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    cells.first.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.locator(".um-curve").first.wait_for()
    assert page.locator(".um-curve").count() == 2

    # The arrow key goes to the slider; the notebook keeps its selected cell.
    page.get_by_role("slider", name="Distance").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "After 39 steps" in page.locator(".um-sentence").inner_text()
    assert "jp-mod-active" in cells.first.get_attribute("class")

    # Enter would open the cell's editor, the arrows would leave the cell.
    page.get_by_role("button", name="that").focus()
    page.keyboard.press("Enter")
    status = page.get_by_role("status").filter(has_text="Right.")
    assert status.inner_text() == "Right. Yes."
    page.get_by_role("gridcell", name="c, a").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert "Writing d, the decoder gives b" in page.locator(".um-reading").inner_text()
    assert "jp-mod-active" in cells.first.get_attribute("class")

    cells.nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("kernel heard 39 1").wait_for()
    assert errors == []
