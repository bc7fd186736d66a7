"""Chapter 12, write: one step of attention with a cache."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
One step of causal self-attention with a cache: a single new token, and the keys and
values of all before it.

- `x` (B, d), the new token's embedding, without its position
- `cache`: None for the first token, afterwards the pair that the last call returned
- `weights`: three matrices (d, d), for query, key and value: $q = h W_q$, with
  $h = x + $ the token's position
- `positions` (max_len, d), the encodings to add
- returns the output (B, d), which is $\mathrm{softmax}(q k^\top / \sqrt d)\, v$ over
  all tokens so far, and a cache `(keys, values)`, (B, S, d) each
"""

STUB = """
def cached_step(x, cache, weights, positions):
    raise NotImplementedError
"""


def cached_step(x, cache, weights, positions):
    S = 0 if cache is None else cache[0].shape[1]
    h = x + positions[S]
    query, key, value = (h @ w for w in weights)  # each (B, d)
    keys, values = key[:, None], value[:, None]  # (B, 1, d)
    if cache is not None:
        keys = torch.cat([cache[0], keys], dim=1)  # (B, S + 1, d)
        values = torch.cat([cache[1], values], dim=1)
    scores = query[:, None] @ keys.mT / x.shape[-1] ** 0.5  # (B, 1, S + 1)
    return (scores.softmax(-1) @ values)[:, 0], (keys, values)


def by_einsum(x, cache, weights, positions):
    empty = x.new_zeros(len(x), 0, x.shape[1])
    keys, values = cache or (empty, empty)
    h = x + positions[keys.shape[1]]
    keys = torch.cat([keys, (h @ weights[1])[:, None]], 1)
    values = torch.cat([values, (h @ weights[2])[:, None]], 1)
    scores = torch.einsum("bd,bsd->bs", h @ weights[0], keys) / x.shape[1] ** 0.5
    return torch.einsum("bs,bsd->bd", scores.softmax(-1), values), (keys, values)


def newest_first(x, cache, weights, positions):
    """The order of keys does not matter: positions are in them."""
    S = 0 if cache is None else cache[0].shape[1]
    h = x + positions[S]
    query, key, value = (h @ w for w in weights)
    keys, values = key[:, None], value[:, None]
    if cache is not None:
        keys = torch.cat([keys, cache[0]], 1)
        values = torch.cat([values, cache[1]], 1)
    scores = query[:, None] @ keys.mT / x.shape[-1] ** 0.5
    return (scores.softmax(-1) @ values)[:, 0], (keys, values)


def _made(
    place=lambda S: S,
    looks_at=lambda keys: keys,
    keeps=lambda old, new: torch.cat([old, new], 1),
    scaled=True,
    own_position=True,
    cached_values=True,
):
    """The reference with one thing changed."""

    def step(x, cache, weights, positions):
        empty = x.new_zeros(len(x), 0, x.shape[1])
        old_keys, old_values = cache or (empty, empty)
        h = x + positions[place(old_keys.shape[1])]
        query = h @ weights[0]
        inside = h if own_position else x
        new_keys = keeps(old_keys, (inside @ weights[1])[:, None])
        new_values = keeps(old_values, (inside @ weights[2])[:, None])
        keys, values = looks_at(new_keys), looks_at(new_values)
        if not cached_values:
            values = new_values[:, -1:].expand_as(keys)
        scores = query[:, None] @ keys.mT / (x.shape[1] ** 0.5 if scaled else 1)
        return (scores.softmax(-1) @ values)[:, 0], (new_keys, new_values)

    return step


def _without_own(x, cache, weights, positions):
    """Attends to the cache as it was; the first token to itself."""
    S = 0 if cache is None else cache[0].shape[1]
    h = x + positions[S]
    query, key, value = (h @ w for w in weights)
    new = key[:, None], value[:, None]
    keys, values = new if cache is None else cache
    scores = query[:, None] @ keys.mT / x.shape[-1] ** 0.5
    out = (scores.softmax(-1) @ values)[:, 0]
    if cache is None:
        return out, new
    return out, tuple(torch.cat(pair, 1) for pair in zip(cache, new, strict=True))


B, T, D = 2, 5, 3


def given():
    return (torch.randn(B, T, D), tuple(torch.randn(3, D, D)), 2 * torch.randn(12, D))


def outputs(step, x, weights, positions):
    """The outputs of all steps, (B, T, d)."""
    cache, found = None, []
    for t in range(x.shape[1]):
        out, cache = step(x[:, t], cache, weights, positions)
        found.append(out)
    return torch.stack(found, 1)


