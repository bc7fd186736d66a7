"""Chapter 13's figures in a page of their own: their numbers, play, access."""

import numpy as np

from classroom.widgets import FillMask, HeadBrowser, fill_each

WORDS = ["[CLS]", "the", "cat", "##s", "<img src=x>", "sat", "[SEP]"]
SHORT = ["[CLS]", "it", "rained", "[SEP]"]
VOCABULARY = [*WORDS, "it", "rained", "[MASK]", *(f"token{n}" for n in range(40))]
MASK, V = 9, len(VOCABULARY)
TABLE = np.random.default_rng(0).normal(size=(V, V)) * 2.5
DRAW = np.random.default_rng(1)
ATTENTION = [DRAW.dirichlet([0.4] * n, size=(3, 4, n)) for n in (7, 4)]


def logits(rows):
    """Of a token, by its two neighbours."""
    ids = np.array(rows)
    return TABLE[np.roll(ids, 1, 1)] + TABLE[np.roll(ids, -1, 1)]


def guesses(of):
    texts = ([VOCABULARY.index(word) for word in words] for words in (WORDS, SHORT))
    return [
        fill_each(of, ids, VOCABULARY, mask_id=MASK, special_ids=(0, 6), n=6)
        for ids in texts
    ]


OURS, THEIRS = guesses(logits), guesses(lambda rows: -logits(rows))
WIDGETS = {
    "fillmask": FillMask([WORDS, SHORT], {"ours": OURS, "theirs": THEIRS}, place=2),
    "headbrowser": HeadBrowser([WORDS, SHORT], ATTENTION, layer=2, head=3),
}


def table(page, name):
    """The words and shares of one model's table, row by row."""
    rows = page.get_by_role("table", name=name).locator("tbody tr")
    words = rows.locator("b").all_inner_texts()
    shares = rows.evaluate_all("(all) => all.map((row) => Number(row.dataset.share))")
    return words, shares


def check_guesses(page, text, place):
    """Both tables show what was found at this place, with the word that stood there."""
    assert page.evaluate("[model.get('text'), model.get('place')]") == [text, place]
    word = (WORDS, SHORT)[text][place]
    for name, found in (("ours", OURS), ("theirs", THEIRS)):
        one = found[text][place]
        words, shares = table(page, name)
        extra = one["rank"] > 6
        assert words == one["tokens"] + [word] * extra
        assert shares == one["shares"] + [one["share"]] * extra
        own = page.get_by_role("table", name=name).locator(".um-own b")
        assert own.all_inner_texts() == [word]


def test_hiding_by_keyboard_and_pointer(show):
    page = show("fillmask")
    check_guesses(page, 0, 2)
    assert page.get_by_role("radio").count() == 5  # [CLS] and [SEP] cannot be hidden
    hidden = page.locator("fieldset label:has(:checked)")
    assert hidden.inner_text() == "[MASK]"
    page.get_by_role("radio", name="hide “cat”").focus()
    page.keyboard.press("ArrowRight")
    check_guesses(page, 0, 3)
    page.keyboard.press("ArrowRight")
    check_guesses(page, 0, 4)
    said = page.get_by_role("status").inner_text()
    assert said.startswith("Hidden: “<img src=x>”. ours: ")
    assert page.locator("img").count() == 0
    page.get_by_role("radio", name="hide “the”").check()
    check_guesses(page, 0, 1)
    page.get_by_role("combobox", name="Text").select_option(index=1)
    check_guesses(page, 1, 1)
    assert page.locator("fieldset i").all_inner_texts() == ["[CLS]", "[SEP]"]


def test_pieces_of_a_word_stand_together(show):
    page = show("fillmask")
    assert page.locator("fieldset .um-glued").inner_text() == "s"
    text = page.locator("option").first.inner_text()
    assert text == "the cats <img src=x> sat"


