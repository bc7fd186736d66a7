"""Chapter 1, write: one step of an Elman network."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
An Elman network reads one input at a time and keeps a state:

$$h' = \tanh(x W_x^\top + h W_h^\top + b)$$

Write one step of it for a whole batch, in NumPy.

- `x` (B, d_in): one input for each of B sequences
- `h` (B, d_hidden): the state of each sequence
- `W_x` (d_hidden, d_in), `W_h` (d_hidden, d_hidden), `b` (d_hidden,)
- returns the new state (B, d_hidden); the inputs stay as they are
"""

STUB = """
def rnn_step(x, h, W_x, W_h, b):
    raise NotImplementedError
"""


def rnn_step(x, h, W_x, W_h, b):
    from_input = x @ W_x.T  # (B, d_hidden)
    from_state = h @ W_h.T  # (B, d_hidden)
    return np.tanh(from_input + from_state + b)


def joined(x, h, W_x, W_h, b):
    both, weights = np.hstack([x, h]), np.hstack([W_x, W_h])
    return np.tanh(both @ weights.T + b)


def row_by_row(x, h, W_x, W_h, b):
    rows = zip(x, h, strict=True)
    return np.stack([np.tanh(W_x @ a + W_h @ s + b) for a, s in rows])


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def sizes():
    rng = np.random.default_rng(1)
    shapes = (2, 3), (2, 5), (5, 3), (5, 5), (5,)
    return tuple(rng.normal(scale=0.7, size=shape) for shape in shapes)


def large():
    """Far out on both arms of tanh."""
    x, h, W_x, W_h, b = sizes()
    return 4 * x, h, 2 * W_x, W_h, b


def silent_input():
    """Nothing to read and no bias: only the state is left, moved on by one place."""
    h = np.array([[0.5, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.3, 0.0, 0.0]])
    return (
        np.zeros((2, 3)),
        h,
        np.ones((5, 3)),
        np.roll(np.eye(5), 1, axis=0),
        np.zeros(5),
    )


def only_bias():
    zeros = np.zeros((2, 3)), np.zeros((2, 5)), np.ones((5, 3)), np.ones((5, 5))
    return *zeros, np.array([0.5, -1.0, 2.0, 0.0, 1.0])


