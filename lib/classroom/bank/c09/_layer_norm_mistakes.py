"""Wrong layer norms, each with its hints."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def over(*axes, correction=0):
    """Mean and variance over other axes."""

    def wrong(x, gain, bias, eps=1e-5):
        dims = axes or tuple(range(x.ndim))
        mean = x.mean(dims, keepdim=True)
        variance = x.var(dims, correction=correction, keepdim=True)
        return (x - mean) / (variance + eps).sqrt() * gain + bias

    return wrong


def but(scale=None, finish=None, centre=None):
    """The right answer with another divisor, end, or centre."""

    def wrong(x, gain, bias, eps=1e-5):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        centred = centre(x, mean) if centre else x - mean
        divisor = scale(x, variance, eps) if scale else (variance + eps).sqrt()
        y = centred / divisor
        return finish(y, gain, bias) if finish else y * gain + bias

    return wrong


def own_mean(*axes):
    """A mean for each token, and one variance for many."""

    def wrong(x, gain, bias, eps=1e-5):
        centred = x - x.mean(-1, keepdim=True)
        dims = axes or tuple(range(x.ndim))
        variance = (centred**2).mean(dims, keepdim=True)
        return centred / (variance + eps).sqrt() * gain + bias

    return wrong


def keepdim_missing(x, gain, bias, eps=1e-5):
    return (x - x.mean(-1)) / (x.var(-1, correction=0) + eps).sqrt() * gain + bias


def eps_typed_in(x, gain, bias, eps=1e-5):
    return but(lambda x, v, e: (v + 1e-5).sqrt())(x, gain, bias)


def from_squares(x, gain, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    variance = (x**2).mean(-1, keepdim=True) - mean**2
    return (x - mean) / (variance.clamp(min=0) + eps).sqrt() * gain + bias


def statistics_cut_off(x, gain, bias, eps=1e-5):
    mean = x.detach().mean(-1, keepdim=True)
    variance = x.detach().var(-1, correction=0, keepdim=True)
    return (x - mean) / (variance + eps).sqrt() * gain + bias


def _root_mean_square(x, v, eps):
    return ((x**2).mean(-1, keepdim=True) + eps).sqrt()


def _leak(got, _):
    if not isinstance(got, dict):
        return "Your result has another shape than `x`."
    return (
        "The last token of sentence 0 is multiplied by 5. The two others of this "
        f"sentence move by {short(got['same sentence'])}, and those of the other "
        f"sentence by {short(got['other sentences'].reshape(-1))}."
    )


def _moments(got, _):
    return (
        "With gain 1 and bias 0 your tokens of sentence 0 have the means "
        f"{short(got['mean'][0].round(decimals=4))} and the variances "
        f"{short(got['variance'][0])}."
    )


def _tiny(got, expected):
    return (
        "With numbers of about 0.001 your first token is "
        f"{short(got[0, 0])}, and by the formula it is {short(expected[0, 0])}."
    )


def _affine(got, expected):
    return (
        f"With a gain and a bias your first token is {short(got[0, 0])}, where "
        f"{short(expected[0, 0])} is right."
    )


WRONG_AXIS = {
    "symptom": _leak,
    "question": "Whose numbers are averaged for one word?",
    "pointer": "Each token has a mean of its own. How many means are there for (2, 3, "
    "d), and how many did you work out?",
    "neighbour": "A class of 3 with 4 marks each: the mean of a pupil, the mean of a "
    "subject and the mean of the class are three things. Which one changes with a "
    "neighbour's marks?",
    "probe": "neighbour",
}

MISTAKES = (
    Mistake("ln-wrong-axis", over(-2), **WRONG_AXIS),
    Mistake("ln-wrong-axis-from-the-front", over(1), **WRONG_AXIS),
    Mistake("ln-over-the-batch", over(0), **WRONG_AXIS),
    Mistake("ln-over-tokens-and-features", over(-2, -1), **WRONG_AXIS),
    Mistake("ln-over-tokens-and-features-from-the-front", over(1, 2), **WRONG_AXIS),
    Mistake("ln-over-batch-and-tokens", over(0, 1), **WRONG_AXIS),
    Mistake("ln-over-everything", over(), **WRONG_AXIS),
    Mistake("ln-one-variance-for-all", own_mean(), **WRONG_AXIS),
    Mistake("ln-one-variance-for-a-sentence", own_mean(-2, -1), **WRONG_AXIS),
    Mistake(
        "ln-unbiased-std",
        over(-1, correction=1),
        _moments,
        "n or n−1?",
        "For 4 features the two differ by a third, for 512 by 0.2 %: few would see it "
        "there. What does your function divide by if you say nothing?",
        "The spread of [1, 3] around 2 is 1 on average. A statistician who guesses at "
        "a whole population says 2.",
        probe="moments",
    ),
    Mistake(
        "ln-unbiased-std-plus-eps",
        but(lambda x, v, e: x.std(-1, keepdim=True) + e),
        _moments,
        "n or n−1? And to what is ε added?",
        "Two things differ from the formula: what the sum of squares is divided by, "
        "and where the root ends.",
        "√(9 + 16) is 5, and √9 + 16 is 19.",
        probe="moments",
    ),
    Mistake(
        "ln-eps-outside-sqrt",
        but(lambda x, v, e: v.sqrt() + e),
        _tiny,
        "What happens when all features are nearly equal?",
        "At ordinary size ε is invisible wherever it stands. Work out both for a "
        "variance of 10⁻⁶.",
        "√(0.0001 + 0.01) is 0.1, and √0.0001 + 0.01 is 0.02.",
        probe="tiny",
    ),
    Mistake(
        "ln-eps-missing",
        but(lambda x, v, e: v.sqrt()),
        lambda got, _: (
            f"A token of five equal numbers gives {short(got[0, 0])}."
            if getattr(got, "ndim", 0) == 3
            else "A token of equal numbers gives another result."
        ),
        "What is 0 divided by 0?",
        "One of your arguments has no effect. When would it be missed?",
        "A mean speed is distance over time, unless the clock has not been started.",
        probe="constant",
    ),
    Mistake(
        "ln-eps-typed-in",
        eps_typed_in,
        lambda got, expected: (
            f"With eps = 0.5 your first token is {short(got[0, 0])}, where "
            f"{short(expected[0, 0])} is right."
        ),
        "Where does your ε come from?",
        "Models differ in it: some use 10⁻⁵, others 10⁻¹². The caller says which.",
        "A recipe “for 4 persons” does not ask how many are at table.",
        probe="other eps",
    ),
    Mistake(
        "ln-divides-by-the-variance",
        but(lambda x, v, e: v + e),
        _moments,
        "In which unit is a variance, if x is in metres?",
        "After the division the numbers should have no unit. What makes square metres "
        "into metres?",
        "A square of 9 m² has a side of 3 m, and not of 9.",
        probe="moments",
    ),
    Mistake(
        "ln-not-centred",
        but(centre=lambda x, mean: x),
        _moments,
        "What is the mean of your results?",
        "The spread is measured from the mean, and you divide by it. Is what you "
        "divide measured from the mean too?",
        "“20 m above the valley” and “520 m above the sea” differ by where one starts "
        "to count.",
        probe="moments",
    ),
    Mistake(
        "ln-as-rms-norm",
        but(_root_mean_square, centre=lambda x, mean: x),
        _moments,
        "Is the mean of each of your tokens 0?",
        "Yours is the norm by the root mean square, which leaves the mean where it is: "
        "a sound norm of later models, and another one than the formula above.",
        "The distance from home and the distance from the mean of all one's walks: "
        "both are lengths.",
        probe="moments",
    ),
    Mistake(
        "ln-spread-without-centre",
        but(_root_mean_square),
        _moments,
        "From where do you measure the spread?",
        "Your numerator is measured from the mean, and the squares below from 0. They "
        "agree only where the mean is 0.",
        "The numbers 99 and 101 lie 1 from their mean, and 100 from zero.",
        probe="moments",
    ),
    Mistake(
        "ln-centred-only",
        but(lambda x, v, e: torch.ones_like(v)),
        _moments,
        "Which of mean and variance is as it should be?",
        "Half of the formula is there. What brings a large token and a small one to "
        "the same size?",
        "Two maps laid with their centres upon one another, one at 1 : 100, one at "
        "1 : 1000.",
        probe="moments",
    ),
    Mistake(
        "ln-no-gain-no-bias",
        but(finish=lambda y, g, b: y),
        _affine,
        "Which of the arguments have no effect?",
        "After normalising, every token has the same mean and variance, whether that "
        "is good for the next layer or not. What may the model choose?",
        "A radio set to one volume for all stations still has a knob.",
        probe="affine",
    ),
    Mistake(
        "ln-no-gain",
        but(finish=lambda y, g, b: y + b),
        _affine,
        "Which of the arguments has no effect?",
        "One trained vector moves the features, the other stretches them.",
        "Celsius to Fahrenheit: adding 32 is half of it.",
        probe="affine",
    ),
    Mistake(
        "ln-no-bias",
        but(finish=lambda y, g, b: y * g),
        _affine,
        "Which of the arguments has no effect?",
        "One trained vector stretches the features, the other moves them.",
        "Celsius to Fahrenheit: times 1.8 is half of it.",
        probe="affine",
    ),
    Mistake(
        "ln-bias-before-gain",
        but(finish=lambda y, g, b: (y + b) * g),
        _affine,
        "Does the gain stretch the bias as well?",
        "The formula has a product and a sum. Which is worked out first?",
        "2 · 3 + 4 is 10, and 2 · (3 + 4) is 14.",
        probe="affine",
    ),
    Mistake(
        "ln-gain-and-bias-before",
        lambda x, gain, bias, eps=1e-5: but(finish=lambda y, g, b: y)(
            x * gain + bias, gain, bias, eps
        ),
        _affine,
        "What is left of a gain if the spread is set to 1 after it?",
        "Normalising undoes much of what stands before it. In which order are they in "
        "the formula?",
        "Choosing one's clothes, and then putting on the uniform.",
        probe="affine",
    ),
    Mistake(
        "ln-variance-from-squares",
        from_squares,
        lambda got, expected: (
            "With 16384 added to small whole numbers your first token is "
            f"{short(got[0, 0])}, where {short(expected[0, 0])} is right."
        ),
        "How many digits are left when two large numbers are nearly the same?",
        "The mean of the squares minus the square of the mean is right on paper. "
        "Single precision keeps about 7 digits of each.",
        "A captain's weight is that of the ship with him, minus that of the ship "
        "without him.",
        probe="far away",
    ),
    Mistake(
        "ln-statistics-without-gradient",
        statistics_cut_off,
        lambda got, expected: (
            "Your results are right, and the gradient that comes back to the first "
            f"token is {short(got[0, 0])} instead of {short(expected[0, 0])}."
        ),
        "If x₀ grows, what else in the formula moves?",
        "Mean and variance are made of x. You took them for constants.",
        "Whoever weighs 60 kg in a boat of 100 and jumps moves the boat as well.",
        probe="gradient",
    ),
    Mistake(
        "ln-keepdim-missing",
        keepdim_missing,
        lambda got, _: f"For x of shape (2, 3, 4): {got}",
        "Which shape has your mean, and against which axis of x is it laid?",
        "Shapes are laid side by side from the right. A mean for each token should "
        "stand against the tokens, with an axis of 1 for the features.",
        "(2, 3) against (2, 3, 4): 3 meets 4. What would (2, 3, 1) meet?",
        probe="normalised",
    ),
)
