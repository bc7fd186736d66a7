"""A question with options, for predictions and for what earlier chapters taught."""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from .base import Figure, source

_KINDS = ("predict", "retrieval")


class Question(Figure):
    """One question with options; the browser judges the choice and explains it.

    Text may hold `code` between backticks and *emphasis* between asterisks; anything
    else, HTML included, is shown as it stands.

    Args:
        identifier: the exercise's id; the browser remembers the choice under
            `unmasked:<identifier>`.
        prompt: the question.
        options: what can be chosen, two or more, all different.
        answer: index of the right option.
        explanations: for each option, why it is right or where its reasoning slips.
        kind: "predict" shows an earlier choice again when the page is opened;
            "retrieval" asks afresh, since a visible answer leaves nothing to recall.

    Raises:
        ValueError: an empty text, fewer than two or equal options, explanations of
            another number, an answer outside the options, an unknown kind.

    The trait `chosen` is the index of the last choice, -1 before the first; `observe`
    it to record answers in the kernel.
    """

    _esm, _css = source("question")
    identifier = traitlets.Unicode().tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    answer = traitlets.Int().tag(sync=True)
    explanations = traitlets.List().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)

    def __init__(
        self,
        identifier: str,
        prompt: str,
        options: Sequence[str],
        answer: int,
        explanations: Sequence[str],
        kind: str = "predict",
    ) -> None:
        texts = [identifier, prompt, *options, *explanations]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"question {identifier!r} has an empty text")
        if len(options) < 2 or len(set(options)) < len(options):
            raise ValueError(
                f"question {identifier!r} needs two or more unlike options"
            )
        if len(explanations) != len(options):
            raise ValueError(
                f"question {identifier!r} has {len(options)} options"
                f" but {len(explanations)} explanations"
            )
        if not 0 <= answer < len(options):
            raise ValueError(
                f"question {identifier!r}: answer {answer} is not among"
                f" options 0 to {len(options) - 1}"
            )
        if kind not in _KINDS:
            raise ValueError(f"kind {kind!r} is not one of {', '.join(_KINDS)}")
        super().__init__(
            identifier=identifier,
            prompt=prompt,
            options=list(options),
            answer=answer,
            explanations=list(explanations),
            kind=kind,
        )

    def _summary(self) -> str:
        return f"{self.identifier}: {len(self.options)} options"
