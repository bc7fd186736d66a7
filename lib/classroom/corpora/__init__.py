"""Real text without a download: docstrings, number words and emoji names."""

from classroom.corpora.docstrings import Docstring
from classroom.corpora.emoji_names import (
    EMOJI_LANGUAGES,
    EmojiName,
    emoji_names,
    flag_names,
)
from classroom.corpora.numbers import number_words, spell
from classroom.corpora.store import SEPARATOR, CorpusWarning, docs, docs_text
from classroom.corpora.tiny_shakespeare import shakespeare

__all__ = [
    "EMOJI_LANGUAGES",
    "SEPARATOR",
    "CorpusWarning",
    "Docstring",
    "EmojiName",
    "docs",
    "docs_text",
    "emoji_names",
    "flag_names",
    "number_words",
    "shakespeare",
    "spell",
]
