"""Train a translator, English to German or on pairs of your own, and use it.

    python recipes/translate_multi30k.py                       # Multi30k, one process
    python recipes/translate_multi30k.py --pairs mine.tsv      # source TAB target
    torchrun --nproc-per-node 2 recipes/translate_multi30k.py  # as many as you like
    python recipes/translate_multi30k.py translate runs/translate < lines.txt

Settings: translate_multi30k.toml, each of them a flag too. A run that was stopped, at
whatever moment, goes on from its last checkpoint when the same command is given again.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path

import torch
from sentence_pairs import encode
from translation_run import Config, Run, load_model, translate, write_whole

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Path(__file__).with_suffix(".toml")
RESULTS = ROOT / "book" / "results" / "translate_multi30k.json"
README = Path(__file__).with_name("README.md")
MARKS = "<!-- translate_multi30k: written by `report` -->", "<!-- end -->"


def train_command(options: argparse.Namespace, command: str) -> None:
    """Train, or go on; then test once and write results.json."""
    flags = {field.name: getattr(options, field.name) for field in fields(Config)}
    try:
        run = Run(options, Config.read(options.config, **flags))
        run.open(options.fresh)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    run.fit()
    if options.no_test:
        return
    results = run.results(command)
    if run.main:
        text = json.dumps(results, indent=1, ensure_ascii=False)
        write_whole(options.out / "results.json", text + "\n")
        for sample in results["samples"]:
            print(f"\n  {sample['source']}\n> {sample['translation']}")
        m = results["metrics"]
        print(f"\nBLEU {m['test_bleu']}  {m['test_bleu_signature']}")
        print(f"chrF {m['test_chrf']}  {m['test_chrf_signature']}")
        again = f"python recipes/translate_multi30k.py translate {options.out}"
        print(f"Translate with: {again} < lines.txt")


def translate_command(options: argparse.Namespace) -> None:
    """Translate the lines of standard input, in their order, as they come."""
    gpu = torch.cuda.is_available() and not options.cpu
    try:
        model, tokenizer = load_model(options.model, "cuda" if gpu else "cpu")
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    several = 1 if sys.stdin.isatty() else options.batch
    for lines in batched(sys.stdin, several):
        texts = [line.strip() for line in lines]
        if any(len(encode(tokenizer, t)) > model.config.max_len for t in texts):
            print(
                f"a line of more than {model.config.max_len} tokens was cut",
                file=sys.stderr,
            )
        for text in translate(model, tokenizer, texts, options.beam_size):
            print(text, flush=True)


def batched(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of up to size lines."""
    lines = iter(lines)
    while part := list(islice(lines, size)):
        yield part


def report_command(options: argparse.Namespace) -> None:
    """Gather runs into the book's results file and the table of recipes/README.md."""
    runs = [json.loads(path.read_text("utf8")) for path in options.results]
    RESULTS.parent.mkdir(exist_ok=True)
    write_whole(
        RESULTS, json.dumps({"runs": runs}, indent=1, ensure_ascii=False) + "\n"
    )
    before, rest = README.read_text("utf8").split(MARKS[0])
    after = rest.split(MARKS[1], 1)[1]
    write_whole(README, f"{before}{MARKS[0]}\n{table(runs)}\n{MARKS[1]}{after}")


def table(runs: list[dict]) -> str:
    """One row a run, as Markdown."""
    rows = [
        "| seed | parameters | BLEU | chrF | validation BLEU | training | on |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for run in runs:
        m, h = run["metrics"], run["hardware"]
        rows.append(
            f"| {run['seed']} | {run['parameters'] / 1e6:.1f} M | {m['test_bleu']:.1f} "
            f"| {m['test_chrf']:.1f} | {m['validation_bleu_greedy']:.1f} "
            f"| {run['seconds']['training'] / 60:.1f} min "
            f"| {h['processes']} × {h['device']}, {h['precision']} |"
        )
    m = runs[0]["metrics"]
    signatures = m["test_bleu_signature"], m["test_chrf_signature"]
    return "\n".join(rows) + "\n\nBLEU `{}`, chrF `{}`.".format(*signatures)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="do", required=True)

    train = commands.add_parser("train", help="what happens if no command is given")
    train.add_argument("--out", type=Path, default=Path("runs/translate"))
    train.add_argument("--config", type=Path, default=SETTINGS, help="a TOML file")
    train.add_argument("--pairs", type=Path, help="your pairs: source TAB target")
    train.add_argument("--source-text", type=Path, help="or your texts: line by line")
    train.add_argument("--target-text", type=Path, help="the same in another language")
    train.add_argument("--fresh", action="store_true", help="forget the run in --out")
    train.add_argument("--no-test", action="store_true", help="stop after training")
    train.add_argument("--cpu", action="store_true", help="even if there is a GPU")
    for field in fields(Config):
        flag = f"--{field.name.replace('_', '-')}"
        train.add_argument(flag, type=field.type, help="see the TOML file")

    use = commands.add_parser("translate", help="lines from standard input")
    use.add_argument("model", type=Path, help="the folder of a finished run")
    use.add_argument("--beam-size", type=int, default=5)
    use.add_argument("--batch", type=int, default=32, help="lines at once")
    use.add_argument("--cpu", action="store_true")

    report = commands.add_parser("report", help="results to the book and the README")
    report.add_argument("results", type=Path, nargs="+", help="results.json of runs")

    named = arguments and arguments[0] in (*commands.choices, "-h", "--help")
    return parser.parse_args(arguments if named else ["train", *arguments])


def command_of(arguments: list[str]) -> str:
    """The command that gives a run again; where its files lie is left out."""
    kept = list(arguments)
    if "--out" in kept:
        place = kept.index("--out")
        del kept[place : place + 2]
    return shlex.join(["python", "recipes/translate_multi30k.py", *kept])


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    if options.do == "train":
        train_command(options, command_of(arguments))
    elif options.do == "translate":
        translate_command(options)
    else:
        report_command(options)


if __name__ == "__main__":
    main(sys.argv[1:])
