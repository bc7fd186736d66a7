"""Asked at the start of chapter 16, on chapters 6, 9 and 14."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c16-where-is-the-norm",
        prompt="In GPT-1's block the layer norm stands after the addition, in GPT-2's "
        "before each sub-layer. What does GPT-2 need that GPT-1 does not?",
        options=(
            "one more norm after the last block",
            "two more norms in each block",
            "a warm-up of the learning rate",
        ),
        answer=0,
        explanations=(
            "In pre-norm nothing normalises what the last block adds to the stream; "
            "one norm after the stack does.",
            "Each block has two norms in both; they stand elsewhere. What normalises "
            "the stream after the last addition?",
            "Both can be trained with one, and post-norm needs it more. Which "
            "*weights* does GPT-2 have besides?",
        ),
        chapter=9,
    ),
    Retrieval(
        id="c16-output-layer",
        prompt="A GPT with V = 2,048 and d = 288 ties its embeddings. How many "
        "parameters does its output layer add?",
        options=(
            "2,048 · 288, a matrix from vectors to logits",
            "2,048 · 288 + 2,048, with a bias for each token",
            "none: the table of tokens is used a second time",
        ),
        answer=2,
        explanations=(
            "That is the size of the table which the model has already. Which matrix "
            "makes the logits in GPT-1's Eq. 2?",
            "GPT's output layer has no bias. And whose matrix is it?",
            "Logits are dot products with the rows of the table that reads the tokens: "
            "one tensor, in two places.",
        ),
        chapter=14,
    ),
    Retrieval(
        id="c16-merges-give-ids",
        prompt="Two byte-level BPE tokenizers have the same tokens, and learnt their "
        "merges in another order. Which of these may differ?",
        options=(
            "only the ids: the pieces of every word are the same",
            "the ids, and also how a word is cut",
            "nothing: a tokenizer is the set of its tokens",
        ),
        answer=1,
        explanations=(
            "Merges are applied in the order in which they were learnt. Could another "
            "order join other neighbours first?",
            "The order gives each token its number, and decides which pair of a word "
            "is joined first. A model needs *its* tokenizer.",
            "What does encoding do with a word: does it look for tokens, or replay "
            "merges?",
        ),
        chapter=6,
    ),
)
