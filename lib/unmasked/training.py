# Built from book/chapters/11_training.md by `make chapters`: edit that file.
"""Training: the loss, the learning rate's schedule, a loop that survives a kill."""

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm


def label_smoothing_loss(
    logits: Float[Tensor, "*batch V"],
    targets: Int[Tensor, "*batch"],
    smoothing: float = 0.0,
    ignore_id: int | None = None,
) -> tuple[Float[Tensor, ""], int]:
    """Cross-entropy with the target 1 - smoothing on the right token, the rest shared.

    Every one of the V tokens, the right one too, gets smoothing / V on top.

    Args:
        logits: (…, V), before any softmax.
        targets: the right ids, (…).
        smoothing: ε, in [0, 1); 0.1 in the paper.
        ignore_id: targets with this id are not counted (padding).

    Returns: the sum over counted tokens, in nats, and their number. The quotient is
        F.cross_entropy with label_smoothing and ignore_index.
    Raises: ValueError for a smoothing outside [0, 1), shapes that do not fit, an id
        that is counted and not in 0 … V - 1.
    Source: Vaswani et al. 2017, §5.4; Szegedy et al. 2016, §7.
    """
    if not 0.0 <= smoothing < 1.0:
        raise ValueError(f"smoothing must be in [0, 1), and is {smoothing}")
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"logits {tuple(logits.shape)} do not fit targets {tuple(targets.shape)}"
        )
    if ignore_id is not None:
        counted = targets != ignore_id
        logits, targets = logits[counted], targets[counted]  # (N, V), (N,)
    V = logits.shape[-1]
    if targets.numel() and not 0 <= int(targets.min()) <= int(targets.max()) < V:
        raise ValueError(
            f"targets from {targets.min()} to {targets.max()}, vocabulary of {V}"
        )
    log_probs = logits.log_softmax(dim=-1)
    loss = -log_probs.gather(-1, targets[..., None]).sum()
    if smoothing:
        loss = (1 - smoothing) * loss - smoothing * log_probs.mean(dim=-1).sum()
    return loss, targets.numel()


def training_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    parts: list[Any],
    loss: Callable[[nn.Module, Any], tuple[Tensor, int]],
    clip: float | None = 1.0,
) -> float:
    """One step on a batch that comes in parts; every token has the same weight.

    Args:
        parts: batches; their gradients are added up before the step.
        loss: (model, batch) → the summed loss and the number of tokens.
        clip: the largest norm that the gradient may have; None for any.

    Returns: the mean loss per token.
    Raises: ValueError if no token counts or the loss is not finite; nothing has
        changed then.
    """
    optimiser.zero_grad()
    total, tokens = 0.0, 0
    for part in parts:
        summed, n = loss(model, part)
        summed.backward()  # the gradient of the sum: parts add up
        total, tokens = total + summed.item(), tokens + int(n)
    if tokens == 0 or not math.isfinite(total):
        raise ValueError(f"the loss is {total} over {tokens} tokens")
    parameters = [p for g in optimiser.param_groups for p in g["params"]]
    for p in parameters:
        if p.grad is not None:
            p.grad /= tokens  # and now of the mean
    if clip is not None:
        nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()
    return total / tokens


def noam_schedule(
    step: int, d_model: int, warmup: int = 4000, factor: float = 1.0
) -> float:
    """The paper's learning rate: a linear rise, then a fall with 1 / sqrt(step).

    Args:
        step: the step about to be taken; the first is 1.
        d_model: width of the model.
        warmup: the step with the highest rate, factor · (d_model · warmup)^-1/2.

    Returns: the learning rate itself (with `fit`, let lr be 1).
    Raises: ValueError if a number is below 1.
    Source: Vaswani et al. 2017, §5.3, Eq. 3.
    """
    if min(step, d_model, warmup) < 1:
        raise ValueError(f"not all at least 1: {step = }, {d_model = }, {warmup = }")
    return factor * d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def cosine_schedule(
    step: int, steps: int, warmup: int = 0, floor: float = 0.0
) -> float:
    """A linear rise to 1, then half a cosine, which reaches the floor after the end.

    Args:
        step: the step about to be taken; the first is 1.
        steps: how many steps the training has.
        warmup: the step at which the rise ends.
        floor: where the fall ends, as a share of the peak.

    Returns: a factor of the peak learning rate, above 0 at every step from 1 to steps.
    Raises: ValueError for a step below 1 or a warm-up beyond the end.
    """
    rise, fall = _progress(step, steps, warmup, warmup)
    return min(rise, floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * fall)))


