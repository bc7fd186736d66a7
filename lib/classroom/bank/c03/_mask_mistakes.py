"""What people get wrong with the mask, for attention-numpy."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Mistake
from ._wrong import STYLES, attention, masked_by, scaled, softmax

WHERE = "The first query may attend the first 2 of 5 keys. "


def _leak(got):
    return (
        f"{WHERE}Your weights on the other three are {short(got[1][0, 2:])}, not zeros."
    )


def polarity(style):
    right = attention(style=style)

    def wrong(query, key, value, mask=None):
        return right(query, key, value, None if mask is None else ~mask)

    return wrong


def ignored(query, key, value, mask=None):
    return attention()(query, key, value)


def filled(number, guarded=False):
    """Attention with a finite number at forbidden places."""
    finish = (lambda w, m: np.where(m, w, 0.0)) if guarded else None
    return masked_by(lambda s, m: np.where(m, s, number), finish)


LATE = {
    "symptom": lambda got, _: (
        f"{WHERE}Your weights on the other three are 0, and those on the two add up to "
        f"{short(got[1][0].sum())}."
    ),
    "question": "The shares that you took away: to whom were they given?",
    "pointer": "When you set weights to 0, the total had been settled, with the "
    "forbidden keys in it. Which step settles the total?",
    "neighbour": "In an election with 40, 40 and 20 %, the third party is struck off "
    "afterwards. Do the seats of the others add up to a parliament? What has to be "
    "computed again, or earlier?",
    "probe": "masked",
}
ZERO = {
    "symptom": lambda got, _: _leak(got),
    "question": "Which *score* stands for a probability of zero?",
    "pointer": "A score of 0 is an ordinary score, and better than any negative one. "
    "So is 10⁻¹⁰. What does exp make of them?",
    "neighbour": "exp(0) = 1, exp(−1) = 0.37, exp(−10) = 0.00005. In which direction "
    "must one go to reach 0?",
    "probe": "masked",
}
BOOL_ADDED = {
    "symptom": lambda got, _: _leak(got),
    "question": "What number is True, when it is added to a score?",
    "pointer": "Adding a mask changes the scores by 0 or 1, and that only makes some "
    "of them a little more likely. How far down must a forbidden score go?",
    "neighbour": "np.array([2.0, 3.0]) + np.array([True, False]) is [3.0, 3.0]: nobody "
    "was excluded, and one got a present.",
    "probe": "masked",
}
DISCARDED = {
    "symptom": lambda got, _: (
        f"{_leak(got)} Your result is the same as without a mask."
    ),
    "question": "Does the line with the mask change your scores, or return something?",
    "pointer": "Follow the name of your scores downwards. Where does it get the masked "
    "numbers?",
    "neighbour": "names = ['b', 'a']; sorted(names); print(names) prints ['b', 'a'].",
    "probe": "masked",
}
POLARITY = {
    "symptom": lambda got, _: (
        f"{WHERE}Your weights on those two are {short(got[1][0, :2])}, and on the "
        f"other three {short(got[1][0, 2:])}."
    ),
    "question": "Say in words what True means in this mask. And in your line?",
    "pointer": "Some libraries write True for *forbidden*. In this book it means *may "
    "be attended*. Which of the two does your choice between two numbers assume?",
    "neighbour": "A guest list and a list of those turned away can look alike. The "
    "doorman who confuses them lets in exactly the wrong people.",
    "probe": "masked",
}
NAN_ROW = {
    "symptom": lambda got, _: (
        "All is well until the second of three queries may attend nothing: then "
        f"{np.isnan(got[1]).sum()} of your {got[1].size} weights are NaN."
    ),
    "question": "What is the softmax of nothing at all?",
    "pointer": "With every score at −∞ you take −∞ from −∞, or divide 0 by 0. The task "
    "says what such a query should get. Where can you see that a query is one?",
    "neighbour": "The mean age of the guests at a party without guests: 0 / 0. A "
    "program that prints the mean has to ask one thing first.",
    "probe": "nothing allowed",
}
EVEN_ROW = {
    "symptom": lambda got, _: (
        "All is well until the second of three queries may attend nothing: then your "
        f"weights for it are {short(got[1][1])}."
    ),
    "question": "Five equally bad scores: what does a softmax make of them?",
    "pointer": "A very low score keeps a key out only where another one is higher. In "
    "that row all are equally low. The task says what such a query should get.",
    "neighbour": "Whoever has to choose among five closed shops by “the least far "
    "from open” gets an answer, and no bread.",
    "probe": "nothing allowed",
}
SHIFTED_ROW = {
    "symptom": lambda got, _: (
        "All is well until the second of three queries may attend nothing: then your "
        f"weights for it are {short(got[1][1])}."
    ),
    "question": "The same amount taken off all five scores: what does that change?",
    "pointer": "You lower forbidden scores by adding a large negative number. Where "
    "all are lowered alike, softmax does not notice. The task says what such a query "
    "should get.",
    "neighbour": "If all runners start ten minutes late, the ranking stays. And who "
    "wins a race from which everybody was disqualified?",
    "probe": "nothing allowed",
}
TOO_CLOSE = {
    "symptom": lambda got, _: (
        "With one long vector added to all keys, the scores of some queries lie below "
        "−1000. The weights of your three queries on what they may not attend then add "
        f"up to {short(_on_forbidden(got))}."
    ),
    "question": "Which is larger: your number at forbidden places, or a score of "
    "−1000?",
    "pointer": "Softmax sees differences only. Your number is low beside scores near "
    "0, and high beside others. Which is low beside all of them?",
    "neighbour": "On a map of hills, “−100 m” can mark what is unknown. And on a map "
    "of the sea floor?",
    "probe": "shifted and masked",
}


def _on_forbidden(got):
    away = np.array([[0, 0, 1, 1, 1], [0, 1, 0, 1, 0], [1, 0, 0, 0, 0]])
    return (got * away).sum(-1)


def late(query, key, value, mask=None):
    weights = softmax(scaled(query, key, value))
    if mask is not None:
        weights = weights * mask
    return weights @ value, weights


def late_polarity(query, key, value, mask=None):
    weights = softmax(scaled(query, key, value))
    if mask is not None:
        weights = np.where(mask, 0.0, weights)
    return weights @ value, weights


INFINITY = {
    "symptom": lambda got, _: (
        f"{WHERE}Your weights on those two are {short(got[1][0, :2])}: even the "
        "allowed keys have lost theirs."
    ),
    "question": "What is 0 times infinity, for a computer?",
    "pointer": "Where nothing is forbidden you multiply False by −∞. Look at the "
    "number that you add to an *allowed* score.",
    "neighbour": "Nobody times an endless queue: how long is it? Choosing between two "
    "numbers asks no such question; multiplying does.",
    "probe": "masked",
}

MASK_MISTAKES = (
    Mistake("mask-polarity-inverted-late", late_polarity, **POLARITY),
    Mistake(
        "mask-polarity-inverted-fill-zero",
        masked_by(lambda s, m: np.where(m, 0.0, s)),
        **POLARITY,
    ),
    Mistake(
        "zero-times-infinity", masked_by(lambda s, m: s + ~m * -np.inf), **INFINITY
    ),
    Mistake("mask-after-softmax", late, **LATE),
    Mistake("mask-fill-zero", filled(0.0), **ZERO),
    Mistake("mask-fill-zero-then-cut", filled(0.0, guarded=True), **LATE),
    Mistake("mask-bool-added", masked_by(lambda s, m: s + ~m), **BOOL_ADDED),
    Mistake("mask-keep-added", masked_by(lambda s, m: s + m), **BOOL_ADDED),
    Mistake("mask-result-discarded", ignored, **DISCARDED),
    *(
        Mistake(f"mask-polarity-inverted{style}", polarity(style), **POLARITY)
        for style in STYLES
    ),
    Mistake("empty-row-nan", attention(style="-nan-row"), **NAN_ROW),
    Mistake("empty-row-even", attention(style="-even-row"), **EVEN_ROW),
    Mistake(
        "empty-row-as-if-free", masked_by(lambda s, m: s - 1e9 * ~m), **SHIFTED_ROW
    ),
    Mistake(
        "mask-polarity-inverted-added", masked_by(lambda s, m: s + m * -1e9), **POLARITY
    ),
    Mistake("mask-fill-minus-100", filled(-100.0), **TOO_CLOSE),
    Mistake("mask-fill-minus-100-guarded", filled(-100.0, guarded=True), **TOO_CLOSE),
)
