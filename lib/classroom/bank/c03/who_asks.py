"""Chapter 3, predict: the shapes of cross-attention."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="who-asks",
    chapter=3,
    kind="predict",
    title="3 target words look at 5 source words. Which shapes come out?",
    question="""
A decoder has written 3 words and looks back at a source of 5 words. Its states give the
queries, the encoder's annotations give keys and values; $d_k = 4$, $d_v = 6$. Which
shapes do the weights and the output have?
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="weights (3, 5), output (3, 6)",
    mistakes=(
        Mistake(
            id="the-encoder-asks",
            wrong="weights (5, 3), output (5, 6)",
            symptom="That would be five questions, asked by the source words of the "
            "target words.",
            question="Whose next word is being looked for, and who therefore asks?",
            pointer="One row of weights belongs to one who asks. Count those.",
            neighbour="3 readers in a library of 5 books: a list with one row per "
            "reader has 3 rows, however many books there are.",
        ),
        Mistake(
            id="output-follows-the-values",
            wrong="weights (3, 5), output (5, 6)",
            symptom="The weights are right; with them each query *averages* the five "
            "values, and an average of five is one.",
            question="How many averages does each query take?",
            pointer="In a product of matrices, the axis that both share disappears. "
            "Which axis do weights and values share?",
            neighbour="3 shopping lists over 5 goods, times a table of 5 goods with 6 "
            "nutrients: how many rows has the result?",
        ),
        Mistake(
            id="output-as-wide-as-the-keys",
            wrong="weights (3, 5), output (3, 4)",
            symptom="The weights are right, and so is the number of rows. But 4 is the "
            "width of what is compared.",
            question="Of the keys and the values, which end up in the output?",
            pointer="The keys have done their work once there are weights. Look at "
            "what is multiplied after that.",
            neighbour="Found by a call number of 4 signs, a book has 6 chapters. How "
            "many chapters do you take home?",
        ),
    ),
    proves="One row per query, one column per key; each query gets one average, as "
    "wide as a value. The output is as long as the side that asks.",
)
