"""The map of the book says what the notebooks import, and nothing else."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import book_map  # noqa: E402

ALL = book_map.chapters(ROOT / "book" / "notebooks")


@pytest.fixture
def made(tmp_path):
    """Three chapters: b imports a; c imports b; nothing imports c."""
    for stem, code in (
        ("01_a", "import torch"),
        ("02_b", "#| export\nfrom unmasked.a import x"),
        ("04_c", "if True:\n    from unmasked.b import y  # unmasked.a only named"),
    ):
        cells = [v4.new_markdown_cell(f"# Title of {stem}\n\n# not this")]
        cells.append(v4.new_code_cell(code))
        text = v4.new_notebook(cells=cells)
        (tmp_path / f"{stem}.ipynb").write_text(nbformat.writes(text), "utf8")
    return book_map.chapters(tmp_path)


def test_needs_are_the_imports_of_the_cells(made):
    assert [(c.number, c.module, c.needs) for c in made] == [
        (1, "a", ()),
        (2, "b", (1,)),
        (4, "c", (2,)),
    ]
    assert made[2].title == "Title of 04_c"


def test_what_comes_before_is_followed_to_its_beginning(made):
    assert book_map.before(4, made) == [1, 2]
    assert book_map.before(1, made) == []


def test_the_picture_has_an_arc_for_each_import_and_a_link_for_each_chapter(made):
    drawn = book_map.picture(made)
    assert drawn.count("<path") == 2
    assert 'class="arc from-2 to-4"' in drawn
    assert drawn.count("../notebooks/0") == 3


def test_the_table_says_who_uses_a_chapter(made):
    b = next(line for line in book_map.table(made) if "Title of 02_b" in line)
    assert b.count("01_a") == 2 and b.count("04_c") == 1


def test_no_chapter_of_the_book_needs_a_later_one():
    for chapter in ALL:
        assert all(other < chapter.number for other in chapter.needs)


def test_every_question_is_asked_on_the_page_with_its_answer():
    from classroom.exercises.bank import all_questions

    text = "\n".join(book_map.questions(ALL))
    for _, question in all_questions().values():
        assert question.prompt in text
        assert f"**{question.options[question.answer]}**" in text


def named(words: str) -> set[int]:
    """The chapters that a clause names: "chapters 4 and 5" are two."""
    lists = re.findall(r"[Cc]hapters? (\d+(?:(?:, | and |, and )\d+)*)", words)
    return {int(n) for some in lists for n in re.findall(r"\d+", some)}


@pytest.mark.parametrize("chapter", ALL, ids=lambda chapter: chapter.stem)
def test_the_opening_says_what_a_chapter_stands_on_and_what_needs_it(chapter):
    text = (ROOT / "book" / "chapters" / f"{chapter.stem}.md").read_text("utf8")
    opening = re.search(r"It stands on (.*)", text)
    assert opening, "the opening says “It stands on …”"
    before, _, after = re.sub(r"\([^()]*\)", "", opening[1]).partition(". ")
    assert named(before) >= set(chapter.needs)
    needing = {c.number for c in ALL if chapter.number in c.needs}
    if not needing:
        assert after.startswith("No later chapter imports it")
    else:
        (sentence,) = re.findall(r"Chapters? [\d, and]+ needs? it\.", after)
        assert named(sentence) == needing
