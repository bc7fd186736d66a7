"""Chapter 4, predict: what does the number of heads do to the number of parameters?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="more-heads-more-parameters",
    chapter=4,
    kind="predict",
    title="One head or eight: how many parameters?",
    question=r"""
Multi-head attention of width $d_{\text{model}} = 64$, with $d_k = d_v = 64/h$ and
biases on all four projections. How many parameters has it with 1, 2, 4 and 8 heads?
""",
    difficulty=1,
    minutes=2,
    name="answer",
    stub="",
    reference="16,640 each time",
    mistakes=(
        Mistake(
            id="parameters-times-heads",
            wrong="with 8 heads about 8 times as many as with 1",
            symptom="That is the count if every head were as wide as the model. With 8 "
            "heads each of them is 8 numbers wide.",
            question="What is the shape of the matrix that makes all heads' queries at "
            "once?",
            pointer="Count the columns: h heads, each of width 64/h. What happens to "
            "the product when h grows?",
            neighbour="A cake of 64 slices for 2 tables, or for 8: each table gets "
            "fewer. How many slices were baked?",
        ),
        Mistake(
            id="parameters-over-heads",
            wrong="with 8 heads about an eighth of those with 1",
            symptom="That is what *one* of the eight heads has for itself; there are "
            "eight of them.",
            question="If each head has its own queries, how many sets of queries are "
            "there?",
            pointer="Width per head and number of heads change at the same time. "
            "Multiply the two.",
            neighbour="Eight choirs with 8 singers each, or one choir with 64: how "
            "many singers does the hall hold?",
        ),
        Mistake(
            id="only-the-output-grows",
            wrong="a little more with each head: W^O must mix more heads",
            symptom="W^O reads the heads side by side: 64 numbers, in however many "
            "pieces.",
            question="How many numbers per token arrive at W^O with 2 heads, and with "
            "8?",
            pointer="The pieces are laid end to end before W^O sees them. Does it know "
            "where the cuts were?",
            neighbour="A sentence of 64 letters is read aloud. Does the reader need "
            "more breath if it is printed in eight lines?",
        ),
    ),
    proves="Three matrices of 64 × 64 make the queries, keys and values of all heads, "
    "a fourth mixes them, and each has 64 biases: 4 · (64² + 64). The number of heads "
    "says how the 64 columns are grouped, and nothing else.",
)
