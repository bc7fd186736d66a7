# Built from book/chapters/02_seq2seq.md by `make chapters`: edit that file.
"""Encoder and decoder, a fixed context, and additive attention."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def _check_ids(ids: Tensor, size: int) -> None:
    if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < size:
        raise ValueError(f"ids from {ids.min()} to {ids.max()}, vocabulary of {size}")


def _check_mask(mask: Tensor, shape: tuple[int, ...]) -> None:
    if mask.dtype != torch.bool:
        raise ValueError(f"the mask is {mask.dtype}; it must be boolean, True = attend")
    if mask.shape != shape:
        raise ValueError(f"the mask has shape {tuple(mask.shape)}, not {tuple(shape)}")
    if not bool(mask.any(dim=1).all()):
        raise ValueError("a row of the mask allows nothing: there is no average of it")


class Encoder(nn.Module):
    """Read a source with an LSTM and keep the state after each token.

    Args: vocab_size; d_embed and d_hidden, the widths of embedding and state.
    """

    def __init__(self, vocab_size: int, d_embed: int, d_hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_embed)
        self.lstm = nn.LSTM(d_embed, d_hidden, batch_first=True)

    def forward(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None
    ) -> tuple[Float[Tensor, "B S d_hidden"], tuple[Tensor, Tensor]]:
        """Read source ids (B, S).

        Args: mask (B, S), True = a real token, real tokens first; all real by default.
        Returns: annotations (B, S, d_hidden), zeros at padding, and the LSTM's state
            (h, c) after the last real token, each (B, d_hidden).
        Raises: ValueError for an id outside the vocabulary, or a mask that is not
            boolean, does not fit, has an empty row, or padding before a token.
        """
        _check_ids(source, self.embedding.num_embeddings)
        embedded = self.embedding(source)  # (B, S, d_embed)
        if mask is None:
            annotations, (h, c) = self.lstm(embedded)
            return annotations, (h[0], c[0])
        _check_mask(mask, source.shape)
        if bool((mask[:, 1:] & ~mask[:, :-1]).any()):
            raise ValueError("a real token follows padding; padding belongs at the end")
        packed = pack_padded_sequence(
            embedded, mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False
        )
        read, (h, c) = self.lstm(packed)
        annotations, _ = pad_packed_sequence(
            read, batch_first=True, total_length=source.shape[1]
        )
        return annotations, (h[0], c[0])


class FixedContext(nn.Module):
    """The same context at every step: the annotation of the last real token.

    Called with query (B, T, d_query), of which only the length counts, keys
    (B, S, d_key) and an optional mask (B, S), True = a real token. Returns the context
    (B, T, d_key) and the weights (B, T, S): 1 at the last real token, 0 elsewhere.
    Raises: ValueError for a mask that does not fit the keys or has an empty row.
    Source: Bahdanau, Cho and Bengio 2015, who describe it as a special case of theirs.
    """

    def forward(
        self,
        query: Float[Tensor, "B T d_query"],
        keys: Float[Tensor, "B S d_key"],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Float[Tensor, "B T d_key"], Float[Tensor, "B T S"]]:
        B, S, _ = keys.shape
        if mask is None:
            mask = torch.ones(B, S, dtype=torch.bool, device=keys.device)
        _check_mask(mask, (B, S))
        last = mask.sum(dim=1) - 1  # (B,)
        weights = F.one_hot(last, S).to(keys)[:, None]  # (B, 1, S)
        weights = weights.expand(-1, query.shape[1], -1)  # (B, T, S)
        return weights @ keys, weights


class Decoder(nn.Module):
    """Write a target with an LSTM that is given a context at every step.

    Args:
        vocab_size: of the target; d_embed, d_hidden: widths, d_hidden as the encoder's.
        attention: (query, keys, mask) → (context, weights), such as AdditiveAttention.
    The query is the *current* state s_i, after y_(i-1) was read, and the context enters
    after the LSTM, as Luong, Pham and Manning 2015 place it.
    """

    def __init__(
        self, vocab_size: int, d_embed: int, d_hidden: int, attention: nn.Module
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_embed)
        self.lstm = nn.LSTM(d_embed, d_hidden, batch_first=True)
        self.attention = attention
        self.combine = nn.Linear(2 * d_hidden, d_hidden)
        self.head = nn.Linear(d_hidden, vocab_size)

    def forward(
        self,
        inputs: Int[Tensor, "B T"],
        annotations: Float[Tensor, "B S d_hidden"],
        state: tuple[Tensor, Tensor],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B T S"], tuple[Tensor, Tensor]]:
        """Score the token that follows each of `inputs` (B, T).

        Args: the encoder's annotations (B, S, d_hidden); the LSTM's state (h, c) so
            far, each (B, d_hidden); the source's mask (B, S), True = may be attended.
        Returns: logits (B, T, vocab_size), weights (B, T, S), and the state after.
        Raises: ValueError for an unknown id, or a mask that does not fit.
        """
        _check_ids(inputs, self.embedding.num_embeddings)
        h, c = state
        states, (h, c) = self.lstm(self.embedding(inputs), (h[None], c[None]))
        context, weights = self.attention(states, annotations, mask)
        mixed = torch.tanh(self.combine(torch.cat([context, states], dim=-1)))
        return self.head(mixed), weights, (h[0], c[0])  # mixed: (B, T, d_hidden)


class Seq2Seq(nn.Module):
    """An encoder and a decoder: from a source sequence to a target sequence."""

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(
        self,
        source: Int[Tensor, "B S"],
        inputs: Int[Tensor, "B T"],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B T S"]]:
        """Teacher forcing: score the token after each of `inputs`, the true ones.

        Args: source (B, S), inputs (B, T), mask (B, S), True = real, all by default.
        Returns: logits (B, T, V), weights (B, T, S). Raises: as encoder and decoder.
        """
        annotations, state = self.encoder(source, mask)
        logits, weights, _ = self.decoder(inputs, annotations, state, mask)
        return logits, weights

    @torch.no_grad()
    def generate(
        self,
        source: Int[Tensor, "B S"],
        bos_id: int,
        max_len: int,
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Int[Tensor, "B T"], Float[Tensor, "B T S"]]:
        """Free running: write the most probable token, read it, and go on.

        Returns: ids (B, max_len), which go on after an end token, and the weights.
        """
        annotations, state = self.encoder(source, mask)  # once: the source stays
        ids, maps = [source.new_full((len(source), 1), bos_id)], []
        for _ in range(max_len):
            logits, weights, state = self.decoder(ids[-1], annotations, state, mask)
            ids.append(logits.argmax(dim=-1))  # (B, 1)
            maps.append(weights)
        return torch.cat(ids[1:], dim=1), torch.cat(maps, dim=1)


class AdditiveAttention(nn.Module):
    """Attention with the score v·tanh(W_a q + U_a k); the keys are the values too.

    Args: d_query, d_key, d_attn, the widths of query, key and hidden layer.
    Called with query (B, T, d_query), keys (B, S, d_key) and an optional mask (B, S),
    True = may be attended. Returns the context (B, T, d_key) and the weights
    (B, T, S), which sum to 1 over S.
    Raises: ValueError for a mask that is not boolean, does not fit the keys, or has a
        row that allows nothing.
    Source: Bahdanau, Cho and Bengio 2015, Eq. 5 and 6, §A.1.2. Their query is the
        decoder's *previous* state; here the caller decides (see Decoder).
    """

    def __init__(self, d_query: int, d_key: int, d_attn: int) -> None:
        super().__init__()
        self.W_a = nn.Linear(d_query, d_attn, bias=False)
        self.U_a = nn.Linear(d_key, d_attn, bias=False)
        self.v_a = nn.Linear(d_attn, 1, bias=False)

    def forward(
        self,
        query: Float[Tensor, "B T d_query"],
        keys: Float[Tensor, "B S d_key"],
        mask: Bool[Tensor, "B S"] | None = None,
    ) -> tuple[Float[Tensor, "B T d_key"], Float[Tensor, "B T S"]]:
        asked = self.W_a(query)[:, :, None]  # (B, T, 1, d_attn)
        offered = self.U_a(keys)[:, None]  # (B, 1, S, d_attn)
        scores = self.v_a(torch.tanh(asked + offered)).squeeze(-1)  # (B, T, S)
        if mask is not None:
            _check_mask(mask, keys.shape[:2])
            scores = scores.masked_fill(~mask[:, None], float("-inf"))  # e^-inf = 0
        weights = scores.softmax(dim=-1)
        return weights @ keys, weights  # (B, T, S) @ (B, S, d_key)


__all__ = [
    "AdditiveAttention",
    "Decoder",
    "Encoder",
    "FixedContext",
    "Seq2Seq",
]
