"""Chapter 13, write: pairs of sentences, half of them true neighbours."""

import numpy as np

from ...exercises.model import Exercise, Probe
from ._nsp_mistakes import MISTAKES

QUESTION = r"""
BERT's second task: do two sentences follow each other? Make the examples. Each two
neighbouring sentences of a document give one: the first stays, and with probability ½,
by a throw of its own, the second is replaced by a sentence drawn from **another**
document.

- `documents`: a list of at least two documents, each a list of sentences, each a list
  of ids
- `rng`: a NumPy generator; all chance comes from it
- returns a list of `(ids, segments, is_next)` in the order of the text: `ids` is
  `[CLS] first [SEP] second [SEP]`, `segments` is 0 up to and with the first `[SEP]` and
  1 from there on, `is_next` is 1 for true neighbours and 0 for the others
"""

STUB = """
def nsp_pairs(documents, *, cls_id, sep_id, rng):
    raise NotImplementedError
"""


def nsp_pairs(documents, *, cls_id, sep_id, rng):
    pairs = []
    for d, sentences in enumerate(documents):
        others = documents[:d] + documents[d + 1 :]
        for s in range(len(sentences) - 1):
            first, second = sentences[s], sentences[s + 1]
            is_next = int(rng.random() < 0.5)
            if not is_next:
                elsewhere = others[rng.integers(len(others))]
                second = elsewhere[rng.integers(len(elsewhere))]
            ids = [cls_id, *first, sep_id, *second, sep_id]
            segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
            pairs.append((ids, segments, is_next))
    return pairs


def draws_again(documents, *, cls_id, sep_id, rng):
    """Draws documents until it is another; as the authors' code does, ten times."""
    pairs = []
    for d in range(len(documents)):
        for s in range(1, len(documents[d])):
            a, b, is_next = documents[d][s - 1], documents[d][s], True
            if rng.integers(2) == 0:
                other = d
                while other == d:
                    other = int(rng.integers(0, len(documents)))
                b = documents[other][int(rng.integers(0, len(documents[other])))]
                is_next = False
            left, right = [cls_id, *a, sep_id], [*b, sep_id]
            segments = [0 for _ in left] + [1 for _ in right]
            pairs.append((left + right, segments, int(is_next)))
    return pairs


def from_one_urn(documents, *, cls_id, sep_id, rng):
    """Draws among all sentences of the other documents."""
    pairs = []
    for d, sentences in enumerate(documents):
        urn = [s for e, other in enumerate(documents) if e != d for s in other]
        for k in range(len(sentences) - 1):
            follows = rng.uniform() >= 0.5
            b = sentences[k + 1] if follows else urn[rng.integers(len(urn))]
            ids = [cls_id] + sentences[k] + [sep_id] + b + [sep_id]
            border = len(sentences[k]) + 2
            sides = [int(place >= border) for place in range(len(ids))]
            pairs.append([ids, sides, 1 if follows else 0])
    return pairs


CLS, SEP = 1, 2


def documents(n_documents, n_sentences, uneven=False):
    """Sentence s of document d is 3 times the id 10 + 1000·d + s; uneven, 1 to 4 times.

    Subtle: with even sentences, chance has no influence on the length of a pair.
    """

    def make():
        times = [1, 4, 2, 3] if uneven else [3]
        found = [
            [
                [10 + 1000 * d + s] * times[(d + s) % len(times)]
                for s in range(n_sentences + d)
            ]
            for d in range(n_documents)
        ]
        return (found,)

    return make


def call(make, found, seed=3):
    rng = np.random.default_rng(seed)
    pairs = make(found, cls_id=CLS, sep_id=SEP, rng=rng)
    return [([*map(int, a)], [*map(int, b)], int(is_next)) for a, b, is_next in pairs]


def name(ids):
    """(document, sentence) of some ids; None where there are no words of one."""
    words = {id_ for id_ in ids if id_ >= 10}
    return divmod(min(words) - 10, 1000) if len(words) == 1 else None


def halves(ids):
    """What stands before and behind the first [SEP]."""
    ids = list(ids)
    cut = ids.index(SEP) if SEP in ids else len(ids)
    return ids[:cut], ids[cut + 1 :]


def firsts(make, found):
    """The first sentences, in order."""
    names = (name(halves(ids)[0]) or ("?", "?") for ids, _, _ in call(make, found))
    return [f"sentence {s} of document {d}" for d, s in names]


def frame(make, found):
    """The special tokens of every pair, and how many ids it has beyond its words."""
    shapes = set()
    for ids, _, _ in call(make, found):
        words = [id_ for id_ in ids if id_ >= 10]
        left, right = halves(ids)
        shapes.add(
            (left[:1] == [CLS], ids[-1] == SEP, len(ids) - len(words), bool(right))
        )
    return sorted(shapes)


