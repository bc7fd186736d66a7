"""Chapter 5, predict: does a late mask keep the future out?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="late-mask",
    chapter=5,
    kind="predict",
    title="The mask comes after the softmax. Then a future key is changed …",
    question="""
Causal self-attention over 5 words, written with the mask *late*: softmax over all 5
scores first, then the weights above the diagonal are set to 0, and the values are
averaged with what is left. Now the **key** of word 4 is replaced, nothing else. Does
the output at word 0 change?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="yes: every number of it is multiplied by the same factor",
    mistakes=(
        Mistake(
            id="late-mask-zeros-are-enough",
            wrong="no: the weight of word 4 is 0 before and after",
            symptom="The weight of word 4 is 0 indeed, and the output moves all the "
            "same: look at the weight that word 0 keeps for itself.",
            question="By what was that weight divided when the softmax was taken?",
            pointer="A softmax weight has a numerator, which is its own, and a "
            "denominator, which is everybody's.",
            neighbour="Your share of a bill for five is less when the fifth guest "
            "orders more, even if he is asked to leave before the meal.",
        ),
        Mistake(
            id="late-mask-leaks-the-value",
            wrong="yes: a part of the value of word 4 is mixed into it",
            symptom="It changes, but the value of word 4 is multiplied by 0. What "
            "comes through is another thing.",
            question="If only the *value* of word 4 were replaced, would anything "
            "move?",
            pointer="Keys take part in the shares, values in the average. Follow the "
            "one that was replaced.",
            neighbour="Through a closed door you may not see who is in the next room, "
            "and still hear how many they are.",
        ),
        Mistake(
            id="late-mask-shares-add-up",
            wrong="no: what is left of the weights still adds up to 1",
            symptom="What is left adds up to less than 1: nobody hands the removed "
            "shares back.",
            question="Five shares add up to 1, four are thrown away: what is the sum?",
            pointer="Add the row of word 0 up before and after the zeros. Who moves "
            "when the removed shares become larger?",
            neighbour="Of a cake cut in five for five guests, four pieces go into the "
            "bin. The guest who is left has a fifth of a cake, not a cake.",
        ),
    ),
    proves="The removed shares have already been counted in the denominator: word 0 "
    "keeps exp(own score) / (sum over all five), so the future sets the length of its "
    "output. Dividing by what is left cancels that, and equals masking first.",
)
