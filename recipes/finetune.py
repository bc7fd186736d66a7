"""Chapter 15's fine-tunings: seven tasks, with and without pre-training, three seeds.

    python recipes/finetune.py
    python recipes/finetune.py --long --device cuda

writes book/results/finetuning.json, run by run: stopped, it goes on where it was when
the same command is given again. The settings come from a few short runs scored on the
validation split, no more; the scores are of the test split. `--long` takes all examples
and many more steps, tries a few learning rates on the validation split for each task
and start, and writes finetuning_long.json. Runs may go on side by side, each with its
`--only`, its `--starts` and an `--out` of its own; `--join` makes one file of theirs.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
from finetune_baselines import baselines, language_baselines
from torch import Tensor, nn

from classroom.corpora import docs
from classroom.corpora.splits import SPLITS
from classroom.finetuning import (
    FORMS,
    GENERATION,
    Settings,
    accuracy,
    checkpoint,
    examples,
    fine_tune,
    fine_tune_writer,
    graded,
    precision,
    prepare,
    written,
    zero_shot,
)
from unmasked.gpt import GPT, next_token_loss
from unmasked.training import fit, linear_schedule

RESULTS = Path(__file__).parents[1] / "book" / "results" / "finetuning.json"
SEEDS = [0, 1, 2]
STARTS = ("pretrained", "scratch")
LANGUAGE = "text generation"  # of one package's docstrings
PACKAGE, T = "matplotlib", 128
ZERO_SHOT = 200  # examples of each task

SETTINGS = {
    "classification": Settings(300, None, 60, 8, half=True),
    LANGUAGE: Settings(None, 60, 40, 4, half=True),
    "question answering": Settings(1800, 60, 100, 8, half=True),
    "multiple choice": Settings(2000, 150, 70, 3, half=True),
    "entailment": Settings(None, None, 200, 16, half=True, max_len=56),
    "similarity": Settings(None, None, 150, 8, half=True, max_len=56),
    "summarisation": Settings(2000, 50, 50, 8, half=True),
}
# on the validation split 1e-4 improves the checkpoint (1.287 → 1.280 bits per byte),
# 5e-4 does not (1.303); from scratch, so few steps reach 3.1 at either rate
RATES = {(LANGUAGE, "pretrained"): 1e-4, (LANGUAGE, "scratch"): 2e-3}
# for a GPU: all examples, less of them cut, and many times the steps
LONG = {
    "classification": Settings(None, None, 400, 32, max_len=96),
    LANGUAGE: Settings(None, None, 400, 16),
    "question answering": Settings(None, 120, 1000, 32, max_len=160),
    "multiple choice": Settings(None, None, 1000, 16, max_len=128),
    "entailment": Settings(None, None, 800, 32, max_len=128),
    "similarity": Settings(None, None, 800, 32, max_len=96),
    "summarisation": Settings(None, 120, 800, 32, max_len=128),
}
TRIED = (1e-4, 3e-4, 1e-3)  # learning rates, on the validation split


class Store:
    """A results file that grows by rows: what is there already is not run again."""

    def __init__(self, path: Path, head: dict, key: Sequence[str], summary: Callable):
        self.path, self.key, self.summary = path, key, summary
        self.content = json.loads(path.read_text("utf8")) if path.exists() else {}
        rows = self.content.get("rows", [])
        if rows and self.content["data_sha256"] != head["data_sha256"]:
            raise ValueError(f"{path} has rows of other data: move it away")
        self.content = {**self.content, **head, "rows": rows}

    def add(self, run: Callable[..., dict], **what) -> None:
        """Run what is not there yet with these settings, and write the file anew."""
        for row in self.content["rows"]:
            if all(row[name] == what[name] for name in self.key):
                if row["settings"] != asdict(what["settings"]):
                    raise ValueError(f"{what} was run with {row['settings']}")
                return
        begin = time.process_time()
        scores = run(**what)
        row = {name: what[name] for name in self.key} | {
            name: float(f"{value:.5g}") if isinstance(value, float) else value
            for name, value in scores.items()
        }
        row["cpu_seconds"] = round(time.process_time() - begin, 1)
        row["settings"] = asdict(what["settings"])
        print({k: v for k, v in row.items() if k != "settings"}, flush=True)
        self.content["rows"].append(row)
        self.write()

    def write(self) -> None:
        self.content |= self.summary(self.content)
        rows = self.content["rows"]
        self.content["cpu_seconds"] = round(sum(row["cpu_seconds"] for row in rows))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".tmp")
        beside.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf8")
        os.replace(beside, self.path)


def head(command: str, device: str = "cpu") -> dict:
    """What a results file says of how it came about."""
    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    return {
        "command": f"OMP_NUM_THREADS=1 python recipes/{command}",
        "seeds": SEEDS,
        "checkpoint": "gpt_docs",
        "data_sha256": data_hash(),
        "versions": {"python": platform.python_version()}
        | {n: version(n) for n in ("torch", "numpy", "scikit-learn", "rouge-score")},
        "hardware": gpu or f"{platform.machine()} CPU, one thread, bfloat16 products",
    }


def data_hash() -> str:
    """SHA-256 of all examples of all tasks."""
    digest = hashlib.sha256()
    for name in (*FORMS, *GENERATION):
        for split in SPLITS:
            digest.update(repr(examples(name, split)).encode())
    return digest.hexdigest()


def begin(start: str, seed: int, device: str = "cpu") -> GPT:
    """The checkpoint, or a model of its form with weights drawn anew."""
    gpt, _ = checkpoint()
    if start == "scratch":
        torch.manual_seed(1_000 + seed)
        gpt = GPT(gpt.config)
    return gpt.to(device)


def run(
    task: str, start: str, seed: int, settings: Settings, split="test", device="cpu"
) -> dict:
    """Fine-tune once and score."""
    gpt = begin(start, seed, device)
    if task == LANGUAGE:
        return language(gpt, seed, settings, split)
    return score(task, gpt, seed, settings, split)


def score(task: str, gpt: GPT, seed: int, settings: Settings, split="test"):
    """Fine-tune a language model on a task, and score it."""
    tokenizer = checkpoint()[1]
    read = {"tokenizer": tokenizer, "max_len": settings.max_len}
    train = prepare(task, "train", settings.train, **read)
    if task in FORMS:
        model = fine_tune(task, gpt, train, settings, seed)
        held = prepare(task, split, settings.test, **read)
        return {"accuracy": accuracy(model, held, settings.half)}
    found = examples(task, split, settings.test)
    writer = fine_tune_writer(task, gpt, train, settings, seed)
    texts = written(task, writer, found, tokenizer, settings.max_len)
    return graded(task, texts, found) | ({"written": texts[:3]} if seed == 0 else {})


# ---- the seventh task: a language model of one package


def encode(tokenizer, texts: Sequence[str]) -> Tensor:
    """Return all documents' ids in a row, each after an end-of-text token."""
    end = tokenizer.special_id("<|endoftext|>")
    return torch.tensor([i for text in texts for i in (end, *tokenizer.encode(text))])


