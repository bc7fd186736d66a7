"""Chapter 17, write: what the weights need on one of several devices."""

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
A model is trained by Adam in float32 (4 bytes a number) on several devices. How many
**bytes** does one device hold for weights, gradients, and Adam's two averages?

- `tensors`: how many numbers each of the model's weights has, a list
- `devices`: how many train together
- `sharded`: False: each holds everything. True: each tensor is cut into as many equal
  parts as there are devices (the last is filled up), and a device holds one part of
  each tensor, with its gradient and averages
- returns an int
"""

STUB = """
def bytes_per_device(tensors, devices, sharded):
    raise NotImplementedError
"""


def bytes_per_device(tensors, devices, sharded):
    held = sum(-(-n // devices) if sharded else n for n in tensors)
    return 4 * 4 * held


def by_kind(tensors, devices, sharded):
    if not sharded:
        devices = 1
    parts = [(n + devices - 1) // devices for n in tensors]
    return 4 * sum(parts) + 4 * sum(parts) + 8 * sum(parts)


def _times(bytes_each):
    def wrong(tensors, devices, sharded):
        return bytes_per_device(tensors, devices, sharded) * bytes_each // 16

    return wrong


def rounded_down(tensors, devices, sharded):
    return 16 * sum(n // devices if sharded else n for n in tensors)


def cut_as_one(tensors, devices, sharded):
    return bytes_per_device([sum(tensors)], devices, sharded)


def never_cut(tensors, devices, sharded):
    return bytes_per_device(tensors, devices, False)


def always_cut(tensors, devices, sharded):
    return bytes_per_device(tensors, devices, True)


def the_other_way(tensors, devices, sharded):
    return bytes_per_device(tensors, devices, not sharded)


def averages_alone(tensors, devices, sharded):
    whole = bytes_per_device(tensors, devices, False)
    return whole // 2 + bytes_per_device(tensors, devices, sharded) // 2


def all_devices(tensors, devices, sharded):
    return devices * bytes_per_device(tensors, devices, sharded)


def weights_cut_alone(tensors, devices, sharded):
    whole = bytes_per_device(tensors, devices, False)
    return 3 * whole // 4 + bytes_per_device(tensors, devices, sharded) // 4


def largest_alone(tensors, devices, sharded):
    return bytes_per_device([max(tensors)], devices, sharded)


def whole():
    return [1000, 10], 3, False


def cut():
    """No tensor divides by three, and their sum leaves another rest."""
    return [1000, 10, 7, 700], 3, True


def _whole(got, expected):
    return (
        "For tensors of 1,000 and 10 numbers on 3 devices, not sharded, you get "
        f"{short(got)} bytes, and {short(expected)} are right."
    )


def _cut(got, expected):
    return (
        "For tensors of 1,000, 10, 7 and 700 numbers on 3 devices, sharded, you get "
        f"{short(got)} bytes, and {short(expected)} are right."
    )


EXERCISE = Exercise(
    id="bytes-per-device",
    chapter=17,
    kind="write",
    title="Bytes per device",
    question=QUESTION,
    difficulty=2,
    minutes=7,
    name="bytes_per_device",
    stub=STUB,
    reference=bytes_per_device,
    accepts=(by_kind,),
    proves="Sixteen bytes per parameter, whole on every device, or a part of each "
    "tensor on each: what sharing out the weights saves.",
    probes=(
        Probe("whole", whole, says="Not sharded, each device holds 16 bytes a number"),
        Probe("cut", cut, says="Sharded, a device holds one part of every tensor"),
    ),
    mistakes=(
        Mistake(
            "weights-alone",
            _times(4),
            lambda got, expected: f"{_whole(got, expected)} Yours is a quarter.",
            "What does a step of training leave beside each weight?",
            "Go through one step: forward, backward, Adam. Which tensors of the "
            "model's size are alive at its end?",
            "A traveller's weight is not the weight of the traveller with a trunk.",
            "whole",
        ),
        Mistake(
            "adam-forgotten",
            _times(8),
            lambda got, expected: f"{_whole(got, expected)} Yours is a half.",
            "What does Adam remember from step to step?",
            "Plain gradient descent needs what you have counted. What does Adam keep "
            "for each weight?",
            "A diary keeps more than the present day.",
            "whole",
        ),
        Mistake(
            "one-of-four-missing",
            _times(12),
            lambda got, expected: f"{_whole(got, expected)} Yours is three quarters.",
            "How many numbers belong to each parameter?",
            "Count them: the weight, its gradient, the average of the gradient, and …",
            "A quartet with three chairs.",
            "whole",
        ),
        Mistake(
            "always-cut",
            always_cut,
            lambda got, expected: f"{_whole(got, expected)} Yours is about a third.",
            "Does every training on several devices cut the weights?",
            "In plain data parallel training, what does each process need for its own "
            "pass forward?",
            "Three cooks from one book, or each with a copy: who needs the shelf?",
            "whole",
        ),
        Mistake(
            "never-cut",
            never_cut,
            lambda got, expected: f"{_cut(got, expected)} Nothing was cut.",
            "What is different when `sharded` is True?",
            "Each tensor is in three parts then. How many of them are on one device?",
            "A pizza for three is not three pizzas.",
            "cut",
        ),
        Mistake(
            "flag-turned-round",
            the_other_way,
            lambda got, expected: f"{_cut(got, expected)} And whole, it is cut.",
            "Which of the two should be the smaller one?",
            "Read the branch aloud: “if sharded, then …”",
            "A light switch that is mounted upside down.",
            "cut",
        ),
        Mistake(
            "rounded-down",
            rounded_down,
            lambda got, expected: f"{_cut(got, expected)} Some numbers are homeless.",
            "Where do the numbers of the rest go?",
            "10 numbers on 3 devices: parts of 3 hold how many of them?",
            "Ten guests, tables of three: how many tables are laid?",
            "cut",
        ),
        Mistake(
            "cut-as-one",
            cut_as_one,
            lambda got, expected: f"{_cut(got, expected)} You cut the sum.",
            "Is one long row cut, or each tensor by itself?",
            "Every tensor is filled up on its own. How often is something filled up?",
            "Four parcels that each need a stamp, or one that has all in it.",
            "cut",
        ),
        Mistake(
            "averages-cut-alone",
            averages_alone,
            lambda got, expected: f"{_cut(got, expected)} Half of it is still whole.",
            "Which of the four stay whole in yours?",
            "Adam's averages can be cut by themselves, and there are methods that do "
            "just that. What does this question cut?",
            "Sharing the umbrella, and each carrying a tent.",
            "cut",
        ),
        Mistake(
            "weights-cut-alone",
            weights_cut_alone,
            lambda got, expected: f"{_cut(got, expected)} Three of four are whole.",
            "What comes along with a part of a weight?",
            "A device updates its own part. Whose gradients and averages does it need "
            "for that?",
            "To water a third of the garden one does not fill all the cans.",
            "cut",
        ),
        Mistake(
            "all-devices-together",
            all_devices,
            lambda got, expected: f"{_whole(got, expected)} Yours is three times it.",
            "For one device, or for all?",
            "The name of the function says for how many. By what did you multiply?",
            "The price per head, and the bill.",
            "whole",
        ),
        Mistake(
            "largest-alone",
            largest_alone,
            lambda got, expected: f"{_whole(got, expected)} Something was left out.",
            "How many tensors has the model?",
            "All of them stay in memory from step to step. What did you do with the "
            "smaller ones?",
            "The weight of a bunch of keys is not that of the largest key.",
            "whole",
        ),
    ),
)
