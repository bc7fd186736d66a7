"""The map of the model in a page of its own: true numbers, keys, access."""

import re

import pytest
import torch

from classroom.widgets import Architecture
from classroom.widgets.architecture import BOXES, NAMES, SIZES
from unmasked.transformer import Transformer, TransformerConfig

WIDGETS = {"architecture": Architecture()}
STATES = {"architecture": [lambda page: page.locator("[data-box=softmax]").click()]}


def built(model):
    """The real thing, of the sizes that the map shows, without numbers."""
    size = dict(zip(NAMES, SIZES[model], strict=True))
    source = 11 if model == "speller" else size["V"]
    keep = {k: size[k] for k in ("d_model", "n_heads", "d_ff", "n_layers")}
    config = TransformerConfig(
        source, size["V"], share_vocabulary=model != "speller", **keep
    )
    with torch.device("meta"):
        return Transformer(config)


def count(part):
    return sum(p.numel() for p in part.parameters())


def parts(model):
    """Box id → the part of the model that it stands for."""
    encoder, decoder = model.encoder.layers[0], model.decoder.layers[0]
    named = {"source-embedding": model.src_embedding}
    named |= {"target-embedding": model.tgt_embedding}
    for side, layer in (("encoder", encoder), ("decoder", decoder)):
        named[f"{side}-self-attention"] = layer.attention
        named[f"{side}-feed-forward"] = layer.feed_forward
        named |= {f"{side}-norm-{n}": getattr(layer, f"norm{n}") for n in (1, 2)}
    named["decoder-norm-3"] = decoder.norm3
    return named | {"cross-attention": decoder.cross_attention}


def detail(page, name):
    script = """(name) => [...document.querySelectorAll("dt")]
        .find((node) => node.textContent === name).nextElementSibling.textContent"""
    return page.evaluate(script, name)


@pytest.mark.parametrize("model", SIZES)
def test_shapes_and_parameters_are_the_models(show, model):
    page = show("architecture")
    page.get_by_role("radio").and_(page.locator(f"[value={model}]")).check()
    real = built(model)
    named = parts(real)
    sizes = dict(zip(NAMES, SIZES[model], strict=True))
    for box in BOXES:
        page.locator(f"[data-box={box.id}]").click()
        assert page.evaluate("model.get('box')") == box.id
        shown = page.locator("[data-shape]").get_attribute("data-shape")
        assert shown == ", ".join(str(sizes[name]) for name in box.shape.split(", "))
        said = re.findall(r"^[\d,]+", detail(page, "Parameters"))
        found = int(said[0].replace(",", "")) if said else 0
        assert found == (count(named[box.id]) if box.id in named else 0)
        assert detail(page, "Code") == box.code
        assert detail(page, "Paper").endswith(box.section)
        assert f"chapter {box.chapter}" in detail(page, "Built in")


def test_the_boxes_add_up_to_the_model(show):
    page, total = show("architecture"), 0
    for box in BOXES:
        page.locator(f"[data-box={box.id}]").click()
        text = detail(page, "Parameters")
        number = re.findall(r"^[\d,]+", text)
        if number and box.id != "source-embedding":  # one table in base
            times = 6 if "in each of 6 layers" in text else 1
            total += times * int(number[0].replace(",", ""))
    assert total == count(built("base"))


def test_sliders_change_the_shape(show):
    page = show("architecture")
    for name, key in (("Source length S", "Home"), ("Target length T", "End")):
        page.get_by_role("slider", name=name).press(key)
    status = page.get_by_role("status").inner_text()
    assert "(B, n_heads, T, S) = (64, 8, 60, 1)" in status
    page.get_by_role("radio", name="big").check()  # brings its own lengths
    assert "(64, 16, 25, 30)" in page.get_by_role("status").inner_text()


def test_by_keyboard_from_box_to_box(show):
    page = show("architecture")
    page.locator("[data-box=source-ids]").focus()
    for box in BOXES:
        assert page.evaluate("document.activeElement.dataset.box") == box.id
        assert box.title in page.get_by_role("status").inner_text()
        pressed = page.locator("[aria-pressed=true]")
        assert pressed.count() == 1 and pressed.inner_text() == box.title
        page.keyboard.press("Tab")
    page.evaluate("model.set('box', 'memory')")  # as the kernel may
    assert "Every decoder layer reads it" in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [340, 900])
def test_no_text_is_cut_off(show, width, theme):
    page = show("architecture", theme, width)
    page.locator("[data-box=softmax]").click()
    cut = """(all) => all.filter((node) => {
        const text = document.createRange();
        text.selectNodeContents(node);
        const inner = text.getBoundingClientRect();
        const outer = node.getBoundingClientRect();
        return inner.left < outer.left || inner.right > outer.right ||
            inner.top < outer.top || inner.bottom > outer.bottom;
    }).map((node) => node.textContent)"""
    assert page.locator("[data-box]").evaluate_all(cut) == []
