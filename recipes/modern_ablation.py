"""Chapter 18's ablation: each change of the block alone, and all together, three seeds.

    python recipes/modern_ablation.py

writes book/results/modern_ablation.json in about ten minutes of one CPU core; stopped
and started again, it goes on behind the rows that the file has. The models have the
same number of parameters, to 0.2 %: what a change saves or costs is given to the width
of the feed-forward network. They read the same windows in the same order, at one
learning rate: of chapter 14's and a third of it, the one with the lower loss of the old
block ("rates_tried"). "SwiGLU, larger start" draws gate and up larger, so that the
product starts as large as what gelu gives. The chapter draws that file and runs one row
again.
"""

import argparse
import itertools
import json
import os
import platform
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

from classroom.docs_task import DocsTask
from unmasked.modern import ModernConfig, ModernGPT

RESULTS = Path(__file__).resolve().parents[1] / "book/results/modern_ablation.json"
SEEDS = (0, 1, 2)
STEPS, LR, LENGTH, LONG = 600, 2e-3, 64, 256
RATES = (6e-3, LR)
OLD = {"rms": False, "rotary": False, "gated": False, "n_kv_heads": 4, "d_ff": 512}
EXPERIMENTS = {
    "GPT": OLD,
    "RMSNorm": OLD | {"rms": True},
    "RoPE": OLD | {"rotary": True, "d_ff": 528},
    "SwiGLU": OLD | {"gated": True, "d_ff": 341},
    "GQA, 2 of 4": OLD | {"n_kv_heads": 2, "d_ff": 576},
    "all four": {
        "rms": True,
        "rotary": True,
        "gated": True,
        "n_kv_heads": 2,
        "d_ff": 395,
    },
    "SwiGLU, larger start": OLD | {"gated": True, "d_ff": 341, "larger": 2.12},
}

task = cache(DocsTask)


def build(name: str, seed: int) -> ModernGPT:
    """The model of a row, with weights drawn from the seed."""
    torch.manual_seed(seed)
    settings = dict(EXPERIMENTS[name])
    larger = settings.pop("larger", 1.0)
    longest = LONG if settings["rotary"] else LENGTH  # a rotation needs no table row
    model = ModernGPT(ModernConfig(512, longest, 128, 4, 2, **settings))
    for part, weight in model.named_parameters():
        if part.endswith(("gate.weight", "up.weight")):
            weight.data *= larger
    return model


def run(name: str, seed: int, lr: float = LR) -> dict:
    """Train and test once; the figures of a row."""
    model = build(name, seed)
    start = time.process_time()
    history = task().fit(model, STEPS, lr, seed, f"{name}, seed {seed}")
    seconds = time.process_time() - start
    nats = task().losses(model).mean().item()
    row = {
        "experiment": name,
        "seed": seed,
        **EXPERIMENTS[name],
        "parameters": sum(p.numel() for p in model.parameters()),
        "nats": round(nats, 5),
        "bits_per_byte": round(task().bits_per_byte(nats), 5),
        "first_losses": [round(value, 5) for value in history.losses[:5]],
        "cpu_seconds": round(seconds, 1),
    }
    if EXPERIMENTS[name]["rotary"]:  # read windows longer than any in training
        by_position = task().losses(model, LONG).mean(dim=0)  # (LONG - 1,)
        row["nats_by_position"] = {
            f"{a}-{a + 63}": round(by_position[a : a + 64].mean().item(), 5)
            for a in range(0, LONG, 64)
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    results = {
        "command": "OMP_NUM_THREADS=1 python recipes/modern_ablation.py",
        "seeds": list(SEEDS),
        "settings": {"steps": STEPS, "lr": LR, "length": LENGTH, "batch": task().batch},
        "data_sha256": task().data_sha256,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("torch", "numpy", "matplotlib")},
        "hardware": f"{platform.machine()} CPU, one thread",
    }
    before = json.loads(out.read_text(encoding="utf8")) if out.exists() else {}
    if any(before.get(key) != value for key, value in results.items()):
        before = {}  # made otherwise: begin anew
    results["rates_tried"] = rates = before.get("rates_tried", {})
    results["rows"] = rows = before.get("rows", [])
    spent, start = before.get("cpu_seconds", 0), time.process_time()

    def write() -> None:
        results["cpu_seconds"] = spent + round(time.process_time() - start)
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.with_suffix(".tmp")
        beside.write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
        os.replace(beside, out)

    done = {(row["experiment"], row["seed"]) for row in rows}
    for seed, name in itertools.product(SEEDS, EXPERIMENTS):
        if (name, seed) not in done:
            rows.append(run(name, seed))
            write()
    for lr in RATES:
        if str(lr) not in rates:
            rates[str(lr)] = run("GPT", SEEDS[0], lr)["bits_per_byte"]
            write()


if __name__ == "__main__":
    main()
