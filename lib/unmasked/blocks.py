# Built from book/chapters/09_blocks.md by `make chapters`: edit that file.
"""The Transformer's block: LayerNorm, FeedForward, and the layers made of them."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .multihead import KeyValueCache, MultiHeadAttention


def _check_width(x: Tensor, d_model: int) -> None:
    if x.dim() < 1 or x.shape[-1] != d_model:
        raise ValueError(
            f"the last axis must be d_model = {d_model}, and x is {tuple(x.shape)}"
        )


class LayerNorm(nn.Module):
    """Give each token's features mean 0 and variance 1, then a learned gain and bias.

    Args:
        d_model: number of features of a token.
        eps: added to the variance, so that equal features do not divide by 0.
        bias: whether there is a learned bias beside the gain.

    Raises: ValueError if d_model < 1 or eps <= 0.
    Source: Ba et al. 2016; Vaswani et al. 2017, §3.1.
    """

    def __init__(self, d_model: int, eps: float = 1e-5, bias: bool = True) -> None:
        super().__init__()
        if d_model < 1 or eps <= 0:
            raise ValueError(
                f"LayerNorm needs d_model >= 1 and eps > 0, got {d_model} and {eps}"
            )
        self.d_model, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))  # the gain
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(
        self, x: Float[Tensor, "*batch d_model"]
    ) -> Float[Tensor, "*batch d_model"]:
        """Normalise over the last axis; ValueError if it is not d_model long."""
        _check_width(x, self.d_model)
        return F.layer_norm(x, (self.d_model,), self.weight, self.bias, self.eps)


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,  # x Φ(x), exactly
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
}


def _dropout(share: float) -> nn.Dropout:
    if not 0.0 <= share < 1.0:
        raise ValueError(f"dropout must be in [0, 1), and is {share}")
    return nn.Dropout(share)


class FeedForward(nn.Module):
    """Two linear maps with an activation between them, the same at every position.

    Args:
        d_model: width of the tokens.
        d_ff: width of the inner layer.
        dropout: share of the inner layer set to zero in training.
        activation: "relu", "gelu" (exact), "gelu_tanh" (the approximation of GPT's
            published code), or a function from tensors to tensors of the same shape.
        bias: whether the two maps have biases.

    Attributes: up and down, W_1 and W_2 of the paper.
    Raises: ValueError for a width below 1, a dropout outside [0, 1), an unknown name.
    Source: Vaswani et al. 2017, §3.3, Eq. 2; GELU, Hendrycks and Gimpel 2016.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        dropout: float = 0.0,
        activation: str | Callable[[Tensor], Tensor] = "relu",
        bias: bool = True,
    ) -> None:
        super().__init__()
        if d_model < 1 or d_ff < 1:
            raise ValueError(f"widths must be at least 1: {d_model = }, {d_ff = }")
        if isinstance(activation, str):
            if activation not in _ACTIVATIONS:
                known = ", ".join(_ACTIVATIONS)
                raise ValueError(f"activation is {activation!r}; known are {known}")
            activation = _ACTIVATIONS[activation]
        self.d_model, self.activation = d_model, activation
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.down = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = _dropout(dropout)

    def forward(
        self, x: Float[Tensor, "*batch d_model"]
    ) -> Float[Tensor, "*batch d_model"]:
        """Map each token by itself; ValueError if it is not d_model long."""
        _check_width(x, self.d_model)
        inner = self.activation(self.up(x))  # (*batch, d_ff)
        return self.down(self.dropout(inner))


