"""What every benchmark does alike: contenders by turns, ratios within a round.

Each script prints its rows and, with `--json FILE`, writes them for table.py.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import torch


def seconds(work: Callable) -> float:
    """CPU seconds, which a busy machine inflates less than those of a clock."""
    start = time.process_time()
    work()
    return time.process_time() - start


def race(
    table: str,
    what: str,
    contenders: dict[str, Callable],
    base: str,
    rounds: int,
    memory: dict[str, int] | None = None,
) -> list[dict]:
    """Time all contenders in every round, and return a row for each but the base.

    Args:
        table: the group that the rows belong to.
        what: model and sizes.
        contenders: name → what is timed; each is called once before, to warm up.
        base: the contender that the others are compared with.
        memory: name → bytes, compared as well.

    Returns: rows whose `speed` is the median over the rounds of the base's time over
        theirs, and whose `spread` is the lowest and the highest of these.
    """
    for work in contenders.values():
        work()
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            times[name].append(seconds(work))
    rows = []
    print(f"\n{table}: {what}; {base} = 1")
    for name, runs in times.items():
        speeds = [b / t for t, b in zip(runs, times[base], strict=True)]
        row = {
            "table": table,
            "what": what,
            "contender": name,
            "base": base,
            "speed": round(median(speeds), 3),
            "spread": [round(min(speeds), 3), round(max(speeds), 3)],
            "seconds": round(median(runs), 4),
            "rounds": rounds,
        }
        if memory:
            row["memory"] = round(memory[name] / memory[base], 4)
        print(f"  {name:34}{row['speed']:8.2f}  {row['spread']}  {row['seconds']} s")
        if name != base:
            rows.append(row)
    return rows


@cache
def has(package: str) -> bool:
    """Whether a peer is installed; says so where it is not."""
    there = find_spec(package) is not None
    if not there:
        print(f"{package} is not installed: left out (make bench installs it)")
    return there


def options(about: str | None, rounds: int) -> argparse.Namespace:
    """The options that all scripts have; sets the number of threads."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round, small sizes: only to see it run",
    )
    parser.add_argument("--json", type=Path, help="write the rows there")
    given = parser.parse_args()
    given.rounds = 1 if given.quick else given.rounds
    torch.set_num_threads(given.threads)
    print(f"{platform.machine()}, {given.threads} thread(s), torch {torch.__version__}")
    return given


def finish(rows: list[dict], given: argparse.Namespace, *packages: str) -> None:
    """Write the rows, and the versions of the packages that they compare with."""
    versions = {name: version(name) for name in ("torch", *packages)}
    if given.json:
        given.json.write_text(json.dumps({"versions": versions, "rows": rows}), "utf8")
