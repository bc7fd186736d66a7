"""Wrong orders of a fine-tuning step, for the exercise fine-tune-parsons."""

from ...exercises.compare import short
from ...exercises.model import Mistake

RIGHT = list("OJQHENGPSILRC")


def _swapped(old, new):
    return [new if label == old else label for label in RIGHT]


def _without(*labels):
    return [each for each in RIGHT if each not in labels]


def _loss(text):
    return lambda got, expected: (
        f"On this batch your loss is {short(got['loss'])}, and "
        f"{short(expected['loss'])} is right. {text}"
    )


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
        _swapped("O", "B"),
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
        _swapped("E", "M"),
        _loss("For two of the three texts the head reads a state at padding."),
        "Whose state do you hand to the classifier?",
        "Write the second text's row, padded. Which token stands in the last column?",
        "The last page of a notebook is blank, however good the story before it.",
        "step",
    ),
    Mistake(
        "lm-no-shift",
        _swapped("S", "D"),
        _loss("A part of it is for repeating what has just been read."),
        "Position t has read token t. Which token is left to guess?",
        "Write the first three rows of logits that are kept beside the targets that "
        "they meet.",
        "A quiz shows the answer on the card and asks for it.",
        "step",
    ),
    Mistake(
        "loss-counts-pad",
        _swapped("S", "K"),
        _loss("A part of it is for guessing padding."),
        "Does a wider margin make the student better, or worse?",
        "Which of the targets in a padded batch are not words? Who tells the loss?",
        "An average mark that counts the empty seats depends on the size of the room.",
        "step",
    ),
    Mistake(
        "lambda-on-the-task",
        _swapped("I", "A"),
        _loss("The task counts a quarter, and the language model in full."),
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
        _without("Q"),
        "The model reads in evaluation mode: its dropout does nothing.",
        "In which mode did the validation leave the model?",
        "Whoever needs a mode sets it: what has to happen before the model reads?",
        "After the concert the orchestra goes on rehearsing, and everybody still "
        "wears a tailcoat.",
        "order",
    ),
    Mistake(
        "zero-grad-missing",
        _without("L"),
        _move("The gradients that lay there before are in it."),
        "What does `backward` do with what already lies in `.grad`?",
        "Gradients are added to. Whose gradients are in the box when you step?",
        "A till that is not set to zero between two customers.",
        "step",
    ),
    Mistake(
        "zero-grad-after-backward",
        list("OJQHENGPSIRLC"),
        _move("All gradients were wiped just before."),
        "What is in the box when you step?",
        "Old gradients have to go, the new ones have to stay. Between which two lines "
        "is that possible?",
        "The board is wiped clean after the proof has been written, and before anyone "
        "has read it.",
        "step",
    ),
    Mistake(
        "step-before-backward",
        list("OJQHENGPSILCR"),
        "The weights are moved before the gradients of this batch exist.",
        "Where do the numbers come from that your step uses?",
        "Read your lines downwards: at which of them does `.grad` receive something?",
        "Posting the envelope, and then writing the letter.",
        "order",
    ),
    Mistake(
        "backward-missing",
        _without("R"),
        "After your lines the weights are where they were.",
        "Who fills `.grad`?",
        "A loss is a number. Which line asks how it depends on the weights?",
        "The marks are known, and nobody tells the pupils what was wrong.",
        "order",
    ),
    Mistake(
        "step-missing",
        _without("C"),
        "After your lines the weights are where they were.",
        "Who reads the gradients that you have computed?",
        "Loss, gradient, and then? Which line changes a weight?",
        "The doctor writes a prescription, and nobody goes to the chemist.",
        "order",
    ),
)
