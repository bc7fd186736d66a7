"""Chapter 7, faded: b − a + c, and the nearest word that was not asked about."""

import numpy as np

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Analogies: *a is to b as c is to …?* The answer is the word whose vector has the largest
cosine with $v_b - v_a + v_c$. The three words themselves do not count.

- `vectors` (V, d), none of them zero and of any length, V ≥ 4; `a`, `b`, `c`, three
  different rows; the difference is taken of the vectors as they are
- returns the answer's row number in `vectors`, an integer

Example: with vectors (1, 0), (1, 2), (3, 0), (3, 2), (−1, −1), `analogy(vectors, 0, 1,
2)` is 3.
"""

STUB = """
def analogy(vectors, a, b, c):
    target = vectors[b] - vectors[a] + vectors[c]
    raise NotImplementedError
    return int(cosines.argmax())
"""


def analogy(vectors, a, b, c):
    target = vectors[b] - vectors[a] + vectors[c]
    lengths = np.linalg.norm(vectors, axis=1)  # the target's own changes no order
    cosines = vectors @ target / lengths
    cosines[[a, b, c]] = -np.inf
    return int(cosines.argmax())


def by_sorting(vectors, a, b, c):
    target = vectors[b] - vectors[a] + vectors[c]
    unit = vectors / (vectors**2).sum(1, keepdims=True) ** 0.5
    best = np.argsort(-(unit @ target), kind="stable")
    return next(int(i) for i in best if i not in (a, b, c))


def unit_vectors_first(vectors, a, b, c):
    """The usual variant; the probes have one answer to both."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ (unit[b] - unit[a] + unit[c])
    cosines[[a, b, c]] = -np.inf
    return int(cosines.argmax())


def look(
    target=lambda v, a, b, c: v[b] - v[a] + v[c],
    compare=lambda v, t: v @ t / np.linalg.norm(v, axis=1),
    out=lambda a, b, c: [a, b, c],
    pick=np.argmax,
    fill=-np.inf,
):
    """The right answer, with one part exchanged."""

    def wrong(vectors, a, b, c):
        values = compare(vectors, target(vectors, a, b, c))
        values[out(a, b, c)] = fill
        return int(pick(values))

    return wrong


def deleted(vectors, a, b, c):
    left = np.delete(vectors, [a, b, c], axis=0)
    target = vectors[b] - vectors[a] + vectors[c]
    return int((left @ target / np.linalg.norm(left, axis=1)).argmax())


def distance(v, t):
    return -np.linalg.norm(v - t, axis=1)


