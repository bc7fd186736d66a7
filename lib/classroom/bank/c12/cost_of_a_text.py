"""Chapter 12, predict: what twice the text costs, with a cache and without."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="cost-of-a-text",
    chapter=12,
    kind="predict",
    title="Twice as many tokens: how many times as many multiplications?",
    question="""
A small model writes 64 tokens, and then 128, greedily. We count the multiplications of
all steps: once everything so far is computed again for each new token, once keys and
values are kept. Lengths are small against the width of the model, so that most of the
work lies in the linear layers.
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="about 4 times without the cache, about 2 times with it",
    mistakes=(
        Mistake(
            id="cost-linear-both",
            wrong="about 2 times, with the cache and without",
            symptom="Without a cache, step t reads t tokens; all steps together read "
            "1 + 2 + … + n.",
            question="How many tokens go through the layers in step 100 if nothing is "
            "kept?",
            pointer="Add up the lengths of all steps. How does that sum grow with n?",
            neighbour="Whoever starts a book from page one each evening has read how "
            "many pages after n evenings?",
        ),
        Mistake(
            id="cost-quadratic-both",
            wrong="about 4 times, with the cache and without",
            symptom="With the cache one token goes through the linear layers in each "
            "step, whatever has been written.",
            question="Which part of a cached step still grows with the text?",
            pointer="Only scores and averages grow, t of them in step t. At these "
            "lengths they are a small part of the whole.",
            neighbour="An assistant who adds each item to a running total: how much "
            "work is the hundredth?",
        ),
        Mistake(
            id="cost-constant-cache",
            wrong="about 2 times without, and hardly more with the cache",
            symptom="The cache spares repetitions, not the new tokens: each of them "
            "still passes all layers once.",
            question="How many tokens pass through the layers, with the cache, in all?",
            pointer="One token for each step, and there are twice as many steps.",
            neighbour="A bookmark spares you what you have read, and not what you have "
            "not.",
        ),
    ),
    proves="1 + 2 + … + n tokens pass the layers without a cache, n with it.",
)
