"""Chapter 6, predict: what eight times the vocabulary buys."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="compression",
    chapter=6,
    kind="predict",
    title="A vocabulary eight times as large: how long are its tokens?",
    question="""
A byte-level tokenizer with 1,024 tokens, trained on documentation, makes tokens of 2.4
bytes on average on documentation that it has not seen. Training goes on to 8,192
tokens. How many bytes has a token then?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="about 3.7: half as much again",
    mistakes=(
        Mistake(
            id="compression-in-proportion",
            wrong="about 19: eight times as much",
            symptom="19 bytes would be three words of English in each token.",
            question="How often does the 8,000th merge occur, beside the first?",
            pointer="Merges are made in the order of their use: frequent pairs first. "
            "What is left for the later ones?",
            neighbour="A book of 100 phrases gets a traveller through half a day. Do "
            "800 get him through four days?",
        ),
        Mistake(
            id="compression-three-doublings",
            wrong="about 7: twice as much with every second doubling",
            symptom="7 bytes would be a whole word and its blank, on average.",
            question="Can tokens grow beyond words, where nothing is merged across "
            "their borders?",
            pointer="A merge stays within a word, and most words of a text are short "
            "and frequent. How long is such a token at most?",
            neighbour="Elastic bands of different strength, all tied to the same post: "
            "none gets past the length of its own string.",
        ),
        Mistake(
            id="compression-saturated",
            wrong="still about 2.4: all that is frequent has been merged",
            symptom="At 1,024 tokens, only 768 merges have been made. Not every "
            "frequent word has been reached.",
            question="How many merges does a word of eight letters need, and for how "
            "many words do 768 merges suffice?",
            pointer="Later merges are rarer, and still each one shortens the text. "
            "Does the curve end, or flatten?",
            neighbour="The second shelf of a library is asked for less than the first. "
            "Is it never asked for?",
        ),
    ),
    proves="Frequent pairs come first, so each doubling of the vocabulary buys less "
    "than the one before, and no token can outgrow its word. The table of embeddings, "
    "on the other hand, is eight times as large.",
)
