"""Your own functions at work in the book's models.

    use_mine()                 every answer of yours that passed, from now on
    use_mine("layer-norm")     one of them
    use_ours()                 the book's own again

An answer that passed its check takes the place of the function in `unmasked` that does
the same. Where there is none, it does not pass (any more), or it fails on what a model
gives it, the book's own function works in its place, and you are told.
"""

import ast
import functools
import importlib
import inspect
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .exercises import load
from .exercises.diagnose import grade
from .exercises.model import Note
from .exercises.progress import right_answer

Function = Callable[..., Any]


@dataclass(frozen=True)
class Plug:
    """Where an answer goes: a module, the name in it, and what makes the one fit.

    Args:
        place: "masking.causal_mask", or "blocks.LayerNorm.forward" for a method.
        fit: (the answer, the book's function) → what stands in the book's place.
    """

    place: str
    fit: Callable[[Function, Function], Function] = lambda mine, ours: mine


def _causal_mask(mine: Function, ours: Function) -> Function:
    return lambda T, S=None, device=None: mine(T, S).to(device or "cpu")


def _sinusoids(mine: Function, ours: Function) -> Function:
    return lambda max_len, d_model: torch.as_tensor(mine(max_len, d_model)).float()


def _layer_norm(mine: Function, ours: Function) -> Function:
    def forward(self: Any, x: Tensor) -> Tensor:
        bias = torch.zeros_like(self.weight) if self.bias is None else self.bias
        return mine(x, self.weight, bias, self.eps)

    return forward


def _feed_forward(mine: Function, ours: Function) -> Function:
    def forward(self: Any, x: Tensor) -> Tensor:
        plain = self.activation is F.relu and self.up.bias is not None
        if not plain or (self.training and self.dropout.p):
            return ours(self, x)  # the exercise knows neither GELU nor dropout
        up, down = self.up, self.down
        return mine(x, up.weight.T, up.bias, down.weight.T, down.bias)

    return forward


def _merge_heads(mine: Function, ours: Function) -> Function:
    return lambda x: mine(x, torch.eye(x.shape[1] * x.shape[3], dtype=x.dtype))


def _lstm_step(mine: Function, ours: Function) -> Function:
    def forward(self: Any, x: Tensor, state: Any) -> Any:
        bias = self.bias_ih + self.bias_hh
        h, c = mine(x, *state, self.weight_ih, self.weight_hh, bias)
        return h, (h, c)

    return forward


def _noam(mine: Function, ours: Function) -> Function:
    def schedule(step: int, d_model: int, warmup: int = 4000, factor: float = 1.0):
        return factor * mine(step - 1, d_model, warmup)  # the exercise counts from 0

    return schedule


def _smoothed(mine: Function, ours: Function) -> Function:
    def loss(logits: Tensor, targets: Tensor, smoothing=0.0, ignore_id=None):
        skipped = -1 if ignore_id is None else ignore_id
        n = int((targets != skipped).sum())
        return mine(logits, targets, smoothing, skipped) * n, n

    return loss


def _next_token(mine: Function, ours: Function) -> Function:
    def loss(logits: Tensor, ids: Tensor, pad_id: int | None = None):
        skipped = -1 if pad_id is None else pad_id
        n = int((ids[:, 1:] != skipped).sum())
        return mine(logits, ids, skipped) * n, n

    return loss


PLUGS = {
    "lstm-step": Plug("recurrence.LSTMCell.forward", _lstm_step),
    "causal-mask": Plug("masking.causal_mask", _causal_mask),
    "padding-mask": Plug("masking.padding_mask"),
    "combine-masks": Plug("masking.combine"),
    "split-heads": Plug("multihead.split_heads"),
    "merge-heads": Plug("multihead.merge_heads", _merge_heads),
    "bpe-merge": Plug("tokenization.merge_pair"),
    "sinusoidal-encoding": Plug("positions.sinusoidal_encoding", _sinusoids),
    "layer-norm": Plug("blocks.LayerNorm.forward", _layer_norm),
    "feed-forward": Plug("blocks.FeedForward.forward", _feed_forward),
    "warm-up": Plug("training.noam_schedule", _noam),
    "smoothed-loss": Plug("training.label_smoothing_loss", _smoothed),
    "lm-loss": Plug("gpt.next_token_loss", _next_token),
    "mask-tokens": Plug("bert.mask_tokens"),
    "mean-pool": Plug("bert.mean_pool"),
}
_replaced: dict[str, tuple[Function, Function]] = {}  # id: (the book's, what stands)


