"""Chapter 7, write: from ids to the vectors at the bottom of a Transformer."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe
from ._embedding_wrong import (
    but,
    clamped,
    last_places,
    one_place_for_all,
    one_too_far,
    place_of_the_sentence,
    place_of_the_token,
    places_from_one,
    scaled_by_vocabulary,
    unchecked,
    upper_end_only,
)

QUESTION = r"""
The bottom of a Transformer, in torch: look up the tokens' vectors, multiply *them* by
$\sqrt{d}$, then add the places' vectors.

- `ids` (B, T), integers; `table` (V, d), whose numbers were drawn with standard
  deviation $d^{-1/2}$, since the same table serves as output layer; `places`
  (max_len, d), with max_len ≥ T: row t belongs to position t of every sentence
- returns (B, T, d)
- an id below 0 or from V on raises a ValueError

Example: with d = 4, token vector (1, 0, 0, 0) and place (0, 0, 0, 1), the result is
(2, 0, 0, 1).
"""

STUB = """
def embed(ids, table, places):
    raise NotImplementedError
"""


def embed(ids, table, places):
    vocab_size, d = table.shape
    if ((ids < 0) | (ids >= vocab_size)).any():
        raise ValueError(f"an id is outside 0 … {vocab_size - 1}")
    return table[ids] * d**0.5 + places[: ids.shape[1]]


def by_functional(ids, table, places):
    if ids.numel() and not (ids.min() >= 0 and ids.max() < len(table)):
        raise ValueError("no such token")
    words = torch.nn.functional.embedding(ids, table)
    return (
        words * torch.tensor(float(table.shape[1])).sqrt() + places[None, : ids.size(1)]
    )


def by_one_hot(ids, table, places):
    if ids.lt(0).any() or ids.ge(table.size(0)).any():
        raise ValueError("no such token")
    rows = torch.nn.functional.one_hot(ids, len(table)).to(table.dtype)
    return rows @ (table * table.shape[-1] ** 0.5) + places[: ids.shape[-1]]


def inputs():
    """B=2, T=3, V=12, d=9, max_len=14; the table with standard deviation 1/3."""
    generator = torch.Generator().manual_seed(7)
    table = torch.randn(12, 9, generator=generator) / 3
    places = torch.randn(14, 9, generator=generator)
    return torch.tensor([[4, 0, 11], [7, 4, 4]]), table, places


def four_sentences():
    """B=4, T=2, V=6, d=5, max_len=7."""
    generator = torch.Generator().manual_seed(8)
    table = torch.randn(6, 5, generator=generator) / 5**0.5
    places = torch.randn(7, 5, generator=generator)
    return torch.tensor([[1, 1], [0, 5], [3, 2], [5, 5]]), table, places


def words_alone(embed, ids, table, places):
    """The typical size of what is added for words, and the ratio to the table's."""
    change = (embed(ids, table, places) - embed(ids, -table, places)) / 2
    return {
        "size": change.pow(2).mean().sqrt(),
        "factor": change.norm() / table[ids].norm(),
    }


def places_alone(embed, ids, table, places):
    """What each position receives besides its word."""
    return (embed(ids, table, places) + embed(ids, -table, places)) / 2


def twice_the_same(embed, ids, table, places):
    """Token 4 at positions 1 and 2 of the second sentence: how far apart?"""
    rows = embed(ids, table, places)[1]
    return {"apart": rows[2] - rows[1], "places": places[2] - places[1]}


def outside(wrong):
    def make():
        ids, table, places = inputs()
        ids[1, 0] = wrong
        return ids, table, places

    return make


def refused(embed, *given):
    try:
        embed(*given)
    except ValueError:
        return "is refused"
    except IndexError:
        return "stops with an IndexError"
    return "is looked up"


def _words(got, want):
    return (
        f"In what your function returns, a word's numbers have a typical size of "
        f"{short(got['size'])}, {short(got['factor'])} times that in the table; "
        f"{short(want['size'])} is right."
    )


def _places(got, want):
    return (
        "Without the words' part, the first numbers of your second sentence's "
        f"positions are {short(got[1, :, 0])}; those of the places are "
        f"{short(want[1, :, 0])}."
    )


def _outside(wrong):
    return lambda got, _: f"In a table of 12 rows, the id {wrong} {got}."


SIZE = "Compare the typical size of the two things that you add. Are they comparable?"
ENDS = (
    "Which is the largest id that a table of 12 rows has a row for? And the smallest?"
)

