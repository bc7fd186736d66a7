"""Fixed splits: which documents and numbers are for training is decided by a hash."""

from hashlib import blake2b
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


def draw(key: str) -> float:
    """Return a number in [0, 1) that looks random and is the same everywhere."""
    return int.from_bytes(blake2b(key.encode(), digest_size=6).digest()) / 2**48


def split_of(drawn: float) -> Split:
    """Return the split of what drew this number: 80 % train, 10 % each held out."""
    return "train" if drawn < 0.8 else "validation" if drawn < 0.9 else "test"


def check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ValueError, naming the choices, where `value` is none of them."""
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; it must be one of {', '.join(choices)}")
