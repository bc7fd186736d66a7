"""Wrong sums of words and places, each with its hints."""

from typing import Any

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def but(places=None, words=None, join=torch.add):
    """The right answer with other places, words, or another way to join them."""

    def wrong(ids, table, pe, offset=0):
        B, T, end = *ids.shape, offset + ids.shape[1]
        x = table[ids]
        x = words(x) if words else x * x.shape[-1] ** 0.5
        return join(x, places(ids, pe, B, T, offset) if places else pe[offset:end])

    return wrong


def _root(x):
    return x.shape[-1] ** 0.5


def _joined(x, places):
    return torch.cat([x, places.expand(x.shape)], dim=-1)


def _places(got, _):
    if getattr(got, "shape", ()) != (3, 5, 6):
        return "With zeros for words your result has another shape"
    return (
        "With zeros for words, the first number of what you add at positions 0, 1, 2 "
        f"is {short(got[0, :3, 0])} in the first sentence and {short(got[1, :3, 0])} "
        "in the second"
    )


def _place_symptom(tail):
    return lambda got, expected: f"{_places(got, expected)}{tail}"


def _words(got, expected):
    return (
        "With zeros for positions, your first word begins with "
        f"{short(got[0, 0, :3])}, where {short(expected[0, 0, :3])} is right"
    )


def _word_symptom(tail):
    return lambda got, expected: f"{_words(got, expected)}{tail}"


def _shape(got):
    return tuple(got.shape) if hasattr(got, "shape") else "no shape"


BATCH_AXIS: dict[str, Any] = {
    "question": "Which axis of your tensor counts time? Print what two examples with "
    "the same words receive.",
    "pointer": "In code for tensors (T, B, d) the first size is the length. Which size "
    "is it here?",
    "neighbour": "Three pupils write five words each. Numbers for the words: does one "
    "need 3 of them or 5?",
    "probe": "places",
}
ONE_ROW: dict[str, Any] = {
    "question": "How many different rows did you add?",
    "pointer": "One index picks a row, a slice picks several. Which one stands in your "
    "square brackets?",
    "neighbour": "`'abcdef'[3]` is 'd', and `'abcdef'[:3]` is 'abc'.",
    "probe": "places",
}


