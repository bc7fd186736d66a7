# Built from book/chapters/07_embeddings.md by `make chapters`: edit that file.
"""Vectors for tokens: skip-gram with negative sampling, and the Transformer's table."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


class SkipGram(nn.Module):
    """Skip-gram with negative sampling: two tables of vectors, and their loss.

    Args:
        vocab_size: V, number of words.
        d_model: length of a vector.

    `inputs` (V, d_model) holds the words' vectors v, the result of training; `outputs`
    (V, d_model) the vectors u that words have as somebody's context. The latter begin
    at 0, so that the first loss is (1 + k) ln 2.
    Raises: ValueError if a size is below 1.
    Source: Mikolov et al. 2013, "Distributed Representations", §2.2, Eq. 4.
    """

    def __init__(self, vocab_size: int, d_model: int):
        super().__init__()
        if min(vocab_size, d_model) < 1:
            raise ValueError(f"sizes must be positive: {vocab_size}, {d_model}")
        self.inputs = nn.Parameter(torch.randn(vocab_size, d_model) / d_model**0.5)
        self.outputs = nn.Parameter(torch.zeros(vocab_size, d_model))

    def forward(
        self,
        words: Int[Tensor, " N"],
        contexts: Int[Tensor, " N"],
        noise: Int[Tensor, "N k"] | Int[Tensor, " K"],
        k: int | None = None,
    ) -> Float[Tensor, ""]:
        """Eq. 4 with its sign changed, in nats, averaged over N pairs.

        Args:
            words, contexts: ids, (N,): contexts[i] was seen near words[i].
            noise: ids, (N, k), drawn for each pair; or (K,), drawn once for all pairs.
            k: how much the noise counts: its mean is taken k times. As many as were
                drawn if not given, so that (N, k) gives the sum of Eq. 4.

        Raises: ValueError if an id is outside the vocabulary or noise is empty.
        """
        for ids in (words, contexts, noise):
            _check_ids(ids, len(self.inputs))
        if noise.shape[-1] == 0:
            raise ValueError("without noise words, equal vectors for all would be best")
        v = self.inputs[words]  # (N, d)
        true = (v * self.outputs[contexts]).sum(dim=-1)  # (N,)
        if noise.dim() == 1:
            false = v @ self.outputs[noise].mT  # (N, K)
        else:
            false = (self.outputs[noise] @ v[:, :, None])[..., 0]  # (N, k)
        k = noise.shape[-1] if k is None else k
        told = F.logsigmoid(true) + k * F.logsigmoid(-false).mean(dim=-1)  # (N,)
        return -told.mean()


def _check_ids(ids: Tensor, vocab_size: int) -> None:
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise TypeError(f"ids must be integers, and they are {ids.dtype}")
    if ids.numel() == 0 or ids.is_meta:
        return
    low, high = (int(i) for i in ids.aminmax())
    if low < 0 or high >= vocab_size:
        worst = low if low < 0 else high
        raise ValueError(f"id {worst} is outside a vocabulary of {vocab_size}")


def noise_distribution(counts: Int[Tensor, " V"]) -> Float[Tensor, " V"]:
    """Return U^(3/4), scaled to add up to 1; U is each word's share of the text.

    Raises: ValueError if a count is negative or all are 0.
    Source: Mikolov et al. 2013, §2.2.
    """
    if counts.min() < 0 or counts.max() == 0:
        raise ValueError("counts must not be negative, and not all 0")
    flattened = counts.double() ** 0.75
    return (flattened / flattened.sum()).float()


def keep_probability(
    counts: Int[Tensor, " V"], threshold: float = 1e-5
) -> Float[Tensor, " V"]:
    """Return the probability to keep an occurrence: sqrt(threshold / f), at most 1.

    Args:
        counts: how often each word occurs, (V,), at least 1.
        threshold: the frequency up to which every occurrence is kept; the larger the
            text, the smaller it can be.

    Raises: ValueError if a count is below 1 or the threshold not positive.
    Source: Mikolov et al. 2013, §2.3, Eq. 5, which gives what is discarded.
    """
    if counts.min() < 1 or threshold <= 0:
        raise ValueError("counts must be at least 1, and the threshold positive")
    frequency = counts.double() / counts.sum()
    return (threshold / frequency).sqrt().clamp(max=1.0).float()


def context_pairs(
    ids: Int[Tensor, " N"],
    documents: Int[Tensor, " N"],
    window: int,
    generator: torch.Generator,
) -> tuple[Int[Tensor, " P"], Int[Tensor, " P"]]:
    """Pair each word with those around it, in its own document.

    Args:
        ids: the words of all documents in a row, (N,).
        documents: the number of each word's document, (N,).
        window: each word draws how far it looks to either side, from 1 to window.

    Returns: words and contexts, (P,) each, not shuffled.
    Raises: ValueError if the window is below 1 or the lengths differ.
    """
    if window < 1 or len(ids) != len(documents):
        raise ValueError(f"window {window}; {len(ids)} ids, {len(documents)} documents")
    reach = torch.randint(1, window + 1, ids.shape, generator=generator)
    words, contexts = [], []
    for distance in range(1, min(window, len(ids) - 1) + 1):
        left, right = slice(None, -distance), slice(distance, None)
        together = documents[left] == documents[right]
        for near, far in ((left, right), (right, left)):
            seen = together & (reach[near] >= distance)
            words.append(ids[near][seen])
            contexts.append(ids[far][seen])
    nothing = [ids[:0]]
    return torch.cat(words or nothing), torch.cat(contexts or nothing)


class Vocabulary:
    """Words and their ids, the most frequent first.

    Args:
        words: a text, word by word.
        min_count: words that occur less often are left out.

    Attributes: `words`, a list of V; `counts`, (V,).
    Raises: ValueError if no word is left.
    """

    def __init__(self, words: Iterable[str], min_count: int = 1):
        ranked = Counter(words).most_common()
        ranked = [(word, n) for word, n in ranked if n >= min_count]
        if not ranked:
            raise ValueError(f"no word occurs {min_count} times")
        self.words = [word for word, _ in ranked]
        self.counts = torch.tensor([n for _, n in ranked])
        self._ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    def encode(self, words: Sequence[str]) -> Int[Tensor, " N"]:
        """Return the words' ids, (N,). Raises ValueError, naming an unknown word."""
        for word in words:
            if word not in self._ids:
                raise ValueError(f"{word!r} is not among the {len(self)} words")
        return torch.tensor([self._ids[word] for word in words], dtype=torch.long)


