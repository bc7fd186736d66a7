"""Asked at the start of chapter 8, on chapter 7."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c08-embedding-is-a-row",
        prompt="What does an embedding layer do with the id 5?",
        options=(
            "it returns row 5 of a table that is trained like any other weight",
            "it multiplies the number 5 by a trained vector",
            "it returns a one-hot vector with a 1 in place 5",
        ),
        answer=0,
        explanations=(
            "Looking a row up equals multiplying a one-hot vector with the table, and "
            "the gradient reaches the rows that were looked up.",
            "Then the word with id 10 would be twice the word with id 5. Is an id an "
            "amount?",
            "That is one way to say which row is meant. What is the one-hot vector "
            "multiplied with?",
        ),
        chapter=7,
    ),
    Retrieval(
        id="c08-negative-sampling",
        prompt="What does skip-gram with negative sampling learn to tell apart?",
        options=(
            "words that really stood near a word from words drawn at random",
            "words with a positive meaning from words with a negative one",
            "the right next word from all other words of the vocabulary",
        ),
        answer=0,
        explanations=(
            "Each true pair is set against a few drawn ones, with a sigmoid for each; "
            "no sum over the whole vocabulary is needed.",
            "“Negative” means not observed together. Where did the negative examples "
            "come from?",
            "That would be a softmax over the vocabulary. What does negative sampling "
            "spare?",
        ),
        chapter=7,
    ),
    Retrieval(
        id="c08-root-of-d",
        prompt="A table of word vectors is initialised with standard deviation 1/√d. "
        "Why are its rows multiplied by √d before positions are added?",
        options=(
            "so that the words have about the same size as the positions",
            "so that the vectors have length 1",
            "so that the gradient of rare words grows",
        ),
        answer=0,
        explanations=(
            "The numbers become about 1. Otherwise encodings of about 0.7 would drown "
            "words of 1/√d.",
            "Before the factor the length is about 1 already: d numbers of size 1/√d. "
            "What is it afterwards?",
            "The factor is the same for all rows. What is it that the words are added "
            "to?",
        ),
        chapter=7,
    ),
)
