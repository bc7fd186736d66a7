"""Chapter 15, write: one score for each candidate, one softmax over the candidates."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Multiple choice: each candidate answer makes a row of its own (start · context and
question · delimiter · answer · extract). All rows of a batch are read at once, question
by question: the n candidates of the first question, then those of the second, and so
on. A linear layer turns the state at extract into **one** score. How probable is each
candidate of its question?

- `features` (B · n, d): the states at extract; `w` (d,): the linear layer, without bias
- `n_choices`: n, the number of candidates of a question
- returns probabilities (B, n)
"""

STUB = """
def choice_probabilities(features, w, n_choices):
    raise NotImplementedError
"""


def choice_probabilities(features, w, n_choices):
    scores = (features @ w).reshape(-1, n_choices)  # (B, n)
    return scores.softmax(dim=-1)


def question_by_question(features, w, n_choices):
    groups = features.split(n_choices)
    return torch.stack([torch.softmax(group @ w, dim=0) for group in groups])


def three_axes(features, w, n_choices):
    scores = features.unflatten(0, (-1, n_choices)) @ w[:, None]  # (B, n, 1)
    return (scores - scores.logsumexp(1, keepdim=True)).exp()[..., 0]


def stable_by_hand(features, w, n_choices):
    scores = torch.einsum("bnd,d->bn", features.view(-1, n_choices, len(w)), w)
    e = (scores - scores.max(1, keepdim=True).values).exp()
    return e / e.sum(1, keepdim=True)


def made_of(scores, shares=lambda x: x.softmax(-1)):
    """`scores` (features, w, n) → (B, n), and what is made of them."""

    def wrong(features, w, n_choices):
        return shares(scores(features, w, n_choices))

    return wrong


def right(features, w, n):
    return (features @ w).reshape(-1, n)


def _columns(features, w, n):
    return (features @ w).reshape(n, -1).T


def _upright(features, w, n):
    return (features @ w).reshape(n, -1)


def _softmax_before(features, w, n):
    return right(features.softmax(-1), w, n)


def _scaled(features, w, n):
    return right(features, w, n) / len(w) ** 0.5


def _added_up(features, w, n):
    return features.sum(-1).reshape(-1, n)


def over_one_score(features, w, n_choices):
    return (features @ w[:, None]).softmax(-1).reshape(-1, n_choices)


def over_everything(features, w, n_choices):
    return (features @ w).softmax(0).reshape(-1, n_choices)


def flat(features, w, n_choices):
    return right(features, w, n_choices).softmax(-1).flatten()


def setting(B=3, n=4, d=5, shift=0.0):
    def make():
        draw = torch.Generator().manual_seed(17)
        w = torch.randn(d, generator=draw)
        features = torch.randn(B * n, d, generator=draw)
        return features + shift * w / (w @ w), w, n

    return make


def _first(got, expected):
    return (
        f"The four candidates of the first question get {short(got[0])}, and "
        f"{short(expected[0])} is right."
    )


def _sum(got, _):
    return (
        f"The four candidates of the first question get {short(got[0])}; that sums to "
        f"{short(got[0].sum())}."
    )


def _shape(got, expected):
    return (
        f"For 3 questions of 4 candidates you return shape {tuple(got.shape)}, and "
        f"{tuple(expected.shape)} is right."
    )