def nearest(
    vectors: Float[Tensor, "V d"],
    query: Float[Tensor, " d"],
    n: int = 5,
    exclude: Iterable[int] = (),
) -> list[int]:
    """Return the n rows with the largest cosine to a query, the nearest first.

    Args:
        vectors: (V, d); a row of zeros has cosine 0 with everything.
        exclude: rows that do not count.

    Raises: ValueError if fewer than n rows are left.
    """
    out = sorted(set(exclude))
    if not 0 <= n <= len(vectors) - len(out):
        raise ValueError(f"{n} asked of {len(vectors)} vectors, {len(out)} excluded")
    cosines = F.normalize(vectors, dim=-1) @ F.normalize(query, dim=-1)  # (V,)
    cosines[out] = -torch.inf
    return cosines.topk(n).indices.tolist()


class TokenEmbedding(nn.Module):
    """A vector for each token, which serves at the output as well.

    The table is drawn with standard deviation d_model^-1/2. Then logits of vectors of
    unit variance have unit variance, and so have the scaled embeddings.

    Args:
        vocab_size: V, number of tokens.
        d_model: length of a vector.
        scale: multiply what is looked up by sqrt(d_model); the logits are not.
        pad_id: a token whose vector is 0, always; looking it up trains nothing.

    Raises: ValueError if a size is below 1 or pad_id is not in the vocabulary.
    Source: Vaswani et al. 2017, §3.4.
    """

    def __init__(
        self,
        vocab_size: int,
        d_model: int,
        scale: bool = True,
        pad_id: int | None = None,
    ):
        super().__init__()
        if min(vocab_size, d_model) < 1:
            raise ValueError(f"sizes must be positive: {vocab_size}, {d_model}")
        if pad_id is not None and not 0 <= pad_id < vocab_size:
            raise ValueError(f"pad_id {pad_id} is outside a vocabulary of {vocab_size}")
        self.weight = nn.Parameter(torch.randn(vocab_size, d_model) / d_model**0.5)
        self.factor = math.sqrt(d_model) if scale else 1.0
        self.pad_id = pad_id

    def forward(self, ids: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch d_model"]:
        """Look up ids (…), and return vectors (…, d_model).

        Raises: ValueError, naming the id and V, if one is outside the vocabulary;
            TypeError if ids are not integers.
        """
        _check_ids(ids, len(self.weight))
        x = F.embedding(ids, self.weight) * self.factor
        if self.pad_id is not None:
            x = x.masked_fill((ids == self.pad_id)[..., None], 0.0)
        return x

    def logits(
        self, x: Float[Tensor, "*batch d_model"]
    ) -> Float[Tensor, "*batch vocab_size"]:
        """Return dot products of vectors (…, d_model) with all tokens, (…, V)."""
        return F.linear(x, self.weight)


__all__ = [
    "SkipGram",
    "TokenEmbedding",
    "Vocabulary",
    "context_pairs",
    "keep_probability",
    "nearest",
    "noise_distribution",
]
