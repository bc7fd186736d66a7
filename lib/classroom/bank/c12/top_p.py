"""Chapter 12, write: the smallest set of tokens that reaches p."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Top-p (nucleus) filtering. Of each row keep the likeliest tokens, as few as together
**reach** the probability p; give the others 0, and rescale so that the row sums to 1.

- `shares` (N, V), probabilities, rows in any order, no two equal in a row
- `p`, above 0 and at most 1
- returns probabilities (N, V), each token in its own place

With shares 0.5, 0.41 and 0.09 and p = 0.9, two are kept; with 0.95 and 0.05, one.
"""

STUB = """
def top_p(shares, p):
    raise NotImplementedError
"""


def top_p(shares, p):
    ranked, order = shares.sort(dim=-1, descending=True)
    before = ranked.cumsum(dim=-1) - ranked  # what stands in front of each
    ranked = torch.where(before < p, ranked, 0.0)
    kept = torch.zeros_like(shares).scatter(-1, order, ranked)
    return kept / kept.sum(dim=-1, keepdim=True)


def by_counting(shares, p):
    ranked = shares.sort(-1, descending=True).values
    needed = (ranked.cumsum(-1) < p).sum(-1) + 1
    last = ranked.gather(-1, needed.clamp(max=shares.shape[1])[:, None] - 1)
    kept = shares * (shares >= last)
    return kept / kept.sum(-1, keepdim=True)


def by_the_likelier(shares, p):
    likelier = (shares[:, None, :] > shares[:, :, None]).float()  # (N, V, V)
    before = (likelier * shares[:, None, :]).sum(-1)
    kept = shares.masked_fill(before >= p, 0.0)
    return kept / kept.sum(-1, keepdim=True)


def _scaled(kept):
    return kept / kept.sum(-1, keepdim=True)


def _placed(shares, keep, order):
    """The shares where `keep`, which is sorted as `order`."""
    mask = torch.zeros_like(shares, dtype=torch.bool).scatter(-1, order, keep)
    return _scaled(shares * mask)


def crossing_dropped(shares, p):
    ranked, order = shares.sort(-1, descending=True)
    return _placed(shares, ranked.cumsum(-1) <= p, order)


def crossing_dropped_first_kept(shares, p):
    ranked, order = shares.sort(-1, descending=True)
    keep = ranked.cumsum(-1) <= p
    keep[:, 0] = True
    return _placed(shares, keep, order)


def one_too_many(shares, p):
    ranked, order = shares.sort(-1, descending=True)
    before = ranked.cumsum(-1) - ranked
    before = torch.cat([torch.zeros_like(before[:, :1]), before[:, :-1]], -1)
    return _placed(shares, before < p, order)


def left_sorted(shares, p):
    ranked = shares.sort(-1, descending=True).values
    before = ranked.cumsum(-1) - ranked
    return _scaled(ranked * (before < p))


def not_rescaled(shares, p):
    ranked, order = shares.sort(-1, descending=True)
    keep = ranked.cumsum(-1) - ranked < p
    mask = torch.zeros_like(shares, dtype=torch.bool).scatter(-1, order, keep)
    return shares * mask


def from_the_bottom(shares, p):
    ranked, order = shares.sort(-1)
    return _placed(shares, ranked.cumsum(-1) - ranked < p, order)


def each_alone(shares, p):
    return _scaled(shares * (shares >= 1 - p))


def share_of_the_tokens(shares, p):
    k = max(1, round(p * shares.shape[1]))
    last = shares.topk(k).values[:, -1:]
    return _scaled(shares * (shares >= last))


def first_rows_size(shares, p):
    ranked = shares.sort(-1, descending=True).values
    k = int((ranked[0].cumsum(-1) - ranked[0] < p).sum())
    return _scaled(shares * (shares >= shares.topk(k).values[:, -1:]))


ROWS = [
    [0.05, 0.40, 0.16, 0.29, 0.10],
    [0.02, 0.04, 0.90, 0.03, 0.01],
    [0.30, 0.07, 0.11, 0.34, 0.18],
]


def rows(p):
    return lambda: (torch.tensor(ROWS), p)


def _row(got, n=0):
    return short(got[n]) if getattr(got, "ndim", 0) == 2 else short(got)


def _first(tail):
    return lambda got, _: (
        f"Of 0.05, 0.4, 0.16, 0.29, 0.1 and p = 0.6 you make {_row(got)}: {tail}"
    )


