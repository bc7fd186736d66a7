"""The site's sources: complete, consistent, and safe where they fetch something."""

import importlib
import json
import re
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from PIL import Image
from sphinx.errors import ExtensionError

from classroom.exercises import ids, load

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import api_reference  # noqa: E402
import assets  # noqa: E402
import book_map  # noqa: E402
import exercise_index  # noqa: E402
import export_ribbon  # noqa: E402
import images  # noqa: E402
import live_figure  # noqa: E402
import notebook_widgets  # noqa: E402
import theme_repairs  # noqa: E402

BOOK = ROOT / "book"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
LISTED = [
    TOC["root"],
    *(entry["file"] for part in TOC["parts"] for entry in part["chapters"]),
]


def stems(folder: str, pattern: str) -> list[str]:
    return sorted(path.stem for path in (BOOK / folder).glob(pattern))


def test_toc_lists_every_chapter_in_order():
    listed = [Path(name).stem for name in LISTED if name.startswith("book/notebooks/")]
    assert listed == stems("chapters", "[0-9][0-9]_*.md")


def test_toc_lists_every_page_once():
    pages = [Path(name).stem for name in LISTED if name.startswith("book/pages/")]
    assert sorted(pages) == stems("pages", "*.md")
    assert len(set(LISTED)) == len(LISTED)


def test_landing_page_names_every_finished_chapter():
    text = (BOOK / "pages" / "intro.md").read_text(encoding="utf-8")
    for stem in stems("chapters", "[0-9][0-9]_*.md"):
        assert f"../notebooks/{stem}>" in text, f"intro.md does not link {stem}"


def test_each_of_the_thirteen_claims_is_examined():
    text = (BOOK / "pages" / "claims.md").read_text(encoding="utf-8")
    claims = text.split("\n## ")[1:]
    assert len(claims) == 13
    for claim in claims:
        name = claim.splitlines()[0]
        assert claim.count("**Verdict: ") == claim.count("*Say instead:*") == 1, name
        assert re.search(r"\*See for yourself:\* \{doc\}`\.\./notebooks/", claim), name


def test_configuration_executes_nothing_and_reads_only_the_book():
    assert CONFIG["execute"]["execute_notebooks"] == "off"
    assert CONFIG["only_build_toc_files"] is True
    wanted = {"_build", "README.md", "lib/**", "tests/**", "book/chapters/**", ".*/**"}
    assert wanted <= set(CONFIG["exclude_patterns"])


def test_every_extension_of_ours_is_used():
    assert sorted(CONFIG["sphinx"]["local_extensions"]) == stems("_ext", "*.py")


def test_own_scripts_and_styles_name_no_other_host():
    for path in [*BOOK.glob("_static/**/*"), *BOOK.glob("_ext/templates/**/*")]:
        if path.suffix in (".css", ".js", ".html"):
            text = path.read_text(encoding="utf-8")
            addresses = set(re.findall(r"https?://[^\s\"')]+", text))
            assert addresses <= {"http://www.w3.org/2000/svg"}, path


# What is fetched.


def test_every_package_is_pinned_with_a_sha512():
    for name, (integrity, files) in assets.PACKAGES.items():
        assert re.fullmatch(r"(@[\w-]+/)?[\w-]+@\d+\.\d+\.\d+", name)
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", integrity)
        assert files


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive with one file, known to `assets` as the package `tiny@1.0.0`."""
    (tmp_path / "tiny.js").write_text("1")
    path = tmp_path / "tiny.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "tiny.js", "package/tiny.js")
    entry = (assets.integrity(path), {"package/*.js": "scripts"})
    monkeypatch.setattr(assets, "PACKAGES", {"tiny@1.0.0": entry})
    monkeypatch.setattr(assets, "download", lambda folder: {"tiny@1.0.0": path})
    return path


def test_fetch_unpacks_once(archive, tmp_path):
    target = tmp_path / "assets"
    assert assets.fetch(target) is True
    assert (target / "scripts" / "tiny.js").read_text() == "1"
    assert assets.fetch(target) is False


def test_wrong_checksum_stops_the_build_and_unpacks_nothing(archive, tmp_path):
    archive.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(ExtensionError, match=r"tiny@1\.0\.0.*integrity"):
        assets.fetch(tmp_path / "assets")
    assert not (tmp_path / "assets").exists()


def test_file_missing_from_a_package_stops_the_build(archive, tmp_path, monkeypatch):
    entry = (assets.integrity(archive), {"package/other.js": "scripts"})
    monkeypatch.setattr(assets, "PACKAGES", {"tiny@1.0.0": entry})
    with pytest.raises(ExtensionError, match="holds no"):
        assets.fetch(tmp_path / "assets")


@pytest.mark.parametrize(
    "variable, value",
    [("UNMASKED_NO_NPM", "1"), ("npm_config_registry", "http://127.0.0.1:9/")],
)
def test_unreachable_npm_is_said(variable, value, tmp_path, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(assets.UnreachableError, match=r"UNMASKED_NO_NPM|npm"):
        assets.download(tmp_path)


# What is shown.


def test_ribbon_takes_the_mark_and_nothing_else():
    assert export_ribbon.module_of("book/notebooks/01_recurrence") == "recurrence"
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}}
        for source in ("#| export\nx = 1", "x = 1  #| export", "print('#| export')")
    ]
    content = [json.dumps({"cells": cells})]

    class App:
        class env:  # noqa: N801
            @staticmethod
            def doc2path(docname: str) -> str:
                return docname + ".ipynb"

    export_ribbon.take_marks(App, "01_x", content)  # pyright: ignore
    shown = json.loads(content[0])["cells"]
    assert [cell["source"] for cell in shown] == [
        "x = 1",
        *(c["source"] for c in cells[1:]),
    ]
    assert [cell["metadata"] for cell in shown] == [
        {"tags": [export_ribbon.TAG]},
        {},
        {},
    ]


def test_ribbon_names_what_a_cell_builds():
    code = """
