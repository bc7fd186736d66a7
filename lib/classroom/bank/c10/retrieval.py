"""Asked at the start of chapter 10, on chapters 2 and 9."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c10-final-norm",
        prompt="A stack of pre-norm layers gets one more LayerNorm at its end, a stack "
        "of post-norm layers does not. Why?",
        options=(
            "in pre-norm the sub-layers read what is not normalised",
            "in pre-norm the sum that leaves a layer has not been normalised",
            "a post-norm stack is too shallow to need it",
        ),
        answer=1,
        explanations=(
            "They read a normalised copy: that is what “pre” means. What has nobody "
            "normalised?",
            "The norm stands on the branch; the sum itself grows from layer to layer "
            "until somebody brings it to scale.",
            "Depth does not come into it. What is the last thing that a post-norm "
            "layer does?",
        ),
        chapter=9,
    ),
    Retrieval(
        id="c10-three-sub-layers",
        prompt="A decoder layer has three sub-layers. In which order?",
        options=(
            "causal self-attention, attention to the encoder, feed-forward",
            "attention to the encoder, causal self-attention, feed-forward",
            "causal self-attention, feed-forward, attention to the encoder",
        ),
        answer=0,
        explanations=(
            "First what has been written, then the source, then each word by itself.",
            "Then a word would ask the source before it knows its own neighbours. Who "
            "should ask?",
            "The feed-forward network comes last: it works on what both attentions "
            "have found.",
        ),
        chapter=9,
    ),
    Retrieval(
        id="c10-same-with-the-teacher",
        prompt="A decoder is tested in two ways: it reads the true earlier tokens, or "
        "its own. Which mark is the same in both?",
        options=(
            "token accuracy: the share of right tokens",
            "neither: reading the truth always flatters",
            "exact match: the share of targets right in every token",
        ),
        answer=2,
        explanations=(
            "After its first mistake it reads a wrong token only if it reads its own. "
            "What becomes of the tokens that follow?",
            "Follow one target up to the first wrong token. Until then, what was read "
            "in the two ways?",
            "Up to its first mistake it has read the same in both ways. So a target is "
            "without a mistake in both or in neither.",
        ),
        chapter=2,
    ),
)
