"""A small scaling law: measured on five sizes, then asked about a sixth.

    python recipes/scaling_law.py

Five sizes of chapter 14's GPT are trained on 0.5, 0.8 and 1.2 million tokens of the
docs corpus, each token read once. A law is fitted to the losses (chapter 17) and
predicts that of a larger model; the prediction is written into the results before that
model is trained, and is never changed after. book/results/scaling_law.json grows run by
run: given again, the command goes on. About ten minutes on one CPU core.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from classroom.corpora import docs
from unmasked.gpt import GPT, GPTConfig, next_token_loss
from unmasked.scaling import ScalingLaw, count_parameters, fit_scaling_law
from unmasked.tokenization import BPETokenizer
from unmasked.training import cosine_schedule, fit

END = "<|endoftext|>"
OUT = Path(__file__).parents[1] / "book" / "results" / "scaling_law.json"
PLAN = {
    "vocab_size": 512,
    "T": 64,
    "batch": 16,
    "n_layers": 2,
    "width_of_a_head": 16,
    "sizes": [16, 24, 32, 48, 64],  # d_model
    "steps": [500, 800, 1200],
    "held_out": [96, 1200],
    "seeds": 3,  # of the smallest size and of the held-out one; 1 of the others
    # learning rates that are tried, at two sizes
    "rates": {"16": [0.004, 0.008, 0.016, 0.032], "64": [0.002, 0.004, 0.008, 0.016]},
    "rates_steps": 1000,
    "tokenizer_text": 1_000_000,  # characters
    "validation_tokens": 130_000,
}


def prepare(plan: dict, train: list[str], held: list[str]) -> dict:
    """Tokens to train on and to validate on, and what identifies them.

    Args: train, held: documents.
    """
    start, length = [], 0
    for text in train:
        if length >= plan["tokenizer_text"]:
            break
        start.append(text)
        length += len(text)
    tokenizer = BPETokenizer.train("\n\n\n".join(start), plan["vocab_size"], [END])
    end = tokenizer.special_id(END)

    def encode(texts: list[str]) -> Tensor:
        return torch.tensor([i for t in texts for i in (end, *tokenizer.encode(t))])

    ids, held_ids = encode(train), encode(held)
    text_hash = hashlib.sha256("\0".join(train).encode()).hexdigest()
    held_bytes = sum(len(text.encode()) for text in held)
    return {
        "train": ids,
        "held": held_ids[: plan["validation_tokens"]],
        "about": {
            "sha256": text_hash,
            "train_tokens": len(ids),
            "bits_per_nat": len(held_ids) / held_bytes / math.log(2),
        },
    }


def config_for(plan: dict, d_model: int) -> GPTConfig:
    heads = max(1, d_model // plan["width_of_a_head"])
    return GPTConfig(
        plan["vocab_size"], plan["T"], d_model, heads, plan["n_layers"], norm="pre"
    )


def train_one(
    plan: dict, data: dict, d_model: int, steps: int, lr: float, seed: int
) -> dict:
    """Train one model, on windows that it reads once, and return what came out."""
    start, T = time.process_time(), plan["T"]
    torch.manual_seed(seed)
    model = GPT(config_for(plan, d_model))
    whole = data["train"][: len(data["train"]) // T * T].view(-1, T)
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(seed))
    if steps * plan["batch"] > len(whole):
        raise ValueError(f"{steps} steps would read some of {len(whole)} windows twice")
    batches = iter(whole[order].split(plan["batch"]))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(
        groups, lr=lr, betas=(0.9, 0.95), weight_decay=0.1, fused=True
    )
    fit(
        model,
        lambda _: next(batches),
        lambda model, rows: next_token_loss(model(rows), rows),
        steps=steps,
        lr=lr,
        schedule=lambda step: cosine_schedule(step, steps, steps // 10),
        optimiser=adam,
        seed=seed,
        label=f"d {d_model}, {steps} steps",
    )
    rows = data["held"].unfold(0, T, T - 1)
    with torch.inference_mode():
        parts = [next_token_loss(model.eval()(r), r) for r in rows.split(64)]
    loss = sum(s.item() for s, _ in parts) / sum(n for _, n in parts)
    return {
        "d_model": d_model,
        "steps": steps,
        "lr": lr,
        "seed": seed,
        "parameters": count_parameters(model.config)["blocks"],
        "tokens": steps * plan["batch"] * T,
        "loss": round(loss, 5),
        "cpu_seconds": round(time.process_time() - start, 1),
    }


def rates(plan: dict, tried: list[dict]) -> dict[str, float]:
    """Each size's learning rate: a power of the width through the best of two sizes."""
    best = {}
    for d in map(int, plan["rates"]):
        best[d] = min((r for r in tried if r["d_model"] == d), key=lambda r: r["loss"])
    (d1, r1), (d2, r2) = ((d, r["lr"]) for d, r in best.items())
    power = math.log(r2 / r1) / math.log(d2 / d1)
    widths = [*plan["sizes"], plan["held_out"][0]]
    return {str(d): round(r1 * (d / d1) ** power, 6) for d in widths}


