"""What people get wrong in a loop that generates, for the exercise gpt-generate."""

from dataclasses import replace

from ...exercises.model import Mistake
from ._generate_wrong import (
    DRAWN,
    EVERY_POSITION,
    FILLS,
    FIRST_POSITION,
    FIRST_ROW,
    NEWEST,
    OLDEST,
    ONE_SHORT,
    UNCROPPED,
    always_train,
    beginning_lost,
    dropout_on_then_train,
    loop,
    new_ones_only,
    window_never_moves,
)


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

_INSIDE = (
    Mistake(
        "greedy-wrong-position",
        loop(**FIRST_POSITION),
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
        loop(**OLDEST),
        _window,
        "Which tokens may be forgotten?",
        "Print what the model reads in the last two steps. Does it know of the token "
        "that was added last?",
        "A notebook has four lines. When a fifth thing is to be noted, which is wiped?",
        "past the window",
    ),
    Mistake(
        "crop-missing",
        loop(**UNCROPPED),
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
        loop(**NEWEST),
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
        loop(**ONE_SHORT),
        _window,
        "How many tokens does the model read when the text is long?",
        "The model takes `max_len` tokens. Count those in your slice, for max_len = 4.",
        "A shelf for four books with three on it and one on the floor.",
        "past the window",
    ),
    Mistake(
        "first-row-for-all",
        loop(**FIRST_ROW),
        _second,
        "Whose token is added to the second text?",
        "Each row has logits of its own. Where in your line is the second row's "
        "choice?",
        "The first guest orders, and all get the same.",
        "in the window",
    ),
    Mistake(
        "drawn-not-greedy",
        loop(**DRAWN),
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
        loop(**EVERY_POSITION),
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
        loop(steps=lambda T, n, _: max(0, n - T)),
        _shape,
        "Does n count what is added, or everything?",
        "Work out the last axis for T = 3 and n = 4, from the task and from your loop.",
        "“Four more” and “four in all” are two orders at a bakery.",
        "in the window",
    ),
    Mistake(
        "fills-the-window",
        loop(**FILLS),
        _shape,
        "Which number in the task says how many tokens are added?",
        "`max_len` limits what the model reads in one step. Does it limit the text?",
        "A page has room for 30 lines. Does that say how long the letter is?",
        "in the window",
    ),
    Mistake(
        "one-token-too-many",
        loop(steps=lambda T, n, _: n + 1),
        _shape,
        "With n = 1, how often does your loop run?",
        "Count the calls of the model for n = 1 and for n = 0.",
        "A fence of four fields has five posts. Which of the two does n count?",
        "in the window",
    ),
    Mistake(
        "one-token-too-few",
        loop(steps=lambda T, n, _: n - 1),
        _shape,
        "With n = 1, how often does your loop run?",
        "Count the tokens that are added for n = 1. Where did the last one go?",
        "A fence of five posts has four fields. Which of the two does n count?",
        "in the window",
    ),
)

# a fault inside the loop keeps its name where the mode is not looked after either
_AND_THE_MODE = {
    "greedy-wrong-position": FIRST_POSITION,
    "crop-keeps-oldest": OLDEST,
    "crop-missing": UNCROPPED,
    "newest-token-alone": NEWEST,
    "drawn-not-greedy": DRAWN,
    "fills-the-window": FILLS,
}
_TWO_FAULTS = tuple(
    replace(mistake, id=f"{mistake.id}{suffix}", wrong=loop(**inside, **around))
    for mistake in _INSIDE
    if (inside := _AND_THE_MODE.get(mistake.id))
    for suffix, around in (
        ("-and-dropout", {"quiet": False}),
        ("-and-left-in-evaluation", {"back": False}),
    )
)

MISTAKES = (
    *_INSIDE,
    *_TWO_FAULTS,
    Mistake("eval-mode-missing", loop(quiet=False), **DROPOUT),
    Mistake("eval-mode-missing-and-train", dropout_on_then_train, **DROPOUT),
    Mistake(
        "left-in-evaluation",
        loop(back=False),
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
