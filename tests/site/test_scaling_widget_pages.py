"""Chapter 17's figure in a page of its own: its numbers, play, access."""

import math

from classroom.widgets import CostCalculator
from unmasked.gpt import GPTConfig
from unmasked.scaling import (
    count_parameters,
    flops_per_token,
    training_hours,
    training_memory,
)

WIDGETS = {"costs": CostCalculator()}


def shown(page, name):
    return float(page.get_by_role("status").get_attribute(f"data-{name}"))


def test_it_computes_what_the_library_does(show):
    page = show("costs")
    assert page.get_by_role("combobox", name="Model").input_value() == "GPT-1"
    assert shown(page, "parameters") == 116_534_784
    for name, *sizes in WIDGETS["costs"].models:
        page.get_by_role("combobox", name="Model").select_option(name)
        layers, width, context, vocabulary, tokens = sizes
        config = GPTConfig(vocabulary, context, width, 1, layers)
        parameters = sum(count_parameters(config).values())
        assert shown(page, "parameters") == parameters
        flops = flops_per_token(config) * tokens
        assert math.isclose(shown(page, "flops"), flops)
        for devices, sharded in ((1, False), (8, False), (8, True)):
            page.evaluate(f"model.set('devices', {devices})")
            page.evaluate(f"model.set('sharded', {str(sharded).lower()})")
            held = sum(training_memory(parameters, devices, sharded).values())
            assert shown(page, "held") == held
            hours = training_hours(flops, 765e12, 0.3, devices)
            assert math.isclose(shown(page, "hours"), hours)
            assert math.isclose(shown(page, "price"), hours * devices * 2.5)


def test_by_keyboard_and_in_words(show):
    page = show("costs")
    status = page.get_by_role("status")
    assert "It fits" in status.inner_text() and "1.86\u00a0GB" in status.inner_text()
    assert page.get_by_role("definition").first.inner_text() == "116,534,784"
    page.get_by_role("combobox", name="Model").select_option("80 layers of 8,192")
    assert "does not fit" in status.inner_text()
    devices = page.get_by_role("slider", name="Devices")
    devices.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert devices.get_attribute("aria-valuetext") == "16"
    assert "does not fit" in status.inner_text()  # each still holds all of it
    page.get_by_role("checkbox", name="share out").check()
    assert page.evaluate("model.get('sharded')") is True
    assert "It fits" in status.inner_text()
    assert "averages" in page.get_by_role("img").get_attribute("aria-label")
    page.get_by_role("slider", name="Layers").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_role("combobox", name="Model").input_value() == ""
    for end in ("Home", "End"):
        for slider in page.get_by_role("slider").all():
            slider.focus()
            page.keyboard.press(end)
        text = page.locator(".um-costs").inner_text()
        assert "NaN" not in text and "Infinity" not in text
        assert "NaN" not in page.get_by_role("img").inner_html()
