# Built from book/chapters/10_transformer.md by `make chapters`: edit that file.
"""The Transformer of the 2017 paper: encoder, decoder, and one model of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .blocks import DecoderLayer, EncoderLayer, LayerNorm
from .embeddings import TokenEmbedding
from .masking import padding_mask
from .multihead import KeyValueCache
from .positions import SinusoidalPositions


@dataclass(frozen=True)
class TransformerConfig:
    """The sizes of a Transformer; the defaults are the paper's base model.

    Args:
        src_vocab_size, tgt_vocab_size: numbers of tokens.
        d_model, n_heads, n_layers, d_ff: width, heads, layers of each stack, and the
            width inside the feed-forward networks.
        max_len: the longest source or target.
        dropout: share set to zero in training.
        norm: "post" as published, or "pre".
        pad_id: the id that fills up short rows, in both vocabularies.
        tie_embeddings: the target's table is the output layer too.
        share_vocabulary: source and target use one table (one vocabulary for both).

    Raises: ValueError, naming the numbers, for sizes that do not fit together.
    Source: Vaswani et al. 2017, Table 3, row "base".
    """

    src_vocab_size: int
    tgt_vocab_size: int
    d_model: int = 512
    n_heads: int = 8
    n_layers: int = 6
    d_ff: int = 2048
    max_len: int = 512
    dropout: float = 0.1
    norm: str = "post"
    pad_id: int = 0
    tie_embeddings: bool = True
    share_vocabulary: bool = False

    def __post_init__(self) -> None:
        for name in ("n_layers", "max_len"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1: {getattr(self, name)}")
        smaller = min(self.src_vocab_size, self.tgt_vocab_size)
        if not 0 <= self.pad_id < smaller:
            raise ValueError(f"pad_id {self.pad_id} is not in a vocabulary of {smaller}")
        if self.share_vocabulary and self.src_vocab_size != self.tgt_vocab_size:
            raise ValueError(
                f"one vocabulary cannot have {self.src_vocab_size} and "
                f"{self.tgt_vocab_size} tokens"
            )


class DecoderCache(Protocol):
    """What chapter 12's cache offers: per layer, the keys and values kept so far."""

    length: int  # target tokens read
    layers: Sequence[tuple[KeyValueCache, KeyValueCache]]  # of itself, of memory


class Transformer(nn.Module):
    """Encoder and decoder: a source sentence and the target so far, to logits.

    Args: config, the sizes.
    Raises: ValueError for what the parts refuse.
    Source: Vaswani et al. 2017, §3 and Figure 1.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = c = config
        sizes = c.d_model, c.n_heads, c.d_ff, c.dropout, c.norm
        self.tgt_embedding = TokenEmbedding(c.tgt_vocab_size, c.d_model)
        self.src_embedding = self.tgt_embedding
        if not c.share_vocabulary:
            self.src_embedding = TokenEmbedding(c.src_vocab_size, c.d_model)
        self.positions = SinusoidalPositions(c.d_model, c.max_len, c.dropout)
        self.encoder = nn.ModuleList(EncoderLayer(*sizes) for _ in range(c.n_layers))
        self.decoder = nn.ModuleList(DecoderLayer(*sizes) for _ in range(c.n_layers))
        norm = LayerNorm if c.norm == "pre" else nn.Identity
        self.encoder_norm, self.decoder_norm = norm(c.d_model), norm(c.d_model)
        self.head = None
        if not c.tie_embeddings:
            self.head = nn.Linear(c.d_model, c.tgt_vocab_size, bias=False)

    def encode(self, src: Int[Tensor, "B S"]) -> Float[Tensor, "B S d_model"]:
        """Read the source: ids (B, S), padded on the right, to memory (B, S, d)."""
        self._check("src", src)
        mask = padding_mask(src, self.config.pad_id)  # (B, 1, 1, S)
        x = self.positions(self.src_embedding(src))  # (B, S, d_model)
        for layer in self.encoder:
            x, _ = layer(x, mask)
        return self.encoder_norm(x)

    def decode(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S d_model"],
        memory_mask: Bool[Tensor, "B 1 1 S_all"] | None = None,
        cache: DecoderCache | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the token after each target position, (B, T, V).

        Args:
            tgt: ids (B, T), begin-of-sentence first, padded on the right; with a cache
                only those not yet read.
            memory: what encode returned.
            memory_mask: padding_mask of the source.
            cache: keys and values of earlier calls.
        """
        x, _ = self._decode(tgt, memory, memory_mask, cache=cache)
        return self.tgt_embedding.logits(x) if self.head is None else self.head(x)

    def forward(
        self, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T V"]:
        """Logits (B, T, V): at each target position, of the token after it."""
        mask = padding_mask(src, self.config.pad_id)
        return self.decode(tgt, self.encode(src), mask)

    @torch.no_grad()
    def cross_attention(
        self, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]
    ) -> Float[Tensor, "layers B h T S"]:
        """Where each target position looks in the source, in every layer and head."""
        mask = padding_mask(src, self.config.pad_id)
        _, weights = self._decode(tgt, self.encode(src), mask, need_weights=True)
        return torch.stack(weights)

    def _decode(self, tgt, memory, memory_mask, need_weights=False, cache=None):
        self._check("tgt", tgt)
        offset = 0 if cache is None else cache.length
        if offset:
            memory = memory[:, :0]  # its keys and values are in the cache
        x = self.positions(self.tgt_embedding(tgt), offset)  # (B, T, d_model)
        all_weights = []
        for n, layer in enumerate(self.decoder):
            kept = (None, None) if cache is None else cache.layers[n]
            x, weights = layer(
                x, memory, None, memory_mask, True, need_weights, *kept
            )
            all_weights.append(weights)
        return self.decoder_norm(x), all_weights

    def _check(self, name: str, ids: Tensor) -> None:
        if ids.dim() != 2 or ids.shape[1] == 0:
            raise ValueError(f"{name} must be (B, T), and is {tuple(ids.shape)}")
        real = ids != self.config.pad_id
        if (real[:, 1:] & ~real[:, :-1]).any():
            raise ValueError(f"{name} must be padded on the right")


__all__ = [
    "DecoderCache",
    "Transformer",
    "TransformerConfig",
]
