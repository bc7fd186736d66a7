"""Chapter 6, faded: which pair is merged next?"""

from itertools import pairwise

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
One step of training: find the pair that is merged next. Each different word stands in
the dict once, with the number of its occurrences in the text.

- `words`, a dict from words to numbers: `{(1, 2): 3, (2, 1, 2): 1}` is a text in which
  the word 1 2 occurs three times and the word 2 1 2 once
- a pair is two neighbours *within* a word, left before right. It counts as often as it
  stands in the text: above, (1, 2) counts 3 + 1 = 4, and (2, 1) counts 1.
- of equally frequent pairs, the one with the smaller left id wins; of those, the one
  with the smaller right id
- returns the pair, or None where no word has a pair

No word here has three equal ids in a row, so the question whether 7 7 7 holds one pair
or two does not come up.
"""

STUB = """
def next_pair(words):
    counts = {}
    raise NotImplementedError
    return min(counts, key=lambda pair: (-counts[pair], pair))
"""


def next_pair(words):
    from itertools import pairwise

    counts = {}
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + times
    if not counts:
        return None  # every word is one token
    return min(counts, key=lambda pair: (-counts[pair], pair))


def by_sorting(words):
    pairs = sorted({pair for word in words for pair in pairwise(word)})

    def times(pair):
        return sum(n * [*pairwise(w)].count(pair) for w, n in words.items())

    return max(pairs, key=times, default=None)  # max keeps the first of equals


def without_overlap(words):
    counts: dict = {}
    for word, times in words.items():
        i, last = 0, None
        while i < len(word) - 1:
            pair = word[i], word[i + 1]
            if pair != last or pair[0] != pair[1]:
                counts[pair] = counts.get(pair, 0) + times
                last = pair
            else:
                last = None
            i += 1
    return min(counts, key=lambda p: (-counts[p], p)) if counts else None


def best(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair)) if counts else None


def count(words, pairs_of=lambda word: pairwise(word), weigh=lambda times: times):
    counts: dict = {}
    for word, times in words.items():
        for pair in pairs_of(word):
            counts[pair] = counts.get(pair, 0) + weigh(times)
    return counts


def across_words(words):
    text = [i for word, times in words.items() for i in word * times]
    return best(count({tuple(text): 1}))


def first_seen_wins(words):
    counts = count(words)
    return max(counts, key=lambda pair: counts[pair]) if counts else None


def last_seen_wins(words):
    counts = count(words)
    return max(reversed(counts), key=lambda pair: counts[pair]) if counts else None


def largest_wins(words):
    counts = count(words)
    return max(counts, key=lambda pair: (counts[pair], pair)) if counts else None


def right_id_first(words):
    counts = count(words)
    return min(counts, key=lambda p: (-counts[p], p[::-1])) if counts else None


def rarest(words):
    counts = count(words)
    return min(counts, key=lambda pair: (counts[pair], pair)) if counts else None


def crashes_on_none(words):
    counts = count(words)
    return min(counts, key=lambda pair: (-counts[pair], pair))


def overwritten(words):
    counts = {p: times for word, times in words.items() for p in pairwise(word)}
    return best(counts)


def given(words):
    return lambda: (dict(words),)


# each text separates: how often a word occurs, how often a pair stands in one word,
# the border of words, the order in a pair
WEIGHTED = {(1, 2, 3): 5, (4, 5): 7, (2, 3): 4, (6, 1, 2): 1}
TWICE = {(1, 2, 5, 1, 2, 4, 1, 2): 2, (3, 4, 6): 5}
BORDERS = {(8, 9): 4, (5, 8): 4, (9, 5, 3): 1, (3,): 6, (6, 3, 5): 4}
BOTH_WAYS = {(1, 2, 4): 3, (2, 1, 5): 3, (7, 8): 5}
FAR = {(1, 3, 2): 4, (1, 4, 2): 4, (9, 6): 5}
TIES = {(6, 9): 4, (4, 9): 1, (3, 8): 4, (3, 7): 4, (5, 2): 4, (9, 6): 4}
LONE = {(4,): 9, (7,): 2}


def chooses(text):
    return lambda got, want: f"In the text {text}, you choose {got}; {want} is right."


def tie(got, want):
    return (
        "Five pairs occur four times each: (6, 9), (3, 8), (3, 7), (5, 2) and (9, 6). "
        f"You choose {got}, and the rule says {want}."
    )


W = "1 2 3 (5 times), 4 5 (7 times), 2 3 (4 times), 6 1 2 (once)"

EXERCISE = Exercise(
    id="bpe-train-step",
    chapter=6,
    kind="faded",
    title="The next merge",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="next_pair",
    stub=STUB,
    reference=next_pair,
    accepts=(by_sorting, without_overlap),
    proves="Pairs are counted within words, as often as they stand in the text, ties "
    "are settled by a rule that is written down, and where nothing is left to merge, "
    "training ends in peace.",
    probes=(
        Probe(
            "frequencies",
            given(WEIGHTED),
            says="A pair counts once for each time that its word occurs in the text",
        ),
        Probe(
            "twice in a word",
            given(TWICE),
            says="A pair that stands three times in a word counts three times",
        ),
        Probe(
            "borders",
            given(BORDERS),
            says="The end of a word and the beginning of the next are no pair",
        ),
        Probe(
            "both ways",
            given(BOTH_WAYS),
            says="(1, 2) and (2, 1) are different pairs",
        ),
        Probe("far apart", given(FAR), says="Only neighbours are a pair"),
        Probe(
            "ties",
            given(TIES),
            says="Of equally frequent pairs the smaller left id wins, then the smaller "
            "right id",
        ),
        Probe(
            "nothing left",
            given(LONE),
            says="Where every word is one token, the answer is None",
        ),
        Probe("no words", given({}), says="Without any word the answer is None"),
    ),
    mistakes=(
        Mistake(
            "bpe-merges-across-words",
            across_words,
            lambda got, want: (
                f"You choose {got}, where {want} is right: copies of one word stand "
                "behind each other in your count, and their ends meet."
            ),
            "May a token straddle two words?",
            "You string the words into one long row. Which pairs exist only there?",
            "“no” and “on” behind each other: is there an “oo” in the dictionary?",
        ),
        Mistake(
            "bpe-frequency-ignored",
            lambda words: best(count(words, weigh=lambda times: 1)),
            chooses(W),
            "How often does 2 3 stand in the text, in all its words?",
            "The dict holds each *different* word once. Its number is read by nobody.",
            "An election that counts how many different names are on the lists, and "
            "not the votes: who wins?",
        ),
        Mistake(
            "bpe-counts-overwritten",
            overwritten,
            chooses(W),
            "In how many different words does 2 3 stand?",
            "Each word brings its number. In yours, the last word that has a pair "
            "wipes out what the others have brought.",
            "A score board on which each goal is written over the one before shows "
            "a 1 at the end.",
        ),
        Mistake(
            "bpe-pair-once-per-word",
            lambda words: best(count(words, lambda word: set(pairwise(word)))),
            chooses("1 2 5 1 2 4 1 2 (twice), 3 4 6 (5 times)"),
            "How often does 1 2 stand in the first word?",
            "You note which pairs a word has, not how often. A set forgets repeats.",
            "“Mississippi” has which letters, and how many of each? Two questions.",
            probe="twice in a word",
        ),
        Mistake(
            "bpe-pair-order-ignored",
            lambda words: best(
                count(words, lambda w: [tuple(sorted(p)) for p in pairwise(w)])
            ),
            chooses("1 2 4 (3 times), 2 1 5 (3 times), 7 8 (5 times)"),
            "Is “no” the same pair of letters as “on”?",
            "You add up two pairs that make different tokens. Which of the two would "
            "be merged?",
            "Trains from A to B and from B to A share the rails, but not the "
            "timetable.",
            probe="both ways",
        ),
        Mistake(
            "bpe-pair-not-neighbours",
            lambda words: best(
                count(
                    words,
                    lambda w: [(a, b) for i, a in enumerate(w) for b in w[i + 1 :]],
                )
            ),
            chooses("1 3 2 (4 times), 1 4 2 (4 times), 9 6 (5 times)"),
            "What stands between the two ids of your pair?",
            "A merge makes one token of two that touch. How many ids may lie between?",
            "Two people at one table are not yet seat neighbours.",
            probe="far apart",
        ),
        Mistake(
            "bpe-pairs-in-blocks-of-two",
            lambda words: best(
                count(words, lambda w: zip(w[::2], w[1::2], strict=False))
            ),
            chooses("1 2 5 1 2 4 1 2 (twice), 3 4 6 (5 times)"),
            "Does the pair that begins at a word's second id count?",
            "A word of n ids has n − 1 pairs of neighbours. How many do you look at?",
            "Of five posts in a row, how many gaps are there? Taking two by two, one "
            "sees only every other gap.",
            probe="twice in a word",
        ),
        Mistake(
            "bpe-convention",
            first_seen_wins,
            tie,
            "Two pairs are equally frequent: who wins, and does it say so?",
            "Yours is the one that was met first. It depends on the order of the dict, "
            "and so will your tokenizer.",
            "Two runners, one time. “Who registered first” is a rule as well. Which "
            "one is in the regulations?",
            probe="ties",
        ),
        Mistake(
            "bpe-tie-to-the-last",
            last_seen_wins,
            tie,
            "Which of the equals do you keep, and does the rule speak of an order in "
            "the dict?",
            "Yours is the one that was met last. The rule looks at the ids.",
            "Of two equally good tenders, the last one in the pile is chosen. What "
            "happens when the pile falls down?",
            probe="ties",
        ),
        Mistake(
            "bpe-tie-to-the-largest",
            largest_wins,
            tie,
            "Large counts are wanted, and small ids: can one comparison do both?",
            "Count and ids are compared in one go, both in the same direction.",
            "Best mark first, and at equal marks by name from A to Z: one of the two "
            "runs the other way.",
            probe="ties",
        ),
        Mistake(
            "bpe-tie-by-right-id",
            right_id_first,
            tie,
            "Which of the two ids is looked at first?",
            "The left one decides. The right one is asked only where the left ones are "
            "equal.",
            "In a telephone book, family names are sorted first, and first names only "
            "within a family.",
            probe="ties",
        ),
        Mistake(
            "bpe-rarest-pair",
            rarest,
            chooses(W),
            "Is the pair that you choose frequent?",
            "A merge is to save as many tokens as possible. At which end of the counts "
            "do you look?",
            "A shorthand sign for a word is worth most for which words?",
        ),
        Mistake(
            "bpe-runs-out-of-pairs",
            crashes_on_none,
            "Where every word is a single token, your code looks for the best of no "
            "pairs, and stops with a ValueError.",
            "What if everything is one token already?",
            "Small texts run out of pairs before the vocabulary is full. Which case do "
            "you have to look at before you choose?",
            "“The tallest in the room” has no answer in an empty room. Who asks, must "
            "look first.",
            probe="nothing left",
        ),
    ),
)
