"""What people get wrong in a loop that generates, for the exercise gpt-generate."""

import torch

from ...exercises.model import Mistake


def _loop(model, ids, n, max_len, *, window=None, choose=None, quiet=True, back=True):
    """A right loop, of which each mistake replaces one part."""
    mode = model.training
    if quiet:
        model.eval()
    for _ in range(n):
        seen = window(ids) if window else ids[:, -max_len:]
        logits = model(seen)
        new = choose(logits) if choose else logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
    if back:
        model.train(mode)
    return ids


def first_position(model, ids, n, max_len):
    return _loop(
        model, ids, n, max_len, choose=lambda x: x[:, 0].argmax(-1, keepdim=True)
    )


def keeps_oldest(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, window=lambda x: x[:, :max_len])


def no_crop(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, window=lambda x: x)


def newest_alone(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, window=lambda x: x[:, -1:])


def window_never_moves(model, ids, n, max_len):
    begin = ids[:, -max_len:]
    return _loop(model, ids, n, max_len, window=lambda _: begin)


def one_short(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, window=lambda x: x[:, 1 - max_len :])


def first_row_for_all(model, ids, n, max_len):
    return _loop(
        model,
        ids,
        n,
        max_len,
        choose=lambda x: x[0, -1].argmax().expand(len(x), 1),
    )


def drawn(model, ids, n, max_len):
    return _loop(
        model,
        ids,
        n,
        max_len,
        choose=lambda x: torch.multinomial(x[:, -1].softmax(-1), 1),
    )


def all_positions_appended(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, choose=lambda x: x.argmax(-1))


def new_ones_only(model, ids, n, max_len):
    return _loop(model, ids, n, max_len)[:, ids.shape[1] :]


def beginning_lost(model, ids, n, max_len):
    for_each, mode = ids, model.training
    model.eval()
    for _ in range(n):
        for_each = for_each[:, -max_len:]
        new = model(for_each)[:, -1].argmax(-1, keepdim=True)
        for_each = torch.cat([for_each, new], dim=1)
    model.train(mode)
    return for_each


def until_length_n(model, ids, n, max_len):
    return _loop(model, ids, max(0, n - ids.shape[1]), max_len)


def one_too_many(model, ids, n, max_len):
    return _loop(model, ids, n + 1, max_len)


def one_too_few(model, ids, n, max_len):
    return _loop(model, ids, n - 1, max_len)


def dropout_on(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, quiet=False)


def left_in_eval(model, ids, n, max_len):
    return _loop(model, ids, n, max_len, back=False)


def always_train(model, ids, n, max_len):
    added = _loop(model, ids, n, max_len)
    model.train()
    return added


def dropout_on_then_train(model, ids, n, max_len):
    added = _loop(model, ids, n, max_len, quiet=False)
    model.train()
    return added


def _row(ids):
    return "[" + ", ".join(map(str, ids[1].tolist())) + "]" if ids.dim() == 2 else "…"


def _second(got, expected):
    return (
        f"From [0, 5, 10] on, your second text goes {_row(got)}, and {_row(expected)} "
        "is right."
    )


def _shape(got, expected):
    return (
        f"For 2 beginnings of 3 tokens and n = 4 you return shape {tuple(got.shape)}, "
        f"and {tuple(expected.shape)} is right."
    )


def _window(got, expected):
    return (
        "With max_len = 4 and a beginning of 3, your second text goes "
        f"{_row(got)}, and {_row(expected)} is right."
    )


def _mode(got, _):
    mode = "training" if got["training"] else "evaluation"
    return f"You were given a model, and left it in {mode} mode."


DROPOUT = {
    "symptom": lambda got, expected: (
        "With a model in training mode your second text goes "
        f"{_row(got['ids'])}, and {_row(expected['ids'])} without dropout."
    ),
    "question": "Ask the same question twice: do you get the same answer?",
    "pointer": "`no_grad` keeps no gradients; it leaves dropout on. Who tells a model "
    "that class is over?",
    "neighbour": "An orchestra in rehearsal lets a third of its players rest, by lot. "
    "What would you say to it before the concert?",
    "probe": "in training",
}