EXERCISE = Exercise(
    id="rnn-step",
    chapter=1,
    kind="write",
    title="One step of an Elman network",
    question=QUESTION,
    difficulty=1,
    minutes=8,
    name="rnn_step",
    stub=STUB,
    reference=rnn_step,
    accepts=(joined, row_by_row),
    proves="Your step mixes input, old state and bias, and squashes their sum once, "
    "for batches, widths and states that are all of different sizes.",
    probes=(
        Probe(
            "silent input",
            silent_input,
            says="With an input of zeros and no bias, "
            "the new state is tanh of what `W_h` makes of the old one",
        ),
        Probe(
            "only bias",
            only_bias,
            says="With zeros for input and state, the new "
            "state is tanh of the bias, in every row",
        ),
        Probe(
            "large",
            large,
            says="However large the input, no entry of the state "
            "leaves the range from −1 to 1",
        ),
        Probe(
            "sizes", sizes, says="The new state is tanh of the sum of all three parts"
        ),
    ),
    mistakes=(
        Mistake(
            "rnn-no-tanh",
            lambda x, h, W_x, W_h, b: x @ W_x.T + h @ W_h.T + b,
            lambda got, _: (
                "With a large input, one entry of your new state is "
                f"{short(got.flat[np.abs(got).argmax()])}. An Elman network's state "
                "never leaves the range from −1 to 1."
            ),
            "What stands between the sum and the new state?",
            "A network without it is linear: fifty steps of it are one matrix. Go "
            "through the formula symbol by symbol and tick off each that you used.",
            "A neuron with weight 2 and input 3 has the sum 6. A step function makes 1 "
            "of it, a rectifier 6, a squashing function something just below 1. Which "
            "kind did the formula ask for, and which do you have?",
            probe="large",
        ),
        Mistake(
            "rnn-tanh-too-early",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + b) + h @ W_h.T,
            lambda got, _: (
                "With an input of zeros, no bias and the state "
                f"{short(silent_input()[1][0])}, your new state is {short(got[0])}: "
                "the old entry arrives unsquashed."
            ),
            "Which parts of the sum have been through tanh, and which have not?",
            "Write down what tanh gets as its argument in your line, and compare the "
            "brackets with those of the formula.",
            "Take √(9 + 16) = 5, and √9 + 16 = 19: the same symbols, and one bracket "
            "closed too soon. Put in numbers for your own line in the same way.",
        ),
        Mistake(
            "rnn-tanh-before-bias",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + h @ W_h.T) + b,
            lambda got, _: (
                f"With zeros for input and state, and b = "
                f"{short(only_bias()[4])}, your new state is {short(got[0])}: the bias "
                "itself, 2 included, though a state stays between −1 and 1."
            ),
            "Does the bias shift the state, or the sum that is squashed?",
            "A bias decides where on the curve of tanh a unit sits. Ask what it can "
            "move when it arrives after the curve.",
            "A thermostat that adds 5 degrees to its reading switches earlier. One "
            "that adds 5 degrees to the room would be another machine. Where does "
            "yours add?",
            probe="only bias",
        ),
        Mistake(
            "rnn-state-weights-transposed",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + h @ W_h + b),
            lambda got, want: (
                "In this `W_h`, row i says where new entry i comes from: "
                "0.5 at place 0 should move to place "
                f"{int(want[0].argmax())}. Yours is at place {int(got[0].argmax())}."
            ),
            "`W_h` is square, so both ways round fit. Which axis of it is the new "
            "state?",
            "`W_x` has shape (d_hidden, d_in): its rows belong to the new state. Would "
            "you expect `W_h` to be laid out the other way?",
            "Say W = [[0, 1], [0, 0]] and the column vector v = (3, 7). W v = (7, 0): "
            "row 0 picks entry 1. The row vector v W = (0, 3): another answer, and no "
            "error. Do this with your product and a state of two numbers.",
        ),
        Mistake(
            "rnn-bias-forgotten",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + h @ W_h.T),
            lambda got, _: (
                "With zeros for input and state, your new state is "
                f"{short(got[0])}, whatever b is."
            ),
            "Which of the five arguments does your function never read?",
            "With nothing to read and nothing remembered, something still sets the "
            "resting state of each unit. Look for it in the formula.",
            "The line y = 2x goes through the origin, and no slope changes that. To "
            "reach y(0) = 3 it needs one more number. Which number is that here?",
            probe="only bias",
        ),
        Mistake(
            "rnn-old-state-added",
            lambda x, h, W_x, W_h, b: h + rnn_step(x, h, W_x, W_h, b),
            lambda got, _: (
                f"With an input of zeros, the state {short(silent_input()[1][0])} "
                f"becomes {short(got[0])}: the old 0.5 is still at its place, beside "
                "what `W_h` made of it."
            ),
            "By how many ways does the old state get into your new one?",
            "A shortcut around a layer is a fine idea, and a later one (residual "
            "connections, chapter 9). Look whether this formula has it.",
            "Balance tomorrow = balance today + interest: a sum keeps the old number. "
            "Temperature tomorrow = f(temperature today): nothing is kept by itself. "
            "Which of the two does the formula look like?",
        ),
        Mistake(
            "rnn-old-state-ignored",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + b),
            lambda got, _: (
                "With an input of zeros, the states "
                f"{short(silent_input()[1][0])} and {short(silent_input()[1][1])} both "
                f"become {short(got[0])}."
            ),
            "How could the network know at step 9 what it read at step 1?",
            "Follow `h` through your code from the argument on. Where does it go?",
            "Someone adds up a shopping list but clears the total before each item: "
            "the answer is the last price. What is the total in your step?",
        ),
        Mistake(
            "rnn-sigmoid",
            lambda x, h, W_x, W_h, b: _sigmoid(x @ W_x.T + h @ W_h.T + b),
            lambda got, _: (
                "Where input, bias and incoming state are all zero, you "
                f"return {short(got[0, 3])}; and none of your entries is ever negative."
            ),
            "What does your squashing function make of 0?",
            "There are two S-shaped curves. One runs from 0 to 1, the other from −1 to "
            "1. Compare both with the formula at 0 and at −2.",
            "A light switch that is open or shut is well described by a number between "
            "0 and 1; a lean to the left or right is not. Which of the two is a state?",
        ),
        Mistake(
            "rnn-axes-swapped",
            lambda x, h, W_x, W_h, b: np.tanh(W_x @ x.T + W_h @ h.T + b[:, None]),
            lambda got, want: (
                f"Your new state has shape {got.shape}; the old one, which "
                f"it replaces, has shape {want.shape}."
            ),
            "Could the next step use your result as its `h`?",
            "The formula in many books is for one column vector, W x. Here each "
            "sequence is a row. Write the shape beside every product in your line.",
            "Three points in the plane as rows, (3, 2), turned by a (2, 2) matrix R: R "
            "times the points does not fit; R times the turned-over points fits, and "
            "gives (2, 3). What was lost on the way, and how would you avoid it?",
        ),
    ),
)
