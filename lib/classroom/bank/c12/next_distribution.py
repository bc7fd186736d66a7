"""Chapter 12, write: temperature and top-k."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
From logits to the distribution that is drawn from: divide by the temperature, keep the
k largest, and make probabilities of them.

- `logits` (N, V)
- `temperature`, above 0; `k` from 1 to V
- returns probabilities (N, V): exactly k of each row above 0, also where logits are
  equal (then those with the lower id are kept)

`torch.sort(..., stable=True)` keeps equal numbers in their order; `topk` promises none.
"""

STUB = """
def next_distribution(logits, temperature, k):
    raise NotImplementedError
"""


def next_distribution(logits, temperature, k):
    ranked, order = (logits / temperature).sort(dim=-1, descending=True, stable=True)
    ranked[:, k:] = -torch.inf
    return torch.zeros_like(logits).scatter(-1, order, ranked.softmax(-1))


def shares_then_cut(logits, temperature, k):
    shares = (logits / temperature).softmax(-1)
    order = shares.sort(dim=-1, descending=True, stable=True).indices
    shares = shares.scatter(-1, order[:, k:], 0.0)
    return shares / shares.sum(-1, keepdim=True)


def cut_then_divided(logits, temperature, k):
    order = logits.argsort(dim=-1, descending=True, stable=True)
    cut = logits.scatter(-1, order[:, k:], -torch.inf)
    return (cut / temperature).softmax(-1)


def _cut(logits, k, fill=-torch.inf):
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[:, k:], fill)


def multiplied(logits, temperature, k):
    return (_cut(logits, k) * temperature).softmax(-1)


def after_the_softmax(logits, temperature, k):
    shares = _cut(logits, k).softmax(-1) / temperature
    return shares / shares.sum(-1, keepdim=True)


def softmax_twice(logits, temperature, k):
    shares = (logits / temperature).softmax(-1)
    return _cut(shares, k).softmax(-1)


def one_too_many(logits, temperature, k):
    return (_cut(logits, k + 1) / temperature).softmax(-1)


def ties_stay(logits, temperature, k):
    last = logits.topk(k).values[:, -1:]
    return (logits.masked_fill(logits < last, -torch.inf) / temperature).softmax(-1)


def filled_with_zero(logits, temperature, k):
    return (_cut(logits, k, 0.0) / temperature).softmax(-1)


def not_rescaled(logits, temperature, k):
    shares = (logits / temperature).softmax(-1)
    return _cut(shares, k, 0.0)


def smallest(logits, temperature, k):
    order = logits.argsort(dim=-1, stable=True)
    return (logits.scatter(-1, order[:, k:], -torch.inf) / temperature).softmax(-1)


def sorted_places(logits, temperature, k):
    ranked = (logits / temperature).sort(dim=-1, descending=True).values
    ranked[:, k:] = -torch.inf
    return ranked.softmax(-1)


PLAIN = [[0.5, 2.0, -1.0, 1.2, 0.1], [1.0, -0.5, 0.3, 2.5, 1.9]]
TIED = [[1.0, 3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0, 2.0]]


def given(values, temperature, k):
    return lambda: (torch.tensor(values), temperature, k)


def _row(got):
    return short(got[0]) if getattr(got, "ndim", 0) == 2 else short(got)


def _first(tail):
    return lambda got, expected: (
        f"With temperature 0.5 and k = 3 your first row is {_row(got)}, and "
        f"{_row(expected)} is right: {tail}"
    )


EXERCISE = Exercise(
    id="next-distribution",
    chapter=12,
    kind="write",
    title="Temperature and top-k",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="next_distribution",
    stub=STUB,
    reference=next_distribution,
    accepts=(shares_then_cut, cut_then_divided),
    proves="Logits are divided before the softmax, exactly k tokens survive, ties or "
    "no ties, and what is left sums to 1.",
    probes=(
        Probe(
            "cold",
            given(PLAIN, 0.5, 3),
            says="At temperature 0.5 the three largest share",
        ),
        Probe(
            "hot", given(PLAIN, 3.0, 2), says="At temperature 3 the two largest share"
        ),
        Probe(
            "ties", given(TIED, 1.0, 3), says="Of equal logits the lower ids are kept"
        ),
        Probe(
            "a hundred tokens",
            lambda: ((torch.arange(200) % 3.0).reshape(2, 100), 1.0, 50),
            says="Of a hundred tokens, too, the lower ids are kept where logits are "
            "equal: ask the sort for it",
        ),
    ),
    mistakes=(
        Mistake(
            "temperature-multiplied",
            multiplied,
            _first("the colder, the flatter."),
            "What should happen at a temperature of 0.01, and what at 100?",
            "Your knob turns the wrong way: a low temperature should leave little but "
            "the likeliest token.",
            "A map at 1 : 50,000 shows a kilometre as 2 cm, at 1 : 100,000 as 1 cm. "
            "Does the number multiply or divide?",
        ),
        Mistake(
            "temperature-after-softmax",
            after_the_softmax,
            _first("your temperature has no effect at all."),
            "What does it do to a row of shares to divide all of them by one number?",
            "You divide what the softmax has made. Rescaling undoes that.",
            "Halving every slice of the cake does not change who has how much of it.",
        ),
        Mistake(
            "softmax-twice",
            softmax_twice,
            _first("the shares are nearly equal."),
            "How far apart can two numbers between 0 and 1 be, for a softmax?",
            "Your second softmax reads probabilities as if they were logits.",
            "A translation of a translation: which text did the second one read?",
        ),
        Mistake(
            "topk-keeps-one-more",
            one_too_many,
            lambda got, _: (
                f"With k = 3 there are {int((got[0] > 0).sum())} tokens above 0 in "
                "your first row."
            ),
            "How many survivors do you count?",
            "Look at which number your comparison or your slice begins with.",
            "Pages 3 to 7: how many are there?",
        ),
        Mistake(
            "topk-ties-leak",
            ties_stay,
            lambda got, _: (
                "Of the logits 1, 3, 1, 3, 1 and k = 3, "
                f"{int((got[0] > 0).sum())} tokens are above 0 in your result."
            ),
            "What if the third largest number occurs three times?",
            "You compare with the k-th largest *value*; equal ones pass too.",
            "“Everybody as fast as the third” may be more than three runners.",
            probe="ties",
        ),
        Mistake(
            "topk-filled-with-zero",
            filled_with_zero,
            _first("no token has probability 0."),
            "What does the softmax make of a 0?",
            "0 is a logit like any other, and not the lowest.",
            "On a thermometer, 0 is not “no temperature”.",
        ),
        Mistake(
            "topk-not-rescaled",
            not_rescaled,
            lambda got, _: f"Your first row adds up to {short(got[0].sum())}.",
            "What does a row of probabilities add up to?",
            "What was cut has left a gap, and the rest must fill it.",
            "Two of five partners leave the firm. Whose are their shares?",
        ),
        Mistake(
            "topk-keeps-the-smallest",
            smallest,
            _first("the unlikeliest are left."),
            "At which end of a sorted row do you cut?",
            "Sorting goes up unless one asks for the opposite.",
            "A list of finishing times begins with the fastest; one of points, with "
            "the loser.",
        ),
        Mistake(
            "topk-left-sorted",
            sorted_places,
            _first("the numbers are right, and stand by size."),
            "Which token does place 0 of your result belong to?",
            "After sorting, a place is a rank and no longer an id.",
            "Books sorted by thickness: is the third one still volume three?",
        ),
    ),
)
