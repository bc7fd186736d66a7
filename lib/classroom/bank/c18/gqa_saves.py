"""Chapter 18, predict: what shrinks when query heads share keys and values."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="gqa-saves",
    chapter=18,
    kind="predict",
    title="6 query heads, and 2 instead of 6 heads of keys: what is a third?",
    question="""
An attention layer has six heads. We let each three of them share one head of keys and
of values: two instead of six. What is a third of what it was?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="the cache, and nothing else of these",
    mistakes=(
        Mistake(
            id="all-parameters",
            wrong="the cache and the layer's parameters",
            symptom="The layer has four projections. Those of the keys and of the "
            "values shrink to a third; the queries' and the output's do not.",
            question="How many of the four matrices know how many heads of keys there "
            "are?",
            pointer="Add up the four matrices before and after.",
            neighbour="Two of four tyres cost a third now. Is the bill a third?",
        ),
        Mistake(
            id="the-scores",
            wrong="the cache and the number of scores",
            symptom="Each of the six query heads still has its own row of weights over "
            "the keys: six maps, as before.",
            question="Do two queries that share their keys have the same scores?",
            pointer="Shape of the scores: (B, heads of what, T, S)?",
            neighbour="Three students share one textbook. Each still reads it with "
            "questions of his own.",
        ),
        Mistake(
            id="output-width",
            wrong="the width of the layer's output",
            symptom="Six heads still hand over six pieces of width d_k, side by side.",
            question="How many heads have an output: those that ask, or those that are "
            "asked?",
            pointer="Each query head averages values by its own weights.",
            neighbour="Six guests eat from two pots. How many plates are there?",
        ),
    ),
    proves="The cache holds keys and values, so it shrinks with their heads. Scores "
    "belong to query heads, and two of the four projections are untouched.",
)
