"""Chapter 1, break it: an input that tells a recurrent layer from its broken copies."""

import torch

from ...exercises.model import Exercise, Mistake

QUESTION = """
The layer below runs over a batch of sentences, from a fixed first state `FIRST`, with
fixed weights. Seven broken copies of it are hidden: one takes the batch for time, one
forgets too early, one looks at the wrong sentence, and so on. A copy is exposed when
its outputs on your input differ from the right ones.

Write a function that returns one input on which all seven differ: a float32 tensor (B,
T, 3), with B and T from 1 to 12. The score is the number of copies that you expose.
"""

STUB = """
def exposing_input():
    raise NotImplementedError
"""


def exposing_input():
    return torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(0))


def mixed_by_hand():
    x = torch.zeros(2, 6, 3)
    x[0, 0], x[1, 3] = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([1.0, 0.3, -0.7])
    return x


def _weights(*shape):
    generator = torch.Generator().manual_seed(5)
    return 0.6 * torch.randn(*shape, generator=generator)


W_X, W_H, FIRST = _weights(4, 3), _weights(4, 4), _weights(4)


def layer(x):
    """x (B, T, 3) → the state after every step, (B, T, 4)."""
    h, states = FIRST.expand(len(x), 4), []
    for now in x.unbind(1):  # (B, 3)
        h = torch.tanh(now @ W_X.T + h @ W_H.T)
        states.append(h)
    return torch.stack(states, 1)


def forgetful(x, span):
    """Every `span` steps the state is the first one again."""
    return torch.cat([layer(part) for part in x.split(span, 1)], 1)


def linked(x):
    """Each row starts where the row before it ended."""
    rows = torch.cat(x.unbind(0))[None]  # one long row
    return layer(rows).reshape(*x.shape[:2], 4)


MUTANTS = {
    "time-on-axis-0": lambda x: layer(x.transpose(0, 1)).transpose(0, 1),
    "state-reset": lambda x: forgetful(x, 1),
    "forgets-after-4": lambda x: forgetful(x, 4),
    "rows-reversed": lambda x: layer(x.flip(0)),
    "steps-reversed": lambda x: layer(x.flip(1)),
    "rows-linked": linked,
    "last-feature-ignored": lambda x: layer(x * torch.tensor([1.0, 1.0, 0.0])),
}


def valid(x):
    if not isinstance(x, torch.Tensor):
        return f"a tensor is expected, and this is of type {type(x).__name__}"
    if x.ndim != 3 or x.shape[-1] != 3:
        return f"the shape should be (B, T, 3), and it is {tuple(x.shape)}"
    if not (1 <= x.shape[0] <= 12 and 1 <= x.shape[1] <= 12):
        return f"B and T should be from 1 to 12, and the shape is {tuple(x.shape)}"
    if x.dtype != torch.float32 or not x.isfinite().all():
        return "it should hold finite numbers of type float32"
    return None


def _equal_along(x, axis):
    return x.shape[axis] > 1 and bool((x == x.narrow(axis, 0, 1)).all())


def _survive(left):
    return f"{len(left)} of the copies survive{'s' if len(left) == 1 else ''}"


def _noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


