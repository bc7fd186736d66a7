"""Every message that the page on troubleshooting quotes as ours is in our sources."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book" / "pages" / "troubleshooting.md").read_text("utf8")
SHOWN = PAGE.partition("(no-message)=")[0]
LIVE = "book/_static/live-cells.js"
# an entry begins with one or more messages in bold, and perhaps whose they are
ENTRY = re.compile(r"^\*\*`.+$", re.MULTILINE)
GAP = "…"


def ours() -> list[str]:
    """Our messages: every text in our Python, and our scripts as they stand."""
    found = []
    for folder in ("lib/classroom", "lib/unmasked", "book/_ext"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != Path(__file__).name:
                found += texts(ast.parse(path.read_text("utf8")))
    for name in ("Makefile", ".ci/run", "tests/test_book.py", LIVE):
        text = (ROOT / name).read_text("utf8")
        found.append(re.sub(r'["`] \+\s+["`]', "", text))
    return [" ".join(text.replace("`", "").split()) for text in found]


def texts(tree: ast.Module) -> list[str]:
    """The strings of a module, with a gap for what an f-string fills in."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                p.value if isinstance(p, ast.Constant) else GAP for p in node.values
            ]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def quoted() -> list[str]:
    """The messages at the head of the entries that name nobody else."""
    heads = [line for line in ENTRY.findall(SHOWN) if not line.endswith(")")]
    return [message for line in heads for message in re.findall(r"`([^`]+)`", line)]


def said(message: str, sources: list[str]) -> bool:
    """Whether one source has all parts of a message, in their order."""
    parts = [
        re.escape(p.strip()) for p in message.split(GAP) if len(p.strip(" ()")) > 1
    ]
    pattern = re.compile(".*?".join(parts), re.DOTALL)
    return any(pattern.search(text) for text in sources)


SOURCES = ours()


@pytest.mark.parametrize("message", quoted())
def test_a_quoted_message_is_one_of_ours(message):
    assert said(message, SOURCES)


def test_a_message_that_nobody_writes_is_noticed():
    assert len(quoted()) > 35
    assert not said("the docs corpus has … been eaten", SOURCES)
    assert said("the docs corpus … been eaten", ["the docs corpus has been eaten"])


def test_every_entry_has_a_cause_and_a_cure():
    entries = re.findall(r"^\*\*`.+\n: .{40,}$", SHOWN, re.MULTILINE)
    assert len(entries) == len(ENTRY.findall(SHOWN)) == SHOWN.count("\n: ")
