"""Chapter 6, write: cut a word with the merges that were learnt, lowest rank first."""

from itertools import pairwise

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Cut a word into tokens with merges that were learnt before.

- `word`, a text, perhaps empty; it begins as a row of single characters
- `ranks`, a dict from pairs of tokens to ranks: `{("b", "c"): 0, ("a", "bc"): 1, …}`;
  rank 0 was learnt first. No two pairs have the same rank, and a pair's parts were
  made by pairs of lower rank.
- as long as two neighbours are a known pair, merge the pair with the **lowest** rank;
  where it stands several times, from the left, without overlap
- returns the list of tokens

Example: with `{("b", "c"): 0, ("a", "b"): 1}`, `encode_word("abc", ranks)` is
`["a", "bc"]`.
"""

STUB = """
def encode_word(word, ranks):
    raise NotImplementedError
"""


def encode_word(word, ranks):
    from itertools import pairwise

    tokens = list(word)
    while True:
        pairs = enumerate(pairwise(tokens))
        places = [(ranks[pair], i) for i, pair in pairs if pair in ranks]
        if not places:
            return tokens
        _, i = min(places)  # the lowest rank, and its leftmost place
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]


def _merged(tokens, pair):
    """A row of tokens with one pair merged everywhere."""
    done, i = [], 0
    while i < len(tokens):
        match = tuple(tokens[i : i + 2]) == pair
        done.append("".join(pair) if match else tokens[i])
        i += 2 if match else 1
    return done


def in_the_order_of_training(word, ranks):
    tokens = list(word)
    for pair in sorted(ranks, key=lambda pair: ranks[pair]):
        tokens = _merged(tokens, pair)
    return tokens


def all_places_at_once(word, ranks):
    tokens = list(word)
    while known := [pair for pair in pairwise(tokens) if pair in ranks]:
        tokens = _merged(tokens, min(known, key=lambda pair: ranks[pair]))
    return tokens


def by(choose):
    """Merge one pair at a time; (places as (rank, i, tokens)) → the place."""

    def wrong(word, ranks):
        tokens = list(word)
        while places := [
            (ranks[pair], i, pair)
            for i, pair in enumerate(pairwise(tokens))
            if pair in ranks
        ]:
            i = choose(places)[1]
            tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
        return tokens

    return wrong


def stops_after_one(word, ranks):
    tokens = list(word)
    known = [pair for pair in pairwise(tokens) if pair in ranks]
    return _merged(tokens, min(known, key=lambda p: ranks[p])) if known else tokens


def each_merge_once(word, ranks):
    tokens = list(word)
    for pair in sorted(ranks, key=lambda pair: ranks[pair]):
        for i, both in enumerate(pairwise(tokens)):
            if both == pair:
                tokens[i : i + 2] = ["".join(pair)]
                break
    return tokens


def in_the_order_of_the_dict(word, ranks):
    tokens = list(word)
    for pair in ranks:
        tokens = _merged(tokens, pair)
    return tokens


def unknown_is_rank_zero(word, ranks):
    tokens = list(word)
    while len(tokens) > 1:
        best = min(pairwise(tokens), key=lambda pair: ranks.get(pair, 0))
        tokens = _merged(tokens, best)
    return tokens


def longest_known_piece(word, ranks):
    known, tokens = {left + right for left, right in ranks}, []
    while word:
        cut = next(n for n in range(len(word), 0, -1) if n == 1 or word[:n] in known)
        tokens, word = [*tokens, word[:cut]], word[cut:]
    return tokens


def every_pair_is_known(word, ranks):
    tokens = list(word)
    while len(tokens) > 1:
        best = min(pairwise(tokens), key=lambda pair: ranks[pair])
        tokens = _merged(tokens, best)
    return tokens


RIVALS = {("b", "c"): 0, ("a", "b"): 1, ("c", "d"): 2}
LOWER = {
    ("e", "r"): 0,
    ("l", "o"): 1,
    ("lo", "w"): 2,
    ("w", "er"): 3,
    ("s", "t"): 4,
    ("low", "er"): 5,
}
ROUTE = {("b", "c"): 0, ("a", "bc"): 1, ("a", "b"): 2}
DOUBLES = {("a", "a"): 0, ("aa", "a"): 1, ("aa", "b"): 2, ("c", "aa"): 3}
# as if read from a file that was sorted: the dict's order is not the ranks'
SHUFFLED = {("y", "z"): 2, ("xy", "z"): 3, ("x", "y"): 1, ("z", "x"): 0}


def cutting(ranks, words, says):
    """One probe for each word."""

    def inputs(word):
        return lambda: (word, dict(ranks))

    return tuple(Probe(f"“{w}”", inputs(w), says=says) for w in words.split("/"))


def cuts(word):
    return {
        "symptom": lambda got, want: (
            f"You cut “{word}” into {_bars(got)}, and {_bars(want)} is right."
        ),
        "probe": f"“{word}”",
    }


def _bars(tokens):
    return "|".join(tokens) or "nothing"


EXERCISE = Exercise(
    id="bpe-encode",
    chapter=6,
    kind="write",
    title="Lowest rank first",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="encode_word",
    stub=STUB,
    reference=encode_word,
    accepts=(in_the_order_of_training, all_places_at_once),
    proves="A new word is cut as the words of the training text were, merge after "
    "merge. That the tokens joined give the word back would prove nothing: every cut "
    "does.",
    probes=(
        *cutting(
            RIVALS,
            "abc/bcd/abcd/abxcd",
            "Where two pairs share a character, the one learnt first is merged",
        ),
        *cutting(
            LOWER,
            "lower/lowest/slower/wer",
            "Merged tokens are merged further, as long as a pair is known",
        ),
        *cutting(
            ROUTE,
            "cabc/aab",
            "A long token is reached by the merges that made it",
        ),
        *cutting(LOWER, "lolow/errer/stst", "A pair is merged wherever it stands"),
        *cutting(
            DOUBLES,
            "aaa/aaaab/caab/aaaaa",
            "In a run, pairs are taken from the left and without overlap",
        ),
        *cutting(
            SHUFFLED,
            "xyzx/xyz/zxyz/yzx",
            "The ranks count, and not the order in which the dict holds them",
        ),
        *cutting(
            LOWER,
            "kühn/q//el",
            "What is in no pair stays as it is, also one character or none",
        ),
    ),
    mistakes=(
        Mistake(
            "bpe-merge-rank-ignored",
            by(lambda places: min(places, key=lambda place: place[1])),
            question="In which order were the merges learnt?",
            pointer="You choose by place, or by length and then by place. When ab was "
            "learnt, which merge had already been made in the whole text?",
            neighbour="Who takes the first word that is found in “carpet” has a car "
            "and a pet. What should decide, place or rank?",
            **cuts("abc"),
        ),
        Mistake(
            "bpe-highest-rank-first",
            by(max),
            question="Does a low rank mean learnt early or learnt late?",
            pointer="The merges are replayed in the order of training. At which end "
            "of the ranks do you begin?",
            neighbour="In a recipe, step 0 comes before step 1. Who frosts the cake "
            "first?",
            **cuts("abc"),
        ),
        Mistake(
            "bpe-longest-match",
            longest_known_piece,
            question="Does this method ask a rank at all?",
            pointer="Longest pieces from the left are how *WordPiece* encodes. BPE "
            "replays its merges, and some long token may be out of reach.",
            neighbour="A lift and a staircase both lead to floor 3. Who takes the "
            "lift cannot say on which stairs he would have stood.",
            **cuts("abc"),
        ),
        Mistake(
            "bpe-order-of-the-dict",
            in_the_order_of_the_dict,
            question="What says which merge comes first: its place in the dict, or "
            "its rank?",
            pointer="A dict keeps the order in which it was filled. A file that was "
            "sorted by letters fills it otherwise.",
            neighbour="House numbers count, even where the postman's letters are "
            "shuffled.",
            **cuts("zxyz"),
        ),
        Mistake(
            "bpe-stops-after-one",
            stops_after_one,
            question="Is there still a known pair in your answer?",
            pointer="A merge makes new neighbours. Who looks at them?",
            neighbour="Ironing out one fold shows the next. When is the shirt done?",
            **cuts("lower"),
        ),
        Mistake(
            "bpe-each-merge-once",
            each_merge_once,
            question="How often does e r stand in this word?",
            pointer="Each of your merges is used at one place. Which of the places "
            "that are left would still be a known pair?",
            neighbour="One ticket for the whole family, or one each? At the gate, the "
            "second child still needs one.",
            **cuts("errer"),
        ),
        Mistake(
            "bpe-unknown-pair-merged",
            unknown_is_rank_zero,
            question="Which rank has a pair that was never learnt?",
            pointer="If unknown pairs get a low number, they win. And nothing stops "
            "you until the word is one token.",
            neighbour="Who did not start in the race has no time. Writing 0 seconds "
            "makes him the winner.",
            **cuts("abc"),
        ),
        Mistake(
            "bpe-unknown-pair-crashes",
            every_pair_is_known,
            "Your code asks for the rank of a pair that was never learnt, such as "
            "(“a”, “bc”), and stops with a KeyError.",
            "What is to happen when no pair of neighbours is known?",
            "Most neighbours were never merged in training. They are not an error: "
            "they are where the cutting ends.",
            "A phone book does not hold everybody. What does one do with a name that "
            "is not in it: burn the book?",
        ),
    ),
)
