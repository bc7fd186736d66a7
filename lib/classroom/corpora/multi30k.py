"""Multi30k: English captions of photographs, and their translations into German.

A benchmark for `recipes/`: no chapter needs it. It is research data, so it is not part
of the book; whoever runs the recipe downloads it, once, from where its makers keep it.
"""

import gzip
import hashlib

from classroom.corpora.downloads import fetch
from classroom.corpora.splits import SPLITS, Split, check_choice

URL = (
    "https://raw.githubusercontent.com/multi30k/dataset/"
    "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/"
)
NEEDED = (
    "All six files are needed: "
    "train, val and test_2016_flickr, .en.gz and .de.gz.\n"
    "No chapter needs them: translation is taught in chapters 10 to 12 with number "
    "words and emoji names, which are installed with the book."
)
STEMS: dict[Split, str] = {
    "train": "train",
    "validation": "val",
    "test": "test_2016_flickr",
}
# SHA-256 of the files as they are at that commit.
SHA256 = {
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "test_2016_flickr.en.gz": (
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"
    ),
    "test_2016_flickr.de.gz": (
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"
    ),
}


def multi30k(split: Split = "train") -> list[tuple[str, str]]:
    """Return a split's (English, German) pairs in the order of the files.

    29,000, 1,014 and 1,000 pairs. The files are those in the folder that the
    environment variable UNMASKED_DATA names, if they are there (as `NAME` or
    `multi30k/NAME`); otherwise they are downloaded, once, into the user's cache folder.

    Args:
        split: "train", "validation" or "test" (test2016, photographs from Flickr).

    Raises:
        ValueError: no such split, or a file is not the one that the book knows.
        FileNotFoundError: there are no files and no network; says how to get them.
    """
    check_choice("split", split, SPLITS)
    english, german = (_lines(f"{STEMS[split]}.{side}.gz") for side in ("en", "de"))
    return list(zip(english, german, strict=True))


def multi30k_digest() -> str:
    """Return one SHA-256 for all six files, from theirs."""
    return hashlib.sha256("".join(SHA256.values()).encode()).hexdigest()


def _lines(name: str) -> list[str]:
    path = fetch(f"multi30k/{name}", URL + name, SHA256[name], NEEDED)
    data = path.read_bytes()
    # subtle: `splitlines` would also split at characters that occur within a line
    text = gzip.decompress(data).decode("utf8")
    return [line.strip() for line in text.removesuffix("\n").split("\n")]
