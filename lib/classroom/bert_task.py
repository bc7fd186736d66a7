"""What chapter 13 reads: windows of documentation, and two labelled tasks in pieces."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from classroom.corpora import docs
from classroom.corpora.splits import Split
from classroom.corpora.tasks import classification, question_answering
from unmasked.bert import Bert
from unmasked.tokenization import (
    WordPieceTokenizer,
    apply_merges,
    basic_tokens,
    learn_merges,
)

PAD, UNK, CLS, SEP, MASK = SPECIAL = tuple(range(5))
# what chapter 13 and its recipe train with
SETTINGS = {
    "model": {"d_model": 64, "n_heads": 2, "n_layers": 2, "dropout": 0.0},
    "pre-training": {"steps": 1100, "lr": 8e-3, "short": 32, "long": 128,
                     "tokens": 2048, "share_long": 0.1, "std": 0.07},
    "package": {"labels": 200, "steps": 200, "lr": 2e-3, "batch": 16},
    "answer": {"steps": 400, "lr": 4e-3, "batch": 16, "longest": 40},
}  # fmt: skip


@dataclass(frozen=True)
class Questions:
    """Questions on a text, in pieces: [CLS] question [SEP] text [SEP].

    Attributes:
        ids, segments: (N, T), padded on the right; the text is segment 1.
        start, end: (N,), the answer's first and last piece.
        line: (N, T), true on the line of the text that begins with the name asked for.
        left_out: how many did not fit.
    """

    ids: Tensor
    segments: Tensor
    start: Tensor
    end: Tensor
    line: Tensor
    left_out: int


@dataclass
class BertTask:
    """The docs corpus in word pieces, and its labelled texts.

    Args:
        vocab_size: number of pieces; they are learnt on the first million characters.
        max_len: the longest row.

    Attributes: tokenizer; train and held, (N,), pieces of documents in a row, [SEP]
        after each.
    """

    vocab_size: int = 1000
    max_len: int = 128
    tokenizer: WordPieceTokenizer = field(init=False)
    train: Tensor = field(init=False)
    held: Tensor = field(init=False)

    def __post_init__(self) -> None:
        pieces = learn_pieces(_texts("train", 1_000_000), self.vocab_size)
        self.tokenizer = WordPieceTokenizer(pieces)
        self.train = self._stream(_texts("train", 3_000_000))
        self.held = self._stream(_texts("validation", 100_000))

    def _stream(self, texts: list[str]) -> Tensor:
        return torch.tensor([i for t in texts for i in self.tokenizer.encode(t)[1:]])

    def windows(self, stream: Tensor, starts: Tensor, T: int) -> Tensor:
        """Rows (B, T) of a stream, from [CLS] to [SEP], that begin at starts (B,)."""
        inside = stream[starts[:, None] + torch.arange(T - 2)]  # (B, T - 2)
        ends = torch.full((2, len(starts), 1), CLS)
        ends[1] = SEP
        return torch.cat([ends[0], inside, ends[1]], dim=1)

    def batch(self, generator: torch.Generator, T: int, size: int) -> Tensor:
        """A batch of windows (size, T) from anywhere in the training text."""
        last = len(self.train) - (T - 2)
        starts = torch.randint(last + 1, (size,), generator=generator)
        return self.windows(self.train, starts, T)

    def held_windows(self, T: int) -> Tensor:
        """The held-out text in windows side by side."""
        starts = torch.arange(0, len(self.held) - (T - 2) + 1, T - 2)
        return self.windows(self.held, starts, T)

    def packages(self, split: Split, size: int | None = None) -> tuple[Tensor, Tensor]:
        """Texts and the package each is from: ids (N, T) and labels (N,)."""
        examples = classification(split, size)
        rows = [self.tokenizer.encode(e.text)[: self.max_len] for e in examples]
        return pad(rows), torch.tensor([e.label for e in examples])

    def questions(self, split: Split) -> Questions:
        """All questions of a split that fit into max_len."""
        rows, sides, spans, lines = [], [], [], []
        examples = question_answering(split)
        for e in examples:
            name = e.question.split("`")[1]
            first = _line(e.context, name)
            cut = e.context.index(e.answer, first)
            after = e.context[cut + len(e.answer) :]
            texts = (e.context[:first], e.context[first:cut], e.answer)
            texts += (after.partition("\n")[0], "\n".join(after.partition("\n")[1:]))
            parts = [self.tokenizer.encode(text)[1:-1] for text in texts]
            asked = self.tokenizer.encode(e.question)
            row = [*asked, *(i for part in parts for i in part), SEP]
            if len(row) > self.max_len:
                continue
            ends = [len(asked)]
            for part in parts:
                ends.append(ends[-1] + len(part))
            rows.append(row)
            sides.append([0] * len(asked) + [1] * (len(row) - len(asked)))
            spans.append((ends[2], ends[3] - 1))
            lines.append([ends[1] <= t < ends[4] for t in range(len(row))])
        start, end = torch.tensor(spans).T
        left_out = len(examples) - len(rows)
        return Questions(pad(rows), pad(sides), start, end, pad(lines).bool(), left_out)


def learn_pieces(texts: Iterable[str], vocab_size: int) -> list[str]:
    """Make a vocabulary for WordPieceTokenizer: a text's most frequent pieces.

    Words are merged as a byte-level BPE of this size would merge them, and the pieces
    counted; the single characters are always in.

    Args: texts, in ASCII; vocab_size, the number of tokens to end with at most. Up to
        256, characters are all there is.
    Returns: the tokens; special ones stand first, [PAD] is 0.
    Raises: ValueError if not even the characters fit.
    """
    words = Counter(w for t in texts for w in basic_tokens(t) if w.isascii())
    merges = learn_merges(words, vocab_size)
    ranks = {(a.decode(), b.decode()): n for n, (a, b) in enumerate(merges)}
    counts = Counter[str]()
    for word, n in words.items():
        first, *others = apply_merges(list(word), ranks)
        for piece in (first, *(f"##{other}" for other in others)):
            counts[piece] += n
    letters = sorted({c for word in words for c in word})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    tokens += [f"##{c}" for c in letters if c.isalnum() or c == "_"]
    if vocab_size < len(tokens):
        raise ValueError(f"{len(tokens)} tokens are needed, and {vocab_size} allowed")
    ranked = [piece for piece, _ in counts.most_common() if piece not in set(tokens)]
    return tokens + ranked[: vocab_size - len(tokens)]


def pad(rows: list[list[int]]) -> Tensor:
    """Rows of any lengths as one tensor (N, T), filled up with 0 on the right."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for row, values in zip(ids, rows, strict=True):
        row[: len(values)] = torch.tensor(values)
    return ids


