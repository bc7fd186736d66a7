"""Emoji names: fourteen languages, and two splits that hold out what they say."""

import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from classroom.corpora import EMOJI_LANGUAGES, EmojiName, emoji_names, flag_names
from classroom.corpora.emoji_names import COMBINED, base_of
from classroom.corpora.splits import SPLITS

WAYS = ("base", "combination")
Parts = dict[str, list[EmojiName]]


@pytest.fixture(scope="module", params=WAYS)
def parts(request) -> Parts:
    return {split: emoji_names(split, request.param) for split in SPLITS}


@pytest.fixture(scope="module")
def everything() -> list[EmojiName]:
    return [name for split in SPLITS for name in emoji_names(split)]


def test_each_emoji_is_in_one_split(parts, everything):
    found = Counter(name.emoji for part in parts.values() for name in part)
    assert set(found.values()) == {1}
    assert set(found) == {name.emoji for name in everything}


def test_every_name_in_every_language(everything):
    flags = flag_names()
    assert len(everything) + len(flags) == 3963
    for name in everything + flags:
        assert tuple(name.names) == EMOJI_LANGUAGES
        assert all(text and text == text.strip() for text in name.names.values())
        assert not any(sign in text for text in name.names.values() for sign in ":_")


def test_no_flag_of_a_country(everything):
    texts = {name.names["en"] for name in everything}
    assert not {"France", "Japan", "Wales"} & texts
    assert {"France", "Japan", "Wales"} <= {flag.names["en"] for flag in flag_names()}
    assert "pirate flag" in texts


def test_base_split_holds_out_whole_bases():
    bases = [{name.base for name in emoji_names(split)} for split in SPLITS]
    assert sum(map(len, bases)) == len(set.union(*bases))
    held = (len(bases[1]) + len(bases[2])) / sum(map(len, bases))
    assert 0.17 < held < 0.23


PERSON_WORDS = {"man", "woman", "men", "women", "person", "people", "boy", "girl"}


def what(text: str) -> frozenset[str]:
    """The words of an English name that say what it is, not who."""
    text = re.sub(r"(medium-)?(light|dark|medium) skin tone|facing right", "", text)
    return frozenset(text.split()) - PERSON_WORDS - {"child", "adult"}


def leaks(held_out: list[EmojiName], train: list[EmojiName]) -> list[tuple[str, str]]:
    """Find variants of one thing on both sides, by their English names alone."""
    known = {what(name.names["en"]): name for name in train if what(name.names["en"])}
    return [
        (name.names["en"], known[key].names["en"])
        for name in held_out
        if (key := what(name.names["en"])) in known
    ]


def test_no_variant_across_the_base_split():
    train, validation, test = (emoji_names(split) for split in SPLITS)
    found = leaks(validation + test, train) + leaks(test, validation)
    assert found == []


def test_a_planted_variant_is_found():
    train, test = emoji_names("train"), emoji_names("test")
    dark = next(n for n in train if n.names["en"].endswith("dark skin tone"))
    twin = EmojiName("x", "x", {"en": dark.names["en"].replace("dark", "light")})
    (found,) = leaks([*test, twin], train)
    assert found[0] == twin.names["en"]


def test_combination_split_holds_out_known_things():
    train = defaultdict(list)
    for name in emoji_names("train", "combination"):
        train[name.base].append(name)
    held = [n for s in SPLITS[1:] for n in emoji_names(s, "combination")]
    assert len(held) > 200
    held_of = Counter(name.base for name in held)
    for name in held:
        assert len(train[name.base]) + held_of[name.base] in COMBINED
        assert train[name.base] and train[name.base][0].emoji != name.emoji
    plain = {name.base for name in emoji_names("train", "combination", variants=False)}
    assert {name.base for name in held} <= plain


def test_plain_forms(parts, everything):
    plain = [n for split in SPLITS for n in emoji_names(split, variants=False)]
    assert len(plain) == len({name.base for name in everything})
    for name in plain:
        assert not any(tone in name.emoji for tone in "🏻🏼🏽🏾🏿")
        assert "skin tone" not in name.names["en"]


@pytest.mark.parametrize(
    "one, other",
    [
        ("👋🏽", "👋"),
        ("👩🏽‍🚀", "🧑‍🚀"),
        ("👨‍🚀", "👩🏿‍🚀"),
        ("🏃🏽‍♀️‍➡️", "🏃"),
        ("👨‍👩‍👧", "👪"),
        ("👨‍👦", "🧑‍🧑‍🧒‍🧒"),
        ("👩🏻‍❤️‍👨🏿", "💑"),
        ("👩‍❤️‍💋‍👨", "💏"),
        ("🧑🏻‍🤝‍🧑🏿", "👭🏽"),
        ("🫱🏻‍🫲🏿", "🤝🏽"),
        ("🤶🏿", "🎅"),
        ("🤴", "👸🏽"),
        ("🤰🏽", "🫃"),
        ("👵", "🧓🏽"),
        ("❤️", "❤"),
    ],
)
def test_variants_have_one_base(one, other):
    assert base_of(one) == base_of(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("🔴", "🟠"),
        ("❤️", "❤️‍🔥"),
        ("♀️", "♂️"),
        ("➡️", "♀️"),
        ("🐈", "🐈‍⬛"),
        ("🧑‍🚀", "🧑‍🚒"),
    ],
)
def test_different_things_have_different_bases(one, other):
    assert base_of(one) != base_of(other)


def test_order_is_fixed_and_mixed(parts):
    again = [emoji_names("test", way) for way in WAYS]
    assert again == [emoji_names("test", way) for way in WAYS]
    texts = [name.emoji for name in emoji_names("train", variants=False)]
    assert texts != sorted(texts)
    again[0].clear()
    assert emoji_names("test")


def test_names_do_not_depend_on_the_packages_language():
    code = (
        "import emoji; emoji.config.load_language('fr')\n"
        "from classroom.corpora import emoji_names\n"
        "print([n.names['ru'] for n in emoji_names('test')[:3]])\n"
        "import sys; print({'torch', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True
    )
    expected = [name.names["ru"] for name in emoji_names("test")[:3]]
    assert done.stdout == f"{expected}\nset()\n", done.stderr


def test_refusals():
    with pytest.raises(ValueError, match=r"'dev'; it must be one of train, validation"):
        emoji_names("dev")
    with pytest.raises(ValueError, match=r"'word'; it must be one of base, combin"):
        emoji_names("test", "word")
