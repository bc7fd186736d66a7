"""Asked at the start of chapter 12, on chapters 5, 10 and 11."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c12-one-query-many-keys",
        prompt="A decoder has read 7 tokens and asks with the newest one alone: T = 1 "
        "query, S = 7 keys. Which row of permissions is right?",
        options=(
            "the newest query may look at all 7 keys",
            "the newest query may look at key 0 alone, as the first row of a triangle",
            "the newest query may look at the 6 keys before it, not at its own",
        ),
        answer=0,
        explanations=(
            "The queries are the last of S positions, so the triangle is aligned at "
            "the bottom right, and its last row forbids nothing.",
            "That is the triangle aligned at the upper left. Is the newest token the "
            "first of the sentence?",
            "A token may always look at itself; in the first step there would be "
            "nothing else.",
        ),
        chapter=5,
    ),
    Retrieval(
        id="c12-who-asks",
        prompt="While the decoder writes, which part of its work on the source stays "
        "the same from step to step?",
        options=(
            "none: each new word changes what the source means",
            "the encoder's output, and the keys and values made of it in each layer",
            "the cross-attention's weights",
        ),
        answer=1,
        explanations=(
            "The encoder reads the source alone; does it ever see the target?",
            "Queries come from the target, keys and values from memory: those need to "
            "be computed once.",
            "Weights depend on the query, and each new word brings a new one.",
        ),
        chapter=10,
    ),
    Retrieval(
        id="c12-whose-words",
        prompt="In training, which words stand before the one that is predicted?",
        options=(
            "those that the model has written so far",
            "those of the true target",
            "none: it sees the source only",
        ),
        answer=1,
        explanations=(
            "That is how it writes, not how it is trained: then the steps would depend "
            "on one another.",
            "Teacher forcing: the target, shifted by one. When the model writes, its "
            "own words stand there, and its own mistakes.",
            "Then it could not know how far it has come. What is the decoder's input?",
        ),
        chapter=11,
    ),
)
