"""Tiny Shakespeare: a million characters of plays, for comparison with other code."""

from classroom.corpora.downloads import fetch
from classroom.corpora.splits import check_choice

URL = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/"
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"
)
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def shakespeare(split: str = "train") -> str:
    """Return the first nine tenths of the text, or for "validation" the last tenth.

    The split is nanoGPT's, so that losses can be compared. The file is the one in the
    folder that UNMASKED_DATA names, or is downloaded once (1.1 MB, public domain).

    Raises: ValueError: no such split, or another file; FileNotFoundError: no file and
        no network; says how to get it.
    """
    check_choice("split", split, ("train", "validation"))
    needed = "Only the table on Tiny Shakespeare needs it; no chapter does."
    path = fetch("tinyshakespeare.txt", URL, SHA256, needed)
    text = path.read_text("utf8")
    cut = len(text) * 9 // 10
    return text[:cut] if split == "train" else text[cut:]
