"""Chapter 16's figure in a page of its own: what it says, its keys, its looks."""

import pytest

from classroom.widgets import NameTable, tensor_rows

WIDGETS = {"nametable": NameTable(tensor_rows())}


def find(page, **wanted):
    """The index of a tensor of the checkpoint that is shown."""
    test = " && ".join(f"row.{name} === {value!r}" for name, value in wanted.items())
    rows = "model.get('checkpoints')[model.get('checkpoint')].tensors"
    return page.evaluate(f"{rows}.findIndex((row) => {test})")


def put(page, **values):
    for name, value in values.items():
        page.evaluate(f"model.set('{name}', {value})")


def said(page):
    return page.get_by_role("status").inner_text()


def test_a_turned_matrix_and_its_square_neighbour(show):
    page = show("nametable")
    text = said(page)
    assert "h.0.attn.c_attn.weight" in text and "layers.0.attention.qkv.weight" in text
    assert "(768, 2304), 1,769,472 numbers" in text and "(2304, 768)" in text
    assert "turned" in text and "square" not in text
    assert "attention, in block 0 of 12" in text
    page.get_by_role("button", name="c_proj.weight").click()
    assert "layers.0.attention.out.weight" in said(page)
    assert "It is square: forgotten, it would fit as well." in said(page)


def test_walking_by_keyboard(show):
    page = show("nametable")
    page.get_by_role("radio", name="GPT-1").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('checkpoint')") == 1
    assert "c_attn.weight" in said(page)  # still at the attention
    block = page.get_by_role("slider", name="Block")
    block.focus()
    page.keyboard.press("End")
    assert "h.11.attn.c_attn.weight" in said(page) and "block 11 of 12" in said(page)
    page.get_by_role("button", name="feed-forward").press("Enter")
    assert "h.11.mlp.c_fc.weight" in said(page)
    pressed = page.locator(".um-map button[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["feed-forward"]
    focused = "document.activeElement.dataset.part"
    assert page.evaluate(focused) == "feed-forward"  # the button is still the same
    page.get_by_role("button", name="c_proj.bias").press("Enter")
    assert "h.11.mlp.c_proj.bias" in said(page) and "renamed" in said(page)


@pytest.mark.parametrize(
    ("checkpoint", "done", "words"),
    [
        (0, "tied", ("lm_head.weight", "no tensor", "not loaded", "output")),
        (1, "left out", ("h.0.attn.bias", "(1, 1, 1024, 1024)", "causal mask")),
        (2, "stacked", ("self.query.weight", "self.key.weight", "self.value.weight",
                        "each (768, 768), 589,824 numbers", "(2304, 768)")),
        (2, "renamed", ("embeddings.word_embeddings.weight", "tokens.weight")),
    ],
)  # fmt: skip
def test_what_is_done_is_said(show, checkpoint, done, words):
    page = show("nametable")
    put(page, checkpoint=checkpoint)
    part = {"part": "tokens"} if done == "renamed" else {}
    put(page, tensor=find(page, done=done, **part))
    for word in (*words, done):
        assert word in said(page)
    assert page.locator(".um-list button[aria-pressed=true]").count() == 1
    count = {"stacked": 6, "left out": 1, "tied": 1, "renamed": 2}[done]
    assert page.locator(".um-panel svg rect").count() == count


def test_the_norm_stands_where_it_stands(show):
    page = show("nametable")
    block = page.locator(".um-stack button")
    post = ["attention", "norm1", "feed-forward", "norm2"]
    assert block.all_inner_texts() == post
    put(page, checkpoint=1)
    assert block.all_inner_texts() == ["norm1", "attention", "norm2", "feed-forward"]
    assert page.get_by_role("button", name="final norm").count() == 1


def test_another_view_may_leave_a_tensor_that_is_not_there(show):
    page = show("nametable")
    put(page, checkpoint=2, tensor=1000)
    assert "cls.predictions.decoder.weight" in said(page)


# what is done to the page before it is looked at (see test_every_widget)
STATES = {
    "nametable": [
        lambda page: (
            put(page, checkpoint=0),
            put(page, tensor=find(page, done="left out")),
        ),
        lambda page: (
            put(page, checkpoint=2),
            put(page, tensor=find(page, done="stacked")),
        ),
    ]
}
