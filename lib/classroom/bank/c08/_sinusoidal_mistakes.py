"""Wrong tables of sines and cosines, each with its hints."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Mistake


def _by_column(angle, first=np.sin, second=np.cos):
    """The table whose column j is the sine or cosine of angle(pos, j, d)."""

    def wrong(max_len, d_model):
        pos, j = np.arange(max_len)[:, None], np.arange(d_model)
        angles = angle(pos, j, d_model) * np.ones((max_len, d_model))
        return np.where(j % 2 == 0, first(angles), second(angles))

    return wrong


def _even(j):
    return j - j % 2


def _right(pos, j, d):
    return pos / 10000 ** (_even(j) / d)


def turned(max_len, d_model):
    return _by_column(_right)(max_len, d_model).T


def places_for_columns(max_len, d_model):
    i, pos = np.arange(d_model), np.arange(max_len)[:, None]
    angles = i / 10000 ** ((pos - pos % 2) / max_len)
    return np.where(pos % 2 == 0, np.sin(angles), np.cos(angles))


def fractions(max_len, d_model):
    pos, j = np.arange(max_len)[:, None], np.arange(d_model)
    angles = pos / max_len / 10000 ** (_even(j) / d_model)
    return np.where(j % 2 == 0, np.sin(angles), np.cos(angles))


def even_only(max_len, d_model):
    angles = np.arange(max_len)[:, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    table = np.zeros((max_len, d_model))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table


def whole_numbers(max_len, d_model):
    table = np.zeros((max_len, d_model), dtype=int)
    table[:] = _by_column(_right)(max_len, d_model)
    return table


def _second(got, expected):
    if getattr(got, "shape", ()) != expected.shape:
        return "Your table has another shape"
    return (
        f"Your row of position 1 begins with {short(got[1, :4])}, where "
        f"{short(expected[1, :4])} is right"
    )


def _symptom(tail):
    return lambda got, expected: f"{_second(got, expected)}: {tail}"


def _circle(got, _):
    return (
        "At position 3, sin² + cos² of your pairs of columns is "
        f"{short(got[3])}; for one angle it is 1."
    )


MISTAKES = (
    Mistake(
        "pe-exponent-per-index",
        _by_column(lambda pos, j, d: pos / 10000 ** (2 * j / d)),
        _circle,
        "Sine and cosine of one pair should sit on a circle. Do yours?",
        "The formula has i, which counts pairs, and your exponent has a number "
        "that counts columns. Which columns share an i?",
        "Houses 6 and 7 are the two halves of building 3. What is the building of "
        "house 9?",
        probe="circle",
    ),
    Mistake(
        "pe-exponent-per-index-undoubled",
        _by_column(lambda pos, j, d: pos / 10000 ** (j / d)),
        _circle,
        "Sine and cosine of one pair should sit on a circle. Do yours?",
        "Your sines are right. Your cosines turn at speeds of their own: compare "
        "the exponent of column 1 with that of column 0.",
        "The east and the north coordinate of one walker; of two walkers they say "
        "where nobody is.",
        probe="circle",
    ),
    Mistake(
        "pe-exponent-half",
        _by_column(lambda pos, j, d: pos / 10000 ** (j // 2 / d)),
        _symptom("the first pair is right, the others turn too fast."),
        "How far does your exponent come in the last pair: nearly to 1, or to a half?",
        "i runs over the pairs, of which there are half as many as columns. What "
        "stands before the i in the formula?",
        "Pages 0 to 7 are four sheets. Sheet 3 begins on page 6: how far through "
        "the book is that?",
        probe="table",
    ),
    Mistake(
        "pe-in-degrees",
        _by_column(lambda *a: np.deg2rad(_right(*a))),
        _symptom("your hands turn 57 times too slowly."),
        "In which unit does the sine want its angle?",
        "The formula's angle goes into the sine as it is.",
        "A clock said to turn by 1 per step: by 1 degree it needs 360 steps, by 1 "
        "radian about 6.",
        probe="table",
    ),
    Mistake(
        "pe-base-1000",
        _by_column(lambda pos, j, d: pos / 1000 ** (_even(j) / d)),
        _symptom("the further right, the more too fast."),
        "How many zeros has the base?",
        "The first pair does not depend on the base, and yours is right there. "
        "What does the second pair's angle at position 1 tell about it?",
        "1 % and 1 ‰ look alike in small print. Work one case out by hand.",
        probe="table",
    ),
    Mistake(
        "pe-base-e",
        _by_column(lambda pos, j, d: pos * np.exp(-_even(j) / d)),
        _symptom("your slowest pair turns nearly half as fast as the fastest."),
        "You wrote a power as an exponential. Of which base is it one?",
        "A power of b is exp of the exponent times a certain number of b. Is that "
        "number there?",
        "2³ is exp(3 · 0.693), and exp(3) is 20.",
        probe="table",
    ),
    Mistake(
        "pe-times-instead-of-over",
        _by_column(lambda pos, j, d: pos * 10000.0 ** (_even(j) / d)),
        _symptom("from the second pair on your hands turn faster and faster."),
        "Which pair should turn fastest, the first or the last?",
        "Look on which side of the fraction your power stands.",
        "A gear of 10 teeth drives one of 100. Does the second turn ten times as "
        "fast, or a tenth?",
        probe="table",
    ),
    Mistake(
        "pe-power-of-the-whole",
        _by_column(lambda pos, j, d: (pos / 10000) ** (_even(j) / d)),
        lambda got, expected: (
            "At positions 1 and 3 your first pair is "
            f"{short(got[1, :2])} and {short(got[3, :2])}; at position 3 it should be "
            f"{short(expected[3, :2])}."
        ),
        "What is raised to the power: the position, the base, or the quotient?",
        "Anything to the power 0 is 1. Look at the exponent of the first pair, and "
        "at what it stands over.",
        "6 / 2² is 1.5, and (6 / 2)² is 9.",
        probe="table",
    ),
    Mistake(
        "pe-power-before-division",
        _by_column(lambda pos, j, d: pos / 10000.0 ** _even(j) / d),
        _symptom("even your first pair turns 8 times too slowly at width 8."),
        "In which order does Python take `a / b ** c / d`?",
        "The power binds first, and then the divisions from left to right. What "
        "should the width divide?",
        "`12 / 2 ** 2 / 2` is 1.5, and `12 / 2 ** (2 / 2)` is 6.",
        probe="table",
    ),
    Mistake(
        "pe-last-pair-reaches-the-base",
        _by_column(lambda pos, j, d: pos / 10000 ** (_even(j) / (d - 1 - (d + 1) % 2))),
        _symptom("the first pair agrees, and the last one has exponent 1."),
        "How large is the exponent of the last pair in the formula above?",
        "Yours is another family of speeds, which reaches the base in its last "
        "pair. It works as well; with this formula it cannot be mixed.",
        "Eight fence posts over 100 m: 100/8 apart without one at the end, or "
        "100/7 with one.",
        probe="table",
    ),
    Mistake(
        "pe-rows-and-columns-exchanged",
        turned,
        lambda got, _: (
            f"With max_len = 5 and d_model = 8 your table has shape {got.shape}."
        ),
        "Is a position a row or a column of your table?",
        "The numbers are the right ones. A word at position 3 gets one row of the "
        "table; how long is yours?",
        "A timetable with stations down and trains across, or the other way: the "
        "same times, if one knows which.",
        probe="table",
    ),
    Mistake(
        "pe-position-and-dimension-swapped",
        places_for_columns,
        lambda got, expected: (
            f"Your row of position 0 is {short(got[0, :4])} …, where "
            f"{short(expected[0, :4])} … is right."
        ),
        "Which of the two indices is divided, and which one is in the exponent?",
        "Along your rows the angle grows evenly; it should grow evenly down the "
        "columns. Name the axes of both parts before you combine them.",
        "Interest: capital × rate^years. With years × rate^capital one is very "
        "rich, or very confused.",
        probe="table",
    ),
    Mistake(
        "pe-positions-from-one",
        _by_column(lambda pos, j, d: _right(pos + 1, j, d)),
        lambda got, expected: (
            f"Your first row is {short(got[0])}, where {short(expected[0])} is right."
        ),
        "At which position does the first word stand?",
        "All your rows are right ones, and each stands one row too early.",
        "The ground floor of a house is 0 in one country and 1 in another. What "
        "does the question say?",
        probe="one row",
    ),
    Mistake(
        "pe-positions-as-fractions",
        fractions,
        lambda got, expected: (
            "With max_len = 12 your row of position 1 begins with "
            f"{short(got[1, :4])}, where {short(expected[1, :4])} is right in a "
            "table of any length."
        ),
        "Does word 3 move when the table gets longer?",
        "Your angle depends on the length of the table. How far apart are two "
        "neighbours in a long text, then?",
        "“A quarter of the way” is another place on every road; “1 km from here” "
        "is not.",
        probe="longer",
    ),
    Mistake(
        "pe-sines-only",
        _by_column(_right, second=np.sin),
        lambda got, _: f"Your row of position 0 is {short(got[0])}.",
        "A hand of a clock has a height. What else does one need to know where it "
        "points?",
        "The same sine belongs to two angles. The formula has a second line for "
        "the columns with an odd number.",
        "A lamp on a wheel, seen from the side: the same height, going up or "
        "going down.",
        probe="one row",
    ),
    Mistake(
        "pe-cosines-first",
        _by_column(_right, first=np.cos, second=np.sin),
        lambda got, _: (
            f"Your row of position 0 is {short(got[0])}: the cosines come first."
        ),
        "Which function has the columns with even numbers?",
        "Yours is another layout with the same pairs, and a model would learn as "
        "well with it. The formula begins with the other function.",
        "Longitude and latitude, or latitude and longitude: both are maps, until "
        "somebody else reads the coordinates.",
        probe="one row",
    ),
    Mistake(
        "pe-odd-d",
        even_only,
        lambda got, _: (
            f"Width 8 works. With width 7: {got}"
            if isinstance(got, Exception)
            else "With width 7 your table is another one."
        ),
        "How many columns with an odd number are there when d is odd?",
        "There is one sine more than cosines. Count the columns on both sides of "
        "your assignment.",
        "Seven dancers in pairs: who counts the couples by the men, and who by "
        "the women?",
        probe="odd",
    ),
    Mistake(
        "pe-table-of-whole-numbers",
        whole_numbers,
        lambda got, _: (
            f"Your table holds whole numbers ({got.dtype}); its second row is "
            f"{short(got[1])}."
        ),
        "What happens to 0.84 when it is put where only whole numbers fit?",
        "The type of an array is fixed when it is made. What was yours made of?",
        "A till that knows only whole coins rounds every price down.",
        probe="table",
    ),
)
