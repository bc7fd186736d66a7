"""Asked at the start of chapter 11, on chapters 5, 9 and 10."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c11-who-asks",
        prompt="In cross-attention, where do the queries come from, and where the keys "
        "and values?",
        options=(
            "queries from the encoder, keys and values from the decoder",
            "queries from the decoder, keys and values from the encoder's output",
            "queries and keys from the decoder, values from the encoder",
        ),
        answer=1,
        explanations=(
            "Then the output would have one row for each source word. Which sentence "
            "is "
            "being written?",
            "The decoder asks, at each of its positions, and reads the encoder's "
            "notes: "
            "one row of weights for each target token.",
            "A key says where its value is to be found. Can it come from elsewhere?",
        ),
        chapter=10,
    ),
    Retrieval(
        id="c11-post-norm-warm-up",
        prompt="Chapter 9 trained twelve post-norm layers without warm-up at a high "
        "learning rate. What did they learn?",
        options=(
            "how frequent each character is, and no more",
            "as much as with warm-up, only later",
            "nothing: the loss stayed at ln V",
        ),
        answer=0,
        explanations=(
            "The loss ran along the unigram entropy to the end. With warm-up, or a "
            "lower rate, or pre-norm, it fell below.",
            "Within that training it did not catch up. Where did its loss stay?",
            "It fell below ln V at once. Which simpler knowledge did it stop at?",
        ),
        chapter=9,
    ),
    Retrieval(
        id="c11-too-good",
        prompt="A language model's loss on random tokens is far below ln V. What do "
        "you "
        "conclude?",
        options=(
            "the model is unusually large",
            "it has seen the answer: a mask or a shift is missing",
            "the learning rate is well chosen",
        ),
        answer=1,
        explanations=(
            "Size does not help against chance. Fresh random tokens cannot be "
            "memorised.",
            "Nobody can predict them; whoever does reads them somewhere. A loss that "
            "is "
            "too good is a symptom.",
            "No schedule makes the unpredictable predictable.",
        ),
        chapter=5,
    ),
)
