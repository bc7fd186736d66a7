"""Number words: pairs of English and German (or French) with one exact answer each."""

from collections import defaultdict
from heapq import nsmallest

from tqdm import tqdm

from classroom.corpora.splits import SPLITS, Split, check_choice, draw, split_of

LANGUAGES = ("de", "fr")
LIMIT = 1_000_000
# The numbers that are words of their own have no parts to learn them from.
ALWAYS_TRAIN = {*range(21), *range(30, 100, 10), 100, 1000}


def number_words(
    split: Split = "train",
    language: str = "de",
    below: int = LIMIT,
    size: int | None = None,
) -> list[tuple[str, str]]:
    """Return pairs such as ("twenty-one", "einundzwanzig"), in a fixed shuffled order.

    A number's split is the same for every language, range and size. With a size, each
    number of digits has the same share of the pairs, as far as there are such numbers;
    so short numbers, few as they are, do not get lost among the long ones.

    Args:
        split: "train", "validation" or "test" (80, 10 and 10 % of the numbers).
        language: "de" or "fr".
        below: the numbers are 0 to `below` - 1; at most 1,000,000.
        size: how many pairs; all that there are if not given.

    Raises:
        ValueError: an argument out of its range, or more pairs asked than there are.
    """
    check_choice("split", split, SPLITS)
    check_choice("language", language, LANGUAGES)
    if not 1 <= below <= LIMIT:
        raise ValueError(f"below is {below}; it must be from 1 to {LIMIT}")
    drawn = draws(split, below)
    if size is None:
        size = len(drawn)
    if not 1 <= size <= len(drawn):
        raise ValueError(
            f"size is {size}, but {len(drawn)} numbers below {below} are for {split}"
        )
    # drawn anew: the least that were drawn among many are less than among few
    chosen = sorted(_sample(drawn, size), key=lambda n: draw(f"order of {n}"))
    return [
        (spell(n), spell(n, language))
        for n in tqdm(chosen, desc="spelling numbers", leave=False, delay=10)
    ]


def draws(split: Split, below: int) -> dict[int, float]:
    """Return a split's numbers below a limit, each with the number that it drew."""
    drawn = {n: draw(str(n)) for n in range(below)}
    return {
        n: fraction
        for n, fraction in drawn.items()
        if split == ("train" if n in ALWAYS_TRAIN else split_of(fraction))
    }


def spell(number: int, language: str = "en") -> str:
    """Return a number in words, without commas; "en", "de" or "fr"."""
    from num2words import num2words  # here: the other corpora work without it

    words = num2words(number, lang=language).replace(",", "")
    return words.replace("einstausend", "eintausend")  # num2words: einhunderteins...


def _sample(drawn: dict[int, float], size: int) -> list[int]:
    """Take as many of each number of digits, those that drew the least."""
    by_length = defaultdict(list)
    for n in drawn:
        by_length[len(str(n))].append(n)
    chosen = []
    # the smallest group first: what it lacks of its share goes to the larger ones
    for i, group in enumerate(sorted(by_length.values(), key=len)):
        share = (size - len(chosen)) // (len(by_length) - i)
        chosen += nsmallest(share, group, key=drawn.__getitem__)
    return chosen
