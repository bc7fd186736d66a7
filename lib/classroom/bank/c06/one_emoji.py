"""Chapter 6, predict: how many byte tokens is one emoji?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="one-emoji",
    chapter=6,
    kind="predict",
    title="👩‍🔬 in byte tokens",
    question="""
A byte-level tokenizer, trained on English only, meets the emoji of a woman scientist,
👩‍🔬. It is made of the emoji of a woman (U+1F469), an invisible joiner (U+200D) and the
emoji of a microscope (U+1F52C), written in UTF-8. No merge was learnt on any of their
bytes. How many tokens is this one sign?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference=11,
    mistakes=(
        Mistake(
            id="emoji-is-one-token",
            wrong=1,
            symptom="One sign on the screen, but a tokenizer does not look at the "
            "screen.",
            question="What is the smallest piece of a byte-level tokenizer?",
            pointer="A sign is made of code points, and a code point of bytes. Count "
            "at the bottom.",
            neighbour="One house number on the door, 127, and three screws for each "
            "digit: how many screws does the shop sell you?",
        ),
        Mistake(
            id="emoji-code-points",
            wrong=3,
            symptom="Three is what Python's len says: it counts code points.",
            question="Does a code point above 255 fit into one byte?",
            pointer="Count what each of the three needs in UTF-8. U+1F469 needs more "
            "than U+200D.",
            neighbour="Three words in a telegram that is paid by the letter: what is "
            "the price?",
        ),
        Mistake(
            id="emoji-utf-16",
            wrong=5,
            symptom="Five is what JavaScript counts: units of two bytes.",
            question="In which code is the text stored here, and how large is its "
            "unit?",
            pointer="UTF-16 has units of two bytes, UTF-8 units of one.",
            neighbour="Is a distance of 5 given in miles or in kilometres? The number "
            "alone does not say.",
        ),
        Mistake(
            id="emoji-four-bytes-each",
            wrong=12,
            symptom="Four bytes for each code point would be UTF-32.",
            question="Which of the three code points is below U+10000?",
            pointer="In UTF-8 a code point takes one to four bytes, by its size. The "
            "joiner is smaller than the two emoji.",
            neighbour="Postage by weight: two parcels and a letter do not cost three "
            "parcels.",
        ),
    ),
    proves="4 bytes for the woman, 3 for the joiner, 4 for the microscope. A reader "
    "sees one sign; a model has to read, and to write, as many tokens as in a short "
    "sentence.",
)