def law_with_doubt(
    runs: list[dict], parameters: int, tokens: int, draws: int = 300
) -> dict:
    """The law fitted to all runs, its prediction, and how far the fit can be trusted.

    Residuals are drawn anew `draws` times; a prediction also has a residual of its own.
    """
    N, D, L = (np.array([r[k] for r in runs]) for k in ("parameters", "tokens", "loss"))
    law = fit_scaling_law(N, D, L)
    residuals = np.log(L) - np.log(law.loss(N, D))
    residuals *= math.sqrt(len(L) / max(1, len(L) - 5))  # five numbers were fitted
    rng, laws, predictions = np.random.default_rng(0), [], []
    for _ in range(draws):
        again = law.loss(N, D) * np.exp(rng.choice(residuals, len(L)))
        one = fit_scaling_law(N, D, again)
        laws.append(one)
        noise = math.exp(rng.choice(residuals))
        predictions.append(
            float(one.loss(np.asarray(parameters), np.asarray(tokens))) * noise
        )

    def middle_90(values: list[float]) -> list[float]:
        return [round(float(x), 4) for x in np.quantile(values, [0.05, 0.95])]

    return {
        "runs": len(runs),
        "law": {name: round(value, 6) for name, value in asdict(law).items()},
        "90%": {n: middle_90([getattr(x, n) for x in laws]) for n in asdict(law)},
        "largest_residual": round(float(np.abs(residuals).max()), 4),
        "parameters": parameters,
        "tokens": tokens,
        "loss": round(float(law.loss(np.asarray(parameters), np.asarray(tokens))), 4),
        "loss_90%": middle_90(predictions),
    }


def write(path: Path, result: dict) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1) + "\n", "utf8")
    os.replace(part, path)


def run(path: Path, plan: dict, data: dict) -> dict:
    """Do what is not yet in the file, in order, and return what it then holds.

    Raises: ValueError if the file holds another plan or other data.
    """
    result = {
        "command": "python recipes/scaling_law.py",
        "plan": plan,
        "data": data["about"],
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} thread",
        "versions": {name: version(name) for name in ("torch", "numpy")},
        "rates_tried": [],
        "rates": {},
        "runs": [],
        "prediction": {},
        "held_out": [],
    }
    if path.exists():
        kept = json.loads(path.read_text("utf8"))
        if kept["plan"] != plan or kept["data"] != data["about"]:
            raise ValueError(f"{path} holds another plan, or runs on other data")
        result = kept

    def do(place: str, d: int, steps: int, lr: float, seed: int) -> None:
        asked = {"d_model": d, "steps": steps, "lr": lr, "seed": seed}
        if not any(asked.items() <= row.items() for row in result[place]):
            result[place].append(train_one(plan, data, d, steps, lr, seed))
            write(path, result)

    smallest, (largest, longest) = min(plan["sizes"]), plan["held_out"]
    for d, tried in plan["rates"].items():
        for lr in tried:
            do("rates_tried", int(d), plan["rates_steps"], lr, seed=100)
    result["rates"] = rates(plan, result["rates_tried"])
    for d in plan["sizes"]:
        for seed in range(plan["seeds"] if d == smallest else 1):
            for steps in plan["steps"]:
                do("runs", d, steps, result["rates"][str(d)], seed)
    if not result["prediction"]:
        blocks = count_parameters(config_for(plan, largest))["blocks"]
        tokens = longest * plan["batch"] * plan["T"]
        result["prediction"] = law_with_doubt(result["runs"], blocks, tokens)
        write(path, result)  # before the model that it is about exists
    for seed in range(plan["seeds"]):
        do("held_out", largest, longest, result["rates"][str(largest)], seed)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    texts = ([doc.text for doc in docs(split)] for split in ("train", "validation"))
    result = run(options.out, PLAN, prepare(PLAN, *texts))
    law = ScalingLaw(**result["prediction"]["law"])
    for row in result["runs"]:
        guess = float(
            law.loss(np.asarray(row["parameters"]), np.asarray(row["tokens"]))
        )
        tqdm.write(
            f"d {row['d_model']:3}, {row['tokens']:9,} tokens, seed {row['seed']}: "
            f"{row['loss']:.3f}, law {guess:.3f}"
        )
    tqdm.write(f"predicted {result['prediction']}")
    tqdm.write(f"reached {[row['loss'] for row in result['held_out']]}")


if __name__ == "__main__":
    main()
