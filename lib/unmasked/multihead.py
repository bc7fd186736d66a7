# Built from book/chapters/04_multihead.md by `make chapters`: edit that file.
"""Multi-head attention: an explicit path that shows its weights, and a fused one."""

from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .attention import attention_weights


def split_heads(
    x: Float[Tensor, "B T d_model"], n_heads: int
) -> Float[Tensor, "B h T d_k"]:
    """Cut each token's vector into one piece per head.

    Args: x, (B, T, d_model); n_heads, the number of pieces h.
    Returns: (B, h, T, d_k), d_k = d_model / h; a view of x.
    Raises: ValueError if n_heads does not divide d_model.
    """
    B, T, d_model = x.shape
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"d_model = {d_model} does not divide into {n_heads} heads")
    pieces = x.view(B, T, n_heads, d_model // n_heads)  # (B, T, h, d_k)
    return pieces.transpose(1, 2)  # (B, h, T, d_k)


def merge_heads(x: Float[Tensor, "B h T d_k"]) -> Float[Tensor, "B T d_model"]:
    """Put the pieces of each token side by side again: undoes split_heads."""
    return x.transpose(1, 2).flatten(2)  # (B, T, h * d_k)


def _project(
    qkv: nn.Linear, query: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, ...]:
    if query is key and key is value:
        return qkv(query).chunk(3, dim=-1)  # one large product is faster than three
    weights = qkv.weight.chunk(3)
    biases = (None,) * 3 if qkv.bias is None else qkv.bias.chunk(3)
    return tuple(map(F.linear, (query, key, value), weights, biases))


def _allowed(
    mask: Tensor | None, query: Tensor, key: Tensor, is_causal: bool
) -> Tensor | None:
    T, S = query.shape[-2], key.shape[-2]
    if mask is not None:
        _check_mask(mask, (*query.shape[:2], T, S))
    if not is_causal or T == 1:  # a single query is the last one, and may see all
        return mask
    # the last query sees every key, whatever S is (chapter 5)
    causal = torch.ones(T, S, dtype=torch.bool, device=query.device).tril(S - T)
    return causal if mask is None else mask & causal


def _check(d_model: int, query: Tensor, key: Tensor, value: Tensor) -> None:
    for name, x in (("query", query), ("key", key), ("value", value)):
        if x.dim() != 3 or x.shape[-1] != d_model:
            raise ValueError(
                f"{name} must be (batch, length, d_model = {d_model}), "
                f"and is {tuple(x.shape)}"
            )
    if key.shape != value.shape or query.shape[0] != key.shape[0]:
        raise ValueError(
            f"query, key and value need one batch, key and value one length: "
            f"{tuple(query.shape)}, {tuple(key.shape)}, {tuple(value.shape)}"
        )


def _check_mask(mask: Tensor, shape: tuple[int, ...]) -> None:
    if mask.dtype != torch.bool:
        raise TypeError(
            f"the mask must be boolean (True = may be attended), and is {mask.dtype}"
        )
    sizes = zip(reversed(mask.shape), reversed(shape), strict=False)
    if mask.dim() > 4 or any(m not in (1, n) for m, n in sizes):
        raise ValueError(
            f"the mask {tuple(mask.shape)} does not broadcast to (B, h, T, S) = {shape}"
        )


@runtime_checkable
class KeyValueCache(Protocol):
    """What a layer's cache must do: keep keys and values, give back all of them."""

    def update(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append (B, h, T, d_k) and (B, h, T, d_v); return all so far, (B, h, S, …)."""
        ...


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in a subspace of its own.

    Args:
        d_model: width of the tokens; h · d_k in the paper.
        n_heads: number of heads h; must divide d_model.
        dropout: share of the weights set to zero in training.
        bias: whether the four projections have biases.

    Attributes:
        qkv: W^Q, W^K and W^V as one layer, thirds in this order, heads side by side.
        out: W^O.

    Raises: ValueError if d_model % n_heads != 0 or dropout is outside [0, 1).
    Source: Vaswani et al. 2017, §3.2.2.
    """

    def __init__(
        self, d_model: int, n_heads: int, dropout: float = 0.0, bias: bool = True
    ) -> None:
        super().__init__()
        if d_model < 1 or n_heads < 1 or d_model % n_heads:
            raise ValueError(f"n_heads = {n_heads} does not divide d_model = {d_model}")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout must be in [0, 1), and is {dropout}")
        self.d_model, self.n_heads, self.dropout = d_model, n_heads, dropout
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.out = nn.Linear(d_model, d_model, bias=bias)

    def forward(
        self,
        query: Float[Tensor, "B T d_model"],
        key: Float[Tensor, "B S d_model"],
        value: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        is_causal: bool = False,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "B T d_model"], Float[Tensor, "B h T S_all"] | None]:
        """Attend from query to key, and average value.

        Args:
            query, key, value: (B, T or S, d_model); the same tensor three times for
                self-attention.
            mask: boolean, broadcastable to (B, h, T, S); True = may be attended. S
                counts the keys in the cache too.
            is_causal: the last query sees every key, the one before it all but the
                last, and so on, besides what the mask says.
            need_weights: take the explicit path and return the weights.
            cache: keeps the keys and values of earlier calls; they stand in front.

        Returns:
            Output (B, T, d_model); the weights (B, h, T, S), or None on the fused
            path. A query that may attend to nothing gets zeros from every head.

        Raises: ValueError if a shape does not fit, TypeError for a mask that is not
            boolean.
        """
        _check(self.d_model, query, key, value)
        projected = _project(self.qkv, query, key, value)
        q, k, v = (split_heads(x, self.n_heads) for x in projected)
        if cache is not None:
            k, v = cache.update(k, v)
        p = self.dropout if self.training else 0.0
        if need_weights:
            weights = attention_weights(q, k, _allowed(mask, q, k, is_causal))
            heads = F.dropout(weights, p) @ v  # (B, h, T, d_k)
            return self.out(merge_heads(heads)), weights
        # the fused kernel knows the triangle of a square, and needs no mask for it
        square = is_causal and mask is None and q.shape[-2] == k.shape[-2]
        allowed = None if square else _allowed(mask, q, k, is_causal)
        heads = F.scaled_dot_product_attention(q, k, v, allowed, p, square)
        return self.out(merge_heads(heads)), None


__all__ = [
    "KeyValueCache",
    "MultiHeadAttention",
    "merge_heads",
    "split_heads",
]
