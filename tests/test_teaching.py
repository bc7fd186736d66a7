"""The page for teachers: its plan names real exercises, and its example works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classroom.exercises import ids, load

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import exercise_index  # noqa: E402

PAGE = (ROOT / "book" / "pages" / "teaching.md").read_text("utf8")
WEEKS = re.findall(r"```\{exercise-plan\}\n(.+?)\n```", PAGE, re.DOTALL)


def test_the_plan_has_six_weeks_and_an_exercise_of_every_chapter_in_order():
    assert len(WEEKS) == 6
    named = [row.split("|")[0].strip() for week in WEEKS for row in week.split("\n")]
    chapters = {load(name).chapter for name in named}
    assert chapters == {load(name).chapter for name in ids()}
    first = [load(week.split("|")[0].strip()).chapter for week in WEEKS]
    assert first == sorted(first)


@pytest.mark.parametrize("week", WEEKS, ids=range(1, len(WEEKS) + 1))
def test_a_week_says_the_minutes_of_the_bank(week):
    rows = week.split("\n")
    made = exercise_index.plan(rows)
    minutes = [load(row.split("|")[0].strip()).minutes for row in rows]
    assert [int(row.split("|")[3]) for row in made[2:-2]] == minutes
    assert made[-1] == f"Together {sum(minutes)} minutes."


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("rnn-stepp | rnn-sigmoid | why", "did you mean rnn-step"),
        ("rnn-step | rnn-bias | why", "rnn-step has no mistake 'rnn-bias'"),
        ("rnn-step | rnn-sigmoid", "should be: id"),
    ],
)
def test_a_plan_of_what_is_not_there_is_refused(row, says):
    with pytest.raises((LookupError, ValueError), match=says):
        exercise_index.plan([row])


def test_the_example_passes_the_tests_of_the_bank(tmp_path):
    """And the same file without one of its probes does not: a mistake would pass."""
    name, place = "weights-entropy", "classroom/bank/c03/weights_entropy.py"
    assert f"`lib/{place}`" in PAGE and f"tests/test_bank.py -k {name}" in PAGE
    (code,) = re.findall(r'```python\n("""How concentrated.+?)```', PAGE, re.DOTALL)
    blind = re.sub(r'^ +Probe\("masked".+\n', "", code, flags=re.MULTILINE)
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("lib", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    file = tmp_path / "lib" / place
    file.write_text(code, "utf8")
    blind = blind.replace(name, f"{name}-blind").replace('probe="masked",', "")
    file.with_stem("weights_entropy_blind").write_text(blind, "utf8")
    environment = {k: v for k, v in os.environ.items() if "PYTEST" not in k}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "tests/test_bank.py", "-k", name],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tmp_path / "lib")},
        capture_output=True,
        text=True,
    )
    told = "test_the_bank_tells_right_from_wrong"
    assert f"PASSED tests/test_bank.py::{told}[{name}]" in done.stdout, done.stdout
    assert f"FAILED tests/test_bank.py::{told}[{name}-blind]" in done.stdout
    assert "entropy-nan passes" in done.stdout and "3 passed" in done.stdout
