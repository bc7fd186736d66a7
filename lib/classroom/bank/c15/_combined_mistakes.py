"""What people get wrong in a loss of two parts, for the exercise combined-loss."""

import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Mistake


def _task(logits, labels, **how):
    return F.cross_entropy(logits, labels, **how)


def _losses(logits, ids):
    rows = logits[:, :-1].transpose(1, 2)
    return F.cross_entropy(rows, ids[:, 1:], reduction="none")  # (B, T - 1)


def _mean_of_texts(losses, real):
    return ((losses * real).sum(1) / real.sum(1)).mean()


def _language(logits, ids, pad_id):
    return _mean_of_texts(_losses(logits, ids), ids[:, 1:] != pad_id)


def loss(task=_task, language=_language, add=lambda task, lm, w: task + w * lm):
    """A right loss, of which each mistake replaces one part."""

    def wrong(class_logits, labels, lm_logits, ids, pad_id, lm_weight):
        return add(
            task(class_logits, labels), language(lm_logits, ids, pad_id), lm_weight
        )

    return wrong


def _no_shift(logits, ids, pad_id):
    losses = F.cross_entropy(logits.transpose(1, 2), ids, reduction="none")
    return _mean_of_texts(losses, ids != pad_id)


def _wrong_way(logits, ids, pad_id):
    rows = logits[:, 1:].transpose(1, 2)
    losses = F.cross_entropy(rows, ids[:, :-1], reduction="none")
    return _mean_of_texts(losses, ids[:, :-1] != pad_id)


def _counts_pad(logits, ids, pad_id):
    return _losses(logits, ids).mean()


def _pad_zero(logits, ids, pad_id):
    return _language(logits, ids, 0)


def _pad_in_denominator(logits, ids, pad_id):
    return (_losses(logits, ids) * (ids[:, 1:] != pad_id)).mean()


def _pooled(logits, ids, pad_id):
    return _losses(logits, ids)[ids[:, 1:] != pad_id].mean()


def _last_token_only(logits, ids, pad_id):
    at = (ids != pad_id).sum(1) - 2
    return _losses(logits, ids).gather(1, at[:, None]).mean()


def _summed(logits, ids, pad_id):
    return _losses(logits, ids)[ids[:, 1:] != pad_id].sum()


def _summed_in_texts(logits, ids, pad_id):
    return _summed(logits, ids, pad_id) / len(ids)


def _softmax_first(logits, ids, pad_id):
    return _language(logits.softmax(-1), ids, pad_id)


def _reshaped(logits, ids, pad_id):
    cut = logits[:, :-1]
    recut = cut.reshape(cut.shape[0], cut.shape[2], cut.shape[1])
    losses = F.cross_entropy(recut, ids[:, 1:], reduction="none")
    return _mean_of_texts(losses, ids[:, 1:] != pad_id)


def graph_cut(*inputs):
    return loss()(*inputs).detach()


def _task_softmax(logits, labels):
    return _task(logits.softmax(-1), labels)


def _task_summed(logits, labels):
    return _task(logits, labels, reduction="sum")


def _noise(text):
    return lambda got, expected: (
        f"On noise, with λ = 0.25, you get {short(got[0])}, and "
        f"{short(expected[0])} is right. {text}"
    )


def _zero(got, expected):
    return (
        f"With λ = 0 you get {short(got)}, and {short(expected)} is right: the task's "
        "loss alone."
    )


def _knows_both(got, _):
    return (
        "Who is sure of the class and of the next token, and right, loses "
        f"{short(got)} by your count."
    )


def _knows_label(got, expected):
    return (
        "Who knows the class, and repeats the tokens it has read, loses "
        f"{short(got)} by your count, and {short(expected)} is right."
    )


def _padded(got, expected):
    return (
        "On texts of 5, 2 and 3 tokens, padded to 5, you get "
        f"{short(got)}, and {short(expected)} is right."
    )


def _wider(got, expected):
    return (
        f"Your loss of the padded batch is {short(got[0])}, and {short(got[1])} with "
        f"three more columns of padding; both should be {short(expected[0])}."
    )