def test_the_likeliest_word_is_said_to_be_it(show):
    sure = {"tokens": ["cat"], "shares": [0.9], "share": 0.9, "rank": 1}
    widget = FillMask([["cat"]], {"ours": [[sure]]})
    page = show("fillmask", widgets={"fillmask": widget})
    said = page.get_by_role("status").inner_text()
    assert said == "Hidden: “cat”. It is the likeliest, with 90.0 %."
    assert page.get_by_role("combobox", name="Text").count() == 0


def cells(page):
    """The enlarged map, (T, T)."""
    rows = page.locator(".um-row")
    script = "(all) => all.map((cell) => Number(cell.dataset.weight))"
    return np.array(
        [row.locator("i").evaluate_all(script) for row in rows.all()], dtype=float
    )


def chosen(page):
    return page.evaluate("[model.get('layer'), model.get('head'), model.get('query')]")


def test_heads_by_keyboard_and_pointer(show):
    page = show("headbrowser")
    assert page.locator(".um-grid svg").count() == 12
    np.testing.assert_allclose(cells(page), ATTENTION[0][1, 2], atol=0.0021)
    page.get_by_role("radio", name="layer 2, head 3").focus()
    page.keyboard.press("ArrowDown")
    assert chosen(page) == [3, 3, 0]
    page.keyboard.press("ArrowDown")  # there is no layer 4
    assert chosen(page) == [3, 3, 0]
    page.keyboard.press("ArrowRight")
    assert chosen(page) == [3, 4, 0]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert chosen(page) == [1, 4, 0]
    np.testing.assert_allclose(cells(page), ATTENTION[0][0, 3], atol=0.0021)
    assert page.locator(".um-title").inner_text() == "Layer 1, head 4"
    page.get_by_role("radio", name="layer 3, head 1").click()
    np.testing.assert_allclose(cells(page), ATTENTION[0][2, 0], atol=0.0021)
    assert page.locator("img").count() == 0


def test_queries_by_keyboard_and_pointing(show):
    page = show("headbrowser")
    weights = ATTENTION[0][1, 2]
    said = page.get_by_role("status")
    page.get_by_role("radio", name="query “[CLS]”").focus()
    page.keyboard.press("ArrowDown")
    assert chosen(page) == [2, 3, 1]
    best = int(weights[1].argmax())
    itself = " (itself)" if best == 1 else ""
    says = f"“the” looks at “{WORDS[best]}”{itself} {weights[1, best]:.2f}, "
    assert said.inner_text().startswith(says)
    page.locator(".um-row").nth(4).locator("i").nth(2).hover()
    assert chosen(page)[2] == 4
    assert said.inner_text().startswith("“<img src=x>” looks at")
    page.get_by_role("combobox", name="Text").select_option(index=1)
    np.testing.assert_allclose(cells(page), ATTENTION[1][1, 2], atol=0.0021)
    assert chosen(page) == [2, 3, 0]


def test_habits_are_means_over_the_queries(show):
    page = show("headbrowser")
    weights = ATTENTION[0][1, 2]
    special = weights[:, [0, 6]].sum(-1).mean()
    means = [weights.trace(n) / 7 for n in (-1, 0, 1)] + [special]
    said = page.locator(".um-habit").inner_text()
    shown = [int(part.split(" %")[0].split()[-1]) for part in said.split(" on ")[1:-1]]
    np.testing.assert_allclose(shown, 100 * np.array(means), atol=1.1)


def test_a_small_map_has_the_weights_of_its_head(show):
    page = show("headbrowser")
    paths = page.locator(".um-grid svg").nth(6).locator("path")
    drawn = np.zeros((7, 7))
    for path in paths.all():
        d, opacity = path.get_attribute("d"), path.get_attribute("opacity")
        for cell in d.split("M")[1:]:
            x, y = map(int, cell.split("h")[0].split())
            drawn[y, x] = float(opacity)
    np.testing.assert_allclose(drawn, ATTENTION[0][1, 2], atol=1 / 16 + 0.0021)