def use_mine(identifier: str | None = None, answer: Function | None = None) -> Note:
    """Put answers that passed in the place of the book's functions.

    Args:
        identifier: an exercise's id; every exercise that has a place if not given.
        answer: with an identifier, the function; the last one that passed, from the
            progress file, if not given. It is checked again.

    Returns: a note that says of each whose function is at work now.
    Raises: LookupError for an exercise whose answer has no place in the package.
    """
    if identifier is not None and identifier not in PLUGS:
        raise LookupError(
            f"{identifier!r} has no place in the package; these have: "
            + ", ".join(PLUGS)
        )
    if identifier is not None:
        return Note(f"- {_plug(identifier, answer)}")
    passed = [name for name in PLUGS if right_answer(name)]
    said = [f"- {_plug(name, None)}" for name in passed]
    if waiting := [name for name in PLUGS if name not in passed]:
        said.append(f"- not passed yet, so the book's own: {', '.join(waiting)}")
    return Note("\n".join(said))


def use_ours() -> Note:
    """Put the book's own functions back."""
    for name, (ours, stands) in list(_replaced.items()):
        _put(PLUGS[name].place, stands, ours)
        del _replaced[name]
    return Note("The book's own functions are at work.")


def _plug(name: str, answer: Function | None) -> str:
    place = f"`unmasked.{PLUGS[name].place}`"
    if answer is None and not right_answer(name):
        return f"{place}: the book's own ({name} is not passed yet)"
    mine = answer or _remembered(name)
    if mine is None or not grade(load(name), mine).passed:
        alone = "" if answer else f' by itself: try `use_mine("{name}", yours)`'
        return f"{place}: the book's own (your {name} does not pass its check{alone})"
    if name in _replaced:
        _put(PLUGS[name].place, _replaced[name][1], _replaced[name][0])
    ours = _found(PLUGS[name].place)
    stands = _guarded(PLUGS[name].fit(mine, ours), ours, name)
    _put(PLUGS[name].place, ours, stands)
    _replaced[name] = ours, stands
    return f"{place}: **yours**, from {name}"


def _remembered(name: str) -> Function | None:
    """The function that passed, made from its source with the usual imports."""
    source = right_answer(name)
    usual: dict[str, Any] = {"np": np, "torch": torch, "F": F, "nn": nn, "math": math}
    try:
        exec(source, usual)
        written = ast.parse(source).body[0]
    except Exception:  # it needs something from the notebook that it came from
        return None
    return usual.get(getattr(written, "name", ""))  # whatever name it was given


def _guarded(mine: Function, ours: Function, name: str) -> Function:
    """Your function; the book's from the first error on, with a warning."""
    failed = False

    @functools.wraps(ours)
    def work(*args: Any, **kwargs: Any) -> Any:
        nonlocal failed
        if not failed:
            try:
                return mine(*args, **kwargs)
            except Exception as error:
                failed = True
                warnings.warn(
                    f"your {name} failed in the model ({type(error).__name__}: "
                    f"{error}); the book's own goes on",
                    stacklevel=2,
                )
        return ours(*args, **kwargs)

    return work


def _owner(place: str) -> tuple[Any, str]:
    module, *path, last = place.split(".")
    owner: Any = importlib.import_module(f"unmasked.{module}")
    for part in path:
        owner = getattr(owner, part)
    return owner, last


def _found(place: str) -> Function:
    owner, last = _owner(place)
    return getattr(owner, last)


def _put(place: str, old: Function, new: Function) -> None:
    """Replace a function where it is defined, and where modules imported it."""
    owner, last = _owner(place)
    setattr(owner, last, new)
    if inspect.ismodule(owner):
        for name, module in list(sys.modules.items()):
            if name.startswith("unmasked.") and getattr(module, last, None) is old:
                setattr(module, last, new)
