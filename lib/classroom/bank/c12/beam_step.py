"""Chapter 12, write: one step of beam search, with finished hypotheses frozen."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
One step of beam search for one sentence, in the form in which finished hypotheses keep
their place in the beam. Of all continuations of k hypotheses, return the best k, the
best first.

- `totals` (k,), the log-probability of each hypothesis so far
- `log_probs` (k, V), of each next token
- `done` (k,), boolean: the hypothesis has ended. It is **frozen**: it has exactly one
  continuation, itself, with token `end` and its total as it is.
- returns `parents` (k,), which hypothesis each one continues, `tokens` (k,), and the
  new `totals` (k,)
"""

STUB = """
def beam_step(totals, log_probs, done, end):
    raise NotImplementedError
"""


def beam_step(totals, log_probs, done, end):
    k, V = log_probs.shape
    frozen = torch.full((V,), -torch.inf)
    frozen[end] = 0.0
    steps = torch.where(done[:, None], frozen, log_probs)  # (k, V)
    best, place = (totals[:, None] + steps).flatten().topk(k)
    return place // V, place % V, best


def by_lists(totals, log_probs, done, end):
    ways = []
    for h, total in enumerate(totals.tolist()):
        if done[h]:
            ways.append((total, h, end))
        else:
            steps = enumerate(log_probs[h].tolist())
            ways += [(total + value, h, token) for token, value in steps]
    ways = sorted(ways, reverse=True)[: len(totals)]
    best, parents, tokens = zip(*ways, strict=True)
    return torch.tensor(parents), torch.tensor(tokens), torch.tensor(best)


def _frozen(log_probs, done, end):
    frozen = torch.full_like(log_probs[0], -torch.inf)
    frozen[end] = 0.0
    return torch.where(done[:, None], frozen, log_probs)


def _pick(scores, k, V=None):
    V = V or scores.shape[1]
    best, place = scores.flatten().topk(k)
    return place // V, place % V, best


def last_step_only(totals, log_probs, done, end):
    steps = _frozen(log_probs, done, end)
    parents, tokens, _ = _pick(steps, len(totals))
    return parents, tokens, totals[parents] + steps[parents, tokens]


def last_step_kept(totals, log_probs, done, end):
    return _pick(_frozen(log_probs, done, end), len(totals))


def probabilities_added(totals, log_probs, done, end):
    steps = _frozen(log_probs, done, end)
    parents, tokens, _ = _pick(totals.exp()[:, None] + steps.exp(), len(totals))
    return parents, tokens, totals[parents] + steps[parents, tokens]


def finished_go_on(totals, log_probs, done, end):
    return _pick(totals[:, None] + log_probs, len(totals))


def finished_pay(totals, log_probs, done, end):
    only_end = torch.full_like(log_probs, -torch.inf)
    only_end[:, end] = log_probs[:, end]
    steps = torch.where(done[:, None], only_end, log_probs)
    return _pick(totals[:, None] + steps, len(totals))


def finished_thrown_out(totals, log_probs, done, end):
    steps = log_probs.masked_fill(done[:, None], -torch.inf)
    return _pick(totals[:, None] + steps, len(totals))


def finished_many_times(totals, log_probs, done, end):
    steps = log_probs.masked_fill(done[:, None], 0.0)
    return _pick(totals[:, None] + steps, len(totals))


def best_of_each(totals, log_probs, done, end):
    best, tokens = (totals[:, None] + _frozen(log_probs, done, end)).max(1)
    order = best.argsort(descending=True)
    return order, tokens[order], best[order]


def divided_by_k(totals, log_probs, done, end):
    k = len(totals)
    return _pick(totals[:, None] + _frozen(log_probs, done, end), k, k)


def swapped(totals, log_probs, done, end):
    parents, tokens, best = beam_step(totals, log_probs, done, end)
    return tokens, parents, best


def places_returned(totals, log_probs, done, end):
    scores = totals[:, None] + _frozen(log_probs, done, end)
    best, place = scores.flatten().topk(len(totals))
    return place // scores.shape[1], place, best


SHARES = [
    [0.05, 0.30, 0.10, 0.35, 0.20],
    [0.02, 0.06, 0.90, 0.01, 0.01],
    [0.45, 0.25, 0.05, 0.05, 0.20],
]
END = 4


def given(totals, done):
    return lambda: (
        torch.tensor(totals).log(),
        torch.tensor(SHARES).log(),
        torch.tensor(done),
        END,
    )


def _ways(got):
    parents, tokens = got[0].tolist(), got[1].tolist()
    pairs = (f"{h} + {t}" for h, t in zip(parents, tokens, strict=True))
    return ", ".join(pairs)


def _said(tail):
    return lambda got, expected: (
        f"You keep (hypothesis + token) {_ways(got)}, and {_ways(expected)} is right: "
        f"{tail}"
    )


