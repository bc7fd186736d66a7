# Built from book/chapters/12_decoding.md by `make chapters`: edit that file.
"""From a model's probabilities to text: greedy, beam search, sampling, and a cache."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .masking import padding_mask
from .transformer import Transformer

# ids (N, t), all that N texts hold so far, and parents (N,), the row of the last call
# that each of them continues -> logits (N, V) of the next token
NextLogits = Callable[[Tensor, Tensor], Tensor]


def generate(
    next_logits: NextLogits,
    start: Int[Tensor, "N t"],
    eos_id: int,
    max_len: int,
    choose: Callable[[Tensor], Tensor],
) -> list[list[int]]:
    """Continue N texts token by token; a text that has ended costs nothing more.

    Args:
        next_logits: the model, see NextLogits.
        start: what the texts begin with, (N, t), such as begin-of-sentence.
        eos_id: the token that ends a text.
        max_len: most tokens to add, the end token included.
        choose: from logits (N, V) to the ids of the next tokens, (N,).

    Returns: what was added to each text: ids up to and including the end token, or
        max_len ids without one.
    Raises: ValueError if start is not (N, t) or max_len < 1.
    """
    _check_start(start, max_len)
    added: list[list[int]] = [[] for _ in start]
    live = list(range(len(start)))  # which text each row belongs to
    ids, parents = start, torch.arange(len(start), device=start.device)
    for _ in range(max_len):
        chosen = choose(next_logits(ids, parents))  # (N,)
        for text, token in zip(live, chosen.tolist(), strict=True):
            added[text].append(token)
        parents = (chosen != eos_id).nonzero()[:, 0]  # the rows that go on
        if len(parents) == 0:
            break
        live = [live[row] for row in parents.tolist()]
        ids = torch.cat([ids, chosen[:, None]], dim=1)[parents]  # (N, t + 1)
    return added


def _check_start(start: Tensor, max_len: int) -> None:
    if start.dim() != 2 or start.numel() == 0:
        raise ValueError(f"start must be (N, t), and is {tuple(start.shape)}")
    if max_len < 1:
        raise ValueError(f"max_len must be at least 1, and is {max_len}")


@dataclass(frozen=True)
class Hypothesis:
    """A text that beam search found.

    Args:
        ids: what was added to the start, the end token included if it came.
        log_prob: the sum of its tokens' log-probabilities, in nats.
        score: log_prob divided by gnmt_penalty(len(ids), alpha).
    """

    ids: tuple[int, ...]
    log_prob: float
    score: float


def gnmt_penalty(length: int, alpha: float) -> float:
    """Return ((5 + length) / 6)^alpha, the length penalty of Wu et al. 2016."""
    return ((5 + length) / 6) ** alpha


def search(
    next_logits: NextLogits,
    start: Int[Tensor, "N t"],
    eos_id: int,
    max_len: int,
    beam_size: int = 4,
    length_penalty: float = 0.6,
    n_best: int = 1,
) -> list[list[Hypothesis]]:
    """Beam search: continue each text in the beam_size likeliest ways at once.

    A text is done when none of its hypotheses lives, or none that lives can come to a
    higher score than the n_best that ended. At max_len the live ones are cut off.

    Args:
        next_logits, start, eos_id, max_len: as for generate.
        beam_size: continuations kept at each step; 1 is greedy.
        length_penalty: the exponent alpha of gnmt_penalty; 0 ranks by log-probability.
        n_best: how many hypotheses to return for each text.

    Returns: for each text its hypotheses, all different, the highest score first;
        fewer than n_best where there are no more.
    Raises: ValueError if beam_size is not in [1, V], n_best not in [1, beam_size], or
        length_penalty is negative, besides what generate raises.
    """
    _check_start(start, max_len)
    _check_beam(beam_size, length_penalty, n_best)
    ended: list[list[Hypothesis]] = [[] for _ in start]
    live = list(range(len(start)))  # which text each row belongs to
    ids, parents = start, torch.arange(len(start), device=start.device)
    log_probs = torch.zeros(len(start), dtype=torch.float64, device=start.device)
    best_penalty = gnmt_penalty(max_len, length_penalty)
    for length in range(1, max_len + 1):
        logits = next_logits(ids, parents).double()
        totals = log_probs[:, None] + logits.log_softmax(dim=-1)  # (N, V)
        parents, tokens, log_probs = _best(totals, live, beam_size)
        ids = torch.cat([ids[parents], tokens[:, None]], dim=1)  # (N, t + 1)
        live = [live[row] for row in parents.tolist()]
        ends = (tokens == eos_id) | (length == max_len)
        penalty = gnmt_penalty(length, length_penalty)
        for row in ends.nonzero()[:, 0].tolist():
            added, total = ids[row, start.shape[1] :], log_probs[row].item()
            found = Hypothesis(tuple(added.tolist()), total, total / penalty)
            ended[live[row]].append(found)
        bounds = zip((log_probs / best_penalty).tolist(), live, strict=True)
        open_ = [_may_win(bound, ended[text], n_best) for bound, text in bounds]
        kept = (~ends & torch.tensor(open_, device=ends.device)).nonzero()[:, 0]
        if len(kept) == 0:
            break
        ids, parents, log_probs = ids[kept], parents[kept], log_probs[kept]
        live = [live[row] for row in kept.tolist()]
    return [sorted(each, key=lambda h: -h.score)[:n_best] for each in ended]


def _best(
    totals: Tensor, live: list[int], beam_size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The best continuations of each text: rows, tokens, log-probabilities."""
    V, first, found = totals.shape[1], 0, []
    _check_width(beam_size, V)
    for _, group in groupby(live):  # rows of one text lie side by side
        n = len(list(group))
        best, place = totals[first : first + n].flatten().topk(beam_size)  # of n * V
        possible = best > -torch.inf
        best, place = best[possible], place[possible]
        found.append((first + place // V, place % V, best))
        first += n
    rows, tokens, log_probs = map(torch.cat, zip(*found, strict=True))
    return rows, tokens, log_probs


def _may_win(bound: float, ended: list[Hypothesis], n_best: int) -> bool:
    scores = sorted((h.score for h in ended), reverse=True)
    return len(scores) < n_best or bound > scores[n_best - 1]


def _check_width(beam_size: int, V: int) -> None:
    if beam_size > V:
        raise ValueError(f"beam_size {beam_size} is larger than the vocabulary, {V}")


def _check_beam(beam_size: int, length_penalty: float, n_best: int) -> None:
    if not 1 <= n_best <= beam_size:
        raise ValueError(f"needs 1 <= n_best <= beam_size: {n_best}, {beam_size}")
    if length_penalty < 0:
        raise ValueError(f"length_penalty must be at least 0, and is {length_penalty}")


def filter_logits(
    logits: Float[Tensor, "*batch V"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Float[Tensor, "*batch V"]:
    """Reshape a distribution: temperature first, then top-k, then top-p of the rest.

    Args:
        logits: (…, V).
        temperature: divides the logits; 0 leaves the largest alone.
        top_k: number of tokens kept; of equal ones those with the lower id.
        top_p: the fewest tokens are kept, the likeliest first, that together reach
            this probability.

    Returns: logits (…, V), -inf where a token is cut; their softmax sums to 1.
    Raises: ValueError for a temperature below 0, top_k outside [1, V], top_p outside
        (0, 1], or logits with NaN.
    """
    V = logits.shape[-1]
    if temperature < 0:
        raise ValueError(f"temperature must not be negative, and is {temperature}")
    if top_k is not None and not 1 <= top_k <= V:
        raise ValueError(f"top_k must be from 1 to V = {V}, and is {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, and is {top_p}")
    if logits.isnan().any():
        raise ValueError("the logits hold NaN")
    if temperature == 0:
        temperature, top_k = 1.0, 1
    ranked, order = logits.sort(dim=-1, descending=True, stable=True)
    ranked = ranked / temperature
    if top_k is not None:
        ranked[..., top_k:] = -torch.inf
    if top_p is not None and top_p < 1:
        share = ranked.double().softmax(dim=-1)
        before = share.cumsum(dim=-1) - share  # what stands in front of each token
        ranked = ranked.masked_fill(before >= top_p, -torch.inf)
    return torch.empty_like(ranked).scatter_(-1, order, ranked)


def draw(logits: Float[Tensor, "N V"], generator: torch.Generator) -> Int[Tensor, " N"]:
    """Draw a token from each row's softmax; ids (N,)."""
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)[:, 0]


class KeysAndValues:
    """The keys and values of one attention, in buffers that double when full."""

    def __init__(self) -> None:
        self.length = 0
        self._key = self._value = torch.empty(0)

    def update(
        self, key: Float[Tensor, "B h T d_k"], value: Float[Tensor, "B h T d_v"]
    ) -> tuple[Float[Tensor, "B h S d_k"], Float[Tensor, "B h S d_v"]]:
        """Append, and return all so far, as views. ValueError for another batch."""
        if self.length == 0:
            self._key, self._value = key[:, :, :0], value[:, :, :0]
        if len(key) != len(self._key):
            raise ValueError(f"{len(key)} rows for a cache of {len(self._key)}")
        end = self.length + key.shape[2]
        if end > self._key.shape[2]:
            self._key = _grown(self._key, end)
            self._value = _grown(self._value, end)
        self._key[:, :, self.length : end] = key
        self._value[:, :, self.length : end] = value
        self.length = end
        return self._key[:, :, :end], self._value[:, :, :end]

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows of the batch, in this order; one may come several times."""
        if self.length:
            self._key, self._value = self._key[rows], self._value[rows]


def _grown(buffer: Tensor, needed: int) -> Tensor:
    B, h, S, d = buffer.shape
    bigger = buffer.new_empty(B, h, max(needed, 2 * S), d)
    bigger[:, :, :S] = buffer
    return bigger


class KVCache:
    """What a decoder's layers have computed for the tokens that they have read.

    Without gradients: it is written to in place.

    Args: n_layers, the number of layers.
    Attributes: layers, for each layer its own keys and values, and those of memory.
    Raises: ValueError if n_layers < 1.
    """

    def __init__(self, n_layers: int) -> None:
        if n_layers < 1:
            raise ValueError(f"n_layers must be at least 1, and is {n_layers}")
        self.layers = [(KeysAndValues(), KeysAndValues()) for _ in range(n_layers)]

    @property
    def length(self) -> int:
        """Number of tokens read so far: the position of the next."""
        return self.layers[0][0].length

    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Keep these rows of the batch, in this order; one may come several times."""
        for own, memory in self.layers:
            own.select(rows)
            memory.select(rows)


class Writer:
    """A Transformer as NextLogits: reads the sources once, then writes.

    Padding is never written: its logit is -inf.

    Args:
        model: the Transformer, in evaluation mode.
        src: source ids, (B, S), padded on the right.
        use_cache: keep the keys and values of what is written.

    Raises: ValueError if src is not (B, S) or a source is nothing but padding.
    """

    def __init__(
        self, model: Transformer, src: Int[Tensor, "B S"], use_cache: bool = True
    ) -> None:
        pad_id = model.config.pad_id
        if src.dim() != 2 or src.numel() == 0:
            raise ValueError(f"src must be (B, S), and is {tuple(src.shape)}")
        empty = (src == pad_id).all(dim=1).nonzero()[:, 0].tolist()
        if empty:
            raise ValueError(f"source {empty[0]} of {len(src)} is empty")
        self.model, self.mask = model, padding_mask(src, pad_id)
        self.memory = model.encode(src)  # (B, S, d_model)
        self.cache = KVCache(model.config.n_layers) if use_cache else None

    def __call__(
        self, ids: Int[Tensor, "N t"], parents: Int[Tensor, " N"]
    ) -> Float[Tensor, "N V"]:
        """Logits of the next token, (N, V)."""
        same = torch.arange(len(self.memory), device=parents.device)
        if not torch.equal(parents, same):
            self.memory, self.mask = self.memory[parents], self.mask[parents]
            if self.cache is not None:
                self.cache.select(parents)
        if self.cache is not None:
            ids = ids[:, self.cache.length :]  # what it has not read yet
        logits = self.model.decode(ids, self.memory, self.mask, self.cache)[:, -1]
        logits[:, self.model.config.pad_id] = -torch.inf
        return logits


@torch.no_grad()
def greedy_decode(
    model: Transformer,
    src: Int[Tensor, "B S"],
    bos_id: int,
    eos_id: int,
    max_len: int,
    use_cache: bool = True,
) -> list[list[int]]:
    """Write the likeliest next token again and again, for each source.

    Args:
        model: the Transformer; dropout is off while it writes.
        src: source ids, (B, S), padded on the right.
        bos_id, eos_id: the tokens that begin and end a target.
        max_len: most tokens to write, the end token included.
        use_cache: without, everything is computed again at each step.

    Returns: B lists of ids, without begin-of-sentence, up to and including the end
        token if it came.
    Raises: ValueError for an empty source, an id outside the vocabulary, or a max_len
        below 1 or above the model's.
    """
    with _writing(model, src, bos_id, eos_id, max_len, use_cache) as (writer, start):
        return generate(writer, start, eos_id, max_len, lambda x: x.argmax(dim=-1))


@contextmanager
def _writing(
    model: Transformer,
    src: Tensor,
    bos_id: int,
    eos_id: int,
    max_len: int,
    use_cache: bool = True,
) -> Iterator[tuple[Writer, Tensor]]:
    V, longest = model.config.tgt_vocab_size, model.config.max_len
    for name, token in (("bos_id", bos_id), ("eos_id", eos_id)):
        if not 0 <= token < V or token == model.config.pad_id:
            raise ValueError(f"{name} {token} is padding or not in {V} tokens")
    if max_len > longest:
        raise ValueError(f"max_len {max_len} is more than the model's, {longest}")
    training = model.training
    model.eval()
    try:
        yield Writer(model, src, use_cache), src.new_full((len(src), 1), bos_id)
    finally:
        model.train(training)


@torch.no_grad()
def beam_search(
    model: Transformer,
    src: Int[Tensor, "B S"],
    bos_id: int,
    eos_id: int,
    max_len: int,
    beam_size: int = 4,
    length_penalty: float = 0.6,
    n_best: int = 1,
) -> list[list[Hypothesis]]:
    """Search the target with the highest score for each source.

    Arguments, result and errors: as for greedy_decode and search.
    Source: Vaswani et al. 2017, §6.1, for the defaults.
    """
    _check_beam(beam_size, length_penalty, n_best)
    _check_width(beam_size, model.config.tgt_vocab_size)
    with _writing(model, src, bos_id, eos_id, max_len) as (writer, start):
        return search(writer, start, eos_id, max_len, beam_size, length_penalty, n_best)


@torch.no_grad()
def sample(
    model: Transformer,
    src: Int[Tensor, "B S"],
    bos_id: int,
    eos_id: int,
    max_len: int,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> list[list[int]]:
    """Draw each next token from the distribution that filter_logits leaves.

    Arguments, result and errors: as for greedy_decode and filter_logits.
    """

    def choose(logits: Tensor) -> Tensor:
        return draw(filter_logits(logits, temperature, top_k, top_p), generator)

    with _writing(model, src, bos_id, eos_id, max_len) as (writer, start):
        return generate(writer, start, eos_id, max_len, choose)


__all__ = [
    "Hypothesis",
    "KVCache",
    "KeysAndValues",
    "NextLogits",
    "Writer",
    "beam_search",
    "draw",
    "filter_logits",
    "generate",
    "gnmt_penalty",
    "greedy_decode",
    "sample",
    "search",
]
