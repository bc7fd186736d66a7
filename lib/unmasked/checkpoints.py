# Built from book/chapters/16_checkpoints.md by `make chapters`: edit that file.
"""Published weights of BERT, GPT-1 and GPT-2, read into the classes of this course."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from .bert import Bert, BertConfig
from .blocks import LayerNorm
from .gpt import GPT, GPTConfig
from .tokenization import (
    BPETokenizer,
    GPT1Tokenizer,
    WordPieceTokenizer,
    visible,
)

_BERT_LAYER = "encoder.layer.#"  # what stands before the names of a BERT's block


_GPT_BLOCK = {
    "layers.#.attention.qkv": "h.#.attn.c_attn",
    "layers.#.attention.out": "h.#.attn.c_proj",
    "layers.#.norm1": "h.#.ln_1",
    "layers.#.feed_forward.up": "h.#.mlp.c_fc",
    "layers.#.feed_forward.down": "h.#.mlp.c_proj",
    "layers.#.norm2": "h.#.ln_2",
}
_GPT1 = {
    "tokens.weight": "tokens_embed.weight",
    "positions.weight": "positions_embed.weight",
}
_GPT2 = {
    "tokens.weight": "wte.weight",
    "positions.weight": "wpe.weight",
    "final": "ln_f",
}
_BERT = {
    "tokens.weight": "embeddings.word_embeddings.weight",
    "positions.weight": "embeddings.position_embeddings.weight",
    "segments.weight": "embeddings.token_type_embeddings.weight",
    "norm": "embeddings.LayerNorm",
    "layers.#.attention.qkv": " ".join(
        f"{_BERT_LAYER}.attention.self.{name}" for name in ("query", "key", "value")
    ),
    "layers.#.attention.out": f"{_BERT_LAYER}.attention.output.dense",
    "layers.#.norm1": f"{_BERT_LAYER}.attention.output.LayerNorm",
    "layers.#.feed_forward.up": f"{_BERT_LAYER}.intermediate.dense",
    "layers.#.feed_forward.down": f"{_BERT_LAYER}.output.dense",
    "layers.#.norm2": f"{_BERT_LAYER}.output.LayerNorm",
    "pooler": "pooler.dense",
    "transform": "cls.predictions.transform.dense",
    "transform_norm": "cls.predictions.transform.LayerNorm",
    "token_bias": "cls.predictions.bias",
}


# by the name that config.json gives the kind of model
published_names: dict[str, dict[str, str]] = {
    "openai-gpt": _GPT1 | _GPT_BLOCK,
    "gpt2": _GPT2 | _GPT_BLOCK,
    "bert": _BERT,
}
# a second copy of a tensor: compared with the first, not loaded
_COPIES = {
    "lm_head.weight": ("wte.weight", "tokens_embed.weight"),
    "cls.predictions.decoder.weight": ("embeddings.word_embeddings.weight",),
    "cls.predictions.decoder.bias": ("cls.predictions.bias",),
}
# left out, and why
_LEFT_OUT = {
    r"h\.\d+\.attn\.(masked_)?bias": "the causal mask and its constant, no weights",
    r"embeddings\.position_ids": "the numbers 0, 1, 2, …",
    r"cls\.seq_relationship\.(weight|bias)": "BERT's head for the next sentence",
}
_HEADS = ("pooler", "transform", "transform_norm", "token_bias")  # a BERT may lack them


class Row(NamedTuple):
    """A line of a name table: a tensor here, and where its numbers stand there.

    Args:
        here: its name in our class.
        there: the published names; several are stacked, in this order.
        turned: whether it is stored as (in, out) there, and (out, in) here.
    """

    here: str
    there: tuple[str, ...]
    turned: bool = False


def name_table(kind: str, n_layers: int) -> list[Row]:
    """Every tensor of a model, and what is done to it on the way here.

    Args: kind, a key of published_names; n_layers, the number of blocks.
    Raises: ValueError for another kind.
    """
    if kind not in published_names:
        known = ", ".join(published_names)
        raise ValueError(f"no names for {kind!r}; there are: {known}")
    names = published_names[kind]
    parts = [(part, n) for n in range(n_layers) for part in names if "#" in part]
    parts += [(part, 0) for part in names if "#" not in part]
    rows = []
    for part, n in parts:
        there = names[part].replace("#", str(n)).split()
        alone = there[0].endswith((".weight", ".bias"))
        for suffix in [""] if alone else [".weight", ".bias"]:
            turned = ".c_" in there[0] and suffix == ".weight"  # a Conv1D
            here = part.replace("#", str(n)) + suffix
            rows.append(Row(here, tuple(name + suffix for name in there), turned))
    return rows


class CheckpointError(ValueError):
    """A checkpoint that is not loaded, and why.

    Attributes: missing, left_over, misfits: the names that a comparison found.
    """

    def __init__(
        self,
        reason: str,
        missing: Sequence[str] = (),
        left_over: Sequence[str] = (),
        misfits: Sequence[str] = (),
    ) -> None:
        self.missing, self.left_over, self.misfits = missing, left_over, misfits
        told = [reason]
        found = {"missing": missing, "left over": left_over, "does not fit": misfits}
        for what, names in found.items():
            if names:
                more = f", and {len(names) - 5} more" if len(names) > 5 else ""
                told.append(f"{what}: {', '.join(names[:5])}{more}")
        super().__init__("\n  ".join(told))


def _weight_files(folder: Path) -> list[Path]:
    single, index = "model.safetensors", "model.safetensors.index.json"
    if (folder / single).is_file():
        return [folder / single]
    if (folder / index).is_file():  # a large model, in several files
        named = json.loads((folder / index).read_text("utf8"))["weight_map"].values()
        files = [folder / Path(name).name for name in sorted(set(named))]
        if absent := [file.name for file in files if not file.is_file()]:
            raise CheckpointError(f"{folder / index} names other files", absent)
        return files
    if pickles := sorted(file.name for file in folder.glob("*.bin")):
        raise CheckpointError(
            f"{folder} has its weights in {pickles[0]} and not as safetensors. That is "
            "a pickle, which can run any program when it is read, so it stays closed. "
            "Look for a version with model.safetensors."
        )
    raise CheckpointError(f"there is no {single} in {folder}")


def stored_tensors(folder: Path) -> dict[str, Any]:
    """What a folder's files hold, by name; a tensor is read when it is sliced.

    The model's own prefix is dropped, and two names of older files are today's.
    Raises: CheckpointError where there is no such file, or it is damaged.
    """
    found: dict[str, Any] = {}
    for file in _weight_files(folder):
        try:
            opened = safe_open(file, "pt")
        except SafetensorError as error:
            reason = f"{file} is not a safetensors file: {error}"
            raise CheckpointError(reason) from error
        for name in opened.keys():  # noqa: SIM118 (a file, not a dict)
            short = re.sub(r"^(transformer|bert)\.", "", name)
            short = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", short)
            short = re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", short)
            found[short] = opened.get_slice(name)
    return found


def compare(
    rows: Sequence[Row], here: Mapping[str, Sequence[int]], found: Mapping[str, Any]
) -> None:
    """Check every name and every shape, before any number is read.

    Args:
        rows: the name table.
        here: our parameters' shapes, by name.
        found: see `stored_tensors`.

    Raises: CheckpointError with all that is missing, left over, or does not fit.
    """
    used = {name for row in rows for name in row.there}
    copies = {copy for copy, of in _COPIES.items() if found.keys() & set(of)}
    spare = found.keys() - used - copies
    missing = sorted(used - found.keys())
    left = sorted(n for n in spare if not any(re.fullmatch(p, n) for p in _LEFT_OUT))
    misfits = []
    for row in rows:
        needed = [here[row.here][0] // len(row.there), *here[row.here][1:]]
        needed = needed[::-1] if row.turned else needed
        for name in (name for name in row.there if name in found):
            shape, dtype = found[name].get_shape(), found[name].get_dtype()
            if shape != needed:
                need = f"{tuple(needed)} is needed"
                misfits.append(f"{name} is {tuple(shape)}, and {need}")
            elif dtype not in ("F64", "F32", "F16", "BF16"):
                misfits.append(f"{name} holds {dtype}, and floats are needed")
    if missing or left or misfits:
        reason = "the checkpoint is not that of this model"
        raise CheckpointError(reason, missing, left, misfits)


def fill(model: nn.Module, rows: Sequence[Row], found: Mapping[str, Any]) -> None:
    """Give a model the numbers of a checkpoint, as float32; see `compare` for errors.

    Parameters that no row names keep what they have.
    """
    compare(rows, {n: x.shape for n, x in model.state_dict().items()}, found)
    _check_copies({name for row in rows for name in row.there}, found)
    weights = {}
    for row in rows:
        parts = [found[name][:] for name in row.there]
        parts = [part.T for part in parts] if row.turned else parts
        weights[row.here] = torch.cat(parts).float().contiguous()
    # subtle: assign, since the model may have been built without memory
    model.load_state_dict(weights, strict=False, assign=True)
    model.eval()


def _check_copies(used: set[str], found: Mapping[str, Any]) -> None:
    for copy, of in _COPIES.items():
        first = next((name for name in of if name in found), copy)
        loaded = copy in used or copy not in found
        if not loaded and not torch.equal(found[copy][:], found[first][:]):
            reason = f"{copy} differs from {first}, and ours are one tensor"
            raise CheckpointError(reason)


# what must be in config.json: the sizes; and what our classes compute
_SIZES = {
    "openai-gpt": ("vocab_size", "n_positions", "n_embd", "n_head", "n_layer"),
    "gpt2": ("vocab_size", "n_positions", "n_embd", "n_head", "n_layer"),
    "bert": ("vocab_size", "max_position_embeddings", "hidden_size",
             "num_attention_heads", "num_hidden_layers", "intermediate_size"),
}  # fmt: skip
_COMPUTED: dict[str, dict[str, tuple]] = {
    "openai-gpt": {"afn": ("gelu",)},
    "gpt2": {
        "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
        "scale_attn_weights": (True,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "add_cross_attention": (False,),
    },
    "bert": {
        "hidden_act": ("gelu",),
        "position_embedding_type": ("absolute",),
        "is_decoder": (False,),
    },
}


def read_settings(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """Return what config.json says.

    Args: kind, the kind of model that is needed; any of `published_names` if not given.
    Raises: CheckpointError where it is not there, is of another kind, lacks a size, or
        asks for a computation that our class does not do.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointError(f"there is no config.json in {folder}")
    settings = json.loads(path.read_text("utf8"))
    found = settings.get("model_type")
    if found not in ([kind] if kind else published_names):
        needed = kind or " or ".join(published_names)
        raise CheckpointError(f"{path} is of kind {found!r}, and {needed} is needed")
    if lost := [name for name in _SIZES[found] if name not in settings]:
        raise CheckpointError(f"{path} lacks sizes", lost)
    for name, known in _COMPUTED[found].items():
        if (value := settings.get(name, known[0])) not in known:
            raise CheckpointError(f"{name} is {value!r}, and ours is {known[0]!r}")
    return settings


