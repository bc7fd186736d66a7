# Built from book/chapters/03_attention.md by `make chapters`: edit that file.
"""Scaled dot-product attention, with a mask that may forbid a whole row."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def attention_weights(
    query: Float[Tensor, "*#batch T d_k"],
    key: Float[Tensor, "*#batch S d_k"],
    mask: Bool[Tensor, "..."] | None = None,
) -> Float[Tensor, "*#batch T S"]:
    """How much each query takes from each key: softmax of the scaled dot products.

    Args:
        query: what is asked, (*batch, T, d_k).
        key: what is compared, (*batch, S, d_k), of the query's dtype.
        mask: boolean, broadcastable to (*batch, T, S); True = may be attended.

    Returns:
        Weights, (*batch, T, S), in [0, 1]. A row adds up to 1, or is all zeros
        where the mask allows nothing.

    Raises:
        ValueError: an axis of one argument does not fit the other.
        TypeError: the dtypes differ or are not floating, or the mask is not boolean.

    Source: Vaswani et al. 2017, §3.2.1, Eq. 1 (without the values).
    """
    _check(query, key, mask)
    scores = query @ key.mT / math.sqrt(query.shape[-1])  # (*batch, T, S)
    if mask is None:
        return scores.softmax(dim=-1)
    # subtle: the lowest number instead of -inf, so that a row with nothing allowed
    # stays finite on the way forward and back; the second fill makes it zeros
    smallest = torch.finfo(scores.dtype).min
    weights = scores.masked_fill(~mask, smallest).softmax(dim=-1)
    return weights.masked_fill(~mask, 0.0)


def scaled_dot_product_attention(
    query: Float[Tensor, "*#batch T d_k"],
    key: Float[Tensor, "*#batch S d_k"],
    value: Float[Tensor, "*#batch S d_v"],
    mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "*#batch T d_v"], Float[Tensor, "*#batch T S"]]:
    """Average the values, each query with weights of its own.

    Args:
        query: what is asked, (*batch, T, d_k).
        key: what is compared, (*batch, S, d_k).
        value: what is handed over, (*batch, S, d_v).
        mask: boolean, broadcastable to (*batch, T, S); True = may be attended.

    Returns:
        Output (*batch, T, d_v) and weights (*batch, T, S). Where the mask allows a
        query nothing, its output and its weights are zeros.

    Raises:
        ValueError: an axis of one argument does not fit the other.
        TypeError: the dtypes differ or are not floating, or the mask is not boolean.

    Source: Vaswani et al. 2017, §3.2.1, Eq. 1.
    """
    _check_value(key, value)
    weights = attention_weights(query, key, mask)  # (*batch, T, S)
    return weights @ value, weights


def _check(query: Tensor, key: Tensor, mask: Tensor | None) -> None:
    for name, tensor in (("query", query), ("key", key)):
        if tensor.dim() < 2:
            raise ValueError(
                f"{name} needs at least two axes (length, d_k), "
                f"and its shape is {tuple(tensor.shape)}"
            )
        if not tensor.is_floating_point():
            raise TypeError(f"{name} must be floating, and is {tensor.dtype}")
    if query.dtype != key.dtype:
        raise TypeError(f"query is {query.dtype}, and key is {key.dtype}")
    if query.shape[-1] != key.shape[-1] or query.shape[-1] == 0:
        raise ValueError(
            f"the last axes of query and key (d_k) must be equal and not 0: "
            f"{query.shape[-1]} and {key.shape[-1]}"
        )
    batch = _broadcast("query and key", query.shape[:-2], key.shape[:-2])
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise TypeError(
            f"the mask must be boolean (True = may be attended), and is {mask.dtype}"
        )
    scores = (*batch, query.shape[-2], key.shape[-2])
    if _broadcast("mask and scores (…, T, S)", mask.shape, scores) != scores:
        raise ValueError(
            f"the mask {tuple(mask.shape)} has more rows than the scores {scores}"
        )


def _check_value(key: Tensor, value: Tensor) -> None:
    if value.dim() < 2 or value.shape[-2] != key.shape[-2]:
        raise ValueError(
            f"key {tuple(key.shape)} and value {tuple(value.shape)} must have the same "
            f"length S on their last axis but one"
        )
    if value.dtype != key.dtype:
        raise TypeError(f"key is {key.dtype}, and value is {value.dtype}")
    _broadcast("key and value", key.shape[:-2], value.shape[:-2])


def _broadcast(names: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return tuple(torch.broadcast_shapes(*shapes))
    except RuntimeError:
        listed = " and ".join(str(tuple(shape)) for shape in shapes)
        raise ValueError(f"{names} do not broadcast: {listed}") from None


__all__ = [
    "attention_weights",
    "scaled_dot_product_attention",
]
