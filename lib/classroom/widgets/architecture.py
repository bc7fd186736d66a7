"""The figure of chapter 10: the model as a map, box by box."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import traitlets

from .base import Figure, source


@dataclass(frozen=True)
class Box:
    """One box of the map.

    Args:
        id: what it is called in the script; `column` and `row` say where it stands.
        title: what is written on it.
        says: what it does, a sentence or two.
        shape: of what leaves it, names of sizes between commas: "B, T, d_model".
        weights: the kind of parameters, which the script can count: "" for none.
        code: a line or two of Python.
        name: where the book builds it, "module.Name" in unmasked.
        section: of Vaswani et al. 2017.
        chapter: of this book.
        column, row: place on the map; 0 is the source's side, 1 the target's; row 0 is
            at the bottom.
    """

    id: str
    title: str
    says: str
    shape: str
    weights: str
    code: str
    name: str
    section: str
    chapter: int
    column: int
    row: int


def _norm(column: int, row: int, number: int) -> Box:
    side, length = (("encoder", "S"), ("decoder", "T"))[column]
    return Box(
        f"{side}-norm-{number}",
        "Add & norm",
        "Adds what the sub-layer found to what it was given, and brings every token "
        "to mean 0 and variance 1.",
        f"B, {length}, d_model",
        "norm",
        f"x = norm{number}(x + dropout(change))",
        "blocks.LayerNorm",
        "§3.1",
        9,
        column,
        row,
    )


def _feed_forward(column: int, row: int) -> Box:
    side, length = (("encoder", "S"), ("decoder", "T"))[column]
    return Box(
        f"{side}-feed-forward",
        "Feed-forward",
        "Two linear maps with a bend between them, for each token by itself; inside, "
        "a token is d_ff wide.",
        f"B, {length}, d_model",
        "feed_forward",
        "change = down(relu(up(x)))",
        "blocks.FeedForward",
        "§3.3, Eq. 2",
        9,
        column,
        row,
    )


def _ends(column: int) -> list[Box]:
    side, word, length = (("source", "src", "S"), ("target", "tgt", "T"))[column]
    extra = "" if column == 0 else ", shifted: the last token is never read"
    return [
        Box(
            f"{side}-ids",
            f"{side.capitalize()} ids",
            f"Whole numbers, padded on the right{extra}.",
            f"B, {length}",
            "",
            "src" if column == 0 else "tgt[:, :-1]",
            "transformer.Transformer",
            "§3.1" if column else "§3",
            10,
            column,
            0,
        ),
        Box(
            f"{side}-embedding",
            "Embedding",
            "Looks every id up in a table and multiplies by the root of d_model.",
            f"B, {length}, d_model",
            f"{side}_table",
            f"x = {word}_embedding({word})  # table[ids] * d_model**0.5",
            "embeddings.TokenEmbedding",
            "§3.4",
            7,
            column,
            1,
        ),
        Box(
            f"{side}-positions",
            "+ Positions",
            "Adds sines and cosines of each token's place. Nothing here is learned.",
            f"B, {length}, d_model",
            "",
            "x = x + pe[:T]" if column else "x = x + pe[:S]",
            "positions.SinusoidalPositions",
            "§3.5",
            8,
            column,
            2,
        ),
    ]


BOXES = (
    *_ends(0),
    Box(
        "encoder-self-attention",
        "Self-attention",
        "Every source token looks at every source token. Queries, keys and values are "
        "all made from x; the source's padding is masked. Its weights are "
        "(B, n_heads, S, S).",
        "B, S, d_model",
        "attention",
        "change, _ = attention(x, x, x, mask)",
        "multihead.MultiHeadAttention",
        "§3.2.2, §3.2.3",
        4,
        0,
        3,
    ),
    _norm(0, 4, 1),
    _feed_forward(0, 5),
    _norm(0, 6, 2),
    Box(
        "memory",
        "Memory",
        "What the last encoder layer makes. Every decoder layer reads it, and makes "
        "keys and values of its own from it.",
        "B, S, d_model",
        "",
        "memory = model.encode(src)",
        "transformer.Encoder",
        "§3.2.3",
        10,
        0,
        7,
    ),
    *_ends(1),
    Box(
        "decoder-self-attention",
        "Masked self-attention",
        "Every target token looks at itself and at those before it. Queries, keys and "
        "values are all made from x. Its weights are (B, n_heads, T, T).",
        "B, T, d_model",
        "attention",
        "change, _ = attention(x, x, x, is_causal=True)",
        "multihead.MultiHeadAttention",
        "§3.2.3",
        5,
        1,
        3,
    ),
    _norm(1, 4, 1),
    Box(
        "cross-attention",
        "Cross-attention",
        "The target asks, the source answers: queries from x, keys and values from "
        "memory; the source's padding is masked. Its weights are (B, n_heads, T, S).",
        "B, T, d_model",
        "attention",
        "change, weights = cross_attention(x, memory, memory, memory_mask)",
        "blocks.DecoderLayer",
        "§3.2.3",
        10,
        1,
        5,
    ),
    _norm(1, 6, 2),
    _feed_forward(1, 7),
    _norm(1, 8, 3),
    Box(
        "output",
        "Linear",
        "One logit for each token of the vocabulary: products with the target's table, "
        "which is used a second time (tied).",
        "B, T, V",
        "tied",
        "logits = x @ table.T",
        "transformer.Transformer",
        "§3.4",
        10,
        1,
        9,
    ),
    Box(
        "softmax",
        "Softmax",
        "Logits to probabilities of the token after each position. In training it "
        "stands inside the loss.",
        "B, T, V",
        "",
        "logits.softmax(dim=-1)",
        "transformer.Transformer",
        "§3.4",
        10,
        1,
        10,
    ),
)

# B, S, T, d_model, n_heads, d_ff, n_layers, V; the paper's table holds about 37,000
SIZES = {
    "speller": (64, 4, 9, 64, 4, 256, 2, 34),
    "base": (64, 30, 25, 512, 8, 2048, 6, 37_000),
    "big": (64, 30, 25, 1024, 16, 4096, 6, 37_000),
}
NAMES = ("B", "S", "T", "d_model", "n_heads", "d_ff", "n_layers", "V")


class Architecture(Figure):
    """Chapter 10: the boxes of the paper's Figure 1, each with shape, code and section.

    The drawing is this book's own. The reader chooses a model, lengths and a box.

    Args:
        model: "speller" (this chapter's), "base" or "big" (the paper's).
        box: id of the box that is open at the start.

    Raises:
        ValueError: there is no such model or box.

    Source: Vaswani et al. 2017, Figure 1 and Table 3.
    """

    _esm, _css = source("architecture")
    boxes = traitlets.List().tag(sync=True)
    sizes = traitlets.Dict().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    box = traitlets.Unicode().tag(sync=True)

    def __init__(self, model: str = "base", box: str = "cross-attention") -> None:
        ids = [each.id for each in BOXES]
        if model not in SIZES:
            raise ValueError(f"model {model!r} is not one of {', '.join(SIZES)}")
        if box not in ids:
            raise ValueError(f"box {box!r} is not one of {', '.join(ids)}")
        sizes: dict[str, Any] = {
            name: dict(zip(NAMES, values, strict=True))
            for name, values in SIZES.items()
        }
        super().__init__(
            boxes=[asdict(each) for each in BOXES], sizes=sizes, model=model, box=box
        )

    def _summary(self) -> str:
        return f"{len(self.boxes)} boxes, {self.model}"