_WANTED = (
    "config.json", "model*.safetensors", "model.safetensors.index.json",
    "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt",
)  # fmt: skip


def local_folder(source: str | Path, revision: str | None = None) -> Path:
    """A folder as it is; or a model of the Hugging Face hub, downloaded once.

    Args: source, a folder or "owner/name"; revision, a branch, tag or commit there.
    Raises: FileNotFoundError if it is neither; ConnectionError if it is not in the
        local cache and the hub does not give it.
    """
    if Path(source).is_dir():
        return Path(source)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", str(source)):
        raise FileNotFoundError(f"{source} is no folder, and no hub name (owner/name)")
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            str(source),
            revision=revision,
            allow_patterns=list(_WANTED),
            etag_timeout=5,  # seconds, for each question to the hub
        )
    except Exception as error:  # no network, no such model, no access, no time
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConnectionError(
            f"{source} is not here, and the hub did not give it ({reason}). Without a "
            "network, copy its folder from elsewhere and give the path."
        ) from error
    return Path(folder)


def _load_gpt(folder: Path, kind: str, norm: str) -> GPT:
    s, rows = read_settings(folder, kind), []
    tied = s.get("tie_word_embeddings", True)
    config = GPTConfig(
        *(s[name] for name in ("vocab_size", "n_positions", "n_embd", "n_head")),
        n_layers=s["n_layer"], d_ff=s.get("n_inner"), norm=norm, tie_embeddings=tied,
        dropout=s.get("resid_pdrop", 0.1),
    )  # fmt: skip
    with torch.device("meta"):  # no memory and no random numbers: both come
        model = GPT(config)
    rows = name_table(kind, config.n_layers)
    rows += [] if tied else [Row("head.weight", ("lm_head.weight",))]
    fill(model, rows, stored_tensors(folder))
    for part in model.modules():
        if isinstance(part, LayerNorm):
            part.eps = s.get("layer_norm_epsilon", 1e-5)
    return model


