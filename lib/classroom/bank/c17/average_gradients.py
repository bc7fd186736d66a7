"""Chapter 17, write: one gradient from those of several processes."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Several processes have computed a gradient, each of the **mean** loss over its own
tokens. Padding makes the numbers of tokens unequal. Return the gradient of the mean
loss over all tokens of all processes, as one process would have found it.

- `gradients`: (P, d), one row for each process
- `tokens`: (P,), how many tokens each counted; a process may have none: its row is 0
- returns (d,)
"""

STUB = """
def average_gradients(gradients, tokens):
    raise NotImplementedError
"""


def average_gradients(gradients, tokens):
    summed = (gradients * tokens[:, None]).sum(axis=0)  # (d,)
    return summed / tokens.sum()


def by_product(gradients, tokens):
    return (tokens / tokens.sum()) @ gradients


def by_numpy(gradients, tokens):
    return np.average(gradients, axis=0, weights=tokens)


def plain_mean(gradients, tokens):
    return gradients.mean(axis=0)


def plain_sum(gradients, tokens):
    return gradients.sum(axis=0)


def not_divided(gradients, tokens):
    return tokens @ gradients


def by_processes(gradients, tokens):
    return tokens @ gradients / len(tokens)


def by_the_most(gradients, tokens):
    return tokens @ gradients / tokens.max()


def first_alone(gradients, tokens):
    return gradients[0]


def only_those_with_tokens(gradients, tokens):
    return gradients[tokens > 0].mean(axis=0)


def sum_over_tokens(gradients, tokens):
    return gradients.sum(axis=0) / tokens.sum()


def few_count_more(gradients, tokens):
    few = np.where(tokens > 0, 1 / np.maximum(tokens, 1), 0.0)
    return few @ gradients / few.sum()


def largest_share(gradients, tokens):
    return gradients[tokens.argmax()]


def roots(gradients, tokens):
    return np.sqrt(tokens) @ gradients / np.sqrt(tokens).sum()


def uneven():
    """Three processes with 3, 6 and 1 tokens; two weights."""
    return np.array([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]]), np.array([3, 6, 1])


def idle():
    """The last but one has nothing but padding."""
    rows = np.array(
        [[2.0, -1.0, 0.5], [1.0, 1.0, 4.0], [0.0, 0.0, 0.0], [3.0, 0.0, 1.0]]
    )
    return rows, np.array([5, 2, 0, 1])


def _says(text):
    return lambda got, expected: (
        "Three processes with 3, 6 and 1 tokens found the gradients (1, 0), (0, 2) and "
        f"(5, 5): you get {short(got)}, and {short(expected)} is right. {text}"
    )


EXERCISE = Exercise(
    id="average-gradients",
    chapter=17,
    kind="write",
    title="One gradient from many",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="average_gradients",
    stub=STUB,
    reference=average_gradients,
    accepts=(by_product, by_numpy),
    proves="Every token has one vote, whichever process read it; so any number of "
    "processes takes the step that one would have taken.",
    probes=(
        Probe("uneven", uneven, says="A process with 6 of 10 tokens has 6 of 10 votes"),
        Probe("idle", idle, says="A process without tokens has no vote"),
    ),
    mistakes=(
        Mistake(
            "mean-of-means",
            plain_mean,
            _says("The one token of the last process decides a third."),
            "Who has one vote: a process or a token?",
            "Put all ten tokens into one process. How much would the last one count?",
            "Three classes of 3, 6 and 1 pupils: is the mean age of the school the "
            "mean of the three means?",
            "uneven",
        ),
        Mistake(
            "sum-of-means",
            plain_sum,
            _says("More processes, longer steps."),
            "What becomes of the step if the same work is spread over more processes?",
            "Each row is a mean already. What do three means add up to?",
            "Three thermometers in one room: do you add up what they show?",
            "uneven",
        ),
        Mistake(
            "not-divided",
            not_divided,
            _says("Yours is the gradient of the summed loss."),
            "Of the sum, or of the mean?",
            "You have brought every row back to a sum, which is half of the way.",
            "The distance of a journey is not yet its speed.",
            "uneven",
        ),
        Mistake(
            "divided-by-processes",
            by_processes,
            _says("It was divided by 3."),
            "How many things were added up: how many tokens?",
            "After weighting, the sum is over tokens. What is the mean of ten things "
            "divided by?",
            "The bill of ten guests at three tables, for each guest.",
            "uneven",
        ),
        Mistake(
            "divided-by-the-largest",
            by_the_most,
            _says("It was divided by 6."),
            "Do your weights add up to 1?",
            "Weights of a mean are shares of a whole. What is the whole?",
            "Shares of a company, each divided by the largest holding.",
            "uneven",
        ),
        Mistake(
            "first-process-alone",
            first_alone,
            _says("It is what the first found alone."),
            "What have the others worked for?",
            "Every process must take the same step, and the step is to be everyone's.",
            "A choir that listens to its first singer.",
            "uneven",
        ),
        Mistake(
            "largest-process-alone",
            largest_share,
            _says("It is what the one with most tokens found alone."),
            "Does a majority make the others count nothing?",
            "Turn the last row upside down. Should the answer change?",
            "An average of prices in which only the largest shop is asked.",
            "uneven",
        ),
        Mistake(
            "means-by-tokens",
            sum_over_tokens,
            _says("Means were added, and divided by the number of tokens."),
            "What is divided by ten: a sum over how many things?",
            "Three numbers were added up. Are there ten of anything in that sum?",
            "Adding three speeds and dividing by the kilometres.",
            "uneven",
        ),
        Mistake(
            "few-tokens-count-more",
            few_count_more,
            _says("The process with one token weighs most."),
            "Whose mean is the surer: one over six tokens, or one over one?",
            "Which way should a weight change when a process reads more?",
            "Ask ten people and one, and trust the one.",
            "uneven",
        ),
        Mistake(
            "roots-of-counts",
            roots,
            _says("The weights are the roots of the numbers of tokens."),
            "What makes one process of ten tokens of three processes?",
            "Gradients of sums add up. A sum is a mean times what?",
            "The price of ten apples grows with ten, and not with its root.",
            "uneven",
        ),
        Mistake(
            "idle-left-out",
            only_those_with_tokens,
            lambda got, expected: (
                "With 5, 2, 0 and 1 tokens you get "
                f"{short(got)}, and {short(expected)} is right: the idle process is "
                "out, and the others count alike."
            ),
            "Are those that are left equals?",
            "A process without tokens is out, and rightly. What about one with five "
            "beside one with one?",
            "Empty seats have no vote, and a full hall has more than one.",
            "idle",
        ),
    ),
)
