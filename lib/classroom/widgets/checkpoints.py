"""The figure of chapter 16: where a published tensor goes, and what is done to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

import traitlets

from .base import Figure, source

# what is done to a tensor on its way, and what the figure says of it
DONE = {
    "renamed": "It gets our name. Nothing else is done to it.",
    "turned": "Stored as (in, out) by a Conv1D; our nn.Linear keeps (out, in).",
    "stacked": "Three tensors become one, in thirds: queries, keys, values.",
    "tied": "The table of tokens once more: compared with it, and not loaded.",
    "left out": "No weight but the causal mask, saved along with the weights.",
}
PARTS = ("tokens", "positions", "segments", "norm", "norm1", "attention", "norm2",
         "feed-forward", "final norm", "heads", "output")  # fmt: skip


class Tensor(NamedTuple):
    """A published tensor; "#" in a name or a part's stands for a block's number.

    Args:
        there, there_shape: published names (several where they are stacked), and the
            shape of each.
        here, here_shape: our name and shape; empty where there is none.
        done: a key of DONE.
        part: one of PARTS.
    """

    there: tuple[str, ...]
    there_shape: tuple[int, ...]
    here: str
    here_shape: tuple[int, ...]
    done: str
    part: str


class NameTable(Figure):
    """Chapter 16: pick a published tensor, and see what becomes of it.

    Args:
        checkpoints: name → number of blocks, the parts of the model in the order in
            which they work, and its tensors; see `tensor_rows`.

    Raises: ValueError: no checkpoint; no block; a part or a `done` that is not known; a
        part without a tensor, or a tensor of a part that is not listed; numbers that
        do not add up.

    The traits `checkpoint` (an index), `tensor` (an index) and `block` follow the
    reader.
    """

    _esm, _css = source("nametable")
    checkpoints = traitlets.List().tag(sync=True)
    done = traitlets.Dict().tag(sync=True)
    checkpoint = traitlets.Int(0).tag(sync=True)
    tensor = traitlets.Int(0).tag(sync=True)
    block = traitlets.Int(0).tag(sync=True)

    def __init__(
        self, checkpoints: Mapping[str, tuple[int, Sequence[str], Sequence[Tensor]]]
    ) -> None:
        if not checkpoints:
            raise ValueError("there is no checkpoint to show")
        shown = []
        for name, (n_blocks, parts, tensors) in checkpoints.items():
            _check(name, n_blocks, parts, tensors)
            rows = [
                {"there": list(t.there), "there_shape": list(t.there_shape),
                 "here": t.here, "here_shape": list(t.here_shape), "done": t.done,
                 "part": t.part}
                for t in tensors
            ]  # fmt: skip
            shown.append(
                {
                    "name": name,
                    "blocks": n_blocks,
                    "parts": list(parts),
                    "tensors": rows,
                }
            )
        first = [row["done"] for row in shown[0]["tensors"]]
        start = first.index("turned") if "turned" in first else 0
        super().__init__(checkpoints=shown, done=DONE, tensor=start)

    def _summary(self) -> str:
        names = ", ".join(each["name"] for each in self.checkpoints)
        return f"{names}: {sum(len(each['tensors']) for each in self.checkpoints)} rows"


def _check(
    name: str, n_blocks: int, parts: Sequence[str], tensors: Sequence[Tensor]
) -> None:
    if n_blocks < 1:
        raise ValueError(f"{name} has {n_blocks} blocks")
    for tensor in tensors:
        where = f"{name}, {' '.join(tensor.there)}"
        if tensor.done not in DONE:
            raise ValueError(f"{where}: {tensor.done!r} is none of {', '.join(DONE)}")
        if tensor.part not in parts:
            raise ValueError(f"{where}: the part {tensor.part!r} is not listed")
        there, here = prod(tensor.there_shape), prod(tensor.here_shape)
        if tensor.here and len(tensor.there) * there != here:
            raise ValueError(
                f"{where}: {len(tensor.there)} times {tensor.there_shape} is not "
                f"{tensor.here_shape}"
            )
    for part in parts:
        if part not in PARTS or part not in {tensor.part for tensor in tensors}:
            raise ValueError(f"{name}: the part {part!r} is not known or has no tensor")


def _part(here: str) -> str:
    """The part of the model that a parameter of ours belongs to."""
    words = here.split(".")
    if words[0] in ("tokens", "positions", "segments", "norm"):
        return words[0]
    if words[0] == "layers":
        return {"feed_forward": "feed-forward"}.get(words[2], words[2])
    return "final norm" if words[0] == "final" else "heads"


def _tensors(rows: Iterable, shapes: Mapping[str, tuple[int, ...]]) -> list[Tensor]:
    """A name table's tensors, from a model of one block: "#" stands for its number."""
    found = []
    for row in rows:
        shape = here_shape = shapes[row.here]
        if len(row.there) > 1:
            shape = (shape[0] // len(row.there), *shape[1:])
        done = (
            "turned" if row.turned else "stacked" if len(row.there) > 1 else "renamed"
        )
        numbered = tuple(
            name.replace("h.0.", "h.#.").replace("layer.0.", "layer.#.")
            for name in row.there
        )
        here = row.here.replace("layers.0.", "layers.#.")
        part = _part(row.here)
        found.append(
            Tensor(numbered, shape[::-1] if row.turned else shape, here, here_shape,
                   done, part)
        )  # fmt: skip
    return found


def tensor_rows() -> dict[str, tuple[int, list[str], list[Tensor]]]:
    """GPT-1, GPT-2 (its smallest) and BERT-BASE, as `NameTable` takes them.

    Shapes are those of our classes, built without memory; a model's second copies and
    masks are added by hand.
    """
    import torch  # only this function needs torch and the models

    from unmasked.bert import Bert, BertConfig
    from unmasked.checkpoints import name_table, published_names
    from unmasked.gpt import GPT, GPTConfig

    sizes = 768, 12, 12
    with torch.device("meta"):
        models = {
            "openai-gpt": GPT(GPTConfig(40_478, 512, *sizes)),
            "gpt2": GPT(GPTConfig(50_257, 1024, *sizes, norm="pre")),
            "bert": Bert(BertConfig(30_522, 512, *sizes)),
        }
    titles = {"openai-gpt": "GPT-1", "gpt2": "GPT-2", "bert": "BERT"}
    post = ["attention", "norm1", "feed-forward", "norm2"]
    pre = ["norm1", "attention", "norm2", "feed-forward"]
    order = {
        "openai-gpt": ["tokens", "positions", *post, "output"],
        "gpt2": ["tokens", "positions", *pre, "final norm", "output"],
        "bert": ["tokens", "segments", "positions", "norm", *post, "heads", "output"],
    }
    rows = {}
    for kind in published_names:
        own = {name: tuple(p.shape) for name, p in models[kind].state_dict().items()}
        table = own["tokens.weight"]
        head = "cls.predictions.decoder.weight" if kind == "bert" else "lm_head.weight"
        tensors = _tensors(name_table(kind, 1), own)
        tensors.append(Tensor((head,), table, "", (), "tied", "output"))
        if kind != "bert":
            T = own["positions.weight"][0]
            mask = ("h.#.attn.bias",)
            tensors.append(Tensor(mask, (1, 1, T, T), "", (), "left out", "attention"))
        rows[titles[kind]] = (12, order[kind], tensors)
    return rows
