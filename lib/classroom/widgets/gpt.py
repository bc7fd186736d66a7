"""The figure of chapter 14: what a language model gives the next token."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from .base import Figure, source

_TEMPERATURES = [n / 10 for n in range(1, 21)]  # the slider's, without 0
_LISTED = 40  # tokens whose logits are kept; of the others only their sum
_MOST_PREFIXES, _MOST_STARTS = 1000, 12
_A_TOKEN = 0.5  # nats: what a longer prefix costs in `likely_prefixes`

Prefix = tuple[int, ...]


class NextToken(Figure):
    """Chapter 14: choose or draw the next token, with temperature, top-k and top-p.

    The logits are the model's own, computed beforehand for a tree of prefixes; the
    browser shapes the distribution: temperature first, then top-k, then top-p.

    Args:
        prefixes: for each prefix, a tuple of token ids, the logits (V,) of the token
            after it; see `likely_prefixes`. A prefix whose parent is not among them is
            one to start from. Logits are kept for the 40 likeliest tokens, to 4
            digits, and the sum of the others for each temperature.
        vocabulary: the text of each of the V tokens.
        temperature: where its slider starts, 0 to 2; 0 takes the likeliest token.
        top_k: where its slider starts, 0 to 40; 0 keeps all.
        top_p: where its slider starts, above 0, at most 1.

    Raises:
        ValueError: no prefix or too many, an empty one, too many to start from; logits
            that are not V numbers, or not finite; an id outside the vocabulary; a token
            without text; a start outside its slider.

    The traits `start` (an index), `added` (ids), `temperature`, `top_k` and `top_p`
    follow the reader.
    """

    _esm, _css = source("nexttoken")
    nodes = traitlets.Dict().tag(sync=True)  # "3,14" → ids, logits, rest
    starts = traitlets.List().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    vocab_size = traitlets.Int().tag(sync=True)
    temperatures = traitlets.List().tag(sync=True)
    start = traitlets.Int(0).tag(sync=True)
    added = traitlets.List().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)
    top_k = traitlets.Int().tag(sync=True)
    top_p = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        prefixes: Mapping[Prefix, Sequence[float]],
        vocabulary: Sequence[str],
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
    ) -> None:
        V = len(vocabulary)
        if not 1 <= len(prefixes) <= _MOST_PREFIXES:
            raise ValueError(
                f"{len(prefixes)} prefixes; 1 to {_MOST_PREFIXES} can be shown"
            )
        keys = [_ids(prefix, V) for prefix in prefixes]
        starts = [key for key in keys if key[:-1] not in set(keys)]
        if len(starts) > _MOST_STARTS:
            raise ValueError(
                f"{len(starts)} prefixes have no parent; at most {_MOST_STARTS}"
            )
        nodes = {
            _name(key): _node(key, logits, V)
            for key, logits in zip(keys, prefixes.values(), strict=True)
        }
        used = {id for key in keys for id in key}
        used |= {id for node in nodes.values() for id in node["ids"]}
        if not 0 <= temperature <= _TEMPERATURES[-1]:
            raise ValueError(
                f"temperature {temperature} is outside 0 to {_TEMPERATURES[-1]}"
            )
        listed = min(_LISTED, V - 1)
        if not 0 <= top_k <= listed:
            raise ValueError(f"top_k {top_k} is outside 0 to {listed}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p {top_p} is not above 0 and at most 1")
        super().__init__(
            nodes=nodes,
            starts=[list(key) for key in starts],
            texts={str(id): _text(vocabulary, id) for id in sorted(used)},
            vocab_size=V,
            temperatures=_TEMPERATURES,
            temperature=round(float(temperature), 1),
            top_k=int(top_k),
            top_p=float(top_p),
        )

    def _summary(self) -> str:
        return f"{len(self.starts)} starts, {len(self.nodes)} prefixes"


def likely_prefixes(
    next_logits: Callable[[Prefix], Any],
    starts: Iterable[Sequence[int]],
    n: int = 80,
    ways: int = 8,
) -> dict[Prefix, list[float]]:
    """The n prefixes nearest to the greedy text from each start, and what follows them.

    A token adds to the distance by how many nats it lies below the likeliest one of its
    place, and half a nat for being one token more.

    Args:
        next_logits: ids so far → the logits (V,) of the next token.
        starts: what the texts begin with, ids.
        n: how many prefixes for each start, the start itself among them.
        ways: how many continuations of a prefix are looked at.

    Returns: prefix → logits, as `NextToken` takes them.
    """
    found: dict[Prefix, list[float]] = {}
    for start in starts:
        heap: list[tuple[float, Prefix]] = [(0.0, tuple(map(int, start)))]
        for _ in range(n):
            distance, prefix = heapq.heappop(heap)
            logits = np.asarray(next_logits(prefix), dtype=float)
            found[prefix] = logits.tolist()
            for token in np.argsort(-logits, kind="stable")[:ways].tolist():
                step = _A_TOKEN + logits.max() - logits[token]
                heapq.heappush(heap, (distance + step, (*prefix, token)))
    return found


def _ids(prefix: Sequence[int], V: int) -> Prefix:
    ids = tuple(int(token) for token in prefix)
    if not ids:
        raise ValueError("a prefix is empty")
    for token in ids:
        if not 0 <= token < V:
            raise ValueError(f"prefix {ids}: {token} is outside 0 to {V - 1}")
    return ids


def _name(ids: Prefix) -> str:
    return ",".join(map(str, ids))


def _node(prefix: Prefix, logits: Sequence[float], V: int) -> dict[str, list]:
    """The likeliest tokens, their logits below the highest, and the others' sums."""
    values = np.asarray(logits, dtype=float)
    if values.shape != (V,):
        raise ValueError(
            f"prefix {prefix}: logits have shape {values.shape}, not {(V,)}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"prefix {prefix}: a logit is not finite")
    order = np.argsort(-values, kind="stable")
    below = values[order] - values.max()
    rest = [np.exp(below[_LISTED:] / t).sum() for t in _TEMPERATURES]
    return {
        "ids": order[:_LISTED].tolist(),
        "logits": [float(f"{value:.4g}") for value in below[:_LISTED]],
        "rest": [float(f"{value:.4g}") for value in rest],
    }


def _text(vocabulary: Sequence[str], token: int) -> str:
    text = str(vocabulary[token])
    if not text:
        raise ValueError(f"vocabulary[{token}] is an empty text")
    return text
