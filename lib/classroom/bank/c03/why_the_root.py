"""Chapter 3, predict: what happens to the weights if no root is taken out?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="why-the-root",
    chapter=3,
    kind="predict",
    title="No division by the root: what do longer keys do to the weights?",
    question=r"""
Queries and 64 keys are filled with standard normal numbers. The scores are *not*
divided by $\sqrt{d_k}$. For each query we take the softmax and the entropy of its
weights, as a share of the largest possible, $\ln 64$: 1 means all keys weigh the same,
0 means one key has everything. What does the mean do as $d_k$ grows from 4 to 256?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="it falls from about 0.7 to under 0.1",
    mistakes=(
        Mistake(
            id="length-does-not-matter",
            wrong="it stays near 0.9, since the numbers are as large as before",
            symptom="Each number is as large as before, but a score is a sum of "
            "$d_k$ products.",
            question="What is the variance of a sum of 256 independent products, each "
            "of variance 1?",
            pointer="Softmax looks at the differences between scores. How far are two "
            "of them apart for 4 products, and for 256?",
            neighbour="After 4 tosses of a coin you are typically 2 steps from the "
            "start, after 256 typically 16. Which walkers are closer together?",
        ),
        Mistake(
            id="long-vectors-average-out",
            wrong="it rises towards 1, since long vectors average out",
            symptom="An average gets steadier with length; a sum, which a dot product "
            "is, gets wilder.",
            question="Is a dot product divided by the number of its terms?",
            pointer="Sum and mean of n random numbers differ by the factor n. What "
            "does each of them do as n grows?",
            neighbour="The mean of 100 dice is nearly always close to 3.5. Their sum "
            "misses 350 by 17, typically; a single die misses 3.5 by less than 2.",
        ),
        Mistake(
            id="exp-overflows",
            wrong="there is none: at 256 the exponentials overflow to NaN",
            symptom="The scores reach about 50 at $d_k = 256$, and exp(50) is far from "
            "too large for a computer.",
            question="How large are the scores, in units of their standard deviation "
            "of 16?",
            pointer="Overflow is healed by subtracting the largest score, and that "
            "changes no weight. The root changes weights.",
            neighbour="Heights measured from the sea or from the top of the mountain: "
            "all numbers change and no difference does. Measured in feet, the "
            "differences change too.",
        ),
    ),
    proves="A score is a sum of $d_k$ products, so its standard deviation is "
    "$\\sqrt{d_k}$: at 256 the scores lie 16 apart and one key takes nearly all. "
    "Divided by the root, the spread is 1 at every length, and the entropy stays near "
    "0.9.",
)
