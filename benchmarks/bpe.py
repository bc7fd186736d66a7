"""Byte-level BPE: this book's trainer beside Hugging Face's and a naive one.

Run `python benchmarks/bpe.py`; it needs the packages under "tests" in requirements.txt.
One process, one thread, the contenders by turns. The naive trainer counts and rewrites
the whole text for each merge; it is timed over its first merges and takes seconds each.
"""

import os

os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

from collections import Counter
from functools import partial
from itertools import pairwise

import tiktoken
import tokenizers
from side_by_side import finish, options, race, seconds

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


def naive(text: str, vocab_size: int) -> Merges:
    """Count and rewrite the whole text for each merge, as chapter 6 shows it."""
    words = [[bytes([byte]) for byte in word.encode()] for word in split_words(text)]
    ids, merges = {bytes([byte]): i for i, byte in enumerate(byte_order)}, []
    for _ in range(vocab_size - 256):
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


def main() -> None:
    given = options(__doc__, rounds=5)
    size = 20_000 if given.quick else 1_000_000
    text, held_out = docs_text("train")[:size], docs_text("validation")[:size]
    rust = "tokenizers (Rust)"
    rows = []
    for vocab_size in (300,) if given.quick else (1024, 4096):
        contenders = {
            rust: partial(hugging_face, text, vocab_size),
            "unmasked": partial(BPETokenizer.train, text, vocab_size),
        }
        what = f"{len(text):,} characters to {vocab_size:,} tokens"
        rows += race("BPE: training", what, contenders, rust, given.rounds)

    merges = 4 if given.quick else 16
    ours = BPETokenizer.train(text, 256 + merges)
    assert naive(text, 256 + merges) == ours.merges
    slow = seconds(lambda: naive(text, 256 + merges))
    fast = seconds(lambda: BPETokenizer.train(text, 256 + merges))
    rows.append(
        {
            "table": "BPE: training",
            "what": f"{len(text):,} characters, the first {merges} merges",
            "contender": "unmasked",
            "base": "naive",
            "speed": round(slow / fast, 1),
            "spread": [round(slow / fast, 1)] * 2,
            "seconds": round(fast, 4),
            "rounds": 1,
        }
    )

    ours = BPETokenizer.train(text, 300 if given.quick else 4096)
    vocab = {visible(ours.token(i)): i for i in range(ours.vocab_size)}
    pairs = [(visible(left), visible(right)) for left, right in ours.merges]
    peer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=pairs))
    peer.pre_tokenizer = LEVEL(add_prefix_space=False)
    ranks = {ours.token(i): i for i in range(ours.vocab_size)}
    openai = tiktoken.Encoding(
        "ours", pat_str=_WORD.pattern, mergeable_ranks=ranks, special_tokens={}
    )
    ids = ours.encode(held_out)
    assert ids == peer.encode(held_out).ids == openai.encode_ordinary(held_out)
    contenders = {
        rust: lambda: peer.encode(held_out).ids,
        "tiktoken (Rust)": lambda: openai.encode_ordinary(held_out),
        "unmasked, empty cache": lambda: BPETokenizer(ours.merges).encode(held_out),
        "unmasked, filled cache": lambda: ours.encode(held_out),
    }
    what = f"{len(held_out):,} characters, {ours.vocab_size:,} tokens; equal ids"
    rows += race("BPE: encoding", what, contenders, rust, given.rounds)
    finish(rows, given, "tokenizers", "tiktoken", "regex")


if __name__ == "__main__":
    main()
