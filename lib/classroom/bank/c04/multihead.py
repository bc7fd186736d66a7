"""Chapter 4, write: multi-head attention as one function of tensors."""

import torch

from ...exercises.model import Exercise, Probe
from ._multihead_mistakes import MISTAKES

QUESTION = r"""
Write multi-head attention, from the projections to $W^O$, without `nn.Module`:

$$\mathrm{head}_i = \mathrm{Attention}(Q W^Q_i,\ K W^K_i,\ V W^V_i), \qquad
\mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h)\, W^O$$

Each of `w_q`, `w_k`, `w_v` holds the $W_i$ of all heads side by side: the first $d_k$
columns are head 0's, the next $d_k$ head 1's, and so on.

- `query` (B, T, d), `key` and `value` (B, S, d); T and S may differ
- `w_q`, `w_k`, `w_v`, `w_o` (d, d), each used as `x @ w`; there are no biases
- `mask`: None, or boolean, True = may be attended; it broadcasts to (B, h, T, S), and
  every query has at least one key
- returns (B, T, d); a width that `n_heads` does not divide is refused (any exception)
"""

STUB = """
def multi_head_attention(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    raise NotImplementedError
"""


def multi_head_attention(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    d_k, rest = divmod(query.shape[-1], n_heads)
    if rest:
        raise ValueError(f"{n_heads} heads do not divide {query.shape[-1]} features")
    # (B, h, T or S, d_k) each
    q, k, v = (
        (x @ w).unflatten(-1, (n_heads, d_k)).transpose(1, 2)
        for x, w in ((query, w_q), (key, w_k), (value, w_v))
    )
    scores = q @ k.transpose(-2, -1) / d_k**0.5  # (B, h, T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    heads = scores.softmax(dim=-1) @ v  # (B, h, T, d_k)
    return heads.transpose(1, 2).flatten(2) @ w_o


def loop_over_heads(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    d_k, rest = divmod(query.shape[-1], n_heads)
    assert rest == 0
    found = []
    for n in range(n_heads):
        own = slice(n * d_k, (n + 1) * d_k)
        q, k, v = query @ w_q[:, own], key @ w_k[:, own], value @ w_v[:, own]
        scores = q @ k.mT * d_k**-0.5
        if mask is not None:
            whole = mask.expand(len(query), n_heads, *scores.shape[1:])
            scores = scores.where(whole[:, n], -1e9)
        found.append(scores.softmax(-1) @ v)
    return torch.cat(found, -1) @ w_o


def by_einsum(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    q, k, v = (
        torch.einsum("btd,dhk->bhtk", x, w.unflatten(1, (n_heads, -1)))
        for x, w in ((query, w_q), (key, w_k), (value, w_v))
    )
    scores = torch.einsum("bhtk,bhsk->bhts", q / q.shape[-1] ** 0.5, k)  # q scaled
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    heads = torch.einsum("bhts,bhsk->bhtk", scores.softmax(-1), v)
    return torch.einsum("bhtk,hko->bto", heads, w_o.unflatten(0, (n_heads, -1)))


def reshaped_and_fused(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    def split(x):
        return x.reshape(*x.shape[:2], n_heads, x.shape[-1] // n_heads).transpose(1, 2)

    heads = torch.nn.functional.scaled_dot_product_attention(
        split(query @ w_q), split(key @ w_k), split(value @ w_v), mask
    )
    return heads.transpose(1, 2).contiguous().view(query.shape) @ w_o


def masked_late_renormalised(query, key, value, w_q, w_k, w_v, w_o, n_heads, mask=None):
    q, k, v = (
        torch.stack((x @ w).tensor_split(n_heads, -1), 1)
        for x, w in ((query, w_q), (key, w_k), (value, w_v))
    )
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(-1, keepdim=True)
    return torch.cat((weights @ v).unbind(1), -1) @ w_o


def inputs(d=12, *, mask=None, **zero):
    """B=2, h=3, T=5, S=7, d_k=4; the mask is None, "padding" or "any"."""

    def make():
        query, *others = (torch.randn(2, n, d) for n in (5, 7, 7))
        matrices = [torch.randn(d, d) * (2 / d) ** 0.5 for _ in range(4)]
        for n, name in enumerate(("w_q", "w_k", "w_v", "w_o")):
            matrices[n] = matrices[n] * zero.get(name, 1)
        if mask == "padding":
            allowed = torch.arange(7) < torch.tensor([5, 6])[:, None, None, None]
        elif mask == "any":
            allowed = torch.rand(2, 3, 5, 7) < 0.6
            allowed[..., 3] = True
        else:
            allowed = None
        return query, *others, *matrices, 3, allowed

    return make


def fits(output):
    return isinstance(output, torch.Tensor) and output.shape == (2, 5, 12)


def queries_shuffled(attend, query, *others):
    order = [3, 0, 4, 2, 1]
    found, moved = attend(query, *others), attend(query[:, order], *others)
    if not fits(found):
        return found
    alike = torch.isclose(moved, found[:, order], atol=1e-5).all(-1)
    return {"rows that fail to move along": int((~alike).sum())}


def keys_shuffled(attend, query, key, value, *others):
    order = [6, 2, 0, 5, 1, 4, 3]
    found = attend(query, key, value, *others)
    if not fits(found):
        return found
    moved = attend(query, key[:, order], value[:, order], *others)
    alike = torch.isclose(moved, found, atol=1e-5).all(-1)
    return {"rows that change": int((~alike).sum())}


def later_padding(attend, query, key, value, *others):
    """The rows that change when keys and values do, at the padding or elsewhere."""
    found = attend(query, key, value, *others)
    if not fits(found):
        return found
    padding = torch.arange(7) >= torch.tensor([[5], [6]])
    moved = []
    for changed in (padding, ~padding):
        by = changed[..., None].float()  # (B, S, 1)
        got = attend(query, key + 2.0 * by, value - 3.0 * by, *others)
        moved.append(int((~torch.isclose(got, found, atol=1e-5).all(-1)).sum()))
    return {
        "rows that change with what is forbidden": moved[0],
        "rows that change with what is allowed": moved[1],
    }


def head_unread(attend, query, key, value, w_q, w_k, w_v, w_o, *rest):
    """What changes when a head that W^O does not read gets other matrices."""
    w_o = w_o.clone()
    w_o[4:8] = 0.0
    others = [w.clone() for w in (w_q, w_k, w_v)]
    for w in others:
        w[:, 4:8] += 1.0
    found = attend(query, key, value, w_q, w_k, w_v, w_o, *rest)
    if not fits(found):
        return found
    changed = attend(query, key, value, *others, w_o, *rest)
    alike = torch.isclose(changed, found, atol=1e-5).all(-1)
    return {"rows that change": int((~alike).sum())}


def refused(attend, *inputs):
    try:
        got = attend(*inputs)
    except Exception as error:
        if isinstance(error, NotImplementedError):
            raise
        return "refused"
    return f"accepted, with a result of shape {tuple(getattr(got, 'shape', ()))}"


EXERCISE = Exercise(
    id="multihead",
    chapter=4,
    kind="write",
    title="Multi-head attention",
    question=QUESTION,
    difficulty=4,
    minutes=20,
    name="multi_head_attention",
    stub=STUB,
    reference=multi_head_attention,
    accepts=(
        loop_over_heads,
        by_einsum,
        reshaped_and_fused,
        masked_late_renormalised,
    ),
    proves="Each head works in its own columns, on whole tokens, at its own scale and "
    "under its own mask, and W^O mixes what they found. Copy the weights over, and it "
    "agrees with `nn.MultiheadAttention` without biases.",
    probes=(
        Probe(
            "shuffled queries",
            inputs(),
            queries_shuffled,
            says="Shuffling the queries shuffles the output's rows in the same way",
        ),
        Probe(
            "shuffled keys",
            inputs(),
            keys_shuffled,
            says="Shuffling keys and values together changes nothing",
        ),
        Probe(
            "w_o is zero",
            inputs(w_o=0),
            says="With zeros for w_o the output is 0",
        ),
        Probe(
            "w_v is zero",
            inputs(w_v=0),
            says="With zeros for w_v the output is 0",
        ),
        Probe(
            "one head unread",
            inputs(),
            head_unread,
            says="Head 1's columns of w_q, w_k and w_v change nothing where head 1's "
            "rows of w_o are 0",
        ),
        Probe(
            "w_k is zero",
            inputs(w_k=0),
            says="With zeros for w_k each head gives the plain average of its values, "
            "and W^O reads them side by side, head 0 first",
        ),
        Probe(
            "w_q is zero",
            inputs(w_q=0),
            says="With zeros for w_q each head gives the plain average of its values, "
            "and W^O reads them side by side, head 0 first",
        ),
        Probe(
            "random inputs",
            inputs(),
            says="Without a mask the output is that of a loop over the heads, each "
            "with scores divided by the root of its own width",
        ),
        Probe(
            "wider heads",
            inputs(18),
            says="Scores of heads of 6 features are divided by the root of 6",
        ),
        Probe(
            "padding changed",
            inputs(mask="padding"),
            later_padding,
            says="What the mask forbids has no influence, and what it allows has",
        ),
        Probe(
            "padding",
            inputs(mask="padding"),
            says="With a mask of shape (B, 1, 1, S) the allowed keys share the whole "
            "weight",
        ),
        Probe(
            "a mask for each head",
            inputs(mask="any"),
            says="A mask of shape (B, h, T, S) tells each head of each sentence its "
            "own keys",
        ),
        Probe(
            "does not divide",
            inputs(10),
            refused,
            says="10 features for 3 heads are refused",
        ),
    ),
    mistakes=MISTAKES,
)
