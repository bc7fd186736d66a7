"""Wrong orders of a step of pre-training, for the exercise pretrain-parsons."""

from ...exercises.compare import short
from ...exercises.model import Mistake

RIGHT = list("CGHKFAJMOD")


def _swapped(old, new):
    return [new if label == old else label for label in RIGHT]


def _without(label):
    return [each for each in RIGHT if each != label]


def _loss(text):
    def symptom(got, expected):
        if isinstance(got, Exception):
            return text
        return (
            f"On this batch your loss is {short(got['loss'])}, and "
            f"{short(expected['loss'])} is right. {text}"
        )

    return symptom


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
        _swapped("H", "B"),
        _loss("It is the loss of repeating what has just been read."),
        "Position t has read token t. Which token is left to guess?",
        "Write the first three numbers of x and of y for a row 5, 8, 2, 9. What is "
        "the model asked for once it has read 5?",
        "A quiz shows the answer on the card and asks for it.",
        "step",
    ),
    Mistake(
        "lm-shift-wrong-way",
        _swapped("H", "L"),
        _loss("The model reads what comes later, and is asked for what was before."),
        "Is a target later than its input, or earlier?",
        "Write the first three numbers of x and of y for a row 5, 8, 2, 9.",
        "A weather service that is marked on yesterday's weather.",
        "step",
    ),
    Mistake(
        "last-position-only",
        _swapped("A", "N"),
        _loss("It has B = 3 terms; a batch of 3 windows of 5 tokens has 15."),
        "How many positions of a window can be asked for the token after them?",
        "The window holds the answers to T questions. How many of the rows of logits "
        "does your loss read?",
        "A teacher sets a test of five sums and marks the last.",
        "step",
    ),
    Mistake(
        "softmax-before-ce",
        _swapped("F", "I"),
        _loss("With 7 tokens, however sure the model is, it stays above 1.16."),
        "How many softmaxes stand between the table and the loss?",
        "`cross_entropy` takes logits and does a softmax of its own. What does it make "
        "of numbers between 0 and 1?",
        "A photograph of a photograph: each time the contrast is lower.",
        "step",
    ),
    Mistake(
        "ce-view-not-transpose",
        _swapped("A", "P"),
        _loss("Each target is compared with numbers of several positions."),
        "Did you move an axis, or cut the tape anew?",
        "A reshape keeps the numbers in reading order. Whose numbers stand in one "
        "column after it?",
        "A calendar with 7 columns, printed again with 31.",
        "step",
    ),
    Mistake(
        "get-batch-off-by-one",
        _swapped("C", "E"),
        "With a corpus of 6 tokens and T = 5, windows of two lengths are drawn.",
        "What is the largest start that still has a target for its last token?",
        "A window needs one token more than it reads. List the starts for N = 6 and "
        "T = 5 by hand.",
        "A fence of 6 posts: where may a gate of 6 posts begin?",
        "shortest corpus",
    ),
    Mistake(
        "first-windows-only",
        _swapped("C", "Q"),
        "Every step starts at 0, 1, 2, …, and the rest of the corpus is never read.",
        "What does your second step read that your first has not?",
        "Count how many different tokens of a corpus of 10,000 are seen in 1,000 "
        "steps of 3 windows.",
        "A reader who opens a library's first book each day.",
        "everywhere",
    ),
    Mistake(
        "eval-mode-missing",
        _without("K"),
        "The model reads in evaluation mode: its dropout does nothing.",
        "In which mode did the validation leave the model?",
        "Whoever needs a mode sets it: what has to happen before the model reads?",
        "After the concert the orchestra goes on rehearsing, and everybody still "
        "wears a tailcoat.",
        "order",
    ),
    Mistake(
        "zero-grad-missing",
        _without("J"),
        _move("The gradients that lay there before are in it."),
        "What does `backward` do with what already lies in `.grad`?",
        "Gradients are added to. Whose gradients are in the box when you step?",
        "A till that is not set to zero between two customers.",
        "step",
    ),
    Mistake(
        "zero-grad-after-backward",
        list("CGHKFAMJOD"),
        _move("All gradients were wiped just before."),
        "What is in the box when you step?",
        "Old gradients have to go, the new ones have to stay. Between which two lines "
        "is that possible?",
        "The board is wiped clean after the proof has been written, and before anyone "
        "has read it.",
        "step",
    ),
    Mistake(
        "clip-missing",
        _without("O"),
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
        "Where do the numbers come from that your step uses?",
        "Read your lines downwards: at which of them does `.grad` receive something?",
        "Posting the envelope, and then writing the letter.",
        "step",
    ),
    Mistake(
        "backward-missing",
        _without("M"),
        "After your lines the weights are where they were.",
        "Who fills `.grad`?",
        "A loss is a number. Which line asks how it depends on the weights?",
        "The marks are known, and nobody tells the pupils what was wrong.",
        "order",
    ),
    Mistake(
        "step-missing",
        _without("D"),
        "After your lines the weights are where they were.",
        "Who reads the gradients that you have computed?",
        "Loss, gradient, and then? Which line changes a weight?",
        "The doctor writes a prescription, and nobody goes to the chemist.",
        "order",
    ),
)
