"""Chapter 15, write: what the head reads, whichever side is padded."""

import torch

from ...exercises.model import Exercise, Probe
from ._extract_mistakes import MISTAKES

QUESTION = """
A batch of rows, each start · text · extract, has been padded and read by the model.
Take out what the classifier's head needs: the hidden state at each row's **extract**
token, its last token that is not padding. Some rows are padded on the right, others on
the left, some not at all; all padding of a row is on one side.

- `hidden` (B, T, d): the states of the last layer
- `ids` (B, T): the tokens, with `pad_id` where there is none
- returns (B, d)
"""

STUB = """
def read_extract(hidden, ids, pad_id):
    raise NotImplementedError
"""


def read_extract(hidden, ids, pad_id):
    places = torch.arange(ids.shape[1]).expand_as(ids)
    last = places.masked_fill(ids == pad_id, -1).max(dim=1).values  # (B,)
    return hidden[torch.arange(len(ids)), last]


def gathered(hidden, ids, pad_id):
    T = ids.shape[1]
    last = T - 1 - (ids != pad_id).long().flip(1).argmax(1)
    return hidden.gather(1, last.view(-1, 1, 1).expand(-1, -1, hidden.shape[2]))[:, 0]


def row_by_row(hidden, ids, pad_id):
    rows = zip(hidden, ids, strict=True)
    return torch.stack([h[row != pad_id][-1] for h, row in rows])


def first_pad_minus_one(hidden, ids, pad_id):
    # 0 − 1 is the last column: right where the row is full or padded on the left
    last = (ids == pad_id).int().argmax(1) - 1
    return hidden[range(len(ids)), last]


def one_hot(hidden, ids, pad_id):
    real = (ids != pad_id).long()
    is_last = (real.cumsum(1) * real).argmax(1)
    picks = torch.nn.functional.one_hot(is_last, ids.shape[1]).to(hidden.dtype)
    return torch.einsum("bt,btd->bd", picks, hidden)


PAD = 5
RIGHT = torch.tensor([[7, 4, 0, 2, 8, 5], [7, 1, 3, 8, PAD, PAD], [7, 0, 8, 5, 5, 5]])
LEFT = torch.tensor([[PAD, 7, 4, 0, 1, 8], [5, 5, 5, 7, 2, 8], [7, 4, 6, 0, 1, 8]])
FULL = torch.tensor([[7, 4, 0, 2, 3, 8], [7, 1, 1, 6, 0, 8], [7, 3, 0, 2, 2, 8]])
MIXED = torch.tensor([[5, 5, 7, 0, 2, 8], [7, 0, 3, 8, 5, 5], [5, 7, 4, 4, 1, 8]])


def setting(ids, d=4):
    """Three rows of six tokens; every state is another one."""

    def make():
        draw = torch.Generator().manual_seed(15)
        return torch.randn(*ids.shape, d, generator=draw), ids.clone(), PAD

    return make


EXERCISE = Exercise(
    id="pad-and-extract",
    chapter=15,
    kind="write",
    title="Read the extract token under either padding",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="read_extract",
    stub=STUB,
    reference=read_extract,
    accepts=(gathered, row_by_row, first_pad_minus_one, one_hot),
    proves="The head reads the token that has seen the whole text, and what a text's "
    "neighbours in the batch are changes nothing.",
    probes=(
        Probe(
            "full",
            setting(FULL),
            says="Without padding, the last column is read",
        ),
        Probe(
            "right",
            setting(RIGHT),
            says="With padding on the right, the last token before it is read",
        ),
        Probe(
            "left",
            setting(LEFT),
            says="With padding on the left, the last column is read",
        ),
        Probe(
            "mixed",
            setting(MIXED),
            says="Each row is looked at by itself: one may be padded on the left and "
            "the next on the right",
        ),
    ),
    mistakes=MISTAKES,
)