def words():
    """Nine vectors, of lengths between 0.3 and 3 times the ordinary."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(9, 6)) * rng.uniform(0.3, 3.0, size=(9, 1)), 0, 2, 7


def all_away():
    """Every other word points away from b − a + c."""
    vectors, *_ = words()
    a, b, c = 0, 2, 7
    away = vectors @ (vectors[b] - vectors[a] + vectors[c]) > 0
    away[[a, b, c]] = False
    # 50 times as long: products with the target are far below −1
    return 50 * np.where(away[:, None], -vectors, vectors), a, b, c


def near_a():
    """a and c point almost the same way, and so does b − a + c."""
    return np.array([[1, 0.1], [0.1, 0.2], [3, 0.1], [1, 1], [0, 1]]), 0, 1, 2


def example():
    return np.array([[1.0, 0], [1, 2], [3, 0], [3, 2], [-1, -1]]), 0, 1, 2


# on all of these, unit vectors first or last makes no difference
QUERIES = (
    (7, 5, 1),
    (3, 4, 5),
    (5, 0, 6),
    (7, 3, 4),
    (6, 7, 1),
    (0, 2, 4),
    (2, 1, 6),
    (3, 8, 4),
)


def asking(a, b, c):
    return lambda: (words()[0], a, b, c)


def answer(analogy, vectors, a, b, c):
    return {f"{a} is to {b} as {c}": analogy(vectors, a, b, c)}


def wrong_one(got, want):
    ((asked, mine),), ((_, right),) = got.items(), want.items()
    return f"Among nine words, {asked} is to {mine}, you say, and {right} is right."


EXERCISE = Exercise(
    id="analogy",
    chapter=7,
    kind="faded",
    title="a is to b as c is to …",
    question=QUESTION,
    difficulty=3,
    minutes=8,
    name="analogy",
    stub=STUB,
    reference=analogy,
    accepts=(by_sorting, unit_vectors_first),
    proves="Directions are compared, not lengths, and the words of the question do not "
    "answer it. (With unit vectors from the start, as is usual, the answers may differ "
    "now and then; here they do not.)",
    probes=(
        *(
            Probe(
                f"{a} : {b} = {c} : ?",
                asking(a, b, c),
                answer,
                "The answer is the word with the largest cosine that was not asked "
                "about",
            )
            for a, b, c in QUERIES
        ),
        Probe("example", example, says="In the example, the answer is row 3"),
        Probe(
            "near a",
            near_a,
            says="The first word of the question is no answer either",
        ),
        Probe(
            "all away",
            all_away,
            says="Where all other cosines are negative, the largest of them wins",
        ),
    ),
    mistakes=(
        Mistake(
            "analogy-inputs-not-excluded",
            look(out=lambda a, b, c: []),
            wrong_one,
            "Is your answer one of the words of the question?",
            "b − a is often short beside c. What is nearest to c and a small step?",
            "“Which town is nearest to Rome?” Rome, says the map.",
        ),
        Mistake(
            "analogy-only-c-excluded",
            look(out=lambda a, b, c: [c]),
            wrong_one,
            "How many words stand in the question?",
            "One is kept out. In yours, who else of the three is near the target?",
            "“A colour other than red and blue” is asked for; “other than red” leaves "
            "blue.",
        ),
        Mistake(
            "analogy-a-not-excluded",
            look(out=lambda a, b, c: [b, c]),
            lambda got, want: (
                f"Where a and c point almost the same way, you answer {got}, which is "
                f"a itself; {want} is right."
            ),
            "How many words stand in the question?",
            "Two are kept out. The third is taken away from the target, and may be "
            "near it all the same.",
            "North-east minus a little east is still more east than south is.",
            probe="near a",
        ),
        Mistake(
            "analogy-dot-product",
            look(compare=lambda v, t: v @ t),
            wrong_one,
            "Whom does a dot product favour, beside those who point the right way?",
            "These vectors have very different lengths. A long one wins against a "
            "better direction.",
            "The loudest voice is not the one that agrees most.",
        ),
        Mistake(
            "analogy-euclidean",
            look(compare=distance),
            wrong_one,
            "Is a word twice as long in the same direction near or far?",
            "You measure how far apart the ends are. The cosine does not look at "
            "lengths.",
            "Two signposts at one crossing point the same way, one to a town 5 km, "
            "the other to one 500 km away.",
        ),
        Mistake(
            "analogy-sign",
            look(target=lambda v, a, b, c: v[a] - v[b] + v[c]),
            wrong_one,
            "From what to what does the step go that you take at c?",
            "a is to b: the step that leads from a to b. Yours leads back.",
            "From Monday to Tuesday it is +1. Who answers “Thursday is to Wednesday” "
            "took −1.",
        ),
        Mistake(
            "analogy-sum",
            look(target=lambda v, a, b, c: v[a] + v[b] + v[c]),
            wrong_one,
            "What does a give, and what does it take away?",
            "Three vectors added up are their common theme. An analogy is a step.",
            "The middle of three towns is not where the road from the first to the "
            "second would lead from the third.",
        ),
        Mistake(
            "analogy-step-alone",
            look(target=lambda v, a, b, c: v[b] - v[a]),
            wrong_one,
            "Where does the step begin?",
            "c is never read: your answer is the same for every c.",
            "“Two streets north”, says the stranger. Of what?",
        ),
        Mistake(
            "analogy-a-not-taken-off",
            look(target=lambda v, a, b, c: v[b] + v[c]),
            wrong_one,
            "What do a and b have in common, and is it wanted?",
            "Without a, all of b is added, and not what b has and a has not.",
            "“King” and “woman” mixed is not yet “queen”: the man is still in it.",
        ),
        Mistake(
            "analogy-roles-exchanged",
            look(target=lambda v, a, b, c: v[a] - v[c] + v[b]),
            wrong_one,
            "Which of the three has the minus?",
            "You take c away and add a. Say the sentence aloud and point.",
            "Old price plus rise is the new price. Which of the three is asked for?",
        ),
        Mistake(
            "analogy-nearest-to-c",
            look(target=lambda v, a, b, c: v[c]),
            wrong_one,
            "Would your answer change if a and b were others?",
            "You find c's nearest neighbour. It often happens to be right in famous "
            "examples.",
            "Who always answers “the next village” is right where villages are far "
            "apart.",
        ),
        Mistake(
            "analogy-smallest",
            look(pick=np.argmin, fill=np.inf),
            wrong_one,
            "Which cosine has a vector that points the same way, and which one that "
            "points away?",
            "A distance is small for what is near. A cosine?",
            "In golf the lowest number wins. At which game are you?",
        ),
        Mistake(
            "analogy-rows-shifted",
            deleted,
            wrong_one,
            "Row 3 of what: of all vectors, or of those that you left?",
            "When rows are taken out, those behind them move up and get other numbers.",
            "After the third chapter is torn out, “chapter 5” in the index is the one "
            "that is now the fourth.",
        ),
        Mistake(
            "analogy-excluded-by-zero",
            look(fill=0.0),
            lambda got, want: (
                "All other words point away from the target, and you answer "
                f"{got}, one of the question's own; {want} is right."
            ),
            "Which number is below everything that you compare?",
            "The three are barred with a number, and here all others are below it. A "
            "cosine may be negative, and products reach much further.",
            "Who is barred from a quiz and gets 0 points still wins where all others "
            "have minus points.",
            probe="all away",
        ),
    ),
)
