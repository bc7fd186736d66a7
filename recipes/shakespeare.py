"""Tiny Shakespeare, character by character: what the same time on a CPU can buy.

    python recipes/shakespeare.py --out book/results/shakespeare.json

The yardstick is nanoGPT's published CPU setting, run through this book's GPT: 2,000
steps. The two contenders, AdamW alone and Muon for the matrices of the blocks, get as
many steps as fit into its time. What a step costs beside the yardstick's is measured
first, on one thread, all settings by turns, so that a busy machine slows all alike.
Their settings are chosen by runs of a quarter of the length, on a part of the
*training* text that is held out for it; the validation split is looked at once for each
seed, at the end. Every run is written down as it ends, also those that chose; the same
command again goes on after the last.
"""

import argparse
import hashlib
import json
import math
import platform
import shlex
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unmasked.gpt import GPT, GPTConfig

CHOOSING = 4  # a run that helps to choose has this part of the steps
YARDSTICK = {
    "optimiser": "adamw", "layers": 4, "context": 64, "batch": 12, "lr": 1e-3,
    "floor": 0.1, "schedule": "cosine", "weight_decay": 0.1, "tied": True,
    "warmup": 0.05,
}  # fmt: skip
ADAMW = [
    YARDSTICK
    | {"layers": layers, "context": context, "batch": 768 // context, "lr": lr,
       "floor": 0.0, "schedule": "linear", "tied": False, "weight_decay": 0.0,
       "warmup": 0.03}
    for layers, context, lr in (
        (2, 64, 4e-3), (2, 64, 6e-3), (2, 128, 4e-3))
]  # fmt: skip
MUON = [
    setting | {"optimiser": "muon", "lr": 3e-3, "matrix_lr": matrix_lr,
               "weight_decay": 0.01}
    for setting, matrix_lr in zip(
        (ADAMW[0], ADAMW[0], ADAMW[2]), (0.02, 0.03, 0.02), strict=True)
]  # fmt: skip


def model_for(setting: dict, vocab_size: int) -> GPT:
    config = GPTConfig(
        vocab_size, setting["context"], 128, 4, setting["layers"],
        norm="pre", bias=False, tie_embeddings=setting["tied"],
    )  # fmt: skip
    return GPT(config)


def optimisers_for(model: GPT, setting: dict) -> list[torch.optim.Optimizer]:
    """AdamW for all; or Muon for the matrices in the blocks, and AdamW for the rest."""
    inside = {id(p) for p in model.layers.parameters() if p.dim() == 2}
    muon = setting["optimiser"] == "muon"
    rest = [p for p in model.parameters() if not (muon and id(p) in inside)]
    groups = [
        {"params": [p for p in rest if p.dim() >= 2],
         "weight_decay": 0.0 if muon else setting["weight_decay"]},
        {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
    ]  # fmt: skip
    made = [torch.optim.AdamW(groups, setting["lr"], betas=(0.9, 0.99), fused=True)]
    if muon:
        matrices = [p for p in model.parameters() if id(p) in inside]
        made.append(
            torch.optim.Muon(
                matrices, setting["matrix_lr"], weight_decay=setting["weight_decay"]
            )
        )
    for optimiser in made:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return made


def factor(done: float, setting: dict) -> float:
    """The learning rate as a share of its peak, when a share `done` of the run is."""
    if done < setting["warmup"]:
        return done / setting["warmup"]
    left = (1 - done) / (1 - setting["warmup"])
    if setting["schedule"] == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * (1 - left)))
    return setting["floor"] + (1 - setting["floor"]) * left


@torch.no_grad()
def loss_on(model: GPT, ids: Tensor) -> float:
    """Mean loss in nats over a whole text, window by window of the model's length."""
    model.eval()
    T = model.config.max_len
    starts = torch.arange(0, len(ids) - T, T)
    total = 0.0
    for part in starts.split(256):
        rows = ids[part[:, None] + torch.arange(T + 1)]
        logits = model(rows[:, :-1]).flatten(0, 1)
        total += F.cross_entropy(logits, rows[:, 1:].flatten(), reduction="sum").item()
    return total / (len(starts) * T)


class Run:
    """A model in training: its parts, and one step of a run of so many."""

    def __init__(self, setting: dict, seed: int, ids: Tensor, steps: int) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.setting, self.ids, self.steps = setting, ids, steps
        self.model = model_for(setting, int(ids.max()) + 1)
        self.optimisers = optimisers_for(self.model, setting)
        self.generator = torch.Generator().manual_seed(seed)
        self.offsets = torch.arange(setting["context"] + 1)

    def step(self, number: int) -> None:
        rate = factor(number / self.steps, self.setting)
        for group in (g for o in self.optimisers for g in o.param_groups):
            group["lr"] = group["peak"] * rate
        last, batch = len(self.ids) - self.setting["context"], self.setting["batch"]
        first = torch.randint(last, (batch, 1), generator=self.generator)
        rows = self.ids[first + self.offsets]  # (B, T + 1)
        logits = self.model(rows[:, :-1]).flatten(0, 1)
        F.cross_entropy(logits, rows[:, 1:].flatten()).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()


