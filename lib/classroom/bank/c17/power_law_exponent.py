"""Chapter 17, write: the exponent of a power law above a floor."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Losses of models of several sizes follow $L = E + a / N^\\alpha$, and the floor $E$ is
known. Return $\\alpha$, by least squares where the law is a straight line: in the
logarithms.

- `parameters`, `losses`: (n,) arrays
- `floor`: E
- returns α, a float
"""

STUB = """
def exponent(parameters, losses, floor):
    raise NotImplementedError
"""


def exponent(parameters, losses, floor):
    x = np.log(parameters)
    y = np.log(losses - floor)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    return -slope


def by_polyfit(parameters, losses, floor):
    return -np.polyfit(np.log2(parameters), np.log2(losses - floor), 1)[0]


def floor_ignored(parameters, losses, floor):
    return exponent(parameters, losses, 0.0)


def rising(parameters, losses, floor):
    return -exponent(parameters, losses, floor)


def two_bases(parameters, losses, floor):
    return -np.polyfit(np.log(parameters), np.log10(losses - floor), 1)[0]


def bases_the_other_way(parameters, losses, floor):
    return -np.polyfit(np.log10(parameters), np.log(losses - floor), 1)[0]


def ends_alone(parameters, losses, floor):
    rest = np.log(losses - floor)
    return -(rest[-1] - rest[0]) / np.log(parameters[-1] / parameters[0])


def axes_swapped(parameters, losses, floor):
    return -np.polyfit(np.log(losses - floor), np.log(parameters), 1)[0]


def exponential(parameters, losses, floor):
    return -np.polyfit(parameters, np.log(losses - floor), 1)[0]


def loss_not_in_logs(parameters, losses, floor):
    return -np.polyfit(np.log(parameters), losses - floor, 1)[0]


def through_the_origin(parameters, losses, floor):
    x, y = np.log(parameters), np.log(losses - floor)
    return -(x * y).sum() / (x * x).sum()


def nothing_in_logs(parameters, losses, floor):
    return -np.polyfit(parameters, losses - floor, 1)[0]


def exact():
    """α = 0.3, a = 8, E = 1.5, without noise."""
    N = np.array([1e3, 4e3, 3e4, 2e5, 1e6])
    return N, 1.5 + 8 * N**-0.3, 1.5


def noisy():
    """α near 0.5, with noise; the ends are the noisiest."""
    N = np.array([1e3, 2e3, 8e3, 3e4, 1e5])
    noise = np.array([0.2, -0.05, 0.02, -0.03, 0.25])
    return N, 2.0 + 20 * N**-0.5 * np.exp(noise), 2.0


def _exact(text):
    return lambda got, expected: (
        "Losses that follow 1.5 + 8 / N^0.3 exactly: you get "
        f"{short(got)}, and {short(expected)} is right. {text}"
    )


EXERCISE = Exercise(
    id="power-law-exponent",
    chapter=17,
    kind="write",
    title="The exponent of a law",
    question=QUESTION,
    difficulty=3,
    minutes=8,
    name="exponent",
    stub=STUB,
    reference=exponent,
    accepts=(by_polyfit,),
    proves="A power law is a straight line in the logarithms, once its floor is taken "
    "away; its slope, with the sign changed, is the exponent.",
    probes=(
        Probe(
            "exact", exact, says="From losses that follow a law exactly, its exponent"
        ),
        Probe("noisy", noisy, says="With noise, least squares over all points"),
    ),
    mistakes=(
        Mistake(
            "floor-ignored",
            floor_ignored,
            _exact("Yours is the slope of the loss with its floor."),
            "What falls as a power: the loss, or what is above the floor?",
            "Let N grow without end. What do the losses do, and what does a power do?",
            "A cup of tea cools towards the room, not towards nothing.",
            "exact",
        ),
        Mistake(
            "sign-kept",
            rising,
            _exact("Yours has the other sign."),
            "Does the line rise or fall, and what does α stand for?",
            "In 1 / N^α a positive α makes the loss fall. What sign has the slope?",
            "A descent of 5 % is a slope of −5 %.",
            "exact",
        ),
        Mistake(
            "log10-of-the-loss",
            two_bases,
            _exact("Yours is 0.434 times as much."),
            "Are both axes in the same logarithm?",
            "A slope is rise over run. What if the two have different units?",
            "Metres up for every foot along.",
            "exact",
        ),
        Mistake(
            "log10-of-the-size",
            bases_the_other_way,
            _exact("Yours is 2.303 times as much."),
            "Which base has the one axis, and which the other?",
            "The base does not matter, as long as something holds. What?",
            "Feet up for every metre along.",
            "exact",
        ),
        Mistake(
            "ends-alone",
            ends_alone,
            lambda got, expected: (
                "Five noisy losses, the ends noisiest: you get "
                f"{short(got)}, and {short(expected)} is right. On exact ones you "
                f"agree."
            ),
            "How many of the five points have you used?",
            "Move the one in the middle. Does your answer notice?",
            "The mean temperature of a week from its Monday and its Sunday.",
            "noisy",
        ),
        Mistake(
            "axes-swapped",
            axes_swapped,
            _exact("Yours is one over it."),
            "What is a function of what?",
            "You have the size as a power of the loss. What is its exponent, compared "
            "with the one asked for?",
            "Kilometres per hour, and hours per kilometre.",
            "exact",
        ),
        Mistake(
            "size-not-in-logs",
            exponential,
            _exact("Yours is almost nothing."),
            "On which axes is a power a straight line?",
            "With one logarithm an *exponential* becomes a line. How many does a power "
            "need?",
            "Paper with one ruled axis for growth by percent, with two for powers.",
            "exact",
        ),
        Mistake(
            "loss-not-in-logs",
            loss_not_in_logs,
            _exact("Yours changes if the loss is given in bits."),
            "Should the unit of the loss matter for an exponent?",
            "Double all losses and the floor. Does a change to α? It should change a "
            "alone.",
            "Growth in euro depends on the capital, growth in percent does not.",
            "exact",
        ),
        Mistake(
            "nothing-in-logs",
            nothing_in_logs,
            _exact("Yours is the slope of a straight line through a curve."),
            "What does “a straight line in the logarithms” ask for?",
            "Draw the losses against N. Is that a line?",
            "To read off a half-life one does not lay a ruler on the curve.",
            "exact",
        ),
        Mistake(
            "through-the-origin",
            through_the_origin,
            _exact("Your line has to pass through log N = 0, log (L − E) = 0."),
            "What would the model with one parameter lose, on your line?",
            "The law has a factor a. Where is it in the logarithms, and where in "
            "yours?",
            "A taxi has a base fare, before the first kilometre.",
            "exact",
        ),
    ),
)
