"""Chapter 5, write: scores and a mask become weights, also where nothing is allowed."""

import torch

from ...exercises.model import Exercise, Probe
from ._masked_mistakes import MISTAKES

QUESTION = """
Apply a mask to scores: weights that sum to 1 over the allowed keys and are exactly 0 at
the forbidden ones. A query that may look at nothing gets zeros only, never NaN, and no
gradient is NaN either.

- `scores` (B, h, T, S), float16, float32 or float64, of any height: each query's scores
  lie within 30 of one another
- `mask`, boolean, True = may be attended, of any shape that broadcasts to the scores'
- returns the weights (B, h, T, S), in the type of the scores
"""

STUB = """
def masked_softmax(scores, mask):
    raise NotImplementedError
"""


def masked_softmax(scores, mask):
    smallest = torch.finfo(scores.dtype).min  # finite, so that an empty row has no NaN
    weights = scores.masked_fill(~mask, smallest).softmax(dim=-1)
    return weights.masked_fill(~mask, 0.0)


def infinity_then_numbers(scores, mask):
    return scores.masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num(0.0)


def chosen_by_where(scores, mask):
    weights = torch.where(mask, scores, -torch.inf).softmax(-1)
    return torch.where(mask, weights, 0.0)


def late_renormalised(scores, mask):
    weights = scores.softmax(-1) * mask
    total = weights.sum(-1, keepdim=True)
    return weights / total.masked_fill(total == 0, 1.0)


def empty_rows_opened(scores, mask):
    open_rows = mask | ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~open_rows, float("-inf")).softmax(-1)
    return weights * mask.any(-1, keepdim=True)


def _scores(dtype=torch.float32, offset=0.0, T=4, S=5):
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(3, 2, T, S, generator=generator, dtype=torch.float64)
    return (1.5 * noise + offset).to(dtype)


def _padded(lengths=(5, 3, 4), S=5):
    return (torch.arange(S) < torch.tensor(lengths)[:, None])[:, None, None, :]


def _causal(T, S):
    return torch.ones(T, S, dtype=torch.bool).tril(S - T)


def both_masks():
    """Causal and right-padded; T = 4, S = 5, so every query may look at something."""
    return _scores(), _padded() & _causal(4, 5)


def causal_only():
    """A mask of two axes, for all sentences and heads."""
    return _scores(T=4, S=6), _causal(4, 6)


def padding_only():
    """A mask with axes of 1; high scores."""
    return _scores(offset=500.0), _padded((2, 5, 3))


def left_padded():
    """The first keys are padding, so the first queries may look at nothing."""
    real = torch.arange(5) >= torch.tensor([2, 0, 1])[:, None]
    return _scores(T=5), real[:, None, None, :] & _causal(5, 5)


def low():
    return _scores(offset=-200_000.0), _padded() & _causal(4, 5)


def high():
    return _scores(offset=200_000.0), _padded() & _causal(4, 5)


def half():
    scores, mask = left_padded()
    return scores.half(), mask


def with_mask(function, scores, mask):
    return {"weights": function(scores, mask), "mask": mask}


def sums(function, scores, mask):
    return function(scores, mask).sum(-1)


def leak_and_kept(function, scores, mask):
    weights = function(scores, mask)
    return {
        "weights": weights,
        "leak": (weights * ~mask)[1, 0].sum(-1),
        "kept": (weights * mask)[1, 0].sum(-1),
    }


def half_seen(function, scores, mask):
    """What half precision has digits for: the rows' sums, and forbidden weights."""
    weights = function(scores, mask)
    sums = (10 * weights.double().sum(-1)).round() / 10
    leak = (weights * ~mask).double().sum()
    return {"type": str(weights.dtype), "sums of rows": sums, "forbidden": leak}


def gradient(function, scores, mask):
    scores.requires_grad_()
    weights = function(scores, mask)
    (weights * torch.arange(5.0)).sum().backward()
    return scores.grad


def future_replaced(function, scores, mask):
    """How far the weights at allowed keys move when forbidden scores are replaced."""
    other = scores + 4.0 * ~mask
    moved = function(other, mask) - function(scores, mask)
    return (moved * mask).abs().amax((0, 1, 3))  # (T,)


EXERCISE = Exercise(
    id="masked-scores",
    chapter=5,
    kind="write",
    title="Forbid, and share the rest",
    question=QUESTION,
    difficulty=4,
    minutes=15,
    name="masked_softmax",
    stub=STUB,
    reference=masked_softmax,
    accepts=(
        infinity_then_numbers,
        chosen_by_where,
        late_renormalised,
        empty_rows_opened,
    ),
    proves="Forbidden keys weigh nothing and move nothing, the rest sums to 1, an "
    "empty row is zeros without NaN on the way back, in float16 as well.",
    probes=(
        Probe(
            "forbidden scores",
            both_masks,
            future_replaced,
            says="Replacing a forbidden score moves no allowed weight, for any query",
        ),
        Probe("sums", both_masks, sums, says="The weights of each query sum to 1"),
        Probe(
            "both masks",
            both_masks,
            with_mask,
            says="A query's weights sum to 1 over its allowed keys, each in proportion "
            "to the exponential of its score, and are 0 at the others",
        ),
        Probe(
            "two axes",
            causal_only,
            says="A mask (T, S) holds for all sentences and heads",
        ),
        Probe(
            "axes of 1",
            padding_only,
            says="A mask (B, 1, 1, S) holds for all heads and queries, and high scores "
            "do no harm",
        ),
        Probe(
            "nothing allowed",
            left_padded,
            says="A query that may look at nothing gets zeros, and the others get the "
            "shares that they had",
        ),
        Probe(
            "low scores",
            low,
            leak_and_kept,
            says="Taking 200,000 off all scores changes nothing",
        ),
        Probe("high scores", high, says="Nor does adding 200,000 to all scores"),
        Probe(
            "gradient",
            left_padded,
            gradient,
            says="The gradient is finite everywhere, and 0 at forbidden scores",
        ),
        Probe(
            "half precision",
            half,
            half_seen,
            says="In float16 rows sum to 1, or to 0 where nothing is allowed, and the "
            "weights stay float16",
        ),
    ),
    mistakes=MISTAKES,
)