MISTAKES = (
    Mistake(
        "greedy-wrong-position",
        first_position,
        _second,
        "Which position has read everything?",
        "Logits have a row for each position. Row 0 has seen one token; what does the "
        "row have to have seen that you need?",
        "Twelve witnesses came in one after the other, and each heard those before. "
        "Whom do you ask for the whole story?",
        "in the window",
    ),
    Mistake(
        "crop-keeps-oldest",
        keeps_oldest,
        _window,
        "Which tokens may be forgotten?",
        "Print what the model reads in the last two steps. Does it know of the token "
        "that was added last?",
        "A notebook has four lines. When a fifth thing is to be noted, which is wiped?",
        "past the window",
    ),
    Mistake(
        "crop-missing",
        no_crop,
        lambda got, _: (
            f"With max_len = 4 the model stops you: “{got}”."
            if isinstance(got, Exception)
            else "With max_len = 4 the model is given more than 4 tokens."
        ),
        "How many tokens do you hand to the model in the last step?",
        "The text grows, and the window of the model does not. What part of the text "
        "may it still see?",
        "A ferry takes four cars, and a fifth has arrived. Who waits on the shore?",
        "past the window",
    ),
    Mistake(
        "newest-token-alone",
        newest_alone,
        _second,
        "How much of the text does the model read in your second step?",
        "Without a cache the model remembers nothing between two calls. What does a "
        "call have to bring along?",
        "Somebody without memory is told the last word of a story only, and asked how "
        "it goes on.",
        "in the window",
    ),
    Mistake(
        "window-never-moves",
        window_never_moves,
        _second,
        "Does what the model reads change from step to step?",
        "The same input gives the same likeliest token. Who shows the model what it "
        "has just written?",
        "A writer who reads only the first page each morning begins chapter two each "
        "morning.",
        "in the window",
    ),
    Mistake(
        "window-one-short",
        one_short,
        _window,
        "How many tokens does the model read when the text is long?",
        "The model takes `max_len` tokens. Count those in your slice, with max_len = 4.",
        "A shelf for four books with three on it and one on the floor.",
        "past the window",
    ),
    Mistake(
        "first-row-for-all",
        first_row_for_all,
        _second,
        "Whose token is added to the second text?",
        "Each row has logits of its own. Where in your line is the second row's "
        "choice?",
        "The first guest orders, and all get the same.",
        "in the window",
    ),
    Mistake(
        "drawn-not-greedy",
        drawn,
        _second,
        "Is there chance in a greedy text?",
        "To draw from a distribution and to take its largest entry are two ways of "
        "going on. Which one was asked for?",
        "A voter who tosses a coin weighted by the polls does not elect the favourite "
        "each time.",
        "in the window",
    ),
    Mistake(
        "all-positions-appended",
        all_positions_appended,
        _shape,
        "How many tokens does one step add?",
        "There is a guess at every position, and all but one of them are answered by "
        "the text itself. Which one is new?",
        "At the end of each page a reader guesses the next. Of the guesses, which one "
        "concerns the page nobody has seen?",
        "in the window",
    ),
    Mistake(
        "beginning-left-out",
        new_ones_only,
        _shape,
        "What does the task ask to be returned: the text, or what was added?",
        "Your new tokens are right. Where is what was there already?",
        "A letter is finished by a friend. Would you post the friend's page alone?",
        "in the window",
    ),
    Mistake(
        "beginning-lost",
        beginning_lost,
        lambda got, expected: (
            "With max_len = 4, a beginning of 3 and n = 6 you return shape "
            f"{tuple(got.shape)}, and {tuple(expected.shape)} is right."
        ),
        "The window moves on. Does the text have to forget what leaves it?",
        "One name stands for two things here: what the model reads, and what has been "
        "written. Are they the same once the text is long?",
        "The camera follows the runner. Is the road behind her gone?",
        "past the window",
    ),
    Mistake(
        "n-is-the-whole-length",
        until_length_n,
        _shape,
        "Does n count what is added, or everything?",
        "Work out the last axis for T = 3 and n = 4, from the task and from your loop.",
        "“Four more” and “four in all” are two orders at a bakery.",
        "in the window",
    ),
    Mistake(
        "one-token-too-many",
        one_too_many,
        _shape,
        "With n = 1, how often does your loop run?",
        "Count the calls of the model for n = 1 and for n = 0.",
        "A fence of four fields has five posts. Which of the two does n count?",
        "in the window",
    ),
    Mistake(
        "one-token-too-few",
        one_too_few,
        _shape,
        "With n = 1, how often does your loop run?",
        "Count the tokens that are added for n = 1. Where did the last one go?",
        "A fence of five posts has four fields. Which of the two does n count?",
        "in the window",
    ),
    Mistake("eval-mode-missing", dropout_on, **DROPOUT),
    Mistake("eval-mode-missing-and-train", dropout_on_then_train, **DROPOUT),
    Mistake(
        "left-in-evaluation",
        left_in_eval,
        _mode,
        "Who goes on with the model after you, and in which mode did they hand it "
        "over?",
        "A training loop prints a sample every 100 steps. With your function, does its "
        "dropout still work afterwards?",
        "Whoever borrows a car and moves the seat puts it back.",
        "in training",
    ),
    Mistake(
        "left-in-training",
        always_train,
        _mode,
        "In which mode was the model before you came?",
        "Not everyone who generates is training. What do you have to remember before "
        "you change something, to be able to undo it?",
        "Switching the light on when leaving a room, since it is usually on.",
        "in evaluation",
    ),
)
