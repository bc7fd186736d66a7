"""Chapter 3, faded: look a query up softly in a dictionary of keys and values."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
A soft dictionary: one query is compared with every key, and the answer is an average of
all values, in which those of the nearest keys weigh most. First and last line are
there; the scores have still to be divided by $\sqrt{d_k}$ and turned into weights.

- `query` (d_k,), `keys` (S, d_k), `values` (S, d_v), in NumPy
- returns the answer (d_v,); scores may be as large as 10⁵
"""

STUB = """
def soft_look_up(query, keys, values):
    scores = keys @ query  # (S,)
    raise NotImplementedError
    return weights @ values  # (d_v,)
"""


def soft_look_up(query, keys, values):
    scores = keys @ query  # (S,)
    scores = scores / np.sqrt(query.shape[0])
    shares = np.exp(scores - scores.max())  # exp cannot overflow
    weights = shares / shares.sum()
    return weights @ values  # (d_v,)


def query_scaled_first(query, keys, values):
    scores = keys @ (query * len(query) ** -0.5)
    weights = np.exp(scores - np.logaddexp.reduce(scores))
    return weights @ values


def by_loops(query, keys, values):
    scores = [sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]
    shares = [np.exp((s - max(scores)) / len(query) ** 0.5) for s in scores]
    return sum(w / sum(shares) * value for w, value in zip(shares, values, strict=True))


def _softmax(scores):
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def but(weigh):
    """The look-up with other weights: (keys @ query, d_k) → weights."""

    def wrong(query, keys, values):
        with np.errstate(all="ignore"):
            return weigh(keys @ query, len(query)) @ values

    return wrong


def _shares(numbers):
    return numbers / numbers.sum()


def inputs(shift=0.0):
    """d_k=4, S=5, d_v=6; `shift` is added to all keys."""

    def make():
        rng = np.random.default_rng(5)
        query, keys = rng.normal(size=4), rng.normal(size=(5, 4)) + shift
        return query, keys, rng.normal(size=(5, 6))

    return make


def wide():
    """d_k=9, S=6, d_v=7."""
    rng = np.random.default_rng(6)
    return rng.normal(size=9), rng.normal(size=(6, 9)), rng.normal(size=(6, 7))


def far_ahead():
    """The third key has a score of 10⁵, the others have ordinary ones."""
    query, keys, values = inputs()()
    keys[2] = 1e5 * query / (query @ query)
    return query, keys, values


def weights(look_up, query, keys, _):
    """With the identity for values, the answer is the weights."""
    return look_up(query, keys, np.eye(len(keys)))


def _yours(got, expected):
    return (
        f"Your weights of the five keys are {short(got)}, where {short(expected)} is "
        "right"
    )


def cosine(query, keys, values):
    lengths = np.linalg.norm(keys, axis=1) * np.linalg.norm(query)
    return _softmax(keys @ query / lengths) @ values


NOT_NORMALISED = {
    "symptom": lambda got, _: f"Your weights add up to {short(got)}.",
    "question": "Are these shares of a whole yet?",
    "pointer": "They are positive and in the right proportion. What turns that into an "
    "average?",
    "neighbour": "Marks 2 and 5 with weights 1 and 3: is 2·1 + 5·3 = 17 an average of "
    "2 and 5? What is missing?",
    "probe": "sum",
}

