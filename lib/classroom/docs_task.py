"""Guess the next token of documentation: chapter 14's text, a shorter training."""

import hashlib
import math
from functools import cached_property, partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from unmasked.gpt import GPT, next_token_loss
from unmasked.tokenization import BPETokenizer
from unmasked.training import History, cosine_schedule, fit

from .corpora import docs

END = "<|endoftext|>"


class DocsTask:
    """About three million characters to train on, and 100,000 that are held out.

    Args:
        length: tokens in a window of training.
        batch: windows in a batch.

    Attributes: tokenizer, with 512 tokens; train and held, ids; held_bytes.
    """

    def __init__(self, length: int = 64, batch: int = 8) -> None:
        self.length, self.batch = length, batch
        held, text = self._documents("validation", 100_000), "\n\n\n"
        sample = text.join(self._documents("train", 1_000_000))
        self.tokenizer = BPETokenizer.train(sample, 512, [END])
        self.train = self._encoded(self._documents("train", 3_000_000))
        self.held = self._encoded(held)
        self.held_bytes = sum(len(document.encode()) for document in held)

    @staticmethod
    def _documents(split: Literal["train", "validation"], size: int) -> list[str]:
        texts = [doc.text for doc in docs(split)]
        return texts[: int(np.searchsorted(np.cumsum(list(map(len, texts))), size))]

    def _encoded(self, texts: list[str]) -> Tensor:
        encode, end = self.tokenizer.encode, self.tokenizer.special_id(END)
        return torch.tensor([i for text in texts for i in (end, *encode(text))])

    @cached_property
    def data_sha256(self) -> str:
        """SHA-256 of all ids, those to train on first."""
        ids = torch.cat([self.train, self.held])
        return hashlib.sha256(ids.numpy().tobytes()).hexdigest()

    def windows(self, generator: torch.Generator) -> Tensor:
        """A batch of windows of the training text, (B, T)."""
        last = len(self.train) - self.length + 1
        starts = torch.randint(last, (self.batch, 1), generator=generator)
        return self.train[starts + torch.arange(self.length)]

    def fit(self, model: GPT, steps: int, lr: float, seed: int, label: str) -> History:
        """Train with AdamW, 10 % warm-up and a cosine to 0; decay on matrices alone."""
        flat = [p for p in model.parameters() if p.dim() < 2]
        matrices = [p for p in model.parameters() if p.dim() >= 2]
        groups = [{"params": matrices}, {"params": flat, "weight_decay": 0.0}]
        return fit(
            model.train(),
            self.windows,
            lambda model, rows: next_token_loss(model(rows), rows),
            steps=steps,
            lr=lr,
            schedule=partial(cosine_schedule, steps=steps, warmup=steps // 10),
            optimiser=torch.optim.AdamW(
                groups, lr=lr, betas=(0.9, 0.95), weight_decay=0.1
            ),
            seed=seed,
            label=label,
        )

    @torch.no_grad()
    def losses(self, model: GPT, length: int | None = None) -> Tensor:
        """Nats of each held-out token, (windows, length - 1); windows share a token."""
        length = length or self.length
        rows, model = self.held.unfold(0, length, length - 1), model.eval()
        parts = []
        for part in rows.split(2048 // length):
            picked = model(part)[:, :-1].log_softmax(-1).gather(2, part[:, 1:, None])
            parts.append(-picked[:, :, 0])
        return torch.cat(parts)

    def bits_per_byte(self, nats: float) -> float:
        """Nats per held-out token as bits per byte of its text."""
        return nats / math.log(2) * len(self.held) / self.held_bytes
