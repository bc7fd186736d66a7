"""Chapter 6, break it: a text that lossy tokenizers do not give back."""

import re
import unicodedata

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake

QUESTION = """
A tokenizer should give every text back: decode(encode(text)) is the text. Eleven
tokenizers are hidden that do not. One splits at blanks, one decodes token by token, one
merges the pair aa with overlap, one drops its special token `<end>`, and so on. A
broken one is exposed if what it gives back differs from your text. The sound one,
without merges, stands below.

Write a function that returns one text, of 1 to 40 characters, that exposes all eleven.
"""

STUB = """
def hard_text():
    raise NotImplementedError
"""


def hard_text():
    return " A\tb  aaa\r\ne\u0301 \U0001f642 <end> "


def in_other_signs():
    return "\r\n<end>Zaaa!\t  Zoe\u0308 \U0001f469\u200d\U0001f52c "


def round_trip(text):
    tokens = [bytes([byte]) for byte in text.encode("utf8")]
    return b"".join(tokens).decode("utf8", errors="replace")


def split_at_white_space(text):
    return " ".join(text.split())


def blanks_joined(text):
    return re.sub(" +", " ", text)


def ends_stripped(text):
    return text.strip()


def lower_cased(text):
    return text.lower()


def tabs_to_blanks(text):
    return text.replace("\t", " ")