EXERCISE = Exercise(
    id="attention-faded",
    chapter=3,
    kind="faded",
    title="A soft dictionary",
    question=QUESTION,
    difficulty=2,
    minutes=7,
    name="soft_look_up",
    stub=STUB,
    reference=soft_look_up,
    accepts=(query_scaled_first, by_loops),
    proves="The answer is an average of all values, sharper for better keys, at the "
    "right temperature, and large scores do no harm. With many queries at once, this "
    "is attention.",
    probes=(
        Probe(
            "weights",
            inputs(),
            weights,
            "With the identity for values, the answer is the weights: the softmax of "
            "the scaled scores",
        ),
        Probe(
            "sum",
            inputs(),
            lambda look_up, *given: weights(look_up, *given).sum(),
            "The weights add up to 1",
        ),
        Probe("answer", inputs(), says="The answer is the average of the values"),
        Probe(
            "shifted keys",
            inputs(2000.0),
            weights,
            "One vector added to all keys changes no weight, since it adds the same "
            "number to all scores",
        ),
        Probe(
            "shifted back",
            inputs(-2000.0),
            weights,
            "One vector taken off all keys changes no weight either",
        ),
        Probe(
            "nine wide",
            wide,
            weights,
            "The weights are right for queries and keys of another width",
        ),
        Probe(
            "one far ahead",
            far_ahead,
            weights,
            "One key with a score of 10⁵ gets all the weight, and nothing overflows",
        ),
    ),
    mistakes=(
        Mistake(
            "cosine-instead-of-scaled",
            cosine,
            lambda got, expected: (
                f"{_yours(got, expected)}: too even, since your scores "
                "all lie between −1 and 1."
            ),
            "Does your divisor depend on the numbers in the vectors, or on how many "
            "there are?",
            "Divided by their lengths, two vectors are compared by direction alone. "
            "The formula lets a long key count for more.",
            "Two maps agree that the pub lies north-west. One of them also says how "
            "far: which step did the other one leave out, and was it to be left out?",
            probe="weights",
        ),
        Mistake(
            "scale-missing",
            but(lambda s, d: _softmax(s)),
            lambda got, expected: (
                f"{_yours(got, expected)}: the right keys lead, and by too much."
            ),
            "Four products are added up for each score. By how much does that stretch "
            "the scores?",
            "Of the two lines that are missing, the second one is written. What was "
            "the first?",
            "(3, 1) has softmax (0.88, 0.12), and (1.5, 0.5) has (0.73, 0.27). Which "
            "one trusts its scores more?",
        ),
        Mistake(
            "scale-d-not-sqrt",
            but(lambda s, d: _softmax(s / d)),
            lambda got, expected: f"{_yours(got, expected)}: all are too much alike.",
            "Is it the variance or the standard deviation that grows like d_k?",
            "To bring the spread back to 1, divide by the spread, not by its square.",
            "A sum of 16 coin tosses (+1 or −1) typically lies 4 from zero. What do "
            "you divide by, to have it 1 from zero?",
        ),
        Mistake(
            "scale-wrong-way",
            but(lambda s, d: _softmax(s * d**0.5)),
            lambda got, expected: f"{_yours(got, expected)}: one key has nearly all.",
            "Should scores of longer vectors be made larger or smaller?",
            "The root is there; look on which side of the fraction it stands.",
            "A map at 1 : 100 shows a street of 50 m as 0.5 m. Whoever confuses the "
            "two directions needs a map of 5 km.",
        ),
        Mistake(
            "scale-root-of-S",
            but(lambda s, d: _softmax(s / len(s) ** 0.5)),
            lambda got, expected: (
                f"{_yours(got, expected)}: close, and yet not right. Your factor is "
                "not the one of the formula."
            ),
            "How many products make one score? And how many scores are there?",
            "Here S = 5 and d_k = 4. Print the number that you take the root of.",
            "Whether 5 or 5000 dice lie on the table, a single one spreads as far. "
            "What counts is how many are added up.",
        ),
        Mistake(
            "scale-after-softmax",
            but(lambda s, d: _softmax(s) / d**0.5),
            lambda got, _: f"Your weights add up to {short(got)}.",
            "Are they still shares of a whole, after your last division?",
            "The division is meant for the scores, so that the softmax does not "
            "overdo it. What does it do when it comes after?",
            "Soup that is too salty is thinned before it is served. Handing out "
            "half portions leaves it as salty.",
            probe="sum",
        ),
        Mistake(
            "softmax-no-max-subtract",
            but(lambda s, d: _shares(np.exp(s / d**0.5))),
            lambda got, _: (
                "With 2000 added to every number of the keys, "
                f"{np.isnan(got).sum()} of your 5 weights are NaN."
            ),
            "How large is exp(1000), for a computer?",
            "Adding one number to all scores changes no share. Which number would make "
            "the largest exponent harmless?",
            "10⁵⁰⁰ : 10⁴⁹⁸ is 100 : 1, though no pocket calculator takes the first "
            "two. What was taken off both exponents?",
            probe="shifted keys",
        ),
        Mistake(
            "not-normalised",
            but(lambda s, d: np.exp((s - s.max()) / d**0.5)),
            **NOT_NORMALISED,
        ),
        Mistake("exp-alone", but(lambda s, d: np.exp(s / d**0.5)), **NOT_NORMALISED),
        Mistake(
            "divisor-is-a-constant",
            but(lambda s, d: _softmax(s / 2)),
            lambda got, expected: (
                "With d_k = 4 your weights are right. With d_k = 9 those of the six "
                f"keys are {short(got)}, where {short(expected)} is right."
            ),
            "Where does your divisor come from?",
            "A number that was typed in is right for one width of queries and keys. "
            "Which of the arguments knows the width?",
            "“Divide by 7 to get the daily mean” is right for a week. What should it "
            "say for a list of any length?",
            probe="nine wide",
        ),
        Mistake(
            "mean-subtracted",
            but(lambda s, d: _shares(np.exp((s - s.mean()) / d**0.5))),
            lambda got, _: (
                "With one key at a score of 10⁵, "
                f"{np.isnan(got).sum()} of your 5 weights are NaN."
            ),
            "After what you take off, how large can an exponent still be?",
            "Any number may be taken off all scores without changing a share. With "
            "yours, a single high score still stands far above 0.",
            "To bring every flag pole under a bridge you lower them all alike. By the "
            "mean height?",
            probe="one far ahead",
        ),
        Mistake(
            "softmax-missing",
            but(lambda s, d: s / d**0.5),
            lambda got, _: (
                f"Your weights are {short(got)}, and add up to {short(got.sum())}."
            ),
            "Can a value have a negative share in an average?",
            "Scaled scores are still scores: any numbers. One function turns them into "
            "positive numbers that add up to 1.",
            "From (−1, 0, 1) to shares: squares would favour −1 as much as 1. Which "
            "function favours the larger and never goes below 0?",
        ),
        Mistake(
            "scores-as-shares",
            but(lambda s, d: _shares(s / d**0.5)),
            lambda got, _: f"Your weights add up to 1, and they are {short(got)}.",
            "Can a value have a negative share in an average?",
            "Dividing by the sum makes shares of numbers that are positive. Are scores "
            "always?",
            "Of gains of 5, −3 and −1, the sum is 1, and the “shares” are 500 %, "
            "−300 % and −100 %. What would have to happen to the numbers first?",
        ),
        Mistake(
            "hard-look-up",
            but(lambda s, d: np.eye(len(s))[s.argmax()]),
            lambda got, _: (
                f"Your weights are {short(got)}: one key takes all, and the others "
                "have no say."
            ),
            "What is soft about this dictionary?",
            "You pick the best key. If the query moves a little, your answer stays, or "
            "jumps; no gradient can tell which way to go.",
            "The nearest weather station, or an average of all stations with the near "
            "ones weighing most: which map has no steps in it?",
        ),
    ),
)
