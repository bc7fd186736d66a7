# Built from book/chapters/13_bert.md by `make chapters`: edit that file.
"""BERT: an encoder that reads in both directions and fills in what was masked."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from safetensors.torch import load_file
from torch import Tensor, nn

from .blocks import EncoderLayer, LayerNorm
from .embeddings import TokenEmbedding
from .masking import padding_mask
from .positions import LearnedPositions


def mask_tokens(
    ids: Int[Tensor, "*batch"],
    *,
    vocab_size: int,
    mask_id: int,
    special_ids: Collection[int],
    generator: torch.Generator,
    share: float = 0.15,
) -> tuple[Int[Tensor, "*batch"], Int[Tensor, "*batch"]]:
    """Choose tokens to be guessed: 80 % become a mask, 10 % another token, 10 % stay.

    Args:
        ids: any shape; they are left as they are.
        mask_id: the token that stands for a gap.
        special_ids: tokens that are never chosen, nor put in at random; so is mask_id.
        share: probability that a token is chosen.

    Returns: what the model reads; the labels, -100 where nothing is asked.
    Raises: ValueError for a share outside (0, 1], an id outside the vocabulary, or if
        only special tokens are left.
    Source: Devlin et al. 2019, §3.1 and A.1.
    """
    if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < vocab_size:
        outside = f"ids run from {int(ids.min())} to {int(ids.max())}"
        raise ValueError(f"{outside}, in a vocabulary of {vocab_size}")
    words = torch.ones(vocab_size, dtype=torch.bool, device=ids.device)
    words[[mask_id, *special_ids]] = False  # (V,)
    if not 0 < share <= 1 or not words.any():
        raise ValueError(f"{share = }, and {int(words.sum())} words to draw from")
    dice = torch.rand(2, *ids.shape, generator=generator).to(ids.device)
    chosen = (dice[0] < share) & words[ids]
    labels = ids.masked_fill(~chosen, -100)  # which F.cross_entropy skips
    draw = torch.randint(int(words.sum()), ids.shape, generator=generator)
    other = words.nonzero()[:, 0][draw.to(ids.device)]  # any token but a special one
    read = torch.where(chosen & (dice[1] < 0.8), mask_id, ids)
    return torch.where(chosen & (dice[1] >= 0.9), other, read), labels


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT; beside the vocabulary, those of BERT-BASE if not given.

    Args:
        vocab_size, max_len: number of tokens; the longest input, in tokens.
        d_model, n_heads, n_layers, d_ff: width, heads, blocks, and the width inside the
            feed-forward networks (4 · d_model if not given).
        n_segments: how many texts an input may hold, told apart by a vector each.
        dropout: share set to zero in training.
        pad_id: the token that fills up short rows; nobody attends to it.
        eps: of the layer norms.

    Raises: ValueError, naming the numbers, for sizes that do not fit together.
    Source: Devlin et al. 2019, §3.
    """

    vocab_size: int
    max_len: int = 512
    d_model: int = 768
    n_heads: int = 12
    n_layers: int = 12
    d_ff: int | None = None
    n_segments: int = 2
    dropout: float = 0.1
    pad_id: int = 0
    eps: float = 1e-12

    def __post_init__(self) -> None:
        sizes = ("vocab_size", "max_len", "d_model", "n_heads", "n_layers")
        for name in (*sizes, "n_segments"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1: {getattr(self, name)}")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"n_heads = {self.n_heads} does not divide d_model = {self.d_model}"
            )
        if not 0 <= self.pad_id < self.vocab_size:
            raise ValueError(
                f"pad_id {self.pad_id} is outside a vocabulary of {self.vocab_size}"
            )


