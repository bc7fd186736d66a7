"""Chapter 6, Parsons: special tokens, words, bytes, merges, ids."""

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
From text to ids. `parts` begins as the whole text, and step by step it is cut further.
The helpers below are right, and all leave special tokens whole. Put the steps in
order; some do not belong.

- `ranks`: pairs of tokens with the rank at which they were learnt (0 first)
- `ids`: tokens with their ids; `"<end>"` is the special token

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = r"""
import re

def encode(text, ranks, ids):
    parts = [text]
    {lines}
    return parts

def split_specials(part):  # "a b<end>" → ["a b", "<end>"]
    return [piece for piece in re.split("(<end>)", part) if piece]

def split_words(part):  # "a b" → ["a", " b"]
    return [part] if part == "<end>" else re.findall(r" ?\w+|\W", part)

def split_bytes(part):  # "né" → [b"n", b"\xc3", b"\xa9"]
    return [b"<end>"] if part == "<end>" else [bytes([b]) for b in part.encode()]

def merge(tokens, choose, ranks):  # pair after pair, until none is known
    while pairs := [p for p in zip(tokens, tokens[1:]) if p in ranks]:
        i = [*zip(tokens, tokens[1:])].index(choose(pairs, key=ranks.get))
        tokens = [*tokens[:i], tokens[i] + tokens[i + 1], *tokens[i + 2 :]]
    return tokens
"""

LINES = {
    "A": "parts = [merge(part, min, ranks) for part in parts]",
    "B": "parts = [word for part in parts for word in split_words(part)]",
    "C": "parts = [word for part in parts for word in part.split()]",
    "D": "parts = [ids[token] for part in parts for token in part]",
    "E": "parts = [split_bytes(part) for part in parts]",
    "F": "parts = [merge(part, max, ranks) for part in parts]",
    "G": "parts = [piece for part in parts for piece in split_specials(part)]",
    "H": "parts = [part.lower() for part in parts]",
}

RIGHT = ["G", "B", "E", "A", "D"]

MERGES = [b"b c", b"a b", b"c d", b"a _", b"\xc3 \xa9", b"_ b", b"< e", b"n \xc3\xa9"]


def tables():
    """Ranks of a few merges, and ids of all bytes, merged tokens and <end>."""
    pairs = [tuple(m.replace(b"_", b"\0").split(b" ")) for m in MERGES]
    pairs = [tuple(x.replace(b"\0", b" ") for x in pair) for pair in pairs]
    tokens = [bytes([b]) for b in range(256)] + [b"".join(pair) for pair in pairs]
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    return ranks, {token: i for i, token in enumerate([*tokens, b"<end>"])}


def given(text):
    return lambda: (text, *tables())


def pieces(encode, text, ranks, ids):
    """The tokens that were chosen, in GPT-2's manner of writing a blank."""
    shown = {i: token.decode(errors="replace") for token, i in ids.items()}
    found = encode(text, ranks, ids)
    if not all(isinstance(i, int) for i in found):
        return found
    return "|".join(shown[i] for i in found).replace(" ", "␣")


def cut(text):
    return lambda got, want: f"“{text}” becomes {got}, and {want} is right."


EXERCISE = Exercise(
    id="tokenizer-parsons",
    chapter=6,
    kind="parsons",
    title="From text to ids, step by step",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="order",
    stub="order = []",
    reference=RIGHT,
    proves="Signals are taken out before words are cut, words before bytes are merged, "
    "and merges run in the order in which they were learnt.",
    lines=LINES,
    template=TEMPLATE,
    probes=(
        Probe("rank", given("abcd"), pieces, "The pair that was learnt first is first"),
        Probe("words", given("a b a"), pieces, "Nothing is merged across words"),
        Probe("signal", given("a<end>b"), pieces, "The special token keeps its one id"),
        Probe("bytes", given("né"), pieces, "A character of two bytes is merged again"),
        Probe(
            "everything",
            given("A né\n<end><end> abc  d<e"),
            pieces,
            "All is there: case, white space, signals",
        ),
    ),
    mistakes=(
        Mistake(
            "special-token-split",
            ["B", "E", "A", "D"],
            cut("a<end>b"),
            "Is this text or a signal?",
            "Which of the helpers looks for special tokens: is it called at all, and "
            "is there still something for it to find?",
            "A letter whose stamp is read out together with the text: “one euro dear "
            "aunt”.",
            probe="signal",
        ),
        Mistake(
            "bpe-merges-across-words",
            ["G", "E", "A", "D"],
            cut("a b a"),
            "May a token straddle the space?",
            "Merging runs inside each part. How large are your parts when it begins?",
            "Rhymes are looked for within a poem. Without a page break between poems, "
            "the last line of one rhymes with the next.",
            probe="words",
        ),
        Mistake(
            "tokenizer-lossy-whitespace",
            ["G", "C", "E", "A", "D"],
            cut("a b a"),
            "Can you rebuild the text exactly?",
            "Two lines cut words. What does each of them do with the blanks?",
            "Apples packed one by one without noting which were in one bag: nobody can "
            "put the bags together again.",
            probe="words",
        ),
        Mistake(
            "bpe-merge-rank-ignored",
            ["G", "B", "E", "F", "D"],
            cut("abcd"),
            "In which order were the merges learnt?",
            "Two lines merge. Which end of the ranks does each begin with?",
            "Dressing in the reverse order: shoes first, then socks.",
            probe="rank",
        ),
        Mistake(
            "bpe-not-merged",
            ["G", "B", "E", "D"],
            cut("abcd"),
            "What were the merges learnt for?",
            "Every part is still in single bytes when its ids are looked up.",
            "A shorthand that is taught and then not used makes no minute shorter.",
            probe="rank",
        ),
        Mistake(
            "tokenizer-lower-case",
            ["H", "G", "B", "E", "A", "D"],
            cut("A né\\n<end><end> abc  d<e"),
            "Can you rebuild the text exactly?",
            "One of your lines changes the text before it is cut. Some tokenizers do, "
            "and never get it back.",
            "“Polish” and “polish” are two words. After your step?",
            probe="everything",
        ),
    ),
)
