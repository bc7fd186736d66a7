# Built from book/chapters/08_positions.md by `make chapters`: edit that file.
"""Positions, added to the words: sines and cosines, or a learned table."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def sinusoidal_encoding(
    max_len: int, d_model: int
) -> Float[Tensor, "max_len d_model"]:
    """Encode positions 0 … max_len − 1 by sines and cosines of many wavelengths.

    Column 2i is sin(pos / 10000^(2i / d_model)), and column 2i + 1 the cosine of the
    same angle, in radians; with an odd d_model the last sine has no cosine.

    Args:
        max_len: number of positions.
        d_model: width of the tokens to which they will be added.

    Returns: float32, (max_len, d_model), computed in float64.
    Raises: ValueError if a size is below 1.
    Source: Vaswani et al. 2017, §3.5.
    """
    if max_len < 1 or d_model < 1:
        raise ValueError(f"sizes must be at least 1: {max_len = }, {d_model = }")
    even = torch.arange(0, d_model, 2, dtype=torch.float64)  # 2i
    positions = torch.arange(max_len, dtype=torch.float64)
    # subtle: in float32 an angle of 5000 is rounded by up to 0.0002 radians
    angles = positions[:, None] / 10000 ** (even / d_model)  # (max_len, pairs)
    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)  # (max_len, pairs, 2)
    return pairs.flatten(1)[:, :d_model].float()


class _Positions(nn.Module):
    """What both kinds share: rows of a table are picked, checked, added, dropped."""

    def __init__(self, d_model: int, max_len: int, dropout: float) -> None:
        super().__init__()
        if max_len < 1 or d_model < 1:
            raise ValueError(f"sizes must be at least 1: {max_len = }, {d_model = }")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout must be in [0, 1), and is {dropout}")
        self.d_model, self.max_len = d_model, max_len
        self.dropout = nn.Dropout(dropout)

    def _add(self, x: Tensor, table: Tensor, offset: int) -> Tensor:
        if x.dim() != 3 or x.shape[-1] != self.d_model:
            raise ValueError(
                f"x must be (B, T, {self.d_model}), and its shape is {tuple(x.shape)}"
            )
        T = x.shape[1]
        if offset < 0 or offset + T > self.max_len:
            raise ValueError(
                f"{T} tokens from position {offset} on do not fit max_len ="
                f" {self.max_len}"
            )
        rows = table[offset : offset + T].to(x)  # (T, d_model), x's type and device
        return self.dropout(x + rows)


class SinusoidalPositions(_Positions):
    """Add sines and cosines of the position to each token; nothing is learned.

    Args:
        d_model: width of the tokens.
        max_len: how many positions there are.
        dropout: share of the sum set to zero in training.

    The table is computed anew in each model, and is not part of its state_dict.
    Raises: ValueError if a size is below 1 or dropout is outside [0, 1).
    Source: Vaswani et al. 2017, §3.5; dropout, §5.4.
    """

    table: Tensor

    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.0) -> None:
        super().__init__(d_model, max_len, dropout)
        table = sinusoidal_encoding(max_len, d_model)
        self.register_buffer("table", table, persistent=False)

    def forward(
        self, x: Float[Tensor, "B T d_model"], offset: int = 0
    ) -> Float[Tensor, "B T d_model"]:
        """Add the encodings of positions offset … offset + T − 1, then apply dropout.

        Raises: ValueError, naming T, offset and max_len, where the table ends before
            the text does; or naming the widths, where x is not (B, T, d_model).
        """
        return self._add(x, self.table, offset)


class LearnedPositions(_Positions):
    """Add a learned vector for each position to each token.

    Args:
        d_model: width of the tokens.
        max_len: how many positions there are; for more there is no vector.
        dropout: share of the sum set to zero in training.

    Attributes: weight, (max_len, d_model), drawn with standard deviation 0.02.
    Raises: ValueError if a size is below 1 or dropout is outside [0, 1).
    Source: Vaswani et al. 2017, Table 3, row (E); Radford et al. 2018, §4.1.
    """

    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.0) -> None:
        super().__init__(d_model, max_len, dropout)
        self.weight = nn.Parameter(0.02 * torch.randn(max_len, d_model))

    def forward(
        self, x: Float[Tensor, "B T d_model"], offset: int = 0
    ) -> Float[Tensor, "B T d_model"]:
        """Add the vectors of positions offset … offset + T − 1, then apply dropout.

        Raises: ValueError, as in `SinusoidalPositions`.
        """
        return self._add(x, self.weight, offset)


__all__ = [
    "LearnedPositions",
    "SinusoidalPositions",
    "sinusoidal_encoding",
]
