"""Attention on a CPU: naive and fused, and the multi-head layer beside torch's.

Run `python benchmarks/attention.py`. One process, the contenders by turns; forward and
backward. Memory is what the forward pass keeps for the backward pass.
"""

from functools import partial

import torch
from side_by_side import finish, options, race
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.testing import assert_close

from unmasked.attention import scaled_dot_product_attention
from unmasked.masking import causal_mask
from unmasked.multihead import MultiHeadAttention


def kept(work, known) -> int:
    """Bytes that are saved for the backward pass, beside the tensors in `known`."""
    sizes = {}
    own = {x.untyped_storage().data_ptr() for x in known}

    def note(x):
        sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
        return x

    with saved_tensors_hooks(note, lambda x: x):
        result = work()  # alive, so that no address is used twice
    del result
    return sum(n for address, n in sizes.items() if address not in own)


def backward(work) -> None:
    work().sum().backward()


def naive(q, k, v):
    return scaled_dot_product_attention(q, k, v, causal_mask(q.shape[-2]))[0]


def fused(q, k, v):
    return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


def attention(rounds: int, T: int) -> list[dict]:
    torch.manual_seed(0)
    qkv = [torch.randn(1, 8, T, 64, requires_grad=True) for _ in range(3)]
    ways = {"naive (chapter 3)": naive, "fused": fused}
    a, b = (way(*qkv) for way in ways.values())
    assert_close(a, b, rtol=1e-4, atol=1e-5)
    memory = {name: kept(partial(way, *qkv), qkv) for name, way in ways.items()}
    work = {n: partial(backward, partial(way, *qkv)) for n, way in ways.items()}
    what = f"causal, 8 heads of 64, T {T:,}"
    return race("Attention", what, work, "naive (chapter 3)", rounds, memory)


def multi_head(rounds: int, T: int, d: int) -> list[dict]:
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(d, d // 64, batch_first=True)
    ours = MultiHeadAttention(d, d // 64)
    names = {"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias"}
    weights = theirs.state_dict()
    ours.load_state_dict(
        {names.get(k, k.replace("out_proj", "out")): w for k, w in weights.items()}
    )
    x = torch.randn(8, T, d, requires_grad=True)
    causal = ~causal_mask(T)  # nn.MultiheadAttention: True = blocked

    def torchs():
        return theirs(x, x, x, attn_mask=causal, is_causal=True, need_weights=False)[0]

    ways = {
        "nn.MultiheadAttention": torchs,
        "unmasked, fused": lambda: ours(x, x, x, is_causal=True)[0],
        "unmasked, with weights": lambda: ours(
            x, x, x, is_causal=True, need_weights=True
        )[0],
    }
    outputs = [way() for way in ways.values()]
    for other in outputs[1:]:
        assert_close(outputs[0], other, rtol=1e-4, atol=1e-5)
    work = {name: partial(backward, way) for name, way in ways.items()}
    what = f"causal, batch 8, T {T}, d {d}, {d // 64} heads"
    return race("Multi-head layer", what, work, "nn.MultiheadAttention", rounds)


def main() -> None:
    given, rows = options(__doc__, rounds=9), []
    for T in (32,) if given.quick else (512, 2048):
        rows += attention(given.rounds, T)
    for T, d in ((16, 128),) if given.quick else ((64, 128), (256, 384)):
        rows += multi_head(given.rounds, T, d)
    finish(rows, given)


if __name__ == "__main__":
    main()
