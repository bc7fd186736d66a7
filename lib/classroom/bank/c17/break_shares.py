"""Chapter 17, break it: losses that expose a wrong mean over processes."""

import numpy as np

from ...exercises.model import Exercise, Mistake

QUESTION = """
`mean_loss` below is the mean loss over the tokens of all processes: `losses` (P, T) has
a row for each process, and `lengths` (P,) says how many tokens of it count; what stands
behind them is padding. Twelve broken copies are hidden. A copy is exposed if its answer
on your input differs.

Write a function that returns one pair `(losses, lengths)` on which all of them differ:
NumPy arrays, losses from 0.5 to 9.5 with P from 1 to 4 and T from 1 to 6, lengths whole
numbers from 0 to T, at least one of them above 0.
"""

STUB = """
def exposing_losses():
    raise NotImplementedError
"""


def exposing_losses():
    losses = np.array(
        [
            [1.0, 2.0, 4.0, 7.0, 3.0],
            [5.0, 1.5, 2.5, 9.0, 6.0],
            [8.0, 3.5, 0.5, 4.5, 2.0],
            [6.5, 9.5, 7.5, 1.0, 5.0],
        ]
    )
    return losses, np.array([3, 2, 0, 5])


def another():
    draw = np.random.default_rng(3)
    return draw.uniform(0.5, 9.5, size=(4, 6)), np.array([5, 0, 6, 2])


def mean_loss(data):
    losses, lengths = data
    counted = np.arange(losses.shape[1]) < lengths[:, None]  # (P, T)
    return (losses * counted).sum() / counted.sum()


def _counted(losses, lengths):
    return np.arange(losses.shape[1]) < lengths[:, None]


def copy(change):
    """`mean_loss` after a change of (losses, lengths)."""
    return lambda data: mean_loss(change(*data))


def _sum(losses, lengths):
    return (losses * _counted(losses, lengths)).sum()


def _means(losses, lengths):
    return (losses * _counted(losses, lengths)).sum(1) / np.maximum(lengths, 1)


MUTANTS = {
    "mean-of-means": lambda data: _means(*data).mean(),
    "means-of-the-busy": lambda data: _means(*data)[data[1] > 0].mean(),
    "padding-counts": lambda data: data[0].mean(),
    "padding-in-the-number": lambda data: _sum(*data) / data[0].size,
    "padding-in-the-sum": lambda data: data[0].sum() / data[1].sum(),
    "first-process-alone": copy(lambda x, n: (x[:1], np.maximum(n[:1], 1))),
    "two-processes-at-most": copy(lambda x, n: (x[:2], np.maximum(n[:2], 1))),
    "lengths-of-the-neighbour": copy(lambda x, n: (x, np.roll(n, 1))),
    "one-length-for-all": copy(lambda x, n: (x, np.full_like(n, max(n[0], 1)))),
    "nobody-is-idle": copy(lambda x, n: (x, np.maximum(n, 1))),
    "padding-on-the-left": copy(lambda x, n: (x[:, ::-1], n)),
    "summed": lambda data: _sum(*data),
}


def valid(data):
    if not (isinstance(data, tuple) and len(data) == 2):
        return "a pair (losses, lengths) is expected"
    losses, lengths = data
    if not (isinstance(losses, np.ndarray) and isinstance(lengths, np.ndarray)):
        return "both should be NumPy arrays"
    if losses.ndim != 2 or not (
        1 <= losses.shape[0] <= 4 and 1 <= losses.shape[1] <= 6
    ):
        return f"losses should be (1 to 4, 1 to 6), and they are {losses.shape}"
    if lengths.shape != losses.shape[:1] or lengths.dtype.kind not in "iu":
        return f"lengths should be {losses.shape[0]} whole numbers"
    if not ((losses >= 0.5) & (losses <= 9.5)).all():
        return "losses should be from 0.5 to 9.5"
    if lengths.min() < 0 or lengths.max() > losses.shape[1] or lengths.max() == 0:
        return f"lengths should be from 0 to {losses.shape[1]}, not all of them 0"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _example(P=4, lengths=(3, 2, 0, 5)):
    return lambda: (exposing_losses()[0][:P], np.array(lengths[:P]))


EXERCISE = Exercise(
    id="break-shares",
    chapter=17,
    kind="break",
    title="Find the losses that expose a wrong mean",
    question=QUESTION,
    difficulty=3,
    minutes=8,
    name="exposing_losses",
    stub=STUB,
    reference=exposing_losses,
    accepts=(another,),
    proves="Unequal lengths, losses that differ, padding that is not 0, an idle "
    "process "
    "and more than two: test what processes share with these.",
    block=mean_loss,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-process",
            lambda: (np.array([[1.0, 2.0, 4.0, 7.0]]), np.array([3])),
            lambda data, left: f"You have one process. {_left(left)}.",
            "What can go wrong between processes when there is one?",
            "Most of the copies treat the second process, or the third, in a wrong "
            "way.",
            "A relay race with one runner never loses the baton.",
            when=lambda data: len(data[1]) == 1,
        ),
        Mistake(
            "one-loss-everywhere",
            lambda: (np.full((4, 5), 2.0), np.array([3, 2, 0, 5])),
            lambda data, left: (
                f"All your losses are {data[0].flat[0]:g}. {_left(left)}."
            ),
            "What is the mean of equal numbers, however it is weighted?",
            "Where everything is equal, no wrong weight shows.",
            "To find out who shares fairly, do not hand out nothing but apples of one "
            "size, one each.",
            when=lambda data: len(np.unique(data[0])) == 1,
        ),
        Mistake(
            "no-padding",
            _example(lengths=(5, 5, 5, 5)),
            lambda data, left: f"All your tokens count. {_left(left)}.",
            "Which of your inputs has padding?",
            "Lengths are there since texts are not equally long. Use them.",
            "A test of umbrellas on a dry day.",
            when=lambda data: (data[1] == data[0].shape[1]).all(),
        ),
        Mistake(
            "equal-lengths",
            _example(lengths=(3, 3, 3, 3)),
            lambda data, left: (
                f"Each of your processes has {data[1][0]} tokens. {_left(left)}."
            ),
            "When is a mean of means wrong?",
            "With equal parts it is right. Make them unequal.",
            "A balance with equal arms does not tell you which pan is which.",
            when=lambda data: len(set(data[1].tolist())) == 1,
        ),
        Mistake(
            "two-processes",
            _example(2),
            lambda data, left: f"You have two processes. {_left(left)}.",
            "What would code do that was only ever tried with two?",
            "You may have four. Which copies could tell three from two?",
            "Left and right are enough for two doors.",
            when=lambda data: len(data[1]) == 2,
        ),
        Mistake(
            "nobody-idle",
            _example(lengths=(3, 2, 1, 5)),
            lambda data, left: (
                f"Your smallest length is {data[1].min()}. {_left(left)}."
            ),
            "What is the smallest length that is allowed?",
            "A process whose texts are all padding divides by something. By what?",
            "The shop's till works on all days but the one without a customer.",
            when=lambda data: data[1].min() > 0,
        ),
    ),
)
