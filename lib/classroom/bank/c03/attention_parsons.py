"""Chapter 3, Parsons: project, score, scale, mask, softmax, average."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Self-attention of a sentence `x` (T, d), in NumPy: project it to queries, keys and
values, compare, scale, mask, take the softmax, average. Put the lines in order; some of
them do not belong.

- `W_q`, `W_k` (d, d_k) and `W_v` (d, d_v)
- `mask` (T, T), boolean, True = may be attended; every row has at least one

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
import numpy as np

def attend(x, W_q, W_k, W_v, mask):
    {lines}
    return output, weights
"""

LINES = {
    "A": "weights = weights / weights.sum(axis=-2, keepdims=True)",
    "B": "scores = query @ key.T",
    "C": "output = weights @ key",
    "D": "scores = np.where(mask, scores, -np.inf)",
    "E": "weights = np.exp(scores - scores.max(axis=-1, keepdims=True))",
    "F": "scores = scores / np.sqrt(x.shape[-1])",
    "G": "query, key, value = x @ W_q, x @ W_k, x @ W_v",
    "H": "weights = weights / weights.sum(axis=-1, keepdims=True)",
    "I": "scores = np.where(mask, scores, 0.0)",
    "J": "output = weights @ value",
    "K": "weights = np.where(mask, weights, 0.0)",
    "L": "query = key = value = x",
    "M": "scores = scores / np.sqrt(key.shape[-1])",
}

RIGHT = ["G", "B", "M", "D", "E", "H", "J"]


