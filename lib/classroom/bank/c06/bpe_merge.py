"""Chapter 6, write: replace a pair by one id, from the left, without overlap."""

from itertools import pairwise

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Apply one merge: wherever the pair stands in a row of ids, write the new id instead.

- `ids`, a list of integers, perhaps empty; `pair`, two of them, perhaps equal; `new`,
  an id that does not occur in `ids`
- read from the left, and use no id twice: `merge([7, 7, 7], (7, 7), 9)` is `[9, 7]`
- returns a new list, in which nothing else has changed; `ids` stays as it is

Example: `merge([5, 1, 2, 1], (1, 2), 9)` is `[5, 9, 1]`.
"""

STUB = """
def merge(ids, pair, new):
    raise NotImplementedError
"""


def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):  # at the end, the slice is shorter
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def merge_with_a_flag(ids, pair, new):
    merged, last_is_free = [], False
    for token in ids:
        if last_is_free and (merged[-1], token) == (pair[0], pair[1]):
            merged[-1], last_is_free = new, False
        else:
            merged.append(token)
            last_is_free = True
    return merged


def both_replaced_in_a_copy(ids, pair, new):
    ids = list(ids)
    for i in range(len(ids) - 1):
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            ids[i : i + 2] = [new, None]
    return [token for token in ids if token is not None]


def one_step_after_a_match(ids, pair, new):
    merged = [new if both == tuple(pair) else both[0] for both in pairwise(ids)]
    return merged + ids[-1:]


def each_match_counts(ids, pair, new):
    left, right = pair
    merged = []
    for i, token in enumerate(ids):
        if token == left and ids[i + 1 : i + 2] == [right]:
            merged.append(new)
        elif not (token == right and i and ids[i - 1] == left):
            merged.append(token)
    return merged


def run_swallowed(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) != tuple(pair):
            merged.append(ids[i])
            i += 1
            continue
        merged.append(new)
        i += 2
        while i < len(ids) and pair[0] == pair[1] == ids[i]:
            i += 1
    return merged


def from_the_right(ids, pair, new):
    return merge(ids[::-1], tuple(pair)[::-1], new)[::-1]


def last_id_dropped(ids, pair, new):
    merged, i = [], 0
    while i < len(ids) - 1:
        match = (ids[i], ids[i + 1]) == tuple(pair)
        merged.append(new if match else ids[i])
        i += 2 if match else 1
    return merged


def first_place_only(ids, pair, new):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == tuple(pair):
            return [*ids[:i], new, *ids[i + 2 :]]
    return list(ids)


def either_order(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        match = sorted(ids[i : i + 2]) == sorted(pair)
        merged.append(new if match else ids[i])
        i += 2 if match else 1
    return merged


def beyond_the_end(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        match = ids[i] == pair[0] and ids[i + 1] == pair[1]
        merged.append(new if match else ids[i])
        i += 2 if match else 1
    return merged


def steps_of_two(ids, pair, new):
    merged = []
    for i in range(0, len(ids), 2):
        two = ids[i : i + 2]
        merged += [new] if tuple(two) == tuple(pair) else two
    return merged


def as_text(ids, pair, new):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(token) for token in text.split()]


def given(ids, pair, new=99):
    """Fresh inputs."""
    return lambda: (list(ids), tuple(pair), new)


PAIR = "From 1 2 5 1 2 8, with the pair (1, 2), "
SAME = "From 7 7 7 4, with the pair (7, 7), "


def makes(start):
    return lambda got, want: (
        f"{start}you make {_row(got)}, where {_row(want)} is right."
    )


def _row(ids):
    return " ".join(map(str, ids)) or "nothing"


EXERCISE = Exercise(
    id="bpe-merge",
    chapter=6,
    kind="write",
    title="One merge",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="merge",
    stub=STUB,
    reference=merge,
    accepts=(merge_with_a_flag, both_replaced_in_a_copy),
    proves="The pair is replaced wherever it stands, in its own order, from the left, "
    "no id is used twice, and nothing is lost at the end.",
    probes=(
        Probe(
            "two places",
            given([1, 2, 5, 1, 2, 8], (1, 2)),
            says="The pair is replaced everywhere, and the rest is as it was",
        ),
        Probe(
            "at the end",
            given([8, 5, 6, 1, 2], (1, 2)),
            says="The pair is replaced at the end of the row as well",
        ),
        Probe(
            "three alike",
            given([7, 7, 7, 4], (7, 7)),
            says="In a run of three, the first two are merged and the third is left",
        ),
        Probe(
            "runs",
            given([7] * 5 + [4] + [7] * 4, (7, 7)),
            says="Runs are merged two by two from their left",
        ),
        Probe(
            "other order",
            given([2, 1, 2, 2, 1], (1, 2)),
            says="Only left before right is the pair",
        ),
        Probe(
            "left alone",
            given([2, 4, 1, 3, 2, 1], (1, 2)),
            says="Half a pair stays, also as the last id",
        ),
        Probe(
            "digits",
            given([11, 2, 5, 1, 21, 1, 2], (1, 2)),
            says="Ids are compared as numbers: 11 is not 1, and 21 is not 2",
        ),
        Probe(
            "no pair",
            given([3, 8, 4, 4, 3], (1, 2)),
            says="A row without the pair comes back unchanged",
        ),
        Probe("one id", given([1], (1, 2)), says="A single id stays"),
        Probe("no id", given([], (1, 2)), says="Of no ids, none are left"),
    ),
    mistakes=(
        Mistake(
            "merge-right-id-kept",
            one_step_after_a_match,
            makes(PAIR),
            "Two ids were read for the new one. How many have you left behind?",
            "After a match the reader stands before the pair. How far must it go to "
            "stand behind it?",
            "If “ch” is written as one sign, “chat” becomes three signs. Whoever "
            "moves on one letter at a time writes four.",
        ),
        Mistake(
            "bpe-merge-overlap",
            each_match_counts,
            makes(SAME),
            "May one id belong to two pairs?",
            "How many ids does your answer stand for, if you take the merge back? "
            "Count them before and after.",
            "From a row of three children, pairs are formed from the left. The second "
            "child already has a partner when the third one looks round.",
            probe="three alike",
        ),
        Mistake(
            "bpe-merge-swallows-run",
            run_swallowed,
            makes(SAME),
            "If every new id is written out as its two again, is the row as long as "
            "before?",
            "A merge must not lose anything. How many ids does a run of three hold "
            "after one pair has been taken out?",
            "Five coins are exchanged two by two into notes. How many notes, and what "
            "stays in the hand?",
            probe="three alike",
        ),
        Mistake(
            "merge-from-the-right",
            from_the_right,
            makes(SAME),
            "At which end does the reader begin?",
            "Both ways lose nothing. But training and encoding must cut alike, so the "
            "task fixes one direction.",
            "“aaa” has two cuts, aa|a and a|aa. A dictionary needs a rule for which "
            "one to look under.",
            probe="three alike",
        ),
        Mistake(
            "merge-drops-the-last",
            last_id_dropped,
            makes(PAIR),
            "Who looks at the last id?",
            "Your reader stops where no pair can begin any more. What happens to what "
            "still stands there?",
            "Four fence posts have three gaps. Painting a post for each gap leaves "
            "how many bare?",
        ),
        Mistake(
            "merge-first-only",
            first_place_only,
            makes(PAIR),
            "How often does the pair occur?",
            "The merge is a rule for the whole row, not for its first place.",
            "“Replace all” and “replace”: which button did you press?",
        ),
        Mistake(
            "merge-order-ignored",
            either_order,
            makes("From 2 1 2 2 1, with the pair (1, 2), "),
            "Is “no” the same pair of letters as “on”?",
            "A pair has a left and a right. Taking the merge back would swap some ids "
            "of yours.",
            "The street from A to B and the one from B to A may both exist, but a "
            "one-way sign stands in only one of them.",
            probe="other order",
        ),
        Mistake(
            "merge-reads-beyond-the-end",
            beyond_the_end,
            "In 2 4 1 3 2 1, with the pair (1, 2), the last id is the pair's left one, "
            "and your code looks behind it: an IndexError.",
            "Which id stands behind the last one?",
            "Before you look at a neighbour, there must be one. What do you know about "
            "the position where a pair can begin?",
            "Whoever compares each day's weather with the next day's has one "
            "comparison fewer than days.",
            probe="left alone",
        ),
        Mistake(
            "merge-in-steps-of-two",
            steps_of_two,
            makes(PAIR),
            "Can a pair begin at position 3?",
            "You cut the row into blocks of two first. A pair that lies across two "
            "blocks is never seen.",
            "In “a bee”, read as “a ”, “be”, “e”, nobody finds the double e.",
        ),
        Mistake(
            "merge-as-text",
            as_text,
            makes("From 11 2 5 1 21 1 2, with the pair (1, 2), "),
            "Where does the id 11 end, for a search in text?",
            "Written out, ids run into each other: “11 2” contains “1 2”. What is "
            "to be compared, numbers or digits?",
            "A search for “art” finds “party” too. What would a search for whole "
            "words have to know?",
            probe="digits",
        ),
    ),
)
