"""Emoji names: what one small picture is called in fourteen languages.

They are those of the package `emoji`. A split is by base, so that no variant of a
training emoji is held out, or by combination, so that held-out variants are made of
parts that training has seen. The page "The data" says what that is for.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, get_args

from classroom.corpora.splits import SPLITS, Split, check_choice, draw, split_of

EMOJI_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "ru"),
    *("tr", "id", "ar", "fa", "zh", "ja", "ko"),
)
By = Literal["base", "combination"]

JOINER = "\u200d"
LOOK = "\ufe0f"  # asks for the coloured picture
TONES = dict.fromkeys(map(ord, "🏻🏼🏽🏾🏿" + LOOK))
SIGNS = {"♀", "♂", "➡"}  # woman, man, facing right: each is one part of a sequence
PEOPLE = {"👩": "🧑", "👨": "🧑", "👧": "🧒", "👦": "🧒", "👵": "🧓", "👴": "🧓"}
# What Unicode has as several emoji, and people as variants of one thing.
SAME = {
    "🧑‍❤‍🧑": "💑",
    "🧑‍❤‍💋‍🧑": "💏",
    "🧑‍🤝‍🧑": "👫",
    "👬": "👫",
    "👭": "👫",
    "🫱‍🫲": "🤝",
    "🧑‍🐰‍🧑": "👯",
    "🧑‍🫯‍🧑": "🤼",
    "🧑‍🎄": "🎅",
    "🤶": "🎅",
    "🤴": "🫅",
    "👸": "🫅",
    "🕺": "💃",
    "🤰": "🫄",
    "🫃": "🫄",
}
# A base with fewer variants has none to spare; one with more has several people in it.
COMBINED = range(6, 19)


@dataclass(frozen=True)
class EmojiName:
    """One emoji, the emoji that it is a variant of, and its name by language."""

    emoji: str
    base: str
    names: Mapping[str, str] = field(hash=False)


def emoji_names(
    split: Split = "train", by: By = "base", variants: bool = True
) -> list[EmojiName]:
    """Return the names of a split's emoji, without flags, in a fixed shuffled order.

    By base, all variants of an emoji (skin tone, gender, direction, the people in a
    couple or family) lie in one split: what is held out is new. By combination, held
    out are variants of emoji with 6 to 18 of them; their plain form and other variants
    are in the training split.

    Args:
        split: "train", "validation" or "test" (80, 10 and 10 % of what is drawn).
        by: "base" or "combination".
        variants: if not, the plainest form of each base alone.

    Raises:
        ValueError: no such split, or no such way to split.
    """
    check_choice("split", split, SPLITS)
    check_choice("by", by, get_args(By))
    return [
        name
        for group in _groups().values()
        for name in (group if variants else group[:1])
        if split == (_by_base(name) if by == "base" else _by_combination(name, group))
    ]


def flag_names() -> list[EmojiName]:
    """Return the flags of countries and regions: their names are mostly cognates."""
    return [_named(flag, flag) for flag in _qualified() if _is_flag(flag)]


def base_of(text: str) -> str:
    """Return the emoji that an emoji is a variant of; itself if it is of none."""
    parts = text.translate(TONES).split(JOINER)
    parts = [PEOPLE.get(part, part) for part in parts if part not in SIGNS]
    if len(parts) > 1 and set(parts) <= {"🧑", "🧒"}:
        return "👪"
    key = JOINER.join(parts) or text.translate(TONES)  # a sign that stands alone
    return SAME.get(key, key)


@cache
def _groups() -> dict[str, list[EmojiName]]:
    """Return each base's emoji, the plainest first; bases in a fixed shuffled order."""
    groups = defaultdict(list)
    for text in _qualified():
        if not _is_flag(text):
            groups[base_of(text)].append(text)
    return {
        base: [
            _named(text, base)
            for text in sorted(
                groups[base], key=lambda t: (t.translate(TONES) != base, len(t), t)
            )
        ]
        for base in sorted(groups, key=lambda base: draw(f"order of {base}"))
    }


def _by_base(name: EmojiName) -> Split:
    return split_of(draw(name.base))


def _by_combination(name: EmojiName, group: list[EmojiName]) -> Split:
    if len(group) not in COMBINED or name == group[0]:
        return "train"
    return split_of(draw(name.emoji))


def _qualified() -> list[str]:
    """Return the emoji as keyboards send them, without repeats in other spelling."""
    import emoji  # here: the other corpora work without it

    wanted = emoji.STATUS["fully_qualified"]
    return [t for t, data in emoji.EMOJI_DATA.items() if data["status"] == wanted]


def _is_flag(text: str) -> bool:
    return "🇦" <= text[0] <= "🇿" or "\U000e007f" in text  # letters, or a region's tag


def _named(text: str, base: str) -> EmojiName:
    import emoji

    emoji.config.load_language(list(EMOJI_LANGUAGES))
    names = emoji.EMOJI_DATA[text]
    # ":red_circle:" in the package; the underscores stand for blanks
    plain = {
        lang: names[lang].replace("_", " ").strip(": ") for lang in EMOJI_LANGUAGES
    }
    return EmojiName(text, base, plain)
