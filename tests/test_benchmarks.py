"""The benchmarks can be run, and the book's table is what they have written."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
SPEC = importlib.util.spec_from_file_location("benchmark_table", FOLDER / "table.py")
assert SPEC and SPEC.loader
table = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(table)


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+)==(\S+)$", path.read_text("utf8"), flags=re.M))


def test_versions_are_those_of_the_book():
    book, bench = pins(ROOT / "requirements.txt"), pins(FOLDER / "requirements.txt")
    assert {"torch", "transformers", "tokenizers", "tiktoken"} <= set(bench)
    for name in set(book) & set(bench):
        assert book[name] == bench[name], name
    # only what the book's tests need is in requirements.txt
    assert "x-transformers" in bench and "x-transformers" not in book
    assert "llms-from-scratch" not in book


def test_the_page_is_what_make_bench_wrote():
    result = json.loads(table.RESULTS.read_text("utf8"))
    text = table.PAGE.read_text("utf8")
    between = text.partition(table.START)[2].partition(table.END)[0]
    assert between.strip() == table.page(result)
    tables = {row["table"] for row in result["rows"]}
    assert tables == {
        "Training step", "Writing", "Attention", "Multi-head layer",
        "Encoder and decoder", "Greedy translation", "MLM step", "BPE: training",
        "BPE: encoding",
    }  # fmt: skip
    for row in result["rows"]:
        low, high = row["spread"]
        assert low <= row["speed"] <= high and row["rounds"] >= 1
    peers = {row["contender"] for row in result["rows"]}
    assert {"x-transformers", "llms-from-scratch", "transformers OpenAIGPT"} <= peers


def test_a_page_without_marks_is_refused(tmp_path):
    result = json.loads(table.RESULTS.read_text("utf8"))
    page = tmp_path / "page.md"
    page.write_text("no marks", "utf8")
    with pytest.raises(ValueError, match=r"page\.md has no"):
        table.write_page(result, page)
    page.write_text(f"before\n{table.START}\nold\n{table.END}\nafter\n", "utf8")
    table.write_page(result, page)
    text = page.read_text("utf8")
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "old" not in text and table.page(result) in text


@pytest.mark.slow
@pytest.mark.parametrize("script", table.SCRIPTS)
def test_a_script_can_produce_its_rows(script, tmp_path):
    """In the tests' environment: peers that are only in .venv-bench are left out."""
    out = tmp_path / "rows.json"
    path = os.pathsep.join((str(FOLDER), str(ROOT / "lib")))
    command = [sys.executable, str(FOLDER / f"{script}.py"), "--quick", "--json", out]
    done = subprocess.run(
        list(map(str, command)),
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(out.read_text("utf8"))["rows"]
    assert rows and all(row["speed"] > 0 and row["seconds"] > 0 for row in rows)
    assert all(row["contender"] != row["base"] for row in rows)
    assert all(table.cell(row).count("|") == 6 for row in rows)