def windows(ids: Tensor, length: int, batch: int) -> Callable[..., Tensor]:
    """Return what draws (batch, length) ids from anywhere in a text."""

    def draw(generator: torch.Generator) -> Tensor:
        starts = torch.randint(len(ids) - length + 1, (batch, 1), generator=generator)
        return ids[starts + torch.arange(length)]

    return draw


def language_loss(model, ids: Tensor) -> tuple[Tensor, int]:
    """The next-token loss of any model with `hidden` and `logits`."""
    with precision(half=True):  # of no effect on a GPU
        logits = model.logits(model.hidden(ids))
    return next_token_loss(logits.float(), ids)


@torch.no_grad()
def bits_per_byte(model: nn.Module, ids: Tensor, size: int, length: int = T) -> float:
    """Loss on a text of `size` bytes, in windows that overlap by one token."""
    model.eval()
    rows = [ids[n : n + length] for n in range(0, len(ids) - 1, length - 1)]
    *full, last = rows  # only the last may be shorter
    parts = [torch.stack(full[n : n + 16]) for n in range(0, len(full), 16)]
    losses = (language_loss(model, part)[0].item() for part in (*parts, last[None]))
    return sum(losses) / math.log(2) / size


def texts(split, settings: Settings) -> tuple[Tensor, Tensor, int]:
    """Ids for training, ids held out, and the bytes of the latter."""
    tokenizer = checkpoint()[1]
    train = docs("train", PACKAGE)[: settings.train]
    held = docs(split, PACKAGE)[: settings.test]
    parts = (encode(tokenizer, [d.text for d in part]) for part in (train, held))
    return *parts, sum(len(d.text) for d in held)