MISTAKES = (
    Mistake(
        "pe-on-batch-axis",
        but(lambda ids, pe, B, T, o: pe[o : o + B].unsqueeze(1)),
        _place_symptom(": one row for each sentence."),
        **BATCH_AXIS,
    ),
    Mistake(
        "pe-as-many-rows-as-sentences",
        but(lambda ids, pe, B, T, o: pe[o : o + B]),
        lambda got, _: f"Three sentences of 5 words: {got}",
        **BATCH_AXIS,
    ),
    Mistake(
        "pe-single-row-slice",
        but(lambda ids, pe, B, T, o: pe[o + T - 1]),
        _place_symptom(": the row of the last word, for all."),
        **ONE_ROW,
    ),
    Mistake(
        "pe-first-row-for-all",
        but(lambda ids, pe, B, T, o: pe[o]),
        _place_symptom(": one row, for all."),
        **ONE_ROW,
    ),
    Mistake(
        "pe-computed-not-used",
        but(lambda ids, pe, B, T, o: torch.zeros(1)),
        lambda got, _: (
            "The same word stands at positions 0 and 2 of the first sentence; the "
            f"two results differ by {short(got)}."
        ),
        "Shuffle the words. Should the output notice?",
        "One of your arguments has no effect on the result. Follow it through "
        "your lines to the last one.",
        "Seat numbers are printed, and then the tickets are sold without them.",
        probe="same word twice",
    ),
    Mistake(
        "pos-emb-indexed-by-token",
        but(lambda ids, pe, B, T, o: pe[ids]),
        lambda got, expected: (
            f"{_places(got, expected)}: where a word returns, so does its “position”."
        ),
        "What does the position table take as input: a word or a place?",
        "Both tables are looked up by whole numbers, and not by the same ones. "
        "What are the numbers of the places?",
        "House numbers given by the owner's name: whoever has two houses has one "
        "number twice.",
        probe="places",
    ),
    Mistake(
        "emb-scale-hits-pe",
        but(words=lambda x: x, join=lambda x, p: (x + p) * _root(x)),
        _place_symptom(": √6 = 2.45 times what `pe` holds."),
        "Does the paper scale the sum or one summand?",
        "The factor makes up for the small numbers of one of the two tables. "
        "Which one, and where has it been added already?",
        "The salt is meant for the potatoes: put it in before the cream is stirred in.",
        probe="places",
    ),
    Mistake(
        "emb-scale-on-the-places",
        but(words=lambda x: x, join=lambda x, p: x + p * _root(x)),
        _place_symptom(": √6 = 2.45 times what `pe` holds."),
        "Which of the two summands is the small one?",
        "Words have a standard deviation of 1/√d, encodings of about 0.7. Your "
        "factor makes the larger one larger still.",
        "Of a whisper and a loudspeaker, which gets the microphone?",
        probe="places",
    ),
    Mistake(
        "emb-scale-missing",
        but(words=lambda x: x),
        _word_symptom(": 2.45 times too small."),
        "Compare the typical size of the two things that you add.",
        "2.45 is √6, and d is 6. The question says how the table is initialised.",
        "A whisper next to a loudspeaker: which of them does the microphone hear?",
        probe="words",
    ),
    Mistake(
        "emb-scale-without-root",
        but(words=lambda x: x * x.shape[-1]),
        _word_symptom(": 2.45 times too large."),
        "Numbers of size 1/√d are to become about 1. What are they multiplied by?",
        "Variance grows like the square of a factor. Which of the two did you undo?",
        "A square of 1/9 m² has sides of 1/3 m. Times what are they 1 m?",
        probe="words",
    ),
    Mistake(
        "emb-scale-typed-in",
        but(words=lambda x: x * 6**0.5),
        lambda got, expected: (
            "In width 6 your words are right. In width 4 the first one begins with "
            f"{short(got[0, 0, :3])}, where {short(expected[0, 0, :3])} is right."
        ),
        "Where does your factor come from?",
        "Which of the arguments knows the width?",
        "“Divide by 7 to get the daily mean” is right for a week.",
        probe="another width",
    ),
    Mistake(
        "emb-scale-divides",
        but(words=lambda x: x / x.shape[-1] ** 0.5),
        _word_symptom(": 6 times too small."),
        "Are the words too large or too small before you scale them?",
        "Attention divides its scores by a root; that is another place. What is "
        "wanted here, with numbers of size 1/√d?",
        "A letter too small to read is held nearer, not further away.",
        probe="words",
    ),
    Mistake(
        "offset-ignored",
        but(lambda ids, pe, B, T, o: pe[:T]),
        lambda got, expected: (
            "With offset 3, the first word gets an encoding that begins with "
            f"{short(got[0, 0, :3])}: that is row 0. Row 3 begins with "
            f"{short(expected[0, 0, :3])}."
        ),
        "Where does a word stand that comes after three others?",
        "One of your arguments has no effect. A text that is read in pieces is "
        "still one text.",
        "Volume two begins with chapter 12, not with chapter 1.",
        probe="offset",
    ),
    Mistake(
        "offset-moves-one-end",
        but(lambda ids, pe, B, T, o: pe[o:T]),
        lambda got, _: (
            f"With offset 3 and 5 words: {got}"
            if isinstance(got, Exception)
            else f"With offset 3 your result has shape {_shape(got)}."
        ),
        "How many rows does your slice have when the offset is 3?",
        "A slice has two ends. A window that moves takes both of them along.",
        "A school year that starts two months later and ends on the same day has "
        "two months less.",
        probe="offset",
    ),
    Mistake(
        "pe-last-rows",
        but(lambda ids, pe, B, T, o: pe[-T:]),
        _place_symptom(": your first word gets a row near the end of the table."),
        "From which end do positions count?",
        "A negative start counts from the end. That is right for the newest words "
        "of a text, and `pe` is no text.",
        "A ruler held by its far end: 30 cm of it are there, and the zero is not.",
        probe="places",
    ),
    Mistake(
        "pe-not-cut",
        but(lambda ids, pe, B, T, o: pe),
        lambda got, _: f"5 words and 9 rows: {got}",
        "How many positions has this text, and how many has the table?",
        "The table is made once, for the longest text. A shorter one needs a part "
        "of it.",
        "A ruler of 30 cm measures a pencil of 12: what do you read off?",
        probe="places",
    ),
    Mistake(
        "pe-multiplied",
        but(join=torch.mul),
        lambda got, _: (
            "With zeros for positions your first word is "
            f"{short(got[0, 0, :3])} …: nothing is left of it."
        ),
        "Is the encoding a shift or a factor?",
        "Where the encoding is 0, and a sine is often 0, your words vanish.",
        "A stamp of the date on a letter, or a hole in the letter: which can "
        "still be read?",
        probe="words",
    ),
    Mistake(
        "pe-concatenated",
        but(join=_joined),
        lambda got, _: f"Your result has shape {_shape(got)}, for d = 6.",
        "How wide is a vector that goes into the first layer?",
        "Side by side is another way to tell places, which some models use; it "
        "makes everything after it wider. Here both share the d numbers.",
        "A second voice in the same song, or a second song after the first: which "
        "one lasts twice as long?",
        probe="sum",
    ),
)