from x import y
__all__ = ["A"]
LIMIT = 3
size: int = 4
def f(): LOCAL = 1
class A:
    def method(self): pass
def _private(): pass
"""
    assert export_ribbon.names_in(code) == ["LIMIT", "size", "f", "A"]


def test_every_name_of_the_library_is_built_in_an_exported_cell():
    for stem in stems("chapters", "[0-9][0-9]_*.md"):
        notebook = json.loads((BOOK / "notebooks" / f"{stem}.ipynb").read_text("utf-8"))
        sources = ["".join(c["source"]) for c in notebook["cells"]]
        built = {
            name
            for source in sources
            if export_ribbon.MARK.match(source)
            for name in export_ribbon.names_in(export_ribbon.MARK.sub("", source))
        }
        module = importlib.import_module(f"unmasked.{export_ribbon.module_of(stem)}")
        assert built and set(module.__all__) <= built


def test_the_index_has_every_exercise_under_its_chapter():
    titles = {c.number: c.title for c in book_map.chapters(BOOK / "notebooks")}
    lines = exercise_index.rows(titles)
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == [f"## {number}. {title}" for number, title in titles.items()]
    shown = [line for line in lines if "<ex-" in line]
    assert [re.findall(r"<ex-([^>]+)>", line)[0] for line in shown] == ids()
    for line, exercise in zip(shown, map(load, ids()), strict=True):
        difficulty, minutes = (cell.strip() for cell in line.split("|")[3:5])
        assert difficulty == f"{exercise.difficulty} of 5"
        assert minutes == str(exercise.minutes)


def test_a_page_gets_of_its_widgets_what_it_shows():
    look = {"_esm": "script", "_css": "style", "layout": "IPY_MODEL_l"}
    models = {
        "a": {"model_name": "AnyModel", "state": look | {"n": 1}},
        "b": {"model_name": "AnyModel", "state": look | {"n": 2}},
        "box": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_a"]}},
        "bar": {"model_name": "FloatProgressModel", "state": {}},
        "l": {"model_name": "LayoutModel", "state": {}},
    }
    packed = notebook_widgets.pack(models, ["box", "b"])
    assert packed["looks"] == [{"script": "script", "style": "style"}]
    assert packed["models"] == {
        "a": {"look": 0, "state": {"n": 1}},
        "b": {"look": 0, "state": {"n": 2}},
        "box": {"children": ["a"]},
    }
    with pytest.raises(ExtensionError, match="FloatProgressModel"):
        notebook_widgets.pack(models, ["bar"])


def test_a_figure_becomes_smaller_and_says_its_size(tmp_path):
    picture = np.random.default_rng(0).integers(0, 9, (30, 40, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "x.png", compress_level=0)
    webp = images.converted(tmp_path / "x.png")
    assert webp.stat().st_size < (tmp_path / "x.png").stat().st_size
    assert (np.asarray(Image.open(webp)) == picture).all()
    tag = '<img alt="x" src="../_images/x.webp" />'
    assert images.PICTURE.fullmatch(tag)
    sized = images.with_size(tag, webp)
    assert '<img width="40" height="30" alt="x" src="../_images/x.webp" />' in sized


@pytest.mark.parametrize(
    "file, body, needed",
    [
        ("sphinx-design.min.css", '<div class="sd-card">', True),
        ("sphinx-design.min.css", '<div class="exercise-index">', False),
        ("exercise.css", '<div class="exercise-index">', False),
        ("exercise.css", '<div class="exercise admonition">', True),
        ("mathjax/startup.js", '<span class="math notranslate">', True),
        ("mathjax/startup.js", "<p>math</p>", False),
        ("https://example.org/thebe.js", '<div class="thebe">', False),
        ("unmasked.css", "", True),
    ],
)
def test_a_page_loads_what_it_uses(file, body, needed):
    assert theme_repairs.wanted(SimpleNamespace(filename=file), body) is needed


def test_docstring_becomes_safe_text():
    lines = [
        "Weigh *batch by h_ with `a*b` and $x_t$.",
        "",
        "Args: x, (*batch, n),",
        "    of any kind.",
        "Raises: ValueError where n is 0.",
    ]
    api_reference.make_safe(None, "", "", None, None, lines)  # pyright: ignore
    text = "\n".join(lines)
    assert r"Weigh \*batch by h\_ with ``a*b`` and :math:`x_t`." in text
    assert "\nArgs: x, (\\*batch, n), of any kind.\n" in text
    assert "\nRaises: ValueError where n is 0.\n" in text


def test_live_figure_takes_the_numbers_from_the_notebook(tmp_path):
    model = {"state": {"scales": [1.0], "scale": 1.0, "_esm": "…"}}
    widgets = {live_figure.STATE: {"state": {"id": model}}}
    notebook = tmp_path / "01_x.ipynb"
    notebook.write_text(json.dumps({"cells": [], "metadata": {"widgets": widgets}}))
    state = live_figure.stored_state(notebook, {"scales", "scale"})
    assert state == {"scale": 1.0, "scales": [1.0]}
    with pytest.raises(ValueError, match="keeps no widget with distance"):
        live_figure.stored_state(notebook, {"distance"})


def test_live_figure_knows_the_widgets():
    assert live_figure.widget_class("gradient").__name__ == "GradientExplorer"
    assert live_figure.widget_class("alignment").__name__ == "AlignmentMap"
    with pytest.raises(ValueError, match="no widget"):
        live_figure.widget_class("none")
