"""Chapter 11's figures in a page of their own: their numbers, play, access."""

import math

from classroom.widgets import ScheduleExplorer, TrainingScrubber
from unmasked.training import cosine_schedule, linear_schedule, noam_schedule

SOURCE = ["four", "hundred", "and", "thirty", "five", "<img src=x onerror=alert(1)>"]
TARGET = ["vier", "hundert", "fünf", "und", "dreißig", "<eos>"]
EXPECTED = [(2, 4), (4, 3)]
STEPS = [1, 10, 100, 400]


def sharper(share):
    """A map between even weights and one word for each row."""
    at = [0, 1, 4, 2, 3, 5]
    return [
        [(1 - share) / 6 + share * (j == at[i]) for j in range(6)] for i in range(6)
    ]


WIDGETS = {
    "schedule": ScheduleExplorer(),
    "scrubber": TrainingScrubber(
        [3.5 * math.exp(-n / 60) + 0.01 for n in range(400)],
        STEPS,
        SOURCE,
        TARGET,
        [sharper(share) for share in (0, 0.1, 0.7, 1.0)],
        ["", "vier<eos", "vierhundertfünf", "vierhundertfünfunddreißig"],
        EXPECTED,
    ),
}


def test_schedule_computes_what_the_library_does(show):
    page = show("schedule")
    status = page.get_by_role("status")
    for kind, schedule in (("cosine", cosine_schedule), ("linear", linear_schedule)):
        page.get_by_role("radio", name=kind, exact=True).first.check()
        for warmup in (0, 4000, 16000):
            page.evaluate(f"model.set('warmup', {warmup})")
            for peak in (1e-4, 1e-2):
                page.evaluate(f"model.set('peak', {peak})")
                last = float(status.get_attribute("data-last"))
                wanted = peak * schedule(100_000, 100_000, warmup)
                assert math.isclose(last, wanted, rel_tol=1e-6, abs_tol=1e-15)
                assert float(status.get_attribute("data-peak")) == peak
    page.get_by_role("radio", name="noam").check()
    for d_model in (64, 2048):
        page.evaluate(f"model.set('d_model', {d_model})")
        for warmup in (100, 4000):
            page.evaluate(f"model.set('warmup', {warmup})")
            for name, step in (("peak", warmup), ("last", 100_000)):
                shown = float(status.get_attribute(f"data-{name}"))
                assert math.isclose(shown, noam_schedule(step, d_model, warmup))


def test_schedule_by_keyboard_and_on_both_axes(show):
    page = show("schedule")
    status, width = page.get_by_role("status"), page.get_by_role("slider", name="Width")
    assert "6.99\u00a0×\u00a010⁻⁴" in status.inner_text()
    width.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('d_model')") == 1024
    assert "4.94\u00a0×\u00a010⁻⁴" in status.inner_text()
    peak = page.get_by_role("slider", name="Peak")
    assert peak.is_disabled() and not width.is_disabled()
    page.get_by_role("radio", name="cosine").check()
    assert width.is_disabled() and not peak.is_disabled()
    plot = page.get_by_role("img", name="Learning rate")
    line = plot.locator("path.um-yours")
    straight = line.get_attribute("d")
    page.get_by_role("radio", name="logarithmic").check()
    assert line.get_attribute("d") != straight
    assert "both axes logarithmic" in plot.get_attribute("aria-label")
    page.evaluate("model.set('kind', 'linear')")  # as the kernel may
    assert page.get_by_role("radio", name="linear", exact=True).first.is_checked()
    assert "NaN" not in plot.inner_html() and "Infinity" not in plot.inner_html()


def weights(page):
    return page.locator("td[data-weight]").evaluate_all(
        "(all) => all.map((cell) => Number(cell.dataset.weight))"
    )


def test_scrubber_shows_each_saved_step(show):
    page = show("scrubber")
    slider = page.get_by_role("slider", name="Step of the training")
    status, shown = page.get_by_role("status"), WIDGETS["scrubber"]
    assert page.evaluate("model.get('moment')") == 3
    slider.focus()
    page.keyboard.press("Home")
    places = []
    for n, step in enumerate(STEPS):
        assert slider.get_attribute("aria-valuetext").startswith(f"step {step}, loss")
        assert weights(page) == [w for row in shown.weights[n] for w in row]
        text = status.inner_text()
        assert f"Step {step}: loss {shown.losses[step - 1]:g}" in text
        assert (shown.texts[n] or "nothing") in text
        places.append(float(page.locator(".um-mark").get_attribute("cx")))
        page.keyboard.press("ArrowRight")
    assert sorted(places) == places and places[0] < places[-1]
    assert status.get_attribute("data-hits") == "2"
    assert page.locator("td[data-expected]").count() == len(EXPECTED)
    assert page.locator("img").count() == 0


def test_scrubber_follows_the_pointer_and_the_kernel(show):
    page = show("scrubber")
    plot = page.get_by_role("img", name="Loss of 400 steps")
    box = plot.bounding_box()
    page.mouse.click(box["x"] + 50, box["y"] + box["height"] / 2)
    assert page.evaluate("model.get('moment')") in (0, 1)
    page.evaluate("model.set('moment', 2)")
    assert "Step 100" in page.get_by_role("status").inner_text()