def line_ends_made_alike(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded_per_token(text):
    return "".join(bytes([byte]).decode(errors="replace") for byte in text.encode())


def two_bytes_per_character(text):
    """Code points above U+FFFF do not fit: they are taken for an unknown character."""
    return "".join(c if ord(c) < 0x10000 else "\ufffd" for c in text)


def accents_composed(text):
    return unicodedata.normalize("NFC", text)


def overlap_merged(text):
    """aaa becomes one token, which is written out as aa."""
    return re.sub("aaa", "aa", text)


def signals_dropped(text):
    return text.replace("<end>", "")


MUTANTS = {
    "splits at white space": split_at_white_space,
    "joins blanks": blanks_joined,
    "strips the ends": ends_stripped,
    "lower-cases": lower_cased,
    "makes tabs blanks": tabs_to_blanks,
    "makes line ends alike": line_ends_made_alike,
    "decodes token by token": decoded_per_token,
    "has no code points above U+FFFF": two_bytes_per_character,
    "composes accents": accents_composed,
    "merges overlapping a's": overlap_merged,
    "drops signals": signals_dropped,
}


def valid(text):
    if not isinstance(text, str):
        return f"a text is expected, and it is of type {type(text).__name__}"
    if not 1 <= len(text) <= 40:
        return f"the text should have 1 to 40 characters, and it has {len(text)}"
    if any(0xD800 <= ord(c) < 0xE000 for c in text):
        return "half of a surrogate pair is no character"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{short(len(survivors))} tokenizer{' gives' if one else 's give'} it back"


def weakness(mutant):
    """Whether this tokenizer gives the text back."""
    return lambda text: MUTANTS[mutant](text) == text


EXERCISE = Exercise(
    id="round-trip-breaks",
    chapter=6,
    kind="break",
    title="A text that exposes every lossy tokenizer",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="hard_text",
    stub=STUB,
    reference=hard_text,
    accepts=(in_other_signs,),
    proves="White space of all kinds, case, accents, signs of several bytes and "
    "several code points, runs, signals: such a line belongs into every tokenizer's "
    "test.",
    block=round_trip,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "plain-ascii",
            "A\tb  aaa\r\n <end> ",
            lambda text, left: (
                f"All {len(text)} characters of your text are one byte each. "
                f"{_left(left)}."
            ),
            "How many bytes has a character of English? And of Greek, and an emoji?",
            "One survivor reads each byte alone. That does no harm as long as a byte "
            "is a character.",
            "A translator of single syllables is found out by a language whose words "
            "have more than one.",
            when=lambda text: text.isascii(),
        ),
        Mistake(
            "no-fourth-byte",
            " A\tb  aaa\r\ne\u0301 \u732b <end> ",
            lambda text, left: (
                "The highest code point of your text is "
                f"U+{ord(max(text)):04X}. {_left(left)}."
            ),
            "Which signs came into Unicode after the first 65,536 were full?",
            "One survivor has room for two bytes per code point.",
            "A form with four boxes for the year is tested with which year?",
            when=weakness("has no code points above U+FFFF"),
        ),
        Mistake(
            "no-combining-accent",
            " A\tb  aaa\r\n\u00e9 \U0001f642 <end> ",
            lambda text, left: (
                "Your text stays the same where letters and accents are composed. "
                f"{_left(left)}."
            ),
            "In how many ways can é be written in Unicode?",
            "One survivor makes one code point of a letter and its accent. They look "
            "the same on the screen.",
            "“½” and “1/2” mean the same. Whoever compares letters says otherwise.",
            when=weakness("composes accents"),
        ),
        Mistake(
            "no-capital",
            " \tb  aaa\r\ne\u0301 \U0001f642 <end> ",
            lambda text, left: f"Your text has no capital letter. {_left(left)}.",
            "What do “uncased” models throw away?",
            "A survivor changes letters that you have not used.",
            "A typewriter whose shift key is stuck passes every test in small letters.",
            when=weakness("lower-cases"),
        ),
        Mistake(
            "no-tab",
            " A b  aaa\r\ne\u0301 \U0001f642 <end> ",
            lambda text, left: f"Your text has no tab. {_left(left)}.",
            "Which kinds of white space are there?",
            "A survivor thinks that all gaps are alike. To a Makefile they are not.",
            "A forger's ten-dollar note is found out by looking at a ten-dollar note.",
            when=weakness("makes tabs blanks"),
        ),
        Mistake(
            "no-windows-line-end",
            " A\tb  aaa\ne\u0301 \U0001f642 <end> ",
            lambda text, left: f"Your text has no carriage return. {_left(left)}.",
            "How does a line end on Windows, and how on Linux?",
            "A survivor makes all line ends alike. Yours are alike already.",
            "Two kinds of apostrophe, and an editor that knows one: with which would "
            "you test it?",
            when=weakness("makes line ends alike"),
        ),
        Mistake(
            "no-double-blank",
            " A\tb aaa\r\ne\u0301 \U0001f642 <end> ",
            lambda text, left: (
                f"Nowhere in your text do two blanks stand together. {_left(left)}."
            ),
            "What is indentation made of?",
            "A survivor makes one blank of several.",
            "A counter that stops at 1 is right as long as there is at most one.",
            when=weakness("joins blanks"),
        ),
        Mistake(
            "no-blank-at-the-ends",
            "A\tb  aaa\r\ne\u0301 \U0001f642 <end>",
            lambda text, left: (
                f"Your text begins with {text[0]!r} and ends with {text[-1]!r}. "
                f"{_left(left)}."
            ),
            "What do many programs do to a text before they even look at it?",
            "A survivor cuts off what most people do not see, at both ends.",
            "A scanner that crops the margins is tested with a page that has notes "
            "where?",
            when=weakness("strips the ends"),
        ),
        Mistake(
            "no-run",
            " A\tb  aa\r\ne\u0301 \U0001f642 <end> ",
            lambda text, left: f"Your text has no three a's in a row. {_left(left)}.",
            "When can one letter belong to two pairs?",
            "One survivor merges the pair “aa” and counts a letter twice. Which word "
            "would show it?",
            "Three children who all want to be in the one pair: with two there is no "
            "quarrel.",
            when=weakness("merges overlapping a's"),
        ),
        Mistake(
            "no-signal",
            " A\tb  aaa\r\ne\u0301 \U0001f642 ",
            lambda text, left: f"`<end>` does not stand in your text. {_left(left)}.",
            "What happens to text that looks like a signal?",
            "A survivor takes out the mark at the end of a document, `<end>`, and "
            "does not put it back.",
            "A newsreader who never says “stop” aloud is tested with a telegram.",
            when=weakness("drops signals"),
        ),
    ),
)
