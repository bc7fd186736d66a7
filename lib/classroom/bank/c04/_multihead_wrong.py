"""Wrong answers to "multihead": one block, with one part exchanged at a time."""

import torch


def split(x, h):
    return x.unflatten(-1, (h, x.shape[-1] // h)).transpose(1, 2)


def viewed(x, h):
    B, T, d = x.shape
    return x.reshape(B, h, T, d // h)


def dealt(x, h):
    return x.unflatten(-1, (x.shape[-1] // h, h)).permute(0, 3, 1, 2)


def merge(heads):
    return heads.transpose(1, 2).flatten(2)


def reshaped(heads):
    B, h, T, d_k = heads.shape
    return heads.reshape(B, T, h * d_k)


def crashing(heads):
    B, h, T, d_k = heads.shape
    return heads.transpose(1, 2).view(B, T, h * d_k)


def in_turn(heads):
    return heads.permute(0, 2, 3, 1).flatten(2)


def masked_softmax(scores, mask, dim=-1):
    if mask is not None:
        # finite: over another axis, a whole column may be forbidden
        scores = scores.masked_fill(~mask, -1e9)
    return scores.softmax(dim)


def softmax_over(dim):
    return lambda scores, mask: masked_softmax(scores, mask, dim)


def filled(number, dim=-1):
    def share(scores, mask):
        if mask is not None:
            scores = scores.masked_fill(~mask, number)
        return scores.softmax(dim)

    return share


def mask_unused(scores, mask):
    return scores.softmax(-1)


def inverted(scores, mask):
    return masked_softmax(scores, None if mask is None else ~mask)


def inverted_infinite(scores, mask):
    if mask is not None:
        scores = scores.masked_fill(mask, -torch.inf)
    return scores.softmax(-1)


def inverted_late(scores, mask):
    weights = scores.softmax(-1)
    return weights if mask is None else weights * ~mask


def late(dim=-1):
    def share(scores, mask):
        weights = scores.softmax(dim)
        return weights if mask is None else weights * mask

    return share


def heads_repeated(scores, mask):
    """As code that folds heads into the batch, and lines up the mask wrongly."""
    if mask is None:
        return scores.softmax(-1)
    B, h, T, S = scores.shape
    folded = mask.expand(B, h, T, S).transpose(0, 1).reshape(B * h, T, S)
    return masked_softmax(scores.reshape(B * h, T, S), folded).reshape(B, h, T, S)


def first_head_for_all(scores, mask):
    return masked_softmax(scores, None if mask is None else mask[:, :1])


def block(
    cut=split,
    join=merge,
    divisor=lambda d, d_k: d_k**0.5,
    share=masked_softmax,
    project=lambda x, w: x @ w,
    read=lambda q, k, v: (q, k, v),
    matrices=lambda q, k, v, o: (q, k, v, o),
    out=lambda joined, w_o: joined @ w_o,
    compared=lambda k, v: k,
    averaged=lambda k, v: v,
):
    """Multi-head attention; each argument replaces one part of it."""

    def attend(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
        d = query.shape[-1]
        w_q, w_k, w_v, w_o = matrices(w_q, w_k, w_v, w_o)
        pairs = zip(read(query, key, value), (w_q, w_k, w_v), strict=True)
        q, k, v = (cut(project(x, w), n_heads) for x, w in pairs)
        scores = q @ compared(k, v).transpose(-2, -1) / divisor(d, d // n_heads)
        return out(join(share(scores, mask) @ averaged(k, v)), w_o)

    return attend


def narrow(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    d_k = query.shape[-1] // n_heads
    q, k, v = (
        split(x, n_heads) @ w[:d_k, :d_k]
        for x, w in ((query, w_q), (key, w_k), (value, w_v))
    )
    weights = masked_softmax(q @ k.mT / d_k**0.5, mask)
    return merge(weights @ v) @ w_o


def own_slice(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    d_k = query.shape[-1] // n_heads
    q, k, v = (
        split(x, n_heads)
        @ torch.stack(
            [
                w[n * d_k : (n + 1) * d_k, n * d_k : (n + 1) * d_k]
                for n in range(n_heads)
            ]
        )
        for x, w in ((query, w_q), (key, w_k), (value, w_v))
    )
    weights = masked_softmax(q @ k.mT / d_k**0.5, mask)
    return merge(weights @ v) @ w_o


def one_wide_head(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    q, k, v = query @ w_q, key @ w_k, value @ w_v
    if mask is not None:
        mask = mask[:, 0]
    return masked_softmax(q @ k.mT / q.shape[-1] ** 0.5, mask) @ v @ w_o


def rest_dropped(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    d_k = query.shape[-1] // n_heads
    found = []
    for n in range(n_heads):
        columns = slice(n * d_k, (n + 1) * d_k)
        q, k, v = query @ w_q, key @ w_k, value @ w_v
        scores = q[..., columns] @ k[..., columns].mT / d_k**0.5
        allowed = mask
        if mask is not None:
            allowed = mask.expand(len(query), n_heads, *scores.shape[1:])[:, n]
        found.append(masked_softmax(scores, allowed) @ v[..., columns])
    joined = torch.cat(found, -1)
    return joined @ w_o[: joined.shape[-1]]
