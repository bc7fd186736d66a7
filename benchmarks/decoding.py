"""Greedy decoding with keys and values kept, beside computing everything again.

Run `python benchmarks/decoding.py`. One process, one thread, the two by turns; the
words that they write are compared first. Random weights: speed does not need others.
"""

import argparse
import platform
import time
from functools import partial
from statistics import median

import torch
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


def seconds(work) -> float:
    """CPU seconds, which a busy machine inflates less than those of a clock."""
    start = time.process_time()
    work()
    return time.process_time() - start


def millions(work) -> float:
    """Millions of multiplications in linear layers, as PyTorch counts them."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 2e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lengths", type=int, nargs="+", default=[16, 32, 64, 128])
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.machine()}, one thread, torch {torch.__version__}")
    print(f"{'model':18}{'batch':>6}{'tokens':>7}{'cached s':>10}{'full s':>9}", end="")
    print(f"{'speed':>7}{'products':>10}")
    for name, sizes in SIZES.items():
        model = writer(sizes, max(options.lengths))
        for batch in (1, 8, 16, 32):
            g = torch.Generator().manual_seed(1)
            src = torch.randint(3, V, (batch, SOURCE), generator=g)
            for n in options.lengths:
                cached, full = (
                    partial(greedy_decode, model, src, BOS, EOS, n, kept)
                    for kept in (True, False)
                )
                assert cached() == full()
                rounds = [
                    (seconds(cached), seconds(full)) for _ in range(options.rounds)
                ]
                speed = median(slow / fast for fast, slow in rounds)
                fast, slow = (median(times) for times in zip(*rounds, strict=True))
                saved = millions(full) / millions(cached)
                print(f"{name:18}{batch:6}{n:7}{fast:10.3f}{slow:9.3f}", end="")
                print(f"{speed:6.1f}x{saved:9.1f}x", flush=True)


if __name__ == "__main__":
    main()
