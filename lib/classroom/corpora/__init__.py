"""Real text: docstrings, number words, emoji names; Multi30k is downloaded."""

from classroom.corpora.docstrings import Docstring
from classroom.corpora.emoji_names import (
    EMOJI_LANGUAGES,
    EmojiName,
    emoji_names,
    flag_names,
)
from classroom.corpora.multi30k import multi30k, multi30k_digest
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
    "multi30k",
    "multi30k_digest",
    "number_words",
    "shakespeare",
    "spell",
]