def load_gpt1(source: str | Path, revision: str | None = None) -> GPT:
    """GPT-1 from a folder, or from the hub ("openai-community/openai-gpt").

    Args: as for `local_folder`.
    Returns: the model, in evaluation mode, float32.
    Raises: CheckpointError, and what `local_folder` raises.
    """
    return _load_gpt(local_folder(source, revision), "openai-gpt", "post")


def load_gpt2(source: str | Path, revision: str | None = None) -> GPT:
    """GPT-2 in any of its sizes, such as "openai-community/gpt2"; as `load_gpt1`."""
    return _load_gpt(local_folder(source, revision), "gpt2", "pre")


def load_bert(source: str | Path, revision: str | None = None) -> Bert:
    """BERT, or an encoder of its form, such as "google-bert/bert-base-uncased".

    A head that the file does not have is drawn afresh, and named in `absent`.
    Args, returns, raises: as `load_gpt1`.
    """
    folder = local_folder(source, revision)
    s = read_settings(folder, "bert")
    bert = Bert(BertConfig(
        *(s[name] for name in _SIZES["bert"]),
        n_segments=s.get("type_vocab_size", 2),
        dropout=s.get("hidden_dropout_prob", 0.1),
        pad_id=s.get("pad_token_id") or 0,
        eps=s.get("layer_norm_eps", 1e-12),
    ))  # fmt: skip
    found = stored_tensors(folder)
    rows = name_table("bert", bert.config.n_layers)
    there = {row.here.split(".")[0] for row in rows if found.keys() & set(row.there)}
    bert.absent = frozenset(_HEADS) - there
    rows = [row for row in rows if row.here.split(".")[0] not in bert.absent]
    fill(bert, rows, found)
    return bert


