"""Chapter 13, write: BERT's masking, as it is in the paper."""

from collections import Counter

import torch

from ...exercises.model import Exercise, Probe
from ._mask_mistakes import MISTAKES

QUESTION = r"""
The masking of BERT. Every token that is not special is **chosen** with probability
`share`, each by its own throw of the dice. Of the chosen ones 80 % become `[MASK]`,
10 % become a word drawn from the whole vocabulary, and 10 % stay as they are. All
chosen tokens are asked for, whatever has become of them.

- `ids` (B, T), which you leave as it is; `special_ids`, a list: `[PAD]`, `[CLS]` …
- `generator`: a `torch.Generator`; all chance comes from it
- returns `corrupted` (B, T), what the model reads, and `labels` (B, T): the original
  token where one is asked for, −100 elsewhere (what `cross_entropy` skips by itself)
"""

STUB = """
def mask_tokens(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    raise NotImplementedError
    return corrupted, labels
"""


def mask_tokens(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    special = torch.isin(ids, torch.tensor(special_ids))
    chosen = (torch.rand(ids.shape, generator=generator) < share) & ~special
    labels = ids.masked_fill(~chosen, -100)
    dice = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    corrupted = ids.masked_fill(chosen & (dice < 0.8), mask_id)
    corrupted = torch.where(chosen & (dice >= 0.9), words, corrupted)
    return corrupted, labels


def by_bernoulli(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    chance = torch.full(ids.shape, share)
    for special in special_ids:
        chance[ids == special] = 0.0
    chosen = torch.bernoulli(chance, generator=generator).bool()
    labels = torch.where(chosen, ids, -100)
    corrupted = ids.clone()
    four_fifths = torch.full(ids.shape, 0.8)
    masked = torch.bernoulli(four_fifths, generator=generator).bool() & chosen
    corrupted[masked] = mask_id
    half = torch.full(ids.shape, 0.5)
    drawn = torch.bernoulli(half, generator=generator).bool() & chosen & ~masked
    corrupted[drawn] = torch.randint(vocab_size, ids.shape, generator=generator)[drawn]
    return corrupted, labels


def one_die(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    """One throw decides it all: below 0.8 · share, below 0.9 · share, below share."""
    dice = torch.rand(*ids.shape, generator=generator) / share
    for special in special_ids:
        dice[ids == special] = 9.0
    labels = ids.clone()
    labels[dice >= 1] = -100
    words = torch.randint(0, vocab_size, ids.shape, generator=generator)
    read = torch.where(dice < 0.8, mask_id, torch.where(dice < 0.9, words, ids))
    return read, labels


def exact_number(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    """As in the authors' code: a fixed number of tokens for each text."""
    corrupted, labels = ids.clone(), torch.full_like(ids, -100)
    for b, row in enumerate(ids.tolist()):
        places = [t for t, token in enumerate(row) if token not in special_ids]
        order = torch.randperm(len(places), generator=generator).tolist()
        n = max(1, round(share * len(places)))
        throws = torch.rand(n, generator=generator).tolist()
        words = torch.randint(vocab_size, (n,), generator=generator)
        for k in range(n):
            t = places[order[k]]
            labels[b, t] = row[t]
            if throws[k] < 0.8:
                corrupted[b, t] = mask_id
            elif throws[k] < 0.9:
                corrupted[b, t] = words[k]
    return corrupted, labels


V, MASK, SPECIAL = 1000, 4, [0, 2, 3]


def text(B, T, specials=False, share: float | None = 0.5):
    """Words from 5 on; with specials, a start, an end and padding in each row."""

    def make():
        ids = torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(1))
        if specials:
            ids[:, 0], ids[:, T // 2] = 2, 3
            ids[:, T // 2 + 1 :] = 0
        return ids, share

    return make


def call(mask, ids, share, seed=7):
    return mask(
        ids,
        vocab_size=V,
        mask_id=MASK,
        special_ids=SPECIAL,
        generator=torch.Generator().manual_seed(seed),
        **({} if share is None else {"share": share}),
    )


KNOWN = (0, 2, 10, 12, 13.5, 15, 18, 20, 40, 45, 50, 72, 80, 90, 98, 100)


def percent(part):
    """A share in per cent; chance moves it by less than 1, which is rounded away."""
    share = 100 * part.float().mean().item()
    near = min(KNOWN, key=lambda known: abs(known - share))
    return near if abs(near - share) < 1.3 else round(share)


def asked(mask, ids, share):
    """How many are asked for, and what stands in `labels`."""
    _, labels = call(mask, ids, share)
    right = (labels == ids) | (labels == -100)
    others = Counter(labels[~right].tolist()).most_common(1)
    return {
        "asked": percent(labels != -100),
        "originals": bool(right.all()),
        "other": others[0][0] if others and others[0][0] < 5 else None,
    }


def fates(mask, ids, share):
    """What has become of those that are asked for, and of the rest."""
    corrupted, labels = call(mask, ids, share)
    chosen = labels != -100
    read, was = corrupted[chosen], ids[chosen]
    return {
        "[MASK]": percent(read == MASK),
        "another": percent((read != MASK) & (read != was)),
        "same": percent(read == was),
        "rest changed": percent((corrupted != ids)[~chosen]) if (~chosen).any() else 0,
    }


def specials(mask, ids, share):
    corrupted, labels = call(mask, ids, share)
    special = torch.isin(ids, torch.tensor(SPECIAL))
    return {
        "asked": percent((labels != -100)[special]),
        "changed": percent((corrupted != ids)[special]),
    }


def chance(mask, ids, share):
    """Whether the rows, the drawn words and the seeds differ as they should."""
    corrupted, labels = call(mask, ids, share)
    torch.manual_seed(11)
    again, _ = call(mask, ids, share)
    other, _ = call(mask, ids, share, seed=8)
    read = corrupted[labels != -100]
    drawn = corrupted[(corrupted != MASK) & (corrupted != ids)]
    columns = (labels != -100).float().mean(0)
    return {
        "same seed, same masks": bool((again == corrupted).all()),
        "another seed, other masks": bool((other != corrupted).any()),
        "rows differ": bool(((columns > 0) & (columns < 1)).any()),
        "many drawn words": len(drawn.unique()) > 20,
        "ids of words": bool((read >= 0).all() and (read < V).all()),
    }


EXERCISE = Exercise(
    id="mask-tokens",
    chapter=13,
    kind="write",
    title="Mask tokens as BERT does",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="mask_tokens",
    stub=STUB,
    reference=mask_tokens,
    accepts=(by_bernoulli, one_die, exact_number),
    returns=("corrupted", "labels"),
    proves="The share that you were given is asked for, with its originals; of these "
    "80, 10 and 10 per cent are masked, replaced and kept; special tokens are left "
    "alone, and the seed decides.",
    probes=(
        Probe(
            "asked",
            text(200, 200),
            asked,
            "With share = 0.5, half of the tokens are asked for; their labels are the "
            "originals, the other labels −100",
        ),
        Probe(
            "fates",
            text(200, 200),
            fates,
            "Of the tokens asked for, 80 % are [MASK], 10 % another word, 10 % the "
            "same; no other token changes",
        ),
        Probe(
            "special tokens",
            text(40, 100, specials=True),
            specials,
            "No special token is asked for, and none is changed",
        ),
        Probe(
            "default share",
            text(200, 200, share=None),
            asked,
            "Without a word about it, 15 % of the tokens are asked for",
        ),
        Probe(
            "chance",
            text(40, 50),
            chance,
            "Rows are masked at different places, drawn words differ, and the "
            "generator's seed decides",
        ),
    ),
    mistakes=MISTAKES,
)
