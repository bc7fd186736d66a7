"""Chapter 15's figure in a page of its own: its rows, play, access."""

import re
from pathlib import Path

import pytest
from browsing import settle, watch

from classroom.exercises import load
from classroom.widgets import InputBuilder

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
SPECIAL = ("start", "delimiter", "extract")
LONG = "Return the sum of the elements of x, over all of its axes, as an array."
TEXTS = {
    "classification": ["Well, it adds <b>naïve</b> 🐢 up_to 3.5!"],
    "entailment": [LONG, "x_2 is a list."],
    "similarity": ["Sort it.", LONG],
    "multiple choice": [LONG, "What is returned?", "an array", "x", "", "all 3 of it"],
}
WIDGETS = {"inputs": InputBuilder(TEXTS)}
STATES = {
    "inputs": [
        lambda page: put(page, task="multiple choice", max_len=16),
        lambda page: put(page, task="similarity", side="left"),
    ]
}


class Special:
    """The exercise's special tokens, as words."""

    start, delimiter, extract = SPECIAL


def words(text):
    return re.findall(r"\w+|[^\w\s]", text)


def put(page, **values):
    for name, value in values.items():
        page.evaluate("([n, v]) => model.set(n, v)", [name, value])


def rows(page, kinds=("word", "special"), group=".um-group:not(.um-other)"):
    """The tokens of each row of a group, those of some kinds alone."""
    found = page.locator(f"{group} .um-row").evaluate_all(
        "(all) => all.map((row) => [...row.children].map((x) => ({...x.dataset})))"
    )
    return [[x["token"] for x in row if x["kind"] in kinds] for row in found]


def heads(page):
    """Of each row: the column that the head reads, that of the slip, the last one."""
    found = page.locator(".um-row").evaluate_all(
        """(all) => all.map((row) => {
          const at = (mark) => row.querySelector(mark)?.dataset.column ?? -1;
          const columns = [...row.querySelectorAll("[data-column]")];
          const numbers = columns.map((cell) => Number(cell.dataset.column));
          return { head: Number(at("[data-head]")), slip: Number(at("[data-slip]")),
                   numbers, tokens: columns.map((cell) => cell.dataset.token) };
        })"""
    )
    for row in found:
        assert row["numbers"] == list(range(len(row["numbers"])))
    return found


@pytest.mark.parametrize("max_len", [8, 11, 16, 17, 48])
@pytest.mark.parametrize("task", ["classification", "entailment", "similarity"])
def test_rows_are_those_of_the_exercise(show, task, max_len):
    page = show("inputs")
    put(page, task=task, max_len=max_len)
    parts = [words(text) for text in TEXTS[task]]
    orders = [parts, parts[::-1]] if task == "similarity" else [parts]
    build = load("task-sequences").reference
    assert rows(page) == [build(order, Special, max_len) for order in orders]
    lost = [sum(map(len, parts)) + len(parts) + 1 - len(row) for row in rows(page)]
    assert [len(row) for row in rows(page, ["cut"])] == lost


@pytest.mark.parametrize("max_len", [8, 14, 20, 48])
def test_each_candidate_has_a_row_and_the_context_is_the_same(show, max_len):
    page = show("inputs")
    put(page, task="multiple choice", max_len=max_len)
    context, question, *answers = map(words, TEXTS["multiple choice"])
    kept = [len(context), len(question), max(map(len, answers))]
    while sum(kept) > max_len - 3:
        kept[kept.index(max(kept))] -= 1
    n, m, k = kept
    begin = ["start", *context[:n], *question[:m], "delimiter"]
    assert rows(page) == [[*begin, *answer[:k], "extract"] for answer in answers]
    assert "softmax over the 4 candidates" in page.locator(".um-join").inner_text()


@pytest.mark.parametrize("max_len", [8, 14, 48])
def test_rows_are_those_of_the_library(show, max_len):
    library = pytest.importorskip("unmasked.finetuning")
    known = [
        *SPECIAL,
        *sorted({w for t in TEXTS.values() for x in t for w in words(x)}),
    ]
    special = library.SpecialTokens(0, 1, 2)
    a, b, c, d = (
        [[known.index(word) for word in words(text)] for text in texts]
        for texts in TEXTS.values()
    )
    context, question, *answers = d
    wanted = {
        "classification": [library.classification_input(*a, special, max_len)],
        "entailment": [library.entailment_input(*b, special, max_len)],
        "similarity": library.similarity_inputs(*c, special, max_len),
        "multiple choice": library.multiple_choice_inputs(
            context, question, answers, special, max_len
        ),
    }
    page = show("inputs")
    for task, lists in wanted.items():
        put(page, task=task, max_len=max_len)
        assert rows(page) == [[known[id] for id in row] for row in lists], task


