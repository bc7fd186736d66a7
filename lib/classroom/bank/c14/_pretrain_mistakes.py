"""Wrong orders of a step of pre-training, for the exercise pretrain-parsons."""

from ...exercises.compare import short
from ...exercises.model import Mistake
from ..shared.steps import HINTS, loss_says, replaced, without

RIGHT = list("CGHKFAJMOD")


def _move(text):
    def symptom(got, expected):
        return (
            f"Your step moves the weights by {short(got['move'].norm())}, and "
            f"{short(expected['move'].norm())} is right. {text}"
        )

    return symptom


def _clip(text):
    return lambda got, _: (
        f"With max_norm = 0.01 your step moves the weights by {short(got)}. {text}"
    )


MISTAKES = (
    Mistake(
        "lm-no-shift",
        replaced(RIGHT, "H", "B"),
        loss_says("It is the loss of repeating what has just been read."),
        "Position t has read token t. Which token is left to guess?",
        "Write the first three numbers of x and of y for a row 5, 8, 2, 9. What is "
        "the model asked for once it has read 5?",
        "A quiz shows the answer on the card and asks for it.",
        "step",
    ),
    Mistake(
        "lm-shift-wrong-way",
        replaced(RIGHT, "H", "L"),
        loss_says(
            "The model reads what comes later, and is asked for what was before."
        ),
        "Is a target later than its input, or earlier?",
        "Write the first three numbers of x and of y for a row 5, 8, 2, 9.",
        "A weather service that is marked on yesterday's weather.",
        "step",
    ),
    Mistake(
        "last-position-only",
        replaced(RIGHT, "A", "N"),
        loss_says("It has B = 3 terms; a batch of 3 windows of 5 tokens has 15."),
        "How many positions of a window can be asked for the token after them?",
        "The window holds the answers to T questions. How many of the rows of logits "
        "does your loss read?",
        "A teacher sets a test of five sums and marks the last.",
        "step",
    ),
    Mistake(
        "softmax-before-ce",
        replaced(RIGHT, "F", "I"),
        loss_says("With 7 tokens, however sure the model is, it stays above 1.16."),
        *HINTS["softmax-before-ce"],
        "step",
    ),
    Mistake(
        "ce-view-not-transpose",
        replaced(RIGHT, "A", "P"),
        loss_says("Each target is compared with numbers of several positions."),
        "Did you move an axis, or cut the tape anew?",
        "A reshape keeps the numbers in reading order. Whose numbers stand in one "
        "column after it?",
        "A calendar with 7 columns, printed again with 31.",
        "step",
    ),
    Mistake(
        "get-batch-off-by-one",
        replaced(RIGHT, "C", "E"),
        "With a corpus of 6 tokens and T = 5, windows of two lengths are drawn.",
        "What is the largest start that still has a target for its last token?",
        "A window needs one token more than it reads. List the starts for N = 6 and "
        "T = 5 by hand.",
        "A fence of 6 posts: where may a gate of 6 posts begin?",
        "shortest corpus",
    ),
    Mistake(
        "first-windows-only",
        replaced(RIGHT, "C", "Q"),
        "Every step starts at 0, 1, 2, …, and the rest of the corpus is never read.",
        "What does your second step read that your first has not?",
        "Count how many different tokens of a corpus of 10,000 are seen in 1,000 "
        "steps of 3 windows.",
        "A reader who opens a library's first book each day.",
        "everywhere",
    ),
    Mistake(
        "eval-mode-missing",
        without(RIGHT, "K"),
        "The model reads in evaluation mode: its dropout does nothing.",
        *HINTS["eval-mode-missing"],
        "order",
    ),
    Mistake(
        "zero-grad-missing",
        without(RIGHT, "J"),
        _move("The gradients that lay there before are in it."),
        *HINTS["zero-grad-missing"],
        "step",
    ),
    Mistake(
        "zero-grad-after-backward",
        list("CGHKFAMJOD"),
        _move("All gradients were wiped just before."),
        *HINTS["zero-grad-after-backward"],
        "step",
    ),
    Mistake(
        "clip-missing",
        without(RIGHT, "O"),
        _clip("Nothing holds it back."),
        "What does `max_norm` do in your lines?",
        "A very large gradient would throw the weights off. Which line shortens it?",
        "A river with a dam on the plan only.",
        "clip",
    ),
    Mistake(
        "clip-before-backward",
        list("CGHKFAJOMD"),
        _clip("The dam stands where there was no water yet."),
        "Is there anything to be shortened at the place of your clip?",
        "Clipping works on what lies in `.grad`. When does that come into being?",
        "A hedge is cut in winter, and grows in spring.",
        "clip",
    ),
    Mistake(
        "clip-after-step",
        list("CGHKFAJMDO"),
        _clip("It was shortened after it had been taken."),
        "Which gradient does your step use?",
        "`step` reads `.grad`. Whatever comes later is in time for the next step, "
        "and the next step begins by clearing it.",
        "Braking behind the bend.",
        "clip",
    ),
    Mistake(
        "step-before-backward",
        list("CGHKFAJDMO"),
        "The weights are moved before the gradients of this batch exist.",
        *HINTS["step-before-backward"],
        "step",
    ),
    Mistake(
        "backward-missing",
        without(RIGHT, "M"),
        "After your lines the weights are where they were.",
        *HINTS["backward-missing"],
        "order",
    ),
    Mistake(
        "step-missing",
        without(RIGHT, "D"),
        "After your lines the weights are where they were.",
        *HINTS["step-missing"],
        "order",
    ),
)
