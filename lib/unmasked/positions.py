# Built from book/chapters/08_positions.md by `make chapters`: edit that file.
"""Where a token stands: sinusoidal and learned encodings of positions."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def sinusoidal_encoding(max_len: int, d_model: int) -> Float[Tensor, "max_len d_model"]:
    """Sines and cosines of the position (stand-in until chapter 8 is there)."""
    even = torch.arange(0, d_model, 2, dtype=torch.float64)  # 2i
    angles = torch.arange(max_len)[:, None] / 10000 ** (even / d_model)
    table = torch.zeros(max_len, d_model, dtype=torch.float64)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles.cos()[:, : d_model // 2]
    return table.float()


class SinusoidalPositions(nn.Module):
    """Add the encodings of positions offset, offset + 1, … (stand-in)."""

    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.0):
        super().__init__()
        table = sinusoidal_encoding(max_len, d_model)
        self.register_buffer("table", table, persistent=False)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "B T d_model"], offset: int = 0
    ) -> Float[Tensor, "B T d_model"]:
        end = offset + x.shape[1]
        if end > len(self.table):
            raise ValueError(f"{end} positions, and max_len is {len(self.table)}")
        return self.dropout(x + self.table[offset:end])


__all__ = [
    "SinusoidalPositions",
    "sinusoidal_encoding",
]
