# Built from book/chapters/14_gpt.md by `make chapters`: edit that file.
"""GPT: a causal stack of blocks that predicts the next token; GPT-1's and GPT-2's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .blocks import EncoderLayer, FeedForward, LayerNorm
from .decoding import KVCache, draw, filter_logits
from .embeddings import TokenEmbedding
from .multihead import MultiHeadAttention
from .positions import LearnedPositions


def next_token_loss(
    logits: Float[Tensor, "B T V"], ids: Int[Tensor, "B T"], pad_id: int | None = None
) -> tuple[Float[Tensor, ""], int]:
    """L1 with its sign changed: what each position loses on the token after it.

    Args:
        logits: the model's answer to ids, (B, T, V).
        ids: what was read, (B, T). The shift by one is made here, and only here.
        pad_id: a token that is not asked for.

    Returns: the loss summed over all positions that count, in nats; their number.
    Raises: ValueError if the shapes do not fit or there is nothing to predict.
    Source: Radford et al. 2018, Eq. 1.
    """
    if logits.shape[:2] != ids.shape or ids.shape[1] < 2:
        shapes = f"logits {tuple(logits.shape)}, ids {tuple(ids.shape)}"
        raise ValueError(f"(B, T, V) and (B, T) with T >= 2 are needed: {shapes}")
    given, wanted = logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()  # B (T - 1)
    nothing = -100 if pad_id is None else pad_id
    loss = F.cross_entropy(given, wanted, ignore_index=nothing, reduction="sum")
    return loss, int((wanted != nothing).sum())


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT.

    Args:
        vocab_size, max_len: number of tokens; the longest text, in tokens.
        d_model, n_heads, n_layers, d_ff: width, heads, blocks, and the width inside the
            feed-forward networks (4 · d_model if not given).
        dropout: share set to zero in training.
        norm: "post", as in GPT-1, or "pre", as in GPT-2, with one more at the end.
        bias: whether linear maps and norms have biases.
        tie_embeddings: the table of tokens is the output layer too.

    Raises: ValueError, naming the numbers, for sizes that do not fit together.
    Source: Radford et al. 2018, §4.1; Radford et al. 2019, §2.3.
    """

    vocab_size: int
    max_len: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int | None = None
    dropout: float = 0.0
    norm: str = "post"
    bias: bool = True
    tie_embeddings: bool = True

    def __post_init__(self) -> None:
        for name in ("vocab_size", "max_len", "d_model", "n_heads", "n_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1: {getattr(self, name)}")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"n_heads = {self.n_heads} does not divide d_model = {self.d_model}"
            )


class GPT(nn.Module):
    """A stack of causal blocks: ids to the logits of the token after each of them.

    Args: config, the sizes.
    Weights are drawn from N(0, 0.02²), biases are 0; in pre-norm, what is added to the
    residual stream (attention.out, feed_forward.down) is drawn 1/√(2 n_layers) as wide.
    Raises: ValueError for what the parts refuse.
    Source: Radford et al. 2018, Eq. 2 and §4.1; pre-norm, Radford et al. 2019, §2.3.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = c = config
        sizes = c.d_model, c.n_heads, c.d_ff or 4 * c.d_model, c.dropout, c.norm
        self.tokens = TokenEmbedding(c.vocab_size, c.d_model, scale=False)
        self.positions = LearnedPositions(c.d_model, c.max_len, c.dropout)
        self.layers = nn.ModuleList(
            EncoderLayer(*sizes, "gelu_tanh", bias=c.bias) for _ in range(c.n_layers)
        )
        pre = c.norm == "pre"
        self.final = LayerNorm(c.d_model, bias=c.bias) if pre else nn.Identity()
        self.head: nn.Linear | None = None
        if not c.tie_embeddings:
            self.head = nn.Linear(c.d_model, c.vocab_size, bias=False)
        _draw_weights(self)

    def hidden(
        self, ids: Int[Tensor, "B T"], cache: KVCache | None = None
    ) -> Float[Tensor, "B T d_model"]:
        """The last block's output, (B, T, d_model): h_n of Eq. 2.

        Args:
            ids: (B, T); with a cache, those that it has not read.
            cache: keys and values of what was read.

        Raises: ValueError for an id outside the vocabulary, no token, or more than
            max_len of them; TypeError for ids that are not integers.
        """
        _check_ids(ids)
        x = self.positions(self.tokens(ids), cache.length if cache else 0)
        for n, layer in enumerate(self.layers):  # x: (B, T, d_model)
            kept = cache.layers[n][0] if cache else None
            x, _ = layer(x, is_causal=True, cache=kept)
        return self.final(x)

    def logits(self, x: Float[Tensor, "*b d_model"]) -> Float[Tensor, "*b V"]:
        """Logits of the next token from the last block's output."""
        return self.tokens.logits(x) if self.head is None else self.head(x)

    def forward(
        self, ids: Int[Tensor, "B T"], cache: KVCache | None = None
    ) -> Float[Tensor, "B T V"]:
        """Logits (B, T, V): at each position, of the token after it."""
        return self.logits(self.hidden(ids, cache))

    def generate(
        self, ids: Int[Tensor, "B T"], max_new_tokens: int, **how
    ) -> Int[Tensor, "B T_new"]:
        """Continue a text, token by token: arguments as for `continue_text`."""
        return continue_text(self, ids, max_new_tokens, **how)


