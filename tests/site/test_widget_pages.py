"""The widgets in a page of their own, without Jupyter: behaviour, looks, access."""

from classroom.widgets import AlignmentMap, GradientExplorer, Question

SCALES = [round(0.5 + 0.1 * n, 1) for n in range(11)]
WIDGETS = {
    "gradient": GradientExplorer(
        SCALES,
        {
            "tanh RNN": [[(0.8 * s) ** k for k in range(101)] for s in SCALES],
            "LSTM": [[0.99**k for k in range(101)] for _ in SCALES],
        },
    ),
    "alignment": AlignmentMap(
        [
            {
                "title": "A number",
                "source": ["two", "and", "thirty"],
                "target": ["zwei", "dreißig"],
                "weights": [[0.8, 0.1, 0.1], [0.2, 0.3, 0.5]],
                "expected": [(0, 0), (1, 2)],
            },
            {
                "title": "Twenty-four letters",
                "source": list("abcdefghijklmnopqrstuvwx"),
                "target": ["one"],
                "weights": [[1.0] + [0.0] * 23],
            },
        ]
    ),
    "question": Question(
        "limit",
        "What is `0.9 ** 40`, *roughly*?",
        ["About 0.9", "About 0.015", "Zero <img src=x onerror=alert(1)>"],
        1,
        ["That is one step.", "Yes.", "Small is not zero."],
    ),
}


def answers(page):
    page.get_by_role("button").first.click()
    page.wait_for_timeout(300)  # colours fade in


STATES = {
    "question": [answers],
    "alignment": [lambda page: page.get_by_label("Example").select_option("1")],
}


def shape(page, curve):
    """The marker's height in pixels from the top of the chart."""
    mark = page.locator(f'.um-mark[data-curve="{curve}"]')
    return float(mark.get_attribute("transform").split(",")[1].rstrip(")"))


def test_gradient_slider_moves_bound_measured_curve_and_sentence(show):
    page = show("gradient")
    scale = page.get_by_role("slider", name="Largest singular value")
    bound = page.locator(".um-curve").first
    before, height = bound.get_attribute("d"), shape(page, "tanh RNN")
    assert "0.015" in page.locator(".um-key").inner_text()  # 0.9 ** 40
    scale.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('scale')") == 0.8
    assert bound.get_attribute("d") != before
    assert shape(page, "tanh RNN") > height
    assert "After 40 steps" in page.locator(".um-sentence").inner_text()
    assert "1.8 × 10⁻⁸ in the tanh RNN" in page.locator(".um-sentence").inner_text()
    assert scale.get_attribute("aria-valuetext") == "0.80"


def test_gradient_distance_by_keys_and_by_dragging(show):
    page = show("gradient")
    page.get_by_role("slider", name="Distance").focus()
    page.keyboard.press("Home")
    assert "After 1 step a gradient" in page.locator(".um-sentence").inner_text()
    box = page.locator(".um-plot").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 100)
    page.mouse.up()
    assert page.evaluate("model.get('distance')") == 100


def test_gradient_says_when_a_value_is_off_the_axis(show):
    page = show("gradient")
    page.get_by_role("slider", name="Largest singular value").focus()
    page.keyboard.press("End")
    assert "1.1 × 10⁷" in page.locator(".um-key").inner_text()  # 1.5 ** 40
    arrow = page.locator('.um-mark[data-curve="bound"]').get_attribute("d")
    assert arrow.endswith("L0,-9Z")


def test_alignment_by_hover_keys_and_expected_cells(show):
    page = show("alignment")
    reading = page.locator(".um-reading")
    assert reading.inner_text().startswith("Writing zwei, the decoder gives two")
    page.get_by_role("gridcell", name="dreißig, and").hover()
    assert "0.30" in reading.inner_text()
    assert page.locator(".um-token.um-here").all_inner_texts() == ["and", "dreißig"]
    page.get_by_role("gridcell", name="dreißig, and").focus()
    page.keyboard.press("ArrowRight")
    assert "thirty the weight 0.50 (expected here)" in reading.inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    assert "two the weight 0.80" in reading.inner_text()
    assert page.locator('.um-cell[tabindex="0"]').count() == 1
    assert "in 2 of 2 rows" in page.locator(".um-score").inner_text()


def test_alignment_switches_example_and_outline(show):
    page = show("alignment")
    page.get_by_label("outline the expected").uncheck()
    outlined = page.locator(".um-cell[data-expected]").first
    assert outlined.evaluate("cell => getComputedStyle(cell).boxShadow") == "none"
    page.get_by_label("Example").select_option("1")
    assert page.get_by_role("gridcell").count() == 24
    assert not page.get_by_label("outline the expected").is_visible()


def test_question_judges_explains_and_can_be_answered_again(show):
    page = show("question")
    first, second, third = page.get_by_role("button").all()
    assert page.locator(".um-prompt code").inner_text() == "0.9 ** 40"
    assert page.locator(".um-prompt em").inner_text() == "roughly"
    assert "<img" in third.inner_text() and page.locator("img").count() == 0
    assert page.get_by_role("status").inner_text() == ""
    first.focus()
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    assert status.inner_text() == "Not this one. That is one step."
    assert first.inner_text().startswith("✗")
    second.click()
    assert status.inner_text() == "Right. Yes."
    assert second.get_attribute("aria-pressed") == "true"
    assert first.get_attribute("aria-pressed") == "false"
    assert page.evaluate("model.get('chosen')") == 1
    assert page.evaluate("localStorage.getItem('unmasked:limit')") == "1"


def test_question_shows_an_earlier_choice_without_reporting_it(show):
    page = show("question")
    page.get_by_role("button").nth(2).click()
    page.reload()
    page.wait_for_function("window.clean !== undefined")
    assert "Small is not zero." in page.get_by_role("status").inner_text()
    assert page.evaluate("model.get('chosen')") == -1


def test_question_works_where_storage_is_blocked(show):
    page = show(
        "question",
        script="Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('blocked', 'SecurityError'); } });",
    )
    page.get_by_role("button").nth(1).click()
    assert "Right." in page.get_by_role("status").inner_text()
