# Built from book/chapters/10_transformer.md by `make chapters`: edit that file.
"""The Transformer of the 2017 paper: encoder, decoder, and one model of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
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
        for name in ("d_model", "n_heads", "n_layers", "d_ff", "max_len"):
            size = getattr(self, name)
            if size < 1:
                raise ValueError(f"{name} must be at least 1, and is {size}")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"n_heads = {self.n_heads} does not divide d_model = {self.d_model}"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be in [0, 1), and is {self.dropout}")
        if self.norm not in ("post", "pre"):
            raise ValueError(f"norm must be 'post' or 'pre', and is {self.norm!r}")
        sizes = self.src_vocab_size, self.tgt_vocab_size
        if not 0 <= self.pad_id < min(sizes):
            raise ValueError(f"pad_id {self.pad_id} is not in vocabularies of {sizes}")
        if self.share_vocabulary and sizes[0] != sizes[1]:
            raise ValueError(f"one vocabulary cannot have two sizes, {sizes}")


def _final_norm(config: TransformerConfig) -> nn.Module:
    return LayerNorm(config.d_model) if config.norm == "pre" else nn.Identity()


class Encoder(nn.Module):
    """A stack of encoder layers: vectors of the source to memory, what all of it means.

    Args: config, the sizes.
    Source: Vaswani et al. 2017, §3.1; pre-norm has one LayerNorm more at the end.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        c = config
        sizes = c.d_model, c.n_heads, c.d_ff, c.dropout, c.norm
        self.layers = nn.ModuleList(EncoderLayer(*sizes) for _ in range(c.n_layers))
        self.norm = _final_norm(c)

    def forward(
        self,
        x: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "B 1 1 S"] | None = None,
    ) -> Float[Tensor, "B S d_model"]:
        """Return memory, (B, S, d_model): the last layer's output, and no other's."""
        for layer in self.layers:
            x, _ = layer(x, mask)
        return self.norm(x)


class DecoderCache(Protocol):
    """What a cache offers (chapter 12): per layer, the keys and values so far."""

    @property
    def length(self) -> int:
        """Number of target tokens read so far."""
        ...

    @property
    def layers(self) -> Sequence[tuple[KeyValueCache, KeyValueCache]]:
        """One pair for each layer: of the target so far, and of memory."""
        ...