def span_f1(found: Tensor, right: Tensor) -> Tensor:
    """F1 of spans by their pieces, (N,), from (N, 2) first and last pieces, inside."""
    first, last = torch.maximum(found, right)[:, 0], torch.minimum(found, right)[:, 1]
    shared = (last - first + 1).clamp(min=0)
    lengths = (found[:, 1] - found[:, 0] + 1) + (right[:, 1] - right[:, 0] + 1)
    return 2 * shared / lengths


class Both(torch.optim.Optimizer):
    """Two optimisers as one, with one learning rate for both."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        self.param_groups = [group for part in parts for group in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none)

    def step(self, closure=None):  # pyright: ignore[reportIncompatibleMethodOverride]
        for part in self.parts:
            part.step()


def muon_and_adamw(bert: Bert, lr: float) -> Both:
    """Muon for the matrices inside the blocks, AdamW for all the rest."""
    inside = [p for p in bert.layers.parameters() if p.dim() == 2]
    known = {id(p) for p in inside}
    rest = [p for p in bert.parameters() if id(p) not in known]
    return Both(
        # scaled so that a learning rate of AdamW fits Muon too
        torch.optim.Muon(inside, lr, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr, betas=(0.9, 0.98), weight_decay=0.0),
    )


def _line(text: str, name: str) -> int:
    """Where the line on a parameter begins, in any of the three styles."""
    head = rf"^(?::param (?:\w+ )?)?{re.escape(name)}\b"
    found = re.search(head, text, re.MULTILINE)
    assert found is not None, (name, text)
    return found.start()


def _texts(split: Split, size: int) -> list[str]:
    """The first documents of a split, about `size` characters: a fair sample."""
    texts, total = [], 0
    for doc in docs(split):
        total += len(doc.text)
        if total > size:
            break
        texts.append(doc.text)
    return texts
