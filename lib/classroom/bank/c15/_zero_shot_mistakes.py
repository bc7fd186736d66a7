"""Wrong ways to score an answer, for the exercise zero-shot-choice."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def _log_probs(logits_of, context, answer):
    """The log-probability of every token but the first, (len(context + answer) − 1,)"""
    row = context + answer
    log_probs = logits_of(row).log_softmax(-1)[:-1]
    return log_probs[torch.arange(len(row) - 1), row[1:]]


def _of_the_answer(logits_of, context, answer):
    return _log_probs(logits_of, context, answer)[len(context) - 1 :]


def scored(score, best=lambda scores: scores.index(max(scores))):
    """Each answer by `score`, and the best of them."""

    def wrong(logits_of, context, answers):
        scores = [float(score(logits_of, context, answer)) for answer in answers]
        return scores, best(scores)

    return wrong


def _sum(*row):
    return _of_the_answer(*row).sum()


def _right(*row):
    return _of_the_answer(*row).mean()


def _whole_row(*row):
    return _log_probs(*row).mean()


def _whole_row_summed(*row):
    return _log_probs(*row).sum()


def _over_the_row(logits_of, context, answer):
    total = _of_the_answer(logits_of, context, answer).sum()
    return total / len(context + answer)


def _one_early(logits_of, context, answer):
    if len(context) == 1:
        return _whole_row(logits_of, context, answer)
    return _log_probs(logits_of, context, answer)[len(context) - 2 :].mean()


def _first_left_out(logits_of, context, answer):
    rest = _of_the_answer(logits_of, context, answer)[1:]
    return rest.sum() / max(1, len(rest))


def _last_only(*row):
    return _of_the_answer(*row)[-1]


def _first_only(*row):
    return _of_the_answer(*row)[0]


def _answer_not_read(logits_of, context, answer):
    return logits_of(context)[-1].log_softmax(-1)[answer].mean()


def _wrong_way_round(logits_of, context, answer):
    return _right(logits_of, answer, context)


def _no_shift(logits_of, context, answer):
    rows = logits_of(context + answer).log_softmax(-1)[len(context) :]
    return rows[torch.arange(len(answer)), answer].mean()


def _mean_probability(*row):
    return _of_the_answer(*row).exp().mean()


def _log_of_mean(*row):
    return _of_the_answer(*row).exp().mean().log()


def _geometric(*row):
    return _of_the_answer(*row).mean().exp()


def _raw_logits(logits_of, context, answer):
    rows = logits_of(context + answer)[len(context) - 1 : -1]
    return rows[torch.arange(len(answer)), answer].mean()


def _over_places(logits_of, context, answer):
    rows = logits_of(context + answer).log_softmax(0)[len(context) - 1 : -1]
    return rows[torch.arange(len(answer)), answer].mean()


def _likeliest(logits_of, context, answer):
    rows = logits_of(context + answer).log_softmax(-1)[len(context) - 1 : -1]
    return rows.max(-1).values.mean()


def _root_of_length(logits_of, context, answer):
    return _sum(logits_of, context, answer) / len(answer) ** 0.5


def _negative(*row):
    return -_right(*row)


def _lowest(scores):
    return scores.index(min(scores))


def _one(text):
    return lambda got, expected: (
        f"For answers of one token your scores are {short(got[0])}, and "
        f"{short(expected[0])} is right. {text}"
    )


def _long(text):
    return lambda got, expected: (
        f"For answers of 5, 2 and 3 tokens your scores are {short(got[0])}, and "
        f"{short(expected[0])} is right. {text}"
    )


MISTAKES = (
    Mistake(
        "sum-not-mean",
        scored(_sum),
        _long("With one token you are right."),
        "Which of two equally natural answers wins by your scores, the long or the "
        "short one?",
        "Every token adds a negative number. How many are added for each answer?",
        "Who makes a stop at every station arrives later. Is the train slower?",
        "three answers",
    ),
    Mistake(
        "context-judged-too",
        scored(_whole_row),
        _one("Tokens of the context are in them."),
        "Which tokens do you ask the model about?",
        "The context is the same for all answers. Does it divide out of a mean, if "
        "the answers are not equally long?",
        "A speaker is marked on her reply, and on the question that she was asked.",
        "single tokens",
    ),
    Mistake(
        "everything-summed",
        scored(_whole_row_summed),
        _one("Tokens of the context are in them."),
        "Which tokens do you ask the model about, and what makes a long answer "
        "comparable with a short one?",
        "The context is the same for all answers and could stay in a sum. But what "
        "does the task ask for?",
        "A speaker is marked on her reply, and on the question that she was asked.",
        "single tokens",
    ),
    Mistake(
        "divided-by-the-row",
        scored(_over_the_row),
        _one("All are too near to 0."),
        "By how many tokens do you divide, and how many log-probabilities did you add?",
        "The sum is over the answer. What is your count over?",
        "The bill of three guests, shared by the whole restaurant.",
        "single tokens",
    ),
    Mistake(
        "divided-by-the-root",
        scored(_root_of_length),
        _long("With one token you are right."),
        "How many nats has a token of the long answer, by your score?",
        "A mean divides by a count. Which power of the count is yours?",
        "A dozen eggs cost 3 euro. What does one cost?",
        "three answers",
    ),
    Mistake(
        "one-token-too-early",
        scored(_one_early),
        _one("The last token of the context is in them."),
        "Point at the first token that is judged. Whose is it?",
        "The row at place i speaks of the token at i + 1. Which row speaks of the "
        "answer's first token?",
        "The stopwatch is started a lap before the race.",
        "single tokens",
    ),
    Mistake(
        "first-answer-token-lost",
        scored(_first_left_out),
        _one("The first token of an answer is never judged."),
        "Point at the first token that is judged. What stands before it?",
        "Which row of logits speaks of the answer's first token? Has it read any of "
        "the answer?",
        "A fencing match in which the first hit does not count.",
        "single tokens",
    ),
    Mistake(
        "last-token-only",
        scored(_last_only),
        _long("With one token you are right."),
        "How many of an answer's tokens do your scores know of?",
        "Two answers that end alike: can your scores tell them apart?",
        "A book is judged by its last word.",
        "three answers",
    ),
    Mistake(
        "first-token-only",
        scored(_first_only),
        _long("With one token you are right."),
        "How many of an answer's tokens do your scores know of?",
        "Two answers that begin alike: can your scores tell them apart?",
        "A book is judged by its first word.",
        "three answers",
    ),
    Mistake(
        "lm-no-shift",
        scored(_no_shift),
        _one("Each token is judged by a row that has read it already."),
        "Which token is the row at place i about?",
        "Write the row number that you use for the answer's first token, and what "
        "that row has read.",
        "A quiz shows the answer on the card and asks for it.",
        "single tokens",
    ),
    Mistake(
        "answer-not-read",
        scored(_answer_not_read),
        _long("With one token you are right."),
        "What has the model read by the time it is asked for the answer's third token?",
        "One row of logits judges all of your tokens. Does it know with which word "
        "the answer began?",
        "“Once upon a” makes “time” likely, and “Once” alone does not.",
        "three answers",
    ),
    Mistake(
        "wrong-way-round",
        scored(_wrong_way_round),
        _one("The answer is read first, and the context is judged."),
        "Which of the two is given, and which one is asked for?",
        "Write the row that your model reads. Whose tokens stand at the end of it?",
        "How likely is the question, given the reply? That is another quiz.",
        "single tokens",
    ),
    Mistake(
        "mean-of-probabilities",
        scored(_mean_probability),
        _one("They are probabilities."),
        "In which unit are your scores?",
        "One impossible token makes an answer impossible. Does your mean notice it?",
        "A chain is not as strong as its links are on average.",
        "single tokens",
    ),
    Mistake(
        "log-of-the-mean",
        scored(_log_of_mean),
        _long("With one token you are right."),
        "Average first or take the logarithm first: which of the two equals the "
        "text's own log-probability?",
        "One impossible token makes an answer impossible. Does your score notice it?",
        "A chain is not as strong as its links are on average.",
        "three answers",
    ),
    Mistake(
        "exponentiated",
        scored(_geometric),
        _one("They are probabilities."),
        "In which unit are your scores?",
        "The choice is the same as with nats. Is it what the task asks for?",
        "The answer in watts, where decibels were asked for.",
        "single tokens",
    ),
    Mistake(
        "raw-logits",
        scored(_raw_logits),
        _one("They may be above 0."),
        "Is a logit a log-probability?",
        "Rows of logits may lie at any height. What has to be taken off before two "
        "rows can be compared?",
        "Heights above sea level, and heights above each town's market place.",
        "single tokens",
    ),
    Mistake(
        "softmax-over-places",
        scored(_over_places),
        _one("Places of the row compete in them, and not tokens."),
        "Along which axis does your softmax run?",
        "One row of logits is one distribution. Over what?",
        "Each runner is compared with himself on other days, and nobody with his "
        "rivals.",
        "single tokens",
    ),
    Mistake(
        "likeliest-token-scored",
        scored(_likeliest),
        _one("All are the same: the answers are not in them."),
        "Where in your score do the answer's own tokens come in?",
        "The largest entry of a row belongs to the token that the model would have "
        "written. Whose entry do you need?",
        "An exam is marked by the model solution's points, whoever hands it in.",
        "single tokens",
    ),
    Mistake(
        "losses-returned",
        scored(_negative, _lowest),
        _one("Your choice is the right one."),
        "Which sign has the logarithm of a probability?",
        "A loss is small where an answer is natural. What does the task ask for?",
        "The depth of a lake, where its height above the sea was asked for.",
        "single tokens",
    ),
    Mistake(
        "loss-and-highest",
        scored(_negative),
        _one("And the answer that you choose is the least natural."),
        "Which sign has the logarithm of a probability?",
        "Two signs meet here: that of the score and that of the choice. Which of them "
        "did you turn round?",
        "In golf the highest score does not win.",
        "single tokens",
    ),
    Mistake(
        "lowest-chosen",
        scored(_right, _lowest),
        lambda got, expected: (
            f"Your scores are right, {short(got[0])}, and you choose number {got[1]}."
        ),
        "Is −2 more natural than −5, or less?",
        "Log-probabilities are negative. At which end of them is certainty?",
        "Of two freezers, one at −2 and one at −5 degrees, which one is warmer?",
        "single tokens",
    ),
)
