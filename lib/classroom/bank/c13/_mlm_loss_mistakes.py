"""What people get wrong in the loss of a masked model, for the exercise mlm-loss."""

import torch
import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Mistake


def _asked(labels):
    return labels != -100


def everywhere(logits, labels):
    losses = F.cross_entropy(
        logits.transpose(1, 2), labels.clamp(min=0), reduction="sum"
    )
    return losses, labels.numel()


def everywhere_in_n(logits, labels):
    losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="sum")
    return losses, labels.numel()


def counts_texts(logits, labels):
    losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="sum")
    return losses, len(labels)


def next_token(logits, labels):
    return _right(logits[:, :-1], labels[:, 1:])


def previous_token(logits, labels):
    return _right(logits[:, 1:], labels[:, :-1])


def _right(logits, labels):
    asked = _asked(labels)
    losses = F.cross_entropy(logits[asked], labels[asked], reduction="sum")
    return losses, asked.sum()


def drops_zero(logits, labels):
    asked = labels > 0
    losses = F.cross_entropy(logits[asked], labels[asked], reduction="sum")
    return losses, asked.sum()


def minus_one(logits, labels):
    losses = F.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=-1, reduction="sum"
    )
    return losses, (labels != -1).sum()


def mean(logits, labels):
    asked = _asked(labels)
    return F.cross_entropy(logits[asked], labels[asked]), asked.sum()


def softmax_first(logits, labels):
    return _right(logits.softmax(-1), labels)


def view_not_transpose(logits, labels):
    B, T, V = logits.shape
    losses = F.cross_entropy(logits.reshape(B, V, T), labels, reduction="sum")
    return losses, _asked(labels).sum()


def sign(logits, labels):
    total, n = _right(logits, labels)
    return -total, n


def accuracy(logits, labels):
    asked = _asked(labels)
    wrong = logits.argmax(-1) != labels
    return (wrong & asked).sum().float(), asked.sum()


def probabilities(logits, labels):
    asked = _asked(labels)
    p = logits.softmax(-1)[asked].gather(-1, labels[asked][:, None])
    return (1 - p).sum(), asked.sum()


def one_per_token(logits, labels):
    asked = _asked(labels)
    losses = F.cross_entropy(logits[asked], labels[asked], reduction="none")
    return losses, asked.sum()


def unnormalised(logits, labels):
    asked = _asked(labels)
    scores = logits[asked].gather(-1, labels[asked][:, None])
    return -scores.sum(), asked.sum()


def asked_per_text(logits, labels):
    return _right(logits, labels)[0], _asked(labels).sum(1)


def mean_times_n(logits, labels):
    n = _asked(labels).sum()
    return F.cross_entropy(logits.transpose(1, 2), labels) * n, n


def sum_of_row_means(logits, labels):
    rows = [F.cross_entropy(x, y) for x, y in zip(logits, labels, strict=True)]
    return torch.stack(rows).sum(), _asked(labels).sum()


