"""Chapter 17, faded: how many days a training takes."""

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Fill in the gaps. How many **days** does a training take? Count six operations for each
parameter and token, as the chapter does, and leave attention's own products out.

- `parameters`, `tokens`: of the model, and read in training
- `devices`: how many share the work evenly
- `peak`: operations per **second** that one device could do
- `share`: of its peak, what a device reaches, between 0 and 1
- returns a float
"""

STUB = """
def training_days(parameters, tokens, devices, peak, share):
    operations = ...  # of the whole training
    per_second = ...  # of all devices, as they really are
    raise NotImplementedError  # in days
"""


def training_days(parameters, tokens, devices, peak, share):
    operations = 6 * parameters * tokens
    per_second = devices * peak * share
    return operations / per_second / (24 * 60 * 60)


def by_hours(parameters, tokens, devices, peak, share):
    each = 6.0 * parameters * (tokens / devices)
    return each / (share * peak * 3600) / 24


def forward_alone(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, share) / 3


def one_per_weight(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, share) / 6


def backward_alone(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, share) * 4 / 6


def at_the_peak(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, 1.0)


def share_the_wrong_way(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, 1 / share)


def share_in_percent(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, devices, peak, share / 100)


def one_device(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, 1, peak, share)


def devices_add_work(parameters, tokens, devices, peak, share):
    return training_days(parameters, tokens, 1 / devices, peak, share)


def in_hours(parameters, tokens, devices, peak, share):
    return 24 * training_days(parameters, tokens, devices, peak, share)


def in_seconds(parameters, tokens, devices, peak, share):
    return 86400 * training_days(parameters, tokens, devices, peak, share)


def plain():
    """Two days: 6 · 1e9 · 5.76e10 operations, on 4 devices of 1e15 at 0.5 …"""
    return 1e9, 5.76e11, 4, 2.5e13, 0.2


def large():
    return 70_000_000_000, 1_400_000_000_000, 1000, 7e14, 0.3


def _says(text):
    return lambda got, expected: (
        "For 10⁹ parameters, 5.76·10¹¹ tokens and 4 devices of 2.5·10¹³ a second at a "
        f"share of 0.2 you get {short(got)}, and {short(expected)} is right. {text}"
    )


EXERCISE = Exercise(
    id="training-days",
    chapter=17,
    kind="faded",
    title="Days of training",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="training_days",
    stub=STUB,
    reference=training_days,
    accepts=(by_hours,),
    proves="Six operations for each parameter and token, shared among the devices, at "
    "the rate that they reach and not at the one that is printed on them.",
    probes=(
        Probe("plain", plain, says="4 devices at a fifth of 2.5e13 a second do 2e13"),
        Probe("large", large, says="Sizes of the present day give hundreds of days"),
    ),
    mistakes=(
        Mistake(
            "forward-alone",
            forward_alone,
            _says("Yours is a third of it."),
            "Which passes does a step of training have?",
            "Two operations per weight go forward. And the gradients of the input and "
            "of the weight?",
            "A walk to the top takes an hour. How long is one out for the whole tour, "
            "if the way back takes twice as long?",
            "plain",
        ),
        Mistake(
            "one-operation-per-weight",
            one_per_weight,
            _says("Yours is a sixth of it."),
            "What happens to a weight and a token in one pass forward?",
            "A product of matrices multiplies, and adds up what it has multiplied. And "
            "forward is not all.",
            "A bill of three items is three multiplications by a price, and then?",
            "plain",
        ),
        Mistake(
            "backward-alone",
            backward_alone,
            _says("Yours is two thirds of it."),
            "What has to be computed before a gradient can be?",
            "Four operations are the way back. What comes before it?",
            "Who counts the descent alone says that the peak was reached by magic.",
            "plain",
        ),
        Mistake(
            "share-forgotten",
            at_the_peak,
            _says("Yours is a fifth of it, which is the share."),
            "Does a device do what is printed on it?",
            "Of 2.5·10¹³ a second it reaches a fifth. How many is that?",
            "A car that can do 250 takes the road at 50. When does it arrive?",
            "plain",
        ),
        Mistake(
            "share-the-wrong-way",
            share_the_wrong_way,
            _says("Yours becomes less the *less* of the peak is reached."),
            "Half the share: does it take longer, or less long?",
            "The share makes the rate smaller. Which way does a smaller rate move the "
            "time?",
            "With a headwind the cyclist is slower. Does the trip take less time?",
            "plain",
        ),
        Mistake(
            "share-in-percent",
            share_in_percent,
            _says("Yours is a hundred times as much."),
            "Is `share` 20 or 0.2?",
            "It comes as a number between 0 and 1. Does it need a percent sign?",
            "Half a cake is 0.5 cakes, and not 0.5 % of one.",
            "plain",
        ),
        Mistake(
            "one-device",
            one_device,
            _says("Yours is four times as much, as for one device."),
            "Who else is working?",
            "Four devices share the tokens. How many are left for each?",
            "One painter needs four days for a wall. And four painters?",
            "plain",
        ),
        Mistake(
            "devices-add-work",
            devices_add_work,
            _says("Yours is sixteen times as much: more devices, more time."),
            "Should a second device make it longer?",
            "The work is shared, not repeated. On which side of the division do the "
            "devices belong?",
            "Four painters need four times as long as one only if they paint four "
            "walls each.",
            "plain",
        ),
        Mistake(
            "hours",
            in_hours,
            _says("Yours is 24 times as much."),
            "In which unit is the answer asked for?",
            "Seconds become minutes, minutes hours. What do hours become?",
            "A week is 168 of something, and 7 of something else.",
            "plain",
        ),
        Mistake(
            "seconds",
            in_seconds,
            _says("Yours is 86,400 times as much."),
            "`peak` is per second. Per what is the answer?",
            "A division by operations per second leaves seconds. How many make a day?",
            "A marathon in 7,200: of what?",
            "plain",
        ),
    ),
)