MISTAKES = (
    Mistake(
        "lambda-on-the-task",
        loss(add=lambda task, lm, w: w * task + lm),
        _zero,
        "Which of the two losses is the main thing in fine-tuning, and which one "
        "helps?",
        "Put λ = 0 into the paper's Eq. 5. What is left, and what is left of yours?",
        "A pinch of salt in the soup, or a pinch of soup in the salt?",
        "without language",
    ),
    Mistake(
        "lambda-shared-out",
        loss(add=lambda task, lm, w: (1 - w) * task + w * lm),
        _noise("With λ = 0 you are right."),
        "How much does the task count in Eq. 5 when λ grows?",
        "You share one unit of weight between the two. Does the equation share "
        "anything out?",
        "A side job adds to the wage. Is the main wage cut for it?",
        "noise",
    ),
    Mistake(
        "lambda-left-out",
        loss(add=lambda task, lm, w: task + lm),
        _zero,
        "What does `lm_weight` do in your function?",
        "How much does the language model count, and who decides it?",
        "A radio with a volume knob that is not connected.",
        "without language",
    ),
    Mistake(
        "lambda-on-both",
        loss(add=lambda task, lm, w: w * (task + lm)),
        _zero,
        "Which part of the sum stands behind λ in Eq. 5?",
        "With λ = 0, does your model learn anything at all?",
        "Two lamps on one dimmer, where only one was to be dimmed.",
        "without language",
    ),
    Mistake(
        "language-left-out",
        loss(add=lambda task, lm, w: task),
        _knows_label,
        "Which of the two losses have you not used?",
        "A model may know the class and have forgotten how to write. Does your number "
        "notice?",
        "A driving test on theory alone.",
        "knows the label alone",
    ),
    Mistake(
        "task-left-out",
        loss(add=lambda task, lm, w: w * lm),
        _zero,
        "Which of the two losses have you not used?",
        "What in your number depends on the labels?",
        "A driving test of the radio alone.",
        "without language",
    ),
    Mistake(
        "language-made-worse",
        loss(add=lambda task, lm, w: task - w * lm),
        _noise("Your number falls when the language model gets worse."),
        "Which way does each of your two terms pull?",
        "The paper adds two logarithms of probabilities and makes the sum large. You "
        "have turned one of them round. And the other?",
        "Two people push a car, one from behind and one from the front.",
        "noise",
    ),
    Mistake(
        "sign-forgotten",
        loss(add=lambda task, lm, w: -(task + w * lm)),
        _noise("A loss in nats is not below zero."),
        "Is your number to be made small, or large?",
        "`cross_entropy` has turned the sign round once. Who needs it turned again?",
        "Not never late means late.",
        "noise",
    ),
    Mistake(
        "task-made-worse",
        loss(add=lambda task, lm, w: w * lm - task),
        _zero,
        "Which way does each of your two terms pull?",
        "Let the head become worse: does your number grow, as a loss has to?",
        "Two people push a car, one from behind and one from the front.",
        "without language",
    ),
    Mistake(
        "lambda-fixed",
        loss(add=lambda task, lm, w: task + 0.5 * lm),
        _zero,
        "What does `lm_weight` do in your function?",
        "One half is the value that the paper settles on. Who decides on it here?",
        "A radio whose volume is set in the factory.",
        "without language",
    ),
    Mistake(
        "lm-no-shift",
        loss(language=_no_shift),
        _knows_both,
        "Position t has read token t. Which token is left to guess?",
        "Write row 0 of the logits beside the token that you compare it with. Has the "
        "model seen that token?",
        "A quiz shows the answer on the card and asks for it.",
        "knows both",
    ),
    Mistake(
        "lm-shift-wrong-way",
        loss(language=_wrong_way),
        _knows_both,
        "Is the token that you ask for later than the row of logits, or earlier?",
        "Take a text of three tokens and draw an arrow from each row of logits that "
        "you keep to its target.",
        "A weather service that is marked on yesterday's weather.",
        "knows both",
    ),
    Mistake(
        "loss-counts-pad",
        loss(language=_counts_pad),
        _wider,
        "Does a wider margin make the student better, or worse?",
        "Padding stands among the targets too. Who tells the loss to leave it out?",
        "An average mark that counts the empty seats depends on the size of the room.",
        "wider margin",
    ),
    Mistake(
        "loss-pad-denominator",
        loss(language=_pad_in_denominator),
        _wider,
        "You took terms out of the sum. What about the count?",
        "A mean has a sum and a number of terms. Which terms does yours divide by?",
        "Five children share the sweets of five; three of the children have left. By "
        "how many do you divide?",
        "wider margin",
    ),
    Mistake(
        "pad-is-not-zero",
        loss(language=_pad_zero),
        _noise("There is no padding in this batch, and you leave tokens out."),
        "Which id has padding here, and which id do you leave out?",
        "In this batch 0 is a word like any other. The id of padding is handed to "
        "you; do you use it?",
        "A guest list without the name of the host, by habit: at whose party?",
        "noise",
    ),
    Mistake(
        "tokens-pooled",
        loss(language=_pooled),
        _padded,
        "Has each token one vote in the language model's part, or each text?",
        "The long text has four targets, the short one a single one. What does each "
        "text weigh in your mean, and what does the task ask for?",
        "A committee of three parties: one vote for each party, or one for each of "
        "its members?",
        "padding",
    ),
    Mistake(
        "last-token-only",
        loss(language=_last_token_only),
        _noise("You ask for one token of each text, and four are to be guessed."),
        "At how many positions has the model something to guess?",
        "The head reads one position of a text. Does the language model, too?",
        "A teacher sets a test of four sums and marks the last.",
        "noise",
    ),
    Mistake(
        "language-summed",
        loss(language=_summed),
        _noise("A batch of longer texts would drown the labels."),
        "What happens to the two parts when the texts are twice as long?",
        "λ weighs one mean against another. Is your second part a mean?",
        "A goal against 90 minutes: what is added up there?",
        "noise",
    ),
    Mistake(
        "language-summed-in-texts",
        loss(language=_summed_in_texts),
        _noise("A long text would weigh more than its label."),
        "What happens to the two parts when the texts are twice as long?",
        "λ weighs a mean of one text against its label. Is there a mean over the "
        "text's tokens in your function?",
        "Two pupils are compared by their points; one has sat four tests and the "
        "other one.",
        "noise",
    ),
    Mistake(
        "task-summed",
        loss(task=_task_summed),
        _zero,
        "What happens to your number when the same batch comes twice?",
        "λ weighs one mean against another. Is your first part a mean?",
        "A distance in kilometres is no speed.",
        "without language",
    ),
    Mistake(
        "both-summed",
        loss(task=_task_summed, language=_summed),
        _zero,
        "What happens to your number when the same batch comes twice?",
        "The paper's L₁ and L₂ are sums over a corpus. What does the task ask for "
        "here, and over how many terms is each?",
        "The bill of the whole table is not what each guest pays.",
        "without language",
    ),
    Mistake(
        "graph-cut",
        graph_cut,
        "Your number is right, and it has no gradient.",
        "How does the optimiser learn which way to go?",
        "A loss is a number that still knows where it came from. At which of your "
        "calls does it forget?",
        "The sum on the bill, and the bill torn off.",
        "gradient",
    ),
    Mistake(
        "softmax-before-task",
        loss(task=_task_softmax),
        _knows_both,
        "What is the best loss that a head could get from you?",
        "`cross_entropy` takes logits and does a softmax of its own. What does a "
        "softmax make of numbers that lie between 0 and 1?",
        "A photograph of a photograph: each time the contrast is lower.",
        "knows both",
    ),
    Mistake(
        "softmax-before-both",
        loss(task=_task_softmax, language=_softmax_first),
        _knows_both,
        "What is the best loss that anybody could get from you?",
        "`cross_entropy` takes logits and does a softmax of its own. How many "
        "softmaxes stand between the logits and each of your parts?",
        "A photograph of a photograph: each time the contrast is lower.",
        "knows both",
    ),
    Mistake(
        "ce-view-not-transpose",
        loss(language=_reshaped),
        _knows_both,
        "Did you move an axis, or cut the tape anew?",
        "A reshape keeps the numbers in reading order. Follow one row of logits: are "
        "its V numbers still those of one position?",
        "A calendar with 7 columns, printed again with 31: is what stands under "
        "Monday still a Monday?",
        "knows both",
    ),
    Mistake(
        "softmax-before-language",
        loss(language=_softmax_first),
        _knows_both,
        "What is the best loss that a language model could get from you?",
        "`cross_entropy` takes logits and does a softmax of its own. How many "
        "softmaxes stand between the logits and your second part?",
        "A photograph of a photograph: each time the contrast is lower.",
        "knows both",
    ),
)
