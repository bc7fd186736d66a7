"""Wrong rows of tokens, for the exercise task-sequences."""

from ...exercises.model import Mistake


def _joined(parts, special, before="start", between="delimiter", after="extract"):
    """A row with the special tokens named; "" leaves one out."""
    row = [getattr(special, before)] if before else []
    for n, part in enumerate(parts):
        row += ([getattr(special, between)] if n and between else []) + list(part)
    return row + ([getattr(special, after)] if after else [])


def _fitted(parts, room):
    """Copies of the parts, the longer one cut until they fit."""
    parts = [list(part) for part in parts]
    while sum(map(len, parts)) > room:
        max(parts, key=len).pop()
    return parts


def rows(room=None, fit=_fitted, **how):
    """A right row, of which each mistake replaces one part."""

    def wrong(parts, special, max_len):
        left = room(parts, max_len) if room else max_len - len(parts) - 1
        return _joined(fit(parts, left), special, **how)

    return wrong


def cut_at_the_end(parts, special, max_len):
    return _joined(parts, special)[:max_len]


def cut_at_the_front(parts, special, max_len):
    return _joined(parts, special)[-max_len:]


def cut_before_extract(parts, special, max_len):
    return [*_joined(parts, special, after="")[: max_len - 1], special.extract]


def never_cut(parts, special, max_len):
    return _joined(parts, special)


def delimiter_after_each(parts, special, max_len):
    row = [special.start]
    for part in _fitted(parts, max_len - len(parts) - 1):
        row += [*part, special.delimiter]
    return [*row, special.extract]


def extract_after_each(parts, special, max_len):
    row = [special.start]
    for part in _fitted(parts, max_len - len(parts) - 1):
        row += [*part, special.extract]
    return row


def _first_is_cut(parts, room):
    first, *rest = map(list, parts)
    return [first[: max(0, room - sum(map(len, rest)))], *rest]


def _last_is_cut(parts, room):
    *rest, last = map(list, parts)
    return [*rest, last[: max(0, room - sum(map(len, rest)))]]


