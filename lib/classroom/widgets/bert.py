"""The figures of chapter 13: a word guessed from both sides, all heads of a BERT."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from .base import Figure, source

_MOST_TEXTS, _MOST_TOKENS, _MOST_MODELS = 12, 24, 3
_MOST_LAYERS, _MOST_HEADS = 12, 16
_LARGEST = 150_000  # characters of weights that a page may hold


class FillMask(Figure):
    """Chapter 13: hide one token of a text and see what a model puts there.

    The guesses are the models' own, computed beforehand; see `fill_each`.

    Args:
        texts: some texts, each a list of tokens as they are shown. A token that begins
            with "##" belongs to the one before it.
        guesses: name of a model → for each text, for each of its tokens, what
            `fill_each` found there, or None where nothing is to be guessed.
        text: the text to begin with, an index.
        place: the token that is hidden first; the first that can be, if None.

    Raises:
        ValueError: no text, no model, or too many; an empty token; guesses that do not
            fit to the texts; a text of which nothing can be hidden; a start outside.

    The traits `text` and `place` follow the reader.
    Source: Devlin et al. 2019, §3.1 (masked language model).
    """

    _esm, _css = source("fillmask")
    texts = traitlets.List().tag(sync=True)
    guesses = traitlets.Dict().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        texts: Sequence[Sequence[str]],
        guesses: Mapping[str, Sequence[Sequence[dict[str, Any] | None]]],
        text: int = 0,
        place: int | None = None,
    ) -> None:
        shown = _texts(texts)
        if not 1 <= len(guesses) <= _MOST_MODELS:
            raise ValueError(f"{len(guesses)} models; 1 to {_MOST_MODELS} can be shown")
        for name, all_of_one in guesses.items():
            sizes = [len(each) for each in all_of_one]
            if sizes != [len(tokens) for tokens in shown]:
                raise ValueError(
                    f"guesses of {name!r} are for texts of {sizes} tokens, not of "
                    f"{[len(tokens) for tokens in shown]}"
                )
        open_ = [
            [all(each[t][p] for each in guesses.values()) for p in range(len(tokens))]
            for t, tokens in enumerate(shown)
        ]
        for t, places in enumerate(open_):
            if not any(places):
                raise ValueError(f"texts[{t}]: none of its tokens has guesses")
        if not 0 <= text < len(shown):
            raise ValueError(f"text {text} is outside 0 to {len(shown) - 1}")
        place = open_[text].index(True) if place is None else place
        if not (0 <= place < len(open_[text]) and open_[text][place]):
            raise ValueError(f"place {place} of texts[{text}] has no guesses")
        super().__init__(
            texts=shown,
            guesses={
                str(name): [
                    [one if ok else None for one, ok in zip(row, oks, strict=True)]
                    for row, oks in zip(all_of_one, open_, strict=True)
                ]
                for name, all_of_one in guesses.items()
            },
            text=text,
            place=place,
        )

    def _summary(self) -> str:
        return f"{len(self.texts)} texts, {', '.join(self.guesses)}"


def fill_each(
    mlm_logits: Callable[[list[list[int]]], Any],
    ids: Sequence[int],
    tokens: Sequence[str],
    *,
    mask_id: int,
    special_ids: Iterable[int] = (),
    n: int = 8,
) -> list[dict[str, Any] | None]:
    """Hide every token of a text, one at a time, and note what a model puts there.

    Args:
        mlm_logits: ids (B, T), as lists → logits (B, T, V) of the masked-word head.
        ids: the text, T ids, with its special tokens.
        tokens: the text of each of the V tokens.
        mask_id: the id of [MASK].
        special_ids: tokens that are not hidden.
        n: how many guesses are kept.

    Returns:
        For each token None, or the n likeliest `tokens` with their `shares`, and the
        `share` and the `rank` (1 is the likeliest) of the token that stood there.

    Raises: ValueError for logits of another shape, or not finite.
    """
    given, special = [int(token) for token in ids], {int(each) for each in special_ids}
    places = [place for place, token in enumerate(given) if token not in special]
    hidden = [[*given[:place], mask_id, *given[place + 1 :]] for place in places]
    found: list[dict[str, Any] | None] = [None] * len(given)
    if not places:
        return found
    logits = mlm_logits(hidden)
    values = np.asarray(logits.detach() if hasattr(logits, "detach") else logits)
    shape = (len(places), len(given), len(tokens))
    if values.shape != shape:
        raise ValueError(f"logits have shape {values.shape}, not {shape}")
    if not np.isfinite(values).all():
        raise ValueError("a logit is not finite")
    for row, place in zip(values.astype(float), places, strict=True):
        weights = np.exp(row[place] - row[place].max())
        shares = weights / weights.sum()
        order = np.argsort(-shares, kind="stable")
        found[place] = {
            "tokens": [str(tokens[token]) for token in order[:n]],
            "shares": [float(f"{share:.3g}") for share in shares[order[:n]]],
            "share": float(f"{shares[given[place]]:.3g}"),
            "rank": int(np.flatnonzero(order == given[place])[0]) + 1,
        }
    return found


class HeadBrowser(Figure):
    """Chapter 13: all heads of all layers at a glance, and one of them in full.

    Args:
        texts: some texts, each a list of its T tokens.
        attention: for each text its attention weights, (layers, heads, T, T), rows are
            queries; each row adds up to 1, or is all zeros. They are kept as whole
            255ths, so a weight is off by 0.002 at most.
        layer, head: the head to begin with, counted from 1.

    Raises:
        ValueError: no text or too many, too many tokens, an empty one; weights of
            another shape, outside 0 to 1, rows with another sum (within 1e-3); more
            than 150 kB of them; a start outside.

    The traits `text`, `layer`, `head` and `query` follow the reader.
    Source: Vaswani et al. 2017, §3.2.2; Devlin et al. 2019, §3.
    """

    _esm, _css = source("headbrowser")
    texts = traitlets.List().tag(sync=True)
    weights = traitlets.List().tag(sync=True)  # base64 of bytes, layer by layer
    layers = traitlets.Int().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    text = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        texts: Sequence[Sequence[str]],
        attention: Sequence[Any],
        layer: int = 1,
        head: int = 1,
    ) -> None:
        shown = _texts(texts)
        if len(attention) != len(shown):
            raise ValueError(f"{len(attention)} attentions for {len(shown)} texts")
        arrays = [_array(each) for each in attention]
        layers, heads = arrays[0].shape[:2] if arrays[0].ndim == 4 else (0, 0)
        if not (1 <= layers <= _MOST_LAYERS and 1 <= heads <= _MOST_HEADS):
            raise ValueError(
                f"attention[0] has shape {arrays[0].shape}; 1 to {_MOST_LAYERS} layers "
                f"and 1 to {_MOST_HEADS} heads can be drawn"
            )
        packed = [
            _packed(n, array, (layers, heads, len(tokens), len(tokens)))
            for n, (array, tokens) in enumerate(zip(arrays, shown, strict=True))
        ]
        if (size := sum(map(len, packed))) > _LARGEST:
            raise ValueError(
                f"the weights take {size} characters, more than {_LARGEST}: show fewer "
                "or shorter texts"
            )
        for name, start, most in (("layer", layer, layers), ("head", head, heads)):
            if not 1 <= start <= most:
                raise ValueError(f"{name} {start} is outside 1 to {most}")
        super().__init__(
            texts=shown,
            weights=packed,
            layers=layers,
            heads=heads,
            layer=layer,
            head=head,
        )

    def _summary(self) -> str:
        return f"{len(self.texts)} texts, {self.layers} layers of {self.heads} heads"


def _texts(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return texts of 1 to 24 tokens that can be seen."""
    if not 1 <= len(texts) <= _MOST_TEXTS:
        raise ValueError(f"{len(texts)} texts; 1 to {_MOST_TEXTS} can be shown")
    shown = [[str(token) for token in tokens] for tokens in texts]
    for n, tokens in enumerate(shown):
        if not 1 <= len(tokens) <= _MOST_TOKENS:
            raise ValueError(
                f"texts[{n}] has {len(tokens)} tokens; 1 to {_MOST_TOKENS} can be shown"
            )
        for place, token in enumerate(tokens):
            if not token.strip():
                raise ValueError(f"texts[{n}][{place}] is an empty text")
    return shown


def _array(values: Any) -> np.ndarray:
    values = values.detach() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=float)


def _packed(number: int, weights: np.ndarray, shape: tuple[int, ...]) -> str:
    """Check the weights of one text and pack them, a byte for each."""
    where = f"attention[{number}]"
    if weights.shape != shape:
        raise ValueError(f"{where} has shape {weights.shape}, not {shape}")
    if not ((weights >= 0) & (weights <= 1 + 1e-6)).all():
        raise ValueError(f"{where}: a weight is not a number from 0 to 1")
    sums = weights.sum(-1)
    off = (abs(sums - 1) > 1e-3) & weights.any(-1)
    if off.any():
        layer, head, row = (int(n) for n in np.argwhere(off)[0])
        raise ValueError(
            f"{where}: layer {layer + 1}, head {head + 1}, row {row} sums to "
            f"{sums[layer, head, row]:.4f}, not 1"
        )
    whole = np.rint(255 * weights.clip(max=1)).astype(np.uint8)
    return b64encode(whole.tobytes()).decode("ascii")
