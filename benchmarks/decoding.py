"""Greedy decoding with keys and values kept, beside computing everything again.

Run `python benchmarks/decoding.py`. One process, the two by turns; the words that they
write are compared first. Random weights: speed does not need others.
"""

from functools import partial

import torch
from side_by_side import finish, options, race
from torch.utils.flop_counter import FlopCounterMode

from unmasked.decoding import greedy_decode
from unmasked.transformer import Transformer, TransformerConfig

V, SOURCE, BOS, EOS = 1500, 12, 1, 2
SIZES = {"d 64, 2 layers": (64, 4, 2, 256), "d 128, 4 layers": (128, 4, 4, 512)}


def writer(sizes: tuple[int, int, int, int], max_len: int) -> Transformer:
    """A model that never ends a text: the end token's logit is 0, others are higher."""
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(V, V, *sizes, max_len, norm="pre")).eval()
    with torch.no_grad():
        model.tgt_embedding.weight[EOS] = 0
    return model


def millions(work) -> float:
    """Millions of multiplications in linear layers, as PyTorch counts them."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 2e6


def main() -> None:
    given, rows = options(__doc__, rounds=5), []
    batches, lengths = ((8,), (16,)) if given.quick else ((1, 8, 32), (16, 64))
    for name, sizes in SIZES.items():
        model = writer(sizes, max(lengths))
        for batch in batches:
            g = torch.Generator().manual_seed(1)
            src = torch.randint(3, V, (batch, SOURCE), generator=g)
            for n in lengths:
                ways = {
                    kept: partial(
                        greedy_decode, model, src, BOS, EOS, n, kept == "cache"
                    )
                    for kept in ("none", "cache")
                }
                assert ways["cache"]() == ways["none"]()
                saved = millions(ways["none"]) / millions(ways["cache"])
                what = (
                    f"{name} + {sizes[2]}, batch {batch}, {n} tokens; "
                    f"{saved:.1f} times fewer operations"
                )
                contenders = {
                    "unmasked, without": ways["none"],
                    "unmasked, cache": ways["cache"],
                }
                rows += race(
                    "Greedy translation", what, contenders, "unmasked, without",
                    given.rounds,
                )  # fmt: skip
    finish(rows, given)


if __name__ == "__main__":
    main()
