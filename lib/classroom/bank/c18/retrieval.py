"""Asked at the start of chapter 18, on chapters 8, 9 and 12."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c18-turn-by-k",
        prompt="Two positions of a sinusoidal encoding lie 7 apart. What takes each "
        "pair of the first to the same pair of the second?",
        options=(
            "adding the encoding of position 7",
            "a rotation that depends on the 7, and not on where the two lie",
            "a matrix that is another one for each first position",
        ),
        answer=1,
        explanations=(
            "Sines of sums are not sums of sines. What do two clock hands do in 7 "
            "hours, wherever they start?",
            "Each pair turns by 7 times its speed, wherever one begins.",
            "Take a clock: does the hand's turn in 7 hours depend on when one begins?",
        ),
        chapter=8,
    ),
    Retrieval(
        id="c18-pre-norm-end",
        prompt="In pre-norm, what does the last layer norm, after the blocks, do?",
        options=(
            "it normalises the sum that all blocks have written to",
            "it repeats the last block's norm, and could be left out",
            "it replaces the softmax over the vocabulary",
        ),
        answer=0,
        explanations=(
            "The stream of sums is never normalised on the way; the norms stand at the "
            "entrances of the sub-layers.",
            "The last block's norm is on its *input*. Who normalises what it adds?",
            "Logits still need a softmax. What are the logits made from?",
        ),
        chapter=9,
    ),
    Retrieval(
        id="c18-what-is-kept",
        prompt="What does the cache keep of a token that was read 50 steps ago?",
        options=(
            "its query, key and value",
            "its key and value, in each layer",
            "its attention weights",
        ),
        answer=1,
        explanations=(
            "Its query has asked its question, long ago. Who asks at this step?",
            "Later queries meet its key and take its value; nothing else of it is "
            "needed.",
            "Those belong to the queries of that time. Does the new query have the "
            "same?",
        ),
        chapter=12,
    ),
)