class Bert(nn.Module):
    """A stack of encoder blocks, a head for masked tokens, and what classifiers read.

    Args:
        config: the sizes.
        std: of the weights, which are drawn from a normal distribution; biases are 0.

    Attributes: absent, the parts that a loaded file did not have (from_pretrained).
    Raises: ValueError for what the parts refuse.
    Source: Devlin et al. 2019, §3 and its published code.
    """

    def __init__(self, config: BertConfig, std: float = 0.02) -> None:
        super().__init__()
        self.config = c = config
        d, self.absent = c.d_model, frozenset[str]()
        self.tokens = TokenEmbedding(c.vocab_size, d, scale=False)
        self.positions = LearnedPositions(d, c.max_len)
        self.segments = nn.Embedding(c.n_segments, d)
        self.norm, self.dropout = LayerNorm(d, c.eps), nn.Dropout(c.dropout)
        sizes = d, c.n_heads, c.d_ff or 4 * d, c.dropout, "post", "gelu", c.eps
        self.layers = nn.ModuleList(EncoderLayer(*sizes) for _ in range(c.n_layers))
        # the head for masked tokens; its last map is the table of tokens
        self.transform, self.transform_norm = nn.Linear(d, d), LayerNorm(d, c.eps)
        self.token_bias = nn.Parameter(torch.zeros(c.vocab_size))
        self.pooler = nn.Linear(d, d)
        _draw_weights(self, std)

    def forward(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T d_model"]:
        """The last block's output, (B, T, d_model); what it says of padding is noise.

        Args:
            ids: (B, T), short rows filled up with config.pad_id.
            segments: (B, T), 0 for the first text and 1 for the second; 0 by default.

        Raises: ValueError for an id or a segment that does not exist, other shapes, or
            more than max_len tokens; TypeError for ids that are not integers.
        """
        return _read(self, ids, segments, need_weights=False)[0]

    def attention(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "L B h T T"]:
        """Every head's weights in every layer, (n_layers, B, n_heads, T, T)."""
        return torch.stack(_read(self, ids, segments, need_weights=True)[1])

    def mlm_logits(self, x: Float[Tensor, "*b d_model"]) -> Float[Tensor, "*b V"]:
        """Logits of the token that was there, from the last block's output."""
        x = self.transform_norm(F.gelu(self.transform(x)))
        return self.tokens.logits(x) + self.token_bias

    def pooled(self, x: Float[Tensor, "B T d_model"]) -> Float[Tensor, "B d_model"]:
        """What a classifier reads: the first position, through a map and tanh."""
        return self.pooler(x[:, 0]).tanh()

    @staticmethod
    def from_pretrained(folder: str | Path) -> "Bert":
        """Read a published BERT from a folder, as `load_published` does."""
        return load_published(Path(folder))


def _draw_weights(bert: Bert, std: float) -> None:
    for name, weight in bert.named_parameters():
        if weight.dim() == 2:
            nn.init.normal_(weight, std=std)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)


def _read(bert: Bert, ids: Tensor, segments: Tensor | None, need_weights: bool):
    """The last block's output, and each block's weights (or None)."""
    segments = _checked_segments(ids, segments, bert.config.n_segments)
    mask = padding_mask(ids, bert.config.pad_id)  # (B, 1, 1, T)
    x = bert.tokens(ids) + bert.segments(segments)  # (B, T, d_model)
    x = bert.dropout(bert.norm(bert.positions(x)))
    weights = []
    for layer in bert.layers:  # no causal mask: each token sees all the others
        x, w = layer(x, mask, need_weights=need_weights)
        weights.append(w)
    return x, weights


def _checked_segments(ids: Tensor, segments: Tensor | None, n: int) -> Tensor:
    if ids.dim() != 2 or ids.numel() == 0:
        raise ValueError(f"ids must be (B, T), not empty, and are {tuple(ids.shape)}")
    if segments is None:
        return torch.zeros_like(ids)
    if segments.shape != ids.shape:
        raise ValueError(
            f"ids are {tuple(ids.shape)}, and segments {tuple(segments.shape)}"
        )
    low, high = (int(i) for i in segments.aminmax())
    if low < 0 or high >= n:
        raise ValueError(f"segments run from {low} to {high}, and there are {n}")
    return segments


