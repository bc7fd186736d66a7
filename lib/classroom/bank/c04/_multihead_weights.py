"""The known mistakes of "multihead" between the scores and the weights."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake
from . import _multihead_wrong as wrong
from ._multihead_wrong import block


def begins(got, expected):
    """The first numbers of the output, the learner's and the reference's."""
    mine, right = (first(x) for x in (got, expected))
    return f"The first row of your output begins {mine}, and the reference's {right}"


def first(x):
    return short(x[0, 0, :3]) if getattr(x, "ndim", 0) == 3 else "…"


def ratio(got, expected):
    """How much larger the learner's output is than the reference's, on average."""
    return f"{float(got.norm() / expected.norm()):.2f}"


def moved(got, n=0):
    return list(got.values())[n] if isinstance(got, dict) else "some"


VALUES = "random inputs"

MASK_POLARITY = {
    "symptom": lambda got, _: (
        f"Changing what the mask allows moves {moved(got, 1)} of your 10 output rows, "
        f"and changing what it forbids {moved(got)}."
    ),
    "question": "Say in words what True means in this mask. And in your line?",
    "pointer": "With the mask turned round, words are hidden and padding is read. "
    "Which of the two does your line leave over?",
    "neighbour": "A guest list and a list of those turned away can be printed on the "
    "same form. What must the doorman know first?",
    "probe": "padding changed",
}


def mistakes():
    yield Mistake(
        "scale-d-model",
        block(divisor=lambda d, d_k: d**0.5),
        lambda got, expected: (
            f"{begins(got, expected)}: your scores are 1.73 times too small, so that "
            "the weights are too even."
        ),
        "How long are the vectors whose product you take *here*?",
        "1.73 is the root of 3. What is there three of, and what has it to do with the "
        "length of a vector?",
        "The sum of 4 dice spreads half as much as that of 16. By what do you divide "
        "if 4 are thrown, though the box holds 12?",
        probe=VALUES,
    )
    yield Mistake(
        "scale-missing",
        block(divisor=lambda d, d_k: 1.0),
        lambda got, expected: (
            f"{begins(got, expected)}: your scores are twice too large, so that single "
            "keys take too much."
        ),
        "How large is a dot product of 4 random numbers with 4 others, typically?",
        "Chapter 3 restores the spread of the scores before the softmax. In which of "
        "your lines does that happen?",
        "The sum of 100 dice spreads ten times as much as one die. Before the two are "
        "compared, something has to be done to the sum.",
        probe=VALUES,
    )
    yield Mistake(
        "scale-n-heads",
        block(divisor=lambda d, d_k: (d // d_k) ** 0.5),
        lambda got, expected: (
            f"{begins(got, expected)}: you divide the scores by 1.73, whatever the "
            "width of a head."
        ),
        "What is added up in one score, and how many terms has the sum?",
        "Were there 3 heads of width 100, your scores would be divided by 1.73 all the "
        "same. Would that be enough?",
        "A team's total is compared with that of other teams. Is it divided by the "
        "number of teams, or of players?",
        probe=VALUES,
    )
    yield Mistake(
        "scale-d-not-sqrt",
        block(divisor=lambda d, d_k: d_k),
        lambda got, expected: (
            f"{begins(got, expected)}: your scores are twice too small, so that the "
            "weights are too even."
        ),
        "Variances add up; what brings a standard deviation back to 1?",
        "With d_k = 4 you divide by 4. A product of random vectors of that width has "
        "variance 4: how large is it typically?",
        "The sum of 100 coins (±1 each) lies around 10, and not around 100.",
        probe=VALUES,
    )
    queries = "over the five *queries*"
    for name, share, text in (
        ("softmax-over-heads", wrong.softmax_over(1), "over the three *heads*"),
        ("softmax-query-axis", wrong.softmax_over(-2), queries),
        ("softmax-query-axis-infinite", wrong.filled(-torch.inf, -2), queries),
        ("softmax-query-axis-fill-zero", wrong.filled(0.0, -2), queries),
        ("softmax-query-axis-late-mask", wrong.late(-2), queries),
        ("softmax-batch-axis", wrong.softmax_over(0), "over the two *sentences*"),
    ):
        yield Mistake(
            name,
            block(share=share),
            lambda got, expected, text=text: (
                "With zeros for `w_k` all keys deserve the same, 1/7. Your output is "
                f"{ratio(got, expected)} times as large as the average of the values: "
                f"your weights add up to 1 {text}."
            ),
            "Pick one query of one head. Do the shares that it hands out add to one?",
            "`scores` is (B, h, T, S). Along one of these axes lie the things that a "
            "query chooses from.",
            "Each voter has one vote for 7 candidates. Which sum is 1: along the "
            "candidates, or along something else?",
            probe="w_k is zero",
        )
    yield Mistake(
        "mask-unused",
        block(share=wrong.mask_unused),
        lambda got, _: (
            f"Changing what the mask forbids moves {moved(got)} of your 10 output "
            "rows; without a mask you are right."
        ),
        "Where does the mask come into your function?",
        "A key must be out of the race before the shares are handed out. What do you "
        "do with its score?",
        "A vote where the list of those who may not vote was never read: how many "
        "ballots are counted?",
        probe="padding changed",
    )
    yield Mistake(
        "mask-polarity-inverted", block(share=wrong.inverted), **MASK_POLARITY
    )
    yield Mistake(
        "mask-polarity-inverted-infinite",
        block(share=wrong.inverted_infinite),
        **MASK_POLARITY,
    )
    yield Mistake(
        "mask-polarity-inverted-late",
        block(share=wrong.inverted_late),
        lambda got, _: (
            f"Changing what the mask forbids moves {moved(got)} of your 10 output rows."
        ),
        "Which weights do you keep: those where the mask is True, or the others? And "
        "when had they been shared out?",
        "Two things meet here: the mask is read as its opposite, and it comes when "
        "the total is settled. Say in words what True means in it.",
        "A doorman with the wrong list, who comes when the party is over: which of "
        "the two would you tell him first?",
        probe="padding changed",
    )
    yield Mistake(
        "mask-after-softmax",
        block(share=wrong.late()),
        lambda got, expected: (
            f"With a mask of padding {begins(got, expected)[0].lower()}"
            f"{begins(got, expected)[1:]}: what the padding had been given is lost."
        ),
        "The share that the padding had been given: who has it now?",
        "The total was fixed before the padding was taken out. What has to come first, "
        "or what has to follow?",
        "A cake is cut in seven, and two pieces for absent guests are thrown away. How "
        "much do the five who are there get?",
        probe="padding",
    )
    yield Mistake(
        "mask-fill-zero",
        block(share=wrong.filled(0.0)),
        lambda got, _: (
            f"With a mask of padding, {moved(got)} of your 10 output rows change when "
            "keys and values at the padding do."
        ),
        "Which *score* means a share of nothing?",
        "What is exp(0)? Compare it with exp of a negative score.",
        "On a scale from −10 to 10, absent pupils are given 0. Are they last?",
        probe="padding changed",
    )
    yield Mistake(
        "mask-fill-too-small",
        block(share=wrong.filled(-10.0)),
        lambda got, _: (
            f"With a mask of padding, {moved(got)} of your 10 output rows still change "
            "a little when keys and values at the padding do."
        ),
        "How large is the share of a key whose score is your filling?",
        "Your number makes the share small, and it depends on the other scores how "
        "small. What score gives a share of nothing, whatever the others are?",
        "On a scale that begins at −10, the absent get −10. And when somebody present "
        "gets −9?",
        probe="padding changed",
    )
    yield Mistake(
        "mask-head-repeat-order",
        block(share=wrong.heads_repeated),
        "With a mask of padding, your sentences have each other's: heads and sentences "
        "lie in one axis in one order, and the mask's copies in another.",
        "If sentence and head share one axis, which of the two runs faster? And in "
        "the mask?",
        "Write the six pairs (sentence, head) down in the order of your scores, and "
        "beside them those of your mask.",
        "`[a, b]` three times over is a b a b a b; each of the two three times is a a "
        "a b b b. Both have six entries.",
        probe="padding",
    )
    yield Mistake(
        "one-mask-for-all-heads",
        block(share=wrong.first_head_for_all),
        lambda got, expected: (
            "With a mask of its own for each head, the first row of your output "
            f"begins {first(got)}, and the reference's {first(expected)}."
        ),
        "Which head's mask does head 2 use?",
        "An axis of length 1 stretches by itself over all heads. What happens in your "
        "line if it is already of length h?",
        "Three exams, three lists of aids that are allowed: whoever copies the first "
        "list for all rooms is right until the lists differ.",
        probe="a mask for each head",
    )
