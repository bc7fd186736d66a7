"""Part III's figures in a page of their own: their numbers, play, access."""

import json

import numpy as np
import pytest

from classroom.widgets import (
    BlockGradients,
    EmbeddingMap,
    MergeStepper,
    PositionHeatMap,
)

TEXT = "the then ate the <img src=x onerror=alert(1)> naïve 🐄 🐮"
COW, OX = "🐄".encode(), "🐮".encode()  # their first two bytes are the same
MERGES = [
    (b"t", b"h"),
    (b"th", b"e"),
    (b"x", b"y"),
    (b" ", b"the"),
    (COW[:1], COW[1:2]),
    (COW[:2], COW[2:3]),
    (COW[:3], COW[3:]),
]
RANDOM = np.random.default_rng(0)
PLACES = RANDOM.normal(size=(300, 2))
NAMES = ["cow", "cowbell", "hen", "Kuh", *(f"word{n}" for n in range(296))]
LANGUAGES = [("English", "German", "Polish")[n % 3] for n in range(300)]
CLOSE = [[(n + 1) % 300, (n + 2) % 300] for n in range(300)]
GRADIENTS = {
    f"{norm}/{path}/{depth}": [
        (1.0 if path == "residual" else rate) ** (depth - 1 - layer) / depth
        for layer in range(depth)
    ]
    for norm, rate in (("post", 0.2), ("pre", 0.6))
    for path in ("residual", "plain")
    for depth in (2, 4, 8, 16, 32)
}
WIDGETS = {
    "merges": MergeStepper(TEXT, MERGES),
    "words": EmbeddingMap(PLACES, NAMES, LANGUAGES, CLOSE),
    "positions": PositionHeatMap(64, 32, position=10, pair=3, offset=5),
    "layers": BlockGradients(GRADIENTS),
}
STATES = {
    "words": [lambda page: page.get_by_role("searchbox").fill("cow")],
    "merges": [lambda page: page.evaluate("model.set('step', 5)")],
}
BARE = {"words": EmbeddingMap(PLACES, NAMES)}  # neither groups nor neighbours


def cut(word, merges):
    """A word's tokens, as bytes, after the merges in order."""
    tokens = [bytes([byte]) for byte in word.encode()]
    for left, right in merges:
        place = 0
        while place < len(tokens) - 1:
            if (tokens[place], tokens[place + 1]) == (left, right):
                tokens[place : place + 2] = [left + right]
            place += 1
    return tokens


def shown_tokens(page):
    script = """(all) => all.map((word) => [...word.querySelectorAll("[data-token]")]
        .map((token) => token.dataset.token))"""
    rows = page.locator(".um-words li").evaluate_all(script)
    return [[bytes.fromhex(token) for token in row] for row in rows]


def counts(page):
    return [float(text) for text in page.locator(".um-counts b").all_inner_texts()]


def test_merges_step_by_step(show):
    page = show("merges")
    words = list(dict.fromkeys(WIDGETS["merges"].words))
    after = page.get_by_role("button", name="Next merge")
    for n in range(len(MERGES) + 1):
        rows = [cut(word, MERGES[:n]) for word in words]
        assert shown_tokens(page) == rows
        whole = [token for word in TEXT.split(" ") for token in word.encode()]
        size = len(whole) + TEXT.count(" ")
        again = [cut(word, MERGES[:n]) for word in WIDGETS["merges"].words]
        total = sum(map(len, again))
        distinct = len({token for row in rows for token in row})
        assert counts(page) == [total, distinct, round(size / total, 2)]
        after.press("Enter")
    assert page.evaluate("model.get('step')") == len(MERGES)  # it stops at the end
    assert after.get_attribute("aria-disabled") == "true"
    page.get_by_role("button", name="Back").click()
    assert page.evaluate("model.get('step')") == len(MERGES) - 1
    assert page.locator("img").count() == 0