def _draw_weights(model: GPT) -> None:
    adds = ("attention.out.weight", "feed_forward.down.weight")
    shrink = (2 * model.config.n_layers) ** -0.5 if model.config.norm == "pre" else 1.0
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(weight)
        elif weight.dim() == 2:
            std = 0.02 * shrink if name.endswith(adds) else 0.02
            nn.init.normal_(weight, std=std)


def _check_ids(ids: Tensor) -> None:
    if ids.dim() != 2 or ids.numel() == 0:
        raise ValueError(f"ids must be (B, T), not empty, and are {tuple(ids.shape)}")


def continue_text(
    model: GPT,
    ids: Int[Tensor, "B T"],
    max_new_tokens: int,
    *,
    greedy: bool = False,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
    use_cache: bool = True,
    **how,
) -> Int[Tensor, "B T_new"]:
    """Continue a text, token by token; dropout is off meanwhile.

    Args:
        ids: what is there already, (B, T).
        max_new_tokens: how many to add at most.
        greedy: take the most probable token; otherwise draw, with `generator`.
        stop_id: end early when every row has it; a row that has it repeats it.
        use_cache: keep keys and values instead of reading the text anew each time.
        how: temperature, top_k, top_p, as in `filter_logits`.

    Returns: the text and what was added, (B, T + at most max_new_tokens).
    Raises: ValueError where T + max_new_tokens is more than max_len, and for a draw
        without generator.
    """
    _check_ids(ids)
    T, longest = ids.shape[1], model.config.max_len
    if max_new_tokens < 0 or T + max_new_tokens > longest:
        raise ValueError(f"{T} + {max_new_tokens} tokens, and max_len is {longest}")
    if not greedy and generator is None:
        raise ValueError("a draw needs a generator; or say greedy=True")
    read = _reader(model, use_cache)
    done = torch.zeros(len(ids), 1, dtype=torch.bool, device=ids.device)
    with torch.inference_mode(), _evaluating(model):
        for _ in range(max_new_tokens):
            logits = model.logits(read(ids))  # (B, V)
            chosen = _choose(logits, greedy, generator, how)  # (B, 1)
            if stop_id is not None:
                chosen = chosen.masked_fill(done, stop_id)
                done = done | (chosen == stop_id)
            ids = torch.cat([ids, chosen], dim=1)
            if stop_id is not None and done.all():
                break
    return ids.clone()  # outside inference mode: an ordinary tensor


def _choose(logits: Tensor, greedy: bool, generator: torch.Generator | None, how: dict):
    """One token for each row, (B, 1), from logits (B, V)."""
    if greedy or generator is None:
        return logits.argmax(dim=-1, keepdim=True)
    return draw(filter_logits(logits, **how), generator)[:, None]


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _reader(model: GPT, use_cache: bool) -> Callable[[Tensor], Tensor]:
    """From all ids so far, (B, t), to the last position's output, (B, d_model)."""
    if not use_cache:
        return lambda ids: model.hidden(ids)[:, -1]
    cache, quick = KVCache(model.config.n_layers), _is_plain(model)

    def read(ids: Tensor) -> Tensor:
        new = ids[:, cache.length :]  # what it has not read yet
        if quick and cache.length and new.shape[1] == 1:
            return _step(model, new[:, 0], cache)
        return model.hidden(new, cache)[:, -1]

    return read


def _is_plain(model: GPT) -> bool:
    """Whether nothing in the model was replaced or is being watched by a hook."""
    known = {GPT, TokenEmbedding, LearnedPositions, EncoderLayer, MultiHeadAttention}
    known |= {FeedForward, LayerNorm, nn.Linear, nn.Dropout, nn.Identity, nn.ModuleList}
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    return all(
        type(m) in known and not any(getattr(m, hook) for hook in hooks)
        for m in model.modules()
    )


def _step(
    model: GPT, ids: Int[Tensor, " B"], cache: KVCache
) -> Float[Tensor, "B d_model"]:
    """What `hidden` computes for one new token, without calls and checks."""
    c = model.config
    x = F.embedding(ids, model.tokens.weight) + model.positions.weight[cache.length]
    B, width = x.shape
    heads = (B, 3, c.n_heads, 1, width // c.n_heads)
    for layer, (kept, _) in zip(model.layers, cache.layers, strict=True):
        assert isinstance(layer, EncoderLayer)
        norm1, norm2, pre = layer.norm1.forward, layer.norm2.forward, c.norm == "pre"
        attention, inner = layer.attention, layer.feed_forward
        h = norm1(x) if pre else x
        qkv = attention.qkv
        query, key, value = F.linear(h, qkv.weight, qkv.bias).view(heads).unbind(1)
        h = F.scaled_dot_product_attention(query, *kept.update(key, value))
        x = x + F.linear(h.view(B, width), attention.out.weight, attention.out.bias)
        x = x if pre else norm1(x)
        h = norm2(x) if pre else x
        h = inner.activation(F.linear(h, inner.up.weight, inner.up.bias))
        x = x + F.linear(h, inner.down.weight, inner.down.bias)
        x = x if pre else norm2(x)
    return model.final(x)


__all__ = [
    "GPT",
    "GPTConfig",
    "continue_text",
    "next_token_loss",
]
