"""Chapter 7, predict: the first loss of a tied head with entries of size 1."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="tied-first-loss",
    chapter=7,
    kind="predict",
    title="A tied table with entries of standard deviation 1: the first loss is …",
    question="""
A table of V = 2,000 tokens and width d = 512 is drawn with standard deviation 1, as
`nn.Embedding` does. It serves as output layer too: a vector of unit variance is
multiplied with every row. Nothing has been trained. How large is the cross-entropy?
(ln V is 7.6.)
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="about ten times ln V",
    mistakes=(
        Mistake(
            id="first-loss-is-always-ln-v",
            wrong="about ln V: nothing is known yet",
            symptom="Knowing nothing costs ln V only if the model *admits* it, with "
            "equal probabilities. These are far from equal.",
            question="How large are dot products of 512 terms of size 1?",
            pointer="Chapter 3 divided by the root of the number of terms. Who divides "
            "here?",
            neighbour="Two pupils know nothing. One shrugs, one bets the house on "
            "a guess. Who loses more?",
        ),
        Mistake(
            id="first-loss-near-zero",
            wrong="near 0: each token's row fits itself best",
            symptom="The vector that comes out at the top is not the row of the token "
            "that comes next.",
            question="Before training, what do the last vector and the target's row "
            "have in common?",
            pointer="Both were drawn at random and apart from each other.",
            neighbour="A key fits its own lock best. You hold another house's key.",
        ),
        Mistake(
            id="first-loss-infinite",
            wrong="infinite, since the softmax overflows",
            symptom="The loss is computed from the logits' differences, and those are "
            "some tens.",
            question="What does the log-softmax subtract before it takes an "
            "exponential?",
            pointer="Estimate the standard deviation of a logit: √512 is about 23. "
            "What is the largest of 2,000 of them?",
            neighbour="A tower of 80 m is tall; it is not without end.",
        ),
    ),
    proves="A dot product of d terms of size 1 has standard deviation √d, here 23. The "
    "softmax bets everything on one token, and it is the wrong one. A first loss far "
    "above ln V is the sign; look at the initialisation.",
)
