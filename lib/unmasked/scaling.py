# Built from book/chapters/17_scaling.md by `make chapters`: edit that file.
"""What a training costs: parameters, operations, memory, time; a law for the loss."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .gpt import GPTConfig


def count_parameters(config: GPTConfig) -> dict[str, int]:
    """Count a GPT's parameters from its sizes alone.

    Args: config, the sizes.
    Returns: the table of tokens, the positions, all blocks, and what follows them (the
        last norm in pre-norm, an output layer of its own if not tied).
    Source: Radford et al. 2018, Eq. 2.
    """
    c, d = config, config.d_model
    d_ff, bias = c.d_ff or 4 * d, int(c.bias)
    attention = 4 * d * d + bias * 4 * d
    feed_forward = 2 * d * d_ff + bias * (d_ff + d)
    norm = d + bias * d
    return {
        "tokens": c.vocab_size * d,
        "positions": c.max_len * d,
        "blocks": c.n_layers * (attention + feed_forward + 2 * norm),
        "end": (c.norm == "pre") * norm + (not c.tie_embeddings) * c.vocab_size * d,
    }


def flops_per_token(config: GPTConfig, context: int | None = None) -> int:
    """Operations of matrix products, for one token of one training step.

    Each weight of a matrix is used in one multiplication and one addition forward, and
    in twice as many backward: 6 in all. A causal query meets half of the context on
    average, in two products.

    Args:
        config: the sizes.
        context: length of the text, in tokens; max_len if not given.

    Returns: floating-point operations, forward and backward.
    """
    c, d = config, config.d_model
    T = context or c.max_len
    matrices = c.n_layers * (4 * d * d + 2 * d * (c.d_ff or 4 * d)) + c.vocab_size * d
    return 6 * matrices + 6 * c.n_layers * d * T


def training_memory(
    parameters: int, devices: int = 1, sharded: bool = False
) -> dict[str, int]:
    """Bytes on one device for what belongs to the weights, trained by Adam in float32.

    Autocast to bfloat16 changes nothing here: weights, gradients and Adam's two
    averages stay as they are. Activations come on top.

    Args:
        parameters: how many, in the whole model.
        devices: how many train it together.
        sharded: each holds its share, as with FSDP; otherwise each holds all.

    Returns: bytes of weights, gradients, and Adam's averages.
    Raises: ValueError if there is no parameter or no device.
    """
    if min(parameters, devices) < 1:
        raise ValueError(f"at least 1 of each: {parameters = }, {devices = }")
    held = -(-parameters // devices) if sharded else parameters  # rounded up
    return {"weights": 4 * held, "gradients": 4 * held, "Adam": 8 * held}


@dataclass(frozen=True)
class ScalingLaw:
    """loss = floor + a / N^alpha + b / D^beta, for N parameters and D tokens."""

    floor: float
    a: float
    alpha: float
    b: float
    beta: float

    def loss(
        self, parameters: ArrayLike | float, tokens: ArrayLike | float
    ) -> np.ndarray | float:
        """The loss that the law gives, in the unit of the losses it was fitted to."""
        N, D = np.asarray(parameters, float), np.asarray(tokens, float)
        return self.floor + self.a * N**-self.alpha + self.b * D**-self.beta


def fit_scaling_law(
    parameters: ArrayLike, tokens: ArrayLike, losses: ArrayLike
) -> ScalingLaw:
    """The law with the least squared error in the log of the loss.

    For given exponents the other three numbers are a linear problem; so exponents are
    searched on a grid, and then on a finer one around the best.

    Args: for each of n runs (n,) its parameters, its tokens, and its loss.
    Raises: ValueError for fewer than 6 runs, lists that differ in length, numbers that
        are not positive, or if no law without a negative part fits.
    """
    N, D, L = (np.asarray(x, float) for x in (parameters, tokens, losses))
    if not len(N) == len(D) == len(L) >= 6 or min(N.min(), D.min(), L.min()) <= 0:
        raise ValueError("6 runs or more are needed, each with three positive numbers")
    n, d = N / np.exp(np.log(N).mean()), D / np.exp(np.log(D).mean())  # about 1
    alpha = beta = np.linspace(0.02, 1.5, 38)
    for width in (0.04, 0.002, 0.0):
        error, best = _search(n, d, L, alpha, beta)
        a, b = best[3:]
        alpha, beta = (np.linspace(x - width, x + width, 41).clip(0.01) for x in (a, b))
    if not np.isfinite(error):
        raise ValueError("no law without a negative part fits these runs")
    floor, c_n, c_d, a, b = map(float, best)
    unit_n, unit_d = float(N[0] / n[0]), float(D[0] / d[0])
    return ScalingLaw(floor, c_n * unit_n**a, a, c_d * unit_d**b, b)


def _search(n, d, L, alpha, beta):
    """The best of a grid of exponents: its error; (floor, c_n, c_d, alpha, beta)."""
    a, b = (x.ravel() for x in np.meshgrid(alpha, beta))  # (G,)
    powers = n[:, None] ** -a, d[:, None] ** -b  # (runs, G) each
    X = np.stack([np.ones_like(powers[0]), *powers], axis=-1).swapaxes(0, 1)
    # weights 1 / L: to first order, errors in the log
    fits = np.linalg.pinv(X / L[:, None]) @ np.ones(len(L))  # (G, 3)
    values = np.einsum("grk,gk->gr", X, fits)
    allowed = (fits >= 0).all(axis=1)
    logs = np.log(np.where(allowed[:, None], values, 1.0)) - np.log(L)
    errors = np.where(allowed, (logs**2).sum(axis=1), np.inf)
    at = errors.argmin()
    return errors[at], (*fits[at], a[at], b[at])


def training_hours(
    flops: float | int, peak: float | int, share: float = 0.4, devices: int = 1
) -> float:
    """Hours that a training takes.

    Args:
        flops: operations of the whole training.
        peak: operations per second that one device could do.
        share: of the peak, what is reached, in (0, 1].
        devices: how many share the work evenly.

    Raises: ValueError for a share outside (0, 1], or another number that is not
        positive.
    """
    if min(flops, peak, devices) <= 0 or not 0 < share <= 1:
        raise ValueError(f"{flops = }, {peak = }, {devices = }, {share = }")
    return flops / (peak * share * devices) / 3600


__all__ = [
    "ScalingLaw",
    "count_parameters",
    "fit_scaling_law",
    "flops_per_token",
    "training_hours",
    "training_memory",
]
