"""Chapter 13, predict: what the model must answer for, of 1,000 tokens."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="eighty-ten-ten",
    chapter=13,
    kind="predict",
    title="Of 1,000 tokens of text, how many are asked for …",
    question="""
BERT's masking is run over 1,000 tokens of text, none of them special: 15 % are chosen,
and of these 80 % become `[MASK]`, 10 % a random word, and 10 % stay as they are. In the
text that the model then reads: how many tokens does it have to answer for, and how many
of them can it see to be chosen?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="it answers for about 150, and sees it at 120 of them",
    mistakes=(
        Mistake(
            id="only-masks-are-asked",
            wrong="it answers for about 120, and sees it at all of them",
            symptom="The loss is asked for at all chosen tokens, whatever has become "
            "of them.",
            question="What would the 10 % that stay be good for, if nobody asked about "
            "them?",
            pointer="If only masks were asked for, the vector of a visible word could "
            "be anything. Which of the three fates changes that?",
            neighbour="An inspector who announces each visit, or one who comes "
            "unannounced now and then: which shop is clean every day?",
        ),
        Mistake(
            id="changed-are-asked",
            wrong="it answers for about 135, and sees it at 120 of them",
            symptom="The 15 that stay as they are were chosen too, and are asked for.",
            question="Is “copy what you see” ever the right answer of a token that is "
            "asked for?",
            pointer="Without them, a visible word that is asked for would be wrong "
            "each time. What would a model learn from that?",
            neighbour="A true-or-false test on which no statement is true.",
        ),
        Mistake(
            id="everything-is-asked",
            wrong="it answers for all 1,000, and sees 120 masks among them",
            symptom="Then 865 or so of 1,000 answers would stand in the text, and the "
            "loss would mostly teach to copy.",
            question="Which blanks is the pupil graded on?",
            pointer="Compare with a GPT, which is asked at every position: what has it "
            "not yet read when it answers?",
            neighbour="A gap text that is marked on every word passes whoever reads "
            "aloud.",
        ),
        Mistake(
            id="random-words-show",
            wrong="it answers for about 150, and sees it at 135 of them",
            symptom="A replaced word is a word like any other. Whether it fits has to "
            "be judged from the words around it.",
            question="How does a random word look, in a table of embeddings?",
            pointer="Which ids would tell the model that a token was chosen? Only one "
            "never occurs in running text.",
            neighbour="A forged note in a bundle of good ones: nothing is printed on "
            "it that says so.",
        ),
    ),
    proves="150 are chosen and asked for; the 120 masks show that they are, the 15 "
    "random words and the 15 that stay do not. So every visible word may be in "
    "question, and its vector has to be worth something.",
)
