"""Wrong stacks of layers, each with its hints."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import nn

from ...exercises.compare import short
from ...exercises.model import Mistake


def _in_turn(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def but(make=None, run=_in_turn, keep: Callable = nn.ModuleList):
    """A stack whose layers are made, kept or run in another way."""

    def wrong(make_layer, n_layers):
        made = make(make_layer, n_layers) if make else _made(make_layer, n_layers)

        class Stack(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = keep(made)

            def forward(self, x):
                return run(self.layers, x)

        return Stack()

    return wrong


def _made(make_layer, n_layers):
    return [make_layer() for _ in range(n_layers)]


def same_object(make_layer, n_layers):
    return [make_layer()] * n_layers


def twins(make_layer, n_layers):
    layer = make_layer()
    return [deepcopy(layer) for _ in range(n_layers)]


def one_less(make_layer, n_layers):
    return [make_layer() for _ in range(1, n_layers)]


def one_more(make_layer, n_layers):
    return [make_layer() for _ in range(n_layers + 1)]


def only_one(make_layer, n_layers):
    return [make_layer()]


def original_x(layers, x):
    y = x
    for layer in layers:
        y = layer(x)
    return y


def nothing_kept(layers, x):
    for layer in layers:
        layer(x)
    return x


def back_too_early(layers, x):
    for layer in layers:
        return layer(x)


def without_gradient(layers, x):
    with torch.no_grad():
        return _in_turn(layers, x)


def own_shortcut(layers, x):
    for layer in layers:
        x = x + layer(x)
    return x


def backwards(layers, x):
    return _in_turn(list(layers)[::-1], x)


def summed(layers, x):
    return sum(layer(x) for layer in layers)


def averaged(layers, x):
    return sum(layer(x) for layer in layers) / len(layers)


def all_outputs(layers, x):
    outputs = []
    for layer in layers:
        x = layer(x)
        outputs.append(x)
    return outputs


def one_layer_again(make_layer, n_layers):
    return but(only_one, lambda layers, x: _in_turn([*layers] * n_layers, x))(
        make_layer, n_layers
    )


def plain_list(make_layer, n_layers):
    return _made(make_layer, n_layers)


def plain_module_list(make_layer, n_layers):
    return nn.ModuleList(_made(make_layer, n_layers))


def plain_function(make_layer, n_layers):
    layers = _made(make_layer, n_layers)
    return lambda x: _in_turn(layers, x)


def made_while_running(make_layer, n_layers):
    class Stack(nn.Module):
        def forward(self, x):
            for _ in range(n_layers):
                x = make_layer()(x)
            return x

    return Stack()


def _count(got, expected):
    if not isinstance(got, dict):
        return "Your result is no module."
    return (
        f"A layer has 20 parameters, four have {expected['parameters']}; your stack "
        f"of four counts {got['parameters']}."
    )


def _zero(got, _):
    if not hasattr(got, "ndim"):
        return f"Your stack returns a {type(got).__name__}."
    return f"Four layers that add 1 turn 0 into {short(got[0, 0])}."


def _kind(got, _):
    return f"Your function returns {got}."


MANY = {
    "symptom": _zero,
    "question": "How many layers does your stack run?",
    "pointer": "Count through your loop, or your list, with n_layers = 4.",
    "neighbour": "From the 3rd to the 7th of May: how many days of work are that?",
    "probe": "plus one",
}


def _numbered(got, expected):
    return (
        "Layer n doubles and adds n. Three of them turn 0 into "
        f"{short(expected[0, 0])}, from the bottom up; yours give {short(got[0, 0])}."
    )


SIDE_BY_SIDE = {
    "symptom": _numbered,
    "question": "What does layer 2 receive?",
    "pointer": "All your layers read the input, and none what another has made. Depth "
    "is that one builds on the other.",
    "neighbour": "Four painters, each on a wall of his own, or four coats on one wall.",
    "probe": "order",
}

MISTAKES = (
    Mistake(
        "layers-in-python-list",
        but(keep=list),
        _count,
        "Ask the model to list what it will train. What does it say?",
        "An `nn.Module` finds modules among its attributes, and does not look into "
        "every kind of container. Which containers does it know?",
        "A club's list of members names persons; a whole bus of them, parked in front "
        "of the door, is not on it.",
        probe="parameters",
    ),
    Mistake(
        "layer-object-shared",
        but(same_object),
        _count,
        "Six names, how many objects?",
        "Multiplying a list repeats what is in it. How often was `make_layer` called?",
        "`row = [0]; table = [row] * 3; row.append(1)`: how long are the rows of the "
        "table?",
        probe="parameters",
    ),
    Mistake(
        "layer-called-again",
        one_layer_again,
        _count,
        "How many layers does your stack have, and how many does it run?",
        "One layer that runs many times is a recurrent network in depth. Each of these "
        "has weights of its own.",
        "A play for four persons with one actor: who speaks to whom?",
        probe="parameters",
    ),
    Mistake(
        "clones-same-init",
        but(twins),
        lambda got, expected: (
            f"Four layers were asked for, with {expected['different weights']} "
            "different matrices to start from; yours have "
            f"{got['different weights']}."
        ),
        "Do twins need to start as twins?",
        "A copy copies the random numbers too. How often were they drawn?",
        "Four players shuffle a deck each, or one shuffles and the others copy his "
        "order.",
        probe="starts",
    ),
    Mistake("loop-feeds-original-x", but(run=original_x), **SIDE_BY_SIDE),
    Mistake("layers-summed", but(run=summed), **SIDE_BY_SIDE),
    Mistake("layers-averaged", but(run=averaged), **SIDE_BY_SIDE),
    Mistake(
        "stack-adds-a-shortcut",
        but(run=own_shortcut),
        _zero,
        "Who adds the shortcut: the layers or the stack?",
        "A block has its shortcuts inside. Here x is added once more, and doubles with "
        "every layer.",
        "Both the waiter and the till add the tip.",
        probe="plus one",
    ),
    Mistake(
        "outputs-dropped",
        but(run=nothing_kept),
        _zero,
        "Where does what a layer returns go?",
        "A layer does not change its input, it returns something new. Which name keeps "
        "it?",
        "`numbers = [3, 1]; sorted(numbers)`: what is `numbers` now?",
        probe="plus one",
    ),
    Mistake(
        "returns-in-the-loop",
        but(run=back_too_early),
        _zero,
        "How often does the body of your loop run?",
        "Every layer is there. Look at how far a line near the end is indented.",
        "A guest who leaves after the first course has not tasted the others.",
        probe="plus one",
    ),
    Mistake(
        "stack-without-gradient",
        but(run=without_gradient),
        lambda got, expected: (
            f"The gradient reaches {got['layers with a gradient']} of "
            f"{expected['layers with a gradient']} layers."
        ),
        "Which of your lines keeps PyTorch from noting what is done?",
        "The outputs are right, and training would change nothing.",
        "A rehearsal without anybody taking notes: well played, and nobody can say "
        "what to correct.",
        probe="pulled",
    ),
    Mistake("one-layer-missing", but(one_less), **MANY),
    Mistake("one-layer-too-many", but(one_more), **MANY),
    Mistake("one-layer-only", but(only_one), **MANY),
    Mistake(
        "stack-backwards",
        but(run=backwards),
        _numbered,
        "Which layer reads the input?",
        "All layers are there, and the first one comes last.",
        "Socks over shoes: every piece is on.",
        probe="order",
    ),
    Mistake(
        "every-layers-output",
        but(run=all_outputs),
        _zero,
        "How many tensors does a caller get?",
        "Outputs of all layers are good to look at. The next part of the model reads "
        "one.",
        "A relay team hands over one baton, not all that its runners have held.",
        probe="plus one",
    ),
    Mistake(
        "a-list-returned",
        plain_list,
        _kind,
        "Can your result be called with a tensor?",
        "You have the layers. Who runs them one after the other?",
        "Bricks, delivered on time, are not a wall.",
        probe="plus one",
    ),
    Mistake(
        "a-module-list-returned",
        plain_module_list,
        _kind,
        "Can your result be called with a tensor?",
        "A `ModuleList` keeps layers so that a module can find them; how they are run "
        "it does not know.",
        "A list of the acts is not the play.",
        probe="plus one",
    ),
    Mistake(
        "a-function-returned",
        plain_function,
        _kind,
        "What would an optimiser be given to train?",
        "Your result can be called. It has no `parameters()`, no `eval()`, no "
        "`state_dict()`.",
        "A voice on the telephone answers, and nobody knows where it lives.",
        probe="plus one",
    ),
    Mistake(
        "layers-made-while-running",
        made_while_running,
        _count,
        "When are your layers made, and what is left of them after the call?",
        "What is made inside `forward` is new in every step. What should training "
        "change?",
        "A notebook that is thrown away after each lesson.",
        probe="parameters",
    ),
)