EXERCISE = Exercise(
    id="batch-or-time",
    chapter=1,
    kind="break",
    title="Batch or time? Find the input that tells",
    question=QUESTION,
    difficulty=2,
    minutes=10,
    name="exposing_input",
    stub=STUB,
    reference=exposing_input,
    accepts=(mixed_by_hand,),
    proves="Several sentences, several steps, no two alike, every feature in use: keep "
    "an input like this one for testing any layer.",
    block=layer,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-step",
            lambda: _noise(3, 1, 3),
            lambda x, left: (
                f"Your input {tuple(x.shape)} has one time step, and "
                f"{_survive(left)} it."
            ),
            "What can a layer with no memory do wrong in its first step?",
            "A fault in remembering shows when there is something to remember. What is "
            "the shortest text that has a past?",
            "A stopwatch that never advances shows 0 at the start, and so does a good "
            "one. When would you look at both?",
            when=lambda x: x.shape[1] == 1,
        ),
        Mistake(
            "one-row",
            lambda: _noise(1, 6, 3),
            lambda x, left: (
                f"Your input {tuple(x.shape)} is a batch of one, and "
                f"{_survive(left)} it."
            ),
            "Whom could a layer confuse with whom, if there is only one?",
            "Two of the faults are about who is who in the batch. Ask how many "
            "sentences it takes for a sentence to get another one's answer.",
            "A postman who delivers every letter to the first house makes no mistake "
            "in a street with one house. In which street would you test him?",
            when=lambda x: x.shape[0] == 1,
        ),
        Mistake(
            "all-zeros",
            lambda: torch.zeros(3, 6, 3),
            lambda x, left: f"Your input is zero everywhere; {_survive(left)}.",
            "Zero times a wrong weight: what is that?",
            "With zeros nothing of the input reaches the state, so a fault in reading "
            "it can't show. What would?",
            "0 + 0 = 0 · 0 = 0 − 0: three operations, one answer. Which pair of "
            "numbers tells all three apart?",
            when=lambda x: not x.any(),
        ),
        Mistake(
            "saturated",
            lambda: 1000 * _noise(3, 6, 3),
            lambda x, left: (
                f"Your numbers go up to {x.abs().max():.0f}: tanh answers −1 "
                f"or 1 whatever the state says, and {_survive(left)}."
            ),
            "How much does the old state weigh beside an input of that size?",
            "Look at the right outputs on your input. How many different numbers are "
            "there?",
            "Whispering a password during a rocket launch: the microphone is at its "
            "limit with and without. Would you test the microphone then?",
            when=lambda x: x.abs().median() > 20,
        ),
        Mistake(
            "same-everywhere",
            lambda: torch.ones(3, 6, 3),
            lambda x, left: (
                f"All sentences are alike and so are all steps; {_survive(left)}."
            ),
            "If two things look the same, who notices that they were exchanged?",
            "Two copies read in another order. For each of them, ask what would have "
            "to be different in your input to show it.",
            "A pack with 52 aces of hearts: shuffled or not? Which pack shows it best?",
            when=lambda x: _equal_along(x, 0) and _equal_along(x, 1),
        ),
        Mistake(
            "rows-alike",
            lambda: _noise(1, 6, 3).expand(3, 6, 3),
            lambda x, left: (
                f"All {len(x)} sentences of your batch are the same one; "
                f"{_survive(left)}."
            ),
            "If two sentences are the same, who notices that they were exchanged?",
            "One of the copies that survive gives answers to the wrong sentences. They "
            "happen to be the same answers.",
            "Twins swap places at an exam: to see it you need them to differ in "
            "something. What differs between the sentences of your batch?",
            when=lambda x: _equal_along(x, 0),
        ),
        Mistake(
            "steps-alike",
            lambda: _noise(3, 1, 3).expand(3, 6, 3),
            lambda x, left: (
                f"Every step of a sentence repeats the first one; {_survive(left)}."
            ),
            "Read “la la la la” backwards. What do you hear?",
            "One of the copies that survive has another idea of the order of time. "
            "Which texts sound the same in both orders?",
            "“Anna” and “Otto” cannot tell you whether a mirror is in the way; “Ian” "
            "can. What is it that “Ian” has?",
            when=lambda x: _equal_along(x, 1),
        ),
        Mistake(
            "too-short",
            lambda: _noise(3, 4, 3),
            lambda x, left: (
                f"Your sentences have {x.shape[1]} steps, and {_survive(left)}: one "
                "that is right for that long is among them."
            ),
            "A copy that forgets too early: how early?",
            "A memory can only be tested beyond its length. You do not know its "
            "length; you know how long a text may be.",
            "A bridge for 4 tonnes carries 1, 2, 3 and 4. Four good answers say "
            "nothing about the fifth.",
            when=lambda x: x.shape[1] <= 4,
        ),
        Mistake(
            "unused-feature",
            lambda: _noise(3, 6, 3) * torch.tensor([1.0, 1.0, 0.0]),
            "One copy survives that reads less of each input than it should, and your "
            "input gives it nothing to miss.",
            "Which entries of your input could be anything, for all this copy cares?",
            "Each step has three numbers. Look at each of them over the whole batch.",
            "A piano with one dead key plays many pieces well. Which piece shows every "
            "dead key?",
        ),
    ),
)