# a file's names: ours. What is not in the table is not ours to read.
_FIELDS = {
    "vocab_size": "vocab_size", "max_len": "max_position_embeddings",
    "d_model": "hidden_size", "n_heads": "num_attention_heads",
    "n_layers": "num_hidden_layers", "d_ff": "intermediate_size",
    "n_segments": "type_vocab_size", "dropout": "hidden_dropout_prob",
    "pad_id": "pad_token_id", "eps": "layer_norm_eps",
}  # fmt: skip
_NAMES = {
    "embeddings.word_embeddings": "tokens", "embeddings.LayerNorm": "norm",
    "embeddings.position_embeddings": "positions",
    "embeddings.token_type_embeddings": "segments", "encoder.layer": "layers",
    "attention.output.dense": "attention.out", "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "feed_forward.up", "output.dense": "feed_forward.down",
    "output.LayerNorm": "norm2", "pooler.dense": "pooler",
    "cls.predictions.transform.dense": "transform",
    "cls.predictions.transform.LayerNorm": "transform_norm",
    "cls.predictions.bias": "token_bias", "gamma": "weight", "beta": "bias",
}  # fmt: skip
_UNREAD = ("position_ids", "cls.predictions.decoder.", "cls.seq_relationship.")


def _read_config(theirs: dict) -> BertConfig:
    kind = theirs.get("model_type"), theirs.get("hidden_act")
    if kind != ("bert", "gelu"):
        raise ValueError(f"a BERT with GELU is needed, and this file says {kind}")
    if lost := [name for name in _FIELDS.values() if name not in theirs]:
        raise ValueError(f"config.json does not say {', '.join(lost)}")
    return BertConfig(**{ours: theirs[name] for ours, name in _FIELDS.items()})


