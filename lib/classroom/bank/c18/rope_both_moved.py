"""Chapter 18, predict: what a common shift of all positions does."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="rope-both-moved",
    chapter=18,
    kind="predict",
    title="The same text, at positions 100 to 105 instead of 0 to 5: what changes?",
    question="""
Six queries and six keys are turned by RoPE for the positions 0 to 5. The same six,
not yet turned, are then turned for the positions 100 to 105. What changes?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="the turned vectors do; none of the scores does",
    mistakes=(
        Mistake(
            id="scores-smaller",
            wrong="all scores get smaller, as the positions are far from 0",
            symptom="A turn keeps lengths, at position 100 as at 1. Nothing shrinks "
            "with the position.",
            question="By what angle does a pair of the query end up away from the same "
            "pair of the key?",
            pointer="It is the difference of two angles. What does a common 100 do to "
            "a difference?",
            neighbour="Two hands of a clock, half an hour later: both have moved. Two "
            "photographs of one clock, both turned by a quarter: the angle between "
            "the hands is the same.",
        ),
        Mistake(
            id="nothing-at-all",
            wrong="nothing: neither the turned vectors nor the scores",
            symptom="The vectors do move: a pair that turns by 1 radian a position has "
            "gone round almost 16 times by position 100.",
            question="Is rope(q, 100) the same vector as rope(q, 0)?",
            pointer="What stays is a relation between two vectors. Which one?",
            neighbour="Two dancers turn together: each looks elsewhere now, and they "
            "still face each other.",
        ),
        Mistake(
            id="slow-pairs-change",
            wrong="the scores of the first pairs stay, those of slow pairs change",
            symptom="The slow pairs turn by little, and both vectors by the same "
            "little.",
            question="Is there a pair in which query and key turn by different angles "
            "when both move by 100?",
            pointer="Write the score as a sum over pairs. In each term, which angle "
            "counts?",
            neighbour="Fast and slow clocks alike show the same time apart when both "
            "of two such clocks are started 100 seconds later.",
        ),
    ),
    proves="In each pair the score knows the difference of two angles. A common shift "
    "drops out, so the score depends on the offset alone.",
)
