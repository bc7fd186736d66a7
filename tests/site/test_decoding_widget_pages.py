"""Chapter 12's figure in a page of its own: its numbers, play, access."""

import pytest
import torch

from classroom.recording import recorded_search
from classroom.widgets import BeamTree

EOS = 0
WORDS = [
    "⟨end⟩",
    " the",
    " <img src=x>",
    " naïve",
    " Hautfarbe",
    " and",
    "sch",
    "öpfung",
]


def table(ids, parents):
    rows = []
    for row in ids.tolist():
        g = torch.Generator().manual_seed(sum(8**n * t for n, t in enumerate(row)))
        rows.append(1.5 * torch.randn(8, generator=g))
    return torch.stack(rows)


STEPS, FOUND = recorded_search(table, [1], EOS, 8, WORDS.__getitem__, 4, 0.6, cut=3)
WIDGETS = {"beams": BeamTree(STEPS, "What follows “the”?")}
STATES = {
    "beams": [
        lambda page: page.evaluate("model.set('step', 0)"),
        lambda page: page.evaluate(f"model.set('step', {LAST})"),
    ]
}
LAST = len(STEPS)


def penalty(length, alpha):
    return ((5 + length) / 6) ** alpha


def ended(until):
    """Length and log-probability of what has ended."""
    return [
        (n + 1, way["log_prob"])
        for n, ways in enumerate(STEPS[:until])
        for way in ways
        if way["state"] == "ended"
    ]


def shown_scores(page):
    script = "(all) => all.map((node) => Number(node.dataset.score))"
    return page.locator("[data-score]").evaluate_all(script)


def states(page):
    script = "(all) => all.map((node) => node.dataset.way)"
    return page.locator("[data-way]").evaluate_all(script)


def test_step_by_step(show):
    page = show("beams")
    page.evaluate("model.set('step', 0)")
    after = page.get_by_role("button", name="Next step")
    for n in range(LAST + 1):
        ways = STEPS[n - 1] if n else []
        assert states(page) == [way["state"] for way in ways]
        nodes = page.locator("svg [data-state]").count()
        assert nodes == sum(map(len, STEPS[:n]))
        assert len(shown_scores(page)) == len(ended(n))
        said = page.get_by_role("status").first.inner_text()
        assert said.startswith(f"Step {n}:" if n else "Nothing is written yet")
        after.press("Enter")
    assert page.evaluate("model.get('step')") == LAST  # it stops at the end
    assert after.get_attribute("aria-disabled") == "true"
    page.get_by_role("button", name="Back").click()
    assert page.evaluate("model.get('step')") == LAST - 1
    assert page.locator("img[src]").count() == 0


def test_the_penalty_ranks_again(show):
    page = show("beams")
    page.evaluate(f"model.set('step', {LAST})")
    for alpha in (0.0, 0.6, 2.0):
        page.evaluate(f"model.set('alpha', {alpha})")
        expected = sorted(
            (log_prob / penalty(length, alpha) for length, log_prob in ended(LAST)),
            reverse=True,
        )
        assert shown_scores(page) == pytest.approx(expected, abs=1e-4)
    page.evaluate("model.set('alpha', 0.6)")
    best = "".join(WORDS[i] for i in FOUND[0].ids).strip()
    assert f"“{best}”" in page.locator(".um-winner").inner_text()
    assert shown_scores(page)[0] == pytest.approx(FOUND[0].score, abs=1e-3)


def test_by_keyboard(show):
    page = show("beams")
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == f"{LAST} of {LAST}"
    alpha = page.get_by_role("slider", name="Exponent")
    alpha.focus()
    page.keyboard.press("Home")
    assert alpha.get_attribute("aria-valuetext") == "0.0"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.get('alpha')") == pytest.approx(0.1)
    page.get_by_role("region", name="Tree").focus()  # it scrolls by keys