def borders(make, found):
    """For each pair: where segment 1 begins and ends, counted from the first [SEP]."""
    places = set()
    for ids, segments, _ in call(make, found):
        left, segments = halves(ids)[0], [int(s) for s in segments]
        ones = [t for t, side in enumerate(segments) if side == 1]
        begin, end = (ones[0], ones[-1] + 1) if ones else (-1, -1)
        whole = sum(segments) == end - begin and len(segments) == len(ids)
        places.add((begin - len(left), len(ids) - end if ones else -1, whole))
    return sorted(places)[:3]


def all_right(make, found):
    """Whether every pair has its borders where they belong."""
    return borders(make, found) == [(1, 0, True)]


KNOWN = (0, 12, 50, 100)


def percent(part, whole):
    """A share in per cent; chance moves it by less than 5, which is rounded away."""
    share = 100 * part / whole if whole else 0
    near = min(KNOWN, key=lambda known: abs(known - share))
    return near if abs(near - share) < 6 else 10 * round(share / 10)


def truth(make, found):
    """What the pairs are, by their labels: true neighbours, of the same document."""
    seen, thrown, pairs = {0: [0, 0, 0], 1: [0, 0, 0]}, {}, call(make, found)
    for ids, _, is_next in pairs:
        left, right = (name(half) or (-1, -1) for half in halves(ids))
        row = seen.setdefault(is_next, [0, 0, 0])
        thrown.setdefault(left[0], set()).add(is_next)
        row[0] += 1
        row[1] += right == (left[0], left[1] + 1)
        row[2] += right[0] == left[0]
    if max(map(len, thrown.values())) == 1 < len(set.union(*thrown.values())):
        return "one throw for a document"
    total = len(pairs)
    return {
        "labels 1": percent(seen[1][0], total),
        "label 1: true": percent(seen[1][1], seen[1][0]),
        "label 0: true": percent(seen[0][1], seen[0][0]),
        "label 0: same document": percent(seen[0][2], seen[0][0]),
    }


def chance(make, found):
    """Whether throws are throws, and the drawn sentences come from everywhere."""
    pairs = call(make, found)
    labels = [is_next for _, _, is_next in pairs]
    false = [ids for ids, _, is_next in pairs if not is_next]
    drawn = [name(halves(ids)[1]) for ids in false]
    ways = {
        (name(halves(i)[0]) or (-1,))[0] * 100 + (d or (0,))[0]
        for i, d in zip(false, drawn, strict=True)
    }
    return {
        "same seed, same pairs": call(make, found) == pairs,
        "another seed, other pairs": [x[2] for x in call(make, found, 4)] != labels,
        "labels alternate": labels[:60] in ([0, 1] * 30, [1, 0] * 30),
        "many sentences drawn": len({d and d[1] for d in drawn}) > 20,
        "one for each document": len(set(drawn)) == len({d and d[0] for d in drawn}),
        "from many documents": len(ways) > 10,
    }


def drawn_from(make, found):
    """For each document, those that its false second sentences are from."""
    sources = {}
    for ids, _, is_next in call(make, found):
        if not is_next:
            left, right = (name(half) or (-1, -1) for half in halves(ids))
            sources.setdefault(left[0], set()).add(right[0])
    return {d: sorted(others) for d, others in sorted(sources.items())}


EXERCISE = Exercise(
    id="nsp-pairs",
    chapter=13,
    kind="write",
    title="Next sentence, or not",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="nsp_pairs",
    stub=STUB,
    reference=nsp_pairs,
    accepts=(draws_again, from_one_urn),
    proves="Each two neighbours give one pair, half of them are true, the others come "
    "from another document, and labels and segments say what is what.",
    probes=(
        Probe(
            "firsts",
            documents(3, 4),
            firsts,
            "Every sentence but a document's last is the first of one pair, in the "
            "order of the text",
        ),
        Probe(
            "frame",
            documents(3, 4),
            frame,
            "A pair is [CLS], the first sentence, [SEP], the second, [SEP]",
        ),
        Probe(
            "segments",
            documents(3, 4),
            borders,
            "Segments are as long as the ids; segment 1 begins behind the first [SEP] "
            "and ends with the last",
        ),
        Probe(
            "uneven",
            documents(3, 5, uneven=True),
            all_right,
            "It does so for sentences of different lengths, too",
        ),
        Probe(
            "truth",
            documents(8, 250),
            truth,
            "Half of the pairs are true neighbours and have the label 1; the others, "
            "with the label 0, are from two documents",
        ),
        Probe(
            "chance",
            documents(8, 60),
            chance,
            "Every pair has its own throw, any sentence of any other document can be "
            "drawn, and the seed decides",
        ),
        Probe(
            "all others",
            documents(3, 60),
            drawn_from,
            "Each of the other documents gives sentences, and the own one gives none",
        ),
    ),
    mistakes=MISTAKES,
)
