"""Chapter 3, predict: how far can an output lie from the values?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="convex-combination",
    chapter=3,
    kind="predict",
    title="The largest number among the values is 3. Can an output hold a larger one?",
    question="""
Five keys, five values, no mask. In the first column of the values stand the numbers
−1, 0, 1, 2 and 3. You may choose the query and the keys as you like, as large as you
like. Can the first number of an output of scaled dot-product attention exceed 3?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="no, never: it lies between −1 and 3 whatever the query",
    mistakes=(
        Mistake(
            id="large-scores-large-output",
            wrong="yes: a query that is long enough makes it as large as you like",
            symptom="A long query makes the scores large, but between the scores and "
            "the average stands the softmax.",
            question="A score of 1000 against four scores of 0: what are the five "
            "weights?",
            pointer="Follow the size of the query on its way: into the scores, and "
            "then through the softmax. What is left of it there?",
            neighbour="Five people vote with 1, 1, 1, 1 and 1000 hands. Counted as "
            "shares of all hands, how much has the last one at most?",
        ),
        Mistake(
            id="outputs-add-up",
            wrong="yes, up to 5: the values are added up",
            symptom="They are added up after each was multiplied by its weight, and "
            "the five weights together make 1.",
            question="If all five weights were equal, what would the output be?",
            pointer="A sum and an average differ by what the numbers are multiplied "
            "with first.",
            neighbour="Marks of 1, 2 and 6 with weights of 0.5, 0.25 and 0.25 give "
            "2.5. Can other weights, with sum 1, make it a 7?",
        ),
        Mistake(
            id="always-strictly-inside",
            wrong="no, and it cannot come near 3 either: softmax always mixes",
            symptom="No weight is exactly 0 on paper, but nothing keeps the others "
            "from being tiny.",
            question="How close to 1 can a weight come when its score is far above "
            "the rest?",
            pointer="The weights of the rest shrink exponentially with the gap in "
            "scores. Is there a smallest gap or a largest?",
            neighbour="Ink in water never quite vanishes as you add more water. Yet "
            "is there a shade that you cannot get below?",
        ),
    ),
    proves="The weights are not negative and add up to 1, so each number of the output "
    "is an average and stays between the smallest and the largest of its column. To "
    "get outside, a network needs the matrices around the attention.",
)