def linear_schedule(
    step: int, steps: int, warmup: int = 0, decay_from: int | None = None
) -> float:
    """A linear rise to 1, a level, then a linear fall, which reaches 0 after the end.

    Args:
        step, steps, warmup: as in cosine_schedule.
        decay_from: the last step of the level; warmup by default.

    Returns, raises: as cosine_schedule.
    """
    rise, fall = _progress(step, steps, warmup, decay_from or warmup)
    return min(rise, 1 - fall)


def _progress(
    step: int, steps: int, warmup: int, decay_from: int
) -> tuple[float, float]:
    """Shares of the rise and of the fall that are done, each in [0, 1]."""
    if step < 1 or not 0 <= warmup <= decay_from <= steps:
        raise ValueError(
            f"a schedule needs step >= 1 and 0 <= warmup <= decay_from <= steps: "
            f"{step = }, {warmup = }, {decay_from = }, {steps = }"
        )
    start = max(decay_from, 1)
    fall = (step - start) / (steps + 1 - start)  # 1 only after the last step
    return min(1.0, step / max(warmup, 1)), min(1.0, max(0.0, fall))


def save_checkpoint(
    path: str | Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer | None = None,
    step: int = 0,
    **meta: Any,
) -> None:
    """Write model, optimiser and whatever else into one safetensors file, atomically.

    The file appears whole or not at all: it is written beside its place and moved.

    Args:
        path: where to; its folder is made.
        meta: more to keep, each a tensor or something that JSON can hold.

    Raises: TypeError for a value that is neither.
    """
    path = Path(path)
    tensors = {f"model/{name}": x for name, x in model.state_dict().items()}
    plain = {"step": step, **meta}
    if optimiser is not None:
        state = optimiser.state_dict()
        plain["optimiser"] = state["param_groups"]
        for number, values in state["state"].items():
            plain |= {f"optimiser/{number}/{k}": v for k, v in values.items()}
    moved = [name for name, x in plain.items() if isinstance(x, Tensor)]
    tensors |= {name: plain.pop(name) for name in moved}
    # safetensors refuses two names for one memory, as tied weights have
    tensors = {k: x.detach().cpu().clone().contiguous() for k, x in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.tmp")
    try:
        save_file(tensors, beside, {"format": "pt", "unmasked": json.dumps(plain)})
        with beside.open("r+b") as file:
            os.fsync(file.fileno())  # on the disk before it takes the old one's name
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_checkpoint(
    path: str | Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer | None = None,
) -> dict[str, Any]:
    """Read back what save_checkpoint wrote, into the model and the optimiser.

    Returns: step and everything else that was kept, by name.
    Raises: FileNotFoundError; ValueError, which names it, if a weight is missing, is
        one too many or has another shape, or if there is no optimiser in the file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    with safe_open(path, framework="pt") as file:
        values = json.loads((file.metadata() or {}).get("unmasked", "{}"))
        values |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights, values = _split(values, "model/")
    _check_weights(weights, model.state_dict())
    state, values = _split(values, "optimiser/")
    groups = values.pop("optimiser", None)
    if optimiser is not None:
        if groups is None:
            raise ValueError(f"{path} holds no state of an optimiser")
        by_number: dict[int, dict] = {}
        for name, value in state.items():
            number, key = name.split("/")
            by_number.setdefault(int(number), {})[key] = value
        optimiser.load_state_dict({"state": by_number, "param_groups": groups})
    model.load_state_dict(weights)
    return values


def _split(values: dict[str, Any], prefix: str) -> tuple[dict, dict]:
    """The values whose name begins with prefix, without it, and the others."""
    inside = {k[len(prefix) :]: v for k, v in values.items() if k.startswith(prefix)}
    return inside, {k: v for k, v in values.items() if not k.startswith(prefix)}


def _check_weights(weights: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    for name in sorted(weights.keys() ^ wanted.keys()):
        where = "checkpoint" if name in weights else "model"
        raise ValueError(f"the weight {name!r} is in the {where} only")
    for name, x in wanted.items():
        if weights[name].shape != x.shape:
            raise ValueError(
                f"{name!r} is {tuple(weights[name].shape)} in the checkpoint "
                f"and {tuple(x.shape)} in the model"
            )


@dataclass
class History:
    """What happened in a training.

    Attributes:
        losses: mean loss per counted token, one number for each step.
        lrs: the learning rate of each step.
        validation: step → what validate answered.
        stopped: whether patience ended it.
    """

    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    validation: dict[int, float] = field(default_factory=dict)
    stopped: bool = False

    @property
    def best_step(self) -> int | None:
        """The first step with the lowest validation; None without any."""
        return min(self.validation, key=lambda s: self.validation[s], default=None)

    @property
    def waited(self) -> int:
        """How many validations came after the best."""
        return sum(step > (self.best_step or 0) for step in self.validation)


def fit(
    model: nn.Module, batch: Callable[[torch.Generator], Any],
    loss: Callable[[nn.Module, Any], tuple[Tensor, int]],
    *, steps: int, lr: float, schedule: Callable[[int], float] | None = None,
    accumulate: int = 1, clip: float | None = 1.0, seed: int = 0,
    optimiser: torch.optim.Optimizer | None = None,
    validate: Callable[[nn.Module], float] | None = None, every: int | None = None,
    patience: int | None = None, checkpoint: str | Path | None = None,
    save_every: int | None = None, resume: bool = True,
    on_step: Callable[[int, nn.Module], object] | None = None, label: str = "training",
) -> History:  # fmt: skip
    """Train a model, with a bar; killed and called again, it goes on bit for bit.

    validate and on_step see the model in eval mode and without gradients, and may draw
    random numbers: training does not notice. The caller's random state and the model's
    mode are left as they were.

    Args:
        batch: draws a batch from a generator, which is seeded by seed, step and part.
        loss: (model, batch) → the summed loss, and the number of tokens in it.
        steps, lr: how many steps, and the learning rate of all parameter groups.
        schedule: step (from 1) → a factor of lr.
        accumulate: batches per step; all their tokens count the same.
        clip: the largest norm that the gradient may have; None for any.
        optimiser: by default Adam with the paper's β = (0.9, 0.98) and ε = 1e-9.
        seed: of batches and dropout. The model's first weights are the caller's.
        validate, every: model → a number, the lower the better, every so many steps
            and at the end.
        patience: stop after so many checks without a new best; its weights come back.
        checkpoint, save_every: a file, written every so many steps and at the end.
        resume: go on from the file if it is there.
        on_step: called after each step with its number and the model.

    Raises: ValueError for settings that do not fit together or do not fit the file,
        and for a loss that is not finite.
    """
    _check_settings(steps, lr, accumulate, validate, every, patience)
    optimiser = optimiser or torch.optim.Adam(model.parameters(), lr, (0.9, 0.98), 1e-9)
    settings = {"seed": seed, "lr": lr, "accumulate": accumulate, "clip": clip}
    mode = model.training
    with _random_state(model):
        start = checkpoint if resume else None
        history, best = _begin(model, optimiser, settings, start)
        left, done = _steps_left(history, steps), len(history.losses)
        for step in (bar := tqdm(left, label, steps, initial=done, mininterval=1.0)):
            model.train()
            rate = _set_rate(optimiser, lr * (schedule(step) if schedule else 1.0))
            parts = [batch(_generator(seed, step, n)) for n in range(accumulate)]
            mean = training_step(model, optimiser, parts, loss, clip)
            history.losses.append(mean)
            history.lrs.append(rate)
            bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
            with _watching(model):
                if validate and _due(step, every, steps):
                    best = _judge(history, validate(model), patience, model, best)
                if on_step:
                    on_step(step, model)
            if checkpoint and (history.stopped or _due(step, save_every, steps)):
                _save_run(checkpoint, model, optimiser, settings, history, best)
    if best:
        model.load_state_dict(best)
    model.train(mode)
    return history


def _save_run(path, model, optimiser, settings, history: History, best) -> None:
    extra: dict[str, Any] = {f"best/{k}": x for k, x in best.items()}
    extra["rng"] = torch.get_rng_state()
    if (device := _device(model)).type == "cuda":
        extra["rng_cuda"] = torch.cuda.get_rng_state(device)
    extra |= {"settings": settings, "history": asdict(history)}
    save_checkpoint(path, model, optimiser, len(history.losses), **extra)


def _begin(model, optimiser, settings, path) -> tuple[History, dict[str, Tensor]]:
    torch.manual_seed(settings["seed"])
    if path is None or not Path(path).is_file():
        return History(), {}
    meta = load_checkpoint(path, model, optimiser)
    for name, now in settings.items():
        if (then := meta["settings"][name]) != now:
            raise ValueError(
                f"{path} was made with {name} = {then}, and this run has {now}; "
                "with resume=False it would begin anew"
            )
    kept = meta["history"]
    kept["validation"] = {int(n): x for n, x in kept["validation"].items()}  # from JSON
    torch.set_rng_state(meta["rng"])
    if "rng_cuda" in meta:
        torch.cuda.set_rng_state(meta["rng_cuda"], _device(model))
    return History(**kept), _split(meta, "best/")[0]


def _check_settings(steps, lr, accumulate, validate, every, patience) -> None:
    if steps < 1 or accumulate < 1 or not lr > 0:
        raise ValueError(
            f"steps and accumulate must be at least 1 and lr positive: {steps = }, "
            f"{accumulate = }, {lr = }"
        )
    if validate is None and (every is not None or patience is not None):
        raise ValueError("every and patience need validate")


def _steps_left(history: History, steps: int) -> Iterator[int]:
    while not history.stopped and len(history.losses) < steps:
        yield len(history.losses) + 1


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    return rate


def _judge(history, value, patience, model, best) -> dict[str, Tensor]:
    """Note a validation; returns the weights to go back to, if there is patience."""
    step = len(history.losses)
    history.validation[step] = float(value)
    if patience and history.best_step == step:
        best = {name: x.clone() for name, x in model.state_dict().items()}
    history.stopped = bool(patience) and history.waited >= patience
    return best


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _due(step: int, every: int | None, steps: int) -> bool:
    return step == steps or (every is not None and step % every == 0)


def _generator(seed: int, step: int, part: int) -> torch.Generator:
    mixed = np.random.SeedSequence([seed, step, part]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed[0]))


def _random_state(model: nn.Module):
    device = _device(model)
    return torch.random.fork_rng([device] if device.type == "cuda" else [])


@contextmanager
def _watching(model: nn.Module) -> Iterator[None]:
    """No dropout, no gradients, and random numbers that training does not miss."""
    model.eval()
    with torch.no_grad(), _random_state(model):
        yield


__all__ = [
    "History",
    "cosine_schedule",
    "fit",
    "label_smoothing_loss",
    "linear_schedule",
    "load_checkpoint",
    "noam_schedule",
    "save_checkpoint",
    "training_step",
]
