"""Asked at the start of chapter 15, on chapters 5, 13 and 14."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c15-who-has-read-all",
        prompt="A GPT reads five tokens under the causal mask. Which states of the "
        "last layer depend on all five?",
        options=(
            "the first one: it stands for the whole text",
            "the last one alone",
            "all of them, once there are several layers",
        ),
        answer=1,
        explanations=(
            "So it is in BERT, where nothing is masked but padding. What may the first "
            "position look at here?",
            "A position sees itself and what stands before it, in every layer: the "
            "last one alone has seen all five.",
            "A second layer reads the states of the first, from the left again. Can "
            "what is hidden in each step come in by two?",
        ),
        chapter=5,
    ),
    Retrieval(
        id="c15-which-tokens-are-asked",
        prompt="BERT's masked loss: 15 % of the tokens are chosen, and of these 80 % "
        "are shown as [MASK]. Which tokens are asked for?",
        options=(
            "every token of the text",
            "those that are shown as [MASK]",
            "all that were chosen, also those that are shown as they are",
        ),
        answer=2,
        explanations=(
            "Then 85 % could be copied from the input. What would such a loss teach?",
            "Of the chosen ones a tenth is replaced and a tenth is left alone. Why "
            "would anyone choose a token and not ask for it?",
            "The chosen ones, whatever stands in their place: the model cannot know "
            "which of the words that it sees is in doubt.",
        ),
        chapter=13,
    ),
    Retrieval(
        id="c15-bits-per-byte",
        prompt="A model loses 2.0 nats per token, and a token has 4 bytes on average. "
        "How many bits per byte is that?",
        options=(
            "2.0 / 4 = 0.50",
            "2.0 / ln 2 / 4 ≈ 0.72",
            "2.0 / ln 2 ≈ 2.89",
        ),
        answer=1,
        explanations=(
            "That is nats per byte. How many bits has a nat?",
            "A nat has 1/ln 2 ≈ 1.44 bits, and the loss of a token is shared by its 4 "
            "bytes.",
            "That is bits per token. What makes two vocabularies comparable?",
        ),
        chapter=14,
    ),
)