def _equal_shares(parts, room):
    return [list(part)[: room // len(parts)] for part in parts]


def _ends_are_kept(parts, room):
    kept = _fitted([list(part)[::-1] for part in parts], room)
    return [part[::-1] for part in kept]


def _shorter_is_cut(parts, room):
    parts = [list(part) for part in parts]
    while sum(map(len, parts)) > room:
        min((part for part in parts if part), key=len).pop()
    return parts


def _each_loses_one(parts, room):
    parts = [list(part) for part in parts]
    while sum(map(len, parts)) > room:
        for part in parts:
            part[-1:] = []
    return parts


def _in_proportion(parts, room):
    share = min(1, room / max(1, sum(map(len, parts))))
    return [list(part)[: int(len(part) * share)] for part in parts]


def _longer_cut_once(parts, room):
    parts = [list(part) for part in parts]
    over = sum(map(len, parts)) - room
    if over > 0:
        longest = max(parts, key=len)
        del longest[len(longest) - over :]
    return parts


def eats_its_input(parts, special, max_len):
    while sum(map(len, parts)) > max_len - len(parts) - 1:
        max(parts, key=len).pop()
    return _joined(parts, special)


def _row(row):
    names = {90: "start", 91: "delimiter", 92: "extract"}
    return " ".join(names.get(id, str(id)) for id in row)


def _made(what):
    return lambda got, expected: f"For {what} your row is: {_row(got)}."


_ONE, _TWO = "the text 21 … 24", "the texts 31 32 33 and 21 … 24"
_ONE_LONG = "the text 11 … 19 and max_len = 7"
_PREMISE = "the texts 11 … 19 and 31 32 33 and max_len = 13"
_HYPOTHESIS = "the texts 31 32 33 and 11 … 19 and max_len = 13"
_BOTH = "the texts 11 … 19 and 21 … 24 and max_len = 9"

MISTAKES = (
    Mistake(
        "extract-cut-off",
        cut_at_the_end,
        _made(_ONE_LONG),
        "Which token does the head read, and is it still there?",
        "You join first and cut afterwards. What stands at the place where you cut?",
        "A letter that is too long for the page: the sender cuts off the bottom, where "
        "the signature is.",
        "one long text",
    ),
    Mistake(
        "start-cut-off",
        cut_at_the_front,
        _made(_ONE_LONG),
        "With which token does every other row begin?",
        "You keep the end of the row. What is lost is not text alone. Which of the "
        "tokens may never go?",
        "To make a train shorter, one does not uncouple the engine.",
        "one long text",
    ),
    Mistake(
        "cut-as-one-text",
        cut_before_extract,
        _made(_HYPOTHESIS),
        "Of two texts, which one pays for a row that is too long in your function?",
        "Try the same with the long text in front: is a delimiter left, and a "
        "hypothesis?",
        "Two guests share a car that is too small for their luggage. Is it always the "
        "one who loads last who leaves something behind?",
        "long premise",
    ),
    Mistake(
        "never-cut",
        never_cut,
        lambda got, _: f"With max_len = 7 your row has {len(got)} tokens.",
        "What happens to a model with 7 positions when it is given more tokens?",
        "Your function does not use `max_len`. How much text fits beside the special "
        "tokens?",
        "A bus with 40 seats: who counts before the doors close?",
        "one long text",
    ),
    Mistake(
        "specials-not-counted",
        rows(room=lambda parts, max_len: max_len),
        lambda got, _: f"With max_len = 7 your row has {len(got)} tokens.",
        "Which tokens of the row did you not count?",
        "The texts alone fit into `max_len`. What is put around them afterwards?",
        "A picture of 40 cm is ordered for a wall of 40 cm, and then comes the frame.",
        "one long text",
    ),
    Mistake(
        "delimiter-not-counted",
        rows(room=lambda parts, max_len: max_len - 2),
        lambda got, _: (
            "With one text you are right. With two and max_len = 13 your row has "
            f"{len(got)} tokens."
        ),
        "How many special tokens has a row of two texts?",
        "Write the row down for one text and for two. Does the same number of tokens "
        "stand around the texts?",
        "Three fields in a row, and the fences between them: is the land of one fence "
        "enough?",
        "long premise",
    ),
    Mistake(
        "delimiter-always-counted",
        rows(room=lambda parts, max_len: max_len - 3),
        lambda got, _: (
            f"With one text of 9 tokens and max_len = 7 your row has {len(got)} tokens."
        ),
        "How many special tokens has a row of one text?",
        "Your room for text does not depend on how many texts there are. Should it?",
        "Who travels alone need not keep a seat free for a companion.",
        "one long text",
    ),
    Mistake(
        "delimiter-missing",
        rows(between=""),
        _made(_TWO),
        "Where does the premise end? Can the model see it in your row?",
        "The same row comes out if a token moves from the end of the first text to the "
        "front of the second.",
        "Two telegrams on one slip, without a stop between them.",
        "two texts",
    ),
    Mistake(
        "delimiter-at-the-end-too",
        delimiter_after_each,
        _made(_TWO),
        "How many delimiters does a row of two texts need?",
        "Look at what stands between the last text and extract. Does it separate two "
        "texts?",
        "A fence between two gardens is one fence.",
        "two texts",
    ),
    Mistake(
        "extract-as-delimiter",
        extract_after_each,
        _made(_TWO),
        "How many tokens in your row look like the one that the head reads?",
        "Three special tokens have three jobs. Which one says “here a text ends and "
        "another begins”?",
        "A full stop after each of two chapters is not the word “End”.",
        "two texts",
    ),
    Mistake(
        "extract-missing",
        rows(after=""),
        _made(_ONE),
        "At which token shall the head read what the model has made of the text?",
        "Under the causal mask a position knows what stands before it. Which token of "
        "the row stands behind everything, whatever the text is?",
        "A jury hears everybody, and nobody is asked for the verdict.",
        "one text",
    ),
    Mistake(
        "start-missing",
        rows(before=""),
        _made(_ONE),
        "What stands in front of the first word?",
        "The paper's rows have something on both sides of the text. Which side is bare "
        "in yours?",
        "A play in which the curtain falls, and has never gone up.",
        "one text",
    ),
    Mistake(
        "start-and-extract-swapped",
        rows(before="extract", after="start"),
        _made(_ONE),
        "Which of the two is read by the head, and what has it seen by then?",
        "What does a position see under the causal mask if it is the first one?",
        "A summary on page one, written before the book.",
        "one text",
    ),
    Mistake(
        "first-part-pays",
        rows(fit=_first_is_cut),
        _made(_HYPOTHESIS),
        "Which of the two texts is the longer one here, and which one did you cut?",
        "You always cut the same text. What is left of it if the other is very long?",
        "Two siblings have 3 and 9 sweets, and 4 must be given back. Always by the "
        "elder one?",
        "long hypothesis",
    ),
    Mistake(
        "last-part-pays",
        rows(fit=_last_is_cut),
        _made(_PREMISE),
        "Which of the two texts is the longer one here, and which one did you cut?",
        "You always cut the same text. How much of the hypothesis is left behind a "
        "long premise?",
        "Two siblings have 9 and 3 sweets, and 4 must be given back. Always by the "
        "younger one?",
        "long premise",
    ),
    Mistake(
        "equal-shares",
        rows(fit=_equal_shares),
        lambda got, expected: (
            f"For {_PREMISE} your row has {len(got)} tokens, and {len(expected)} fit: "
            f"{_row(got)}."
        ),
        "Does the short text need its whole half?",
        "Room that one text leaves free may be used by the other. Who uses it in your "
        "row?",
        "Two people share a bench. The small one needs a third of it: does the rest "
        "stay empty?",
        "long premise",
    ),
    Mistake(
        "shorter-part-pays",
        rows(fit=_shorter_is_cut),
        _made(_PREMISE),
        "Which of the two texts can spare a token more easily?",
        "Print the lengths of both parts after each token that you take away. Do they "
        "come nearer to each other?",
        "To level two heaps of sand, from which one do you take?",
        "long premise",
    ),
    Mistake(
        "each-part-loses-one",
        rows(fit=_each_loses_one),
        _made(_PREMISE),
        "Which of the two texts is the longer one here, and which ones lose a token?",
        "You shorten both at once. What is left of a short text beside a very long "
        "one?",
        "Two siblings have 9 and 3 sweets, and 2 must be given back. One each?",
        "long premise",
    ),
    Mistake(
        "cut-in-proportion",
        rows(fit=_in_proportion),
        _made(_PREMISE),
        "Which of the two texts is the longer one here, and which ones lose a token?",
        "You cut both by the same share. Is that the rule of the task?",
        "A flat tax takes from the poor as well. Who pays under the rule that the "
        "task gives?",
        "long premise",
    ),
    Mistake(
        "longer-part-cut-once",
        rows(fit=_longer_cut_once),
        _made(_BOTH),
        "Is the text that you cut still the longer one afterwards?",
        "You take everything from one text in one go. Ask again after each token: "
        "which one is longer now?",
        "Two heaps of sand are levelled, and one of them is a hole now.",
        "both too long",
    ),
    Mistake(
        "room-for-one-left",
        rows(room=lambda parts, max_len: max_len - len(parts) - 2),
        lambda got, _: f"With max_len = 7 your row has {len(got)} tokens, and 7 fit.",
        "How many special tokens did you count, and how many are there?",
        "Write the longest row for one text and max_len = 7 by hand.",
        "A bus with 40 seats leaves with 39 and somebody at the stop.",
        "one long text",
    ),
    Mistake(
        "ends-are-kept",
        rows(fit=_ends_are_kept),
        _made(_ONE_LONG),
        "Which tokens of the text are gone, the first or the last ones?",
        "The task says at which end a text is cut. At which end did you?",
        "From a film that is too long the reel's end is cut; you have cut the opening "
        "scene.",
        "one long text",
    ),
    Mistake(
        "lists-eaten",
        eats_its_input,
        "Your rows are right, and afterwards the lists in `parts` are shorter than "
        "they were.",
        "Whose lists are they, and who will read them next?",
        "The second epoch comes with the same lists. What does your function find in "
        "them then?",
        "A copyist who tears out each page that he does not copy.",
        "one long text",
    ),
)
