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


V, MASK = 80, 4
SPECIAL = {0: "[PAD]", 2: "[CLS]", 3: "[SEP]"}


def text(B, T, share: float | None = 0.5, specials=False):
    """Words from 5 to 39; with specials, a start, an end and padding in each row."""

    def make():
        ids = torch.randint(5, V // 2, (B, T), generator=seeded(1))
        if specials:
            ids[:, 0], ids[:, T // 2] = 2, 3
            ids[:, T // 2 + 1 :] = 0
        return ids, share

    return make


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def call(mask, ids, share, seed=7):
    return mask(
        ids,
        vocab_size=V,
        mask_id=MASK,
        special_ids=list(SPECIAL),
        generator=seeded(seed),
        **({} if share is None else {"share": share}),
    )


KNOWN = (0, 2, 10, 15, 19, 40, 45, 50, 72, 80, 90, 98, 100)


def percent(part):
    """A share in per cent; what chance does to it, less than 2, is rounded away."""
    share = 100 * part.float().mean().item()
    near = min(KNOWN, key=lambda known: abs(known - share))
    return near if abs(near - share) < 2 else 5 * round(share / 5)


def asked(mask, ids, share):
    """How many are asked for, and what stands in `labels`."""
    _, labels = call(mask, ids, share)
    if in_columns(labels):
        return "the same columns in all rows"
    right = (labels == ids) | (labels == -100)
    others = Counter(labels[~right].tolist()).most_common(1)
    return {
        "asked": percent(labels != -100),
        "originals": bool(right.all()),
        "other": int(others[0][0]) if others and others[0][0] < 0 else None,
        "zeros": bool((labels[~right] == 0).any()),
        "whole numbers": not labels.is_floating_point() and labels.dtype != torch.bool,
    }


def fates(mask, ids, share):
    """What has become of those that are asked for, and of the rest, in 20 batches."""
    read, rest, batches, rows = [], [], [], []
    for seed in range(20):
        corrupted, labels = call(mask, ids, share, seed)
        chosen = labels != -100
        fate = torch.where(corrupted == MASK, 0, 1 + (corrupted == ids).int())
        batches += [fate[chosen]] if chosen.any() else []
        rows += [row[c] for row, c in zip(fate, chosen, strict=True) if c.any()]
        read.append(fate[chosen])
        rest.append((corrupted != ids)[~chosen])
    for name, groups in (("batch", batches), ("row", rows)):
        if one_each(groups):
            return {"thrown once for a": name}
    fate = torch.cat(read)
    return {
        "[MASK]": percent(fate == 0),
        "another": percent(fate == 1),
        "same": percent(fate == 2),
        "rest changed": percent(torch.cat(rest)) if len(torch.cat(rest)) else 0,
    }


def one_each(groups):
    """Whether each group has one fate but for chance, and not all the same one."""
    kinds = [group.mode().values.item() for group in groups]
    alike = [(g == k).float().mean().item() for g, k in zip(groups, kinds, strict=True)]
    return len(set(kinds)) > 1 and min(alike) > 0.8


def touched(mask, ids, share):
    """The special tokens that were asked for or changed."""
    corrupted, labels = call(mask, ids, share)
    hit = (labels != -100) | (corrupted != ids)
    return sorted(name for id_, name in SPECIAL.items() if hit[ids == id_].any())


def default_share(mask, ids, share):
    """How many are asked for: about 15 %, or else in fives."""
    labels = call(mask, ids, share)[1]
    if in_columns(labels):
        return "the same columns in all rows"
    share = 100 * (labels != -100).float().mean().item()
    return 15 if abs(share - 15) < 4 else 5 * round(share / 5)


def in_columns(labels):
    """Whether some columns are asked for, in every row the same ones."""
    chosen = labels != -100
    return bool((chosen == chosen[:1]).all() and chosen.any() and not chosen.all())


def chance(mask, ids, share):
    """Whether rows and seeds differ as they should."""
    corrupted, labels = call(mask, ids, share)
    torch.manual_seed(11)
    again, _ = call(mask, ids, share)
    other, _ = call(mask, ids, share, seed=8)
    columns = (labels != -100).float().mean(0)
    return {
        "same seed, same masks": bool((again == corrupted).all()),
        "another seed, other masks": bool((other != corrupted).any()),
        "rows differ": bool(((columns > 0) & (columns < 1)).any()),
    }


def words(mask, ids, share):
    """The words that were put in: how many kinds, at most 20, and the highest id.

    Too few words say nothing about the highest, and none says nothing at all.
    """
    corrupted, labels = call(mask, ids, share)
    put_in = (corrupted != MASK) & (corrupted != ids) & (labels != -100)
    drawn = corrupted[put_in]
    kinds = min(20, len(drawn.unique())) if len(drawn) else 20
    return {"kinds": kinds, "highest": highest(drawn) if len(drawn) > 500 else V - 1}


def highest(drawn):
    """The highest id where it is near the vocabulary's end, else 0."""
    top = int(drawn.max())
    return top if top >= V - 2 else 0


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
            text(100, 100),
            asked,
            "With share = 0.5, half of the tokens are asked for; their labels are the "
            "originals, the other labels −100",
        ),
        Probe(
            "fates",
            text(25, 40),
            fates,
            "Of the tokens asked for, 80 % are [MASK], 10 % another word, 10 % the "
            "same; no other token changes",
        ),
        Probe(
            "special tokens",
            text(20, 50, specials=True),
            touched,
            "No special token is asked for, and none is changed",
        ),
        Probe(
            "default share",
            text(100, 100, share=None),
            default_share,
            "Without a word about it, 15 % of the tokens are asked for",
        ),
        Probe(
            "chance",
            text(20, 30),
            chance,
            "Rows are masked at different places, and the generator's seed decides",
        ),
        Probe(
            "words",
            text(100, 100, share=1.0),
            words,
            "The words that are put in come from the whole vocabulary, 0 to 79 here",
        ),
    ),
    mistakes=MISTAKES,
)