def twice(step, x, weights, positions):
    """Two sentences one after the other, each with an empty cache."""
    outputs(step, x, weights, positions)
    return outputs(step, x.flip(0), weights, positions)


def _wrong_from(got, expected):
    off = [
        t for t in range(T) if not torch.allclose(got[:, t], expected[:, t], atol=1e-4)
    ]
    return off


def _said(tail):
    def said(got, expected):
        if not isinstance(got, torch.Tensor):  # it stopped on the way
            return f"Your steps stop with {type(got).__name__}: {got}."
        off = _wrong_from(got, expected)
        where = f"is right up to token {off[0] - 1}" if off[0] else "is wrong at once"
        return (
            f"Against attention over the whole text, your output {where}. Token "
            f"{off[0]} comes out as {short(got[0, off[0]])}, and "
            f"{short(expected[0, off[0]])} is right: {tail}"
        )

    return said


EXERCISE = Exercise(
    id="cached-step",
    chapter=12,
    kind="write",
    title="A new token and all before it",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="cached_step",
    stub=STUB,
    reference=cached_step,
    accepts=(by_einsum, newest_first),
    proves="At every step the output is that of attention over the whole text: the new "
    "token knows its place, sees itself and all before it, each once.",
    probes=(
        Probe(
            "every step",
            given,
            outputs,
            "At each of five steps the output equals that of the whole text",
        ),
        Probe("again", given, twice, "A second text is not haunted by the first"),
    ),
    mistakes=(
        Mistake(
            "kv-cache-position",
            _made(place=lambda S: 0),
            _said("each new token takes itself for the first."),
            "How does token 3 know that it is the third?",
            "It comes alone, in a batch of length 1. Who knows how many came before?",
            "A page that is printed by itself still needs its page number.",
        ),
        Mistake(
            "kv-cache-position-one-late",
            _made(place=lambda S: S + 1),
            _said("the first token stands at position 1."),
            "How many tokens stand before the first one?",
            "The position is the number of tokens before this one, not the number with "
            "it.",
            "Floors are counted from 0 in some countries and from 1 in others.",
        ),
        Mistake(
            "kv-cache-position-stuck",
            _made(place=lambda S: min(S, 1)),
            _said("from the second token on all stand in one place."),
            "What is the position of the fourth token in yours?",
            "There are more cases than “first” and “not the first”.",
            "Runners with the start numbers 1, 2, 2, 2.",
        ),
        Mistake(
            "kv-cache-appended-twice",
            _made(keeps=lambda old, new: torch.cat([old, new, new], 1)),
            _said("the new token counts double, and the positions run ahead."),
            "How many keys are in the cache after two tokens?",
            "Each token should enter once. Count the places in your code where one "
            "enters.",
            "A guest who signs the book when he comes and when he goes.",
        ),
        Mistake(
            "kv-cache-without-itself",
            _without_own,
            _said("the new token does not see itself."),
            "May a token look at itself?",
            "The causal mask forbids what comes after. When does the newest key have "
            "to be in the list?",
            "You are asked who is in the room, and forget yourself.",
        ),
        Mistake(
            "kv-cache-overwritten",
            _made(keeps=lambda old, new: new),
            _said("the new token sees nobody but itself."),
            "What has become of the keys of earlier tokens?",
            "Your cache is always of length 1.",
            "A notebook with a single page.",
        ),
        Mistake(
            "kv-cache-mask-top-left",
            _made(looks_at=lambda keys: keys[:, :1]),
            _said("each token looks at the first alone."),
            "With one query and five keys, what does your triangle look like?",
            "The query is the last token, and the last row of a causal mask forbids "
            "nothing.",
            "The last in the queue sees everybody in front. Yours sees one.",
        ),
        Mistake(
            "keys-without-position",
            _made(own_position=False),
            _said("the query knows its place; keys and values do not."),
            "What do the three projections read in the formula?",
            "All three are made of the same vector h.",
            "Letters that give the sender's street, and houses without numbers.",
        ),
        Mistake(
            "scores-unscaled",
            _made(scaled=False),
            _said("the shares are more extreme than they should be."),
            "What is the spread of a sum of d products?",
            "Compare your scores with the formula: something is divided there.",
            "Prices in cents next to prices in euros.",
        ),
        Mistake(
            "values-not-cached",
            _made(cached_values=False),
            _said("only the new token's value is averaged."),
            "The shares belong to five tokens. Whose values do they weigh?",
            "Keys say where to look, values say what is found there; both are needed "
            "of every token.",
            "A library with a complete catalogue and a single book.",
        ),
    ),
)
