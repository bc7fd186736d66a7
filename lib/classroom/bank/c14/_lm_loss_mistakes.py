"""What people get wrong in the loss of a language model, for the exercise lm-loss."""

import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Mistake


def _loss(logits, asked, **how):
    return F.cross_entropy(logits.transpose(1, 2), asked, **how)


def no_shift(logits, ids, pad_id):
    return _loss(logits, ids, ignore_index=pad_id)


def no_shift_counts_pad(logits, ids, pad_id):
    return _loss(logits, ids)


def double_shift(logits, ids, pad_id):
    return _loss(logits[:, :-2], ids[:, 2:], ignore_index=pad_id)


def wrong_way(logits, ids, pad_id):
    return _loss(logits[:, 1:], ids[:, :-1], ignore_index=pad_id)


def wraps_around(logits, ids, pad_id):
    return _loss(logits, ids.roll(-1, 1), ignore_index=pad_id)


def counts_pad(logits, ids, pad_id):
    return _loss(logits[:, :-1], ids[:, 1:])


def pad_in_denominator(logits, ids, pad_id):
    losses = _loss(logits[:, :-1], ids[:, 1:], reduction="none")
    return (losses * (ids[:, 1:] != pad_id)).mean()


def pad_zero(logits, ids, pad_id):
    return _loss(logits[:, :-1], ids[:, 1:], ignore_index=0)


def mask_of_inputs(logits, ids, pad_id):
    losses = _loss(logits[:, :-1], ids[:, 1:], reduction="none")
    return losses[ids[:, :-1] != pad_id].mean()


def softmax_first(logits, ids, pad_id):
    return _loss(logits[:, :-1].softmax(-1), ids[:, 1:], ignore_index=pad_id)


def view_not_transpose(logits, ids, pad_id):
    cut = logits[:, :-1]
    recut = cut.reshape(cut.shape[0], cut.shape[2], cut.shape[1])
    return F.cross_entropy(recut, ids[:, 1:], ignore_index=pad_id)


def mean_of_rows(logits, ids, pad_id):
    losses = _loss(logits[:, :-1], ids[:, 1:], reduction="none")
    real = ids[:, 1:] != pad_id
    return ((losses * real).sum(1) / real.sum(1)).mean()


def total(logits, ids, pad_id):
    return _loss(logits[:, :-1], ids[:, 1:], ignore_index=pad_id, reduction="sum")


def sign(logits, ids, pad_id):
    return -_loss(logits[:, :-1], ids[:, 1:], ignore_index=pad_id)


def per_token(logits, ids, pad_id):
    return _loss(logits[:, :-1], ids[:, 1:], ignore_index=pad_id, reduction="none")


def _knows(who):
    return lambda got, expected: (
        f"A model that is sure of {who} loses {short(got)} by your count, and "
        f"{short(abs(expected))} is right."
    )


def _padded(got, expected):
    return (
        "On two texts of 5 and 2 tokens, the second padded to 5, you get "
        f"{short(got)}; the mean over the 5 tokens that are asked for is "
        f"{short(expected)}."
    )


def _wider(got, expected):
    return (
        f"Your loss of the padded batch is {short(got[0])}, and {short(got[1])} with "
        f"three more columns of padding; both should be {short(expected[0])}."
    )


NO_SHIFT = {
    "symptom": _knows("the token that it has just read"),
    "question": "Position t has read token t. Which token is left to guess?",
    "pointer": "Write the row of logits at position 0 beside the token that you "
    "compare it with. Has the model seen that token?",
    "neighbour": "A quiz shows the answer on the card and asks for it. What does a "
    "full score prove?",
    "probe": "knows its own",
}

