"""The figures of Part III: merges, a map of words, positions, gradients by layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from .base import Figure, numbers, source

_MOST_WORDS, _MOST_MERGES = 200, 2000
_MOST_POINTS, _MOST_GROUPS = 2000, 8  # words.js has a shape for each of 8 groups
_LARGEST_TABLE = 128  # positions and dimensions that can be told apart on a screen
_NORMS, _PATHS = ("post", "pre"), ("residual", "plain")


class MergeStepper(Figure):
    """Chapter 6: apply the merges of byte-pair encoding one at a time.

    The reader can put words of their own in the place of those given.

    Args:
        words: what is cut into tokens, up to 200 different words, repeated ones shown
            once with their number; or a text, whose words keep the space in front.
        merges: pairs (left, right) in the order in which they were learned, up to
            2000. Pairs of `bytes`: words start as UTF-8 bytes. Pairs of `str`: words
            start as characters.
        step: how many merges are applied at the start.

    Raises:
        ValueError: no word or too many, an empty word; no merge or too many, an empty
            part, bytes mixed with text, a part that is longer than one byte or
            character and made by no earlier merge; a step outside the merges.
        TypeError: a part that is neither `bytes` nor `str`.

    The trait `step` follows the reader.
    Source: Sennrich, Haddow and Birch 2016, Algorithm 1; on bytes, Radford et al. 2019.
    """

    _esm, _css = source("merges")
    words = traitlets.List().tag(sync=True)
    merges = traitlets.List().tag(sync=True)  # bytes as hexadecimal digits
    in_bytes = traitlets.Bool().tag(sync=True)
    step = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        words: Sequence[str] | str,
        merges: Iterable[tuple[bytes, bytes] | tuple[str, str]],
        step: int = 0,
    ) -> None:
        split = re.findall(r"\s*\S+", words) if isinstance(words, str) else words
        given = [str(word) for word in split]
        if not 1 <= len(set(given)) <= _MOST_WORDS:
            raise ValueError(
                f"{len(set(given))} different words; 1 to {_MOST_WORDS} can be shown"
            )
        if "" in given:
            raise ValueError(f"words[{given.index('')}] is empty")
        pairs = [tuple(pair) for pair in merges]
        if not 1 <= len(pairs) <= _MOST_MERGES:
            raise ValueError(f"{len(pairs)} merges; 1 to {_MOST_MERGES} can be shown")
        if not 0 <= step <= len(pairs):
            raise ValueError(f"step {step} is outside 0 to {len(pairs)}")
        in_bytes = isinstance(pairs[0][0], bytes)
        super().__init__(
            words=given, merges=_merges(pairs), in_bytes=in_bytes, step=int(step)
        )

    def _summary(self) -> str:
        return f"{len(set(self.words))} words, {len(self.merges)} merges"


class EmbeddingMap(Figure):
    """Chapter 7: word vectors brought down to a plane, with search and neighbours.

    Args:
        points: a place for each of n words, shape (n, 2), n from 1 to 2000; kept to 4
            significant digits. Both axes are drawn to the same scale.
        words: n words; the first ones get their names on the map first.
        groups: a group for each word, such as its language, up to 8 of them; None
            draws all words alike.
        neighbours: for each word the indices of its nearest neighbours in the full
            space, nearest first, computed before the vectors were brought down to two
            dimensions; None takes distances on the map, and says so.
        word: the word that is chosen at the start.

    Raises:
        ValueError: a shape or length that disagrees, too many words or groups, an
            empty text, a number that is infinite or NaN, a neighbour that is outside 0
            to n - 1 or the word itself, a `word` that is not among the words.

    The trait `selected` is the index of the chosen word, -1 for none.
    """

    _esm, _css = source("words")
    points = traitlets.List().tag(sync=True)
    words = traitlets.List().tag(sync=True)
    groups = traitlets.List().tag(sync=True)
    neighbours = traitlets.List().tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)

    def __init__(
        self,
        points: Any,
        words: Sequence[str],
        groups: Sequence[str] | None = None,
        neighbours: Sequence[Sequence[int]] | None = None,
        word: str | None = None,
    ) -> None:
        places = np.asarray(points, dtype=float)
        if places.ndim != 2 or places.shape[1] != 2:
            raise ValueError(f"points has shape {places.shape}, not (n, 2)")
        n = len(places)
        if not 1 <= n <= _MOST_POINTS:
            raise ValueError(f"{n} points; 1 to {_MOST_POINTS} can be drawn")
        for i, place in enumerate(places):
            if not np.isfinite(place).all():
                raise ValueError(f"points[{i}] is {place.tolist()}: not finite")
        names = _texts(words, "words", n)
        kinds = [] if groups is None else _texts(groups, "groups", n)
        if len(set(kinds)) > _MOST_GROUPS:
            raise ValueError(f"{len(set(kinds))} groups; {_MOST_GROUPS} can be drawn")
        if word is not None and word not in names:
            raise ValueError(f"word {word!r} is not among the words")
        super().__init__(
            points=[[float(f"{value:.4g}") for value in place] for place in places],
            words=names,
            groups=kinds,
            neighbours=[] if neighbours is None else _neighbours(neighbours, n),
            selected=-1 if word is None else names.index(word),
        )

    def _summary(self) -> str:
        groups = len(set(self.groups))
        return f"{len(self.words)} words" + (f", {groups} groups" if groups else "")


class PositionHeatMap(Figure):
    """Chapter 8: the sinusoidal encoding as a table, a curve, a circle, a dot product.

    The browser computes PE(pos, 2i) = sin(pos · ω_i) and PE(pos, 2i + 1) = cos(pos ·
    ω_i), ω_i = 10000^(-2i / d_model), also beyond the last row.

    Args:
        max_len: rows of the table, positions 0 to max_len - 1; 2 to 128.
        d_model: its columns, even, since sine and cosine come in pairs; 2 to 128.
        position: where the position's slider starts.
        pair: where the slider of the pair i starts, 0 to d_model / 2 - 1.
        offset: where the offset's slider starts, 0 to max_len - 1.

    Raises:
        ValueError: a size outside these limits, an odd d_model, a start outside its
            slider.

    The traits `position`, `pair` and `offset` follow the reader.
    Source: Vaswani et al. 2017, §3.5.
    """

    _esm, _css = source("positions")
    max_len = traitlets.Int().tag(sync=True)
    d_model = traitlets.Int().tag(sync=True)
    position = traitlets.Int().tag(sync=True)
    pair = traitlets.Int().tag(sync=True)
    offset = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        max_len: int = 64,
        d_model: int = 32,
        position: int = 0,
        pair: int = 0,
        offset: int = 1,
    ) -> None:
        for name, size in (("max_len", max_len), ("d_model", d_model)):
            if not 2 <= size <= _LARGEST_TABLE:
                raise ValueError(f"{name} {size} is outside 2 to {_LARGEST_TABLE}")
        if d_model % 2:
            raise ValueError(f"d_model {d_model} is odd: sines and cosines are paired")
        starts = (
            ("position", position, max_len),
            ("pair", pair, d_model // 2),
            ("offset", offset, max_len),
        )
        for name, start, end in starts:
            if not 0 <= start < end:
                raise ValueError(f"{name} {start} is outside 0 to {end - 1}")
        super().__init__(
            max_len=max_len,
            d_model=d_model,
            position=position,
            pair=pair,
            offset=offset,
        )

    def _summary(self) -> str:
        return f"{self.max_len} positions, d_model = {self.d_model}"


class BlockGradients(Figure):
    """Chapter 9: the gradient that reaches each layer, by norm, residual and depth.

    Args:
        data: gradient norms, layer 1 (beside the input) first, under keys such as
            "post/residual/8": "post" or "pre", "residual" or "plain", and the depth,
            which is the number of norms. All four combinations are needed at every
            depth that occurs. Kept to 3 significant digits; 0 is drawn without a bar.

    Raises:
        ValueError: no data, a key of another form, a combination that is missing,
            norms that are not one for each layer, a number that is negative, infinite
            or NaN, no number above 0 at all.
    """

    _esm, _css = source("layers")
    norms = traitlets.Dict().tag(sync=True)
    depths = traitlets.List().tag(sync=True)

    def __init__(self, data: Mapping[str, Sequence[float]]) -> None:
        depths = sorted({_depth(key) for key in data})
        if not depths:
            raise ValueError("data is empty")
        norms = {}
        for depth in depths:
            for key in (f"{norm}/{path}/{depth}" for norm in _NORMS for path in _PATHS):
                if key not in data:
                    raise ValueError(f"data lacks {key!r}")
                row = numbers(data[key], f"data[{key!r}]")
                if len(row) != depth:
                    raise ValueError(f"data[{key!r}] has {len(row)} norms, not {depth}")
                norms[key] = [float(f"{value:.3g}") for value in row]
        if not any(map(any, norms.values())):
            raise ValueError("data holds no norm above 0")
        super().__init__(norms=norms, depths=depths)

    def _summary(self) -> str:
        return f"depths {', '.join(map(str, self.depths))}"


def _merges(pairs: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    """Check the merges, in order, and write bytes as hexadecimal digits."""
    made: set[Any] = set()
    for i, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ValueError(f"merges[{i}] has {len(pair)} parts, not 2")
        for part in pair:
            if not isinstance(part, (bytes, str)):
                raise TypeError(f"merges[{i}]: {part!r} is neither bytes nor str")
            if isinstance(part, bytes) != isinstance(pairs[0][0], bytes):
                raise ValueError(f"merges[{i}] mixes bytes and text: {part!r}")
            if not part:
                raise ValueError(f"merges[{i}] has an empty part")
            if len(part) > 1 and part not in made:
                raise ValueError(f"merges[{i}]: no earlier merge makes {part!r}")
        made.add(pair[0] + pair[1])
    return [
        [part.hex() if isinstance(part, bytes) else part for part in pair]
        for pair in pairs
    ]


def _texts(values: Sequence[str], what: str, n: int) -> list[str]:
    """Return n texts that can be seen."""
    texts = [str(value) for value in values]
    if len(texts) != n:
        raise ValueError(f"{len(texts)} {what} for {n} points")
    for place, text in enumerate(texts):
        if not text.strip():
            raise ValueError(f"{what}[{place}] is an empty text")
    return texts


def _neighbours(rows: Sequence[Sequence[int]], n: int) -> list[list[int]]:
    """Check the neighbours of n words."""
    table = [[int(index) for index in row] for row in rows]
    if len(table) != n:
        raise ValueError(f"neighbours has {len(table)} rows for {n} words")
    for i, row in enumerate(table):
        for index in row:
            if not 0 <= index < n:
                raise ValueError(f"neighbours[{i}]: {index} is outside 0 to {n - 1}")
            if index == i:
                raise ValueError(f"neighbours[{i}] names the word itself")
    return table


def _depth(key: str) -> int:
    """Return the depth that a key such as "post/residual/8" ends with."""
    norm, path, depth, *more = [*str(key).split("/"), "", ""]
    if norm not in _NORMS or path not in _PATHS or any(more) or not depth.isdecimal():
        raise ValueError(f"data has the key {key!r}, which is not like 'pre/plain/8'")
    if int(depth) < 1:
        raise ValueError(f"data[{key!r}]: depth 0 has no layer")
    return int(depth)
