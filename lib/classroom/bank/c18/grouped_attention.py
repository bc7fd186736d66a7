"""Chapter 18, write: attention in which query heads share keys and values."""

import torch
import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Write grouped-query attention, without a mask. The first h/g query heads share the first
head of keys and values, the next h/g the second, and so on. Scores are divided by
$\sqrt{d_k}$.

- `query` (B, h, T, d_k); `key` (B, g, S, d_k) and `value` (B, g, S, d_v); g divides h
- returns (B, h, T, d_v)
"""

STUB = """
def grouped_attention(query, key, value):
    raise NotImplementedError
"""


def grouped_attention(query, key, value):
    share = query.shape[1] // key.shape[1]
    key = key.repeat_interleave(share, dim=1)  # (B, h, S, d_k)
    value = value.repeat_interleave(share, dim=1)
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ value


def by_groups(query, key, value):
    B, h, T, d = query.shape
    asked = query.reshape(B, key.shape[1], -1, d)  # (B, g, h/g · T, d_k)
    weights = (asked @ key.mT / d**0.5).softmax(-1)
    return (weights @ value).reshape(B, h, T, -1)


def torchs(query, key, value):
    return F.scaled_dot_product_attention(query, key, value, enable_gqa=True)


def loop(query, key, value):
    share = query.shape[1] // key.shape[1]
    heads = []
    for n in range(query.shape[1]):
        weights = query[:, n] @ key[:, n // share].mT / query.shape[-1] ** 0.5
        heads.append(weights.softmax(-1) @ value[:, n // share])
    return torch.stack(heads, dim=1)


def same(x, h):
    return x.repeat_interleave(h // x.shape[1], dim=1)


def tile(x, h):
    return x.repeat(1, h // x.shape[1], 1, 1)


def first(x, h):
    return x[:, :1].expand(-1, h, -1, -1)


def average(x, h):
    return x.mean(1, keepdim=True).expand(-1, h, -1, -1)


def mirrored(x, h):
    return same(x.flip(1), h)


def attention(keys=same, values=same, scale=None, dim=-1):
    """`grouped_attention` with a part replaced."""

    def wrong(query, key, value):
        h = query.shape[1]
        key, value = keys(key, h), values(value, h)
        divisor = scale(query, key) if scale else query.shape[-1] ** 0.5
        scores = query @ key.mT / divisor
        return scores.softmax(dim) @ value

    return wrong


def queries_averaged(query, key, value):
    share = query.shape[1] // key.shape[1]
    mean = query.unflatten(1, (key.shape[1], share)).mean(2)
    out = F.scaled_dot_product_attention(mean, key, value)
    return out.repeat_interleave(share, dim=1)


def one_query_a_group(query, key, value):
    share = query.shape[1] // key.shape[1]
    return F.scaled_dot_product_attention(query[:, ::share], key, value)


def causal(query, key, value):
    return F.scaled_dot_product_attention(
        query, key, value, is_causal=True, enable_gqa=True
    )


def setting():
    draw = torch.Generator().manual_seed(9)
    shapes = ((2, 6, 4, 3), (2, 2, 5, 3), (2, 2, 5, 7))
    return tuple(1.5 * torch.randn(shape, generator=draw) for shape in shapes)


def own_keys():
    """g = h: the attention of chapter 4."""
    draw = torch.Generator().manual_seed(10)
    shapes = ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7))
    return tuple(torch.randn(shape, generator=draw) for shape in shapes)


def _heads(got, expected):
    if got.shape != expected.shape:
        return (
            f"With 6 query heads and 2 of keys your result is {tuple(got.shape)}, and "
            f"{tuple(expected.shape)} is right."
        )
    off = (got - expected).abs().amax(dim=(0, 2, 3)) > 1e-4
    right = [n for n in range(len(off)) if not off[n]]
    which = f"heads {', '.join(map(str, right))} are" if right else "no head is"
    return (
        f"Of 6 query heads on 2 of keys, {which} right. Head 1 begins with "
        f"{short(got[0, 1, 0])}, and {short(expected[0, 1, 0])} is right."
    )


def _mistake(identifier, wrong, question, pointer, neighbour):
    return Mistake(identifier, wrong, _heads, question, pointer, neighbour, "shared")


EXERCISE = Exercise(
    id="grouped-attention",
    chapter=18,
    kind="write",
    title="Six that ask, two that are asked",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="grouped_attention",
    stub=STUB,
    reference=grouped_attention,
    accepts=(by_groups, torchs, loop),
    proves="Neighbouring query heads share keys and values, and each keeps weights of "
    "its own. With as many heads of keys as of queries it is chapter 4's attention.",
    probes=(
        Probe(
            "own keys",
            own_keys,
            says="With g = h it is multi-head attention",
        ),
        Probe(
            "shared",
            setting,
            says="The first h/g query heads use the first head of keys and values",
        ),
        Probe(
            "three sentences",
            lambda: (
                torch.randn(3, 4, 5, 6),
                torch.randn(3, 2, 7, 6),
                torch.randn(3, 2, 7, 8),
            ),
            says="It holds for three sentences and two heads of keys",
        ),
    ),
    mistakes=(
        _mistake(
            "tiled",
            attention(tile, tile),
            "Write down which head of keys the query heads 0 to 5 get, in your code.",
            "`repeat` writes 0 1 0 1 0 1. What is wanted for two groups of three?",
            "Tables for three: at the first sit guests 1, 2 and 3; or 1, 3 and 5.",
        ),
        _mistake(
            "keys-tiled",
            attention(tile, same),
            "Are keys and values repeated in the same way?",
            "A weight is computed from one head's key and multiplies another's value. "
            "Which of the two is out of order?",
            "Chapters in one order, page numbers in another.",
        ),
        _mistake(
            "values-tiled",
            attention(same, tile),
            "Are values and keys repeated in the same way?",
            "Which heads get the weights of their group, and the values of another?",
            "The right key for the door, and somebody else's room behind it.",
        ),
        _mistake(
            "all-share-the-first",
            attention(first, first),
            "Which head of keys is never used?",
            "With one head for all, what is g?",
            "Two doctors, and one waiting room for the first of them.",
        ),
        _mistake(
            "keys-averaged",
            attention(average, average),
            "Does a head of keys belong to all query heads, or to a group?",
            "Is there a mean in the task?",
            "Two recipes mixed half and half make a third dish.",
        ),
        _mistake(
            "queries-averaged",
            queries_averaged,
            "How many different maps of weights do six query heads make?",
            "What is shared: what is asked, or who is asked?",
            "A group that shares a teacher still asks one question each.",
        ),
        _mistake(
            "queries-dropped",
            one_query_a_group,
            "How many heads does your result have?",
            "Which query heads get no answer?",
            "A speaker for each group is not what was asked for.",
        ),
        Mistake(
            "masked",
            causal,
            lambda got, expected: (
                "With 4 queries and 5 keys, the first query of head 0 returns "
                f"{short(got[0, 0, 0, :3])}, and {short(expected[0, 0, 0, :3])} is "
                "right: it has looked at one key of the five."
            ),
            "Who may attend to whom, by the task?",
            "Change the last key. Which of your outputs move, and which should?",
            "A curtain that nobody asked for hides half of the shelf.",
            "shared",
        ),
        _mistake(
            "groups-mirrored",
            attention(mirrored, mirrored),
            "Which head of keys does query head 0 get?",
            "In which order do the groups come?",
            "Left and right shoes on the wrong feet.",
        ),
        _mistake(
            "unscaled",
            attention(scale=lambda query, key: 1.0),
            "What are scores divided by?",
            "Are your weights sharper than the right ones?",
            "A photograph with all its contrast turned up.",
        ),
        _mistake(
            "scaled-by-heads",
            attention(
                scale=lambda query, key: (query.shape[-1] * query.shape[1]) ** 0.5
            ),
            "Over how many products does one score sum?",
            "d_k is the width of one head, and not of all of them.",
            "The mean of three marks is divided by three, whatever the size of the "
            "class.",
        ),
        _mistake(
            "softmax-over-queries",
            attention(dim=-2),
            "Which sums of your weights are 1?",
            "Over whom is a query's attention shared out?",
            "Each voter has one vote; not each candidate.",
        ),
    ),
)
