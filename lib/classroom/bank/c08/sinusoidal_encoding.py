"""Chapter 8, write: the table of sines and cosines."""

import numpy as np

from ...exercises.model import Exercise, Probe
from ._sinusoidal_mistakes import MISTAKES

QUESTION = r"""
Write the sinusoidal positional encoding in NumPy:

$$PE_{(pos,\,2i)} = \sin\frac{pos}{10000^{2i/d}}, \qquad
PE_{(pos,\,2i+1)} = \cos\frac{pos}{10000^{2i/d}}$$

- `max_len`: number of positions, counted from 0; `d_model`: the width d, even or odd
  (with an odd one the last column is a sine without its cosine)
- returns an array of floats (max_len, d_model)

With `max_len` = 2 and `d_model` = 4 the rows are [0, 1, 0, 1] and
[0.8415, 0.5403, 0.01, 0.99995]. A second layout, all sines first and then all cosines,
holds the same numbers in other columns; it counts as well.
"""

STUB = """
def sinusoidal_encoding(max_len, d_model):
    raise NotImplementedError
"""


def sinusoidal_encoding(max_len, d_model):
    even = np.arange(0, d_model, 2)  # 2i
    angles = np.arange(max_len)[:, None] / 10000 ** (even / d_model)
    table = np.zeros((max_len, d_model))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : d_model // 2])  # an odd width has one less
    return table


def in_halves(max_len, d_model):
    rates = np.exp(-np.log(10000.0) * np.arange(0, d_model, 2) / d_model)
    angles = np.outer(np.arange(max_len), rates)
    return np.concatenate([np.sin(angles), np.cos(angles[:, : d_model // 2])], axis=1)


def by_loops(max_len, d_model):
    return np.array(
        [
            [
                (np.cos if j % 2 else np.sin)(pos / 10000 ** (2 * (j // 2) / d_model))
                for j in range(d_model)
            ]
            for pos in range(max_len)
        ]
    )


def cosine_as_a_shifted_sine(max_len, d_model):
    j = np.arange(d_model)
    angles = np.arange(max_len)[:, None] * 10000.0 ** (-(j - j % 2) / d_model)
    return np.sin(angles + np.pi / 2 * (j % 2)).astype(np.float32)


def paired(table):
    """Halves put side by side again, so that both layouts are compared alike."""
    d = table.shape[1]
    n = d - d // 2
    if d > 2 and np.allclose(table[0], np.repeat([0.0, 1.0], [n, d // 2])):
        order = np.empty(d, dtype=int)
        order[0::2], order[1::2] = np.arange(n), np.arange(n, d)
        return table[:, order]
    return table


def read(look=lambda table: table):
    """Let `look` read a table of the right shape; others as they are."""

    def observe(function, max_len, d_model):
        table = function(max_len, d_model)
        if not isinstance(table, np.ndarray) or table.shape != (max_len, d_model):
            return table
        if table.dtype.kind != "f":
            return table
        return look(paired(table.astype(np.float32)))

    return observe


@read
def circle(table):
    pairs = table.shape[1] // 2
    return (table**2).reshape(len(table), pairs, 2).sum(-1)


EXERCISE = Exercise(
    id="sinusoidal-encoding",
    chapter=8,
    kind="write",
    title="A table of sines and cosines",
    question=QUESTION,
    difficulty=3,
    minutes=12,
    name="sinusoidal_encoding",
    stub=STUB,
    reference=sinusoidal_encoding,
    accepts=(in_halves, by_loops, cosine_as_a_shifted_sine),
    proves="Each pair of columns is a clock hand: one speed per pair, from one radian "
    "per position down towards 1/10000; every width works, and a longer table begins "
    "with the shorter one. Both layouts count; what reads the table must know which.",
    probes=(
        Probe(
            "circle",
            lambda: (5, 8),
            circle,
            "Sine and cosine of a pair belong to one angle: their squares add up to 1",
        ),
        Probe(
            "table",
            lambda: (5, 8),
            read(),
            "Each column has the sine or cosine of its pair's angle",
        ),
        Probe(
            "wide",
            lambda: (9, 30),
            read(),
            "The speeds are right for another width too",
        ),
        Probe(
            "odd",
            lambda: (6, 7),
            read(),
            "With an odd width the last column is a sine without its cosine",
        ),
        Probe(
            "far",
            lambda: (1100, 6),
            read(lambda table: table[1000:]),
            "The formula holds at position 1000 as at position 1",
        ),
        Probe(
            "longer",
            lambda: (12, 8),
            read(lambda table: table[:5]),
            "A longer table begins with the same rows",
        ),
        Probe(
            "one row",
            lambda: (1, 4),
            read(),
            "Position 0 has sine 0 and cosine 1 everywhere",
        ),
    ),
    mistakes=MISTAKES,
)