def bert_weights(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename a published BERT's weights, and join query, key and value.

    Args: theirs, by the names of `transformers`, with "bert." in front or not.
    Returns: by the names of `Bert`; a name that is not known stays as it is.
    """
    ours: dict[str, Tensor] = {}
    for name, weight in theirs.items():
        name = name.removeprefix("bert.")
        if any(part in name for part in _UNREAD):
            continue
        for old, new in _NAMES.items():
            name = name.replace(old, new)
        ours[name] = weight
    for query in [name for name in ours if "attention.self.query" in name]:
        three = [query.replace("query", part) for part in ("query", "key", "value")]
        if all(name in ours for name in three):
            joined = torch.cat([ours.pop(name) for name in three])
            ours[query.replace("self.query", "qkv")] = joined
    return ours


def load_published(folder: Path) -> Bert:
    """Read a published BERT: config.json and model.safetensors in a folder.

    The heads may be missing from the file; then they are drawn afresh and named in
    `absent`. The head for the next sentence is not read.

    Returns: the model, in eval mode.
    Raises: FileNotFoundError; ValueError, which names it, if a weight is missing, is
        one too many or has another shape, or if it is another kind of model.
    """
    bert = Bert(_read_config(json.loads((folder / "config.json").read_text("utf8"))))
    weights = bert_weights(load_file(folder / "model.safetensors"))
    wanted = bert.state_dict()
    missing = sorted(wanted.keys() - weights.keys())
    heads = ("transform.", "transform_norm.", "token_bias", "pooler.")
    if lost := [name for name in missing if not name.startswith(heads)]:
        raise ValueError(f"the file lacks {', '.join(lost[:3])}")
    if more := sorted(weights.keys() - wanted.keys()):
        raise ValueError(f"the model has no {', '.join(more[:3])}")
    for name, x in weights.items():
        if x.shape != wanted[name].shape:
            shapes = tuple(x.shape), tuple(wanted[name].shape)
            raise ValueError(f"{name} is {shapes[0]}, and {shapes[1]} is needed")
    bert.absent = frozenset(name.split(".")[0] for name in missing)
    bert.load_state_dict(wanted | weights)
    return bert.eval()


def masked_loss(
    bert: Bert,
    ids: Int[Tensor, "B T"],
    labels: Int[Tensor, "B T"],
    segments: Int[Tensor, "B T"] | None = None,
) -> tuple[Float[Tensor, ""], int]:
    """Cross-entropy of the tokens that were chosen; the others are not looked at.

    Args:
        ids, labels: from mask_tokens, (B, T).
        segments: as for Bert.

    Returns: the loss summed over what was asked, in nats; how many that are.
    Raises: ValueError if the shapes differ.
    """
    if labels.shape != ids.shape:
        raise ValueError(f"ids are {tuple(ids.shape)}, labels {tuple(labels.shape)}")
    asked = labels != -100  # (B, T)
    # the head multiplies by the whole table of tokens: only where something is asked
    logits = bert.mlm_logits(bert(ids, segments)[asked])  # (n, V)
    loss = F.cross_entropy(logits, labels[asked], reduction="sum")
    return loss, len(logits)


class BertForClassification(nn.Module):
    """One linear map more, on what stands at [CLS]: a class for each input.

    Args: bert, pre-trained or not; n_classes, how many there are.
    Source: Devlin et al. 2019, §4.1.
    """

    def __init__(self, bert: Bert, n_classes: int) -> None:
        super().__init__()
        self.bert, self.dropout = bert, nn.Dropout(bert.config.dropout)
        self.head = nn.Linear(bert.config.d_model, n_classes)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B n_classes"]:
        """Logits of the classes, (B, n_classes)."""
        return self.head(self.dropout(self.bert.pooled(self.bert(ids, segments))))


class BertForSpan(nn.Module):
    """Two vectors more: how well each token begins an answer, and how well it ends it.

    Args: bert, pre-trained or not.
    Source: Devlin et al. 2019, §4.2.
    """

    def __init__(self, bert: Bert) -> None:
        super().__init__()
        self.bert, self.head = bert, nn.Linear(bert.config.d_model, 2)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"]]:
        """Scores of each token as start and as end, (B, T) each; -inf on padding."""
        scores = self.head(self.bert(ids, segments))  # (B, T, 2)
        padding = ids == self.bert.config.pad_id
        start, end = scores.masked_fill(padding[..., None], -torch.inf).unbind(-1)
        return start, end


def best_span(
    start: Float[Tensor, " T"],
    end: Float[Tensor, " T"],
    allowed: Bool[Tensor, " T"],
    longest: int,
) -> tuple[int, int]:
    """The pair of an allowed start and end, in this order, with the highest sum.

    Args: start, end, scores (T,); allowed, where an answer may lie; longest, in tokens.
    Returns: first and last token of the answer, both inside.
    Raises: ValueError if nothing is allowed or longest is below 1.
    """
    if longest < 1 or not allowed.any():
        raise ValueError(f"{longest = }, {int(allowed.sum())} tokens are allowed")
    scores = start[:, None] + end[None]  # (T, T)
    inside = allowed[:, None] & allowed[None]
    inside = inside & torch.ones_like(inside).triu().tril(longest - 1)
    best = int(scores.masked_fill(~inside, -torch.inf).argmax())
    return divmod(best, len(start))


def mean_pool(
    x: Float[Tensor, "B T d_model"], keep: Bool[Tensor, "B T"]
) -> Float[Tensor, "B d_model"]:
    """The mean of the vectors that are kept: a text's vector, without its padding.

    Raises: ValueError for a row in which nothing is kept.
    """
    if not keep.any(dim=1).all():
        raise ValueError("a row has nothing to average")
    kept = keep[..., None].to(x)  # (B, T, 1)
    return (x * kept).sum(dim=1) / kept.sum(dim=1)


__all__ = [
    "Bert",
    "BertConfig",
    "BertForClassification",
    "BertForSpan",
    "bert_weights",
    "best_span",
    "load_published",
    "mask_tokens",
    "masked_loss",
    "mean_pool",
]
