"""Sentence pairs: read, held out, encoded and put into batches."""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from classroom.corpora import multi30k, multi30k_digest
from classroom.corpora.splits import SPLITS, draw
from unmasked.tokenization import BPETokenizer

SPECIAL = PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
Pairs = list[tuple[str, str]]


def lines_of(path: Path) -> list[str]:
    """The lines of a UTF-8 text, without blanks at their ends."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}") from None
    if not text.strip():
        raise ValueError(f"{path} is empty")
    # subtle: `splitlines` would also split at characters that occur within a line
    return [line.strip(" \r") for line in text.removesuffix("\n").split("\n")]


def read_table(path: Path) -> Pairs:
    """Pairs from lines of two columns, source TAB target; empty lines are skipped."""
    pairs = []
    for n, line in enumerate(lines_of(path), start=1):
        columns = line.split("\t")
        if line and len(columns) != 2:
            raise ValueError(
                f"{path}, line {n}: {len(columns)} column(s), and a line needs 2, "
                f"source TAB target: {line[:60]!r}"
            )
        if line:
            pairs.append((columns[0].strip(), columns[1].strip()))
    return pairs


def read_parallel(source: Path, target: Path) -> Pairs:
    """Pairs from two texts, the same line of each."""
    sources, targets = lines_of(source), lines_of(target)
    if len(sources) != len(targets):
        raise ValueError(
            f"{source} has {len(sources)} lines and {target} has {len(targets)}: "
            "line n of one must be the translation of line n of the other"
        )
    return list(zip(sources, targets, strict=True))


def split_pairs(pairs: Pairs, held_out: float) -> dict[str, Pairs]:
    """Hold out sources, by a hash; all pairs of one source lie in one split."""
    pairs = [pair for pair in pairs if all(pair)]
    sources = sorted({source for source, _ in pairs}, key=draw)
    each = max(1, round(len(sources) * held_out / 2))
    if len(sources) < 2 * each + 1:
        raise ValueError(
            f"{len(sources)} different sources are too few: {each} are to choose on, "
            f"{each} to test, and some must be left to train on"
        )
    place = dict.fromkeys(sources, "train")
    place |= dict.fromkeys(sources[:each], "validation")
    place |= dict.fromkeys(sources[each : 2 * each], "test")
    return {split: [p for p in pairs if place[p[0]] == split] for split in SPLITS}


def read_data(options: argparse.Namespace, held_out: float) -> tuple[dict, dict]:
    """The three splits, and what a results file says about them."""
    texts = options.source_text, options.target_text
    if any(texts) and (options.pairs or not all(texts)):
        raise ValueError("give --pairs, or --source-text and --target-text, or neither")
    if options.pairs or all(texts):
        read = read_table(options.pairs) if options.pairs else read_parallel(*texts)
        splits = split_pairs(read, held_out)
        name = (options.pairs or texts[0]).name
        digest = hashlib.sha256(json.dumps(read).encode()).hexdigest()
    else:
        splits: dict[str, Pairs] = {split: multi30k(split) for split in SPLITS}
        name, digest = "Multi30k task 1, English to German", multi30k_digest()
    sizes = {split: len(pairs) for split, pairs in splits.items()}
    return splits, {"name": name, "sha256": digest, "pairs": sizes}


class Encoded:
    """Pairs as ids: padded (n, S) and (n, T), on the device, and their lengths.

    A source ends with end-of-sentence; a target begins and ends with a special token.
    Pairs longer than max_len are left out.
    """

    def __init__(self, pairs: Pairs, tokenizer: BPETokenizer, max_len: int, device):
        rows = [(encode(tokenizer, s), encode(tokenizer, t)) for s, t in pairs]
        bos, pad = tokenizer.special_id(BOS), tokenizer.special_id(PAD)
        rows = [(s, [bos, *t]) for s, t in rows if max(len(s), len(t)) <= max_len]
        if not rows:
            raise ValueError(f"none of {len(pairs)} pairs is at most {max_len} tokens")
        self.left_out = len(pairs) - len(rows)
        self.lengths = np.array(
            [(len(s), len(t) - 1) for s, t in rows]
        )  # read, written
        self.src, self.tgt = (
            pad_sequence([torch.tensor(row[n]) for row in rows], True, pad).to(device)
            for n in (0, 1)
        )

    def batch(self, rows: Tensor, widths: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Sources (B, S) and targets (B, T + 1), no wider than needed."""
        return self.src[rows, : widths[0]], self.tgt[rows, : widths[1] + 1]


def encode(tokenizer: BPETokenizer, text: str) -> list[int]:
    """The ids of a text, whatever it holds, and end-of-sentence."""
    return [*tokenizer.encode(text, special=False), tokenizer.special_id(EOS)]


class Batches:
    """Rows of pairs of similar length: what a step sees depends on (seed, step) alone.

    So it does not matter whether a run was interrupted, nor for how many processes a
    batch is shared out.

    Args:
        lengths: (n, 2), tokens of source and target.
        batch_tokens: rows times the longer of the two widths, at most.
    """

    def __init__(self, lengths: np.ndarray, batch_tokens: int, seed: int):
        self.lengths, self.seed = lengths, seed
        longest = int(lengths.max())
        if longest > batch_tokens:
            raise ValueError(
                f"batch_tokens {batch_tokens}; a pair has {longest} tokens"
            )
        widths = lengths[self._order(0)].max(axis=1)
        self.cuts, width = [0], 0
        for n, length in enumerate(widths.tolist()):
            width = max(width, length)
            if (n + 1 - self.cuts[-1]) * width > batch_tokens:
                self.cuts.append(n)
                width = length
        self.cuts.append(len(lengths))
        self._epoch = -1

    def __len__(self) -> int:
        return len(self.cuts) - 1  # the same in each epoch: lengths come in one order

    def _order(self, epoch: int) -> np.ndarray:
        noise = np.random.default_rng([self.seed, epoch, 0]).random(len(self.lengths))
        source, target = self.lengths.T
        return np.lexsort((noise, source, target))

    def __call__(self, step: int) -> np.ndarray:
        """The rows of a step, which counts from 1."""
        epoch, n = divmod(step - 1, len(self))
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._order(epoch)
            shuffled = np.random.default_rng([self.seed, epoch, 1])
            self._places = shuffled.permutation(len(self))
        place = self._places[n]
        return self._rows[self.cuts[place] : self.cuts[place + 1]]
