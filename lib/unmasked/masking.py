# Built from book/chapters/05_masking.md by `make chapters`: edit that file.
"""Masks that say who may attend to whom, and a tester for what leaks through."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def padding_mask(ids: Int[Tensor, "B S"], pad_id: int) -> Bool[Tensor, "B 1 1 S"]:
    """Forbid every query to attend to padding.

    Args:
        ids: token ids, (B, S), padded on either side.
        pad_id: the id that fills up short rows.

    Returns: boolean, (B, 1, 1, S): one row of keys per example, for all heads and
        queries. True = may be attended.
    Raises: ValueError if ids is not (B, S); TypeError if it does not hold integers.
    """
    if ids.dim() != 2:
        raise ValueError(f"ids must be (B, S), and its shape is {tuple(ids.shape)}")
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise TypeError(f"ids must be integers, and they are {ids.dtype}")
    return (ids != pad_id)[:, None, None, :]  # (B, 1, 1, S)


def causal_mask(
    T: int, S: int | None = None, device: torch.device | str | None = None
) -> Bool[Tensor, "T S"]:
    """Forbid every query to attend to what comes after it.

    With S > T the queries are the last T of S positions, as in decoding with a cache.

    Args:
        T: number of queries.
        S: number of keys; T if it is not given.

    Returns: boolean, (T, S); True = may be attended. The last row is all True.
    Raises: ValueError if T < 1 or S < T.
    Source: Vaswani et al. 2017, §3.2.3.
    """
    S = T if S is None else S
    if T < 1 or S < T:
        raise ValueError(f"causal_mask needs 1 <= T <= S, and got T = {T}, S = {S}")
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def combine(*masks: Bool[Tensor, "..."] | None) -> Bool[Tensor, "..."] | None:
    """Allow what every mask allows; None allows everything.

    Returns: the masks' conjunction, broadcast; None if all are None.
    Raises: TypeError if a mask is not boolean; ValueError if two do not broadcast.
    """
    given = [mask for mask in masks if mask is not None]
    if not given:
        return None
    for mask in given:
        if mask.dtype != torch.bool:
            raise TypeError(f"masks must be boolean, and one is {mask.dtype}")
    allowed = given[0]
    for mask in given[1:]:
        try:
            allowed = allowed & mask
        except RuntimeError:
            raise ValueError(
                f"masks {tuple(allowed.shape)} and {tuple(mask.shape)} do not broadcast"
            ) from None
    return allowed


def influence(
    model: Callable[[Tensor], Tensor], inputs: Tensor, vocab_size: int | None = None
) -> Float[Tensor, "T_out T_in"]:
    """How far each output position moves when one input position is replaced.

    Every position is replaced three times: ids by other ids, vectors by themselves
    plus noise of a tenth, once and ten times their own spread. All rows of the batch
    are replaced at once, so what leaks from row to row at one position is not seen.

    Args:
        model: maps inputs to outputs (B, T_out, …); called in the state it is in, so
            switch dropout off.
        inputs: token ids (B, T_in), or vectors (B, T_in, …).
        vocab_size: with ids, how many there are (at least 2).

    Returns: (T_out, T_in), float64, the largest absolute change over replacements,
        batch and features; 0 where no change was seen, inf where an output became NaN.
    Raises:
        TypeError: the inputs are boolean, or the model does not return a tensor.
        ValueError: ids come without vocab_size or outside it, an input or output is
            NaN, the output has no position axis, or it changes from call to call.
    """
    _check_inputs(inputs, vocab_size)
    with torch.no_grad():
        before = _answer(model, inputs)
        if before.isnan().any():
            raise ValueError("the model's output holds NaN before anything is replaced")
        if not torch.equal(before, _answer(model, inputs)):
            raise ValueError(
                "the model answers the same input differently: call model.eval()"
            )
        columns = []
        for t in range(inputs.shape[1]):
            moved = torch.zeros(before.shape[1], dtype=torch.float64)
            for other in _replacements(inputs, t, vocab_size):
                after = _answer(model, other)
                change = (after - before).abs().masked_fill(after == before, 0.0)
                change = change.nan_to_num(torch.inf, posinf=torch.inf)  # never hidden
                # (T_out,)
                change = change.transpose(0, 1).flatten(1).amax(dim=1)
                moved = torch.maximum(moved, change)
            columns.append(moved)
    return torch.stack(columns, dim=1)


def assert_causal(
    model: Callable[[Tensor], Tensor],
    inputs: Tensor,
    vocab_size: int | None = None,
    *,
    atol: float = 0.0,
) -> None:
    """Raise AssertionError, naming positions, if an output depends on a later input.

    Arguments and errors as for influence; ValueError as well if the model does not
    give one output position for each input position. A change of at most atol is let
    pass: 0 where masked scores are filled, more where rounding may differ.
    """
    moved = influence(model, inputs, vocab_size)
    T_out, T_in = moved.shape
    if T_out != T_in:
        raise ValueError(f"{T_in} input positions, and {T_out} outputs")
    leak = moved.triu(1)
    if (leak > atol).any():
        t, s = divmod(int(leak.argmax()), T_in)
        raise AssertionError(
            f"output {t} moves by {leak[t, s]:.3g} when input {s} is replaced"
        )


def _check_inputs(inputs: Tensor, vocab_size: int | None) -> None:
    if inputs.dim() < 2 or inputs.numel() == 0:
        raise ValueError(f"inputs must be (B, T, …), and are {tuple(inputs.shape)}")
    if inputs.dtype == torch.bool:
        raise TypeError("inputs must be ids or vectors, and they are boolean")
    if inputs.is_floating_point():
        if not inputs.isfinite().all():
            raise ValueError("the inputs hold NaN or infinity")
        return
    if vocab_size is None or vocab_size < 2:
        raise ValueError(f"token ids need vocab_size >= 2, and it is {vocab_size}")
    if not 0 <= int(inputs.min()) <= int(inputs.max()) < vocab_size:
        raise ValueError(
            f"ids from {inputs.min()} to {inputs.max()}, vocabulary of {vocab_size}"
        )


def _answer(model: Callable[[Tensor], Tensor], inputs: Tensor) -> Float[Tensor, "..."]:
    output = model(inputs.clone())  # a model may write into what it is given
    if not isinstance(output, Tensor):
        raise TypeError(f"the model must return a tensor, and returned {type(output)}")
    if output.dim() < 2:
        raise ValueError(f"outputs must be (B, T, …), and are {tuple(output.shape)}")
    return output.double().cpu()


def _replacements(inputs: Tensor, t: int, vocab_size: int | None) -> list[Tensor]:
    g = torch.Generator().manual_seed(t)
    spread = inputs.double().std().item() if inputs.numel() > 1 else 0.0
    others = []
    for scale in (0.1, 1.0, 10.0):
        other = inputs.clone()
        old = inputs[:, t]
        if vocab_size is not None and not inputs.is_floating_point():
            step = torch.randint(1, vocab_size, old.shape, generator=g)  # never 0
            other[:, t] = (old + step.to(old)) % vocab_size
        else:
            noise = torch.randn(old.shape, generator=g).to(old)
            other[:, t] = old + scale * (spread or 1.0) * noise
        others.append(other)
    return others


__all__ = [
    "assert_causal",
    "causal_mask",
    "combine",
    "influence",
    "padding_mask",
]
