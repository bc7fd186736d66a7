"""Chapter 8, write: words plus places."""

import torch

from ...exercises.model import Exercise, Probe
from ._position_mistakes import MISTAKES

QUESTION = r"""
Write what stands at the bottom of the Transformer: look the words up, multiply them by
$\sqrt{d}$ (the table is initialised with standard deviation $1/\sqrt d$), and add the
encodings of their positions.

- `ids`: whole numbers (B, T)
- `table`: the word vectors (V, d)
- `pe`: the encodings of positions 0, 1, 2, … (max_len, d); any table, not only sines
- `offset`: position of the first column of `ids`; in generation, when earlier words
  have been read, it is not 0. `offset` + T is at most max_len.
- returns a tensor (B, T, d)

With ids [[1, 1]], table [[0], [5]] and pe [[0.1], [0.2], [0.3]], so d = 1, the result
is [[[5.1], [5.2]]]; with offset 1 it is [[[5.2], [5.3]]].
"""

STUB = """
def add_positions(ids, table, pe, offset=0):
    raise NotImplementedError
"""


def add_positions(ids, table, pe, offset=0):
    words = table[ids] * table.shape[1] ** 0.5  # (B, T, d)
    places = pe[offset : offset + ids.shape[1]]  # (T, d), the same for all sentences
    return words + places


def by_lookup(ids, table, pe, offset=0):
    places = torch.arange(offset, offset + ids.size(1))
    words = torch.nn.functional.embedding(ids, table)
    return words * words.size(-1) ** 0.5 + pe[places].unsqueeze(0)


def by_one_hot(ids, table, pe, offset=0):
    hot = torch.nn.functional.one_hot(ids, len(table)).to(table.dtype)
    x = hot @ (table * table.shape[1] ** 0.5)
    x += pe[None, offset : offset + ids.shape[1]]
    return x


def by_loops(ids, table, pe, offset=0):
    root = pe.shape[1] ** 0.5
    rows = [
        [root * table[word] + pe[offset + t] for t, word in enumerate(sentence)]
        for sentence in ids
    ]
    return torch.stack([torch.stack(row) for row in rows])


def inputs(words=True, places=True, offset=0, ids=None, d=6):
    """B=3, T=5, V=7, d=6, max_len=9; words or places may be zero."""

    def make():
        table, pe = torch.randn(7, d) * words, torch.randn(9, d) * places
        given = torch.tensor(ids or [[3, 0, 3, 6, 1], [2, 2, 5, 4, 0], [6, 1, 1, 3, 2]])
        return (given, table, pe, offset) if offset else (given, table, pe)

    return make


def twice(function, ids, table, pe):
    """The word in columns 0 and 2 of the first sentence is the same."""
    out = function(ids, table, pe)
    return out[0, 2] - out[0, 0]


EXERCISE = Exercise(
    id="add-positions",
    chapter=8,
    kind="write",
    title="Words plus places",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="add_positions",
    stub=STUB,
    reference=add_positions,
    accepts=(by_lookup, by_one_hot, by_loops),
    proves="Every sentence gets the same encodings, every position its own, words are "
    "scaled and places are not, and a continued text goes on counting.",
    probes=(
        Probe(
            "places",
            inputs(words=False),
            says="With zeros for words, what comes out is the encodings: the same in "
            "all sentences, another one at each position",
        ),
        Probe(
            "words",
            inputs(places=False),
            says="With zeros for positions, what comes out is the words times √d",
        ),
        Probe(
            "same word twice",
            inputs(),
            twice,
            says="The same word at two positions differs by the difference of their "
            "encodings",
        ),
        Probe(
            "another width",
            inputs(places=False, d=4),
            says="With zeros for positions, words of another width are scaled by "
            "their own √d",
        ),
        Probe("sum", inputs(), says="The result is the sum of words and places"),
        Probe(
            "offset",
            inputs(words=False, offset=3),
            says="With an offset the encodings begin at that position",
        ),
        Probe(
            "last places",
            inputs(offset=4),
            says="The last rows of `pe` can be reached",
        ),
        Probe(
            "one new word",
            inputs(offset=7, ids=[[3], [2]]),
            says="A single new word gets the encoding of its own position",
        ),
    ),
    mistakes=MISTAKES,
)
