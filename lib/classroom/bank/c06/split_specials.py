"""Chapter 6, write: cut special tokens out of a text, before anything is merged."""

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Special tokens are signals, not text: cut them out of a text before it is tokenized.

- `text`, perhaps empty; `specials`, a list of texts, perhaps empty, none of them the
  empty text
- read from the left. Where a special token begins, it is cut out whole; where several
  begin at the same place, the **longest** is meant, in whatever order they are listed.
- returns the list of all pieces in order, special or not, without empty ones. Put
  together, they are the text.

Example: `cut_specials("a<end><end> b", ["<end>"])` is `["a", "<end>", "<end>", " b"]`.
"""

STUB = """
def cut_specials(text, specials):
    raise NotImplementedError
"""


def cut_specials(text, specials):
    import re

    if not specials:
        return [text] if text else []
    longest_first = sorted(specials, key=len, reverse=True)
    pattern = "|".join(re.escape(special) for special in longest_first)
    return [piece for piece in re.split(f"({pattern})", text) if piece]


def by_reading(text, specials):
    pieces, plain, i = [], "", 0
    while i < len(text):
        here = [special for special in specials if text.startswith(special, i)]
        if not here:
            plain, i = plain + text[i], i + 1
            continue
        if plain:
            pieces.append(plain)
        plain = ""
        pieces.append(max(here, key=len))
        i += len(pieces[-1])
    return [*pieces, plain] if plain else pieces


def split_at(
    text, specials, *, order=None, escape=True, group="({})", flags=0, limit=0
):
    """The regular expression, with one thing done otherwise."""
    import re

    if not specials:
        return [text] if text else []
    if order is None:
        order = sorted(specials, key=len, reverse=True)
    pattern = "|".join(re.escape(s) if escape else s for s in order)
    return re.split(group.format(pattern), text, maxsplit=limit, flags=flags)


def some(pieces):
    return [piece for piece in pieces if piece]


def not_cut(text, specials):
    return [text] if text else []


def as_listed(text, specials):
    return some(split_at(text, specials, order=specials))


def shortest_first(text, specials):
    return some(split_at(text, specials, order=sorted(specials, key=len)))


def not_escaped(text, specials):
    return some(split_at(text, specials, escape=False))


def dropped(text, specials):
    return some(split_at(text, specials, group="{}"))


def first_only(text, specials):
    return some(split_at(text, specials, limit=1))


def glued(text, specials):
    return some(split_at(text, specials, group="((?:{})+)"))


def any_case(text, specials):
    return some(split_at(text, specials, flags=2))  # re.IGNORECASE


def empty_kept(text, specials):
    return split_at(text, specials)


def stripped(text, specials):
    return some(piece.strip() for piece in split_at(text, specials))


def longest_anywhere(text, specials):
    pieces = [text]
    for special in sorted(specials, key=len, reverse=True):
        cut = []
        for piece in pieces:
            if piece in specials:
                cut.append(piece)
                continue
            plain = piece.split(special)
            cut += [x for p in plain for x in (p, special)][:-1]
        pieces = cut
    return some(pieces)


def whole_words(text, specials):
    pieces, plain = [], []
    for word in text.split(" "):
        if word in specials:
            pieces += [" ".join(plain), word]
            plain = []
        else:
            plain.append(word)
    return some([*pieces, " ".join(plain)])


def nothing_listed_crashes(text, specials):
    import re

    pattern = "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text)
    return some(pieces)


def given(text, *specials):
    return lambda: (text, list(specials))


def made(text):
    return lambda got, want: (
        f"Of {text!r} you make {_list(got)}, and {_list(want)} is right."
    )


def _list(pieces):
    return f"{len(pieces)} piece{'s' * (len(pieces) != 1)}: " + " · ".join(
        map(repr, pieces)
    )


DOCUMENTS = "one<end><end>two <end> three<end>"
NESTED = "x<|a|><|a|>!<|a|>"

EXERCISE = Exercise(
    id="split-specials",
    chapter=6,
    kind="write",
    title="Text or signal?",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="cut_specials",
    stub=STUB,
    reference=cut_specials,
    accepts=(by_reading,),
    proves="Every special token is found, whole, wherever it stands, the longest where "
    "several fit; and the rest of the text is left exactly as it was.",
    probes=(
        Probe(
            "documents",
            given(DOCUMENTS, "<end>"),
            says="Special tokens are pieces of their own, also two in a row, and the "
            "text between them keeps its white space",
        ),
        Probe(
            "longest",
            given(NESTED, "<|a|>", "<|a|>!", "<|a|><|a|>"),
            says="Where several special tokens begin, the longest is cut out",
        ),
        Probe(
            "longest, listed first",
            given(NESTED, "<|a|><|a|>", "<|a|>!", "<|a|>"),
            says="The order of the list makes no difference",
        ),
        Probe(
            "from the left",
            given("ab+bcd+de", "b+b", "+bcd+"),
            says="Of two that overlap, the one that begins further left is cut out",
        ),
        Probe(
            "signs",
            given("to [x] or [y] and (z).", "[x]", "(z)."),
            says="Brackets, bars and dots in a special token are ordinary signs",
        ),
        Probe(
            "case",
            given("<End> <end> <END>", "<end>"),
            says="A special token is written exactly as listed",
        ),
        Probe(
            "none there",
            given("plain\n text ", "<end>"),
            says="A text without special tokens is one piece",
        ),
        Probe(
            "none listed",
            given("a <end> b"),
            says="Where no special token is listed, the text is one piece",
        ),
        Probe("empty", given("", "<end>"), says="The empty text has no pieces"),
        Probe(
            "nothing at all",
            given(""),
            says="The empty text has no pieces where no special token is listed either",
        ),
        Probe(
            "blanks between",
            given("<end> <end>\n", "<end>"),
            says="White space alone is a piece like any other",
        ),
    ),
    mistakes=(
        Mistake(
            "special-token-split",
            not_cut,
            made(DOCUMENTS),
            "Is this text or a signal?",
            "Nothing is cut out in yours. What will the merges make of “<end>”, and "
            "will the model ever see its id?",
            "The bell at the end of a lesson is not the word “bell”. Who only writes "
            "down words misses it.",
        ),
        Mistake(
            "specials-as-listed",
            as_listed,
            made(NESTED),
            "Two special tokens begin at the same place: who is asked first?",
            "In yours, the order of the list decides. Listed otherwise, the same text "
            "would be cut otherwise.",
            "Looking up “notebook”: a dictionary that stops at the first entry that "
            "fits says “not”.",
            probe="longest",
        ),
        Mistake(
            "specials-shortest-first",
            shortest_first,
            made(NESTED),
            "Can a long special token ever be found, if a short one begins it?",
            "You ask the short ones first, and they leave nothing for the long ones.",
            "Who pays with the smallest coins first never gets to use a note.",
            probe="longest",
        ),
        Mistake(
            "specials-longest-anywhere",
            longest_anywhere,
            made("ab+bcd+de"),
            "Which of the two overlapping ones does a reader from the left meet first?",
            "You look for the longest one in the whole text, then for the next. Length "
            "decides only between those that begin at the same place.",
            "Of two overlapping bookings of a room, the earlier one holds. The longer "
            "one may be in its way all the same.",
            probe="from the left",
        ),
        Mistake(
            "specials-not-escaped",
            not_escaped,
            made(NESTED),
            "What does | mean in a regular expression? And . and [ ] and ( )?",
            "Your special tokens are read as patterns. They are meant letter by "
            "letter.",
            "A search for “3.5” in which the dot stands for any sign finds 315 as "
            "well.",
            probe="longest",
        ),
        Mistake(
            "specials-dropped",
            dropped,
            made(DOCUMENTS),
            "Where have the signals gone?",
            "Put your pieces together: is it the text? Splitting at a mark throws the "
            "mark away, unless one asks to keep it.",
            "A cake cut with a saw loses what the saw takes with it.",
        ),
        Mistake(
            "specials-first-only",
            first_only,
            made(DOCUMENTS),
            "How many documents end in this text?",
            "After the first special token you stop looking.",
            "“Mind the step” is not said for the first step only.",
        ),
        Mistake(
            "specials-glued",
            glued,
            made(DOCUMENTS),
            "Two signals in a row: how many ids?",
            "Yours takes a run of special tokens for one. There is no id for that.",
            "Two full stops of two empty telegrams are not a colon.",
        ),
        Mistake(
            "specials-in-any-case",
            any_case,
            made("<End> <end> <END>"),
            "Is <END> in the list?",
            "What is written otherwise is text, even if it looks alike.",
            "A password that works in capitals too has let somebody else in.",
            probe="case",
        ),
        Mistake(
            "specials-empty-pieces",
            empty_kept,
            made(DOCUMENTS),
            "What stands between two special tokens that touch?",
            "Some of your pieces have no characters. The task wants none of those.",
            "Between two adjoining houses there is no garden of width 0.",
        ),
        Mistake(
            "specials-stripped",
            stripped,
            made(DOCUMENTS),
            "Put your pieces together: is it the text?",
            "The blanks around special tokens are gone. They belong to the text.",
            "Cutting a film between two scenes must not cost the first second of "
            "either.",
        ),
        Mistake(
            "specials-between-blanks-only",
            whole_words,
            made(DOCUMENTS),
            "Must a signal stand between two blanks?",
            "You look at words, and a special token may touch its neighbours.",
            "A full stop touches the word before it, and is no part of it.",
        ),
        Mistake(
            "specials-none-listed",
            nothing_listed_crashes,
            made("a <end> b"),
            "What does a pattern match that is made of nothing?",
            "Without special tokens your pattern is empty, and an empty pattern fits "
            "between any two characters.",
            "“Cut wherever nothing stands”: where would you not cut?",
            probe="none listed",
        ),
    ),
)
