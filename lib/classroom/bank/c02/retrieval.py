"""Asked at the start of chapter 2, on chapter 1."""

from ...exercises.model import Retrieval

QUESTIONS = (
    Retrieval(
        id="c02-gradient-over-steps",
        prompt="What bounds the gradient that travels k steps back through a tanh RNN?",
        options=(
            "k times the recurrent matrix's largest entry",
            "the k-th power of the recurrent matrix's largest singular value",
            "the number of hidden units divided by k",
        ),
        answer=1,
        explanations=(
            "Sums grow like k; the chain rule multiplies. Which operation joins two "
            "steps?",
            "Each step multiplies by one Jacobian, whose norm is at most that value, "
            "since the slope of tanh is at most 1. A product of k of them: the k-th "
            "power.",
            "The width does not come in by itself. What does each step do to the "
            "gradient that passes through it?",
        ),
        chapter=1,
    ),
    Retrieval(
        id="c02-clipping",
        prompt="What does clipping the gradient's norm do for a gradient that "
        "vanishes?",
        options=(
            "it lifts the far part, because the near part is cut",
            "it stops the product from getting smaller at each step",
            "nothing: near and far parts are multiplied by the same number",
        ),
        answer=2,
        explanations=(
            "Clipping the norm rescales the whole gradient at once. How does a common "
            "factor change the share of one part?",
            "Clipping happens after back-propagation, when the product is already "
            "made.",
            "The direction stays, only the length is limited. A part that was a "
            "millionth of the whole is a millionth still.",
        ),
        chapter=1,
    ),
    Retrieval(
        id="c02-learned-or-possible",
        prompt="Trained for 300 steps, the LSTM failed to recall a letter over 16 "
        "others. What did that show?",
        options=(
            "that gradient descent did not find a solution that exists",
            "that an LSTM cannot keep a letter for so long",
            "that 64 hidden units are too few for 16 letters",
        ),
        answer=0,
        explanations=(
            "With weights written by hand an LSTM held the letter over 1,000 others: "
            "possible, and not learned in that budget.",
            "We wrote down weights that keep it over 1,000 others. So what failed?",
            "It has to keep one letter, not all that it reads. And the hand-written "
            "LSTM had fewer units than that.",
        ),
        chapter=1,
    ),
)