@pytest.mark.parametrize("task", list(TEXTS))
def test_the_head_reads_extract_on_either_side(show, task):
    page = show("inputs")
    put(page, task=task)
    said = page.get_by_role("status")
    for side, slip in (("right", "pad"), ("left", None)):
        put(page, side=side)
        found = heads(page)
        T = len(found[0]["tokens"])
        padded = 0
        for row in found:
            assert len(row["tokens"]) == T  # one batch, one length
            assert row["tokens"][row["head"]] == "extract"
            count = T - row["tokens"].count("pad")
            if count == T:
                assert row["slip"] == -1
                continue
            padded += 1
            assert row["slip"] == (T - 1 if side == "right" else count - 1)
            assert row["head"] == (count - 1 if side == "right" else T - 1)
            if slip:
                assert row["tokens"][row["slip"]] == slip
        assert 0 < padded < len(found)
        assert f"in {padded} of {len(found)} rows" in said.inner_text()


def test_rows_of_one_length_leave_nothing_to_go_astray(show):
    page = show("inputs")
    put(page, task="entailment", max_len=10)
    assert "All rows are equally long" in page.get_by_role("status").inner_text()
    assert page.locator("[data-slip]").count() == 0


def test_both_orders_keep_the_colours_of_their_texts(show):
    page = show("inputs")
    put(page, task="similarity", max_len=48)
    parts = page.locator(".um-group:not(.um-other) .um-row").evaluate_all(
        "(all) => all.map((row) => row.querySelector('[data-part]').dataset.part)"
    )
    assert parts == ["0", "1"]
    joined = page.locator(".um-join").inner_text()
    assert joined.startswith("The two states at extract are added")


def test_typing_changes_the_rows_and_stays_with_its_task(show):
    page = show("inputs")
    field = page.get_by_label("Text", exact=True)
    field.fill("")
    assert rows(page) == [["start", "extract"]]
    assert field.evaluate("(node) => node === document.activeElement")
    field.press_sequentially("a start, <i>")
    row = ["start", "a", "start", ",", "<", "i", ">", "extract"]
    assert rows(page) == [row]
    # the word "start" is no special token
    assert page.locator(".um-group:not(.um-other) .um-special").count() == 2
    page.get_by_role("radio", name="similarity").check()
    assert page.get_by_label("The other text").input_value() == LONG
    page.get_by_label("One text").fill("new")
    page.get_by_role("radio", name="classification").check()
    assert rows(page) == [row]
    texts = page.evaluate("model.get('texts')")
    assert texts["similarity"] == ["new", LONG] and page.locator("b i").count() == 0


def test_play_by_keyboard(show):
    page = show("inputs")
    page.get_by_role("radio", name="classification").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('task')") == "entailment"
    slider = page.get_by_role("slider", name="Longest row")
    slider.focus()
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "8 tokens"
    assert [len(row) for row in rows(page)] == [8]
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('max_len')") == 9
    said = page.get_by_role("status").inner_text()
    assert re.match(r"\d+ tokens of your row are cut", said)
    page.get_by_role("radio", name="right").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('side')") == "left"
    assert page.get_by_role("radio", name="left").is_checked()


def test_a_chip_says_aloud_what_it_shows(show):
    page = show("inputs")
    spoken = page.locator(".um-hidden").all_text_contents()
    assert spoken[0] == "column 0: start"
    assert any(
        re.fullmatch(r"column \d+: extract, read by the head", x) for x in spoken
    )
    slips = [x for x in spoken if "by mistake" in x]
    assert len(slips) == 1 and slips[0].endswith(": pad, read by mistake: last column")
    put(page, max_len=8)
    spoken = page.locator(".um-hidden").all_text_contents()
    assert next(x for x in spoken if "cut" in x) == "cut: >"


def test_it_stands_on_the_built_page(page):
    built = next(SITE.glob("book/notebooks/15_*.html"), None)
    if built is None:
        pytest.skip("chapter 15 is not in the built site")
    visit = watch(page, "file://")
    page.goto(built.as_uri())
    settle(page)
    figure = page.locator(".um-inputs")
    assert figure.count() == 1 and visit.problems() == {}
    figure.get_by_role("radio", name="similarity").check()
    assert figure.locator(".um-group").first.locator("[data-head]").count() == 2
