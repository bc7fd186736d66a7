"""Chapter 8, predict: what does attention without positions do to shuffled words?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="order-blind",
    chapter=8,
    kind="predict",
    title="No positions, no mask. The words are shuffled: what comes out?",
    question="""
An encoder of self-attention and feed-forward layers, without positions and without a
mask, reads the vectors of five words. Then it reads the same five in another order.
Compare the two outputs.
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="the same five rows, shuffled like the words",
    mistakes=(
        Mistake(
            id="order-through-queries-and-keys",
            wrong="five other rows: queries and keys notice the new order",
            symptom="Each score is made of one query and one key, and where they stand "
            "enters neither of them.",
            question="Which number in q · k changes when a third word moves?",
            pointer="Write the sum for one word. In which order are the other words "
            "added up, and does it matter?",
            neighbour="The total of a shopping list, read from the bottom: which item "
            "has another price?",
        ),
        Mistake(
            id="order-makes-no-difference-by-row",
            wrong="exactly the same: row 0 is the same vector as before",
            symptom="Row 0 belongs to another word now. That word's output is the same "
            "as before; it stood elsewhere then.",
            question="Whose query makes row 0, before and after?",
            pointer="The set of rows stays. Follow one word from its old row to its "
            "new one.",
            neighbour="Pupils change seats and keep their marks. What does the list by "
            "seats show?",
        ),
        Mistake(
            id="order-blind-means-rows-alike",
            wrong="five equal rows: without positions all words look alike",
            symptom="Without positions two *equal* words look alike. Different words "
            "have different vectors, hence queries of their own.",
            question="Does “dog” become “man” when nobody knows who stood first?",
            pointer="What is lost is the place of a word, not the word.",
            neighbour="A bag of letters: no order, and still an A is no B.",
        ),
    ),
    proves="Attention treats its keys as a set: a permutation of the words permutes "
    "the rows of the output and does nothing else. “Dog bites man” and “man bites dog” "
    "give each word the same vector. Whatever is to know the order must be told.",
)
