"""The figure of chapter 15: what the rows of tokens of a task look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from .base import Figure, source

_SHORTEST, _LONGEST = 8, 48  # where the slider of the length begins and ends
_LETTERS = 300  # of a text
_CHOICES = range(2, 6)
_TEXTS = {  # task → (what is edited, another example of the same batch)
    "classification": (
        ["Raise an error if the two arrays differ."],
        ["Return the sum of the elements along the last axis of the input."],
    ),
    "entailment": (
        ["The result has the same shape as the input.", "No axis is lost."],
        ["A copy of the list is returned, and the list stays as it is.", "It changes."],
    ),
    "similarity": (
        ["Sort the items in place.", "Put the entries of the list in order."],
        ["Open a file for reading.", "Count the words of a text that is given line "
         "by line."],
    ),
    "multiple choice": (
        [
            "Remove the item at the given position and return it.",
            "What is returned?",
            "the item",
            "the position of the next one",
            "a copy of the list",
            "nothing",
        ],
        [],
    ),
}  # fmt: skip


class InputBuilder(Figure):
    """Chapter 15: turn the texts of a task into rows with start, delimiter, extract.

    Shows the rows, what is cut where they are too long, the padding on either side,
    and which column the head reads; words and marks stand for tokens. Similarity is
    read in both orders; of the candidates of multiple choice each has a row.

    Args:
        texts: for some of the tasks, what stands in the fields at first: a text for
            "classification", two for "entailment" and "similarity"; context, question
            and 2 to 5 answers for "multiple choice".
        task: the one that is shown first.
        max_len: where the slider of the longest row starts, 8 to 48 tokens.
        side: where padding goes at first, "right" or "left".

    Raises:
        ValueError: another task or side, another number of texts, one of more than 300
            letters, a length outside the slider.

    The traits `task`, `texts`, `max_len` and `side` follow the reader.
    """

    _esm, _css = source("inputs")
    task = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)  # task → texts
    others = traitlets.Dict().tag(sync=True)  # task → texts of another example
    max_len = traitlets.Int().tag(sync=True)
    lengths = traitlets.List([_SHORTEST, _LONGEST]).tag(sync=True)
    side = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        texts: Mapping[str, Sequence[str]] | None = None,
        task: str = "classification",
        max_len: int = 24,
        side: str = "right",
    ) -> None:
        shown = {name: list(own) for name, (own, _) in _TEXTS.items()}
        for name, given in (texts or {}).items():
            shown[name] = _checked(_known(name), given)
        if not _SHORTEST <= max_len <= _LONGEST:
            raise ValueError(f"max_len {max_len} is outside {_SHORTEST} to {_LONGEST}")
        if side not in ("right", "left"):
            raise ValueError(f"side is 'right' or 'left', not {side!r}")
        super().__init__(
            task=_known(task),
            texts=shown,
            others={name: other for name, (_, other) in _TEXTS.items()},
            max_len=int(max_len),
            side=side,
        )

    def _summary(self) -> str:
        return f"{self.task}, {len(self.texts[self.task])} texts"


def _known(task: str) -> str:
    if task not in _TEXTS:
        raise ValueError(f"no task {task!r}; there are {', '.join(_TEXTS)}")
    return task


def _checked(task: str, given: Sequence[str]) -> list[str]:
    texts = [given] if isinstance(given, str) else [str(text) for text in given]
    wanted = len(_TEXTS[task][0])
    if task == "multiple choice":
        if len(texts) - 2 not in _CHOICES:
            raise ValueError(
                f"{task}: context, question and 2 to 5 answers are needed, "
                f"and there are {len(texts)} texts"
            )
    elif len(texts) != wanted:
        raise ValueError(f"{task} has {wanted} texts, and there are {len(texts)}")
    for n, text in enumerate(texts):
        if len(text) > _LETTERS:
            raise ValueError(
                f"{task}: text {n} has {len(text)} letters, and {_LETTERS} may be shown"
            )
    return texts
