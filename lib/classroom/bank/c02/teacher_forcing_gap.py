"""Chapter 2, predict: from token accuracy to exact match."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="teacher-forcing-gap",
    chapter=2,
    kind="predict",
    title="Running freely, it writes all 20 tokens right in …",
    question="""
Given the true previous tokens, a decoder picks the right next one 95 % of the time, and
its mistakes do not depend on each other. Now it runs freely: it reads what it has
written itself, always its best guess. In how many cases are all 20 tokens of a target
right?
""",
    difficulty=3,
    minutes=2,
    name="answer",
    stub="",
    reference="about 36 % of cases",
    mistakes=(
        Mistake(
            id="token-accuracy-is-exact-match",
            wrong="about 95 % of cases",
            symptom="95 % is the share of right *tokens*. A target of 20 is wrong as "
            "soon as one of them is.",
            question="Of two tokens, how often are both right?",
            pointer="One token 0.95, two tokens 0.95 × 0.95, three …",
            neighbour="A die shows less than a six in 83 % of throws, and in ten "
            "throws never a six in 16 % of cases.",
        ),
        Mistake(
            id="exposure-counts-twice",
            wrong="far fewer than 36 % of cases: free running adds mistakes of its own",
            symptom="Free running adds mistakes only *after* the first one, and a "
            "target with a first mistake is lost already.",
            question="As long as every token so far is right, what does the decoder "
            "read?",
            pointer="Compare the inputs of both ways of running until the first "
            "mistake.",
            neighbour="Whoever loses the way after the first wrong turn had taken a "
            "wrong turn: the number of walks without one is the same.",
        ),
        Mistake(
            id="errors-add-up",
            wrong="hardly ever: 20 times 5 % makes 100 % mistakes",
            symptom="20 × 5 % = 1 is the *mean number* of mistakes per target. Some "
            "targets have two or three, so others have none.",
            question="If 100 mistakes fall on 100 targets by chance, does each get "
            "one?",
            pointer="The chance of no mistake is a product of 20 factors.",
            neighbour="As many raindrops as tiles fall on a roof; more than a third of "
            "the tiles stay dry.",
        ),
    ),
    proves="0.95²⁰ ≈ 0.36. Until the first mistake both ways of running read the same "
    "tokens, so exact match is the same in both; what free running makes worse is all "
    "that follows the first mistake.",
)