def test_merges_say_what_happened_and_write_bytes_as_numbers(show):
    page = show("merges")
    assert page.get_by_text("× 2").count() == 0  # "the" and " the" are different words
    slider = page.get_by_role("slider", name="Merges applied")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "7 of 7"
    status = page.get_by_role("status")
    assert "in 1 place." in status.inner_text() and "🐄" in status.inner_text()
    words = page.get_by_label("Words, cut into tokens")
    assert words.locator(".um-hex").all_inner_texts() == ["C3", "AF", "F0 9F 90", "AE"]
    assert words.locator(".um-made").all_inner_texts() == ["🐄"]
    assert "␣the" in words.locator(".um-chip").all_inner_texts()
    assert "byte F0 9F 90, byte AE" in words.text_content()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Next merge").press("Enter")
    assert "in 3 places" in status.inner_text()
    for step, text in ((2, "in 3 places"), (4, "in 2 places"), (5, "in 2 places")):
        page.get_by_role("button", name="Next that changes").click()
        assert page.evaluate("model.get('step')") == step
        assert text in status.inner_text()
    page.evaluate("model.set('step', 3)")  # as the kernel may
    assert "which these words do not hold" in status.inner_text()


def test_merges_of_the_readers_own_words(show):
    page = show("merges")
    page.evaluate("model.set('step', 4)")
    page.get_by_label("Your own words").fill("the the the ë")
    rows = [cut(word, MERGES[:4]) for word in ("the", " the", " ë")]
    assert shown_tokens(page) == rows
    assert counts(page)[0] == 1 + 2 + 3
    assert page.get_by_text("× 2").count() == 1
    page.get_by_label("Your own words").fill("")
    assert len(shown_tokens(page)) == len(set(WIDGETS["merges"].words))


def neighbours(page):
    script = "(all) => all.map((node) => Number(node.dataset.word))"
    return page.locator("ol button").evaluate_all(script)


def test_words_are_found_and_their_neighbours_listed(show):
    page = show("words")
    drawn = page.locator("[data-count]").evaluate_all(
        "(all) => all.map((node) => Number(node.dataset.count))"
    )
    assert drawn == [100, 100, 100]
    assert page.locator(".um-key li").all_inner_texts() == [
        "English",
        "German",
        "Polish",
    ]
    search = page.get_by_role("searchbox", name="Find a word")
    search.fill("KUH")
    assert page.evaluate("model.get('selected')") == 3
    assert neighbours(page) == CLOSE[3]
    status = page.get_by_role("status")
    assert "Kuh (English): nearest in the full space" in status.inner_text()
    search.fill("cowb")
    search.press("Enter")
    assert page.evaluate("model.get('selected')") == 1
    search.fill("word28")
    assert page.locator(".um-matches button").count() == 8
    assert "and 3 more" in page.locator(".um-matches").inner_text()
    page.locator(".um-matches button").nth(1).press("Enter")
    chosen = page.evaluate("model.get('selected')")
    assert NAMES[chosen] == "word280" and search.input_value() == "word280"
    # The pressed button is gone; the focus is not lost with it.
    assert status.evaluate("(node) => node === document.activeElement")
    page.locator("ol button").first.click()
    assert page.evaluate("model.get('selected')") == CLOSE[chosen][0]
    search.fill("zebra")
    assert "No word here holds “zebra”" in page.locator(".um-matches").inner_text()


def test_words_without_neighbours_are_told_by_the_map_and_say_so(show):
    page = show("words", widgets=BARE)
    page.get_by_role("searchbox").fill("hen")
    places = np.array(BARE["words"].points)
    order = np.argsort(np.hypot(*(places - places[2]).T), kind="stable")
    assert neighbours(page) == order[1:9].tolist()
    assert "on this map" in page.get_by_role("status").inner_text()
    assert page.locator(".um-key li").count() == 0


def test_words_map_zooms_and_moves_by_buttons_keys_and_mouse(show):
    page = show("words")
    page.get_by_role("searchbox").fill("cow")
    ring = page.locator(".um-map .um-ring.um-chosen")
    box = page.locator(".um-map").bounding_box()

    def seen():
        return float(ring.get_attribute("cx")), float(ring.get_attribute("cy"))

    before = seen()
    arrow = page.get_by_role("button", name="Move left")
    assert arrow.get_attribute("aria-disabled") == "true"
    page.get_by_role("button", name="Zoom in").press("Enter")
    middle = seen()
    assert abs(middle[0] - box["width"] / 2) < 2  # the chosen word is in the middle
    arrow.click()
    assert seen()[0] > middle[0] + 50
    page.locator(".um-map").focus()
    page.keyboard.press("ArrowRight")
    assert abs(seen()[0] - middle[0]) < 1
    page.keyboard.press("-")
    assert seen() == pytest.approx(before, abs=0.1)

    page.keyboard.press("+")
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 230, box["y"] + 180, steps=4)
    page.mouse.up()
    assert seen() == pytest.approx((middle[0] + 30, middle[1] - 20), abs=1)
    assert page.evaluate("model.get('selected')") == 0  # moving chooses nothing
    page.get_by_role("button", name="Whole map").click()
    second = page.locator(".um-map circle.um-ring").first  # a neighbour's
    place = second.bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    assert page.evaluate("model.get('selected')") in CLOSE[0]


