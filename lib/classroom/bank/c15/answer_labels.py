"""Chapter 15, write: what is graded where the answer of a task is a text."""

import torch

from ...exercises.model import Exercise, Probe
from ._label_mistakes import MISTAKES

QUESTION = """
Summaries and answers are texts: the row is start · text · delimiter · answer · end, and
the model learns to write on after the delimiter. Make the labels of a batch: the ids of
what is **graded**, −100 (which the loss ignores) everywhere else. Graded are the
answer's tokens and the end token behind them. Rows are padded on the right, and, as is
often done, **with the end token** again: that padding is not graded.

- `ids` (B, T); `delimiter`, `end`: the ids of these tokens; each row has one delimiter
- returns labels (B, T), each in its token's own place (the loss shifts, not you); `ids`
  is left as it is
"""

STUB = """
def answer_labels(ids, delimiter, end):
    raise NotImplementedError
"""


def answer_labels(ids, delimiter, end):
    is_end = ids == end
    behind = (ids == delimiter).cumsum(dim=1) > 0  # the delimiter, and all after it
    first_end = is_end & (is_end.cumsum(dim=1) == 1)
    graded = behind & (ids != delimiter) & (~is_end | first_end)
    return ids.masked_fill(~graded, -100)


def row_by_row(ids, delimiter, end):
    labels = torch.full_like(ids, -100)
    for row, out in zip(ids.tolist(), labels, strict=True):
        begin = row.index(delimiter) + 1
        stop = row.index(end, begin) + 1
        out[begin:stop] = torch.tensor(row[begin:stop])
    return labels


def by_places(ids, delimiter, end):
    places = torch.arange(ids.shape[1])
    begin = (ids == delimiter).int().argmax(1, keepdim=True)
    stop = (ids == end).int().argmax(1, keepdim=True)
    return torch.where((places > begin) & (places <= stop), ids, -100)


DELIMITER, END = 8, 9
SAME = torch.tensor([[7, 3, 0, 8, 5, 1, 9], [7, 2, 6, 8, 4, 3, 9]])
PADDED = torch.tensor(
    [[7, 3, 8, 5, 9, 9, 9], [7, 2, 6, 1, 8, 4, 9], [7, 8, 1, 2, 5, 0, 9]]
)
EMPTY = torch.tensor([[7, 3, 4, 8, 9, 9], [7, 2, 8, 1, 6, 9], [7, 3, 3, 2, 8, 9]])


def setting(ids):
    return lambda: (ids.clone(), DELIMITER, END)


EXERCISE = Exercise(
    id="answer-labels",
    chapter=15,
    kind="write",
    title="What is graded when the answer is a text",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="answer_labels",
    stub=STUB,
    reference=answer_labels,
    accepts=(row_by_row, by_places),
    proves="The answer is graded from its first token to its end, the question is not, "
    "and a model that stops is rewarded for it once.",
    probes=(
        Probe(
            "no padding",
            setting(SAME),
            says="The answer and the end behind it are graded, and what stands before "
            "them is not",
        ),
        Probe(
            "padded",
            setting(PADDED),
            says="Each row has its own delimiter and its own first end, and what comes "
            "after that is not graded",
        ),
        Probe(
            "empty answer",
            setting(EMPTY),
            says="Behind an empty answer the end is graded all the same",
        ),
    ),
    mistakes=MISTAKES,
)
