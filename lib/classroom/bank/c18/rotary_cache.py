"""Chapter 18, write: one step of attention with rotated keys and a cache."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
One head writes a text token by token. At each step your function is given the newest
token's `query` and `key` (d_k,) and `value` (d_v,), none of them turned, and `kept`,
which is what it returned as its second result at the step before, or `None` at the
first. What is kept, and in which form, is up to you.

`turn(x, position)` is given: RoPE for one vector.

Return the head's output (d_v,), softmax of the scaled scores times the values, and what
is to be kept. Positions count from 0.
"""

STUB = """
def rotary_step(query, key, value, kept, turn):
    raise NotImplementedError  # output, what is to be kept
"""


def rotary_step(query, key, value, kept, turn):
    keys, values = kept or ([], [])
    here = len(keys)  # as many tokens lie before this one
    keys, values = [*keys, turn(key, here)], [*values, value]
    scores = torch.stack(keys) @ turn(query, here) / len(query) ** 0.5  # (S,)
    return scores.softmax(dim=0) @ torch.stack(values), (keys, values)


def step(before=None, asks=None, values_of=None, keys_of=None, scaled=True):
    """`rotary_step` with parts replaced."""

    def wrong(query, key, value, kept, turn):
        keys, values = kept or ([], [])
        n = len(keys)
        at = before(n) if before else n
        value = values_of(value, turn, n) if values_of else value
        keys, values = [*keys, turn(key, at)], [*values, value]
        if keys_of:
            keys = keys_of(keys, turn)
        asking = asks(query, turn, n) if asks else turn(query, at)
        scores = torch.stack(keys) @ asking / (len(query) ** 0.5 if scaled else 1)
        return scores.softmax(0) @ torch.stack(values), (keys, values)

    return wrong


def turned_when_read(query, key, value, kept, turn):
    keys, values = kept if kept is not None else ([], [])
    keys, values = [*keys, key], [*values, value]
    shown = torch.stack([turn(k, n) for n, k in enumerate(keys)])
    scores = shown @ turn(query, len(keys) - 1) / len(query) ** 0.5
    return torch.softmax(scores, -1) @ torch.stack(values), (keys, values)


def key_untouched(query, key, value, kept, turn):
    keys, values = kept or ([], [])
    n = len(keys)
    keys, values = [*keys, key], [*values, value]
    scores = torch.stack(keys) @ turn(query, n) / len(query) ** 0.5
    return scores.softmax(0) @ torch.stack(values), (keys, values)


def turned_twice(query, key, value, kept, turn):
    keys, values = kept or ([], [])
    n = len(keys)
    keys, values = [*keys, key], [*values, value]
    keys = [turn(k, i) for i, k in enumerate(keys)]
    scores = torch.stack(keys) @ turn(query, n) / len(query) ** 0.5
    return scores.softmax(0) @ torch.stack(values), (keys, values)


def itself_unseen(query, key, value, kept, turn):
    keys, values = kept or ([], [])
    n = len(keys)
    if not keys:
        return value, ([turn(key, 0)], [value])
    scores = torch.stack(keys) @ turn(query, n) / len(query) ** 0.5
    out = scores.softmax(0) @ torch.stack(values)
    return out, ([*keys, turn(key, n)], [*values, value])


def nothing_kept(query, key, value, kept, turn):
    return value, None


def query_of_the_next(query, turn, n):
    return turn(query, n + 1)


def text():
    draw = torch.Generator().manual_seed(8)
    shapes = ((6, 8), (6, 8), (6, 4))
    return tuple(2 * torch.randn(shape, generator=draw) for shape in shapes)


def turn(x, position):
    d = x.shape[-1]
    angles = position * 10.0 ** (-torch.arange(0, d, 2) / d)
    cos, sin, a, b = angles.cos(), angles.sin(), x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


def write(n):
    def outputs(function, query, key, value):
        kept, out = None, []
        for t in range(n):
            got, kept = function(query[t], key[t], value[t], kept, turn)
            out.append(got)
        return torch.stack(out)

    return outputs


def _late(got, expected):
    wrong = [t for t in range(len(got)) if (got[t] - expected[t]).abs().max() > 1e-4]
    t = wrong[0]
    right = f"The outputs before position {t} are right. " if t else ""
    return (
        f"{right}At position {t} you return {short(got[t])}, and "
        f"{short(expected[t])} is right."
    )


EXERCISE = Exercise(
    id="rotary-cache",
    chapter=18,
    kind="write",
    title="A step with turned keys and a cache",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="rotary_step",
    stub=STUB,
    reference=rotary_step,
    accepts=(turned_when_read, step(before=lambda n: n + 5)),
    proves="Each step gives what one pass over the text gives: query and key of a "
    "token are turned once, by the number of tokens before it, and values never.",
    probes=(
        Probe(
            "two tokens",
            text,
            write(2),
            "The first two tokens get what one pass over both gives",
        ),
        Probe(
            "six tokens",
            text,
            write(6),
            "All six tokens get what one pass over the text gives",
        ),
    ),
    mistakes=(
        Mistake(
            "position-restarted",
            step(before=lambda n: 0),
            _late,
            "How does token 5 know that it is the sixth?",
            "Which number do you hand to `turn`, at the first step and at the sixth?",
            "A diary in which every day is the first of January.",
            "six tokens",
        ),
        Mistake(
            "query-not-turned",
            step(asks=lambda q, turn, n: q),
            _late,
            "Which of the three vectors are turned?",
            "If only one side of a dot product is turned, does the score depend on the "
            "offset, or on that side's position?",
            "A clock's one hand tells the hour; it takes two to tell an angle.",
            "six tokens",
        ),
        Mistake(
            "key-not-turned",
            key_untouched,
            _late,
            "Which of the three vectors are turned?",
            "How is a later query to know how far away this key is?",
            "Letters without a date, in a reply that has one.",
            "six tokens",
        ),
        Mistake(
            "kept-keys-turned-again",
            turned_twice,
            _late,
            "How often has key 1 been turned by the time of step 5?",
            "Compare what you keep after step 2 with what you kept after step 1: has "
            "the old key changed?",
            "Bread that is baked again with every new loaf.",
            "six tokens",
        ),
        Mistake(
            "values-turned",
            step(values_of=lambda v, turn, n: turn(v, n)),
            _late,
            "Does a value take part in a score?",
            "Positions decide how much is taken of a value. Should they change what is "
            "taken?",
            "The address on a parcel is for the postman; what is in it stays as it is.",
            "six tokens",
        ),
        Mistake(
            "query-one-ahead",
            step(asks=query_of_the_next),
            _late,
            "Is the number of tokens counted before or after the newest was added?",
            "What is the offset between a token and itself? And in your code?",
            "Floors counted from 0 at the lift and from 1 at the stairs.",
            "six tokens",
        ),
        Mistake(
            "itself-unseen",
            itself_unseen,
            _late,
            "May a token look at itself?",
            "At step t, how many keys does the newest query meet?",
            "Whoever counts the guests and forgets to count herself.",
            "six tokens",
        ),
        Mistake(
            "unscaled",
            step(scaled=False),
            _late,
            "What are scores divided by, since chapter 3?",
            "Compare your weights with the right ones: are they sharper?",
            "A photograph with all its contrast turned up.",
            "six tokens",
        ),
        Mistake(
            "nothing-kept",
            nothing_kept,
            _late,
            "What does your function know at its second step of its first?",
            "Print `kept` at the second step.",
            "A notebook whose pages are torn out every evening.",
            "six tokens",
        ),
    ),
)
