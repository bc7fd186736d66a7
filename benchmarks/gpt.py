"""GPT on a CPU: a training step and writing, beside transformers and x-transformers.

Run `python benchmarks/gpt.py`; it needs the packages under "tests" in requirements.txt
(x-transformers only if it is there). One process, `--threads` threads, the contenders
by turns, so that a busy moment of the machine meets all of them; CPU seconds, medians,
and the median of the ratios within a round. Before writing is timed, the tokens are
compared: weights are the same in both.
"""

import argparse
import platform
import time
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

from unmasked.gpt import GPT, GPTConfig

V = 2048
NAMES = {
    "transformer.": "", "wte": "tokens", "wpe": "positions", "h.": "layers.",
    "attn.c_attn": "attention.qkv", "attn.c_proj": "attention.out",
    "mlp.c_fc": "feed_forward.up", "mlp.c_proj": "feed_forward.down",
    "ln_f": "final", "ln_": "norm",
}  # fmt: skip


def theirs(max_len: int, width: int, layers: int, heads: int) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=V, n_positions=max_len, n_embd=width, n_layer=layers, n_head=heads,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation="sdpa",
        bos_token_id=0, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def ours(model: GPT2LMHeadModel) -> GPT:
    """This book's GPT with the same weights."""
    c = model.config
    same = GPT(GPTConfig(V, c.n_positions, c.n_embd, c.n_head, c.n_layer, norm="pre"))
    weights = {}
    for name, weight in model.state_dict().items():
        if name.startswith("lm_head"):
            continue
        turned = weight.T if "c_" in name and weight.dim() == 2 else weight
        for old, new in NAMES.items():
            name = name.replace(old, new)
        weights[name] = turned
    same.load_state_dict(weights)
    return same


def x_transformers(max_len: int, width: int, layers: int, heads: int) -> nn.Module:
    from x_transformers import Decoder, TransformerWrapper

    blocks = Decoder(
        dim=width, depth=layers, heads=heads, attn_dim_head=width // heads,
        attn_flash=True,
    )  # fmt: skip
    return TransformerWrapper(
        num_tokens=V, max_seq_len=max_len, attn_layers=blocks, tie_embedding=True
    )


def step(model: nn.Module, optimiser: torch.optim.Optimizer, ids: Tensor) -> float:
    out = model(ids[:, :-1])
    logits = getattr(out, "logits", out)
    loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
    loss.backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


def seconds(work) -> float:
    """CPU seconds, which a busy machine inflates less than those of a clock."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(title: str, contenders: dict, base: str, rounds: int) -> None:
    for work in contenders.values():  # warm
        work()
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            times[name].append(seconds(work))
    print(f"\n{title}\n{'':34}{'median s':>10}{'speed':>8}{'spread of speed':>20}")
    for name, runs in times.items():
        speeds = [b / t for t, b in zip(runs, times[base], strict=True)]
        spread = f"{min(speeds):.2f}-{max(speeds):.2f}"
        print(f"{name:34}{median(runs):10.3f}{median(speeds):8.2f}{spread:>20}")


def training(rounds: int, sizes: tuple[int, int, int, int, int]) -> None:
    max_len, width, layers, heads, batch = sizes
    reference = theirs(max_len, width, layers, heads).train()
    models: dict[str, nn.Module] = {"transformers GPT-2, sdpa": reference}
    models["unmasked"] = ours(reference).train()
    if find_spec("x_transformers"):
        models["x-transformers"] = x_transformers(max_len, width, layers, heads)
    else:
        print("x-transformers is not installed: left out (pip install x-transformers)")
    ids = torch.randint(V, (batch, max_len + 1))
    first, contenders = {}, {}
    for name, model in models.items():
        adam = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
        first[name] = step(model, adam, ids)
        contenders[name] = partial(step, model, adam, ids)
    assert abs(first["unmasked"] - first["transformers GPT-2, sdpa"]) < 1e-4
    title = f"A training step: {layers} layers, d {width}, T {max_len}, batch {batch}"
    compare(title, contenders, "transformers GPT-2, sdpa", rounds)


def writing(rounds: int, new: int) -> None:
    reference = theirs(1024, 128, 4, 4).eval()
    model = ours(reference).eval()
    ids = torch.randint(1, V, (1, 8))  # 0 would be padding to transformers
    contenders = {
        "transformers GPT-2, its cache": partial(
            reference.generate, ids, max_new_tokens=new, do_sample=False
        ),
        "unmasked, cache": partial(model.generate, ids, new, greedy=True),
    }
    a, b = (work() for work in contenders.values())
    assert torch.equal(a, b)
    title = f"Writing {new} tokens: 4 layers, d 128, batch 1; equal tokens"
    compare(title, contenders, "transformers GPT-2, its cache", rounds)


def long_context(rounds: int, context: int = 1008, new: int = 16) -> None:
    model = ours(theirs(1024, 128, 4, 4)).eval()
    ids = torch.randint(V, (1, context - new))
    write = partial(model.generate, ids, greedy=True)
    # the first token costs both the same, a pass over the text: it is taken off
    whole = {kept: partial(write, new, use_cache=kept) for kept in (False, True)}
    one = {kept: partial(write, 1, use_cache=kept) for kept in (False, True)}
    assert torch.equal(whole[True](), whole[False]())
    speeds = []
    for _ in range(rounds):
        cost = {k: seconds(whole[k]) - seconds(one[k]) for k in (False, True)}
        speeds.append(cost[False] / cost[True])
    print(f"\nA token at a context of {context}, with the cache: {median(speeds):.1f}")
    print(f"times as fast as without ({min(speeds):.1f}-{max(speeds):.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--new", type=int, default=256)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "transformers")
    )
    print(f"{platform.machine()}, {options.threads} threads, {packages}")
    writing(options.rounds, options.new)
    long_context(options.rounds)
    training(options.rounds, (64, 128, 4, 4, 12))
    training(options.rounds, (256, 384, 6, 6, 8))


if __name__ == "__main__":
    main()
