"""Chapter 18, write: RoPE, whichever features make a pair."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Turn queries or keys by their positions: pair $i$ of the $d_k/2$ pairs by
$\text{position} \cdot 10000^{-2i/d_k}$ radians.

- `x` (T, d_k), d_k even; `positions` (T,), whole numbers in any order
- returns (T, d_k)

Which two features make a pair, neighbours or $i$ and $i + d_k/2$, is your choice, and
so is the direction of the turn. The check looks at what holds for all of them: lengths,
angles, and scores.
"""

STUB = """
def rotary(x, positions):
    raise NotImplementedError
"""


def rotary(x, positions):
    d_k = x.shape[-1]
    speeds = 10000.0 ** (-torch.arange(0, d_k, 2) / d_k)  # (d_k / 2,)
    angles = positions[:, None] * speeds  # (T, d_k / 2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[:, 0::2], x[:, 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(1)


def halves(x, positions):
    d_k = x.shape[-1]
    angles = positions[:, None] / 10000 ** (torch.arange(0, d_k, 2) / d_k)
    cos, sin = (
        torch.cat([angles, angles], 1).cos(),
        torch.cat([angles, angles], 1).sin(),
    )
    a, b = x.chunk(2, dim=1)
    return x * cos + torch.cat([-b, a], dim=1) * sin


def other_way(x, positions):
    return rotary(x, -positions)


def complex_numbers(x, positions):
    pairs = torch.view_as_complex(x.reshape(len(x), -1, 2).contiguous())
    speeds = 10000.0 ** (-torch.arange(pairs.shape[1]) / pairs.shape[1])
    angles = positions[:, None] * speeds
    return torch.view_as_real(
        pairs * torch.polar(torch.ones_like(angles), angles)
    ).flatten(1)


def turning(speeds=None, places=None, join=None):
    """`rotary` with a part replaced."""

    def wrong(x, positions):
        T, d_k = x.shape
        even = torch.arange(0, d_k, 2)
        w = speeds(even, d_k) if speeds else 10000.0 ** (-even / d_k)
        p = places(positions, T) if places else positions
        angles = p[:, None] * w
        a, b, cos, sin = x[:, 0::2], x[:, 1::2], angles.cos(), angles.sin()
        if join:
            return join(x, a, b, cos, sin)
        return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(1)

    return wrong


def both(first, second):
    return torch.stack([first, second], dim=-1).flatten(1)


def mixed(x, positions):
    d_k = x.shape[1]
    angles = positions[:, None] / 10000 ** (torch.arange(0, d_k, 2) / d_k)
    cos, sin = (
        torch.cat([angles, angles], 1).cos(),
        torch.cat([angles, angles], 1).sin(),
    )
    return x * cos + both(-x[:, 1::2], x[:, 0::2]) * sin


def speed_of_each_feature(x, positions):
    d_k = x.shape[1]
    angles = positions[:, None] / 10000 ** (torch.arange(d_k) / d_k)
    return x * angles.cos() + both(-x[:, 1::2], x[:, 0::2]) * angles.sin()


def first_half(x, positions):
    half = x.shape[1] // 2
    return torch.cat([turning()(x[:, :half], positions), x[:, half:]], dim=1)


def vectors():
    draw = torch.Generator().manual_seed(3)
    return torch.randn(5, 8, generator=draw), torch.tensor([6, 0, 3, 11, 1])


def at_zero():
    return vectors()[0], torch.zeros(5, dtype=torch.long)


def basis(position):
    return lambda: (torch.eye(8), torch.full((8,), position))


def lengths(function, x, positions):
    return function(x, positions).norm(dim=-1)


def cosines(function, x, positions):
    """Cosines of the angles by which the pairs are turned, sorted (each twice)."""
    turned = function(x, positions)
    return torch.linalg.eigvalsh((turned + turned.T) / 2)


def score_change(function, x, positions):
    """Scores of all pairs when everything stands 20 later, less what they were."""
    before, after = (function(x, positions + shift) for shift in (0, 20))
    return after @ after.T - before @ before.T


def alone(function, x, positions):
    """Each vector by itself, less the same in company."""
    each = [function(x[i : i + 1], positions[i : i + 1]) for i in range(len(x))]
    return torch.cat(each) - function(x, positions)


def _length(got, expected):
    return (
        "At the positions 6, 0, 3, 11 and 1 your vectors have the lengths "
        f"{short(got)}; they went in with {short(expected)}."
    )


def _angle(got, expected):
    return (
        "At position 3, the cosines of your pairs' angles are "
        f"{short(got[::2])}, and {short(expected[::2])} is right (sorted)."
    )


def _zero(got, expected):
    return (
        f"At position 0 your first vector is {short(got[0])}, and it went in as "
        f"{short(expected[0])}."
    )


def _company(got, expected):
    return (
        "A vector's result depends on where it stands in your list: the last one "
        f"changes by {short(got[-1].abs().max())} when it comes alone."
    )


