"""GPT on a CPU: a training step and writing, beside four peers.

`make bench` runs it, or `python benchmarks/gpt.py` in an environment that has
benchmarks/requirements.txt; peers that are missing are left out. One process, the
contenders by turns (side_by_side.py). Where a peer computes the same function, it has
the same weights, and losses or tokens are compared first.
"""

from functools import partial
from statistics import median

import torch
import torch.nn.functional as F
from side_by_side import finish, has, options, race, seconds
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    OpenAIGPTConfig,
    OpenAIGPTLMHeadModel,
)

from unmasked.gpt import GPT, GPTConfig

V = 2048
NAMES = {
    "transformer.": "", "tokens_embed": "tokens", "positions_embed": "positions",
    "wte": "tokens", "wpe": "positions", "h.": "layers.",
    "attn.c_attn": "attention.qkv", "attn.c_proj": "attention.out",
    "mlp.c_fc": "feed_forward.up", "mlp.c_proj": "feed_forward.down",
    "ln_f": "final", "ln_": "norm",
}  # fmt: skip


def theirs(kind: str, max_len: int, width: int, layers: int, heads: int) -> nn.Module:
    """transformers' model: GPT-2's ("pre") with fused attention, or GPT-1's ("post").

    transformers has no fused attention for GPT-1.
    """
    torch.manual_seed(0)
    sizes = dict(
        vocab_size=V, n_positions=max_len, n_embd=width, n_layer=layers, n_head=heads,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=0, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    if kind == "post":
        return OpenAIGPTLMHeadModel(OpenAIGPTConfig(**sizes))
    return GPT2LMHeadModel(GPT2Config(**sizes, attn_implementation="sdpa"))


def ours(kind: str, model: nn.Module) -> GPT:
    """This book's GPT with the same weights."""
    c = model.config
    same = GPT(GPTConfig(V, c.n_positions, c.n_embd, c.n_head, c.n_layer, norm=kind))
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


def llms_from_scratch(
    fast: bool, max_len: int, width: int, layers: int, heads: int
) -> nn.Module:
    from llms_from_scratch.ch04 import GPTModel, GPTModelFast

    sizes = dict(
        vocab_size=V, context_length=max_len, emb_dim=width, n_heads=heads,
        n_layers=layers, drop_rate=0.0, qkv_bias=True,
    )  # fmt: skip
    return (GPTModelFast if fast else GPTModel)(sizes)


def step(model, optimiser, ids: Tensor, narrow: bool = False) -> float:
    with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
        out = model(ids[:, :-1])
        logits = getattr(out, "logits", out)
    loss = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
    loss.backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


def training(name: str, rounds: int, sizes: dict[str, int], compiled: bool) -> list:
    """A step of each, at one batch; the base is transformers' GPT-2."""
    batch, shape = sizes["batch"], [sizes[k] for k in ("T", "width", "layers", "heads")]
    pairs = {"pre": "transformers GPT-2, sdpa", "post": "transformers OpenAIGPT"}
    models, ours_are = {}, {"pre": "unmasked, pre-norm", "post": "unmasked, post-norm"}
    for kind, peer in pairs.items():
        models[peer] = theirs(kind, *shape).train()
        models[ours_are[kind]] = ours(kind, models[peer]).train()
    if has("x_transformers"):
        models["x-transformers"] = x_transformers(*shape)
    if has("llms_from_scratch"):
        models["llms-from-scratch"] = llms_from_scratch(False, *shape)
        models["llms-from-scratch, fast"] = llms_from_scratch(True, *shape)
    models["unmasked, bf16"] = ours("pre", theirs("pre", *shape))
    if compiled:
        fresh = ours("pre", theirs("pre", *shape))
        models["unmasked, compiled"] = torch.compile(fresh)  # type: ignore
    ids = torch.randint(V, (batch, shape[0] + 1))
    first, contenders = {}, {}
    for who, model in models.items():
        adam = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
        narrow = who.endswith("bf16")
        first[who] = step(model, adam, ids, narrow)
        contenders[who] = partial(step, model, adam, ids, narrow)
    for kind, peer in pairs.items():
        assert abs(first[peer] - first[ours_are[kind]]) < 1e-4, first
    layers, width = sizes["layers"], sizes["width"]
    what = f"{name}: {layers} layers, d {width}, T {shape[0]}, batch {batch}, V {V}"
    rows = race("Training step", what, contenders, pairs["pre"], rounds)
    if pairs["post"] in contenders:  # the same function as GPT-1's, and its own ratio
        same = {k: contenders[k] for k in (pairs["post"], ours_are["post"])}
        rows += race("Training step", what, same, pairs["post"], rounds)
    return rows


def writing(rounds: int, new: int) -> list:
    reference = theirs("pre", 1024, 128, 4, 4).eval()
    model = ours("pre", reference).eval()
    ids = torch.randint(1, V, (1, 8))  # 0 would be padding to transformers
    contenders = {
        "transformers GPT-2, its cache": partial(
            reference.generate, ids, max_new_tokens=new, do_sample=False
        ),
        "unmasked, cache": partial(model.generate, ids, new, greedy=True),
    }
    a, b = (work() for work in contenders.values())
    assert torch.equal(a, b)
    what = f"{new} tokens: 4 layers, d 128, batch 1; equal tokens"
    return race("Writing", what, contenders, "transformers GPT-2, its cache", rounds)


def long_context(rounds: int, context: int, new: int = 16) -> list:
    model = ours("pre", theirs("pre", 1024, 128, 4, 4)).eval()
    ids = torch.randint(V, (1, context - new))
    write = partial(model.generate, ids, greedy=True)
    # the first token costs both the same, a pass over the text: it is taken off
    whole = {kept: partial(write, new, use_cache=kept) for kept in (False, True)}
    one = {kept: partial(write, 1, use_cache=kept) for kept in (False, True)}
    assert torch.equal(whole[True](), whole[False]())
    speeds, times = [], []
    for _ in range(rounds):
        cost = {k: seconds(whole[k]) - seconds(one[k]) for k in (False, True)}
        speeds.append(cost[False] / cost[True])
        times.append(cost[True])
    row = {
        "table": "Writing",
        "what": f"a token at a context of {context}: 4 layers, d 128, batch 1",
        "contender": "unmasked, cache",
        "base": "unmasked, without",
        "speed": round(median(speeds), 2),
        "spread": [round(min(speeds), 2), round(max(speeds), 2)],
        "seconds": round(median(times) / (new - 1), 5),
        "rounds": rounds,
    }
    print(row)
    return [row]


def main() -> None:
    given = options(__doc__, rounds=7)
    small = dict(T=64, width=128, layers=4, heads=4, batch=12)
    middle = dict(T=256, width=384, layers=6, heads=6, batch=8)
    if given.quick:
        small = dict(T=16, width=32, layers=1, heads=2, batch=2)
    rows = writing(given.rounds, 8 if given.quick else 256)
    rows += long_context(given.rounds, 64 if given.quick else 1008)
    rows += training("small", given.rounds, small, compiled=not given.quick)
    if not given.quick:
        rows += training("middle", max(3, given.rounds // 2), middle, compiled=False)
    packages = ["transformers"]
    packages += [
        p for p in ("x-transformers", "llms-from-scratch") if has(p.replace("-", "_"))
    ]
    finish(rows, given, *packages)


if __name__ == "__main__":
    main()