EXERCISE = Exercise(
    id="token-embedding",
    chapter=7,
    kind="write",
    title="The bottom of a Transformer",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="embed",
    stub=STUB,
    reference=embed,
    accepts=(by_functional, by_one_hot),
    proves="Words come out at size 1, as large as their places, whatever the width; "
    "each position has its own place in every sentence, and an id without a row is "
    "told.",
    probes=(
        Probe(
            "words",
            inputs,
            words_alone,
            "The words' part is the table's rows, d to the power 1/2 times as large",
        ),
        Probe(
            "places",
            inputs,
            places_alone,
            "The places' part is row t at position t of every sentence, as it is",
        ),
        Probe(
            "one word at two places",
            inputs,
            twice_the_same,
            "One word at two places differs by the difference of the places",
        ),
        Probe("all", inputs, says="Each number is scaled word plus place"),
        Probe(
            "four sentences",
            four_sentences,
            says="The sum is right for more sentences than positions",
        ),
        Probe("below 0", outside(-1), refused, "The id −1 raises a ValueError"),
        Probe("V", outside(12), refused, "The id V raises a ValueError"),
        Probe("beyond", outside(17), refused, "An id beyond V raises a ValueError"),
    ),
    mistakes=(
        Mistake(
            "emb-scale-missing",
            but(lambda rows, places, d: rows + places),
            _words,
            SIZE,
            "The table was drawn small, because it is the output layer as well. What "
            "is added to its rows was not.",
            "A violin and a trumpet on one microphone: whose part will be heard?",
        ),
        Mistake(
            "emb-scale-hits-pe",
            but(lambda rows, places, d: (rows + places) * d**0.5),
            _places,
            "Does the paper scale the sum, or one summand?",
            "The words have the right size now. But the places had it before.",
            "The soft violin is turned up, and with it, by mistake, the trumpet.",
            probe="places",
        ),
        Mistake(
            "emb-scale-on-places-only",
            but(lambda rows, places, d: rows + places * d**0.5),
            _places,
            "Which of the two was drawn small?",
            "The factor stands at the wrong one of the two: what is large already "
            "becomes larger.",
            "To hear the violin, the trumpet is turned up.",
            probe="places",
        ),
        Mistake(
            "emb-scale-d-not-sqrt",
            but(lambda rows, places, d: rows * d + places),
            _words,
            SIZE,
            "Numbers of standard deviation 1/√d are to have 1. By what is that "
            "multiplied?",
            "1/3 times 3 is 1. And 1/3 times 9?",
        ),
        Mistake(
            "emb-scale-inverted",
            but(lambda rows, places, d: rows / d**0.5 + places),
            _words,
            SIZE,
            "Attention divides by a root. Is the aim the same here?",
            "Dividing makes what is small smaller still. A map at 1 : 100 is not made "
            "readable by reducing it.",
        ),
        Mistake(
            "emb-scale-by-vocabulary",
            scaled_by_vocabulary,
            _words,
            "Which length is under your root: the number of rows, or of columns?",
            "How large a vector is depends on how many numbers it has, not on how many "
            "vectors there are.",
            "A book's thickness depends on its pages, not on the size of the library.",
        ),
        Mistake(
            "pe-computed-not-used",
            but(lambda rows, places, d: rows * d**0.5),
            _places,
            "Shuffle the words. Should the result notice?",
            "One of your arguments never reaches the result.",
            "A ticket with a seat number that nobody reads: where does one sit?",
            probe="places",
        ),
        Mistake(
            "pe-scales-words",
            but(lambda rows, places, d: rows * d**0.5 * places),
            "Without the words' part, your result is zero everywhere: no position "
            "receives its place.",
            "How are word and place joined: by a sum or by a product?",
            "A product lets a small number of one wipe out the other.",
            "Name and address on an envelope stand beside each other; they are not "
            "written over each other.",
            probe="places",
        ),
        Mistake(
            "pe-on-batch-axis",
            place_of_the_sentence,
            _places,
            "Which axis of your tensor counts time? Print what two sentences with the "
            "same words receive.",
            "In yours, all words of a sentence get the same row, and the sentences "
            "different ones.",
            "Row numbers in a cinema, given to whole families: who sits where?",
            probe="places",
        ),
        Mistake(
            "pe-single-row-slice",
            one_place_for_all,
            _places,
            "How many different rows did you add?",
            "A single index picks one row, and it is then spread over all positions.",
            "“House 7” and “houses up to 7” are one word apart.",
            probe="places",
        ),
        Mistake(
            "pos-emb-indexed-by-token",
            place_of_the_token,
            _places,
            "What does the table of places take: a word or a place?",
            "Yours gives one word the same place wherever it stands.",
            "A seat number printed on the passport instead of on the ticket.",
            probe="places",
        ),
        Mistake(
            "pe-from-one",
            places_from_one,
            _places,
            "What does the first position receive, and which row is that?",
            "All rows are taken in order, and one is never used.",
            "In Europe the ground floor is number 0. Who moves everybody up by one "
            "floor leaves it empty.",
            probe="places",
        ),
        Mistake(
            "pe-last-rows",
            last_places,
            _places,
            "Which row belongs to the first position?",
            "You cut T rows off the table, but at its other end.",
            "A calendar of 14 days: are the first three the ones at the bottom?",
            probe="places",
        ),
        Mistake(
            "token-id-out-of-range",
            unchecked,
            _outside("−1"),
            ENDS,
            "−1 counts from the end in Python, so it is looked up in silence; and on a "
            "GPU, too large an id stops far away from its cause.",
            "A locker with the number −1 is opened by nobody; a list in Python opens "
            "its last one.",
            probe="below 0",
        ),
        Mistake(
            "negative-id-wraps",
            upper_end_only,
            _outside("−1"),
            ENDS,
            "The upper end is guarded. What does an index of −1 pick?",
            "A fence on one side of the meadow.",
            probe="below 0",
        ),
        Mistake(
            "id-check-one-too-far",
            one_too_far,
            _outside(12),
            ENDS,
            "Rows are counted from 0. Which number has the last of twelve?",
            "Twelve months numbered from 0: is there a month number 12?",
            probe="V",
        ),
        Mistake(
            "id-clamped",
            clamped,
            _outside(12),
            ENDS,
            "Yours makes another word of an id that does not exist. Who will notice?",
            "A lift that stops at the top floor when floor 99 is asked for, without a "
            "word: the visitor believes to have arrived.",
            probe="V",
        ),
    ),
)
