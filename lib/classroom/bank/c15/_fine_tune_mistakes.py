"""Wrong orders of a fine-tuning step, for the exercise fine-tune-parsons."""

from ...exercises.compare import short
from ...exercises.model import Mistake
from ..shared.steps import HINTS, loss_says, replaced, without

RIGHT = list("OJQHENGPSILRC")


def _move(text):
    return lambda got, expected: (
        f"Your step moves the body by {short(got['body'].norm())} and the head by "
        f"{short(got['head'].norm())}; {short(expected['body'].norm())} and "
        f"{short(expected['head'].norm())} are right. {text}"
    )


def _row(got, _):
    names = {7: "start", 8: "extract", 9: "pad"}
    row = " ".join(names.get(id, str(id)) for id in got[0].tolist())
    return f"Of the text 3 0 5 1 2 2 the model reads: {row}."


MISTAKES = (
    Mistake(
        "extract-cut-off",
        replaced(RIGHT, "O", "B"),
        _row,
        "Which token does the head read, and is it still there?",
        "Join and then cut, or cut and then join: what stands at the end of a long "
        "text's row?",
        "A letter that is too long for the page: the sender cuts off the bottom, where "
        "the signature is.",
        "rows",
    ),
    Mistake(
        "cls-last-token-is-pad",
        replaced(RIGHT, "E", "M"),
        loss_says("For two of the three texts the head reads a state at padding."),
        "Whose state do you hand to the classifier?",
        "Write the second text's row, padded. Which token stands in the last column?",
        "The last page of a notebook is blank, however good the story before it.",
        "step",
    ),
    Mistake(
        "lm-no-shift",
        replaced(RIGHT, "S", "D"),
        loss_says("A part of it is for repeating what has just been read."),
        "Position t has read token t. Which token is left to guess?",
        "Write the first three rows of logits that are kept beside the targets that "
        "they meet.",
        "A quiz shows the answer on the card and asks for it.",
        "step",
    ),
    Mistake(
        "loss-counts-pad",
        replaced(RIGHT, "S", "K"),
        loss_says("A part of it is for guessing padding."),
        "Does a wider margin make the student better, or worse?",
        "Which of the targets in a padded batch are not words? Who tells the loss?",
        "An average mark that counts the empty seats depends on the size of the room.",
        "step",
    ),
    Mistake(
        "lambda-on-the-task",
        replaced(RIGHT, "I", "A"),
        loss_says("The task counts a quarter, and the language model in full."),
        "Which of the two is the main thing in fine-tuning?",
        "With λ = 0, what is left of your loss? What is left of the paper's?",
        "A pinch of salt in the soup, or a pinch of soup in the salt?",
        "step",
    ),
    Mistake(
        "freezing-slip",
        ["F", *RIGHT],
        _move("The body is frozen."),
        "Who is allowed to learn?",
        "GPT-1 fine-tunes the weights that it has pre-trained, all of them. Which line "
        "of yours holds some of them fast?",
        "A student is sent to a new school and told to forget nothing and learn "
        "nothing; only the badge is new.",
        "step",
    ),
    Mistake(
        "eval-mode-missing",
        without(RIGHT, "Q"),
        "The model reads in evaluation mode: its dropout does nothing.",
        *HINTS["eval-mode-missing"],
        "order",
    ),
    Mistake(
        "zero-grad-missing",
        without(RIGHT, "L"),
        _move("The gradients that lay there before are in it."),
        *HINTS["zero-grad-missing"],
        "step",
    ),
    Mistake(
        "zero-grad-after-backward",
        list("OJQHENGPSIRLC"),
        _move("All gradients were wiped just before."),
        *HINTS["zero-grad-after-backward"],
        "step",
    ),
    Mistake(
        "step-before-backward",
        list("OJQHENGPSILCR"),
        "The weights are moved before the gradients of this batch exist.",
        *HINTS["step-before-backward"],
        "order",
    ),
    Mistake(
        "backward-missing",
        without(RIGHT, "R"),
        "After your lines the weights are where they were.",
        *HINTS["backward-missing"],
        "order",
    ),
    Mistake(
        "step-missing",
        without(RIGHT, "C"),
        "After your lines the weights are where they were.",
        *HINTS["step-missing"],
        "order",
    ),
)
