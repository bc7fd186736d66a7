"""Chapter 13, write: one vector for a sentence."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
One vector for each sentence: the mean of its tokens' vectors. Sentences of different
lengths share the batch, and padding has vectors too; they do not count.

- `hidden` (B, T, d): the last layer's vectors
- `keep` (B, T), True at the real tokens; the padding may stand on either side
- returns (B, d)
"""

STUB = """
def mean_pool(hidden, keep):
    raise NotImplementedError
"""


def mean_pool(hidden, keep):
    real = keep.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
    return (hidden * real).sum(dim=1) / real.sum(dim=1)


def by_filling(hidden, keep):
    kept = hidden.masked_fill(~keep[..., None], 0.0).sum(1)
    return kept / keep.sum(1, keepdim=True)


def as_attention(hidden, keep):
    weights = keep.float() / keep.float().sum(-1, keepdim=True)
    return torch.einsum("bt,btd->bd", weights, hidden)


def one_by_one(hidden, keep):
    return torch.stack([h[k].mean(0) for h, k in zip(hidden, keep, strict=True)])


def nan_mean(hidden, keep):
    return hidden.masked_fill(~keep[:, :, None], float("nan")).nanmean(dim=1)


def numbered(lengths, T, left=False):
    """Entry [b, t, k] is 100·b + t + k/10, and 50 more where padding is."""

    def make():
        b, t, k = torch.arange(3.0), torch.arange(float(T)), torch.arange(4.0)
        place = torch.arange(T)
        keep = place < torch.tensor(lengths)[:, None]
        keep = keep.flip(1) if left else keep
        hidden = 100 * b[:, None, None] + t[:, None] + k / 10
        return hidden + 50 * ~keep[..., None], keep

    return make


def random():
    keep = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)
    return torch.randn(2, 5, 3), keep


def more_padding(pool, hidden, keep):
    """How far three more columns of padding move the result."""
    longer = torch.cat([hidden, torch.full((2, 3, 3), 9.0)], dim=1)
    return pool(longer, torch.nn.functional.pad(keep, (0, 3))) - pool(hidden, keep)


def by_length(hidden, keep):
    rows = [h[:n].mean(0) for h, n in zip(hidden, keep.sum(1).tolist(), strict=True)]
    return torch.stack(rows)


def last_real(hidden, keep):
    last = keep.shape[1] - 1 - keep.flip(1).int().argmax(1)
    return hidden[torch.arange(len(hidden)), last]


def first_real(hidden, keep):
    return hidden[torch.arange(len(hidden)), keep.int().argmax(1)]


def without_first(hidden, keep):
    first = keep.int().argmax(1, keepdim=True)
    return mean_pool(hidden, keep & (torch.arange(keep.shape[1]) != first))


def without_ends(hidden, keep):
    last = keep.shape[1] - 1 - keep.flip(1).int().argmax(1, keepdim=True)
    place = torch.arange(keep.shape[1])
    first = keep.int().argmax(1, keepdim=True)
    return mean_pool(hidden, keep & (place != first) & (place != last))


def _means(got, expected):
    if got.shape != expected.shape:
        return f"You return shape {tuple(got.shape)}, and (3, 4) is right."
    return (
        "Position t of sentence b holds the number 100·b + t, and sentences have 2, 5 "
        f"and 3 tokens, padded to 6. Your vectors begin with {short(got[:, 0])}; "
        f"{short(expected[:, 0])} is right."
    )


