"""The training loop of the chapters before `fit`, and what recipes measured."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from tqdm import tqdm

from classroom.results import results

__all__ = ["results", "train"]


def train(
    step_loss: Callable[[int], Tensor],
    parameters: Iterable[nn.Parameter],
    *,
    steps: int,
    lr: float,
    clip: float = 1.0,
    schedule: str = "constant",
    label: str = "training",
) -> list[float]:
    """Minimise a loss with Adam, clipping the gradient's norm.

    Args:
        step_loss: step (0 … steps − 1) → the scalar loss of that step's batch.
        parameters: what is trained.
        lr: the learning rate of the first step.
        clip: the largest gradient norm that passes unscaled.
        schedule: "constant", or "linear" for a decay to 0 at the last step.
        label: the name beside the bar.
    Returns: the losses, one per step.
    Raises: ValueError for an unknown schedule, no steps, or a loss that is not finite.
    """
    if schedule not in ("constant", "linear"):
        raise ValueError(f"schedule is {schedule!r}; it can be 'constant' or 'linear'")
    if steps < 1:
        raise ValueError(f"steps is {steps}; at least one is needed")
    parameters = list(parameters)
    optimiser = torch.optim.Adam(parameters, lr=lr)
    losses = []
    for step in (bar := tqdm(range(steps), desc=label, mininterval=1.0)):
        if schedule == "linear":
            optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        optimiser.zero_grad()
        loss = step_loss(step)
        if not torch.isfinite(loss):
            raise ValueError(f"{label}: the loss at step {step} is {loss.item()}")
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, clip)
        optimiser.step()
        losses.append(loss.item())
        bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    return losses
