"""The figures of Part II: one query among keys, many heads, masks to try."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import traitlets

from .base import Figure, numbers, source

_TEMPERATURES = (0.01, 10.0)  # the ends of the slider in query.js
_LARGEST_MASK = 8  # more columns of readable numbers do not fit on a phone


class QueryAmongKeys(Figure):
    """Chapter 3: move a query among keys and see its weights and its answer.

    Args:
        keys: n key vectors of the plane, shape (n, 2), n from 1 to 8.
        labels: a name for each key.
        values: what each key hands over, shape (n,) or (n, d_v) with d_v up to 4; None
            shows weights only.
        query: where the query starts, (x, y).
        temperature: where the slider starts, from 0.01 to 10; every dot product is
            divided by it before the softmax (√d_k = √2 in the paper's formula).

    Raises:
        ValueError: a shape that disagrees, no key or too many, an empty label, a number
            that is infinite or NaN, a temperature outside the slider.

    The traits `query` and `temperature` follow the reader.
    Source: Vaswani et al. 2017, §3.2.1, Eq. 1, with d_k = 2 and a free temperature.
    """

    _esm, _css = source("query")
    points = traitlets.List().tag(sync=True)  # `keys` is taken by ipywidgets
    labels = traitlets.List().tag(sync=True)
    values = traitlets.List().tag(sync=True)
    query = traitlets.List().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        keys: Sequence[Sequence[float]],
        labels: Sequence[str],
        values: Sequence[Any] | None = None,
        query: Sequence[float] = (0.8, 0.3),
        temperature: float = 1.0,
    ) -> None:
        points = _rows(keys, "keys", width=2)
        if not 1 <= len(points) <= 8:
            raise ValueError(f"keys has {len(points)} rows; 1 to 8 can be drawn")
        given: list[list[float]] = []
        if values is not None:
            given = _rows([_row(each) for each in values], "values")
            if len(given) != len(points):
                raise ValueError(f"{len(given)} values for {len(points)} keys")
            if not 1 <= len(given[0]) <= 4:
                raise ValueError(
                    f"values have {len(given[0])} numbers each, not 1 to 4"
                )
        low, high = _TEMPERATURES
        if not low <= temperature <= high:
            raise ValueError(f"temperature {temperature} is outside {low} to {high}")
        super().__init__(
            points=points,
            labels=_tokens(labels, "labels", len(points)),
            values=given,
            query=_rows([query], "query", width=2)[0],
            temperature=float(temperature),
        )

    def _summary(self) -> str:
        width = len(self.values[0]) if self.values else 0
        return f"{len(self.points)} keys" + (f", d_v = {width}" if width else "")


class HeadViewer(Figure):
    """Chapter 4: which tokens each head looks at, query by query.

    Args:
        tokens: the S key tokens.
        weights: attention weights of one sentence, shape (h, T, S), h from 1 to 16;
            each row adds up to 1, or is all zeros where nothing was allowed. Kept to 4
            decimals.
        query_tokens: the T query tokens; the key tokens where they are not given.

    Raises:
        ValueError: no token or an empty one, weights that are not (h, T, S), a weight
            outside 0 to 1, a row with another sum (within 1e-3).

    Source: Vaswani et al. 2017, §3.2.2.
    """

    _esm, _css = source("heads")
    tokens = traitlets.List().tag(sync=True)
    query_tokens = traitlets.List().tag(sync=True)
    weights = traitlets.List().tag(sync=True)

    def __init__(
        self,
        tokens: Sequence[str],
        weights: Sequence[Sequence[Sequence[float]]],
        query_tokens: Sequence[str] | None = None,
    ) -> None:
        src = _tokens(tokens, "tokens")
        tgt = src if query_tokens is None else _tokens(query_tokens, "query_tokens")
        if not 1 <= len(weights) <= 16:
            raise ValueError(f"weights has {len(weights)} heads; 1 to 16 can be drawn")
        super().__init__(
            tokens=src,
            query_tokens=tgt,
            weights=[_head(n, head, tgt, src) for n, head in enumerate(weights)],
        )

    def _summary(self) -> str:
        t, s = len(self.query_tokens), len(self.tokens)
        return f"{len(self.weights)} heads, {t}×{s}"


class MaskPlayground(Figure):
    """Chapter 5: block keys in several ways and see who still influences whom.

    Args:
        tokens: T tokens, 2 to 8, each of them query and key.
        scores: scaled dot products before any mask, shape (T, T), kept to 2 decimals
            so that the numbers on the page can be computed again by hand.
        padding: positions that are padding at the start; the reader can change them.

    Raises:
        ValueError: too few or too many tokens or an empty one, scores that are not
            (T, T) or not finite, a padding position outside 0 to T - 1.
    """

    _esm, _css = source("masks")
    tokens = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    padding = traitlets.List().tag(sync=True)

    def __init__(
        self,
        tokens: Sequence[str],
        scores: Sequence[Sequence[float]],
        padding: Iterable[int] = (),
    ) -> None:
        words = _tokens(tokens, "tokens")
        n = len(words)
        if not 2 <= n <= _LARGEST_MASK:
            raise ValueError(f"{n} tokens; 2 to {_LARGEST_MASK} can be drawn")
        table = _rows(scores, "scores", width=n)
        if len(table) != n:
            raise ValueError(f"scores has {len(table)} rows for {n} tokens")
        places = sorted({int(place) for place in padding})
        for place in places:
            if not 0 <= place < n:
                raise ValueError(f"padding position {place} is outside 0 to {n - 1}")
        super().__init__(
            tokens=words,
            scores=[[round(score, 2) for score in row] for row in table],
            padding=places,
        )

    def _summary(self) -> str:
        return f"{len(self.tokens)} tokens, {len(self.padding)} padded"


def _tokens(tokens: Sequence[str], what: str, n: int | None = None) -> list[str]:
    """Return texts that can be seen, n of them where n is given."""
    texts = [str(token) for token in tokens]
    if not texts:
        raise ValueError(f"{what} is empty")
    for place, text in enumerate(texts):
        if not text.strip():
            raise ValueError(f"{what}[{place}] is an empty text")
    if n is not None and len(texts) != n:
        raise ValueError(f"{len(texts)} {what} for {n} keys")
    return texts


def _row(entry: Any) -> list[float]:
    """Return a vector as it is and a number as a vector of one."""
    return list(entry) if hasattr(entry, "__len__") else [entry]


def _rows(
    rows: Iterable[Iterable[Any]], what: str, width: int | None = None
) -> list[list[float]]:
    """Return finite numbers in rows of equal length, to 6 significant digits."""
    table = [[float(f"{float(value):.6g}") for value in row] for row in rows]
    for i, row in enumerate(table):
        wanted = len(table[0]) if width is None else width
        if len(row) != wanted:
            raise ValueError(f"{what}[{i}] has {len(row)} numbers, not {wanted}")
        for j, value in enumerate(row):
            if not math.isfinite(value):
                raise ValueError(f"{what}[{i}][{j}] is {value}: not a finite number")
    return table


def _head(
    number: int,
    rows: Sequence[Sequence[float]],
    queries: Sequence[str],
    keys: Sequence[str],
) -> list[list[float]]:
    """Check the weights of one head and round them."""
    where = f"weights[{number}]"
    table = [numbers(row, where) for row in rows]
    if len(table) != len(queries) or any(len(row) != len(keys) for row in table):
        raise ValueError(
            f"{where} must be {len(queries)} rows (queries) of {len(keys)} (keys)"
        )
    for i, row in enumerate(table):
        if any(row) and abs(sum(row) - 1) > 1e-3:
            raise ValueError(
                f"{where}: row {i} ({queries[i]!r}) sums to {sum(row):.4f}, not 1"
            )
    return [[round(value, 4) for value in row] for row in table]
