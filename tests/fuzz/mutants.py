"""All mutants of the bank's solutions, and a seeded choice of them."""

import ast
import inspect
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from textwrap import dedent

from classroom.exercises import Exercise, ids, load

from .operators import OPERATORS
from .tree import omissions, with_replaced

KINDS = ("write", "faded", "parsons")  # an option or an input has no parts to mutate


@dataclass(frozen=True)
class Mutant:
    """A solution with one change.

    Args:
        exercise: its id.
        change: what it is, `old lines → new lines`; unique in the exercise.
        source: the whole function; for "parsons" the labels, with blanks between.
    """

    exercise: str
    change: str
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is listed by."""
        return self.exercise, self.change

    def __str__(self) -> str:
        return f"{self.exercise}: {self.change}"


def of_bank(only: Iterable[str] = ()) -> list[Mutant]:
    """The mutants of every exercise, or of some, in the order of the book."""
    chosen = list(only) or [i for i in ids() if load(i).kind in KINDS]
    return [mutant for identifier in chosen for mutant in of_exercise(load(identifier))]


def sample(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` of them, none twice, the same ones for the same seed; all if fewer."""
    places = random.Random(seed).sample(range(len(mutants)), min(count, len(mutants)))
    return [mutants[n] for n in sorted(places)]


def of_exercise(exercise: Exercise) -> list[Mutant]:
    """Its mutants, each once."""
    if exercise.kind == "parsons":
        right = " ".join(exercise.reference)
        found = map(" ".join, orders(exercise))
        return [Mutant(exercise.id, f"{right} → {other}", other) for other in found]
    before = ast.unparse(ast.parse(dedent(inspect.getsource(exercise.reference))))
    seen, mutants = Counter(), []
    for after in dict.fromkeys(sources(before)):
        text = change(before, after)
        seen[text] += 1
        place = f" (place {seen[text]})" if seen[text] > 1 else ""
        mutants.append(Mutant(exercise.id, text + place, after))
    return mutants


def sources(source: str) -> Iterator[str]:
    """Each mutant of a source; some may come twice."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for operator in OPERATORS.get(type(node), []):
            for new in operator(node):
                mutated = with_replaced(tree, node, new)
                text = ast.unparse(ast.fix_missing_locations(mutated))
                if _matters(text, source) and _compiles(text):
                    yield text


def _matters(text: str, source: str) -> bool:
    # the words of an error are free, and --1 is 1 once more
    return _without_words(text) != _without_words(source) and "--" not in text


def _without_words(text: str) -> str:
    return re.sub(r"raise (\w+)\(.*\)", r"raise \1", text)


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def change(before: str, after: str) -> str:
    """The lines that differ: `old → new`."""
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return " → ".join(" ⏎ ".join(map(str.strip, lines)) for lines in (old, new))


def orders(exercise: Exercise) -> Iterator[list[str]]:
    """Lists of labels near the right one that are not among the accepted ones.

    Without one, with two exchanged, with another one instead or in addition: but not
    with an additional line whose result nobody reads, which is the same program.
    """
    right = list(exercise.reference)
    accepted = [list(order) for order in exercise.accepts]
    found = list(omissions(right))
    for a, b in combinations(range(len(right)), 2):
        swapped = right.copy()
        swapped[a], swapped[b] = right[b], right[a]
        found.append(swapped)
    for label in exercise.lines.keys() - set(right):
        for n in range(len(right) + 1):
            more = [*right[:n], label, *right[n:]]
            if not _unread(exercise, more, n):
                found.append(more)
            if n < len(right):
                found.append([*right[:n], label, *right[n + 1 :]])
    yield from (order for order in sorted(found) if order not in accepted)


def _unread(exercise: Exercise, order: list[str], n: int) -> bool:
    """Whether line n sets nothing but names that are set again before they are read."""
    head, tail = exercise.template.split("{lines}")
    lines = [ast.parse(dedent(exercise.lines[label])) for label in order]
    behind = lines[n + 1 :] + (lines[:n] if re.search(r"\b(for|while)\b", head) else [])
    names = _set_here(lines[n])
    if not names:
        return False
    for line in behind:
        if names & _read(line):
            return False
        names -= _set_here(line)
    return not names & set(re.findall(r"\w+", tail))


def _set_here(line: ast.Module) -> set[str]:
    """The names that a line of plain assignments sets; empty for any other line."""
    if not all(isinstance(statement, ast.Assign) for statement in line.body):
        return set()
    targets = [target for statement in line.body for target in statement.targets]
    nodes = [node for target in targets for node in ast.walk(target)]
    if any(isinstance(node, (ast.Attribute, ast.Subscript)) for node in nodes):
        return set()
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _read(line: ast.Module) -> set[str]:
    updated = [n.target for n in ast.walk(line) if isinstance(n, ast.AugAssign)]
    nodes = [n for n in ast.walk(line) if isinstance(n, ast.Name)]
    return {n.id for n in nodes if isinstance(n.ctx, ast.Load) or n in updated}
