"""Chapter 2, predict: how does the fixed vector do at the longest trained length?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="one-vector",
    chapter=2,
    kind="predict",
    title="Strings of 12 letters come out without a mistake …",
    question="""
The model with a fixed state of 64 units is trained for 700 steps on strings of 1 to
12 letters. Afterwards it reverses new strings of 4 letters almost without fail. And new
strings of 12?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="nearly never, although it has practised that length",
    mistakes=(
        Mistake(
            id="trained-length-is-learned-length",
            wrong="nearly always: 12 is a length it was trained on",
            symptom="It has seen many strings of 12 and still gets nearly all wrong: "
            "to see a length in training is not to have learned it.",
            question="How many letters must survive in one state, and for how many "
            "steps?",
            pointer="Follow the first letter of the source: how far is it from where "
            "it was read to where it is written?",
            neighbour="Somebody who hears ten-digit numbers every day can still not "
            "repeat one backwards.",
        ),
        Mistake(
            id="errors-in-proportion",
            wrong="about one in three: three times as long, a third as good",
            symptom="Every letter must be right, and each further letter multiplies "
            "the chance by another factor below 1, so the fall is much steeper.",
            question="With nine of ten letters right, how many strings of 12 are "
            "right?",
            pointer="Do the chances of the letters add up or multiply?",
            neighbour="A chain of three links with 90 % each holds in 73 % of cases; "
            "twelve links hold in 28 %.",
        ),
        Mistake(
            id="room-is-enough",
            wrong="nearly always: a state of 64 units has room for far more than 12 "
            "letters",
            symptom="There is room, and yet it fails: that something fits does not say "
            "that gradient descent finds out how to put it there.",
            question="Where did chapter 1 meet a network that could, and did not learn "
            "to?",
            pointer="Tell apart what weights can express and what 700 steps find.",
            neighbour="A suitcase may be large enough for everything; packing it in "
            "five minutes is another question.",
        ),
    ),
    proves="There is room in it for twelve letters, and the length was "
    "practised; but 700 steps of training do not find how to keep so many.",
)