EXERCISE = Exercise(
    id="beam-step",
    chapter=12,
    kind="write",
    title="One step of beam search",
    question=QUESTION,
    difficulty=4,
    minutes=15,
    name="beam_step",
    stub=STUB,
    reference=beam_step,
    accepts=(by_lists,),
    returns=("parents", "tokens", "totals"),
    proves="Log-probabilities add up along a hypothesis, all hypotheses compete for "
    "all places, and what has ended stays as it is, once.",
    probes=(
        Probe(
            "all live",
            given([0.5, 0.3, 0.1], [False, False, False]),
            says="Three live hypotheses of five tokens each compete for three places",
        ),
        Probe(
            "one has ended",
            given([0.3, 0.2, 0.16], [False, False, True]),
            says="A hypothesis that has ended keeps its total and has one continuation",
        ),
        Probe(
            "an early end",
            given([0.4, 0.05, 0.04], [True, False, False]),
            says="A likely ended hypothesis takes one place and not several",
        ),
    ),
    mistakes=(
        Mistake(
            "beam-score-not-accumulated",
            last_step_only,
            _said("you rank by the last token alone."),
            "Is the best last word always on the best path?",
            "A hypothesis is as likely as all its tokens together. What does the order "
            "of yours depend on?",
            "The stage winner and the leader of the tour are two people.",
        ),
        Mistake(
            "beam-total-forgotten",
            last_step_kept,
            lambda got, _: (
                f"Your new totals are {short(got[2])}: the log-probabilities of the "
                "last tokens alone."
            ),
            "What happened to the totals that you were given?",
            "They go into neither the order nor the result.",
            "A running bill on which only the last item stands.",
        ),
        Mistake(
            "beam-probabilities-added",
            probabilities_added,
            _said("you add probabilities."),
            "Two things happen one after the other: is the chance of both the sum?",
            "Probabilities along a path multiply. What is that for logarithms?",
            "Two coins: heads and heads has not the chance ½ + ½.",
        ),
        Mistake(
            "beam-extends-finished",
            finished_go_on,
            _said("a hypothesis that had ended has been continued."),
            "May anything follow a full stop?",
            "One of your arguments is never read. What does it tell you?",
            "The letter is in its envelope. Who goes on writing?",
            probe="one has ended",
        ),
        Mistake(
            "beam-finished-pays-again",
            finished_pay,
            lambda got, expected: (
                f"Your totals are {short(got[2])}, and {short(expected[2])} is right: "
                "what has ended becomes less likely with each step."
            ),
            "What does the frozen hypothesis cost per step?",
            "Its end token was paid for when it was written.",
            "Whoever has arrived does not go on paying the fare.",
            probe="an early end",
        ),
        Mistake(
            "beam-drops-finished",
            finished_thrown_out,
            _said("what had ended is no longer there."),
            "Where does a finished hypothesis wait for the end of the search?",
            "In this form of the search it keeps its place as long as it is among the "
            "best.",
            "The first runner at the finish is not struck from the list of results.",
            probe="one has ended",
        ),
        Mistake(
            "beam-finished-multiplies",
            finished_many_times,
            _said("one hypothesis stands there several times."),
            "How many continuations has a text that has ended?",
            "You make its steps free, whatever the token. For how many of them?",
            "One ballot paper, thrown into the urn five times.",
            probe="one has ended",
        ),
        Mistake(
            "beam-one-from-each",
            best_of_each,
            _said("each hypothesis has got exactly one."),
            "Do the hypotheses compete with one another?",
            "You take the best token of each. All continuations of all hypotheses "
            "stand in one ranking.",
            "The three best pupils of the school are not the best of each class.",
        ),
        Mistake(
            "beam-divided-by-k",
            divided_by_k,
            lambda got, _: (
                f"Your parents are {got[0].tolist()}, of hypotheses 0 to 2, and your "
                f"tokens {got[1].tolist()}, of 0 to 4."
            ),
            "How long is one row of the table that you have flattened?",
            "Place 7 of a flattened table lies in row 7 // columns. How many columns?",
            "Seat 17 in a hall with 5 seats a row: which row? And with 3 rows?",
        ),
        Mistake(
            "beam-parents-and-tokens-swapped",
            swapped,
            lambda got, _: (
                f"Your parents are {got[0].tolist()}, of hypotheses 0 to 2, and your "
                f"tokens {got[1].tolist()}, of 0 to 4."
            ),
            "Which of the two says the row, and which the column?",
            "Compare the order that is asked for with that of your last line.",
            "Longitude and latitude are both numbers. In which order does the map "
            "want them?",
        ),
        Mistake(
            "beam-token-is-a-place",
            places_returned,
            lambda got, _: f"Your tokens are {got[1].tolist()}, of 0 to 4.",
            "What does a place in the flattened table say about the token?",
            "It says row and column together. What is left when the rows are taken "
            "off?",
            "It is 50 hours past midnight: what does the clock show?",
        ),
    ),
)
