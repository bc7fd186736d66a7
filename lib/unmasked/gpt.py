# Built from book/chapters/14_gpt.md by `make chapters`: edit that file.
"""GPT: a causal stack of blocks that predicts the next token; GPT-1's and GPT-2's."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .blocks import EncoderLayer, LayerNorm
from .decoding import KVCache, draw, filter_logits
from .embeddings import TokenEmbedding
from .positions import LearnedPositions


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT.

    Args:
        vocab_size, max_len: number of tokens; the longest text, in tokens.
        d_model, n_heads, n_layers, d_ff: width, heads, blocks, and the width inside the
            feed-forward networks (4 · d_model if not given).
        dropout: share set to zero in training.
        norm: "post", as GPT-1 has it, or "pre", as GPT-2, with one more norm at the end.
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
        d_ff = 4 * c.d_model if c.d_ff is None else c.d_ff
        self.tokens = TokenEmbedding(c.vocab_size, c.d_model, scale=False)
        self.positions = LearnedPositions(c.d_model, c.max_len, c.dropout)
        self.layers = nn.ModuleList(
            EncoderLayer(
                c.d_model, c.n_heads, d_ff, c.dropout, c.norm, "gelu_tanh", bias=c.bias
            )
            for _ in range(c.n_layers)
        )
        pre = c.norm == "pre"
        self.final = LayerNorm(c.d_model, bias=c.bias) if pre else nn.Identity()
        self.head = None
        if not c.tie_embeddings:
            self.head = nn.Linear(c.d_model, c.vocab_size, bias=False)
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif weight.dim() == 2:
                adds = name.endswith(("attention.out.weight", "feed_forward.down.weight"))
                shrink = (2 * c.n_layers) ** -0.5 if pre and adds else 1.0
                nn.init.normal_(weight, std=0.02 * shrink)

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
        if ids.dim() != 2 or ids.shape[1] == 0:
            raise ValueError(f"ids must be (B, T), T >= 1, and are {tuple(ids.shape)}")
        offset = 0 if cache is None else cache.length
        x = self.positions(self.tokens(ids), offset)  # (B, T, d_model)
        for n, layer in enumerate(self.layers):
            kept = None if cache is None else cache.layers[n][0]
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

    @torch.no_grad()
    def generate(
        self,
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
        Raises: ValueError where T + max_new_tokens is more than max_len.
        """
        T, longest = ids.shape[1], self.config.max_len
        if max_new_tokens < 0 or T + max_new_tokens > longest:
            raise ValueError(f"{T} + {max_new_tokens} tokens, and max_len is {longest}")
        was_training = self.training
        self.eval()
        cache = KVCache(self.config.n_layers) if use_cache else None
        new, done = ids, torch.zeros(len(ids), 1, dtype=torch.bool, device=ids.device)
        for _ in range(max_new_tokens):
            logits = self.logits(self.hidden(new, cache)[:, -1])  # (B, V)
            chosen = _next(logits, greedy, generator, how)  # (B, 1)
            if stop_id is not None:
                chosen = chosen.masked_fill(done, stop_id)
                done |= chosen == stop_id
            ids = torch.cat([ids, chosen], dim=1)
            if stop_id is not None and done.all():
                break
            new = chosen if use_cache else ids
        self.train(was_training)
        return ids


def _next(logits: Tensor, greedy: bool, generator: torch.Generator | None, how: dict):
    """Choose one token for each row, (B, 1), from logits (B, V)."""
    if greedy:
        return logits.argmax(dim=-1, keepdim=True)
    return draw(filter_logits(logits, **how), generator)[:, None]


__all__ = [
    "GPT",
    "GPTConfig",
]