EXERCISE = Exercise(
    id="rotary-pairs",
    chapter=18,
    kind="write",
    title="Turn by position",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="rotary",
    stub=STUB,
    reference=rotary,
    accepts=(halves, other_way, complex_numbers),
    proves="Lengths stay, position 0 turns nothing, each pair has its own speed, and "
    "scores depend on the offset alone. Neighbours or halves: both do.",
    probes=(
        Probe("position 0", at_zero, says="At position 0 nothing is turned"),
        Probe("lengths", vectors, lengths, "A turn keeps the length of a vector"),
        Probe(
            "angles",
            basis(3),
            cosines,
            "Pair i is turned by position · 10000^(−2i/d_k) radians",
        ),
        Probe(
            "far out",
            basis(2000),
            cosines,
            "It is turned so at position 2000, too: the base is 10000 and nothing near",
        ),
        Probe(
            "alone",
            vectors,
            alone,
            "What happens to a vector depends on its position, and not on its place in "
            "the list",
        ),
        Probe(
            "offset",
            vectors,
            score_change,
            "Scores stay when all positions grow by the same number",
        ),
    ),
    mistakes=(
        Mistake(
            "rope-mixed-pairing",
            mixed,
            _length,
            "A rotation keeps lengths. Does yours, at position 3?",
            "Write down, for features 0 and 1, which angle each of them gets. Do the "
            "two that you mix belong to one pair?",
            "Two dancers who turn as a pair must hear the same music.",
            "lengths",
        ),
        Mistake(
            "speed-per-feature",
            speed_of_each_feature,
            _length,
            "How many speeds are there, d_k or half as many?",
            "For the two features of a pair, compute cos² + sin² with the angles that "
            "you use for each of them.",
            "The two hands that make one arrow must be held by one person.",
            "lengths",
        ),
        Mistake(
            "minus-missing",
            turning(
                join=lambda x, a, b, cos, sin: both(
                    a * cos + b * sin, a * sin + b * cos
                )
            ),
            _length,
            "What is the determinant of your 2 × 2 matrix?",
            "Turn the arrow (1, 1) by 90 degrees with it. Where should it point?",
            "A swing door turns; a sliding door does not.",
            "lengths",
        ),
        Mistake(
            "written-back-elsewhere",
            turning(
                join=lambda x, a, b, cos, sin: torch.cat(
                    [a * cos - b * sin, a * sin + b * cos], dim=1
                )
            ),
            _zero,
            "Feature 1 goes in at place 1. At which place does it come out?",
            "You take pairs apart in one way. Do you put them together in the same?",
            "Coats are handed back at the hook where they were hung up.",
            "position 0",
        ),
        Mistake(
            "added-not-turned",
            turning(join=lambda x, a, b, cos, sin: x + both(sin, cos)),
            _zero,
            "Which operation puts a position in here: a sum or a turn?",
            "At position 0, what does yours do to a vector of zeros?",
            "Chapter 8's encodings join the words; these positions move them.",
            "position 0",
        ),
        Mistake(
            "counted-from-one",
            turning(places=lambda p, T: p + 1),
            _zero,
            "By how much is a vector at position 0 turned?",
            "Between queries and keys a common start drops out. But the question says "
            "by which angle each vector turns.",
            "Noon is 12 o'clock, and not one hour later.",
            "position 0",
        ),
        Mistake(
            "one-speed",
            turning(speeds=lambda even, d_k: torch.ones(len(even))),
            _angle,
            "How many different speeds do your pairs have?",
            "With one speed, which two offsets could a score not tell apart?",
            "A clock with a second hand only.",
            "angles",
        ),
        Mistake(
            "exponent-halved",
            turning(speeds=lambda even, d_k: 10000.0 ** (-(even / 2) / d_k)),
            _angle,
            "What is the exponent of the last pair, and how near to −1 should it come?",
            "Your pairs' number runs from 0 to d_k/2 − 1. What stands before the i in "
            "the formula?",
            "Every second step of a stair is half as many steps, not half as high.",
            "angles",
        ),
        Mistake(
            "speeds-grow",
            turning(speeds=lambda even, d_k: 10000.0 ** (even / d_k)),
            _angle,
            "Is the last pair the fastest or the slowest?",
            "Look at the sign of the exponent.",
            "The hour hand is the slow one.",
            "angles",
        ),
        Mistake(
            "half-of-it",
            first_half,
            _angle,
            "Which features does your function leave as they are?",
            "How many pairs do d_k features make?",
            "Only the front wheels of the pram turn.",
            "angles",
        ),
        Mistake(
            "degrees",
            turning(places=lambda p, T: p * torch.pi / 180),
            _angle,
            "In which unit does torch's sine expect an angle?",
            "At position 1 the fastest pair turns by 1 radian. By how much does yours?",
            "A road sign says 60: miles or kilometres?",
            "angles",
        ),
        Mistake(
            "positions-unused",
            turning(places=lambda p, T: torch.arange(T)),
            _zero,
            "Which argument have you not used?",
            "With a cache, the newest token comes alone. By how much does yours turn "
            "it?",
            "Seats are numbered in the hall, not by the order in which guests arrive.",
            "position 0",
        ),
        Mistake(
            "positions-scaled",
            turning(places=lambda p, T: p / T),
            _angle,
            "Does the angle at position 3 depend on how many vectors there are?",
            "Turn a vector alone and in company. Should it make a difference?",
            "Metre 3 is metre 3, on a short track and on a long one.",
            "angles",
        ),
        Mistake(
            "from-the-first",
            turning(places=lambda p, T: p - p[0]),
            _company,
            "What does the first vector of your list get, whatever its position?",
            "Which part of your code needs to know a second position?",
            "The first guest's seat is not number 0 because he came first.",
            "alone",
        ),
    ),
)
