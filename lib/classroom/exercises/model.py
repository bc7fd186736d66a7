"""What an exercise is: data that a bank file writes down and the engine reads.

One file per exercise, `classroom/bank/cNN/the_id.py`, defines `EXERCISE`. The
retrieval questions asked at the start of chapter N stand in
`classroom/bank/cNN/retrieval.py`, which defines `QUESTIONS`, a tuple of `Retrieval`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("write", "faded", "parsons", "predict", "break")


@dataclass(frozen=True, eq=False)
class Probe:
    """One look at the learner's function.

    Args:
        name: short, unique in the exercise.
        args: makes fresh inputs, the same ones on every call (it is seeded before).
        observe: (function, *inputs) → what is compared: arrays, tensors, numbers,
            texts, and tuples, lists and dicts of them; the function's own result by
            default. The function it gets copies tensors, arrays and lists at the
            door, so that a learner cannot change the inputs.
        says: the property in words, a whole sentence with no stop at the end ("a
            longer padding leaves the answer alone"); read where no mistake matches.
    """

    name: str
    args: Callable[[], tuple]
    observe: Callable[..., Any] | None = None
    says: str = ""


@dataclass(frozen=True, eq=False)
class Mistake:
    """A known wrong answer, and the ladder of four hints that leads away from it.

    Args:
        id: unique in the exercise.
        wrong: what a learner with this mistake hands in: a function; for "parsons" a
            list of labels; for "predict" an option; for "break" an input (or a
            function without arguments that returns one).
        symptom: hint 1, with the learner's own numbers: a text, or (got, expected) →
            text, where the two are the learner's and the reference's observation of
            `probe`; for "break" the learner's input and the names of the mutants
            that survive it.
        question: hint 2.
        pointer: hint 3, the line of thought.
        neighbour: hint 4, a worked case next door; never the fix.
        probe: name of the probe shown to `symptom`; by default the first that differs.
        when: for "break": input → whether this weakness is the one; by default the
            mistake matches where the same mutants survive as on `wrong`.
    """

    id: str
    wrong: Any
    symptom: str | Callable[[Any, Any], str]
    question: str
    pointer: str
    neighbour: str
    probe: str = ""
    when: Callable[[Any], bool] | None = None

    def first_hint(self, got: Any = None, expected: Any = None) -> str:
        """The symptom as text."""
        return (
            self.symptom
            if isinstance(self.symptom, str)
            else self.symptom(got, expected)
        )


@dataclass(frozen=True, eq=False)
class Exercise:
    """A question, its solution, and what tells right from wrong.

    Args:
        id: words joined by "-"; the file is named alike, with "_".
        kind: one of KINDS.
        title: a few words; for "predict" the question in one line (the widget's
            heading).
        question: MyST text; the notebook adds the lines and the template ("parsons")
            or the block's source ("break").
        difficulty: 1 to 5.
        minutes: what it takes.
        name: what the learner defines; for "write", "faded" and "break" also the
            reference's own name, since its source becomes the solution cell.
        stub: source of the cell that the learner begins with; it raises
            NotImplementedError ("parsons": an empty list; "predict": nothing).
        reference: the solution: a function; for "parsons" a list of labels; for
            "predict" the right option; for "break" a function that returns an input.
        probes: what is looked at; none for "predict" and "break".
        accepts: other answers that must pass.
        proves: what a pass proves, one or two sentences; for "predict" why the answer
            is right.
        lines: parsons: label → line, distractors included.
        template: parsons: source of one function, with a line `{lines}`.
        block: break: the right function of the input.
        mutants: break: name → a broken version of `block`.
        valid: break: input → what is wrong with it, or None.
        returns: names for the parts of the result, where it is a tuple; messages use
            them.
    Raises: ValueError where the parts do not fit together.
    """

    id: str
    chapter: int
    kind: str
    title: str
    question: str
    difficulty: int
    minutes: int
    name: str
    stub: str
    reference: Any
    probes: tuple[Probe, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    accepts: tuple[Any, ...] = ()
    proves: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    block: Callable[..., Any] | None = None
    mutants: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    valid: Callable[[Any], str | None] | None = None
    returns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            (self.kind not in KINDS, f"kind {self.kind!r} is none of {KINDS}"),
            (not 1 <= self.difficulty <= 5, f"difficulty {self.difficulty} not in 1…5"),
            (self.minutes < 1, f"minutes is {self.minutes}"),
            (
                self.kind in ("write", "faded", "parsons") and not self.probes,
                "no probes",
            ),
            (
                self.kind == "parsons" and "{lines}" not in self.template,
                "the template has no line {lines}",
            ),
            (
                self.kind == "break"
                and not (self.block and self.mutants and self.valid),
                "block, mutants and valid are needed",
            ),
        ]
        for what, ids in (
            ("mistakes", [m.id for m in self.mistakes]),
            ("probes", [p.name for p in self.probes]),
        ):
            problems.append((len(set(ids)) < len(ids), f"two {what} share a name"))
        for wrong, text in problems:
            if wrong:
                raise ValueError(f"exercise {self.id!r}: {text}")

    def mistake(self, identifier: str) -> Mistake:
        """The mistake of that id; StopIteration where there is none."""
        return next(m for m in self.mistakes if m.id == identifier)


@dataclass(frozen=True, eq=False)
class Retrieval:
    """A short question on an earlier chapter, asked at the start of a later one.

    Args:
        id: unique over the book.
        prompt: the question, plain text.
        options: three or four answers.
        answer: index of the right one.
        explanations: one per option, shown once it is chosen.
        chapter: the chapter that it asks about.
    Raises: ValueError where options, answer and explanations do not fit together.
    """

    id: str
    prompt: str
    options: tuple[str, ...]
    answer: int
    explanations: tuple[str, ...]
    chapter: int

    def __post_init__(self) -> None:
        if len(self.options) != len(self.explanations):
            raise ValueError(
                f"question {self.id!r} has {len(self.options)} options "
                f"and {len(self.explanations)} explanations"
            )
        if not 0 <= self.answer < len(self.options):
            raise ValueError(f"question {self.id!r}: no option {self.answer}")


@dataclass(frozen=True)
class Verdict:
    """What `check` answers.

    Args:
        passed: whether every probe passed.
        diagnosis: the id of the mistake that was recognised, or None.
        message: the answer, Markdown that also reads well as plain text.
        attempted: False where the stub was handed in untouched.
    """

    passed: bool
    diagnosis: str | None
    message: str
    attempted: bool = True

    def __repr__(self) -> str:
        return self.message

    def _repr_markdown_(self) -> str:
        return self.message


class Note(str):
    """A text that a notebook shows as Markdown, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)
