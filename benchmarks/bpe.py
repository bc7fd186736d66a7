"""Byte-level BPE: this book's trainer beside Hugging Face's and a naive one.

Run `python benchmarks/bpe.py`; it needs the packages under "tests" in requirements.txt.
One process, one thread, the contenders by turns, so that a busy moment of the machine
meets all of them; the naive trainer runs once, to its end, and takes minutes.
"""

import os

os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

import argparse
import platform
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from statistics import median

import tiktoken
import tokenizers
from tqdm import trange

from classroom.corpora import docs_text
from unmasked.tokenization import (
    _WORD,
    BPETokenizer,
    byte_order,
    merge_pair,
    split_words,
    visible,
)

Merges = list[tuple[bytes, bytes]]
LEVEL = tokenizers.pre_tokenizers.ByteLevel


def seconds(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def naive(text: str, vocab_size: int) -> Merges:
    """Count and rewrite the whole text for each merge, as chapter 6 shows it."""
    words = [[bytes([byte]) for byte in word.encode()] for word in split_words(text)]
    ids, merges = {bytes([byte]): i for i, byte in enumerate(byte_order)}, []
    for _ in trange(vocab_size - 256, desc="naive"):
        counts = Counter(pair for word in words for pair in pairwise(word))
        pair = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        ids.setdefault(pair[0] + pair[1], len(ids))
        words = [merge_pair(word, pair, pair[0] + pair[1]) for word in words]
        merges.append(pair)
    return merges


def hugging_face(text: str, vocab_size: int) -> tokenizers.Tokenizer:
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = LEVEL(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=LEVEL.alphabet(), show_progress=False
    )
    model.train_from_iterator([text], trainer)
    return model


def table(title: str, times: dict[str, list[float]], base: str, amount: str) -> None:
    """Print medians, the spread, and the median of the ratios of the same round."""
    print(f"\n{title}\n{'':24}{'median s':>10}{'spread':>16}{amount:>10}")
    for name, runs in times.items():
        ratio = median(
            run / other for run, other in zip(runs, times[base], strict=True)
        )
        spread = f"{min(runs):.3f}-{max(runs):.3f}"
        print(f"{name:24}{median(runs):10.3f}{spread:>16}{ratio:10.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument(
        "--no-naive", action="store_true", help="seconds, not minutes"
    )
    options = arguments.parse_args()
    text = docs_text("train")[:1_100_000]
    held_out = docs_text("validation")[:1_000_000]
    packages = ("tokenizers", "tiktoken", "regex")
    print(
        f"Python {platform.python_version()}",
        platform.machine(),
        "1 thread;",
        ", ".join(f"{name} {version(name)}" for name in packages),
    )

    for size in (1024, 4096):
        contenders = {
            "tokenizers (Rust)": partial(hugging_face, text, size),
            "unmasked": partial(BPETokenizer.train, text, size),
        }
        times = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, train in contenders.items():
                times[name].append(seconds(train))
        title = f"Training on {len(text):,} bytes to {size:,} tokens"
        table(title, times, "tokenizers (Rust)", "x Rust")
        if size == 1024:
            fast = median(times["unmasked"])

    ours = BPETokenizer.train(text, 4096)
    vocab = {visible(ours.token(i)): i for i in range(ours.vocab_size)}
    merges = [(visible(left), visible(right)) for left, right in ours.merges]
    rust = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    rust.pre_tokenizer = LEVEL(add_prefix_space=False)
    ranks = {ours.token(i): i for i in range(ours.vocab_size)}
    openai = tiktoken.Encoding(
        "ours",
        pat_str=_WORD.pattern,
        mergeable_ranks=ranks,
        special_tokens={},
    )
    ids = ours.encode(held_out)
    assert ids == rust.encode(held_out).ids == openai.encode_ordinary(held_out)
    contenders = {
        "tokenizers (Rust)": lambda: rust.encode(held_out).ids,
        "tiktoken (Rust)": lambda: openai.encode_ordinary(held_out),
        "unmasked, empty cache": lambda: BPETokenizer(ours.merges).encode(held_out),
        "unmasked, filled cache": lambda: ours.encode(held_out),
    }
    times = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, encode in contenders.items():
            times[name].append(seconds(encode))
    title = f"Encoding {len(held_out):,} held-out bytes with 4,096 tokens, equal ids"
    table(title, times, "tokenizers (Rust)", "x Rust")

    if not options.no_naive:
        start = time.perf_counter()
        assert naive(text, 1024) == BPETokenizer.train(text, 1024).merges
        slow = time.perf_counter() - start
        print(
            f"\nNaive trainer, 1,024 tokens: {slow:.0f} s, the same merges; "
            f"{slow / fast:.0f} times as long as unmasked"
        )


if __name__ == "__main__":
    main()
