"""The patches of mask-review, tried out: each function returns what it measures."""

import math

import torch

B, T, h, d_k = 2, 5, 2, 3
REAL = torch.arange(T) < torch.tensor([[5], [3]])
PAST = torch.ones(T, T, dtype=torch.bool).tril()
KEEP = PAST & REAL[:, None, :]


def _noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _words():
    return _noise(B, T, h * d_k)


# queries, keys and values must differ: a symmetric score table hides a wrong axis
W_Q, W_K, W_V = _noise(3, h * d_k, h * d_k, seed=1) / 2


def _replaced(x, at=4):
    other = x.clone()
    other[..., at, :] += 3.0
    return other


def _scores(x):
    q, k = x @ W_Q, x @ W_K
    return q @ k.mT / math.sqrt(q.shape[-1])


def _masked(scores, keep):
    return scores.masked_fill(~keep, -torch.inf)


def _attend(x, keep=KEEP, axis=-1):
    return _masked(_scores(x), keep).softmax(axis) @ (x @ W_V)


def _of_heads(heads, keep):
    q, k, v = heads
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return _masked(scores, keep).softmax(-1) @ v


def _gap(one, other):
    return float((one - other).abs().max())


def _moves_first(attend):
    """How far sentence 0's first output moves when its last word is replaced."""
    x = _words()
    return _gap(attend(x)[0, 0], attend(_replaced(x))[0, 0])


def padded_queries():
    """NaN in the output, numbers of the output, NaN in the original's."""
    output, original = _attend(_words(), KEEP & REAL.unsqueeze(-1)), _attend(_words())
    return int(output.isnan().sum()), output.numel(), int(original.isnan().sum())


def over_queries():
    """Sum of the first word's weights, and how far its output moves."""
    weights = _masked(_scores(_words()), PAST).softmax(-2)
    return float(weights[0, 0].sum()), _moves_first(lambda x: _attend(x, PAST, -2))


def joined_by_or():
    """How far the first output moves: the patch, the original."""
    either = PAST | REAL[:, None, :]
    return _moves_first(lambda x: _attend(x, either)), _moves_first(_attend)


def heads_by_view():
    """Outputs of shuffled words against shuffled outputs: the original, the patch."""
    allowed = torch.ones(T, T, dtype=torch.bool)

    def right(x):
        heads = [(x @ W).view(B, T, h, d_k).transpose(1, 2) for W in (W_Q, W_K, W_V)]
        return _of_heads(heads, allowed).transpose(1, 2).reshape(B, T, h * d_k)

    def patch(x):
        heads = [(x @ W).view(B, h, T, d_k) for W in (W_Q, W_K, W_V)]
        return _of_heads(heads, allowed).view(B, T, h * d_k)

    x, order = _words(), torch.tensor([2, 0, 4, 1, 3])
    return tuple(_gap(f(x[:, order]), f(x)[:, order]) for f in (right, patch))


def scaled_query():
    """The largest difference of the outputs."""
    x = _words()
    q = x @ W_Q / math.sqrt(h * d_k)
    output = _masked(q @ (x @ W_K).mT, KEEP).softmax(-1) @ (x @ W_V)
    return (_gap(output, _attend(x)),)


def late_renormalised():
    """The largest difference of the outputs."""
    x = _words()
    weights = _scores(x).softmax(-1) * KEEP
    weights = weights / weights.sum(-1, keepdim=True)
    return (_gap(weights @ (x @ W_V), _attend(x)),)


def other_triangle():
    """In how many entries the masks for T = 1 to 6 differ."""
    ones = [torch.ones(n, n) for n in range(1, 7)]
    return (sum(int(((x.triu(1) == 0) != x.tril().bool()).sum()) for x in ones),)


def late():
    """Sum of the first word's weights; how far its output moves with the last key."""
    x = _words()
    q, v = x @ W_Q, x @ W_V
    keys = [x @ W_K, _replaced(x @ W_K)]
    weights = [(q @ k.mT / math.sqrt(h * d_k)).softmax(-1) * KEEP for k in keys]
    one, other = (w @ v for w in weights)
    return float(weights[0][0, 0].sum()), _gap(one[0, 0], other[0, 0])


def causal_encoder():
    """How far the first output moves: with the causal mask, and without."""
    patch = _moves_first(_attend)
    return patch, _moves_first(lambda x: _attend(x, REAL[:, None, :]))


def folded_heads():
    """The largest difference of the words' outputs."""
    q, k, v = _noise(3, B, h, T, d_k, seed=2)
    flat = [part.flatten(0, 1) for part in (q, k, v)]
    patch = _of_heads(flat, KEEP.repeat(h, 1, 1)).view(B, h, T, d_k)
    change = patch - _of_heads((q, k, v), KEEP[:, None])
    return (float((change * REAL[:, None, :, None]).abs().max()),)
