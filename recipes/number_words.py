"""Chapter 11's trainings on three seeds: numbers in German, with and without smoothing.

    python recipes/number_words.py

writes book/results/number_words.json in about six minutes of one CPU core. The
chapter draws that file and runs some of its rows again.
"""

import argparse
import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from classroom.number_task import PAD, NumberTask, greedy
from unmasked.training import fit, label_smoothing_loss, linear_schedule
from unmasked.transformer import Transformer, TransformerConfig

RESULTS = Path(__file__).resolve().parents[1] / "book/results/number_words.json"
SEEDS = (0, 1, 2)
COMMON = {"pairs": 10_000, "steps": 1_000, "dropout": 0.0, "smoothing": 0.0}
COMMON |= {"norm": "pre", "warm_up": 0.1}
FEW = {"pairs": 1_000, "steps": 400, "dropout": 0.1}
EXPERIMENTS = {
    "translate": COMMON,
    "few pairs": COMMON | FEW,
    "few pairs, smoothed": COMMON | FEW | {"smoothing": 0.1},
    "post-norm": COMMON | {"steps": 400, "norm": "post"},
    "post-norm, no warm-up": COMMON | {"steps": 400, "norm": "post", "warm_up": 0.0},
}


def build(task: NumberTask, dropout: float, norm: str, seed: int) -> Transformer:
    """The model of chapter 11, with weights drawn from the seed."""
    torch.manual_seed(seed)
    return Transformer(
        TransformerConfig(
            len(task.english),
            len(task.german),
            d_model=64,
            n_heads=4,
            n_layers=2,
            d_ff=256,
            max_len=32,
            dropout=dropout,
            norm=norm,
        )
    )


def loss(model: Transformer, batch: tuple[Tensor, Tensor], smoothing: float = 0.0):
    """Summed loss of the German parts after <bos>, and their number."""
    source, target = batch
    logits = model(source, target[:, :-1])
    return label_smoothing_loss(logits, target[:, 1:], smoothing, ignore_id=PAD)


def run(name: str, seed: int) -> dict:
    """Train and test once; the figures of a row."""
    settings = EXPERIMENTS[name]
    steps, warm_up = settings["steps"], round(settings["steps"] * settings["warm_up"])
    task = NumberTask(settings["pairs"])
    model = build(task, settings["dropout"], settings["norm"], seed)
    start = time.process_time()
    history = fit(
        model,
        task.batch,
        lambda model, batch: loss(model, batch, settings["smoothing"]),
        steps=steps,
        lr=4e-3,
        schedule=lambda step: linear_schedule(step, steps, warm_up, 2 * steps // 5),
        seed=seed,
        label=f"{name}, seed {seed}",
    )
    seconds = time.process_time() - start
    model.eval()
    source, target = task.test
    written = greedy(model, source, target.shape[1])
    with torch.no_grad():
        total, tokens = loss(model, task.test)
        right = model(source, target[:, :-1]).argmax(dim=-1) == target[:, 1:]
    figures = {
        "exact": (written == target).all(dim=1).float().mean().item(),
        "accuracy": right[target[:, 1:] != PAD].float().mean().item(),
        "nats": total.item() / tokens,
        "last_loss": sum(history.losses[-50:]) / 50,
        **crossing(model, task),
    }
    return {
        "experiment": name,
        "seed": seed,
        **settings,
        **{key: float(f"{value:.5g}") for key, value in figures.items()},
        "first_losses": [round(value, 5) for value in history.losses[:5]],
        "cpu_seconds": round(seconds, 1),
    }


def crossing(model: Transformer, task: NumberTask) -> dict[str, float]:
    """How often the last layer's cross-attention is on the right word."""
    source, target = task.test
    looked = model.cross_attention(source, target[:, :-1])[-1].mean(dim=1).argmax(-1)
    return {
        part: (looked[row, t] == s).float().mean().item()
        for part, (row, t, s) in task.crossing(task.test).items()
    }


def data_hash() -> str:
    """SHA-256 of all ids of training and test."""
    task = NumberTask(COMMON["pairs"])
    digest = hashlib.sha256(" ".join(task.english + task.german).encode())
    for ids in (*task.train, *task.test):
        digest.update(ids.numpy().tobytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    start = time.process_time()
    results = {
        "command": "OMP_NUM_THREADS=1 python recipes/number_words.py",
        "seeds": SEEDS,
        "data_sha256": data_hash(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("torch", "numpy", "num2words")},
        "hardware": f"{platform.machine()} CPU, one thread",
        "rows": [run(name, seed) for name in EXPERIMENTS for seed in SEEDS],
    }
    results["cpu_seconds"] = round(time.process_time() - start)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_suffix(".tmp")
    beside.write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
    os.replace(beside, out)


if __name__ == "__main__":
    main()
