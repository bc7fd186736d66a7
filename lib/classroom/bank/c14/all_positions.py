"""Chapter 14, predict: what one window of text teaches in one pass."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="all-positions",
    chapter=14,
    kind="predict",
    title="One window of text: how many predictions are trained?",
    question="""
A GPT reads a window of 256 tokens of running text, and the loss is asked for the token
after each of them. How many next-token predictions does this window train, and how many
passes through the stack does that take?
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="256 predictions, in one pass: one at each position",
    mistakes=(
        Mistake(
            id="last-position-only",
            wrong="1 prediction, in one pass: the token after the window",
            symptom="So it is in generation, where only the last row of logits is "
            "read. The output has a row for each position.",
            question="What does row 10 of the logits say, and has it seen token 11?",
            pointer="Write the shape of the logits of one window. Which rows may be "
            "compared with a token that is known and was not read?",
            neighbour="A pupil reads a novel with the next page covered, and guesses "
            "at the end of each page. How many guesses does a book give?",
        ),
        Mistake(
            id="one-pass-for-each-prefix",
            wrong="256 predictions, in 256 passes: each prefix is read by itself",
            symptom="Under the causal mask, row 10 of one pass over everything equals "
            "the last row of a pass over the first 11 tokens.",
            question="What would row 10 do differently if the tokens after it were "
            "not there?",
            pointer="Generation needs one pass after another since the next token is "
            "not known. In training, is it known?",
            neighbour="To mark ten sums of a test, must the pupil sit ten tests, of "
            "one sum, of two sums, and so on?",
        ),
        Mistake(
            id="one-for-each-pair",
            wrong="32,896 predictions, in one pass: one for each pair of a token and "
            "one that it may look at",
            symptom="That is the number of weights in the triangle of one head. A "
            "weight is not asked for anything; a row of logits is.",
            question="How many rows of logits come out, for a window of 256?",
            pointer="Each position mixes many values into one vector, and from that "
            "vector one distribution is made.",
            neighbour="A jury of 12 talks in 66 pairs. How many verdicts does it give?",
        ),
    ),
    proves="Teacher forcing under a causal mask: at every position the model has read "
    "the past only, and the token after it is known. Row t of one pass is what a pass "
    "over the first t + 1 tokens would end with.",
)
