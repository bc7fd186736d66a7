"""Which survivors are known to be equivalent, and what a run is to be blamed for."""

import tomllib
from collections import Counter
from pathlib import Path

from .mutants import Mutant
from .worker import Outcome

LIST = Path(__file__).with_name("equivalent.toml")
Reasons = dict[tuple[str, str], str]


def equivalents(file: Path = LIST) -> Reasons:
    """(exercise, change) → why that mutant is as good as the solution.

    Raises: ValueError where a change is listed twice or without a reason.
    """
    found: Reasons = {}
    for exercise, groups in tomllib.loads(file.read_text(encoding="utf-8")).items():
        for group in groups:
            if not group["why"].strip():
                raise ValueError(f"{exercise}: no reason for {group['changes']}")
            for change in group["changes"]:
                if (exercise, change) in found:
                    raise ValueError(f"{exercise}: {change} is listed twice")
                found[exercise, change] = group["why"]
    return found


def problems(
    outcomes: dict[Mutant, Outcome], listed: Reasons, population: list[Mutant]
) -> list[str]:
    """Survivors that nobody has explained, and explanations that explain nothing."""
    wrong = [
        f"SURVIVES  {mutant}"
        for mutant, outcome in outcomes.items()
        if outcome.how == "survives" and mutant.key not in listed
    ]
    wrong += [
        f"LISTED, AND FAILS ({outcome.how})  {mutant}"
        for mutant, outcome in outcomes.items()
        if outcome.how != "survives" and mutant.key in listed
    ]
    exist = {mutant.key for mutant in population}
    looked_at = {mutant.exercise for mutant in population}
    wrong += [
        f"LISTED, AND NO MUTANT  {exercise}: {change}"
        for exercise, change in listed
        if exercise in looked_at and (exercise, change) not in exist
    ]
    return wrong


def summary(
    outcomes: dict[Mutant, Outcome], listed: Reasons, population: list[Mutant]
) -> dict[str, int]:
    """The figures of a run, with the survivors split in two."""
    count = Counter(outcome.how for outcome in outcomes.values())
    survivors = [m for m, outcome in outcomes.items() if outcome.how == "survives"]
    known = sum(mutant.key in listed for mutant in survivors)
    return {
        "exercises": len({mutant.exercise for mutant in population}),
        "population": len(population),
        "mutants": len(outcomes),
        "named": count["named"],
        "refused": count["refused"],
        "endless": count["endless"],
        "no function": count["no function"],
        "dies": count["dies"],
        "equivalent": known,
        "unexplained": len(survivors) - known,
    }