class Decoder(nn.Module):
    """A stack of decoder layers, each of which reads the same memory.

    Args: config, the sizes.
    Source: Vaswani et al. 2017, §3.1 and §3.2.3.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        c = config
        sizes = c.d_model, c.n_heads, c.d_ff, c.dropout, c.norm
        self.layers = nn.ModuleList(DecoderLayer(*sizes) for _ in range(c.n_layers))
        self.norm = _final_norm(c)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        memory_mask: Bool[Tensor, "B 1 1 S_all"] | None = None,
        need_weights: bool = False,
        cache: DecoderCache | None = None,
    ) -> tuple[Float[Tensor, "B T d_model"], list[Tensor | None]]:
        """Return the last layer's output, and each layer's cross-attention weights.

        Args:
            x: vectors of the target, (B, T, d_model).
            memory: the encoder's output, (B, S, d_model).
            memory_mask: which tokens of memory may be looked at.
            need_weights: whether the list holds weights (B, h, T, S), or None.
            cache: keys and values of earlier calls, memory's among them.
        """
        all_weights: list[Tensor | None] = []
        if cache is not None and cache.length:
            memory = memory[:, :0]  # its keys and values are in the cache
        for n, layer in enumerate(self.layers):
            kept = (None, None) if cache is None else cache.layers[n]
            x, weights = layer(x, memory, None, memory_mask, True, need_weights, *kept)
            all_weights.append(weights)
        return self.norm(x), all_weights


class Transformer(nn.Module):
    """Encoder and decoder: a source sentence and the target so far, to logits.

    Args: config, the sizes.
    Source: Vaswani et al. 2017, §3 and Figure 1.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = c = config
        self.tgt_embedding = TokenEmbedding(c.tgt_vocab_size, c.d_model)
        self.src_embedding = self.tgt_embedding
        if not c.share_vocabulary:
            self.src_embedding = TokenEmbedding(c.src_vocab_size, c.d_model)
        self.positions = SinusoidalPositions(c.d_model, c.max_len, c.dropout)
        self.encoder, self.decoder = Encoder(c), Decoder(c)
        self.head = None
        if not c.tie_embeddings:
            self.head = nn.Linear(c.d_model, c.tgt_vocab_size, bias=False)

    def encode(self, src: Int[Tensor, "B S"]) -> Float[Tensor, "B S d_model"]:
        """Read the source: ids (B, S), padded on the right, to memory (B, S, d_model).

        Raises: as forward, for src.
        """
        _check_ids("src", src, self.config)
        x = self.positions(self.src_embedding(src))  # (B, S, d_model)
        return self.encoder(x, padding_mask(src, self.config.pad_id))

    def decode(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S d_model"],
        memory_mask: Bool[Tensor, "B 1 1 S"] | None = None,
        cache: DecoderCache | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the token after each target position, (B, T, V).

        Args:
            tgt: ids (B, T), begin-of-sentence first, padded on the right; with a cache
                only those not yet read.
            memory: what encode returned, (B, S, d_model).
            memory_mask: padding_mask of the source, (B, 1, 1, S); None: no padding.
            cache: keys and values of earlier calls.

        Raises: as forward, for tgt; ValueError if memory or its mask does not fit tgt.
        """
        x, _ = _read_target(self, tgt, memory, memory_mask, cache=cache)
        return self.tgt_embedding.logits(x) if self.head is None else self.head(x)

    def forward(
        self, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T V"]:
        """Logits (B, T, V): at each target position, of the token after it.

        Raises:
            ValueError: ids are not (B, length), outside the vocabulary, longer than
                max_len, not padded on the right, or nothing but padding; or src and
                tgt are not of one batch.
            TypeError: ids are not integers.
        """
        memory = self.encode(src)  # (B, S, d_model), for every layer of the decoder
        return self.decode(tgt, memory, padding_mask(src, self.config.pad_id))

    @torch.no_grad()
    def cross_attention(
        self, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]
    ) -> Float[Tensor, "layers B h T S"]:
        """Where each target position looks in the source, in every layer and head."""
        memory, mask = self.encode(src), padding_mask(src, self.config.pad_id)
        _, weights = _read_target(self, tgt, memory, mask, need_weights=True)
        return torch.stack([w for w in weights if w is not None])


def _read_target(
    model: Transformer,
    tgt: Tensor,
    memory: Tensor,
    mask: Tensor | None,
    need_weights: bool = False,
    cache: DecoderCache | None = None,
) -> tuple[Tensor, list[Tensor | None]]:
    offset = 0 if cache is None else cache.length
    _check_ids("tgt", tgt, model.config, started=offset > 0)
    _check_memory(tgt, memory, mask, model.config)
    x = model.positions(model.tgt_embedding(tgt), offset)  # (B, T, d_model)
    return model.decoder(x, memory, mask, need_weights, cache)


def _check_ids(
    name: str, ids: Tensor, config: TransformerConfig, started: bool = False
) -> None:
    if ids.dim() != 2 or ids.numel() == 0:
        raise ValueError(f"{name} must be (B, length), and is {tuple(ids.shape)}")
    if ids.shape[1] > config.max_len:
        raise ValueError(
            f"{name} has {ids.shape[1]} tokens, and max_len is {config.max_len}"
        )
    real = ids != config.pad_id
    if (real[:, 1:] & ~real[:, :-1]).any():
        raise ValueError(f"{name} must be padded on the right: a token follows padding")
    if not started and not real[:, 0].all():
        row = int(real[:, 0].int().argmin())
        raise ValueError(f"row {row} of {name} is nothing but padding")


def _check_memory(
    tgt: Tensor, memory: Tensor, mask: Tensor | None, config: TransformerConfig
) -> None:
    B, d_model = len(tgt), config.d_model
    if memory.dim() != 3 or len(memory) != B or memory.shape[2] != d_model:
        raise ValueError(
            f"a target of {B} rows needs memory ({B}, S, {d_model}), "
            f"and it is {tuple(memory.shape)}"
        )
    if mask is not None and mask.shape != (B, 1, 1, memory.shape[1]):
        raise ValueError(
            f"memory {tuple(memory.shape)} needs a mask ({B}, 1, 1, "
            f"{memory.shape[1]}), and it is {tuple(mask.shape)}"
        )


__all__ = [
    "Decoder",
    "DecoderCache",
    "Encoder",
    "Transformer",
    "TransformerConfig",
]
