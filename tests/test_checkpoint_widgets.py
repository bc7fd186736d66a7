"""The Python side of chapter 16's figure: what it accepts, refuses and keeps."""

import json

import pytest
import torch

from classroom.widgets import NameTable, source, tensor_rows
from classroom.widgets.checkpoints import DONE, Tensor
from unmasked.bert import Bert, BertConfig
from unmasked.checkpoints import name_table, published_names
from unmasked.gpt import GPT, GPTConfig

TURNED = Tensor(("h.#.up.weight",), (3, 5), "layers.#.up.weight", (5, 3), "turned",
                "attention")  # fmt: skip
TABLE = Tensor(("wte",), (7, 3), "tokens", (7, 3), "renamed", "tokens")


def figure(blocks=2, parts=("tokens", "attention"), tensors=(TABLE, TURNED)):
    return NameTable({"small": (blocks, parts, tensors)})


def test_data_is_what_the_javascript_reads():
    row = {"there": ["h.#.up.weight"], "there_shape": [3, 5], "done": "turned"}
    row |= {"here": "layers.#.up.weight", "here_shape": [5, 3], "part": "attention"}
    data = figure().data()
    assert data["checkpoints"][0]["tensors"][1] == row
    assert data["checkpoints"][0]["parts"] == ["tokens", "attention"]
    assert data["done"] == DONE
    assert (data["checkpoint"], data["tensor"], data["block"]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("kind", "name"), zip(published_names, tensor_rows(), strict=True)
)
def test_the_rows_are_the_loaders(kind, name):
    """Every line of the name table is shown, with the shape that the model has."""
    sizes = 768, 12, 12
    with torch.device("meta"):
        model = (
            Bert(BertConfig(30_522, 512, *sizes))
            if kind == "bert"
            else GPT(GPTConfig(50_257, 1024, *sizes, norm="pre"))
            if kind == "gpt2"
            else GPT(GPTConfig(40_478, 512, *sizes))
        )
    shapes = {n: tuple(x.shape) for n, x in model.state_dict().items()}
    blocks, parts, tensors = tensor_rows()[name]
    shown = {}
    for tensor in tensors:
        for n in range(blocks) if "#" in tensor.here else [0]:
            there = tuple(x.replace("#", str(n)) for x in tensor.there)
            shown[tensor.here.replace("#", str(n))] = there, tensor
    for row in name_table(kind, blocks):
        there, tensor = shown.pop(row.here)
        assert there == row.there and tensor.here_shape == shapes[row.here]
        assert row.turned == (tensor.done == "turned")
        assert (len(there) > 1) == (tensor.done == "stacked")
    assert list(shown) == [""]  # the head and the mask have no place here
    assert parts.index("attention") > parts.index("norm1") or kind != "gpt2"
    assert parts.index("attention") < parts.index("norm1") or kind == "gpt2"


def test_what_a_notebook_stores_is_stable():
    assert repr(figure()) == "NameTable(small: 2 rows)"
    one, two = (json.dumps(NameTable(tensor_rows()).data()) for _ in range(2))
    assert one == two and len(one) < 20_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blocks": 0}, "small has 0 blocks"),
        ({"tensors": (TABLE,)}, "the part 'attention' is not known or has no tensor"),
        ({"parts": ("tokens",)}, "the part 'attention' is not listed"),
        ({"parts": ("tokens", "attention", "soul")}, "the part 'soul'"),
        ({"tensors": (TABLE, TURNED._replace(done="lost"))}, "'lost' is none of"),
        ({"tensors": (TABLE, TURNED._replace(here_shape=(5, 4)))}, "times"),
    ],
)
def test_bad_input_is_refused_at_the_door(changes, message):
    with pytest.raises(ValueError, match=message):
        figure(**changes)


def test_no_checkpoint_is_refused():
    with pytest.raises(ValueError, match="no checkpoint"):
        NameTable({})


def test_source_is_one_module_that_never_parses_data_as_html():
    esm, css = source("nametable")
    assert esm.count("export default") == 1 and "import " not in esm
    assert "innerHTML" not in esm and "</script" not in esm and "</style" not in css
