# Built from book/chapters/01_recurrence.md by `make chapters`: edit that file.
"""Recurrent networks: Elman's cell, the LSTM's, and the layer that unrolls either."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class RNNCell(nn.Module):
    """One step of an Elman network, h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Its parameters have the names and shapes of `torch.nn.RNNCell`'s.

    Args: d_in, d_hidden, the widths of input and state, at least 1.
    Raises: ValueError for a width below 1.
    Source: Elman 1990.
    """

    def __init__(self, d_in: int, d_hidden: int) -> None:
        super().__init__()
        _check_widths(d_in, d_hidden)
        self.d_in, self.d_hidden = d_in, d_hidden
        self.weight_ih = nn.Parameter(torch.empty(d_hidden, d_in))
        self.weight_hh = nn.Parameter(torch.empty(d_hidden, d_hidden))
        self.bias_ih = nn.Parameter(torch.empty(d_hidden))
        self.bias_hh = nn.Parameter(torch.empty(d_hidden))
        for parameter in self.parameters():  # PyTorch's default
            nn.init.uniform_(parameter, -(d_hidden**-0.5), d_hidden**-0.5)

    def initial_state(self, x: Float[Tensor, "B d_in"]) -> Float[Tensor, "B d_hidden"]:
        """The state before anything was read: zeros of x's batch, type and device."""
        return x.new_zeros(len(x), self.d_hidden)

    def forward(
        self, x: Float[Tensor, "B d_in"], state: Float[Tensor, "B d_hidden"]
    ) -> tuple[Float[Tensor, "B d_hidden"], Float[Tensor, "B d_hidden"]]:
        """Read x (B, d_in) in `state` (B, d_hidden): the output, and the new state.

        Both are the same tensor (B, d_hidden) here.
        """
        seen = x @ self.weight_ih.T + self.bias_ih  # (B, d_hidden)
        known = state @ self.weight_hh.T + self.bias_hh  # (B, d_hidden)
        state = torch.tanh(seen + known)
        return state, state


def _check_widths(d_in: int, d_hidden: int) -> None:
    if d_in < 1 or d_hidden < 1:
        raise ValueError(f"widths must be 1 or more: d_in={d_in}, d_hidden={d_hidden}")


class Recurrent(nn.Module):
    """Run a cell over a sequence, from the first position to the last.

    Args: cell, what takes one step.
    """

    def __init__(self, cell: "RNNCell | LSTMCell") -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Float[Tensor, "B T d_in"], state=None):
        """Read x in order.

        Args:
            x: (B, T, d_in), T at least 1.
            state: what the cell knows before; zeros by default. (B, d_hidden) for an
                RNNCell, and for an LSTMCell a pair (h, c) of such.
        Returns: the outputs (B, T, d_hidden), and the state after the last step.
        Raises: ValueError that names the shapes where they do not fit.
        """
        if x.dim() != 3 or x.shape[1] < 1 or x.shape[2] != self.cell.d_in:
            expected = f"(B, T, {self.cell.d_in}) with T of 1 or more"
            raise ValueError(f"x has shape {tuple(x.shape)}, expected {expected}")
        if state is None:
            state = self.cell.initial_state(x[:, 0])
        shape = (len(x), self.cell.d_hidden)
        for part in state if isinstance(state, tuple) else (state,):
            if part.shape != shape:
                raise ValueError(f"state has {tuple(part.shape)}, expected {shape}")
        outputs = []
        for x_t in x.unbind(dim=1):  # each step waits for the one before
            output, state = self.cell(x_t, state)
            outputs.append(output)
        return torch.stack(outputs, dim=1), state  # (B, T, d_hidden)


class LSTMCell(nn.Module):
    """One step of an LSTM with a forget gate; its state is the pair (h, c).

    Its parameters have the names, shapes and gate order (input, forget, candidate,
    output) of `torch.nn.LSTMCell`'s.

    Args: d_in, d_hidden, the widths of input and state, at least 1.
    Raises: ValueError for a width below 1.
    Source: Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000.
    """

    def __init__(self, d_in: int, d_hidden: int) -> None:
        super().__init__()
        _check_widths(d_in, d_hidden)
        self.d_in, self.d_hidden = d_in, d_hidden
        self.weight_ih = nn.Parameter(torch.empty(4 * d_hidden, d_in))
        self.weight_hh = nn.Parameter(torch.empty(4 * d_hidden, d_hidden))
        self.bias_ih = nn.Parameter(torch.empty(4 * d_hidden))
        self.bias_hh = nn.Parameter(torch.empty(4 * d_hidden))
        for parameter in self.parameters():  # PyTorch's default
            nn.init.uniform_(parameter, -(d_hidden**-0.5), d_hidden**-0.5)

    def initial_state(self, x: Float[Tensor, "B d_in"]) -> tuple[Tensor, Tensor]:
        """Two states of zeros (B, d_hidden), of x's batch, type and device."""
        zeros = x.new_zeros(len(x), self.d_hidden)
        return zeros, zeros

    def forward(
        self, x: Float[Tensor, "B d_in"], state: tuple[Tensor, Tensor]
    ) -> tuple[Float[Tensor, "B d_hidden"], tuple[Tensor, Tensor]]:
        """Read x (B, d_in) in the state (h, c): the output h, and the new (h, c)."""
        h, c = state
        maps = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = maps.chunk(4, dim=-1)  # each (B, d_hidden)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, (h, c)


class LanguageModel(nn.Module):
    """Embed ids, read them in order, and score every id as the next one.

    Args:
        vocab_size: the number of ids.
        recurrent: the layer that reads: `Recurrent`, or torch's `nn.RNN`, `nn.LSTM`
            or `nn.GRU` with batch_first=True.
        d_in, d_hidden: its widths.
    """

    def __init__(
        self, vocab_size: int, recurrent: nn.Module, d_in: int, d_hidden: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_in)
        self.recurrent = recurrent
        self.head = nn.Linear(d_hidden, vocab_size)

    def forward(self, ids: Int[Tensor, "B T"], state=None):
        """Score the id that follows each position.

        Args: ids (B, T), each in [0, vocab_size); state, as the recurrent layer's.
        Returns: logits (B, T, vocab_size), and the state after the last position.
        Raises: ValueError for an id outside the vocabulary.
        """
        size = self.embedding.num_embeddings
        if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < size:
            raise ValueError(
                f"ids from {ids.min()} to {ids.max()}, in a vocabulary of {size}"
            )
        outputs, state = self.recurrent(self.embedding(ids), state)
        return self.head(outputs), state

    @torch.no_grad()
    def generate(
        self,
        ids: Int[Tensor, "B T"],
        max_new_tokens: int,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "B T_more"]:
        """Continue ids (B, T) by drawing; returns (B, T + max_new_tokens)."""
        logits, state = self(ids)
        for _ in range(max_new_tokens):
            probabilities = logits[:, -1].softmax(dim=-1)  # (B, vocab_size)
            drawn = torch.multinomial(probabilities, 1, generator=generator)  # (B, 1)
            ids = torch.cat([ids, drawn], dim=1)
            logits, state = self(drawn, state)  # one step: the state knows the rest
        return ids


__all__ = [
    "LSTMCell",
    "LanguageModel",
    "RNNCell",
    "Recurrent",
]
