"""English numbers to German ones, as ids: the translation task of chapter 11."""

import re
from dataclasses import dataclass, field

import torch
from torch import Tensor

from classroom.corpora import number_words
from classroom.corpora.splits import SPLITS
from unmasked.masking import padding_mask
from unmasked.transformer import Transformer

PAD, BOS, EOS = 0, 1, 2
SPECIAL = ("<pad>", "<bos>", "<eos>")
# a joint word, or the shortest run of letters up to the next one
GERMAN = re.compile("hundert|tausend|und|.+?(?=hundert|tausend|und|$)")


def parts(pair: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Split ("thirty-five", "fünfunddreißig") into words and into parts of a word."""
    english, german = pair
    return re.findall("[a-z]+", english), GERMAN.findall(german)


@dataclass
class NumberTask:
    """Pairs of number words below a million, in rows of ids padded on the right.

    Args: size, test_size: how many pairs of the training and of the test split.
    Attributes:
        english, german: the vocabularies of the training split, <pad>, <bos> and <eos>
            first.
        train, validation, test: (source (N, S), target (N, T)); targets have <bos> and
            <eos>. Validation has half as many pairs as test.
    """

    size: int = 10_000
    test_size: int = 1_000
    english: list[str] = field(init=False)
    german: list[str] = field(init=False)
    train: tuple[Tensor, Tensor] = field(init=False)
    validation: tuple[Tensor, Tensor] = field(init=False)
    test: tuple[Tensor, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        sizes = self.size, self.test_size // 2, self.test_size
        train, validation, test = (
            [parts(pair) for pair in number_words(split, size=size)]
            for split, size in zip(SPLITS, sizes, strict=True)
        )
        self.english, self.german = (
            [*SPECIAL, *sorted({word for pair in train for word in pair[side]})]
            for side in (0, 1)
        )
        self.train, self.test = self.encode(train), self.encode(test)
        self.validation = self.encode(validation)

    def encode(self, pairs: list[tuple[list[str], list[str]]]) -> tuple[Tensor, Tensor]:
        """Ids of pairs that were split: source (B, S) and target (B, T)."""
        english = {word: n for n, word in enumerate(self.english)}
        german = {word: n for n, word in enumerate(self.german)}
        source = [[english[w] for w in en] for en, _ in pairs]
        target = [[BOS, *(german[w] for w in de), EOS] for _, de in pairs]
        return _padded(source), _padded(target)

    def batch(
        self, generator: torch.Generator, size: int = 64
    ) -> tuple[Tensor, Tensor]:
        """Draw training pairs, with no more padding than the longest of them needs."""
        source, target = self.train
        rows = torch.randint(len(source), (size,), generator=generator)
        return trimmed(source[rows]), trimmed(target[rows])

    def crossing(self, split: tuple[Tensor, Tensor]) -> dict[str, tuple[Tensor, ...]]:
        """Where tens and units change places: rows that end like "fünf und dreißig".

        Returns: "units" and "tens" → (row, target position, source position): the
            position of the decoder that writes that part, and the English word for it.
        """
        _, target = split
        english, german = ((ids != PAD).sum(dim=1) for ids in split)
        und = self.german.index("und")
        # … fünf und dreißig <eos>; position t writes token t + 1
        rows = (target.gather(1, german[:, None] - 3)[:, 0] == und).nonzero()[:, 0]
        english, german = english[rows], german[rows]
        return {
            "units": (rows, german - 5, english - 1),
            "tens": (rows, german - 3, english - 2),
        }

    def words(self, ids: Tensor) -> str:
        """German parts of one row, up to <eos>, joined."""
        written = [self.german[n] for n in ids.tolist() if n not in (PAD, BOS)]
        return "".join(written[: written.index("<eos>")] if EOS in ids else written)


@torch.no_grad()
def greedy(model: Transformer, source: Tensor, longest: int) -> Tensor:
    """Write the likeliest part, again and again: ids (B, longest)."""
    memory, real = model.encode(source), padding_mask(source, PAD)
    written = torch.full((len(source), 1), BOS)
    done = torch.zeros(len(source), dtype=torch.bool)
    for _ in range(longest - 1):
        best = model.decode(written, memory, real)[:, -1].argmax(dim=-1)
        best = best.masked_fill(done, PAD)  # nothing after the end
        written, done = torch.cat([written, best[:, None]], dim=1), done | (best == EOS)
    return written


def trimmed(ids: Tensor) -> Tensor:
    """Cut off the columns that hold nothing but padding."""
    return ids[:, : int((ids != PAD).sum(dim=1).max())]


def _padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
