# Built from book/chapters/18_modern.md by `make chapters`: edit that file.
"""The block since 2018: RMSNorm, rotary positions, SwiGLU, grouped-query attention."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .blocks import FeedForward, LayerNorm
from .decoding import KeysAndValues, KVCache
from .gpt import GPT, GPTConfig
from .tokenization import BPETokenizer, invisible, split_specials


class RMSNorm(nn.Module):
    """Divide each token's features by their root mean square, then a learned gain.

    Args: d_model, features of a token; eps, added to the mean square, under the root.
    Attributes: weight, the gain, (d_model,).
    Raises: ValueError if d_model < 1 or eps <= 0.
    Source: Zhang and Sennrich 2019.
    """

    def __init__(self, d_model: int, eps: float = 1e-5) -> None:
        super().__init__()
        if d_model < 1 or eps <= 0:
            raise ValueError(
                f"RMSNorm needs d_model >= 1 and eps > 0, got {d_model} and {eps}"
            )
        self.d_model, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(
        self, x: Float[Tensor, "*batch d_model"]
    ) -> Float[Tensor, "*batch d_model"]:
        """Normalise over the last axis; ValueError if it is not d_model long."""
        if x.dim() < 1 or x.shape[-1] != self.d_model:
            raise ValueError(
                f"the last axis must be d_model = {self.d_model}: {tuple(x.shape)}"
            )
        # subtle: squares of half-precision numbers overflow above 255
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        scale = (wide.square().mean(dim=-1, keepdim=True) + self.eps).rsqrt()
        return (wide * scale).to(x.dtype) * self.weight


def _cos_sin(positions: Tensor, d_k: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the angles, each (T, d_k / 2)."""
    if d_k < 2 or d_k % 2:
        raise ValueError(f"d_k must be even, to make pairs, and is {d_k}")
    even = torch.arange(0, d_k, 2, dtype=torch.float64, device=positions.device)
    # subtle: in float32 an angle of 5000 is rounded by up to 0.0002 radians
    angles = positions.double()[:, None] / base ** (even / d_k)
    return angles.cos(), angles.sin()


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x[..., 0::2], x[..., 1::2]  # each (…, T, d_k / 2)
    turned = [first * cos - second * sin, first * sin + second * cos]
    return torch.stack(turned, dim=-1).flatten(-2)  # (…, T, d_k)


def rope(
    x: Float[Tensor, "*batch T d_k"], positions: Int[Tensor, " T"], base: float = 1e4
) -> Float[Tensor, "*batch T d_k"]:
    """Turn each pair of neighbouring features by an angle that grows with position.

    Args:
        x: queries or keys, (…, T, d_k); not values.
        positions: where the T tokens stand, (T,).
        base: pair i turns by positions / base^(2i / d_k) radians.

    Returns: (…, T, d_k), of the same lengths.
    Raises: ValueError if d_k is odd or the lengths differ.
    Source: Su et al. 2021.
    """
    if positions.shape != x.shape[-2:-1]:
        raise ValueError(f"{x.shape[-2]} tokens, positions {tuple(positions.shape)}")
    cos, sin = _cos_sin(positions, x.shape[-1], base)
    return _turn(x, cos.to(x), sin.to(x))


