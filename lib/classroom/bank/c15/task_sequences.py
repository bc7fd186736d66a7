"""Chapter 15, write: one row of tokens for a text, or for two, within the window."""

from typing import NamedTuple

from ...exercises.model import Exercise, Probe
from ._sequence_mistakes import MISTAKES

QUESTION = """
The row of tokens that a fine-tuned GPT reads: start · text · extract where a task has
one text (classification), start · premise · delimiter · hypothesis · extract where it
has two (entailment). A row longer than `max_len` is made to fit: the three special
tokens stay, and the **longer** part loses its last token, one after another, until the
row fits. (Of two parts equally long, either may be the next.)

- `parts`: one or two lists of token ids
- `special`: has the ids `special.start`, `special.delimiter`, `special.extract`
- `max_len`: at least 5
- returns a list of at most `max_len` ids; the lists in `parts` are left as they are
"""

STUB = """
def task_sequence(parts, special, max_len):
    raise NotImplementedError
"""


def task_sequence(parts, special, max_len):
    parts = [list(part) for part in parts]
    room = max_len - len(parts) - 1  # start, extract, delimiters in between
    while sum(len(part) for part in parts) > room:
        max(parts, key=len).pop()
    row = [special.start, *parts[0]]
    for part in parts[1:]:
        row += [special.delimiter, *part]
    return [*row, special.extract]


def by_lengths(parts, special, max_len):
    room = max_len - 1 - len(parts)
    lengths = [min(len(part), room) for part in parts]
    if len(parts) == 2 and sum(lengths) > room:
        short = min(*lengths, room // 2)
        other = room - short
        lengths = [short, other] if lengths[0] <= lengths[1] else [other, short]
    row = [special.start]
    for n, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        row += ([special.delimiter] if n else []) + part[:length]
    return (*row, special.extract)


def last_of_equals(parts, special, max_len):
    first, second = (*map(list, parts), [])[:2]
    while len(first) + len(second) + 1 + len(parts) > max_len:
        first, second = (
            (first[:-1], second) if len(first) > len(second) else (first, second[:-1])
        )
    middle = [special.delimiter] * (len(parts) - 1)
    return [special.start, *first, *middle, *second, special.extract]


class Special(NamedTuple):
    """The ids of the three special tokens."""

    start: int
    delimiter: int
    extract: int


SPECIAL = Special(90, 91, 92)
LONG, MIDDLE, SHORT = [*range(11, 20)], [*range(21, 25)], [31, 32, 33]


def setting(*parts, max_len):
    def make():
        return [list(part) for part in parts], SPECIAL, max_len

    return make


EXERCISE = Exercise(
    id="task-sequences",
    chapter=15,
    kind="write",
    title="The row of tokens of a task",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="task_sequence",
    stub=STUB,
    reference=task_sequence,
    accepts=(by_lengths, last_of_equals),
    proves="Whatever the texts are and however little room there is, the row begins "
    "with start, ends with extract and has its delimiter; what is cut comes from the "
    "end of the longer text.",
    probes=(
        Probe(
            "one text",
            setting(MIDDLE, max_len=12),
            says="A single text stands between start and extract",
        ),
        Probe(
            "two texts",
            setting(SHORT, MIDDLE, max_len=12),
            says="Two texts stand between start and extract, with one delimiter "
            "between them",
        ),
        Probe(
            "exact fit",
            setting(SHORT, MIDDLE, max_len=10),
            says="A row of exactly max_len tokens loses nothing",
        ),
        Probe(
            "one long text",
            setting(LONG, max_len=7),
            says="A text that is too long loses its last tokens, and extract stays",
        ),
        Probe(
            "long premise",
            setting(LONG, SHORT, max_len=13),
            says="Where the premise is the longer one, the premise is cut",
        ),
        Probe(
            "long hypothesis",
            setting(SHORT, LONG, max_len=13),
            says="Where the hypothesis is the longer one, the hypothesis is cut",
        ),
        Probe(
            "both too long",
            setting(LONG, MIDDLE, max_len=9),
            says="Where both are too long, the longer one is cut until they are "
            "equally long, and then both are",
        ),
    ),
    mistakes=MISTAKES,
)
