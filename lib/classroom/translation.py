"""Emoji names as a translation task: batches, baselines, and scores by sacrebleu.

Chapter 12 translates them, and `recipes/emoji_translation.py` does so for two
languages, two splits and three seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import sacrebleu
import torch
from torch import Tensor

from classroom.corpora import emoji_names
from classroom.corpora.emoji_names import By
from unmasked.tokenization import BPETokenizer

SPECIAL = ("<pad>", "<bos>", "<eos>")


@dataclass(frozen=True)
class EmojiTranslation:
    """English emoji names into another language, with validation and test held out.

    Args:
        language: into which, "de" or another of EMOJI_LANGUAGES.
        by: how names were held out: "combination" or "base", see `emoji_names`.
        vocab_size: tokens of the one vocabulary for both languages.
    """

    language: str
    by: By = "combination"
    vocab_size: int = 1500

    @cached_property
    def train(self) -> list[tuple[str, str]]:
        """Pairs (English, other language) to learn from."""
        return self._pairs("train")

    @cached_property
    def held_out(self) -> list[tuple[str, str]]:
        """Pairs that are never trained on: validation and test split together."""
        return self._pairs("validation") + self._pairs("test")

    def _pairs(self, split) -> list[tuple[str, str]]:
        names = (name.names for name in emoji_names(split, self.by))
        return [(name["en"], name[self.language]) for name in names]

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of all pairs, so that a result can name its data."""
        return sha256(repr((self.train, self.held_out)).encode()).hexdigest()

    @cached_property
    def tokenizer(self) -> BPETokenizer:
        """Byte-pair encoding, trained on the training names of both languages."""
        text = "\n".join(name for pair in self.train for name in pair)
        return BPETokenizer.train(text, self.vocab_size, special_tokens=SPECIAL)

    @property
    def special_ids(self) -> tuple[int, int, int]:
        """The ids of padding, begin-of-sentence and end-of-sentence."""
        pad, bos, eos = (self.tokenizer.encode(token)[0] for token in SPECIAL)
        return pad, bos, eos

    def ids(self, names: Sequence[str], begin: bool = False) -> Tensor:
        """Names as ids, (B, T): with an end token, padded on the right.

        Args: begin, whether begin-of-sentence stands in front (targets).
        """
        pad, bos, eos = self.special_ids
        rows = [[bos] * begin + self.tokenizer.encode(n) + [eos] for n in names]
        longest = max(map(len, rows))
        return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])

    @cached_property
    def _training_ids(self) -> tuple[Tensor, Tensor, Tensor]:
        src, tgt = zip(*self.train, strict=True)
        sources, targets = self.ids(src), self.ids(tgt, begin=True)
        return sources, targets, (targets != self.special_ids[0]).sum(dim=1)

    def batch(self, generator: torch.Generator, size: int = 64) -> tuple[Tensor, ...]:
        """Draw source and target ids, (B, S) and (B, T), of names of similar length."""
        sources, targets, lengths = self._training_ids
        # lengths with noise, so that neighbours change from batch to batch
        noise = 2 * torch.rand(len(lengths), generator=generator)
        chunks = (lengths + noise).argsort().split(size)
        rows = chunks[int(torch.randint(len(chunks), (), generator=generator))]
        return tuple(self._trimmed(x[rows]) for x in (sources, targets))

    def _trimmed(self, ids: Tensor) -> Tensor:
        return ids[:, (ids != self.special_ids[0]).any(dim=0)]

    def text(self, ids: Sequence[int]) -> str:
        """The name that was written, without the special tokens."""
        special = self.special_ids
        return self.tokenizer.decode([i for i in ids if i not in special])

    def nearest_name(self, name: str) -> str:
        """The translation of the training name that shares most groups of 3 letters."""
        wanted = _threes(name)
        near = max(self._known, key=lambda k: len(wanted & k[0]) / len(wanted | k[0]))
        return near[1]

    @cached_property
    def _known(self) -> list[tuple[set[str], str]]:
        return [(_threes(english), other) for english, other in self.train]

    def baselines(self) -> dict[str, dict[str, float]]:
        """What copying the English, and the nearest training name, score."""
        english = [name for name, _ in self.held_out]
        return {
            "copy": self.scores(english),
            "nearest name": self.scores([self.nearest_name(n) for n in english]),
        }

    def scores(self, written: Sequence[str], pairs=None) -> dict[str, float]:
        """ChrF and BLEU (0 to 100) and the share of exact matches (0 to 1).

        Args: pairs, what was translated; the held-out pairs by default.
        Raises: ValueError if there is not one text for each pair.
        """
        pairs = self.held_out if pairs is None else pairs
        if len(written) != len(pairs):
            raise ValueError(f"{len(written)} texts for {len(pairs)} names")
        right = [other for _, other in pairs]
        exact = sum(a == b for a, b in zip(written, right, strict=True)) / len(right)
        return {
            "chrF": round(_CHRF.corpus_score(written, [right]).score, 1),
            "BLEU": round(_BLEU.corpus_score(written, [right]).score, 1),
            "exact": round(exact, 3),
        }


_CHRF, _BLEU = sacrebleu.CHRF(), sacrebleu.BLEU()


def signatures() -> dict[str, str]:
    """What sacrebleu asks to be printed beside its scores, so that they compare."""
    for metric in (_CHRF, _BLEU):  # a signature knows how many references were used
        metric.corpus_score(["a"], [["a"]])
    return {
        "chrF": str(_CHRF.get_signature()),
        "BLEU": str(_BLEU.get_signature()),
    }


def _threes(name: str) -> set[str]:
    padded = f" {name} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