def language(model: GPT, seed: int, settings: Settings, split="test") -> dict:
    """Train on one package's docstrings; bits per byte before and after."""
    train, held, size = texts(split, settings)
    device = model.tokens.weight.device
    train, held = train.to(device), held.to(device)
    before = bits_per_byte(model, held, size)
    steps, warm_up = settings.steps, round(settings.warm_up * settings.steps)
    fit(
        model,
        windows(train, T, settings.batch),
        language_loss,
        steps=steps,
        lr=settings.lr,
        schedule=lambda step: linear_schedule(step, steps, warm_up),
        optimiser=torch.optim.AdamW(
            model.parameters(),
            settings.lr,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        seed=seed,
        label=f"{LANGUAGE}, seed {seed}",
    )
    return {"bits per byte": bits_per_byte(model, held, size), "before": before}


def summary(content: dict) -> dict:
    """The table by task, from rows: only tasks whose rows are complete."""
    found = {}
    for task in content["baselines"]:
        rows = [row for row in content["rows"] if row["task"] == task]
        if len(rows) < len(STARTS) * len(SEEDS):
            continue
        names = [n for n in rows[0] if n not in (*KEY, *NOTES)]
        scores = {
            name: {s: [r[name] for r in rows if r["start"] == s] for s in STARTS}
            for name in names
        }
        found[task] = {
            "metric": names[0],
            "train": content["sizes"][task]["train"],
            "test": content["sizes"][task]["test"],
            "baselines": content["baselines"][task],
            **scores.pop(names[0]),
        }
        if scores:
            found[task]["more"] = scores
    return {"tasks": found}


KEY = ("task", "start", "seed")
NOTES = ("cpu_seconds", "settings", "written")  # what a row has beside its scores


def tried_rates(
    content: dict, task: str, start: str, settings: Settings, device: str
) -> dict[str, float]:
    """Score of each learning rate on the validation split, with the first seed."""
    rates = content.setdefault("tried", {}).setdefault(task, {}).setdefault(start, {})
    for rate in TRIED:
        if str(rate) not in rates:
            how = replace(settings, lr=rate)
            scores = run(task, start, SEEDS[0], how, "validation", device)
            rates[str(rate)] = float(f"{next(iter(scores.values())):.5g}")
            print(task, start, rates, flush=True)
    return rates


def rate_for(store: Store, task: str, start: str, settings: Settings, given) -> float:
    """The learning rate: as written down, or the best of those tried."""
    if not given.long:
        return RATES.get((task, start), settings.lr)
    rates = tried_rates(store.content, task, start, settings, given.device)
    best = min if task == LANGUAGE else max
    return float(best(rates, key=rates.__getitem__))


def compare(store: Store, task: str, settings: Settings) -> None:
    """The baselines of a task, and how many examples there are."""
    content = store.content
    if task in content["baselines"]:
        return
    if task == LANGUAGE:
        train, held, size = texts("test", settings)
        vocab_size = checkpoint()[1].vocab_size
        found = language_baselines(train, held, size, vocab_size)
        read = partial(docs, package=PACKAGE)
    else:
        found = baselines(task, settings.train, settings.test)
        read = partial(examples, task)
    content["sizes"][task] = {
        "train": len(read("train")[: settings.train]),
        "test": len(read("test")[: settings.test]),
    }
    content["baselines"][task] = {
        name: float(f"{value:.4g}") for name, value in found.items()
    }
    print(task, content["baselines"][task], flush=True)


def join(store: Store, parts: Sequence[Path]) -> None:
    """Take over the rows of runs that had files of their own."""
    for part in (json.loads(path.read_text("utf8")) for path in parts):
        if part["data_sha256"] != store.content["data_sha256"]:
            raise ValueError("the parts were trained on different data")
        store.content["rows"] += part["rows"]
        for name in ("command", "versions", "hardware"):
            store.content[name] = part[name]
        for name in ("settings", "baselines", "sizes"):
            store.content.setdefault(name, {}).update(part[name])
        for task, starts in part["tried"].items():
            store.content.setdefault("tried", {}).setdefault(task, {}).update(starts)
    store.write()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="the results file")
    parser.add_argument("--only", nargs="*", default=list(SETTINGS), help="tasks")
    parser.add_argument("--starts", nargs="*", default=STARTS, choices=STARTS)
    parser.add_argument("--times", type=int, default=1, help="so many times the steps")
    parser.add_argument("--long", action="store_true", help="LONG in place of SETTINGS")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--join", nargs="*", type=Path, help="results files of parts")
    given = parser.parse_args()
    torch.set_num_threads(1)
    out = RESULTS.with_name("finetuning_long.json") if given.long else RESULTS
    options = f" --long --device {given.device}" if given.long else ""
    options += f" --times {given.times}" if given.times != 1 else ""
    about = head(f"finetune.py{options}", given.device)
    store = Store(given.out or out, about, KEY, summary)
    content = store.content
    content.setdefault("baselines", {})
    content.setdefault("sizes", {})
    if given.join:
        return join(store, given.join)
    chosen = {
        name: replace(settings, steps=given.times * settings.steps)
        for name, settings in (LONG if given.long else SETTINGS).items()
        if name in given.only
    }
    content.setdefault("settings", {}).update({n: asdict(s) for n, s in chosen.items()})
    for task, settings in chosen.items():
        compare(store, task, settings)
        for start in given.starts:
            rate = rate_for(store, task, start, settings, given)
            for seed in SEEDS:
                what = {"task": task, "start": start, "seed": seed}
                how = replace(settings, lr=rate)
                store.add(partial(run, device=given.device), **what, settings=how)
    if "zero_shot" not in content and not given.long:
        scores = zero_shot(*checkpoint(), "test", ZERO_SHOT, half=True)
        scores = {name: float(f"{value:.5g}") for name, value in scores.items()}
        content["zero_shot"] = scores | {"examples": ZERO_SHOT}
    store.write()


if __name__ == "__main__":
    main()