class _Layer(nn.Module):
    """What both layers share: the parts, the place of the norm, and the addition."""

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.0,
        norm: str = "post",
        activation: str | Callable[[Tensor], Tensor] = "relu",
        eps: float = 1e-5,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if norm not in ("post", "pre"):
            raise ValueError(f"norm must be 'post' or 'pre', and is {norm!r}")
        self.norm = norm
        self.dropout = _dropout(dropout)
        self.attention = MultiHeadAttention(d_model, n_heads, bias=bias)
        self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)
        self.norm1 = LayerNorm(d_model, eps, bias)
        self.norm2 = LayerNorm(d_model, eps, bias)

    def _enter(self, norm: nn.Module, x: Tensor) -> Tensor:
        return norm(x) if self.norm == "pre" else x

    def _leave(self, norm: nn.Module, x: Tensor, change: Tensor) -> Tensor:
        x = x + self.dropout(change)
        return norm(x) if self.norm == "post" else x


class EncoderLayer(_Layer):
    """Self-attention, then a feed-forward net; each is added to what it was given.

    Causal, it is GPT's block: a decoder layer without cross-attention.

    Args:
        d_model, n_heads, d_ff: width of the tokens, heads, width inside FeedForward.
        dropout: share set to zero in training of what each sub-layer returns and of
            FeedForward's inner layer. The attention weights are left whole, as in the
            paper; torch's layers drop them too (to have that, set attention.dropout).
        norm: "post", LayerNorm(x + f(x)), as published; or "pre", x + f(LayerNorm(x)),
            which needs one more LayerNorm after the last layer of a stack.
        activation: as in FeedForward.
        eps: of the LayerNorms.
        bias: whether linear maps and LayerNorms have biases.

    Raises: ValueError for another norm, or what the parts refuse.
    Source: Vaswani et al. 2017, §3.1 and §5.4; pre-norm, Xiong et al. 2020.
    """

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        is_causal: bool = False,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "B T d_model"], Float[Tensor, "B h T S"] | None]:
        """Return x, changed by attention and by the feed-forward net, and the weights.

        The arguments after x, the weights and the errors are MultiHeadAttention's; S
        counts the keys in the cache too.
        """
        h = self._enter(self.norm1, x)
        change, weights = self.attention(h, h, h, mask, is_causal, need_weights, cache)
        x = self._leave(self.norm1, x, change)
        change = self.feed_forward(self._enter(self.norm2, x))
        return self._leave(self.norm2, x, change), weights


class DecoderLayer(_Layer):
    """Causal self-attention, attention to the encoder's output, a feed-forward net.

    Args and errors: as for EncoderLayer.
    Source: Vaswani et al. 2017, §3.1 and §3.2.3.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        dropout: float = 0.0,
        norm: str = "post",
        activation: str | Callable[[Tensor], Tensor] = "relu",
        eps: float = 1e-5,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, n_heads, d_ff, dropout, norm, activation, eps, bias)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, bias=bias)
        self.norm3 = LayerNorm(d_model, eps, bias)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        memory_mask: Bool[Tensor, "..."] | None = None,
        is_causal: bool = True,
        need_weights: bool = False,
        cache: KeyValueCache | None = None,
        memory_cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "B T d_model"], Float[Tensor, "B h T S_all"] | None]:
        """Return x, changed by all three, and the weights of the cross-attention.

        Args:
            x: target tokens, (B, T, d_model).
            memory: the encoder's output, (B, S, d_model).
            mask, is_causal, cache: of the self-attention.
            memory_mask: who may look at which token of memory, usually its padding
                mask, (B, 1, 1, S).
            need_weights: also return the cross-attention's weights, (B, h, T, S).
            memory_cache: keeps memory's keys and values. Once it has them, give no
                more of it: memory[:, :0].

        Raises: as MultiHeadAttention.
        """
        h = self._enter(self.norm1, x)
        change, _ = self.attention(h, h, h, mask, is_causal, cache=cache)
        x = self._leave(self.norm1, x, change)
        h = self._enter(self.norm2, x)
        change, weights = self.cross_attention(
            h, memory, memory, memory_mask, False, need_weights, memory_cache
        )
        x = self._leave(self.norm2, x, change)
        change = self.feed_forward(self._enter(self.norm3, x))
        return self._leave(self.norm3, x, change), weights


__all__ = [
    "DecoderLayer",
    "EncoderLayer",
    "FeedForward",
    "LayerNorm",
]