def class_axis_last(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum"), _asked(labels).sum()


def softmax_over_places(logits, labels):
    asked = _asked(labels)
    log_probs = logits.log_softmax(1)[asked]
    return F.nll_loss(log_probs, labels[asked], reduction="sum"), asked.sum()


def swapped(logits, labels):
    return _right(logits, labels)[::-1]


def cut_off(logits, labels):
    return _right(logits.detach(), labels)


def only_total(logits, labels):
    return _right(logits, labels)[0]


def _noise(got, expected):
    return (
        f"On noise, with 6 of 15 tokens asked for, your total is {short(got[0])} over "
        f"{short(got[1])} tokens; {short(expected[0])} over {short(expected[1])} is "
        "right."
    )


def _knows(got, expected):
    return (
        "A model that is sure of each token asked for, and right, loses "
        f"{short(got[0])} over {short(got[1])} tokens by your count."
    )


def _stops(got, _):
    if isinstance(got, Exception):
        return "torch meets a label that is no token."
    return f"By your count {short(got[1])} tokens are asked for."


MISTAKES = (
    Mistake(
        "mlm-loss-everywhere",
        everywhere,
        lambda got, expected: (
            f"You grade {short(got[1])} positions, and {short(expected[1])} are asked "
            "for."
        ),
        "Which blanks is the pupil graded on?",
        "At a position where nothing is hidden, the model has the answer before its "
        "eyes. What will a loss over all positions mostly teach?",
        "A gap text of 100 words with 15 gaps: whoever is marked on all 100 words "
        "passes by reading aloud.",
        "noise",
    ),
    Mistake(
        "n-is-every-position",
        everywhere_in_n,
        _noise,
        "You took terms out of the sum. What about their number?",
        "The mean is going to be total / n. How large is it if most of the n terms "
        "are never summed?",
        "A class average in which the absent count as present with no mark.",
        "noise",
    ),
    Mistake(
        "n-is-the-number-of-texts",
        counts_texts,
        _noise,
        "Is n a number of texts, or of tokens?",
        "One text may have one gap, another three. What does the total add up?",
        "Who paid more for a meal: count the guests, not the tables.",
        "noise",
    ),
    Mistake(
        "n-per-text",
        asked_per_text,
        lambda got, _: f"Your n is {short(got[1])}: one number for each text.",
        "Over what is the total summed, and over what the n?",
        "The two belong together: one sum, and the number of its terms.",
        "A bill with one total, and a list of how much each guest ate.",
        "noise",
    ),
    Mistake(
        "mlm-shifted",
        next_token,
        _knows,
        "Which token is row t of the logits about, in this model?",
        "A model that reads from the left guesses the token after the last it has "
        "read. This one reads both sides of a gap. Where does the answer belong?",
        "In a crossword the answer goes into the squares that were asked for, not into "
        "the ones beside them.",
        "knows",
    ),
    Mistake(
        "mlm-shifted-back",
        previous_token,
        _knows,
        "Which token is row t of the logits about, in this model?",
        "Draw an arrow from a row of logits to the label that you compare it with. "
        "Does it point to its own place?",
        "Pupils who fill in each answer one line too low know more than their marks "
        "show.",
        "knows",
    ),
    Mistake(
        "token-zero-dropped",
        drops_zero,
        lambda got, expected: (
            f"6 tokens are asked for, and you count {short(got[1])}. The two that you "
            "leave out have the label 0."
        ),
        "Which id has a token, and which number means “nothing asked here”?",
        "0 is the id of a token like any other. By which test do you tell a label that "
        "is a token from one that is none?",
        "A score of nil is a result; a match that was not played has none. A league "
        "that writes 0 for both has a problem.",
        "noise",
    ),
    Mistake(
        "mlm-ignore-index-mismatch",
        minus_one,
        _stops,
        "Who told the loss what to skip?",
        "Whoever makes the labels and whoever reads them must agree on one number for "
        "“nothing asked”. Print the smallest label.",
        "The house says “ring twice for the second floor”, and the visitor rings three "
        "times.",
        "noise",
    ),
    Mistake(
        "mean-not-sum",
        mean,
        lambda got, expected: (
            f"Your total is {short(got[0])}, which is the sum divided by "
            f"{short(expected[0] / got[0])}."
        ),
        "Two batches are to be put together: can you add what you return?",
        "Whoever calls divides, once, at the end. And what is a mean over no terms?",
        "Add up two averages of 2 and 3 litres per 100 km: what do you have?",
        "noise",
    ),
    Mistake(
        "softmax-before-ce",
        softmax_first,
        _knows,
        "What is the best loss that a model could get from you?",
        "`cross_entropy` takes logits and does a softmax of its own. What does a "
        "softmax make of numbers that lie between 0 and 1?",
        "A photograph of a photograph: each time the contrast is lower.",
        "knows",
    ),
    Mistake(
        "ce-view-not-transpose",
        view_not_transpose,
        _knows,
        "Did you move an axis, or cut the tape anew?",
        "A reshape keeps the numbers in reading order. Follow one row of logits: are "
        "its V numbers still those of one position?",
        "A calendar with 7 columns, printed again with 31: is what stands under "
        "Monday still a Monday?",
        "knows",
    ),
    Mistake(
        "sign-forgotten",
        sign,
        lambda got, _: f"On noise your total is {short(got[0])}, below zero.",
        "Which sign has the logarithm of a probability?",
        "A surer and righter model should lose less. What is made small here?",
        "A debt of −5 euro: who owes whom?",
        "noise",
    ),
    Mistake(
        "errors-counted",
        accuracy,
        _noise,
        "Can a count of mistakes be a little smaller?",
        "The total has to tell a near miss from a wild guess, and has to have a "
        "gradient. What does an argmax tell of how sure the model was?",
        "A marksman who only hears hit or miss learns more slowly than one who is told "
        "how far off.",
        "noise",
    ),
    Mistake(
        "no-logarithm",
        probabilities,
        _noise,
        "What should it cost to give the right token no chance at all?",
        "The probability is there; the nats are still missing. Compare p = 0.01 with "
        "p = 0.0001: how much worse should the second be?",
        "A forecaster who says “impossible” before it rains should pay more than one "
        "who says “unlikely”.",
        "noise",
    ),
    Mistake(
        "never-normalised",
        unnormalised,
        _noise,
        "Is a logit the logarithm of a probability already?",
        "Add 5 to all logits of a row: the distribution stays. Does your total?",
        "A candidate has 900 votes. Is that much?",
        "noise",
    ),
    Mistake(
        "not-summed",
        one_per_token,
        lambda got, _: (
            f"Your total has shape {tuple(got[0].shape)}: one number for each token "
            "asked for."
        ),
        "How many numbers can `backward` start from?",
        "The losses are there; the sum is still to be taken.",
        "A list of prices is not yet the bill.",
        "noise",
    ),
    Mistake(
        "mean-times-n",
        mean_times_n,
        lambda got, _: (
            "Where nothing is asked, your total is "
            f"{short(got[0]) if isinstance(got, tuple) else '…'}."
        ),
        "What is a mean over no terms, and what is that times 0?",
        "You divide by the number of terms and multiply by it again. Can you do "
        "without either?",
        "Sharing a cake among no guests, and then adding up the shares.",
        "nothing asked",
    ),
    Mistake(
        "means-added-up",
        sum_of_row_means,
        _noise,
        "What does one token of a text with three gaps weigh in your total?",
        "You take a mean in each text, and add up the means. What is to be added up?",
        "Three shops report their average sale; what did the street take?",
        "noise",
    ),
    Mistake(
        "class-axis-last",
        class_axis_last,
        "torch does not find the classes where it looks for them.",
        "On which axis does `cross_entropy` expect the V classes?",
        "Read the two shapes in torch's message. Which one is T, which one V?",
        "A form with the street in the field for the town.",
        "noise",
    ),
    Mistake(
        "softmax-over-places",
        softmax_over_places,
        _knows,
        "What adds up to one: a token's chances at all places, or a place's over all "
        "tokens?",
        "Each place has a distribution of its own. Which axis holds what it chooses "
        "among?",
        "In an election, shares add up to one over the parties, not over the towns.",
        "knows",
    ),
    Mistake(
        "n-comes-first",
        swapped,
        lambda got, _: f"You return {short(got[0])} first, and {short(got[1])} second.",
        "Which of the two is the total?",
        "The two are right, and the order is that of the task's last line.",
        "A bill that names the number of guests as the sum.",
        "noise",
    ),
    Mistake(
        "gradient-cut-off",
        cut_off,
        "The number is right, and no gradient goes from it back to the logits.",
        "Can the model learn from what you return?",
        "A plain number has forgotten what it was made of. Where do you leave the "
        "graph?",
        "A mark without the marked test: the pupil sees that something was wrong.",
        "noise",
    ),
    Mistake(
        "n-not-returned",
        only_total,
        "You return one value; two are asked for.",
        "Whoever wants the mean of two batches: what must they know of each?",
        "A total without its number of terms cannot be put together with another.",
        "“We had 40 points.” In how many games?",
        "noise",
    ),
)
