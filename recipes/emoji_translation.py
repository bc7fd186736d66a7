"""Translate emoji names: two languages, two ways to hold out, three seeds each.

Run `python recipes/emoji_translation.py` (about 8 minutes on one CPU core); it writes
book/results/emoji_translation.json, which chapter 12 draws and of which it runs one row
again.
"""

import argparse
import json
import platform
import time
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch

from classroom.translation import EmojiTranslation, signatures
from unmasked.decoding import beam_search, greedy_decode
from unmasked.training import fit, label_smoothing_loss, linear_schedule
from unmasked.transformer import Transformer, TransformerConfig

RESULTS = Path(__file__).parents[1] / "book" / "results" / "emoji_translation.json"
LANGUAGES, SPLITS, SEEDS = ("de", "ru"), ("combination", "base"), (0, 1, 2)
STEPS, LR, WARMUP, LONGEST = 800, 3e-3, 100, 40
# Written down before the runs: by how much a translator of new combinations must beat
# the better baseline, on every seed.
MARGIN = {"chrF": 8.0, "BLEU": 25.0, "exact": 0.5}


def train(task: EmojiTranslation, seed: int, steps: int = STEPS) -> Transformer:
    """The translator of chapter 12, line for line."""
    pad_id, V = task.special_ids[0], task.vocab_size
    torch.manual_seed(seed)
    config = TransformerConfig(
        V, V, 64, 4, 2, 256, 64, norm="pre", pad_id=pad_id, share_vocabulary=True
    )
    model = Transformer(config)

    def loss(model, batch):
        src, tgt = batch
        logits = model(src, tgt[:, :-1])  # (B, T - 1, V)
        return label_smoothing_loss(logits, tgt[:, 1:], 0.1, ignore_id=pad_id)

    schedule = partial(linear_schedule, steps=steps, warmup=WARMUP)
    fit(model, task.batch, loss, steps=steps, lr=LR, schedule=schedule, seed=seed)
    return model


def measure(language: str, by: str, seed: int) -> dict:
    """Train one model, and score it on what was held out and on training names."""
    start = time.process_time()
    task = EmojiTranslation(language, by)
    model = train(task, seed)
    seconds = time.process_time() - start
    _, bos, eos = task.special_ids
    rows: dict = {"language": language, "by": by, "seed": seed}
    rows |= {"cpu_seconds": round(seconds), "data_hash": task.data_hash[:16]}
    src = task.ids([english for english, _ in task.held_out])
    greedy = [task.text(t) for t in greedy_decode(model, src, bos, eos, LONGEST)]
    rows["greedy"] = task.scores(greedy)
    for size in (4, 10):
        found = beam_search(model, src, bos, eos, LONGEST, beam_size=size)
        rows[f"beam {size}"] = task.scores([task.text(best.ids) for (best,) in found])
    seen = task.train[::10]
    src = task.ids([english for english, _ in seen])
    written = [task.text(t) for t in greedy_decode(model, src, bos, eos, LONGEST)]
    rows["training names"] = task.scores(written, seen)
    rows |= task.baselines()
    if seed == 0:
        rows["samples"] = [
            [english, right, out]
            for (english, right), out in zip(task.held_out, greedy, strict=True)
        ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    rows = [measure(x, by, s) for x in LANGUAGES for by in SPLITS for s in SEEDS]
    packages = ("torch", "emoji", "sacrebleu", "numpy")
    result = {
        "command": "python recipes/emoji_translation.py",
        "made": datetime.now(UTC).strftime("%Y-%m-%d"),
        "versions": {name: version(name) for name in packages}
        | {"python": platform.python_version()},
        "hardware": f"{platform.machine()} CPU, one thread",
        "signatures": signatures(),
        "settings": {"steps": STEPS, "lr": LR, "warmup": WARMUP, "seeds": SEEDS},
        "margin": MARGIN,
        "rows": rows,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
