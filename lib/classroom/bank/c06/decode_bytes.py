"""Chapter 6, write: ids back to text, through bytes."""

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Back to text: look up the bytes of each token, and make one text of all of them.

- `ids`, a list of integers, perhaps empty; `tokens`, a list of bytes objects: token 3
  stands for `tokens[3]`
- the bytes are UTF-8. A character may lie across several tokens, and a model may write
  bytes that are no UTF-8: those become U+FFFD (`"\ufffd"`), as Python's own decoder
  does it, and nothing raises an exception.
- returns a text

Example: with `tokens = [b"\xc3", b"\xa9", b"t"]`, the ids `[0, 1, 2]` are `"ét"`.
"""

STUB = """
def to_text(ids, tokens):
    raise NotImplementedError
"""


def to_text(ids, tokens):
    together = b"".join(tokens[i] for i in ids)
    return together.decode("utf-8", errors="replace")


def with_a_bytearray(ids, tokens):
    data = bytearray()
    for i in ids:
        data += tokens[i]
    return str(data, "utf8", "replace")


def step_by_step(ids, tokens):
    import codecs

    decoder = codecs.getincrementaldecoder("utf8")("replace")
    text = "".join(decoder.decode(tokens[i]) for i in ids)
    return text + decoder.decode(b"", final=True)


def _joined(ids, tokens, **how):
    return b"".join(tokens[i] for i in ids).decode(**how)


def per_token(ids, tokens):
    return "".join(tokens[i].decode("utf8", errors="replace") for i in ids)


def per_token_ignoring(ids, tokens):
    return "".join(tokens[i].decode("utf8", errors="ignore") for i in ids)


def per_token_strict(ids, tokens):
    return "".join(tokens[i].decode("utf8") for i in ids)


def one_character_per_byte(ids, tokens):
    return "".join(chr(byte) for i in ids for byte in tokens[i])


def with_blanks(ids, tokens):
    return b" ".join(tokens[i] for i in ids).decode("utf8", errors="replace")


def shown_not_decoded(ids, tokens):
    return str(b"".join(tokens[i] for i in ids))


TOKENS = [bytes([byte]) for byte in range(256)] + [b"the", b" cat", b"\n  ", b"caf\xc3"]


def given(*ids):
    return lambda: (list(ids), list(TOKENS))


def reads(name):
    return lambda got, want: f"Of {name} you make {got!r}; it is {want!r}."


ONE = "the four bytes of 🙂"
BROKEN = "the byte FF between two letters"

EXERCISE = Exercise(
    id="decode-bytes",
    chapter=6,
    kind="write",
    title="Back to text",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="to_text",
    stub=STUB,
    reference=to_text,
    accepts=(with_a_bytearray, step_by_step),
    proves="Characters that lie across tokens are put together before they are read, "
    "white space survives, and whatever a model writes becomes some text.",
    probes=(
        Probe(
            "words",
            given(256, 257),
            says="Tokens follow each other with nothing between",
        ),
        Probe(
            "blanks around",
            given(32, 256, 258, 257, 32),
            says="White space is kept, also at both ends",
        ),
        Probe("no token", given(), says="No tokens are the empty text"),
        Probe(
            "emoji",
            given(*"🙂".encode()),
            says="A character whose bytes lie in four tokens comes out whole",
        ),
        Probe(
            "inside é",
            given(259, 0xA9),
            says="A character that is cut inside comes out whole",
        ),
        Probe(
            "two scripts",
            given(*"猫ü".encode()),
            says="Characters of three bytes and of two follow each other",
        ),
        Probe(
            "no UTF-8",
            given(97, 0xFF, 98),
            says="A byte that is no UTF-8 becomes U+FFFD, and the rest is read",
        ),
        Probe(
            "half at the end",
            given(256, *"🙂".encode()[:2]),
            says="Half a character at the end becomes U+FFFD",
        ),
        Probe(
            "half in the middle",
            given(*"🙂".encode()[:3], 257),
            says="Half a character becomes U+FFFD, and the rest is read",
        ),
    ),
    mistakes=(
        Mistake(
            "decode-per-token",
            per_token,
            reads(ONE),
            "How many bytes is one emoji? And how many are in one of your tokens?",
            "Each token is read on its own. A quarter of a character is nothing that "
            "can be read.",
            "A word that is broken at the end of a line, “tele-” and “phone”: is it "
            "translated line by line?",
            probe="emoji",
        ),
        Mistake(
            "decode-per-token-ignoring",
            per_token_ignoring,
            reads(ONE),
            "Where have these bytes gone?",
            "Each token is read on its own, and what cannot be read is thrown away "
            "without a word.",
            "A letter torn in four, and each piece goes into the bin because it is not "
            "a letter.",
            probe="emoji",
        ),
        Mistake(
            "decode-per-token-strict",
            per_token_strict,
            "At the first byte of 🙂 your code stops with a UnicodeDecodeError: the "
            "rest of the character is in the next tokens.",
            "Does every token stand for whole characters?",
            "Merges know bytes only, so they may cut a character anywhere. When is "
            "there enough to be read?",
            "Half a coin is not accepted by any machine; four quarters that are glued "
            "together first, perhaps.",
            probe="emoji",
        ),
        Mistake(
            "decode-strict",
            lambda ids, tokens: _joined(ids, tokens),
            "At the bytes 61 FF 62 your code stops with a UnicodeDecodeError.",
            "Is a model that writes tokens bound to write UTF-8?",
            "Any row of tokens can be generated. What should a reader see where it is "
            "no text?",
            "A page with one smudged letter: does a reader give the book back, or put "
            "a question mark there?",
            probe="no UTF-8",
        ),
        Mistake(
            "decode-ignores-errors",
            lambda ids, tokens: _joined(ids, tokens, errors="ignore"),
            reads(BROKEN),
            "Can a reader of your text see that something was there?",
            "What cannot be read vanishes in yours. The task asks for a visible mark.",
            "In a transcript, “[inaudible]” and nothing at all are two different "
            "statements.",
            probe="no UTF-8",
        ),
        Mistake(
            "decode-backslashes",
            lambda ids, tokens: _joined(ids, tokens, errors="backslashreplace"),
            reads(BROKEN),
            "Which sign does the task ask for, where there is no text?",
            "Python knows several ways to go on after an error. Yours writes digits "
            "that could be mistaken for text.",
            "A printer that writes “error 255” into the middle of a love letter.",
            probe="no UTF-8",
        ),
        Mistake(
            "decode-byte-is-character",
            one_character_per_byte,
            reads(ONE),
            "Are there more than 256 characters in the world?",
            "You give each byte a character of its own. That is another encoding "
            "(Latin-1), in which é is one byte.",
            "“11” read digit by digit is one, one. As a number it is eleven.",
            probe="emoji",
        ),
        Mistake(
            "decode-adds-blanks",
            with_blanks,
            reads("the, cat"),
            "Where does a blank come from: from the tokens, or from you?",
            "Blanks are bytes, and tokens bring theirs along. What does yours add, in "
            "the middle of a word?",
            "Bricks with their own mortar need no more between them.",
            probe="words",
        ),
        Mistake(
            "decode-shows-bytes",
            shown_not_decoded,
            reads("the, cat"),
            "What do the b and the quotation marks do in your text?",
            "You print how Python *shows* bytes. Bytes become text when somebody says "
            "by which code they are to be read.",
            "A picture of a letter is not what the letter says.",
            probe="words",
        ),
        Mistake(
            "decode-strips",
            lambda ids, tokens: _joined(ids, tokens, errors="replace").strip(),
            reads("a text with blanks around"),
            "Is white space text?",
            "All bytes were there, and then something was cut off at both ends.",
            "An indented line of Python without its indentation is another program.",
            probe="blanks around",
        ),
    ),
)
