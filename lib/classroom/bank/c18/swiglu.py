"""Chapter 18, faded: a feed-forward network with a gate."""

import torch
import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Fill in the gaps: $\mathrm{SwiGLU}(x) = (\mathrm{silu}(x W) \odot x V)\, W_2$, with
$\mathrm{silu}(z) = z \cdot \mathrm{sigmoid}(z)$. Tokens are rows.

- `x` (B, T, d); `W` and `V` (d, d_ff), of which `W` makes the gate; `W_2` (d_ff, d)
- returns (B, T, d)
"""

STUB = """
def swiglu(x, W, V, W_2):
    z = ...  # what the gate is made from
    gate = ...
    raise NotImplementedError  # what passes the gate, mapped back to d features
"""


def swiglu(x, W, V, W_2):
    z = x @ W
    gate = z * torch.sigmoid(z)
    return (gate * (x @ V)) @ W_2


def torchs(x, W, V, W_2):
    both = x @ torch.cat([W, V], dim=1)
    gate, up = both.chunk(2, dim=-1)
    return F.linear(F.silu(gate) * up, W_2.T)


def net(inner):
    return lambda x, W, V, W_2: inner(x @ W, x @ V) @ W_2


def setting():
    draw = torch.Generator().manual_seed(6)
    shapes = ((2, 3, 5), (5, 7), (5, 7), (7, 5))
    return tuple(torch.randn(shape, generator=draw) for shape in shapes)


def one_feature():
    """d_ff = 1: gate and content can be read off."""
    x = torch.tensor([[[-3.0], [0.5], [2.0]], [[1.0], [-1.0], [4.0]]])
    return x, torch.tensor([[1.0]]), torch.tensor([[2.0]]), torch.tensor([[1.0]])


def _read(got, expected):
    return (
        "For x = −3 and 2 (d = d_ff = 1, W = 1, V = 2, W₂ = 1) you return "
        f"{short(got[0, 0, 0])} and {short(got[0, 2, 0])}; right is "
        f"{short(expected[0, 0, 0])} and {short(expected[0, 2, 0])}."
    )


def _mistake(identifier, inner, question, pointer, neighbour):
    return Mistake(
        identifier, net(inner), _read, question, pointer, neighbour, "one feature"
    )


EXERCISE = Exercise(
    id="swiglu",
    chapter=18,
    kind="faded",
    title="A network with a gate",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="swiglu",
    stub=STUB,
    reference=swiglu,
    accepts=(torchs,),
    proves="One map opens and closes what the other has found, feature by feature, and "
    "the activation stands on the gate's side.",
    probes=(
        Probe(
            "one feature",
            one_feature,
            says="With one inner feature, the output is 2 x² · sigmoid(x)",
        ),
        Probe(
            "seven features",
            setting,
            says="What passes the gate is mapped back to d features",
        ),
    ),
    mistakes=(
        Mistake(
            "gate-on-the-wrong-branch",
            net(lambda w, v: w * F.silu(v)),
            _read,
            "Which of the two matrices makes the gate?",
            "The two branches are not alike: which one has the activation?",
            "A tap on the drain instead of the supply: water flows, and otherwise.",
            "one feature",
        ),
        _mistake(
            "sigmoid-gate",
            lambda w, v: torch.sigmoid(w) * v,
            "What stands in front of the sigmoid in silu?",
            "How large can your gate become? And silu's, at z = 2?",
            "A door is open or shut; a lens can also enlarge.",
        ),
        _mistake(
            "relu-gate",
            lambda w, v: F.relu(w) * v,
            "What does silu make of −3: exactly 0?",
            "Compare the two curves below 0.",
            "A door that closes, and a door that stays ajar.",
        ),
        _mistake(
            "gelu-gate",
            lambda w, v: F.gelu(w) * v,
            "Which function of z is multiplied by z: a sigmoid, or the normal "
            "distribution's?",
            "GELU and silu look alike. Compare them at z = −3.",
            "Twins tell themselves apart by a mole.",
        ),
        _mistake(
            "no-activation",
            lambda w, v: w * v,
            "Where is silu?",
            "With your function, what comes out for x and for −x?",
            "A gate that never closes is a fence post.",
        ),
        _mistake(
            "added",
            lambda w, v: F.silu(w) + v,
            "Which sign stands between the branches: + or ⊙?",
            "If the gate is 0, what should pass?",
            "Who adds the key to the lock has not turned it.",
        ),
        _mistake(
            "activation-on-the-product",
            lambda w, v: F.silu(w * v),
            "What is silu given: the gate's branch, or what both have made?",
            "For x = −3, the product of the branches is positive. Should it pass?",
            "The ticket is checked at the gate, not after the show.",
        ),
        _mistake(
            "activation-on-both",
            lambda w, v: F.silu(w) * F.silu(v),
            "How many times does silu stand in the formula?",
            "Can your second branch be strongly negative? Should it be able to?",
            "Two doors in a row where one was ordered.",
        ),
        _mistake(
            "second-map-unused",
            lambda w, v: F.silu(w),
            "Which argument have you not used?",
            "What does your gate let pass, or not?",
            "A frame without a picture.",
        ),
        Mistake(
            "activation-on-the-output",
            lambda x, W, V, W_2: F.silu(((x @ W) * (x @ V)) @ W_2),
            _read,
            "Can your network take anything away from the residual stream?",
            "Where does silu stand: before the last matrix, or after it?",
            "A valve behind the fountain regulates nothing.",
            "one feature",
        ),
    ),
)
