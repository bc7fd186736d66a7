"""Chapter 12, faded: the length penalty that ranks finished hypotheses."""

import math

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Rank finished hypotheses by GNMT's score, the best first:

$$\mathrm{score}(Y) = \frac{\log P(Y)}{\left(\frac{5 + |Y|}{6}\right)^{\alpha}}.$$

One line is missing.

- `hypotheses`: for each one the list of its tokens' log-probabilities
- `alpha`, at least 0
- returns a list of pairs (index, score)
"""

STUB = """
def rank(hypotheses, alpha):
    scores = []
    for log_probs in hypotheses:
        raise NotImplementedError  # scores.append(...)
    order = sorted(range(len(scores)), key=lambda n: -scores[n])
    return [(n, scores[n]) for n in order]
"""


def rank(hypotheses, alpha):
    scores = []
    for log_probs in hypotheses:
        scores.append(sum(log_probs) / ((5 + len(log_probs)) / 6) ** alpha)
    order = sorted(range(len(scores)), key=lambda n: -scores[n])
    return [(n, scores[n]) for n in order]


def by_powers(hypotheses, alpha):
    scores = [sum(x) * 6**alpha * (5 + len(x)) ** -alpha for x in hypotheses]
    return sorted(enumerate(scores), key=lambda pair: pair[1], reverse=True)


def ranked(score):
    def wrong(hypotheses, alpha):
        scores = [score(x, alpha) for x in hypotheses]
        order = sorted(range(len(scores)), key=lambda n: -scores[n])
        return [(n, scores[n]) for n in order]

    return wrong


def _penalty(x, alpha):
    return ((5 + len(x)) / 6) ** alpha


def given(alpha):
    log = math.log
    return lambda: (
        [[log(0.5)] * 3, [log(0.7)] * 8, [log(0.9), log(0.2)], [log(0.6)] * 5],
        alpha,
    )


def _first(tail):
    def said(got, expected):
        scores = dict(got)
        return (
            f"Your hypothesis 0, three tokens of probability 0.5, has the score "
            f"{short(scores[0])}, and {short(dict(expected)[0])} is right: {tail}"
        )

    return said


EXERCISE = Exercise(
    id="rank-hypotheses",
    chapter=12,
    kind="faded",
    title="Who pays for every extra word?",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="rank",
    stub=STUB,
    reference=rank,
    accepts=(by_powers,),
    proves="The sum of all log-probabilities, divided by the penalty: longer texts are "
    "given back a part of what they paid for their length.",
    probes=(
        Probe("alpha is 0.6", given(0.6), says="At α = 0.6 the penalties are right"),
        Probe("alpha is 1.5", given(1.5), says="At α = 1.5 the penalties are right"),
        Probe("alpha is 0", given(0.0), says="With α = 0 it is the log-probability"),
    ),
    mistakes=(
        Mistake(
            "length-penalty-inverted",
            ranked(lambda x, a: sum(x) * _penalty(x, a)),
            _first("the longer a text, the further it falls."),
            "The sum is negative: does multiplying by a number above 1 raise it?",
            "The penalty is meant to help long texts, which have paid for every word. "
            "Follow the sign of your score.",
            "A debt of 2, times 3, is a debt of 6. And divided by 3?",
        ),
        Mistake(
            "score-of-the-last-token",
            ranked(lambda x, a: x[-1] / _penalty(x, a)),
            _first("that is what the last token alone gives."),
            "How likely is a text whose last word is certain and whose first is not?",
            "One number of each list goes into your score.",
            "A chain is not judged by its last link.",
        ),
        Mistake(
            "beam-no-length-normalisation",
            ranked(lambda x, a: sum(x)),
            _first("α changes nothing in yours."),
            "Which argument has no effect?",
            "The sum falls with every word. What sets that right?",
            "Two hikers compare how tired they are. Only one of them walked 8 hours.",
        ),
        Mistake(
            "length-to-the-alpha",
            ranked(lambda x, a: sum(x) / len(x) ** a),
            _first("your divisor is the length itself, to the power α."),
            "Which divisor do you get for a text of one token, and which does the "
            "formula give for three?",
            "That is another convention, and a common one; here the length is shifted "
            "and scaled first.",
            "Celsius and Fahrenheit are both temperatures.",
        ),
        Mistake(
            "mean-log-prob",
            ranked(lambda x, a: sum(x) / len(x)),
            _first("that is the mean, whatever α."),
            "What would α = 0 have to give?",
            "A mean makes length free of charge. α says how far to go in that "
            "direction.",
            "A volume knob that is glued to the right.",
        ),
        Mistake(
            "penalty-brackets",
            ranked(lambda x, a: sum(x) / (5 + len(x) / 6) ** a),
            _first("look at what is divided by 6."),
            "What is the penalty of a text of one token?",
            "With |Y| = 1 the fraction is 1. In yours it is more than 5.",
            "(5 + 7) / 6 and 5 + 7 / 6 differ by four.",
        ),
        Mistake(
            "alpha-as-a-factor",
            ranked(lambda x, a: sum(x) / max(1e-9, (5 + len(x)) / 6 * a)),
            _first("α multiplies in yours."),
            "What does your divisor become at α = 0?",
            "α stands where an exponent stands.",
            "Interest for ten years at 3 %: 1.03 · 10, or 1.03¹⁰?",
        ),
        Mistake(
            "probabilities-multiplied",
            ranked(lambda x, a: math.exp(sum(x)) / _penalty(x, a)),
            _first("that is a probability, and positive."),
            "What does dividing by a larger number do to a *positive* score?",
            "The formula has the logarithm on top. With the probability itself the "
            "penalty works the other way round.",
            "A discount on a price, and on a debt: who gains?",
        ),
    ),
)
