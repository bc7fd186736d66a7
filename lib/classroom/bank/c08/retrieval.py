"""Asked at the start of chapter 8, on chapters 5 and 7."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c08-embedding-is-a-row",
        prompt="What does an embedding layer do with the id 5?",
        options=(
            "it multiplies the number 5 by a trained vector",
            "it returns row 5 of a table that is trained like any other weight",
            "it returns a one-hot vector with a 1 in place 5",
        ),
        answer=1,
        explanations=(
            "Then the word with id 10 would be twice the word with id 5. Is an id an "
            "amount?",
            "Looking a row up equals multiplying a one-hot vector with the table, and "
            "the gradient reaches the rows that were looked up.",
            "That is one way to say which row is meant. What is the one-hot vector "
            "multiplied with?",
        ),
        chapter=7,
    ),
    Retrieval(
        id="c08-root-of-d",
        prompt="A table of word vectors is initialised with standard deviation 1/√d. "
        "Why are its rows multiplied by √d before positions are added?",
        options=(
            "so that the vectors have length 1",
            "so that the gradient of rare words grows",
            "so that the words have about the same size as the positions",
        ),
        answer=2,
        explanations=(
            "Before the factor the length is about 1 already: d numbers of size 1/√d. "
            "What is it afterwards?",
            "The factor is the same for all rows. What is it that the words are added "
            "to?",
            "The numbers become about 1. Otherwise encodings of about 0.7 would drown "
            "words of 1/√d.",
        ),
        chapter=7,
    ),
    Retrieval(
        id="c08-keys-of-the-third",
        prompt="Six words are read under a causal mask. Whose keys may the third word "
        "look at?",
        options=(
            "those of words 1 to 3",
            "those of words 3 to 6",
            "those of words 1 and 2",
        ),
        answer=0,
        explanations=(
            "Itself and all before it. The table of permissions is a lower triangle "
            "with its diagonal.",
            "These are the upper triangle: what comes after. Who knows the future, "
            "when words are written one by one?",
            "Then the first word may look at nothing, and its softmax is 0/0. Which "
            "entry of the triangle is missing?",
        ),
        chapter=5,
    ),
)