def export_gpt1(gpt: GPT, folder: str | Path) -> None:
    """Write a GPT-1 as it is published, so that `transformers` and others can read it.

    Raises: ValueError for a model that is not of GPT-1's form.
    """
    c, folder = gpt.config, Path(folder)
    form = (c.norm, c.bias, c.tie_embeddings, c.d_ff or 4 * c.d_model)
    if form != ("post", True, True, 4 * c.d_model):
        raise ValueError(f"GPT-1 is post-norm, tied, with biases, d_ff = 4 d: {c}")
    own, weights = gpt.state_dict(), {}
    for row in name_table("openai-gpt", c.n_layers):
        weight = own[row.here].T if row.turned else own[row.here]
        weights[f"transformer.{row.there[0]}"] = weight.float().contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    sizes = (c.vocab_size, c.max_len, c.d_model, c.n_heads, c.n_layers)
    settings = {
        "model_type": "openai-gpt",
        "architectures": ["OpenAIGPTLMHeadModel"],
        **dict(zip(_SIZES["openai-gpt"], sizes, strict=True)),
        "afn": "gelu",
        "layer_norm_epsilon": 1e-5,
    }
    (folder / "config.json").write_text(json.dumps(settings, indent=1), "utf8")


def load_tokenizer(
    source: str | Path, revision: str | None = None
) -> BPETokenizer | GPT1Tokenizer | WordPieceTokenizer:
    """The tokenizer that belongs to a checkpoint: BERT's, GPT-1's or GPT-2's.

    Args: as for `local_folder`.
    Raises: CheckpointError where its files are missing or number the tokens otherwise
        than its merges do; and what `local_folder` and `read_settings` raise.
    """
    folder = local_folder(source, revision)
    kind = read_settings(folder)["model_type"]
    files = {"bert": ["vocab.txt"], "gpt2": ["merges.txt"]}
    needed = files.get(kind, ["vocab.json", "merges.txt"])
    if absent := [name for name in needed if not (folder / name).is_file()]:
        raise CheckpointError(f"{folder} has no tokenizer that is read here", absent)
    if kind == "bert":
        own = folder / "tokenizer_config.json"
        how = json.loads(own.read_text("utf8")) if own.is_file() else {}
        lower = how.get("do_lower_case", True)
        return WordPieceTokenizer(folder / "vocab.txt", lower)
    if kind == "openai-gpt":
        return BPETokenizer.from_gpt1(folder / "vocab.json", folder / "merges.txt")
    tokenizer = BPETokenizer.from_gpt2(folder / "merges.txt")
    plain = tokenizer.vocab_size - len(tokenizer.special_tokens)
    own = {visible(tokenizer.token(i)): i for i in range(plain)}
    listed = folder / "vocab.json"
    if listed.is_file() and (
        json.loads(listed.read_text("utf8")) != own | tokenizer.special_tokens
    ):
        raise CheckpointError(f"{listed} does not number the tokens as its merges do")
    return tokenizer


__all__ = [
    "CheckpointError",
    "Row",
    "compare",
    "export_gpt1",
    "fill",
    "load_bert",
    "load_gpt1",
    "load_gpt2",
    "load_tokenizer",
    "local_folder",
    "name_table",
    "published_names",
    "read_settings",
    "stored_tensors",
]