EXERCISE = Exercise(
    id="mean-pool",
    chapter=13,
    kind="write",
    title="The mean of the real tokens",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="mean_pool",
    stub=STUB,
    reference=mean_pool,
    accepts=(by_filling, as_attention, one_by_one, nan_mean),
    proves="Each sentence's vector is the mean of its own tokens, however much padding "
    "stands on either side of them.",
    probes=(
        Probe(
            "numbered",
            numbered([2, 5, 3], 6),
            says="Each sentence gets the mean of its own real tokens",
        ),
        Probe(
            "padding on the left",
            numbered([2, 5, 3], 6, left=True),
            says="Padding on the left does not count either",
        ),
        Probe(
            "random",
            random,
            says="On random vectors too, the mean is taken over the real tokens",
        ),
        Probe(
            "more padding",
            random,
            more_padding,
            "Three more columns of padding change nothing",
        ),
    ),
    mistakes=(
        Mistake(
            "mean-over-padding",
            lambda hidden, keep: hidden.mean(1),
            _means,
            "Does padding belong to the sentence?",
            "The padding's vectors are no zeros: they have been through the layers as "
            "well. Have you used everything that you were given?",
            "The average age of a class, with the empty chairs' age put in.",
            "numbered",
        ),
        Mistake(
            "pool-divides-by-T",
            lambda hidden, keep: (hidden * keep[..., None]).mean(1),
            _means,
            "You took terms out of the sum. By how many do you divide?",
            "A mean has a sum and a number of terms, and the two go together. How many "
            "terms has the shortest sentence?",
            "Five children share the sweets of five; three of the children have left.",
            "numbered",
        ),
        Mistake(
            "sum-not-mean",
            lambda hidden, keep: (hidden * keep[..., None]).sum(1),
            _means,
            "Should a longer sentence have a longer vector?",
            "The sum is there. What is still missing to the mean?",
            "A distance in kilometres is no speed.",
            "numbered",
        ),
        Mistake(
            "one-count-for-all",
            lambda hidden, keep: (hidden * keep[..., None]).sum(1) / keep.sum(),
            _means,
            "Over how many tokens do you divide the shortest sentence's sum?",
            "You count the real tokens of the whole batch. Each sentence has its own "
            "number.",
            "Three tables, one bill divided by all guests of the house.",
            "numbered",
        ),
        Mistake(
            "longest-count-for-all",
            lambda hidden, keep: (hidden * keep[..., None]).sum(1) / keep.sum(1).max(),
            _means,
            "Over how many tokens do you divide the shortest sentence's sum?",
            "You divide by the longest sentence's number. Each has its own.",
            "Three tables, and every bill divided by the guests of the largest.",
            "numbered",
        ),
        Mistake(
            "batch-melted",
            lambda hidden, keep: hidden[keep].mean(0),
            _means,
            "How many sentences are in the batch, and how many vectors do you return?",
            "An index with a boolean mask gives the real tokens of all sentences in "
            "one row. Where does a sentence end in it?",
            "Three soups poured into one pot have one taste.",
            "numbered",
        ),
        Mistake(
            "keep-inverted",
            lambda hidden, keep: mean_pool(hidden, ~keep),
            _means,
            "Which tokens are True in `keep`?",
            "The mean of the padding is a number like any other. Print which positions "
            "you add up for the first sentence.",
            "A strainer: do you want the pasta or the water?",
            "numbered",
        ),
        Mistake(
            "cls-instead",
            lambda hidden, keep: hidden[:, 0],
            _means,
            "How many tokens have a say in your vector?",
            "You take the first position alone. The task asks for the mean of all real "
            "ones.",
            "A poll of one voter is quickly counted.",
            "numbered",
        ),
        Mistake(
            "first-real-token",
            first_real,
            _means,
            "How many tokens have a say in your vector?",
            "You find the first real token, and take it alone. The task asks for the "
            "mean of all of them.",
            "A poll of one voter is quickly counted, wherever she lives.",
            "numbered",
        ),
        Mistake(
            "last-real-token",
            last_real,
            _means,
            "Which model ends in a token that has read everything?",
            "In an encoder each position has read all others; that is no reason to "
            "take the last. How many tokens does the task speak of?",
            "The last speaker of a meeting is not the minutes.",
            "numbered",
        ),
        Mistake(
            "max-not-mean",
            lambda hidden, keep: hidden.masked_fill(~keep[..., None], -1e9).amax(1),
            _means,
            "What do you do with the numbers of one column?",
            "The largest is one thing that can be said of a column. Which one is asked "
            "for?",
            "The height of the tallest pupil is not that of the class.",
            "numbered",
        ),
        Mistake(
            "first-token-left-out",
            without_first,
            _means,
            "Which tokens count as real?",
            "`keep` is True at [CLS] too. The task says who is left out; is it "
            "everyone that you leave out?",
            "A team photo without the goalkeeper, who wears other colours.",
            "numbered",
        ),
        Mistake(
            "both-ends-left-out",
            without_ends,
            lambda got, expected: (
                "Of a sentence of two tokens nothing is left: "
                f"{short(got[0])} is its vector with you."
            ),
            "Which tokens count as real?",
            "`keep` is True at [CLS] and [SEP] too. What is the mean over no tokens?",
            "A sandwich without its two slices of bread.",
            "numbered",
        ),
        Mistake(
            "length-one",
            lambda hidden, keep: torch.nn.functional.normalize(
                mean_pool(hidden, keep), dim=-1
            ),
            _means,
            "How long are your vectors, each of them?",
            "You have done one step more than was asked. The cosine divides by lengths "
            "later, where it is needed.",
            "Asked for the distance and the direction, one gives the direction.",
            "numbered",
        ),
        Mistake(
            "wrong-axis",
            lambda hidden, keep: (hidden * keep[..., None]).mean(-1),
            _means,
            "Which axis is gone in your result?",
            "Name the three axes: sentences, tokens, features. Over which does a "
            "sentence's mean run?",
            "The average mark of a pupil, or of a subject: rows or columns?",
            "numbered",
        ),
        Mistake(
            "first-n-positions",
            by_length,
            lambda got, expected: (
                "With the padding on the left, the first numbers of your three vectors "
                f"are {short(got[:, 0])}; {short(expected[:, 0])} is right."
            ),
            "Where do the real tokens stand?",
            "You know how many real tokens there are, and take as many from the front. "
            "What does `keep` tell you beyond their number?",
            "Three guests are in the house. Who says that they sit in the first three "
            "chairs?",
            "padding on the left",
        ),
    ),
)
