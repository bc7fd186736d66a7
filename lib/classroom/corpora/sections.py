"""What a docstring consists of: its prose, its parameters; and names blanked in it."""

import re
from collections.abc import Iterator

from classroom.corpora.docstrings import Docstring, subject

BLANK = "_"  # in place of a name that would give the label away

# The packages' names and nicknames, also inside longer words (`pytorch`).
PACKAGE_NAME = re.compile(
    r"\b\w*(?:numpy|torch|matplotlib|pyplot|mpl)\w*|\b(?:np|plt|aten|caffe2)\b", re.I
)
# `add(a, b) -> Tensor`, as compiled functions begin.
SIGNATURE = re.compile(r"^[\w.]+\(.*\)( *-> .*)?\.?$", re.DOTALL)
# The line that opens a part of its own: `Parameters` over dashes, `Args:`, `>>> f(x)`.
SECTION = re.compile(
    r"^(?:[A-Z][\w ]+\n *[-=~]{3,}|[A-Z]\w+(?: \w+)?:+ *$|>>>|\.\. |[-=+|*:#]"
    r"|(?:Args?|Arguments|Returns?|Example|Note|Parameters)$)",
    re.MULTILINE,
)
NUMPY_PART = re.compile(
    r"^Parameters\n-+\n(.*?)(?=\n\n\w[\w ]*\n-{3,}|\Z)", re.M | re.S
)
NUMPY_ENTRY = re.compile(r"^(\w+) ?:(?=\s).*(?:\n+[ ]+.*)+", re.MULTILINE)
ARGS_PART = re.compile(
    r"^(?:Args?|Arguments):\n((?:\n*[ ]+.*(?:\n|\Z))+)", re.MULTILINE
)
ARGS_ENTRY = re.compile(r"^ {2,8}(\w+)(?: ?\(.*?\))?: .*(?:\n {9,}.*)*", re.MULTILINE)
FIELD_ENTRY = re.compile(r"^:param (?:\w+ )?(\w+): .*(?:\n +.*)*", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[a-z0-9)`*\"'][.;]) +(?=[A-Z`*:(])")


def blank(text: str, name: str) -> str:
    """Return the text with an object's own name, and its class's, blanked."""
    own = {part.strip("_").lower() for part in name.split(".")[-2:]}
    own |= {subject(name)}

    def hide(match: re.Match[str]) -> str:
        word = match[0]
        plain = word.strip("_").lower()
        return BLANK if plain in own or plain.replace("_", "") in own else word

    return re.sub(r"\w+", hide, text)


def blank_packages(text: str) -> str:
    """Return the text with names and nicknames of the three packages blanked."""
    return PACKAGE_NAME.sub(BLANK, text)


def shorten(text: str, limit: int) -> str:
    """Return the text on one line, cut at a blank to at most `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit + 1].rpartition(" ")[0]


def prose(doc: Docstring) -> list[str]:
    """Its first paragraphs up to a section, list or example; no signature."""
    paragraphs = [p for p in doc.text.split("\n\n") if p.strip()]
    if paragraphs and SIGNATURE.match(paragraphs[0]):
        del paragraphs[0]
    prose = []
    for paragraph in paragraphs:
        if opens := SECTION.search(paragraph):
            paragraph = paragraph[: opens.start()].strip()
        if paragraph:
            prose.append(paragraph)
        if opens:
            break
    return prose


def entries(doc: Docstring) -> Iterator[tuple[str, str, str]]:
    """(name, what stands before the description, its first sentence) of parameters."""
    if part := NUMPY_PART.search(doc.text):
        for entry in NUMPY_ENTRY.finditer(part[1]):
            head, _, description = entry[0].partition("\n")
            yield entry[1], head, _sentence(description)
    elif part := ARGS_PART.search(doc.text):
        for entry in ARGS_ENTRY.finditer(part[1]):
            head, _, description = entry[0].partition(": ")
            yield entry[1], head.strip() + ":", _sentence(description)
    else:
        for entry in FIELD_ENTRY.finditer(doc.text):
            head, _, description = entry[0].partition(": ")
            yield entry[1], head + ":", _sentence(description)


def _sentence(text: str) -> str:
    return SENTENCE_END.split(" ".join(text.split()))[0]
