"""Run the benchmarks, and write their one table: `make bench`.

Each script runs in a process of its own, one after another. The rows go into
book/results/benchmarks.json, and from there between the marks of
book/pages/benchmarks.md. With `--quick` nothing of the book is touched.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "book" / "results" / "benchmarks.json"
PAGE = HERE.parent / "book" / "pages" / "benchmarks.md"
SCRIPTS = ("gpt", "attention", "transformer", "decoding", "bert", "bpe")
START, END = "<!-- benchmarks: written by `make bench` -->", "<!-- end -->"


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf8")
    except OSError:
        return platform.machine()
    names = [
        x.partition(":")[2].strip() for x in text.splitlines() if "model name" in x
    ]
    return names[0] if names else platform.machine()


def run(script: str, given: argparse.Namespace) -> dict:
    """One script in a process of its own; what it measured."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, str(HERE / f"{script}.py"), "--json", str(out)]
        command += ["--threads", str(given.threads)]
        if given.quick:
            command.append("--quick")
        if given.rounds:
            command += ["--rounds", str(given.rounds)]
        path = os.pathsep.join((str(HERE), str(HERE.parent / "lib")))
        environment = os.environ | {
            "PYTHONPATH": path, "OMP_NUM_THREADS": str(given.threads)
        }  # fmt: skip
        subprocess.run(command, env=environment, check=True)
        return json.loads(out.read_text("utf8"))


def cell(row: dict) -> str:
    low, high = row["spread"]
    memory = f"1 : {1 / row['memory']:.1f}" if "memory" in row else ""
    one, two = (f"{row['speed']:.2f}", f"{low:.2f} to {high:.2f}")
    if low == high:
        two = "one round"
    return f"| {row['contender']} | {row['base']} | **{one}** | {two} | {memory} |"


def page(result: dict) -> str:
    """The table as text, from what the JSON file holds."""
    load = " and ".join(f"{x:.1f}" for x in result["load"])
    versions = ", ".join(f"{k} {v}" for k, v in sorted(result["versions"].items()))
    lines = [
        f"Measured on {result['processor']}, {result['threads']} thread(s), Python "
        f"{result['python']}; {versions}. The load of the machine was {load} before "
        f"and after ({result['cores']} cores)."
    ]
    for table, rows in groupby(result["rows"], key=lambda row: row["table"]):
        lines += ["", f"## {table}"]
        for what, some in groupby(rows, key=lambda row: row["what"]):
            some = list(some)
            lines += [
                "",
                f"{what[0].upper()}{what[1:]}. Rounds: {some[0]['rounds']}.",
                "",
                "| | compared with | speed | spread | memory |",
                "| --- | --- | ---: | ---: | ---: |",
                *map(cell, some),
            ]
    return "\n".join(lines)


def write_page(result: dict, path: Path = PAGE) -> None:
    """Put the table between the marks of the page.

    Raises: ValueError if the marks are not there, in this order.
    """
    text = path.read_text("utf8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{path.name} has no {START} … {END}")
    path.write_text(f"{before}{START}\n{page(result)}\n{END}{after}", "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scripts", nargs="*", default=SCRIPTS, metavar="SCRIPT")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, help="for every script")
    parser.add_argument("--quick", action="store_true", help="small, nothing written")
    given = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    measured = {script: run(script, given) for script in given.scripts}
    if given.quick:
        print(f"{sum(len(m['rows']) for m in measured.values())} rows; nothing written")
        return
    result = {
        "command": "make bench",
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": given.threads,
        "python": platform.python_version(),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "versions": {k: v for m in measured.values() for k, v in m["versions"].items()},
        "rows": [row for m in measured.values() for row in m["rows"]],
    }
    if set(given.scripts) != set(SCRIPTS):  # some: the others' rows stay as they were
        old = json.loads(RESULTS.read_text("utf8"))
        tables = {row["table"] for row in result["rows"]}
        kept = [row for row in old["rows"] if row["table"] not in tables]
        result = result | {
            "versions": old["versions"] | result["versions"],
            "rows": kept + result["rows"],
        }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf8")
    write_page(result)
    print(f"\nwritten: {RESULTS.name} and {PAGE.name}")


if __name__ == "__main__":
    main()
