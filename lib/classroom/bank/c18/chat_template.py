"""Chapter 18, write: a conversation as one text."""

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Write a conversation as the text that SmolLM2 was taught to continue. A turn is
`<|im_start|>`, who speaks, a line feed, what is said, `<|im_end|>`, a line feed. The
`system` text is the first turn, said by `system`. At the end the assistant's turn is
opened, and nothing of it is said yet.

- `turns`: pairs such as `("user", "Hello")`, in order; `system`: a text
- returns the text
"""

STUB = """
def chat_text(turns, system):
    raise NotImplementedError
"""


def chat_text(turns, system):
    text = ""
    for who, said in [("system", system), *turns]:
        text += f"<|im_start|>{who}\n{said}<|im_end|>\n"
    return text + "<|im_start|>assistant\n"


def joined(turns, system):
    rows, mark = [("system", system), *turns, ("assistant", "")], "<|im_start|>"
    ended = "<|im_end|>\n"
    whole = "".join(mark + "\n".join(row) + ended for row in rows)
    return whole.removesuffix(ended)


def chat(turn=None, last="<|im_start|>assistant\n", first=True, glue="", clean=None):
    """`chat_text` with a part replaced."""

    def wrong(turns, system):
        rows = [("system", system), *turns] if first else list(turns)
        if clean:
            rows = clean(rows, system)
        shape = turn or (lambda w, s: f"<|im_start|>{w}\n{s}<|im_end|>\n")
        return glue.join(shape(who, said) for who, said in rows) + last

    return wrong


def system_each_time(rows, system):
    return [row for turn in rows[1:] for row in (("system", system), turn)]


def newest_only(rows, system):
    return [rows[0], rows[-1]]


def conversation():
    turns = [("user", "Hi"), ("assistant", "Hello!"), ("user", " two\nlines ")]
    return turns, "Be kind."


def one_turn():
    return [("user", "Hi")], "Be kind."


def lines(function, turns, system):
    """Line by line, so that a message can show the one that is wrong."""
    text = function(turns, system)
    return text.splitlines(keepends=True) if isinstance(text, str) else text


def _last(got, expected):
    got, expected = "".join(got), "".join(expected)
    n = next(
        (i for i, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b),
        min(len(got), len(expected)),
    )
    near = slice(max(0, n - 12), n + 18)
    return (
        f"The first {n} characters are right. Then comes {got[near]!r}, and "
        f"{expected[near]!r} is right."
    )


def _m(identifier, wrong, question, pointer, neighbour):
    return Mistake(
        identifier, wrong, _last, question, pointer, neighbour, "conversation"
    )


EXERCISE = Exercise(
    id="chat-template",
    chapter=18,
    kind="write",
    title="A conversation as one text",
    question=QUESTION,
    difficulty=1,
    minutes=5,
    name="chat_text",
    stub=STUB,
    reference=chat_text,
    accepts=(joined,),
    proves="Every turn has its marks, what is said stays as it is, and the text ends "
    "where the assistant is to begin.",
    probes=(
        Probe(
            "one turn",
            one_turn,
            lines,
            "The first question is written as the pattern says",
        ),
        Probe(
            "conversation",
            conversation,
            lines,
            "Three turns are written as the pattern says, spaces and all",
        ),
    ),
    mistakes=(
        _m(
            "assistant-not-opened",
            chat(last=""),
            "Who speaks next, and how does the model know?",
            "After the last line feed, what would a model write that continues texts "
            "of this form? Might it speak for the user?",
            "A play without the name of who is to speak.",
        ),
        _m(
            "assistant-closed",
            chat(last="<|im_start|>assistant\n<|im_end|>\n"),
            "What has the assistant said, by your text?",
            "Which mark tells that a turn is over?",
            "Who hangs up before the other has spoken gets no answer.",
        ),
        _m(
            "last-line-feed-missing",
            chat(last="<|im_start|>assistant"),
            "In every turn, what stands between who speaks and what is said?",
            "If your text ends there, which token would the model have to write first?",
            "A colon after the name, and then the speech.",
        ),
        _m(
            "system-missing",
            chat(first=False),
            "Which argument have you not used?",
            "In all the model's lessons, what was the first turn?",
            "A letter without its head.",
        ),
        _m(
            "system-each-time",
            chat(clean=system_each_time),
            "How many turns of the system are there, in three turns of talk?",
            "The system speaks once. When?",
            "House rules hang at the door, not on every chair.",
        ),
        _m(
            "newest-turn-only",
            chat(clean=newest_only),
            "What does the model know of the turns before?",
            "A cache is emptied between two calls. From where does the model learn "
            "what was said?",
            "Who is told the last sentence of a talk cannot say what “there” means.",
        ),
        _m(
            "end-mark-missing",
            chat(lambda w, s: f"<|im_start|>{w}\n{s}\n"),
            "How does the model see where a turn ends?",
            "A line feed may stand inside a turn as well.",
            "A quotation that is opened and never closed.",
        ),
        _m(
            "line-feed-after-end-missing",
            chat(lambda w, s: f"<|im_start|>{w}\n{s}<|im_end|>"),
            "What stands between the end of a turn and the start of the next?",
            "Count the line feeds in one turn of the pattern.",
            "Stamps without the perforation between them.",
        ),
        _m(
            "extra-line-feed",
            chat(glue="\n"),
            "How many line feeds stand between two turns in your text?",
            "The pattern of a turn has its line feed at its end already.",
            "Two full stops at the end of a sentence..",
        ),
        _m(
            "speaker-missing",
            chat(lambda w, s: f"<|im_start|>{s}<|im_end|>\n"),
            "Who says what?",
            "Which half of each pair have you not used?",
            "A chat in which all bubbles have one colour.",
        ),
        _m(
            "colon-for-line-feed",
            chat(lambda w, s: f"<|im_start|>{w}: {s}<|im_end|>\n"),
            "What separates who speaks from what is said, in the pattern?",
            "A model that has seen one pattern a million times has not seen yours.",
            "A date as day-month where month-day is read.",
        ),
        _m(
            "system-last",
            chat(clean=lambda rows, system: [*rows[1:], rows[0]]),
            "Which turn is the first, in the pattern?",
            "Rules that are read out after the game: whom do they help?",
            "A letter that ends with its address.",
        ),
        _m(
            "line-feed-before-end",
            chat(lambda w, s: f"<|im_start|>{w}\n{s}\n<|im_end|>\n"),
            "What stands between what is said and its end mark, in the pattern?",
            "Two line feeds belong to a turn. Where?",
            "A space before the full stop .",
        ),
        _m(
            "trimmed",
            chat(lambda w, s: f"<|im_start|>{w}\n{s.strip()}<|im_end|>\n"),
            "What has happened to the spaces of the last turn?",
            "Is it for this function to decide what was said?",
            "A court reporter who tidies up what witnesses say.",
        ),
    ),
)
