"""Chapter 1, predict: how does recall end as the lag grows?"""

from classroom.exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="recall-lag",
    chapter=1,
    kind="predict",
    title="With 16 letters in between, the LSTM names the first one …",
    question="""
An LSTM with 64 units learns this task in 300 steps. With 8 letters in between, it is
right every time. How often is it right if it is trained afresh with 16 in between?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="about once in 16: no better than guessing",
    mistakes=(
        Mistake(
            id="lstm-remembers-anything",
            wrong="every time: that is what an LSTM is for",
            symptom="An LSTM is able to: we write its weights down below. Training "
            "does not find them here.",
            question="Which signal would tell it to keep its gates open?",
            pointer="Ask what training must find before any letter is kept.",
            neighbour="A lock has a combination that opens it. That does not mean that "
            "turning the wheel at random finds it.",
        ),
        Mistake(
            id="memory-fades-evenly",
            wrong="about half the time: memory fades evenly",
            symptom="The drop is sudden: between 8 and 16 it falls from always to "
            "guessing.",
            question="Can a network that gets no usable gradient be half right?",
            pointer="Think of learning, which starts or does not, not of forgetting.",
            neighbour="A radio does not get half of a sentence at twice the distance: "
            "below some strength it gets noise.",
        ),
        Mistake(
            id="state-is-too-small",
            wrong="never: 64 units cannot hold so many letters",
            symptom="It need hold one letter of 16, which is 4 bits, whatever the "
            "number in between; and guessing alone is right once in 16.",
            question="How many of the letters does the answer depend on?",
            pointer="Separate what must be kept from what is merely read.",
            neighbour="Remembering who came in first does not get harder to write down "
            "as more people come in.",
        ),
    ),
    proves="From 8 to 16 it falls from always to guessing. In 300 steps the learning "
    "either begins or does not.",
)