EXERCISE = Exercise(
    id="top-p",
    chapter=12,
    kind="write",
    title="The smallest set that reaches p",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="top_p",
    stub=STUB,
    reference=top_p,
    accepts=(by_counting, by_the_likelier),
    proves="The likeliest tokens are kept until they reach p, the one that crosses it "
    "included; each stays in its place, and the row sums to 1.",
    probes=(
        Probe("p is 0.6", rows(0.6), says="Two, one and two tokens are kept"),
        Probe("p is 0.88", rows(0.88), says="More are kept where p is larger"),
        Probe(
            "p reached exactly",
            lambda: (torch.tensor([[0.1875, 0.5, 0.3125], [0.3125, 0.1875, 0.5]]), 0.5),
            says="A token that has p by itself is kept alone",
        ),
        Probe("p is 1", rows(1.0), says="With p = 1 nothing is cut"),
    ),
    mistakes=(
        Mistake(
            "topp-drops-crossing-token",
            crossing_dropped,
            lambda got, _: (
                f"Of the row 0.02, 0.04, 0.9, 0.03, 0.01 you make {_row(got, 1)}, with "
                "p = 0.6."
            ),
            "Do the tokens that you keep reach p?",
            "You keep a token if the sum with it is still at most p. Who is missing "
            "when that stops?",
            "A bridge of planks over 6 metres: the plank that would stick out on the "
            "other bank is left off. Do you get across?",
        ),
        Mistake(
            "topp-drops-crossing-keeps-first",
            crossing_dropped_first_kept,
            _first("what you keep adds up to 0.4 of the probability."),
            "Which is the last token that is needed to reach p?",
            "Keeping the first whatever happens mends the empty row. The rows with "
            "more tokens have the same fault.",
            "Coins of 40 and 29 cents for a price of 60: with the first coin alone, "
            "have you paid?",
        ),
        Mistake(
            "topp-one-too-many",
            one_too_many,
            _first("what is kept reaches 0.6 without its last token."),
            "Would fewer tokens do?",
            "You move the limit by one place to keep the token that crosses it. By how "
            "many places did you move it in all?",
            "Of a price of 60, coins of 40 and 29 are enough. Do you add the next one?",
        ),
        Mistake(
            "topp-not-unsorted",
            left_sorted,
            _first("the numbers are right, and stand in the order of their size."),
            "Which token does place 0 of your result belong to?",
            "After sorting, place 0 means “the likeliest” and no longer “token 0”.",
            "Runners receive their start numbers again after the race, by rank. Whose "
            "time is number 1's?",
        ),
        Mistake(
            "topp-not-rescaled",
            not_rescaled,
            lambda got, _: f"Your first row adds up to {short(got[0].sum())}.",
            "What does a row of probabilities add up to?",
            "What was cut has left a gap. To whom does it go?",
            "Two of five heirs renounce. How is the estate divided among the others?",
        ),
        Mistake(
            "topp-from-the-bottom",
            from_the_bottom,
            _first("the unlikeliest tokens are there."),
            "From which end are tokens collected?",
            "The set is to be as small as possible. Which tokens fill it fastest?",
            "To pay with few coins, which do you take first?",
        ),
        Mistake(
            "topp-each-token-alone",
            each_alone,
            _first("you ask each token by itself whether it is likely enough."),
            "Can a token know, without looking at the others, whether it is needed?",
            "A threshold on single shares is another filter. Here the sum decides.",
            "Whether one more guest fits into the lift depends on who is in it.",
        ),
        Mistake(
            "topp-share-of-the-vocabulary",
            share_of_the_tokens,
            lambda got, _: (
                "With p = 0.6 you keep "
                f"{[int((row > 0).sum()) for row in got]} tokens of the three rows."
            ),
            "Is p a share of the tokens, or of the probability?",
            "Where the model is sure, few tokens should be left; where it is not, "
            "many. Yours is always the same number.",
            "60 % of the votes and 60 % of the parties are different things.",
        ),
        Mistake(
            "topp-first-rows-size",
            first_rows_size,
            lambda got, _: (
                "With p = 0.6 you keep "
                f"{[int((row > 0).sum()) for row in got]} tokens of the three rows; "
                "in the second, one has 0.9."
            ),
            "Which row's probabilities decide how many tokens of row 2 are kept?",
            "You count for one row and apply the number to all.",
            "The first patient's dose, given to the whole ward.",
        ),
    ),
)
