"""`make fuzz`: does every mutant that matters fail the check of its exercise?"""

import argparse
import json
import sys
from pathlib import Path

from .mutants import Mutant, of_bank, sample
from .report import equivalents, problems, summary
from .worker import Outcome, Worker

RESULTS = Path(__file__).with_name("results.json")


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the choice")
    parser.add_argument("--count", type=int, default=1000, help="how many mutants")
    parser.add_argument("--all", action="store_true", help="all that there are")
    parser.add_argument("--listed", action="store_true", help="those that may pass")
    parser.add_argument("--exercise", action="append", default=[], metavar="ID")
    parser.add_argument("--verbose", action="store_true", help="a line for each mutant")
    parser.add_argument("--write", action="store_true", help=f"keep in {RESULTS.name}")
    return parser.parse_args(words)


def run(mutants: list[Mutant], verbose: bool = False) -> dict[Mutant, Outcome]:
    """What became of each."""
    found = {}
    with Worker() as worker:
        for n, mutant in enumerate(mutants, 1):
            found[mutant] = worker.check(mutant)
            if verbose:
                print(f"{found[mutant].how}  {mutant}")
            elif n % 100 == 0:
                print(f"{n} of {len(mutants)}", file=sys.stderr)
    return found


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 where every survivor is listed as equivalent."""
    chosen, listed = arguments(words), equivalents()
    population = of_bank(chosen.exercise)
    if chosen.all or chosen.listed:
        mutants = [m for m in population if chosen.all or m.key in listed]
    else:
        mutants = sample(population, chosen.count, chosen.seed)
    outcomes = run(mutants, chosen.verbose)
    figures = summary(outcomes, listed, population)
    print(json.dumps(figures, indent=2))
    if chosen.write:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    wrong = problems(outcomes, listed, population)
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
