"""Wrong orders of a step on masked words, for the exercise mlm-parsons."""

from ...exercises.compare import short
from ...exercises.model import Mistake
from ..shared.steps import HINTS, loss_says, replaced, without

RIGHT = list("KDFIOCMHB")


def _reads(got, expected):
    return (
        f"Your model reads {short(got[0][0])} as its first text, where "
        f"{short(expected[0][0])} should stand ([MASK] is 2)."
    )


MISTAKES = (
    Mistake(
        "mlm-loss-everywhere",
        replaced(RIGHT, "F", "A"),
        loss_says("It has 18 terms, and 6 tokens are chosen."),
        "Which blanks is the pupil graded on?",
        "At 12 of 18 positions the model has the answer before its eyes. What will "
        "most of the gradient teach?",
        "A gap text of 100 words with 15 gaps: whoever is marked on all 100 words "
        "passes by reading aloud.",
        "step",
    ),
    Mistake(
        "reads-the-original",
        replaced(RIGHT, "O", "E"),
        _reads,
        "Does the model see what it is asked for?",
        "You have made a text with gaps. Who reads it?",
        "The test is handed out with the solutions printed in.",
        "read",
    ),
    Mistake(
        "labels-from-the-corrupted",
        replaced(RIGHT, "F", "G"),
        loss_says("Your labels are what the model reads: [MASK], for most of them."),
        "What should the model guess: what it sees, or what was there before?",
        "The answers to a gap text stand in the original. From which text do you take "
        "the labels?",
        "The solution sheet of a crossword that shows the empty grid.",
        "step",
    ),
    Mistake(
        "labels-inverted",
        replaced(RIGHT, "F", "N"),
        loss_says("It asks for the 12 tokens that were not chosen."),
        "On which side of the mask are the labels kept?",
        "Follow one token that became [MASK]. What is its label, in your order?",
        "A teacher covers a word, and asks about all the others.",
        "step",
    ),
    Mistake(
        "asked-where-changed",
        replaced(RIGHT, "F", "J"),
        loss_says("The chosen token that was left as it is has not been asked for."),
        "What is asked of the chosen tokens that stay as they are?",
        "If a visible word that is asked for was always exchanged, what can the model "
        "conclude about it?",
        "A quiz whose answer is never the obvious one is easier than it looks.",
        "step",
    ),
    Mistake(
        "mlm-shifted",
        replaced(RIGHT, "C", "L"),
        loss_says("Each label is compared with the logits of the place before it."),
        "Which token is row t of the logits about, in this model?",
        "A model that reads from the left guesses the token after the last it has "
        "read. This one reads both sides of a gap. Where does the answer belong?",
        "In a crossword the answer goes into the squares that were asked for.",
        "step",
    ),
    Mistake(
        "softmax-before-ce",
        replaced(RIGHT, "C", "P"),
        loss_says("However sure the model is, with 9 tokens it stays above 1.37."),
        *HINTS["softmax-before-ce"],
        "step",
    ),
    Mistake(
        "the-rest-corrupted",
        replaced(RIGHT, "D", "Q"),
        _reads,
        "Which tokens have gaps in your text, and which are asked for?",
        "`choose` says which tokens are to be guessed. Is it these that are corrupted?",
        "A dentist who fills all the teeth but the bad ones.",
        "read",
    ),
    Mistake(
        "left-in-eval",
        without(RIGHT, "I"),
        "Your model reads in the mode in which it came: in evaluation mode.",
        "Is dropout on while your model reads?",
        "The model comes from a validation. Who tells it that class begins again, and "
        "when?",
        "A rehearsal played as if it were the concert.",
        "order",
    ),
    Mistake(
        "zero-grad-missing",
        without(RIGHT, "M"),
        "The gradients of your step are added to those that were there.",
        "What is in the gradients when your step begins?",
        "`backward` adds. To what does it add here?",
        "Scales that were not set to zero before the flour.",
        "order",
    ),
    Mistake(
        "zero-grad-after-backward",
        list("KDFIOCHMB"),
        "Your gradients are computed and wiped before anybody has read them.",
        "What does the optimiser find when it looks?",
        "Three lines deal with gradients: wipe, compute, use. In which order?",
        "The marks are entered, the sheet is wiped, and then the prizes are given.",
        "order",
    ),
    Mistake(
        "step-before-backward",
        list("KDFIOCMBH"),
        "Your optimiser steps before there is a gradient of this batch.",
        "From where does the step know its direction?",
        "Put loss, gradient and step into the order in which each needs the other.",
        "To set off, and then ask for the way.",
        "order",
    ),
    Mistake(
        "backward-missing",
        without(RIGHT, "H"),
        "After your lines no gradient of this batch exists.",
        *HINTS["backward-missing"],
        "order",
    ),
    Mistake(
        "step-missing",
        without(RIGHT, "B"),
        "After your lines the weights are where they were.",
        *HINTS["step-missing"],
        "order",
    ),
)
