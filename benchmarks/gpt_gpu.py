"""GPT-1's size on a GPU: a training step of this book's GPT beside transformers' GPT-2.

    python benchmarks/gpt_gpu.py [--out file.json]

One process, bf16 autocast, fused attention, contenders by turns. The models have
GPT-1's width, depth and vocabulary. transformers' GPT-2 is pre-norm, so our pre-norm
model does the same work; the post-norm one stands beside it. Of those that do the same
work, one each is compiled too, and the seconds of its first step are kept. Shown are
tokens per second and the share of what a large matrix product of the same type reaches
on the same card (6 operations per weight and token, plus attention).
"""

import argparse
import json
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from unmasked.gpt import GPT, GPTConfig

V, T, D, H, L, B = 40_478, 512, 768, 12, 12, 64


def ours(norm):
    return GPT(GPTConfig(V, T, D, H, L, norm=norm))


def theirs(attention):
    config = GPT2Config(
        vocab_size=V, n_positions=T, n_embd=D, n_head=H, n_layer=L,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation=attention,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


class Contender:
    def __init__(self, model, logits):
        self.model = model.cuda().train()
        self.weights = sum(p.numel() for p in self.model.parameters())
        self.logits = logits
        self.optimiser = torch.optim.AdamW(self.model.parameters(), 1e-4, fused=True)

    def step(self, ids):
        with torch.autocast("cuda", torch.bfloat16):
            logits = self.logits(self.model(ids[:, :-1]))
            loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)


def seconds(work):
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def peak():
    """Operations per second of an 8192³ bf16 matrix product on this card."""
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in "ab")
    for _ in range(3):
        a @ b
    return 2 * 8192**3 / min(seconds(lambda: a @ b) for _ in range(10))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path)
    options.add_argument("--rounds", type=int, default=10)
    options = options.parse_args()
    torch.set_float32_matmul_precision("high")
    contenders = {
        "unmasked, pre-norm": Contender(ours("pre"), lambda out: out),
        "unmasked, post-norm": Contender(ours("post"), lambda out: out),
        "transformers GPT-2, sdpa": Contender(theirs("sdpa"), lambda out: out.logits),
        "transformers GPT-2, eager": Contender(theirs("eager"), lambda out: out.logits),
        "unmasked, pre-norm, compiled": Contender(ours("pre"), lambda out: out),
        "transformers GPT-2, compiled": Contender(
            theirs("sdpa"), lambda out: out.logits
        ),
    }
    for name, contender in contenders.items():
        if name.endswith("compiled"):
            contender.model.compile()
    ids = torch.randint(V, (B, T + 1), device="cuda")
    times, first = {name: [] for name in contenders}, {}
    for name, contender in contenders.items():
        first[name] = seconds(lambda c=contender: c.step(ids))
        for _ in range(2):
            contender.step(ids)
        print(f"warm: {name}, first step {first[name]:.1f} s", flush=True)
    for _ in range(options.rounds):
        for name, contender in contenders.items():
            times[name].append(seconds(lambda c=contender: c.step(ids)))
    best = peak()
    base = times["transformers GPT-2, sdpa"]
    rows = {}
    for name, runs in times.items():
        work = B * T * (6 * contenders[name].weights + 12 * L * D * T)
        # half of attention's products are above the diagonal
        causal = B * T * (6 * contenders[name].weights + 6 * L * D * T)
        rows[name] = {
            "median_ms": round(1000 * median(runs), 2),
            "spread_ms": [round(1000 * min(runs), 2), round(1000 * max(runs), 2)],
            "tokens_per_second": round(B * T / median(runs)),
            "share_of_matrix_limit": round(causal / median(runs) / best, 3),
            "share_counting_all_of_attention": round(work / median(runs) / best, 3),
            "speed_over_transformers_sdpa": round(
                median(b / a for a, b in zip(runs, base, strict=True)), 3
            ),
            "parameters": contenders[name].weights,
            "first_step_s": round(first[name], 1),
        }
        print(f"{name:36}", rows[name], flush=True)
    result = {
        "command": "python benchmarks/gpt_gpu.py",
        "sizes": dict(V=V, T=T, d_model=D, n_heads=H, n_layers=L, batch=B),
        "hardware": torch.cuda.get_device_name(),
        "matrix_limit_tflops": round(best / 1e12, 1),
        "versions": {n: version(n) for n in ("torch", "transformers")},
        "rows": rows,
    }
    if options.out:
        options.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
