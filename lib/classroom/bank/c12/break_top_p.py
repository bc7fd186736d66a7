"""Chapter 12, break it: distributions that expose broken top-p filters."""

import torch

from ...exercises.model import Exercise, Mistake
from .top_p import (
    crossing_dropped,
    crossing_dropped_first_kept,
    each_alone,
    first_rows_size,
    from_the_bottom,
    left_sorted,
    not_rescaled,
    one_too_many,
    share_of_the_tokens,
    top_p,
)

QUESTION = """
Nine broken top-p filters are hidden: one leaves out the token that crosses p, one the
same but never the first, one takes a token too many, one starts from the unlikeliest,
one forgets to put tokens back in their places, and so on. A filter is exposed when its
result differs from the right one.

Write a function that returns one test `(shares, p)` on which all nine differ: `shares`,
a float tensor (N, V), N from 1 to 4, V from 2 to 8, rows of positive numbers that sum
to 1, no two of a row equal; `p` between 0 and 1.
"""

STUB = """
def test_case():
    raise NotImplementedError
"""


def test_case():
    shares = torch.tensor(
        [[0.05, 0.42, 0.03, 0.28, 0.22], [0.02, 0.04, 0.90, 0.03, 0.01]]
    )
    return shares, 0.6


def of_three_rows():
    shares = torch.tensor(
        [
            [0.10, 0.20, 0.25, 0.45],
            [0.05, 0.80, 0.04, 0.11],
            [0.31, 0.29, 0.22, 0.18],
        ]
    )
    return shares, 0.62


def block(given):
    return top_p(*given)


def _mutant(function):
    return lambda given: function(*given)


MUTANTS = {
    "crossing-token-dropped": _mutant(crossing_dropped),
    "crossing-token-dropped-first-kept": _mutant(crossing_dropped_first_kept),
    "one-token-too-many": _mutant(one_too_many),
    "left-in-sorted-order": _mutant(left_sorted),
    "not-rescaled": _mutant(not_rescaled),
    "from-the-unlikeliest": _mutant(from_the_bottom),
    "threshold-on-single-tokens": _mutant(each_alone),
    "share-of-the-vocabulary": _mutant(share_of_the_tokens),
    "first-row's-size-for-all": _mutant(first_rows_size),
}


def valid(given):
    if not (isinstance(given, (tuple, list)) and len(given) == 2):
        return "a pair (shares, p) is expected"
    shares, p = given
    if not isinstance(shares, torch.Tensor) or not shares.is_floating_point():
        return "shares should be a float tensor"
    if shares.ndim != 2 or not (
        1 <= shares.shape[0] <= 4 and 2 <= shares.shape[1] <= 8
    ):
        return f"shares should be (N, V); it is {tuple(shares.shape)}"
    if not isinstance(p, (int, float)) or not 0 < p < 1:
        return f"p should lie between 0 and 1, and is {p}"
    if not (shares > 0).all() or ((shares.sum(-1) - 1).abs() > 1e-4).any():
        return "rows should be positive and sum to 1"
    if (shares.sort(-1).values.diff() < 1e-6).any():
        return "two shares of a row are equal"
    if ((shares.sort(-1, descending=True).values.cumsum(-1) - p).abs() < 1e-4).any():
        return "a sum of shares equals p up to rounding: move p a little"
    return None


def _sizes(given):
    return [int((row > 0).sum()) for row in top_p(*given)]


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} filter{' survives' if one else 's survive'}"


def _row(*shares):
    return torch.tensor([list(shares)])


def _sorted(given):
    kept = top_p(*given)
    return all(torch.equal(row, row.sort(descending=True).values) for row in kept)


EXERCISE = Exercise(
    id="break-top-p",
    chapter=12,
    kind="break",
    title="Nine filters that look right",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="test_case",
    stub=STUB,
    reference=test_case,
    accepts=(of_three_rows,),
    proves="Rows that keep different numbers of tokens, in no particular order, one "
    "of them with a token above p: test every sampler so.",
    block=block,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "nothing-is-cut",
            lambda: (_row(0.3, 0.32, 0.38), 0.99),
            lambda given, left: (
                f"With your p = {given[1]} all {given[0].shape[1]} tokens are kept in "
                f"every row. {_left(left)}."
            ),
            "What can a filter get wrong that lets everything through?",
            "Let there be tokens to cut.",
            "A sieve is not tested with water.",
            when=lambda given: min(_sizes(given)) == given[0].shape[1],
        ),
        Mistake(
            "one-row",
            lambda: (_row(0.05, 0.42, 0.03, 0.28, 0.22), 0.6),
            lambda given, left: f"You give one row. {_left(left)}.",
            "Whose count could be used for whose, if there is one row?",
            "One filter counts in the first row, and applies the number to all.",
            "In a house with one tenant the post is never delivered wrongly.",
            when=lambda given: len(given[0]) == 1,
        ),
        Mistake(
            "same-size-in-all-rows",
            lambda: (
                torch.tensor([[0.1, 0.5, 0.25, 0.15], [0.22, 0.1, 0.2, 0.48]]),
                0.6,
            ),
            lambda given, left: (
                f"In each of your rows {_sizes(given)[0]} tokens are kept. "
                f"{_left(left)}."
            ),
            "If every row were cut to the first one's number, where would you notice?",
            "One filter counts in the first row only. Which rows would show that?",
            "Two patients who need the same dose do not show that the doctor looked "
            "at one of them.",
            when=lambda given: len(set(_sizes(given))) == 1,
        ),
        Mistake(
            "sorted-already",
            lambda: (
                torch.tensor([[0.5, 0.25, 0.15, 0.1], [0.9, 0.06, 0.03, 0.01]]),
                0.6,
            ),
            lambda given, left: (
                f"In each of your rows the shares fall from left to right. "
                f"{_left(left)}."
            ),
            "Where do sorted and unsorted places differ?",
            "One filter forgets to undo its sorting. In your rows there is nothing to "
            "undo.",
            "Whether the cards have been shuffled cannot be seen if they were dealt in "
            "order.",
            when=_sorted,
        ),
        Mistake(
            "single-shares-tell",
            lambda: (torch.tensor([[0.1, 0.5, 0.4], [0.15, 0.05, 0.8]]), 0.7),
            lambda given, left: (
                f"In your rows the tokens that are kept are just those with a share of "
                f"{1 - given[1]:.2f} or more. {_left(left)}."
            ),
            "Which rule without any sum gives the same result on your rows?",
            "Give a row in which the last token that is needed is a small one.",
            "If all who are tall are also old, the photograph does not show what the "
            "door checks.",
            when=lambda given: torch.equal(top_p(*given) > 0, each_alone(*given) > 0),
        ),
    ),
)
