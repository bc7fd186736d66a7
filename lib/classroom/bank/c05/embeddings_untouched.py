"""Chapter 5, predict: what does a mask do to the vector of a hidden word?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="embeddings-untouched",
    chapter=5,
    kind="predict",
    title="Word 4 is hidden from words 0 to 3. What stands in its row of x …",
    question="""
Five words, a causal mask, one attention layer with input `x` (B, 5, d). The mask hides
word 4 from the words 0 to 3. What does the layer find in `x[:, 4]`?
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="the embedding of word 4, as without a mask",
    mistakes=(
        Mistake(
            id="masking-blanks-embeddings",
            wrong="zeros: a masked word's embedding is blanked out",
            symptom="Then word 4 would have nothing to ask with, and it still has its "
            "own query, and reads itself.",
            question="Hidden from whom? Is word 4 hidden from word 4?",
            pointer="One vector cannot be zero for some readers and not for others. "
            "On what does permission depend: on a word, or on a pair?",
            neighbour="A letter marked “not for Anna” is not a blank letter: Ben reads "
            "it. Where is that mark kept, in the letter or in the list of readers?",
        ),
        Mistake(
            id="masking-puts-mask-token",
            wrong="the embedding of a special [MASK] token",
            symptom="That is another idea with a similar name: replacing input "
            "*words*, as a training task. An attention mask puts no word in.",
            question="Does the mask come before the embedding or after the scores?",
            pointer="Look at what a mask is combined with in the code: which shape has "
            "it, (B, T, d) or (T, S)?",
            neighbour="A mask for a costume ball and a mask for spraying paint share a "
            "word. Which one changes the person?",
        ),
        Mistake(
            id="masking-puts-minus-infinity",
            wrong="−∞ in every feature, so that softmax skips it",
            symptom="The −∞ is in the *scores*, at the pairs that are forbidden. In x "
            "it would make word 4's own query, key and value NaN or infinite.",
            question="Which table has a cell for “word 1 looks at word 4”?",
            pointer="Follow −∞ through a linear layer: what is −∞ times a positive "
            "weight plus −∞ times a negative one?",
            neighbour="A forbidden road is marked on the map of roads. Nobody "
            "demolishes the town at its end.",
        ),
    ),
    proves="A mask belongs to pairs (query, key) and acts on their scores. Word 4 "
    "keeps its vector, asks with it, reads itself and all before it, and in a longer "
    "sentence is read by those who come after.",
)