MISTAKES = (
    Mistake("lm-no-shift", no_shift, **NO_SHIFT),
    Mistake("lm-no-shift-and-pad", no_shift_counts_pad, **NO_SHIFT),
    Mistake(
        "lm-double-shift",
        double_shift,
        _knows("the next token, and right,"),
        "How far ahead is the token that you compare row 0 with?",
        "Count the ones that you subtract or skip, in logits and in ids together. "
        "`ids` is what the model has read, and nobody has shifted it before you.",
        "Two people each put the clock forward an hour in spring. When does the "
        "train leave?",
        "knows the next",
    ),
    Mistake(
        "lm-shift-wrong-way",
        wrong_way,
        _knows("the next token, and right,"),
        "Is the token that you ask for later than the row of logits, or earlier?",
        "Take a text of three tokens and draw an arrow from each row of logits that "
        "you keep to its target. Which way does it point?",
        "A weather service that is marked on yesterday's weather need not look ahead.",
        "knows the next",
    ),
    Mistake(
        "lm-wraps-around",
        wraps_around,
        lambda got, expected: (
            f"On two texts of 5 tokens without padding you get {short(got)}, and "
            f"{short(expected)} is right: one target too many in each row."
        ),
        "Which token do you ask the last position for?",
        "A text of T tokens holds the answers to T − 1 questions. Where does your "
        "last target come from?",
        "The last page of a book is followed by its cover, not by page one.",
        "noise",
    ),
    Mistake(
        "loss-counts-pad",
        counts_pad,
        _wider,
        "Does a wider margin make the student better, or worse?",
        "For padded positions a target is there too, and it is the easiest of all to "
        "learn. Who tells the loss to leave it out?",
        "An average mark that counts the empty seats depends on the size of the room.",
        "wider margin",
    ),
    Mistake(
        "loss-pad-denominator",
        pad_in_denominator,
        _wider,
        "You took terms out of the sum. What about the count?",
        "A mean has a sum and a number of terms. Which terms does yours divide by?",
        "Five children share the sweets of five; three of the children have left. "
        "By how many do you divide?",
        "wider margin",
    ),
    Mistake(
        "pad-is-not-zero",
        pad_zero,
        _padded,
        "Which id has padding here, and which id do you leave out?",
        "In this batch 0 is a word like any other. The id of padding is handed to "
        "you; do you use it?",
        "A guest list without the name of the host, by habit: at whose party?",
        "padding",
    ),
    Mistake(
        "mask-of-the-inputs",
        mask_of_inputs,
        _padded,
        "Which column decides that a term is left out: the one that is read, or the "
        "one that is asked for?",
        "Look at the last real token of the short text. It is read; what is asked "
        "for behind it?",
        "To skip the questions without an answer, do you look at the questions, or "
        "at the answers?",
        "padding",
    ),
    Mistake(
        "softmax-before-ce",
        softmax_first,
        _knows("the next token, and right,"),
        "What is the best loss that a model could get from you?",
        "`cross_entropy` takes logits and does a softmax of its own. What does a "
        "softmax make of numbers that lie between 0 and 1?",
        "A photograph of a photograph: each time the contrast is lower.",
        "knows the next",
    ),
    Mistake(
        "ce-view-not-transpose",
        view_not_transpose,
        _knows("the next token, and right,"),
        "Did you move an axis, or cut the tape anew?",
        "A reshape keeps the numbers in reading order. Follow one row of logits: are "
        "its V numbers still those of one position?",
        "A calendar with 7 columns, printed again with 31: is what stands under "
        "Monday still a Monday?",
        "knows the next",
    ),
    Mistake(
        "mean-of-rows",
        mean_of_rows,
        _padded,
        "Has each text one vote, or each token?",
        "The short text has one target, the long one four. What does each weigh in a "
        "mean of means?",
        "A hermit and a village of four vote on a well. One vote per place, or per "
        "head?",
        "padding",
    ),
    Mistake(
        "sum-not-mean",
        total,
        lambda got, expected: (
            f"On two texts of 5 tokens you get {short(got)}, which is "
            f"{short(got / expected)} times what is right."
        ),
        "What should happen to the number when the same batch comes twice?",
        "The task asks for nats *per token*. How many tokens are asked for in your "
        "batch?",
        "A distance in kilometres is no speed.",
        "noise",
    ),
    Mistake(
        "sign-forgotten",
        sign,
        lambda got, expected: f"On noise your loss is {short(got)}, below zero.",
        "Which sign has the logarithm of a probability?",
        "GPT-1's Eq. 1 is to be made large. What is made small here?",
        "A debt of −5 euro: who owes whom?",
        "noise",
    ),
    Mistake(
        "not-averaged",
        per_token,
        lambda got, _: (
            f"You return a tensor of shape {tuple(got.shape)}, one number for each "
            "token."
        ),
        "How many numbers can `backward` start from?",
        "The mean is still to be taken. Over which of these numbers, and divided by "
        "what?",
        "A list of all marks is not yet the average of the class.",
        "noise",
    ),
)
