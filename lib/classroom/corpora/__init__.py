"""Real text without a download: `docs`, `docs_text` and `number_words`."""

from classroom.corpora.docstrings import Docstring
from classroom.corpora.numbers import number_words, spell
from classroom.corpora.store import SEPARATOR, CorpusWarning, docs, docs_text

__all__ = [
    "SEPARATOR",
    "CorpusWarning",
    "Docstring",
    "docs",
    "docs_text",
    "number_words",
    "spell",
]
