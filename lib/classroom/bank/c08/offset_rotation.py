"""Chapter 8, faded: a step of k positions is one and the same rotation."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
For every step k there is one matrix that moves a sinusoidal encoding by k positions,
wherever it starts: $M_k\, PE_{pos} = PE_{pos+k}$ for all pos. The angle by which each
pair turns is there; make the matrix.

- `k`: the step, also negative; `d_model`: even
- encodings are laid out as in the paper: column $2i$ is
  $\sin(pos \cdot \omega_i)$ and column $2i+1$ is $\cos(pos \cdot \omega_i)$, with
  $\omega_i = 10000^{-2i/d}$
- returns $M_k$, an array (d_model, d_model), to be multiplied from the left

$\sin(a+b) = \sin a \cos b + \cos a \sin b$ and
$\cos(a+b) = \cos a \cos b - \sin a \sin b$. In width 2, a step of k = 0 gives
[[1, 0], [0, 1]].
"""

STUB = """
def offset_matrix(k, d_model):
    angles = [k / 10000 ** (2 * i / d_model) for i in range(d_model // 2)]
    raise NotImplementedError
    return M
"""


def offset_matrix(k, d_model):
    angles = [k / 10000 ** (2 * i / d_model) for i in range(d_model // 2)]
    M = np.zeros((d_model, d_model))
    for i, angle in enumerate(angles):
        cos, sin = np.cos(angle), np.sin(angle)
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[cos, sin], [-sin, cos]]
    return M


def number_by_number(k, d_model):
    M = np.eye(d_model)
    for s in range(0, d_model, 2):
        c, angle = s + 1, k / 10000 ** (s / d_model)
        M[s, s] = M[c, c] = np.cos(angle)
        M[s, c], M[c, s] = np.sin(angle), np.sin(-angle)
    return M


def by_least_squares(k, d_model):
    """The matrix that many positions ask for, found instead of derived."""
    pos = np.arange(-200, 200) * 7.0
    now, then = _encodings(pos, d_model), _encodings(pos + k, d_model)
    return np.linalg.lstsq(now, then, rcond=None)[0].T


def _encodings(pos, d_model):
    angles = np.outer(pos, 10000.0 ** (-np.arange(0, d_model, 2) / d_model))
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(len(angles), d_model)


def filled(block, at=lambda i, d: (2 * i, 2 * i + 1)):
    """The matrix with another 2 × 2 block (cos, sin) → rows, or at other places."""

    def wrong(k, d_model):
        M = np.zeros((d_model, d_model))
        for i in range(d_model // 2):
            angle = k / 10000 ** (2 * i / d_model)
            places = at(i, d_model)
            M[np.ix_(places, places)] = block(np.cos(angle), np.sin(angle))
        return M

    return wrong


def _turn(cos, sin):
    return [[cos, sin], [-sin, cos]]


def by_position(k, d_model):
    """The cosine and sine of k itself, in all pairs."""
    return np.kron(np.eye(d_model // 2), _turn(np.cos(k), np.sin(k)))


def moved(start):
    def observe(function, k, d_model):
        matrix = function(k, d_model)
        if getattr(matrix, "shape", ()) != (d_model, d_model):
            return matrix
        return matrix @ _encodings([start], d_model)[0]

    return observe


def there_and_back(function, k, d_model):
    return function(-k, d_model) @ function(k, d_model)


def _moved(got, expected):
    return (
        f"From position 4 your matrix leads to {short(got)}; position 7 is "
        f"{short(expected)}"
    )


def _symptom(tail):
    return lambda got, expected: f"{_moved(got, expected)}{tail}"


EXERCISE = Exercise(
    id="offset-rotation",
    chapter=8,
    kind="faded",
    title="A step is a rotation",
    question=QUESTION,
    difficulty=3,
    minutes=8,
    name="offset_matrix",
    stub=STUB,
    reference=offset_matrix,
    accepts=(number_by_number, by_least_squares),
    proves="One matrix moves every position by k: each pair turns by its own angle, "
    "lengths stay, and −k turns back. What a step does depends on k alone, not on "
    "where one stands.",
    probes=(
        Probe(
            "from 4",
            lambda: (3, 6),
            moved(4),
            "The matrix M_3 leads from position 4 to position 7",
        ),
        Probe(
            "from 90",
            lambda: (3, 6),
            moved(90),
            "The same M_3 leads from position 90 to position 93",
        ),
        Probe("no step", lambda: (0, 4), says="A step of 0 changes nothing"),
        Probe(
            "there and back",
            lambda: (5, 8),
            there_and_back,
            "A step of 5 and one of −5 lead back",
        ),
        Probe("matrix", lambda: (2, 6), says="The matrix is that of the formulas"),
        Probe("backwards", lambda: (-11, 10), says="Negative steps are steps"),
    ),
    mistakes=(
        Mistake(
            "rotation-the-wrong-way",
            filled(lambda c, s: [[c, -s], [s, c]]),
            _symptom(": that is position 1, three steps back."),
            "Which way does your matrix turn?",
            "The sine comes first in our pairs. A textbook's rotation has the cosine "
            "first: there the same signs turn the other way.",
            "Seen in a mirror, the hands of a clock run backwards, and every number "
            "stands at the right distance.",
            probe="from 4",
        ),
        Mistake(
            "rotation-without-minus",
            filled(lambda c, s: [[c, s], [s, c]]),
            _symptom(": the sines are right, the cosines are not."),
            "There are two formulas for sums of angles. In what do they differ?",
            "A rotation keeps lengths. How long is the second pair, before and after?",
            "cos(60° + 60°) is −0.5. What do cos² 60° and sin² 60° give, added?",
            probe="from 4",
        ),
        Mistake(
            "rotation-both-minus",
            filled(lambda c, s: [[c, -s], [-s, c]]),
            _symptom(": the cosines are right, and the sines are those of position 1."),
            "In how many of the two formulas is there a minus?",
            "Write the formula of the sine as a row of two numbers that multiply "
            "(sin, cos). Then do so for the other one.",
            "Two mirrors turn, one mirror swaps. Which of the two is your matrix?",
            probe="from 4",
        ),
        Mistake(
            "rotation-sine-and-cosine-exchanged",
            filled(lambda c, s: [[s, c], [c, -s]]),
            lambda got, _: (
                "With k = 0 your matrix should change nothing, and its first row is "
                f"{short(got[0])}."
            ),
            "What are cos 0 and sin 0?",
            "In the formula of sin(a + b), which function of the step stands beside "
            "sin a?",
            "After no step at all one stands where one stood. Which matrix says so?",
            probe="no step",
        ),
        Mistake(
            "rotation-cosines-only",
            filled(lambda c, s: [[c, 0], [0, c]]),
            _symptom(": each pair was shrunk, or turned over, and not rotated."),
            "Both formulas have two terms. Where is the other?",
            "The new sine needs the old cosine as well. Which number of the block "
            "brings it in?",
            "From north by a quarter turn one looks east: nothing of the old direction "
            "is left, and something must come from elsewhere.",
            probe="from 4",
        ),
        Mistake(
            "rotation-blocks-overlap",
            filled(_turn, lambda i, d: (i, i + 1)),
            lambda got, _: (
                "With k = 2 in width 6 the last row of your matrix is "
                f"{short(got[-1])}."
            ),
            "In which rows does pair number 1 stand?",
            "Each pair has two rows and two columns. Yours begin one further each "
            "time, and write over one another.",
            "Couples on numbered seats: the first has 0 and 1. Where does the second "
            "sit?",
            probe="matrix",
        ),
        Mistake(
            "rotation-for-halves",
            filled(_turn, lambda i, d: (i, i + d // 2)),
            lambda got, expected: (
                f"{_moved(got, expected)}: your matrix fits encodings with all sines "
                "first and then all cosines."
            ),
            "Where does the cosine of pair 0 stand in this question's layout?",
            "Both layouts are in use, and each has its own matrix. Mixed, every sine "
            "is turned with a stranger's cosine.",
            "Partners on opposite sides of a table, or side by side: both are seating "
            "plans, and a waiter needs to know which.",
            probe="from 4",
        ),
        Mistake(
            "rotation-one-speed",
            by_position,
            _symptom(": the first pair is right, the others turned too far."),
            "By which angle does each pair turn?",
            "Every pair has a speed of its own. The stub has worked the angle out; "
            "does your block use it?",
            "In three minutes the second hand goes round three times. The hour hand?",
            probe="from 4",
        ),
        Mistake(
            "rotation-angle-in-the-matrix",
            filled(lambda c, s: [[1, np.arctan2(s, c)], [-np.arctan2(s, c), 1]]),
            _symptom(": about right where the angle is small, and too long."),
            "How does an angle become a matrix?",
            "For small angles the sine is nearly the angle, and the cosine nearly 1. "
            "Is 3 radians small?",
            "A tangent leaves the circle: after a long step along it, one is outside.",
            probe="from 4",
        ),
    ),
)