def inputs():
    """T=5, d=8, d_k=4, d_v=6; a mask with 2 to 5 allowed places per row."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(5, 8))
    W_q, W_k, W_v = (rng.normal(size=(8, n)) / 3 for n in (4, 4, 6))
    mask = np.tril(np.ones((5, 5), dtype=bool))
    mask[0, 1] = True
    return x, W_q, W_k, W_v, mask


def row_sums(attend, *given):
    return attend(*given)[1].sum(axis=-1)


def weights_alone(attend, *given):
    return attend(*given)[1]


def _first(got, expected):
    return (
        f"the first word's weights are {short(got[0])}, where {short(expected[0])} is "
        "right"
    )


EXERCISE = Exercise(
    id="attention-parsons",
    chapter=3,
    kind="parsons",
    title="Self-attention, line by line",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="order",
    stub="order = []",
    reference=RIGHT,
    accepts=(
        ["G", "B", "D", "M", "E", "H", "J"],
        ["G", "B", "M", "E", "K", "H", "J"],
        ["G", "B", "M", "D", "E", "H", "K", "J"],
        ["G", "B", "M", "D", "E", "K", "H", "J"],
    ),
    proves="Each step finds what it needs: scores at the right spread, forbidden ones "
    "out before the shares are settled, shares over the keys, and an average of the "
    "values.",
    lines=LINES,
    template=TEMPLATE,
    returns=("output", "weights"),
    probes=(
        Probe("row sums", inputs, row_sums, "The weights of each word add up to 1"),
        Probe(
            "weights",
            inputs,
            weights_alone,
            "The weights are the softmax of the scaled scores of what is allowed",
        ),
        Probe("all", inputs, says="The output is the average of the values"),
    ),
    mistakes=(
        Mistake(
            "scale-missing",
            ["G", "B", "D", "E", "H", "J"],
            lambda got, want: f"The rows add up to 1, but {_first(got, want)}.",
            "How large is a sum of d_k products, typically?",
            "One step of the six in the task is not among your lines, or comes when "
            "its result is no longer read.",
            "With scores of (4, 0) softmax gives 0.98 to the first, with (2, 0) it "
            "gives 0.88, with (1, 0) 0.73. Which knob was turned?",
            probe="weights",
        ),
        Mistake(
            "scale-d-model",
            ["G", "B", "F", "D", "E", "H", "J"],
            lambda got, want: f"The rows add up to 1, but {_first(got, want)}.",
            "How long are the vectors whose product you take?",
            "Two lines take a root, of two different lengths: one of the sentence's "
            "vectors, one of what is compared.",
            "A jury of 4 out of a club of 8 gives points. By what is the sum of the "
            "points divided, to get the mean?",
            probe="weights",
        ),
        Mistake(
            "softmax-query-axis",
            ["G", "B", "M", "D", "E", "A", "J"],
            lambda got, _: (
                f"The five words' weights add up to {short(got)}. The table is square, "
                "so nothing fails."
            ),
            "Of two lines that divide by a sum: along which axis do the keys lie?",
            "Rows ask, columns are asked. Which sums have to be 1?",
            "In a league table of 5 teams against 5 teams, the sum of a row is what a "
            "team scored, the sum of a column what it let in. Both exist.",
            probe="row sums",
        ),
        Mistake(
            "not-normalised",
            ["G", "B", "M", "D", "E", "J"],
            lambda got, _: f"The five words' weights add up to {short(got)}.",
            "Are these shares of a whole yet?",
            "Exponentials are one half of a softmax. What is the other?",
            "Portions of 1, 2 and 5 spoons: only once you know that it was 8 spoons "
            "can you say who had a quarter.",
            probe="row sums",
        ),
        Mistake(
            "mask-missing",
            ["G", "B", "M", "E", "H", "J"],
            lambda got, _: (
                "The first word may attend the first two words, and its weights on the "
                f"other three are {short(got[0, 2:])}."
            ),
            "Which of your lines reads the mask, and is its result read again?",
            "A line that changes the scores does nothing once the weights are "
            "computed from them.",
            "Salt that is added to the water after the pasta has been taken out: it "
            "was in the recipe, and nobody tastes it.",
            probe="weights",
        ),
        Mistake(
            "mask-fill-zero",
            ["G", "B", "M", "I", "E", "H", "J"],
            lambda got, _: (
                "The first word may attend the first two words, and its weights on the "
                f"other three are {short(got[0, 2:])}."
            ),
            "Which *score* gives a weight of zero?",
            "A score of 0 beats every negative score. What does exp make of it?",
            "In a quiz where wrong answers cost points, a team that stays away with 0 "
            "points may come in the middle. How would you put it last?",
            probe="weights",
        ),
        Mistake(
            "mask-after-softmax",
            ["G", "B", "M", "E", "H", "K", "J"],
            lambda got, _: f"The five words' weights add up to {short(got)}.",
            "Who has the shares that were taken away?",
            "The shares were settled while the forbidden words still took part. Which "
            "two of your lines stand in the wrong order?",
            "First strike out, then count the votes: the shares make 100 %. First "
            "count, then strike out: they do not.",
            probe="row sums",
        ),
        Mistake(
            "value-is-key",
            ["G", "B", "M", "D", "E", "H", "C"],
            lambda got, want: (
                f"The weights are right, but the output has shape {got[0].shape} "
                f"instead of {want[0].shape}."
            ),
            "What is compared, and what is handed over?",
            "Two lines make an output. Had keys and values the same width, nobody "
            "would see the difference in the shapes.",
            "The index of a book tells you the page; you then read the page, not the "
            "index entry once more.",
            probe="all",
        ),
        Mistake(
            "no-projection",
            ["L", "B", "M", "D", "E", "H", "J"],
            lambda got, want: (
                f"The output has shape {got[0].shape} instead of {want[0].shape}, and "
                f"{_first(got[1], want[1])}: each word mostly asks for itself."
            ),
            "If query and key are the same vector, whom does a word resemble most?",
            "Three of the inputs are never read. They let a word ask for something "
            "other than what it is.",
            "In a small ad, “offer” and “wanted” are different texts. What would "
            "people find if both had to be the same?",
            probe="all",
        ),
    ),
)
