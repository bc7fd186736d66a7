"""Chapter 11, write: the learning rate of the paper."""

import math

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
The learning rate of {cite:t}`vaswani2017attention` (Eq. 3) for a given step: it rises
in a straight line until step `warmup`, and from there it falls with one over the square
root of the step; the whole is scaled by one over the square root of the width.

- `step`: the step about to be taken. **Your loop counts from 0**, as `range` does, and
  the paper counts from 1: the first call, with 0, is the paper's step 1.
- `d_model`, `warmup`: whole numbers, at least 1
- returns a float
"""

STUB = """
def rate(step, d_model, warmup):
    raise NotImplementedError
"""


def rate(step, d_model, warmup):
    n = step + 1
    return d_model**-0.5 * min(n**-0.5, n * warmup**-1.5)


def by_cases(step, d_model, warmup):
    n, peak = step + 1, 1 / math.sqrt(d_model * warmup)
    return peak * n / warmup if n <= warmup else peak * math.sqrt(warmup / n)


def by_peak(step, d_model, warmup):
    x = (step + 1) / warmup
    return (d_model * warmup) ** -0.5 * min(x, x**-0.5)


def _curve(
    step, d_model, warmup, *, n=None, join=min, rise=-1.5, fall=-0.5, width=-0.5
):
    n = step + 1 if n is None else n
    return d_model**width * join(n**fall, n * warmup**rise)


def from_zero(step, d_model, warmup):
    return _curve(step, d_model, warmup, n=step)


def guarded_zero(step, d_model, warmup):
    return _curve(step, d_model, warmup, n=max(step, 1))


def zero_first(step, d_model, warmup):
    return 0.0 if step == 0 else _curve(step, d_model, warmup, n=step)


def two_too_far(step, d_model, warmup):
    return _curve(step, d_model, warmup, n=step + 2)


def larger_branch(step, d_model, warmup):
    return _curve(step, d_model, warmup, join=max)


def no_width(step, d_model, warmup):
    return _curve(step, d_model, warmup, width=0)


def whole_width(step, d_model, warmup):
    return _curve(step, d_model, warmup, width=-1)


def times_width(step, d_model, warmup):
    return _curve(step, d_model, warmup, width=0.5)


def short_warmup(step, d_model, warmup):
    return _curve(step, d_model, warmup, rise=-0.5)


def linear_warmup(step, d_model, warmup):
    return _curve(step, d_model, warmup, rise=-1.0)


def stays_up(step, d_model, warmup):
    n = min(step + 1, warmup)
    return d_model**-0.5 * n * warmup**-1.5


def falls_linearly(step, d_model, warmup):
    return _curve(step, d_model, warmup, fall=-1.0)


def starts_at_the_peak(step, d_model, warmup):
    return d_model**-0.5 * (step + 1) ** -0.5


def call(*arguments):
    return lambda: arguments


def steps(first, last):
    def seen(function, d_model, warmup):
        return {f"step {n}": float(function(n, d_model, warmup))
                for n in range(first, last)}  # fmt: skip

    return seen


def _first(got, expected):
    return next(k for k in expected if not math.isclose(got[k], expected[k]))


def _shown(text):
    def says(got, expected):
        key = _first(got, expected)
        return (
            f"With d_model = 64 and warmup = 4, at {key} of your loop you return "
            f"{short(got[key])}, and the reference {short(expected[key])}. {text}"
        )

    return says


def _mistake(id, wrong, text, question, pointer, neighbour):
    return Mistake(id, wrong, _shown(text), question, pointer, neighbour, "curve")


EXERCISE = Exercise(
    id="warm-up",
    chapter=11,
    kind="write",
    title="Warm up, then cool down",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="rate",
    stub=STUB,
    reference=rate,
    accepts=(by_cases, by_peak),
    proves="Two branches that meet at the peak, the lower one counts; the first call "
    "is "
    "a real step, and the width scales the whole.",
    probes=(
        Probe(
            "curve",
            call(64, 4),
            steps(0, 12),
            "The curve rises to step 4 of the paper and falls from there",
        ),
        Probe(
            "no warm-up",
            call(9, 1),
            steps(0, 4),
            "With warmup = 1 it falls from the first step on",
        ),
        Probe(
            "the base model",
            call(512, 4000),
            steps(3998, 4001),
            "At step 4000 of the base model it is at its peak",
        ),
    ),
    mistakes=(
        Mistake(
            "warmup-step-zero",
            from_zero,
            "Your function stops at its very first call, step 0: 0.0 has no power of "
            "−0.5.",
            "Evaluate your formula at the very first call. What does it raise to a "
            "negative power?",
            "Two ways of counting meet here: the loop's and the paper's. Which number "
            "has the first step in each?",
            "The ground floor is 0 in one country and 1 in another. A lift that is "
            "told “up from 0” must know where it is.",
            probe="curve",
        ),
        _mistake(
            "first-step-twice",
            guarded_zero,
            "Your first two steps have the same rate: one of them was moved aside to "
            "save the division.",
            "What does step 1 of the loop get, and what step 0?",
            "A guard against zero heals the crash. All later steps are still one late.",
            "A clock that stands still for one hour at midnight shows the right "
            "minutes, and the wrong hour until the next night.",
        ),
        _mistake(
            "first-step-wasted",
            zero_first,
            "Your first step has the rate 0: a whole batch is computed, and no weight "
            "moves.",
            "What does a step with a learning rate of 0 change?",
            "The paper's counting has no step with the rate 0. Which of your calls is "
            "the paper's first?",
            "A rehearsal before an empty orchestra costs the conductor as much time as "
            "any other.",
        ),
        _mistake(
            "one-step-ahead",
            two_too_far,
            "Your curve is the right one, one step early.",
            "Count the ones that you add between the loop and the formula.",
            "The loop's 0 should be the paper's 1. What do you make of it?",
            "Two people who both set the clock forward arrive an hour early.",
        ),
        _mistake(
            "warmup-max-not-min",
            larger_branch,
            "You follow the upper branch: it falls while the other rises, and then the "
            "other way round.",
            "Sketch both branches: which lies lower at step 1?",
            "One branch would be huge at the start, the other huge at the end. The "
            "schedule is to be huge nowhere.",
            "Speed limit of the road, and speed that the engine can do. Which of the "
            "two numbers do you drive?",
        ),
        _mistake(
            "no-d-model",
            no_width,
            "The ratio is √64 = 8.",
            "Which of your inputs makes no difference?",
            "A wide model gets smaller steps in the paper. Double the width: what does "
            "your rate do?",
            "A recipe that ignores the number of guests is right for one number.",
        ),
        _mistake(
            "d-model-not-rooted",
            whole_width,
            "The ratio is 64 / √64 = 8.",
            "With four times the width, how much smaller is the rate: half, or a "
            "quarter?",
            "Read the exponent of the width aloud.",
            "Area and side of a square: which of them doubles when the other becomes "
            "four times as large?",
        ),
        _mistake(
            "d-model-upside-down",
            times_width,
            "The ratio is 64: a wider model gets larger steps.",
            "Should a wide model take longer steps or shorter ones?",
            "The sign of an exponent decides between “times” and “divided by”.",
            "Minutes for each kilometre and kilometres for each minute.",
        ),
        _mistake(
            "warmup-exponent",
            short_warmup,
            "Your line climbs too steeply and meets the other branch before step 4.",
            "At step = warmup, do your two branches give the same number?",
            "Set the two branches equal at n = warmup, and solve for the exponent.",
            "Two ramps are to meet at one landing. Whoever builds them to different "
            "heights gets a step.",
        ),
        _mistake(
            "warmup-exponent-of-one",
            linear_warmup,
            "Your line would reach 1 at the end of the warm-up, and the other branch "
            "is at 1/√warmup there.",
            "At step = warmup, do your two branches give the same number?",
            "“A share of the warm-up” is one factor; the height of the peak is "
            "another.",
            "Half of the way to the summit says nothing about how high it is.",
        ),
        _mistake(
            "no-decay",
            stays_up,
            "You stay at the peak after the warm-up.",
            "What happens to the learning rate at step 40,000?",
            "The equation has two branches. Your code has one, and a ceiling.",
            "An aeroplane that climbs, cruises, and has no plan for the landing.",
        ),
        _mistake(
            "decay-without-root",
            falls_linearly,
            "Behind the peak your curve falls with 1/n.",
            "Four times as many steps: is the rate a half, or a quarter?",
            "Look at the exponent of the step in the second branch, and at where the "
            "two branches then meet.",
            "The strings of a bass and of a violin: twice the length does not mean "
            "twice the thickness.",
        ),
        _mistake(
            "no-warm-up",
            starts_at_the_peak,
            "Your curve starts with its highest value.",
            "Where in your code does `warmup` stand?",
            "Adam's first steps rest on the gradients of one or two batches. The paper "
            "goes slowly there.",
            "A runner who sprints from bed. What is the first kilometre for?",
        ),
    ),
)
