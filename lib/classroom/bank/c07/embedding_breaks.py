"""Chapter 7, break it: ids that expose broken embedding layers."""

import torch

from ...exercises.model import Exercise, Mistake

QUESTION = """
Nine broken embedding layers are hidden. One sees only the first sentence, one gives
repeated words a vector once only, one takes 0 for padding, and so on. A layer is
exposed if for your ids it answers otherwise than the sound one, which stands below.
Its table has 7 words.

Write a function that returns one tensor of ids (B, T), integers from 0 to 6, B and T
from 1 to 6, that exposes all nine.
"""

STUB = """
def word_ids():
    raise NotImplementedError
"""


def word_ids():
    return torch.tensor([[0, 6, 2], [4, 2, 2]])


def three_sentences():
    return torch.tensor([[3, 3], [6, 0], [5, 1]])


TABLE = torch.randn(7, 4, generator=torch.Generator().manual_seed(3)) / 4**0.5


def embed(ids):
    return TABLE[ids] * 4**0.5  # (B, T) → (B, T, 4)


def first_sentence_for_all(ids):
    return embed(ids[:1].expand(ids.shape))


def last_word_missing(ids):
    result = embed(ids)
    result[:, -1] = 0
    return result


def zero_is_padding(ids):
    return embed(ids) * (ids != 0)[..., None]


def last_row_never_used(ids):
    return embed(ids.clamp(max=5))


def one_too_low(ids):
    return embed((ids - 1).clamp(min=0))


def repeats_once(ids):
    """A word that has occurred in the sentence before gets zeros."""
    result = embed(ids)
    for b, row in enumerate(ids.tolist()):
        for t, i in enumerate(row):
            if i in row[:t]:
                result[b, t] = 0
    return result


def bag(ids):
    """Every position gets the mean of its sentence."""
    return embed(ids).mean(1, keepdim=True).expand(*ids.shape, 4)


def time_for_batch(ids):
    """Sentences and positions are exchanged, where the numbers of them allow it."""
    return embed(ids).transpose(0, 1).reshape(*ids.shape, 4)


def sorted_first(ids):
    return embed(ids.sort(dim=1).values)


MUTANTS = {
    "first sentence for all": first_sentence_for_all,
    "last word missing": last_word_missing,
    "0 is padding": zero_is_padding,
    "last row never used": last_row_never_used,
    "one too low": one_too_low,
    "repeats once": repeats_once,
    "bag of words": bag,
    "time for batch": time_for_batch,
    "sorted first": sorted_first,
}


def valid(ids):
    if not isinstance(ids, torch.Tensor):
        return f"a tensor is expected, and it is of type {type(ids).__name__}"
    if ids.dtype not in (torch.int64, torch.int32):
        return f"ids are integers, and yours are {ids.dtype}"
    if ids.ndim != 2 or not all(1 <= n <= 6 for n in ids.shape):
        return f"(B, T) from 1 to 6 is expected, and it is {tuple(ids.shape)}"
    if ids.min() < 0 or ids.max() > 6:
        return "ids run from 0 to 6"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} layer{' survives' if one else 's survive'}"


def survives(name):
    return lambda ids: torch.equal(MUTANTS[name](ids), embed(ids))


def _repeated(ids):
    return any(len(set(row)) < len(row) for row in ids.tolist())


EXERCISE = Exercise(
    id="embedding-breaks",
    chapter=7,
    kind="break",
    title="Ids that expose every broken look-up",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="word_ids",
    stub=STUB,
    reference=word_ids,
    accepts=(three_sentences,),
    proves="Different sentences, the first and the last row of the table, a repeated "
    "word, words out of order: a handful of ids tests a look-up.",
    block=embed,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-sentence",
            torch.tensor([[6, 0, 2, 2]]),
            lambda ids, left: f"You have a batch of one sentence. {_left(left)}.",
            "Whom can one sentence be mistaken for?",
            "Some layers mix up sentences, or sentences and positions. How many "
            "sentences does it take to notice?",
            "A cloakroom with one coat always hands out the right one.",
            when=lambda ids: len(ids) == 1,
        ),
        Mistake(
            "one-word-sentences",
            torch.tensor([[6], [0], [2]]),
            lambda ids, left: f"Your sentences have one word each. {_left(left)}.",
            "Can one word be out of order, or occur twice?",
            "Several survivors do something within a sentence. Give them some room.",
            "The mean of one mark is that mark.",
            when=lambda ids: ids.shape[1] == 1,
        ),
        Mistake(
            "sentences-alike",
            torch.tensor([[6, 0, 2, 2], [6, 0, 2, 2]]),
            lambda ids, left: (
                f"Your {len(ids)} sentences are all equal. {_left(left)}."
            ),
            "How would one see that a layer reads the first sentence only?",
            "Copies of one sentence cannot be told apart, whatever is done with them.",
            "Two identical twins are no test for a guard who has to know faces.",
            when=lambda ids: bool((ids == ids[:1]).all()),
        ),
        Mistake(
            "no-id-zero",
            torch.tensor([[6, 1, 2], [4, 2, 2]]),
            lambda ids, left: (
                f"The smallest of your ids is {int(ids.min())}. {_left(left)}."
            ),
            "Which row do many programs treat in a special way?",
            "The ends of a table are where look-ups go wrong. Which end is missing?",
            "A lift is tested on the ground floor, too.",
            when=survives("0 is padding"),
        ),
        Mistake(
            "no-last-id",
            torch.tensor([[0, 5, 2], [4, 2, 2]]),
            lambda ids, left: (
                f"The largest of your ids is {int(ids.max())}. {_left(left)}."
            ),
            "Which is the last row of seven?",
            "The ends of a table are where look-ups go wrong. Which end is missing?",
            "Fences are tested at the last post.",
            when=survives("last row never used"),
        ),
        Mistake(
            "no-repeated-word",
            torch.tensor([[0, 6, 2], [4, 2, 1]]),
            lambda ids, left: (
                f"In no sentence of yours does a word occur twice. {_left(left)}."
            ),
            "What could a layer get wrong at the second “the”?",
            "One survivor forgets that a word may come back in the same sentence.",
            "A shop that stamps each customer's card only once is not found out by new "
            "customers.",
            when=lambda ids: not _repeated(ids),
        ),
        Mistake(
            "words-in-order",
            torch.tensor([[0, 2, 6], [2, 2, 4]]),
            lambda ids, left: (
                "In each of your sentences the ids rise from left to right. "
                f"{_left(left)}."
            ),
            "How would you notice that somebody has sorted the words?",
            "One survivor puts the ids in order. Yours were in order before.",
            "Cards that are dealt in order do not show who shuffles.",
            when=survives("sorted first"),
        ),
    ),
)
