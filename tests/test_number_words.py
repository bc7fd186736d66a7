"""Number words: right spelling, fixed splits, errors that name what was wrong."""

from collections import Counter

import pytest

from classroom.corpora import number_words, spell
from classroom.corpora.splits import SPLITS


@pytest.mark.parametrize(
    ("number", "language", "words"),
    [
        (0, "de", "null"),
        (1, "de", "eins"),
        (21, "de", "einundzwanzig"),
        (101, "de", "einhunderteins"),
        (1_000, "de", "eintausend"),
        (101_000, "de", "einhunderteintausend"),
        (21_021, "de", "einundzwanzigtausendeinundzwanzig"),
        (1_101, "en", "one thousand one hundred and one"),
        (71, "fr", "soixante et onze"),
        (80, "fr", "quatre-vingts"),
        (80_000, "fr", "quatre-vingt mille"),
    ],
)
def test_spelling(number, language, words):
    assert spell(number, language) == words


def test_german_turns_tens_and_units_round():
    for tens in range(20, 100, 10):
        for unit in range(1, 10):
            first = "ein" if unit == 1 else spell(unit, "de")
            assert spell(tens + unit, "de") == first + "und" + spell(tens, "de")


def test_pairs_are_the_numbers():
    expected = {(spell(n), spell(n, "fr")) for n in range(1_000)}
    pairs = [pair for s in SPLITS for pair in number_words(s, "fr", below=1_000)]
    assert len(pairs) == 1_000 and set(pairs) == expected


def test_held_out_numbers_are_held_out_everywhere():
    held_out = {
        english
        for split in ("validation", "test")
        for english, _ in number_words(split, "de", below=10_000)
    }
    assert len(held_out) > 2_000
    for language, below, size in [("fr", 10_000, 4_000), ("de", 50_000, 4_000)]:
        pairs = number_words("train", language, below, size)
        assert held_out.isdisjoint(english for english, _ in pairs)


def test_sample_covers_the_short_numbers():
    pairs = number_words("train", below=50_000, size=3_000)
    assert pairs == number_words("train", below=50_000, size=3_000)
    assert len(set(pairs)) == 3_000
    digits = {spell(n): len(str(n)) for n in range(10_000)}
    counts = Counter(digits.get(english, 5) for english, _ in pairs)
    rest = 3_000 - len(number_words("train", below=1_000))
    assert counts == {1: 10, 2: 80, 3: 732, 4: rest // 2, 5: rest - rest // 2}
    first_half = Counter(digits.get(english, 5) for english, _ in pairs[:1_500])
    assert all(abs(first_half[d] / counts[d] - 0.5) < 0.1 for d in (3, 4, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"language": "es"}, "language is 'es'; it must be one of de, fr"),
        ({"below": 0}, "below is 0; it must be from 1 to 1000000"),
        ({"below": 1_000_001}, "below is 1000001"),
        ({"below": 100, "size": 91}, "size is 91, but 90 numbers below 100"),
        ({"below": 100, "size": 0}, "size is 0"),
        ({"below": 10, "split": "test"}, "size is 0, but 0 numbers below 10"),
    ],
)
def test_number_words_at_the_door(arguments, message):
    with pytest.raises(ValueError, match=message):
        number_words(**arguments)
