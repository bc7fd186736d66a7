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


def _names(mine: Function, ours: Function) -> Function:
    def table(kind: str, n_layers: int):
        rows = ours(kind, n_layers)  # the exercise knows GPT-2's names
        if kind != "gpt2":
            return rows
        return [row._replace(here=mine(row.there[0])) for row in rows]

    return table


def _rms_norm(mine: Function, ours: Function) -> Function:
    def forward(self: Any, x: Tensor) -> Tensor:
        return mine(x, self.weight, self.eps) if x.dim() == 3 else ours(self, x)

    return forward


def _rotary(mine: Function, ours: Function) -> Function:
    """Pair by pair, as heads of width 2 whose position is the angle: so any base fits,
    and which features make a pair is the model's affair. Some turn the other way.
    """
    quarter = mine(torch.tensor([[1.0, 0.0]]), torch.tensor([math.pi / 2]))
    way = 1 if quarter[0, 1] > 0 else -1
    if not torch.allclose(quarter, torch.tensor([[0.0, 1.0 * way]]), atol=1e-4):
        raise ValueError("it does not turn by a part of a radian")

    def forward(self: Any, x: Tensor, offset: int = 0) -> Tensor:
        if offset < 0 or offset + x.shape[-2] > len(self.cos):
            return ours(self, x, offset)  # which says why it cannot
        rows = slice(offset, offset + x.shape[-2])
        angles = way * torch.atan2(self.sin[rows], self.cos[rows])  # (T, d_k / 2)
        pairs = x.unflatten(-1, (-1, 2))  # (…, T, d_k / 2, 2)
        angles = angles.expand(pairs.shape[:-1]).flatten()
        return mine(pairs.reshape(-1, 2), angles).view(x.shape)

    return forward


def _swiglu(mine: Function, ours: Function) -> Function:
    def forward(self: Any, x: Tensor) -> Tensor:
        if x.dim() != 3:
            return ours(self, x)
        return mine(x, self.gate.weight.T, self.up.weight.T, self.down.weight.T)

    return forward


def _grouped(mine: Function, ours: Function) -> Function:
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return ours(query, key, value)  # in training all at once, with a mask
        T, S = query.shape[2], key.shape[2]
        seen = range(S - T + 1, S + 1)  # the exercise has no mask: one at a time
        rows = [
            mine(query[:, :, t : t + 1], key[:, :, :n], value[:, :, :n])
            for t, n in enumerate(seen)
        ]
        return torch.cat(rows, dim=2)

    return attend


def _chat(mine: Function, ours: Function) -> Function:
    usual = inspect.signature(ours).parameters["system"].default

    def ids(tokenizer: Any, turns: Any, system: str = usual) -> list[int]:
        if any("<|" in said for said in (system, *(said for _, said in turns))):
            return ours(tokenizer, turns, system)  # what looks like a mark is none
        return tokenizer.encode(mine(list(turns), system))

    return ids


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
    "published-name": Plug("checkpoints.name_table", _names),
    "rms-norm": Plug("modern.RMSNorm.forward", _rms_norm),
    "rotary-pairs": Plug("modern.RotaryPositions.forward", _rotary),
    "swiglu": Plug("modern.SwiGLU.forward", _swiglu),
    "grouped-attention": Plug("modern._attend", _grouped),
    "chat-template": Plug("modern.chat_ids", _chat),
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
    _no_shortcut()
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
        ours, stands = _replaced.pop(name)
        _put(PLUGS[name].place, stands, ours)
    ours = _found(PLUGS[name].place)
    try:
        fitted = PLUGS[name].fit(mine, ours)
    except Exception as error:
        return f"{place}: the book's own (your {name} does not fit there: {error})"
    stands = _guarded(fitted, ours, name)
    _put(PLUGS[name].place, ours, stands)
    _replaced[name] = ours, stands
    return f"{place}: **yours**, from {name}"


def _no_shortcut() -> None:
    """GPT writes by a step that calls none of its parts: not while one is replaced."""
    gpt: Any = importlib.import_module("unmasked.gpt")
    plain = getattr(gpt._is_plain, "__wrapped__", gpt._is_plain)

    @functools.wraps(plain)
    def is_plain(model: Any) -> bool:
        return not _replaced and plain(model)

    gpt._is_plain = is_plain


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
