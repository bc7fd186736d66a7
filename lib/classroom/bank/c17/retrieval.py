"""Asked at the start of chapter 17, on chapters 4, 11 and 14."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c17-fused-weights",
        prompt="Multi-head attention has a fused path. What can it not give?",
        options=(
            "the table of weights, since it never stands in memory",
            "the exact output: it is an approximation",
            "gradients, since the weights are missing",
        ),
        answer=0,
        explanations=(
            "It works through keys in blocks and keeps running sums. Whoever wants to "
            "see the weights takes the explicit path.",
            "Chapter 4 compared both paths, and they agree to rounding. What is it "
            "that is computed piece by piece?",
            "Models are trained with it. It computes on the way back what it did not "
            "keep.",
        ),
        chapter=4,
    ),
    Retrieval(
        id="c17-parts",
        prompt="A batch comes in two parts with 90 and 10 tokens. When is the step "
        "that "
        "of the whole batch?",
        options=(
            "if the two mean losses are averaged",
            "if the summed losses are added, and divided by 100",
            "if a step is taken after each part",
        ),
        answer=1,
        explanations=(
            "Then a token of the small part counts nine times as much as one of the "
            "large part.",
            "Every token has one vote, in whichever part it comes.",
            "Those are two steps, and the second starts from other weights.",
        ),
        chapter=11,
    ),
    Retrieval(
        id="c17-fresh",
        prompt="A GPT with a vocabulary of 512 has just been made. What is its loss "
        "per "
        "token, in nats?",
        options=("about 512", "about 0", "about 6.2"),
        answer=2,
        explanations=(
            "That is its perplexity: among how many tokens it is undecided. And the "
            "loss?",
            "A loss of 0 would be a model that is sure and right. Has it learnt "
            "anything yet?",
            "ln 512. It knows nothing, and gives all tokens about the same "
            "probability.",
        ),
        chapter=14,
    ),
)
