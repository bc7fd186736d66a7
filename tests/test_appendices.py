"""What the appendices promise: claims, glossary, how to contribute, how to cite."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "book" / "pages"
CLAIMS = (PAGES / "claims.md").read_text("utf8")
PARTS = ("**Verdict: ", "*Say instead:* ", "*See for yourself:* ")
FILES = re.compile(r"\]\(([\w./-]+)\)")


def test_thirteen_claims_and_whose_they_are():
    assert CLAIMS.count("\n## ") == 13
    head = CLAIMS.partition("\n## ")[0]
    assert "youtube.com/watch?v=adGf740I0e8" in head
    assert "vaswani2017attention" in head and "radford2018improving" in head


@pytest.mark.parametrize("claim", CLAIMS.split("\n## ")[1:], ids=lambda c: c[1:40])
def test_a_claim_has_a_verdict_and_an_experiment(claim):
    for part in PARTS:
        assert claim.count(f"\n{part}") == 1, part
    experiment = claim.split(PARTS[2])[1]
    linked = re.findall(r"\{doc\}`\.\./notebooks/(\w+)`", experiment)
    assert linked
    for stem in linked:
        assert (ROOT / "book" / "notebooks" / f"{stem}.ipynb").is_file()
    assert "{cite:" in claim


def test_the_glossary_is_in_order_and_says_something():
    text = (PAGES / "glossary.md").read_text("utf8")
    entries = text.split("```")[1].partition("\n")[2].strip().split("\n\n")
    first = [entry.split("\n")[0].lower() for entry in entries]
    assert first == sorted(first)
    terms = [t for e in entries for t in e.split("\n") if t and not t.startswith(" ")]
    assert len(terms) == len(set(map(str.lower, terms)))
    for entry in entries:
        assert len(entry.split("\n    ", 1)[1]) > 20, entry


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_files_that_are_named_exist(name):
    linked = FILES.findall((ROOT / name).read_text("utf8"))
    assert linked
    for path in linked:
        assert (ROOT / path).exists(), path


def test_contributing_is_on_github_and_on_the_site():
    assert "](CONTRIBUTING.md)" in (ROOT / "README.md").read_text("utf8")
    assert "../../CONTRIBUTING.md" in (PAGES / "contributing.md").read_text("utf8")
    text = (ROOT / "CONTRIBUTING.md").read_text("utf8")
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [*map(str, range(1, 11))]
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text("utf8"), target


def test_how_to_cite_agrees_with_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert cited["version"] == project["version"]
    assert project["license"] in cited["license"]
    assert "CC BY 4.0" in (ROOT / "LICENSE-TEXT").read_text("utf8")