class RotaryPositions(nn.Module):
    """`rope` with its sines and cosines kept, for positions from an offset on.

    Args: d_k, width of a head; max_len, how many positions there are; base, as there.
    Raises: ValueError if d_k is odd or max_len < 1.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, d_k: int, max_len: int, base: float = 1e4) -> None:
        super().__init__()
        if max_len < 1:
            raise ValueError(f"max_len must be at least 1, and is {max_len}")
        # on the CPU even where the weights have no numbers yet (device "meta")
        cos, sin = _cos_sin(torch.arange(max_len, device="cpu"), d_k, base)
        self.register_buffer("cos", cos.float(), persistent=False)
        self.register_buffer("sin", sin.float(), persistent=False)

    def forward(
        self, x: Float[Tensor, "*batch T d_k"], offset: int = 0
    ) -> Float[Tensor, "*batch T d_k"]:
        """Turn queries or keys of positions offset … offset + T − 1.

        Raises: ValueError where the text is longer than max_len.
        """
        T, longest = x.shape[-2], len(self.cos)
        if offset < 0 or offset + T > longest:
            raise ValueError(
                f"{T} tokens from position {offset} on do not fit max_len = {longest}"
            )
        rows = slice(offset, offset + T)
        return _turn(x, self.cos[rows], self.sin[rows])


class SwiGLU(nn.Module):
    """A feed-forward network in which a gate decides what passes; no biases.

    Args: d_model, width of the tokens; d_ff, of the inner layer.
    Attributes: gate, up and down: W, V and W_2 of the paper.
    Raises: ValueError for a width below 1.
    Source: Shazeer 2020.
    """

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        if d_model < 1 or d_ff < 1:
            raise ValueError(f"widths must be at least 1: {d_model = }, {d_ff = }")
        self.gate = nn.Linear(d_model, d_ff, bias=False)
        self.up = nn.Linear(d_model, d_ff, bias=False)
        self.down = nn.Linear(d_ff, d_model, bias=False)

    def forward(
        self, x: Float[Tensor, "*batch d_model"]
    ) -> Float[Tensor, "*batch d_model"]:
        """Map each token by itself."""
        return self.down(F.silu(self.gate(x)) * self.up(x))


class GroupedQueryAttention(nn.Module):
    """Causal self-attention in which groups of query heads share keys and values.

    Args:
        d_model: width of the tokens.
        n_heads: number of query heads h; must divide d_model.
        n_kv_heads: number of heads of keys and of values; must divide n_heads. Query
            head i uses number i // (n_heads / n_kv_heads).
        rotary: turns queries and keys; None if the tokens know their places.

    Attributes: qkv, the three projections as one layer in this order; out, W^O.
    Raises: ValueError for numbers that do not divide.
    Source: Ainslie et al. 2023.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        rotary: RotaryPositions | None = None,
    ) -> None:
        super().__init__()
        if min(n_heads, n_kv_heads) < 1 or d_model % n_heads or n_heads % n_kv_heads:
            raise ValueError(
                f"n_kv_heads = {n_kv_heads} must divide n_heads = {n_heads}, and that "
                f"d_model = {d_model}"
            )
        self.n_heads, self.n_kv_heads, self.rotary = n_heads, n_kv_heads, rotary
        self.d_k = d_model // n_heads
        heads = n_heads + 2 * n_kv_heads
        self.qkv = nn.Linear(d_model, heads * self.d_k, bias=False)
        self.out = nn.Linear(d_model, d_model, bias=False)

    def forward(
        self, x: Float[Tensor, "B T d_model"], cache: KeysAndValues | None = None
    ) -> Float[Tensor, "B T d_model"]:
        """Attend to x, and to what the cache holds, which stands in front of it."""
        B, T, _ = x.shape
        h, g, before = self.n_heads, self.n_kv_heads, cache.length if cache else 0
        heads = self.qkv(x).view(B, T, h + 2 * g, self.d_k).transpose(1, 2)
        turning, value = heads.split([h + g, g], dim=1)  # (B, h + g, T, d_k), values
        if self.rotary is not None:
            turning = self.rotary(turning, before)
        query, key = turning.split([h, g], dim=1)
        if cache is not None:  # keys are kept as they were turned
            key, value = cache.update(key, value)  # (B, g, S, d_k)
        mixed = _attend(query, key, value)  # (B, h, T, d_k)
        return self.out(mixed.transpose(1, 2).flatten(2))


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    (B, h, T, d_k), (g, S) = query.shape, key.shape[1:3]
    if T == 1:  # the queries of a group are then rows that see the same keys
        query = query.reshape(B, g, h // g, d_k)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return mixed.reshape(B, h, T, d_k)
    mask = None
    if T < S:
        mask = torch.ones(T, S, dtype=torch.bool, device=query.device).tril(S - T)
    return F.scaled_dot_product_attention(
        query, key, value, mask, is_causal=T == S, enable_gqa=g < h
    )


@dataclass(frozen=True)
class ModernConfig(GPTConfig):
    """The sizes of a `ModernGPT`, and which of the four changes it has.

    Args:
        rms: RMSNorm instead of LayerNorm.
        rotary: queries and keys are turned; no table of positions.
        gated: SwiGLU instead of FeedForward; d_ff is then 8/3 · d_model by default.
        n_kv_heads: heads of keys and values; n_heads if not given.
        rope_base, eps: of the rotations; of the norms.

    The other arguments are GPTConfig's. Only pre-norm without biases and dropout.
    Raises: ValueError, naming the numbers, for sizes that do not fit together.
    """

    norm: str = "pre"
    bias: bool = False
    rms: bool = True
    rotary: bool = True
    gated: bool = True
    n_kv_heads: int | None = None
    rope_base: float = 1e4
    eps: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm != "pre" or self.bias or self.dropout:
            raise ValueError(
                "a modern block is pre-norm, without bias and dropout: "
                f"{self.norm = }, {self.bias = }, {self.dropout = }"
            )


class ModernLayer(nn.Module):
    """Pre-norm: x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, c: ModernConfig, rotary: RotaryPositions | None) -> None:
        super().__init__()
        heads = c.n_heads, c.n_kv_heads or c.n_heads
        self.norm1, self.norm2 = _norm(c), _norm(c)
        self.attention = GroupedQueryAttention(c.d_model, *heads, rotary)
        self.feed_forward = (
            SwiGLU(c.d_model, c.d_ff or round(8 / 3 * c.d_model))
            if c.gated
            else FeedForward(
                c.d_model, c.d_ff or 4 * c.d_model, 0.0, "gelu_tanh", bias=False
            )
        )

    def forward(
        self, x: Float[Tensor, "B T d_model"], cache: KeysAndValues | None = None
    ) -> Float[Tensor, "B T d_model"]:
        """Return x, changed by attention and by the feed-forward network."""
        x = x + self.attention(self.norm1(x), cache)
        return x + self.feed_forward(self.norm2(x))


def _norm(c: ModernConfig) -> nn.Module:
    return RMSNorm(c.d_model, c.eps) if c.rms else LayerNorm(c.d_model, c.eps, False)


class ModernGPT(GPT):
    """Chapter 14's GPT with another block: ids to logits, and it writes as GPT does.

    Args: config, the sizes and switches.
    Raises: ValueError for what the parts refuse.
    """

    config: ModernConfig

    def __init__(self, config: ModernConfig) -> None:
        super().__init__(config)
        c, rotary = config, None
        if c.rotary:
            self.positions = None
            rotary = RotaryPositions(c.d_model // c.n_heads, c.max_len, c.rope_base)
        self.layers = nn.ModuleList(ModernLayer(c, rotary) for _ in range(c.n_layers))
        self.final = _norm(c)
        adds = ("attention.out.weight", "feed_forward.down.weight")
        for name, weight in self.layers.named_parameters():
            if weight.dim() == 2:  # drawn as chapter 14 draws them
                shrink = (2 * c.n_layers) ** -0.5 if name.endswith(adds) else 1.0
                nn.init.normal_(weight, std=0.02 * shrink)

    def hidden(
        self, ids: Int[Tensor, "B T"], cache: KVCache | None = None
    ) -> Float[Tensor, "B T d_model"]:
        """The last block's output, normalised; arguments and errors as for GPT."""
        if ids.dim() != 2 or ids.numel() == 0:
            raise ValueError(f"ids must be (B, T), not empty: {tuple(ids.shape)}")
        x = self.tokens(ids)
        if self.positions is not None:
            x = self.positions(x, cache.length if cache else 0)
        for n, layer in enumerate(self.layers):  # x: (B, T, d_model)
            x = layer(x, cache.layers[n][0] if cache else None)
        return self.final(x)


def read_gguf(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read a GGUF file: its named values, and its tensors as float32.

    Raises: ImportError if the package gguf is missing; FileNotFoundError; ValueError
        if it is another kind of file.
    """
    try:
        import gguf
    except ImportError as error:
        raise ImportError("a .gguf file is read with `pip install gguf`") from error
    reader = gguf.GGUFReader(path)
    values = {name: field.contents() for name, field in reader.fields.items()}
    tensors = {
        t.name: torch.tensor(gguf.dequantize(t.data, t.tensor_type))
        for t in reader.tensors
    }
    return values, tensors


# our names for what is in a layer; queries, keys and values are one matrix here
_NAMES = {
    "attn_norm": "norm1",
    "attn_output": "attention.out",
    "ffn_norm": "norm2",
    "ffn_gate": "feed_forward.gate",
    "ffn_up": "feed_forward.up",
    "ffn_down": "feed_forward.down",
}


def load_smollm2(path: str | Path) -> tuple[ModernGPT, "ChatTokenizer"]:
    """SmolLM2 and its tokenizer from a GGUF file, in evaluation mode.

    Raises: ValueError for another kind of model, or a tensor that is missing, left over
        or of another shape, by name; and as `read_gguf`.
    """
    values, tensors = read_gguf(path)
    kinds = values.get("general.architecture"), values.get("tokenizer.ggml.pre")
    if kinds != ("llama", "smollm"):
        raise ValueError(f"{path} holds {kinds}, and not a llama with SmolLM's tokens")
    config = _config(values)
    with torch.device("meta"):  # shapes without numbers: nothing is drawn in vain
        model = ModernGPT(config)
    try:
        model.load_state_dict(_renamed(tensors, config.n_layers), assign=True)
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"the tensors of {path} do not fit: {error}") from error
    return model.eval(), ChatTokenizer.from_gguf(values)


def _config(values: dict[str, Any]) -> ModernConfig:
    def size(name: str) -> int:
        return int(values[f"llama.{name}"])

    return ModernConfig(
        len(values["tokenizer.ggml.tokens"]),
        size("context_length"),
        size("embedding_length"),
        size("attention.head_count"),
        size("block_count"),
        size("feed_forward_length"),
        n_kv_heads=size("attention.head_count_kv"),
        rope_base=float(values["llama.rope.freq_base"]),
        eps=float(values["llama.attention.layer_norm_rms_epsilon"]),
    )


def _renamed(tensors: dict[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    left = dict(tensors)
    weights = {
        "tokens.weight": left.pop("token_embd.weight"),
        "final.weight": left.pop("output_norm.weight"),
    }
    for n in range(n_layers):
        ours, theirs = f"layers.{n}", f"blk.{n}"
        for name, new in _NAMES.items():
            weights[f"{ours}.{new}.weight"] = left.pop(f"{theirs}.{name}.weight")
        qkv = [left.pop(f"{theirs}.attn_{part}.weight") for part in "qkv"]
        weights[f"{ours}.attention.qkv.weight"] = torch.cat(qkv)
    return weights | left  # what is left over is named as unexpected


_DIGIT = regex.compile(r"(\p{N})")


class ChatTokenizer(BPETokenizer):
    """Byte-level BPE with each digit by itself, and special tokens that come first.

    Args:
        merges, special_tokens: as for BPETokenizer.
        tokens: all tokens in the order of their ids, the special ones as text, the
            others as `visible` shows them. Bytes may be missing.

    Source: the tokenizer in SmolLM2's file.
    """

    def __init__(
        self,
        merges: Iterable[tuple[bytes, bytes]],
        special_tokens: Iterable[str],
        tokens: Sequence[str],
    ):
        super().__init__(merges, special_tokens)
        special = {token: tokens.index(token) for token in self.special_tokens}
        self.special_tokens, named = special, set(special)
        self._bytes = [t.encode() if t in named else invisible(t) for t in tokens]
        self._ids = {t: i for i, t in enumerate(self._bytes) if tokens[i] not in named}

    @classmethod
    def from_gguf(cls, values: dict[str, Any]) -> "ChatTokenizer":
        """From the values of a GGUF file."""
        named = "tokens", "token_type", "merges"
        tokens, kinds, pairs = (values[f"tokenizer.ggml.{name}"] for name in named)
        merges = (pair.split(" ") for pair in pairs)
        return cls(
            [(invisible(a), invisible(b)) for a, b in merges],
            [token for token, kind in zip(tokens, kinds, strict=True) if kind == 3],
            tokens,
        )

    def encode(self, text: str, special: bool = True) -> list[int]:
        """Return the ids; ValueError for a byte that the vocabulary lacks."""
        ids: list[int] = []
        parts = split_specials(text, self.special_tokens if special else ())
        for n, part in enumerate(parts):
            if n % 2:
                ids.append(self.special_tokens[part])
                continue
            for piece in _DIGIT.split(part):
                try:
                    ids += super().encode(piece, special=False)
                except KeyError as error:
                    raise ValueError(f"no token for {error} in {piece!r}") from None
        return ids


_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def chat_ids(
    tokenizer: ChatTokenizer, turns: Sequence[tuple[str, str]], system: str = _SYSTEM
) -> list[int]:
    """The ids of a conversation, up to where the assistant is to go on.

    Args:
        turns: pairs of who speaks ("user" or "assistant") and what is said. Marks in
            it are text like any other: nobody can open a turn from inside.
        system: what stands before the first turn.

    Source: the chat template in SmolLM2's file.
    """
    begin, end = (tokenizer.special_id(f"<|im_{x}|>") for x in ("start", "end"))
    feed = tokenizer.encode("\n")
    ids: list[int] = []
    for who, said in [("system", system), *turns]:
        ids += [begin, *tokenizer.encode(f"{who}\n{said}", special=False), end, *feed]
    return [*ids, begin, *tokenizer.encode("assistant\n")]


def answer(
    model: ModernGPT,
    tokenizer: ChatTokenizer,
    turns: Sequence[tuple[str, str]],
    max_new_tokens: int = 100,
    **how,
) -> str:
    """What the assistant says next, without its end mark; `how` as in continue_text."""
    ids, end = chat_ids(tokenizer, turns), tokenizer.special_id("<|im_end|>")
    start = torch.tensor([ids], device=model.tokens.weight.device)
    new = model.generate(start, max_new_tokens, stop_id=end, **how)[0, len(ids) :]
    return tokenizer.decode(i for i in new.tolist() if i != end)


__all__ = [
    "ChatTokenizer",
    "GroupedQueryAttention",
    "ModernConfig",
    "ModernGPT",
    "ModernLayer",
    "RMSNorm",
    "RotaryPositions",
    "SwiGLU",
    "answer",
    "chat_ids",
    "load_smollm2",
    "read_gguf",
    "rope",
]