def train(
    setting: dict, seed: int, train_ids: Tensor, held: Tensor, steps: int
) -> dict:
    """Train for so many steps; return the loss on `held` and what it took."""
    run, start = Run(setting, seed, train_ids, steps), time.process_time()
    for number in range(steps):
        run.step(number)
    spent = time.process_time() - start
    return {
        "loss": round(loss_on(run.model, held), 4),
        "steps": steps,
        "cpu_seconds": round(spent, 1),
        "parameters": sum(p.numel() for p in run.model.parameters()),
    }


def step_costs(settings: list[dict], ids: Tensor, rounds: int = 9) -> list[float]:
    """What a step of each setting costs, as a multiple of the yardstick's: medians."""
    contenders = [Run(setting, 0, ids, 10_000) for setting in (YARDSTICK, *settings)]
    ratios = [[] for _ in settings]
    for number in range(rounds + 1):
        seconds = []
        for run in contenders:
            start = time.process_time()
            for _ in range(10):
                run.step(number)
            seconds.append(time.process_time() - start)
        if number:  # the first round warms up
            for ratio, spent in zip(ratios, seconds[1:], strict=True):
                ratio.append(spent / seconds[0])
    return [median(ratio) for ratio in ratios]


def text_ids() -> tuple[Tensor, Tensor, str]:
    """Ids of the training and the validation split (the last tenth), and a hash."""
    from classroom.corpora import shakespeare

    text = shakespeare("train") + shakespeare("validation")
    alphabet = {character: n for n, character in enumerate(sorted(set(text)))}
    splits = [
        torch.tensor([alphabet[c] for c in shakespeare(split)])
        for split in ("train", "validation")
    ]
    return *splits, hashlib.sha256(text.encode()).hexdigest()


class Record:
    """The results file: written after every run, and read again by the same command."""

    def __init__(self, path: Path, head: dict) -> None:
        self.path, self.content = path, head | {"cost_of_a_step": None, "runs": []}
        if path.is_file():
            kept = json.loads(path.read_text("utf8"))
            if any(kept.get(key) != head[key] for key in ("data_sha256", "steps")):
                raise SystemExit(f"{path} holds runs on other text or of other length")
            self.content |= {key: kept[key] for key in ("cost_of_a_step", "runs")}

    def keep(self, **more) -> None:
        self.content |= more
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.content, indent=1) + "\n", "utf8")
        new.replace(self.path)

    def run(
        self, text: str, setting: dict, seed: int, steps: int, texts: tuple
    ) -> dict:
        """The run of that name: what is kept of it, or what it gives now."""
        name = {"text": text, "setting": setting, "seed": seed, "steps": steps}
        for row in self.content["runs"]:
            if all(row[key] == value for key, value in name.items()):
                return row
        row = name | train(setting, seed, *texts, steps)
        self.keep(runs=[*self.content["runs"], row])
        shape = f"{setting['layers']} layers, context {setting['context']}"
        told = f"{setting['optimiser']}, {shape}, seed {seed}: {row['loss']}"
        print(f"{text}: {told}", flush=True)
        return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=2000, help="of the yardstick")
    options = parser.parse_args()
    whole, validation, digest = text_ids()
    cut = len(whole) * 9 // 10
    part = whole[:cut], whole[cut:]  # both are of the training split
    head = {
        "command": shlex.join(["python", *sys.argv]),
        "seeds": options.seeds,
        "steps": options.steps,
        "data_sha256": digest,
        "hardware": f"{platform.machine()}, one thread",
        "versions": {"torch": version("torch"), "python": platform.python_version()},
    }
    record, contenders = Record(options.out, head), ADAMW + MUON
    if not record.content["cost_of_a_step"]:
        record.keep(cost_of_a_step=step_costs(contenders, part[0]))
    costs = record.content["cost_of_a_step"]
    rows = {"yardstick": {"setting": YARDSTICK, "cost": 1.0}}
    for name, settings in (("adamw", ADAMW), ("muon", MUON)):
        tried = []
        for setting in settings:
            cost = costs[contenders.index(setting)]
            steps = round(options.steps / cost / CHOOSING)
            run = record.run("part of training", setting, 0, steps, part)
            tried.append((run["loss"], cost, setting))
        _, cost, best = min(tried, key=lambda row: row[0])
        rows[name] = {"setting": best, "cost": cost}
    for row in rows.values():
        steps = round(options.steps / row["cost"])
        row["runs"] = [
            record.run("validation", row["setting"], seed, steps, (whole, validation))
            for seed in options.seeds
        ]
    record.keep(rows=rows)


if __name__ == "__main__":
    main()
