"""Chapter 17, predict: what a step of training spends its time on."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="where-time-goes",
    chapter=17,
    kind="predict",
    title="What takes most of the time of a training step?",
    question="""
Chapter 14's model (5 layers, width 288, 256 tokens, a vocabulary of 2,048) takes a step
of training on one CPU core, with fused attention and AdamW. What takes **most** of the
time?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="the products with weight matrices",
    mistakes=(
        Mistake(
            id="attention-is-quadratic",
            wrong="attention, since every token looks at every other",
            symptom="Quadratic it is, in the length. Compare 256 · 288 with the "
            "12 · 288² of a block's weights.",
            question="How many products does a token take part in within attention, "
            "and "
            "how many with weights?",
            pointer="Per token and layer, attention's two products are about the "
            "length "
            "times the width, and the weights twelve times the width squared.",
            neighbour="A curve that grows with the square may still lie below a "
            "straight "
            "line, for a long while.",
        ),
        Mistake(
            id="the-optimiser",
            wrong="the optimiser, which touches every weight",
            symptom="It touches each weight once a step, and the products touch it for "
            "every token.",
            question="How often is a weight used in a step with 1,024 tokens?",
            pointer="A few operations for each weight and step, against six for each "
            "weight and token.",
            neighbour="The book-keeping of a factory, and its thousand pieces a day.",
        ),
        Mistake(
            id="python",
            wrong="Python, between the operations",
            symptom="A call costs some microseconds, and a product of these sizes "
            "milliseconds.",
            question="How many calls has a step, and how long does one of its products "
            "take?",
            pointer="With matrices of 16 × 16 that would be the answer. And of "
            "1,024 × 288 with 288 × 1,152?",
            neighbour="The foreman's shouts take time too: much at a nail, little at a "
            "bridge.",
        ),
    ),
    proves="A token meets every weight in six operations; all else is small beside "
    "that, "
    "as long as the matrices are large and the text is not very long.",
)