def encoding(length, d_model):
    """The formula of §3.5, in NumPy."""
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d_model)


def test_positions_are_the_formulas(show):
    page, table = show("positions"), encoding(128, 32)
    for position in (0, 10, 63):
        page.evaluate(f"model.set('position', {position})")
        row = page.locator("[data-row]").get_attribute("data-row")
        np.testing.assert_allclose(json.loads(row), table[position], atol=1e-12)
        for offset in (0, 5, 63):
            page.evaluate(f"model.set('offset', {offset})")
            pairs = page.locator("[data-pairs]").get_attribute("data-pairs")
            rows = [position, position + offset]
            np.testing.assert_allclose(json.loads(pairs), table[rows, 6:8], atol=1e-12)
            dot = page.get_by_role("status").get_attribute("data-dot")
            wanted = table[0] @ table[offset]  # the position makes no difference
            assert float(dot) == pytest.approx(wanted, abs=1e-9)
            assert (
                f"offset of {offset} gives the same"
                in page.get_by_role("status").inner_text()
            )
    levels = np.full((64, 32), np.nan)
    script = "(all) => all.map((n) => [Number(n.dataset.level), n.getAttribute('d')])"
    paths = page.locator("[data-level]").evaluate_all(script)
    for level, path in paths:
        for cell in path.split("M")[1:]:
            column, row = map(int, cell.split("h")[0].split(","))
            levels[row, column] = level
    assert abs(levels / 12 - table[:64]).max() <= 0.5 / 12 + 1e-9


def test_positions_by_sliders_and_by_pointer(show):
    page = show("positions")
    circle = page.get_by_role("img", name="unit circle")
    assert "at position 10" in circle.get_attribute("aria-label")
    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("ArrowRight")
    pair = page.get_by_role("slider", name="Pair")
    pair.focus()
    page.keyboard.press("Home")
    assert pair.get_attribute("aria-valuetext") == "0: dimensions 0 and 1"
    assert "turns once in 6.28 positions" in page.get_by_role("status").inner_text()
    page.get_by_role("slider", name="Offset").focus()
    page.keyboard.press("End")
    assert page.get_by_text("row 74 lies below the table").count() == 1
    dot = page.get_by_role("status").get_attribute("data-dot")
    box = page.get_by_role("img", name="Heat map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.75)
    assert page.evaluate("model.get('position')") > 50
    assert page.evaluate("model.get('pair')") > 12
    assert float(page.get_by_role("status").get_attribute("data-dot")) == (
        pytest.approx(float(dot), abs=1e-9)
    )


def test_layers_show_the_gradients_that_were_chosen(show):
    page = show("layers")
    for norm, title in (("post", "post-norm"), ("pre", "pre-norm")):
        page.get_by_role("radio", name=title).check()
        for path, choice in (("residual", "with"), ("plain", "without")):
            page.get_by_role("radio", name=choice, exact=True).check()
            for depth in (2, 8, 32):
                page.get_by_role("radio", name=str(depth), exact=True).check()
                row = WIDGETS["layers"].norms[f"{norm}/{path}/{depth}"]
                shown = page.locator("[data-norm]").evaluate_all(
                    "(all) => all.map((node) => Number(node.dataset.norm))"
                )
                assert shown == row
                ratio = page.get_by_role("status").get_attribute("data-ratio")
                assert float(ratio) == pytest.approx(row[0] / row[-1])
                widths = page.locator("tbody .um-track i").evaluate_all(
                    "(all) => all.map((node) => node.offsetWidth)"
                )
                assert sorted(widths) == widths  # the bars grow with the norms
    assert "1.3 × 10⁻⁷" in page.get_by_role("status").inner_text()


def test_layers_by_keyboard(show):
    page = show("layers")
    page.get_by_role("radio", name="post-norm").focus()
    page.keyboard.press("ArrowRight")
    status = page.get_by_role("status")
    assert status.inner_text().startswith("Pre-norm, with residual, 32 layers")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert status.inner_text().startswith("Pre-norm, without residual, 16 layers")
    assert page.locator("tbody tr").count() == 16
