"""What people get wrong in an LSTM's cell, for the exercise lstm-step."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


# What a wrong cell does with gates that are right; "raw" ones are not squashed.
def _raw(x, h, W_x, W_h, b):
    return (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=-1)


def _cell(update):
    def lstm_step(x, h, c, W_x, W_h, b):
        i, f, g, o = _raw(x, h, W_x, W_h, b)
        return update(i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), h, c)

    return lstm_step


def _show(o, c):
    return o * c.tanh(), c


def _order(order):
    """A cell that takes the four stacked parts to be in another order."""

    def lstm_step(x, h, c, W_x, W_h, b):
        part = dict(zip(order, _raw(x, h, W_x, W_h, b), strict=True))
        i, f, o = (part[k].sigmoid() for k in "ifo")
        return _show(o, f * c + i * part["g"].tanh())

    return lstm_step


def _squashed(gate, candidate):
    def lstm_step(x, h, c, W_x, W_h, b):
        i, f, g, o = _raw(x, h, W_x, W_h, b)
        return _show(gate(o), gate(f) * c + gate(i) * candidate(g))

    return lstm_step


def _n(values, at=(0, 0)):
    return short(values[at].round(decimals=4))


def shown(got):
    return _n(got[0])


def _c(got):
    return _n(got[1])


lstm = _cell(lambda i, f, g, o, h, c: _show(o, f * c + i * g))  # the right one

KEEP = (
    "With the forget gate open and the input gate shut, the cell should keep its 1.5. "
)
WRITE = (
    "With the forget gate shut, the input gate open and −2 as the candidate's sum, the "
    "old 1.5 should go and tanh(−2) = −0.964 should be written. "
)
HIDE = "The output gate is shut, so nothing of the cell should show. "
ORDER = (
    "Where does each of the four parts stand in the stacked product, and in which "
    "order do you take them out?"
)
LISTED = (
    "torch's GRU stacks reset, update, new. With width 2 the rows 0–1 are reset, 2–3 "
    "update, 4–5 new. Write such a list of rows for the LSTM, and lay your own beside "
    "it."
)

MISTAKES = (
    Mistake(
        "lstm-cell-is-hidden",
        _cell(lambda i, f, g, o, h, c: (_show(o, f * c + i * g)[0],) * 2),
        lambda got, _: (
            f"{KEEP}You return {_c(got)} as the cell, the very number that "
            f"you return as the hidden state ({shown(got)})."
        ),
        "Two states with two jobs: did you return one of them twice?",
        "Only the cell goes from step to step without being squashed: that is how it "
        "remembers. Watch which name your last line gives to the second place.",
        "A shop has a stock room and a window. What the window shows is chosen from "
        "the stock and dressed up; tomorrow's stock is not what stood in the window. "
        "Stock 150, shown 90: with how many does tomorrow begin?",
    ),
    Mistake(
        "lstm-returns-swapped",
        _cell(lambda i, f, g, o, h, c: _show(o, f * c + i * g)[::-1]),
        lambda got, _: (
            f"{KEEP}It stands at the wrong place: your first result is "
            f"{shown(got)} and your second {_c(got)}."
        ),
        "Which of the two does the caller expect first?",
        "Both have the same shape, so nothing complains. Compare the last line with "
        "the question's last line.",
        "`divmod(17, 5)` is (3, 2). Someone who unpacks it as rest, quotient gets a "
        "rest of 3 and a quotient of 2: no error, and each number by itself is right.",
    ),
    Mistake(
        "lstm-hidden-is-cell",
        _cell(lambda i, f, g, o, h, c: (f * c + i * g,) * 2),
        lambda got, _: f"{HIDE}You show {shown(got)}, the cell itself.",
        "What stands between what the cell knows and what it shows?",
        "The hidden state's formula has two more symbols beside c'. Tick off where "
        "your code uses the fourth of the stacked parts.",
        "A diary (the memory) and a postcard (what others read): the card holds a "
        "chosen part, cut to size. Two operations lie between them. Name both.",
        probe="hide",
    ),
    Mistake(
        "lstm-no-output-gate",
        _cell(lambda i, f, g, o, h, c: ((f * c + i * g).tanh(), f * c + i * g)),
        lambda got, _: f"{HIDE}You show {shown(got)}.",
        "Which of the four parts does your code compute and then never use?",
        "A cell may know a thing for a hundred steps before it matters. Something "
        "lets it stay quiet until then.",
        "A tap has a supply and a handle. With the handle at 0 nothing runs, however "
        "full the tank: flow = handle × pressure. Find the handle here.",
        probe="hide",
    ),
    Mistake(
        "lstm-no-output-tanh",
        _cell(lambda i, f, g, o, h, c: (o * (f * c + i * g), f * c + i * g)),
        lambda got, _: (
            "With the output gate open and 1.5 in the cell, you show "
            f"{shown(got)}. A hidden state of an LSTM never leaves the range from −1 "
            "to 1."
        ),
        "The cell may grow without bound. May what it shows?",
        "A gate only multiplies by at most 1: it cannot tame a cell that has added up "
        "to 30. Look for the symbol that can.",
        "A loudspeaker: the volume knob (0 to 1) scales, and a limiter keeps the peak "
        "below 1. With a signal of 30 and the knob at 1, the knob alone gives 30.",
    ),
    Mistake(
        "lstm-candidate-sigmoid",
        _squashed(torch.sigmoid, torch.sigmoid),
        lambda got, _: (
            f"{WRITE}You write {_c(got)}: your cell can only be written upwards."
        ),
        "Is the candidate a gate?",
        "Three of the four parts answer “how much?”, one answers “what?”. Which range "
        "does each kind of answer need?",
        "A slider for volume runs from 0 to 1; a slider for balance from −1 (left) to "
        "1 (right). Someone builds both with the volume's part: what can the balance "
        "no longer do?",
        probe="write",
    ),
    Mistake(
        "lstm-candidate-linear",
        _squashed(torch.sigmoid, lambda a: a),
        lambda got, _: f"{WRITE}You write {_c(got)}.",
        "Has the candidate been through a squashing function?",
        "Without it one unusual input can push the cell as far as it likes. Check "
        "all four parts, one by one.",
        "A jury's marks go from −1 to 1. A judge who shouts “−20” would outweigh "
        "everybody, unless each mark is brought into the range before it is added.",
        probe="write",
    ),
    Mistake(
        "lstm-forget-input-swapped",
        _order("figo"),
        lambda got, _: f"{KEEP}Yours is {_c(got)}: it forgot, and wrote.",
        "Two gates do each other's work. " + ORDER,
        "Some books list the forget gate first. The weights do not know that: what "
        "counts is the order in which torch stacked them.",
        LISTED,
    ),
    Mistake(
        "lstm-gate-order-ifog",
        _order("ifog"),
        lambda got, _: (
            "With forget and output open, the input gate shut and 1.5 in the cell, "
            f"you show {shown(got)} in place of 0.905. Shut the output gate too, and "
            "something shows."
        ),
        "The third and the fourth part do each other's work. " + ORDER,
        "Layouts differ between libraries, and weights laid out for one make nonsense "
        "in another, silently. Whose layout does the question name?",
        LISTED,
    ),
    Mistake(
        "lstm-gate-order-igfo",
        _order("igfo"),
        lambda got, _: f"{KEEP}Yours is {_c(got)}, and it follows the candidate's sum.",
        "The second and the third part do each other's work. " + ORDER,
        "A part that should be squashed by tanh and one that should not have changed "
        "places. Whose layout does the question name?",
        LISTED,
    ),
    Mistake(
        "lstm-gate-order-iofg",
        _order("iofg"),
        lambda got, _: (
            f"{KEEP}Yours is {_c(got)}: your second part is not torch's forget gate."
        ),
        "Three of the four parts are at another place. " + ORDER,
        "Only the first part is where it belongs. Whoever takes over weights from "
        "elsewhere has to move rows. Whose rows are these?",
        LISTED,
    ),
    Mistake(
        "lstm-bias-forgotten",
        lambda x, h, c, W_x, W_h, b: lstm(x, h, c, W_x, W_h, 0 * b),
        lambda got, _: (
            f"{KEEP}Yours is {_c(got)}: both weight matrices are 0 here, and the gates "
            "stay half open."
        ),
        "Which of the arguments does your function never read?",
        "With weights of 0, one thing is left that can open a gate. A forget gate that "
        "begins open is set by it.",
        "The line y = 2x goes through the origin, and no slope changes that. To reach "
        "y(0) = 3 it needs one more number. Which number is that here?",
    ),
    Mistake(
        "lstm-state-ignored",
        lambda x, h, c, W_x, W_h, b: lstm(x, 0 * h, c, W_x, W_h, b),
        lambda got, _: (
            "Here it is the old hidden state that opens the forget gate and shuts the "
            f"input gate. The cell should keep its 1.5. Yours is {_c(got)}."
        ),
        "What do your gates look at, besides the input?",
        "Whether to keep something depends on what is known already. Follow `h` "
        "through your code.",
        "A doorman who sees only the guest, and not how full the house is, decides the "
        "same at 8 and at midnight. What does he need to look at?",
        probe="set by the state",
    ),
    Mistake(
        "lstm-forget-is-one-minus-input",
        _cell(lambda i, f, g, o, h, c: _show(o, (1 - i) * c + i * g)),
        lambda got, _: (
            "With forget and input gate both open, the cell should hold "
            f"old plus new, 1.5 − 0.964 = 0.536. Yours holds {_c(got)}: writing wiped "
            "the old."
        ),
        "Can your cell keep everything and write at the same time?",
        "One gate that trades old against new is how a GRU works. An LSTM has a gate "
        "more: see whether you use the second of the four parts.",
        "Mixing paint in a cup that is always full: new colour in, as much old colour "
        "out, 0.3 in and 0.7 stay. A bucket with room has two separate decisions. "
        "Which one does the formula for c' describe?",
        probe="both",
    ),
    Mistake(
        "lstm-no-forget",
        _cell(lambda i, f, g, o, h, c: _show(o, c + i * g)),
        lambda got, _: f"{WRITE}You get {_c(got)}: the old is still in there.",
        "How does your cell ever get rid of anything?",
        "The first LSTM, of 1997, was like this, and its cells never let go. The "
        "gate that came later is one of your four parts.",
        "A running total, 3, 8, 15, only knows up. A leaky bucket that keeps 0.5 of "
        "its content before each new cup, 3, 6.5, 10.25, settles. What is the 0.5?",
        probe="write",
    ),
    Mistake(
        "lstm-no-input-gate",
        _cell(lambda i, f, g, o, h, c: _show(o, f * c + g)),
        lambda got, _: (
            f"{KEEP}Yours is {_c(got)}: the candidate was written all the same."
        ),
        "Who decides whether the candidate is written?",
        "Most inputs are not worth remembering. Count how many of your gates take "
        "part in the new cell.",
        "A secretary who files every letter has a full cabinet; one who multiplies "
        "each letter by “worth it?” (0 or 1) has an empty in-tray and a short file.",
    ),
    Mistake(
        "lstm-cell-squashed",
        _cell(lambda i, f, g, o, h, c: _show(o, (f * c + i * g).tanh())),
        lambda got, _: (
            f"{KEEP}Yours is {_c(got)}, and a step later it would be smaller still."
        ),
        "What happens to a number that is squashed at every step, for fifty steps?",
        "tanh appears twice in the cell: once for what may be written, once for what "
        "is shown. Is the memory itself one of the two?",
        "Photocopy a photocopy fifty times, and little is left. Keep the original and "
        "hand out copies, and nothing is lost. Which one does your cell carry on?",
    ),
    Mistake(
        "lstm-hidden-from-old-cell",
        _cell(lambda i, f, g, o, h, c: (o * c.tanh(), f * c + i * g)),
        lambda got, _: (
            "The cell has just been overwritten with −0.964, and you show "
            f"{shown(got)}: tanh of the 1.5 that stood there before."
        ),
        "Which c does your hidden state look at?",
        "The formula has a prime on one of the c. Follow the name through your lines: "
        "at the moment of showing, is the old or the new cell behind it?",
        "balance = 10, deposit = 5. A receipt printed before the booking says 10; one "
        "printed after it says 15. What order do your lines have?",
        probe="write",
    ),
    Mistake(
        "lstm-memory-from-hidden",
        _cell(lambda i, f, g, o, h, c: _show(o, f * h + i * g)),
        lambda got, _: (
            f"{KEEP}Yours is {_c(got)}: that is the old *hidden state*, kept."
        ),
        "Which of the two states does the forget gate work on?",
        "The hidden state has already been gated and squashed on its way out. Find "
        "the long road on which nothing is squashed.",
        "To continue a sum you need the running total, not the rounded figure that "
        "was announced: 3.4 announced as 3, plus 3.4, is 6.8 and not 6.4.",
    ),
    Mistake(
        "lstm-forget-reversed",
        _cell(lambda i, f, g, o, h, c: _show(o, (1 - f) * c + i * g)),
        lambda got, _: f"{KEEP}Yours is {_c(got)}.",
        "What does a forget gate of 1 mean: forget, or keep?",
        "The name misleads. Read the formula and put in f = 1.",
        "A dimmer named “darkness” that multiplies the light: at 1 the lamp is fully "
        "on, whatever the label says. What the formula does counts, not the name.",
    ),
    Mistake(
        "lstm-gates-not-squashed",
        _squashed(lambda a: a, torch.tanh),
        lambda got, _: f"{KEEP}Yours is {_c(got)}: gates that multiply by 20 and −20.",
        "Between which two numbers should a gate lie?",
        "The product of weights and inputs can be any number. Something has to turn "
        "it into a share before it can say how much to keep.",
        "“Keep 120 % of it” and “keep −3 of it” are not shares. A score of 2 becomes "
        "a share of 0.88, one of −2 a share of 0.12. Which function does that?",
    ),
    Mistake(
        "lstm-gates-tanh",
        _squashed(torch.tanh, torch.tanh),
        lambda got, _: (
            "With every gate's sum at 0 a gate is half open, so half of "
            f"the 1.5 and half of the candidate make 1.13. Your cell is {_c(got)}."
        ),
        "Should a gate be able to say −1?",
        "Two S-shaped curves, one from −1 to 1, one from 0 to 1: see which of the four "
        "parts needs which.",
        "A door that is −1 open would let people walk through backwards. Shut is 0, "
        "ajar 0.5, open 1. What would a tanh make of a sum of 0?",
        probe="half",
    ),
)