EXERCISE = Exercise(
    id="choice-softmax",
    chapter=15,
    kind="write",
    title="A softmax over candidates",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="choice_probabilities",
    stub=STUB,
    reference=choice_probabilities,
    accepts=(question_by_question, three_axes, stable_by_hand),
    proves="One head scores every candidate by itself, and the candidates of one "
    "question, and no others, compete.",
    probes=(
        Probe(
            "three questions",
            setting(),
            says="The candidates of each question share one unit of probability",
        ),
        Probe(
            "five candidates",
            setting(B=2, n=5),
            says="The number of candidates may be another one",
        ),
        Probe(
            "shifted",
            setting(shift=500.0),
            says="Scores that are all higher by 500 leave the probabilities alone",
        ),
    ),
    mistakes=(
        Mistake(
            "softmax-over-one-score",
            over_one_score,
            lambda got, _: (
                "Each candidate of the first question gets "
                f"{short(got[0])}: all are certain."
            ),
            "How many numbers lie along the axis of your softmax?",
            "In classification one row of tokens has C logits, and they compete. Here "
            "a row has one. Who are its rivals?",
            "An election with one name on the ballot.",
            "three questions",
        ),
        Mistake(
            "softmax-over-questions",
            made_of(right, lambda x: x.softmax(0)),
            _sum,
            "Who competes with whom in your softmax?",
            "Take one question. Do the shares of its candidates add up to one? And "
            "what does the batch have to do with it?",
            "In a spelling contest, boys of different schools are compared seat by "
            "seat.",
            "three questions",
        ),
        Mistake(
            "softmax-over-everything",
            over_everything,
            _sum,
            "Who competes with whom in your softmax?",
            "One unit of probability is shared by the whole batch. What would a second "
            "copy of it do to each share?",
            "One cake for all parties of the street.",
            "three questions",
        ),
        Mistake(
            "each-judged-alone",
            made_of(right, torch.sigmoid),
            _sum,
            "Can two candidates of one question be right, by your numbers?",
            "A sigmoid asks “this one, or not?” four times. How many questions are "
            "asked here?",
            "Four yes-or-no votes, or one vote among four?",
            "three questions",
        ),
        Mistake(
            "candidate-by-candidate",
            made_of(_columns),
            _first,
            "Which rows of `features` did you put together for the first question?",
            "Number the 12 rows as the task orders them, 0 to 11, and cut them as your "
            "function does.",
            "A pack sorted by suit, dealt as if it were sorted by rank.",
            "three questions",
        ),
        Mistake(
            "axes-exchanged",
            made_of(_upright),
            _shape,
            "Which axis counts questions, and which one candidates?",
            "Along which axis does the batch begin anew with a new question?",
            "A timetable with the days down the side, read as if they stood on top.",
            "three questions",
        ),
        Mistake(
            "scores-returned",
            made_of(right, torch.clone),
            _sum,
            "Do your numbers look like probabilities?",
            "A score may be negative, and four scores have no sum to keep. What makes "
            "shares out of them?",
            "Points in a match are not yet the odds.",
            "three questions",
        ),
        Mistake(
            "log-probabilities-returned",
            made_of(right, lambda x: x.log_softmax(-1)),
            _sum,
            "Do your numbers look like probabilities?",
            "For a loss the logarithm is handy. What does the task ask for?",
            "The answer in decibels, where watts were asked for.",
            "three questions",
        ),
        Mistake(
            "divided-by-the-sum",
            made_of(right, lambda x: x / x.sum(-1, keepdim=True)),
            _first,
            "What happens to your shares where scores are negative?",
            "They add up to one, and that is not all that a probability has to do. "
            "What makes every score positive first?",
            "Shares in a firm: can somebody hold minus ten per cent?",
            "three questions",
        ),
        Mistake(
            "largest-takes-all",
            made_of(right, lambda x: (x == x.max(-1, keepdim=True).values).float()),
            _first,
            "Could a loss tell a narrow win from a clear one, by your numbers?",
            "The choice itself is one step further on. How is the gradient of yours?",
            "The odds before the race, or the winner's name after it?",
            "three questions",
        ),
        Mistake(
            "softmax-before-the-layer",
            made_of(_softmax_before),
            _first,
            "What did you take the first softmax of?",
            "A state has d numbers that are no rivals of each other. At which point "
            "are there rivals?",
            "The jury's members run against each other before they judge.",
            "three questions",
        ),
        Mistake(
            "weights-not-used",
            made_of(_added_up),
            _first,
            "What does `w` do in your function?",
            "A state has d numbers, and a score is one. Which layer decides how much "
            "each counts?",
            "Marks in all subjects are added, and the weighting was on the back.",
            "three questions",
        ),
        Mistake(
            "scaled-like-attention",
            made_of(_scaled),
            _first,
            "Where in the task does a square root come in?",
            "Attention divides its scores by √d_k. Is this attention?",
            "The toll is paid on the bridge. Who pays it on the road as well?",
            "three questions",
        ),
        Mistake(
            "softmax-overflows",
            made_of(right, lambda x: x.exp() / x.exp().sum(-1, keepdim=True)),
            "Where all scores are higher by 500, your numbers are not finite.",
            "What is exp(500) for a computer?",
            "A common height of all scores changes no share. What could be taken off "
            "all of them before the exponential?",
            "Mountains are compared from the valley, and not from the centre of the "
            "earth.",
            "shifted",
        ),
        Mistake(
            "left-flat",
            flat,
            _shape,
            "How does a reader of your result find the second question's third "
            "candidate?",
            "The shares are right. Which shape does the task ask for?",
            "The right cards, in one pile instead of four hands.",
            "three questions",
        ),
    ),
)
