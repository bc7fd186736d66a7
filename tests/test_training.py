"""Training: losses and schedules as others have them; a killed run goes on."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from classroom.number_task import BOS, EOS, PAD, NumberTask, parts, trimmed
from unmasked import training
from unmasked.training import (
    History,
    cosine_schedule,
    fit,
    label_smoothing_loss,
    linear_schedule,
    load_checkpoint,
    noam_schedule,
    save_checkpoint,
    training_step,
)
from unmasked.transformer import Transformer, TransformerConfig

# --- the loss


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    V=st.integers(2, 9),
    smoothing=st.sampled_from([0.0, 0.1, 0.7]),
    ignore=st.sampled_from([None, 0, -100]),
    seed=st.integers(0, 99),
)
def test_the_loss_is_torchs(shape, V, smoothing, ignore, seed):
    g = torch.Generator().manual_seed(seed)
    logits = torch.randn(*shape, V, generator=g, dtype=torch.float64).requires_grad_()
    targets = torch.randint(V, shape, generator=g)
    if ignore == -100:
        targets[torch.rand(shape, generator=g) < 0.3] = -100
    total, n = label_smoothing_loss(logits, targets, smoothing, ignore)
    counted = targets.numel() if ignore is None else int((targets != ignore).sum())
    assert n == counted
    reference = F.cross_entropy(
        logits.reshape(-1, V),
        targets.flatten(),
        reduction="sum",
        label_smoothing=smoothing,
        ignore_index=-100 if ignore is None else ignore,
    )
    assert_close(total, reference)
    ours, theirs = (torch.autograd.grad(x, logits)[0] for x in (total, reference))
    assert_close(ours, theirs)


def test_nothing_at_padding_is_seen_not_even_nan():
    logits, targets = torch.randn(2, 3, 5), torch.tensor([[1, 2, 3], [4, 0, 0]])
    before, n = label_smoothing_loss(logits, targets, 0.1, 0)
    logits[1, 1:] = torch.nan
    after, m = label_smoothing_loss(logits.requires_grad_(), targets, 0.1, 0)
    assert n == m == 4 and torch.equal(before, after)
    (gradient,) = torch.autograd.grad(after, logits)
    assert not gradient[1, 1:].any() and gradient.isfinite().all()


def test_nothing_but_padding():
    total, n = label_smoothing_loss(torch.randn(2, 5), torch.zeros(2).long(), 0.1, 0)
    assert (total.item(), n) == (0.0, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"smoothing": 1.0}, "smoothing must be in .* is 1.0"),
        ({"smoothing": -0.1}, "is -0.1"),
        ({"targets": torch.tensor([1, 5])}, "targets from 1 to 5, vocabulary of 5"),
        ({"targets": torch.tensor([-1, 2])}, "targets from -1 to 2"),
    ],
)
def test_a_loss_that_makes_no_sense_is_refused(changes, message):
    given = {"logits": torch.randn(2, 5), "targets": torch.tensor([1, 2])}
    with pytest.raises(ValueError, match=message):
        label_smoothing_loss(**given | changes)


# --- schedules


def test_noam_is_equation_3():
    for d_model in (64, 512):
        for warmup in (1, 7, 4000):
            for step in (1, 2, 6, 7, 8, 3999, 4000, 4001, 90_000):
                wanted = d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)
                assert math.isclose(noam_schedule(step, d_model, warmup), wanted)
    assert f"{noam_schedule(4000, 512):.2e} {noam_schedule(4000, 1024):.2e}" == (
        "6.99e-04 4.94e-04"
    )
    assert noam_schedule(10, 64, 20, factor=3.0) == 3 * noam_schedule(10, 64, 20)


@pytest.mark.parametrize(("ours", "theirs"), [
    (cosine_schedule, "get_cosine_schedule_with_warmup"),
    (linear_schedule, "get_linear_schedule_with_warmup"),
])  # fmt: skip
@pytest.mark.parametrize("warmup", [0, 1, 5])
def test_schedules_are_those_of_transformers_one_step_longer(ours, theirs, warmup):
    transformers = pytest.importorskip("transformers")
    optimiser = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
    schedule = getattr(transformers, theirs)(optimiser, warmup, 21)
    rate = schedule.lr_lambdas[0]
    for step in range(max(1, warmup), 22):
        # theirs counts from 0 and ends at 0; a warm-up of 0 starts one step earlier
        if warmup:
            assert math.isclose(ours(step, 20, warmup), rate(step), abs_tol=1e-12)
    assert ours(20, 20, warmup) > 0 and ours(21, 20, warmup) < 1e-12
    assert max(ours(n, 20, warmup) for n in range(1, 21)) == ours(
        max(1, warmup), 20, warmup
    )


def test_schedules_have_a_floor_and_a_level():
    assert cosine_schedule(11, 10, floor=0.1) == pytest.approx(0.1)
    assert min(cosine_schedule(n, 10, 3, 0.1) for n in range(4, 30)) >= 0.1 - 1e-12
    assert [linear_schedule(n, 10, 2, decay_from=5) for n in (1, 2, 3, 5)] == [
        0.5, 1, 1, 1,
    ]  # fmt: skip
    assert linear_schedule(6, 10, 2, decay_from=5) == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noam_schedule(0, 64), "step = 0"),
        (lambda: noam_schedule(1, 0), "d_model = 0"),
        (lambda: noam_schedule(1, 64, 0), "warmup = 0"),
        (lambda: cosine_schedule(0, 10), "step = 0"),
        (lambda: cosine_schedule(1, 10, 11), "warmup = 11.*steps = 10"),
        (lambda: linear_schedule(1, 10, 4, 3), "warmup = 4, decay_from = 3"),
        (lambda: linear_schedule(1, 10, 4, 12), "decay_from = 12, steps = 10"),
    ],
)
def test_impossible_schedules_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- one step


def build(dropout=0.0, norm="pre"):
    torch.manual_seed(0)
    sizes = {"d_model": 16, "n_heads": 4, "n_layers": 1, "d_ff": 32}
    return Transformer(
        TransformerConfig(11, 13, **sizes, dropout=dropout, norm=norm, max_len=16)
    )


def batch(generator):
    """Sources of one length and targets of several, padded."""
    draw = {"generator": generator}
    source = torch.randint(3, 11, (4, 5), **draw)
    target = torch.randint(3, 13, (4, 6), **draw)
    lengths = torch.randint(2, 7, (4, 1), **draw)
    return source, target.masked_fill(torch.arange(6) >= lengths, 0)


def loss(model, pair):
    source, target = pair
    logits = model(source, target[:, :-1])
    return label_smoothing_loss(logits, target[:, 1:], 0.1, 0)


def parameters(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_a_step_in_parts_is_the_step_of_the_whole():
    pairs = [batch(torch.Generator().manual_seed(n)) for n in range(3)]
    tokens = [loss(build(), pair)[1] for pair in pairs]
    assert len(set(tokens)) > 1
    whole = tuple(torch.cat(side) for side in zip(*pairs, strict=True))
    after = []
    for given_parts in (pairs, [whole]):
        model = build()
        sgd = torch.optim.SGD(model.parameters(), lr=0.5)
        mean = training_step(model, sgd, given_parts, loss, clip=0.3)
        after.append((parameters(model), mean))
    assert_close(after[0][0], after[1][0], atol=1e-6, rtol=0)
    assert math.isclose(after[0][1], after[1][1], rel_tol=1e-6)


def test_clipping_bounds_the_step_and_none_does_not():
    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(2))

    def steep(model, _):
        return (model.w * torch.tensor([300.0, 400.0])).sum(), 1

    for clip, far in ((1.0, 1.0), (None, 500.0), (1e4, 500.0)):
        model = Steep()
        training_step(model, torch.optim.SGD(model.parameters(), 1.0), [0], steep, clip)
        assert model.w.detach().norm().item() == pytest.approx(far, rel=1e-4)


@pytest.mark.parametrize("broken", [(math.nan, 3), (math.inf, 3), (0.0, 0)])
def test_a_loss_that_is_no_number_stops_the_training_before_the_step(broken):
    model = build()
    before = parameters(model)
    value, n = broken
    with pytest.raises(ValueError, match=f"loss is {value} over {n} tokens"):
        fit(
            model,
            batch,
            lambda m, _: (m.tgt_embedding.weight.sum() * 0 + value, n),
            steps=2,
            lr=1e-3,
        )
    assert torch.equal(parameters(model), before)


# --- fit


def test_batches_follow_from_seed_step_and_part_alone():
    seen = []

    def watched(generator):
        pair = batch(generator)
        seen.append(pair[1].sum().item())
        return pair

    for seed in (0, 0, 1):
        fit(build(), watched, loss, steps=3, lr=1e-3, accumulate=2, seed=seed)
    assert seen[:6] == seen[6:12] != seen[12:]
    assert len(set(seen[:6])) > 4


def test_fit_leaves_the_callers_random_state_and_the_models_mode():
    for mode in (True, False):
        model = build(dropout=0.5).train(mode)
        torch.manual_seed(3)
        wanted = torch.rand(1)
        torch.manual_seed(3)
        fit(model, batch, loss, steps=2, lr=1e-3)
        assert torch.equal(torch.rand(1), wanted) and model.training is mode


def test_watching_does_not_change_what_happens():
    def nosy(step, model):
        assert not model.training and not torch.is_grad_enabled()
        torch.rand(5)
        seen.append(step)

    def noisy(model):
        assert not model.training
        return torch.rand(1).item()

    seen = []
    alone, watched = build(dropout=0.3), build(dropout=0.3)
    one = fit(alone, batch, loss, steps=6, lr=1e-3)
    other = fit(
        watched, batch, loss, steps=6, lr=1e-3, on_step=nosy, validate=noisy, every=2
    )
    assert one.losses == other.losses and seen == [1, 2, 3, 4, 5, 6]
    assert torch.equal(parameters(alone), parameters(watched))
    assert list(other.validation) == [2, 4, 6]


def test_the_schedule_is_a_factor_of_the_rate_of_every_group():
    model = build()
    halves = list(model.parameters())
    sgd = torch.optim.SGD([{"params": halves[:3]}, {"params": halves[3:]}], lr=9.0)
    history = fit(
        model,
        batch,
        loss,
        steps=3,
        lr=0.1,
        optimiser=sgd,
        schedule=lambda n: n / 4,
    )
    assert history.lrs == pytest.approx([0.025, 0.05, 0.075])
    assert [g["lr"] for g in sgd.param_groups] == pytest.approx([0.075, 0.075])


def test_the_default_optimiser_is_the_papers(monkeypatch):
    seen = []
    real = training.training_step
    monkeypatch.setattr(
        training, "training_step", lambda m, o, *a: (seen.append(o), real(m, o, *a))[1]
    )
    fit(build(), batch, loss, steps=1, lr=1e-3)
    assert type(seen[0]) is torch.optim.Adam
    assert seen[0].defaults["betas"] == (0.9, 0.98) and seen[0].defaults["eps"] == 1e-9


def early(values, tmp_path=None, steps=10, **more):
    """A run whose validations are given; patience 2."""
    left, model, kept = iter(values), build(), {}

    def validate(model):
        kept[len(kept) + 1] = parameters(model)
        return next(left)

    history = fit(
        model, batch, loss, steps=steps, lr=1e-2, validate=validate, every=1,
        patience=2, **more,
    )  # fmt: skip
    return model, history, kept


def test_early_stopping_brings_the_best_weights_back():
    model, history, kept = early([5, 3, 4, 3, 2, 1])
    assert history.stopped and history.best_step == 2 and len(history.losses) == 4
    assert torch.equal(parameters(model), kept[2])
    model, history, kept = early([5, 4, 3, 4, 2], steps=5)
    assert not history.stopped and history.best_step == 5
    assert torch.equal(parameters(model), kept[5])


def test_a_stopped_run_stays_stopped_and_keeps_its_best(tmp_path):
    file = tmp_path / "run.safetensors"
    _, history, kept = early([5, 3, 4, 4], checkpoint=file)
    again, same, _ = early([], checkpoint=file)
    assert same == history and torch.equal(parameters(again), kept[2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps = 0"),
        ({"lr": 0.0}, "lr = 0.0"),
        ({"accumulate": 0}, "accumulate = 0"),
        ({"patience": 2}, "need validate"),
        ({"every": 2}, "need validate"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fit(build(), batch, loss, **{"steps": 2, "lr": 1e-3} | changes)


# --- checkpoints


OPTIMISERS = {
    "adam": lambda p: torch.optim.Adam(p, 1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, 1e-3, weight_decay=0.1, amsgrad=True),
    "sgd": lambda p: torch.optim.SGD(p, 1e-3),
    "momentum": lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_checkpoint_brings_everything_back(tmp_path, name):
    file = tmp_path / "deep" / "er" / "a.safetensors"
    model = build()
    optimiser = OPTIMISERS[name](model.parameters())
    fit(model, batch, loss, steps=2, lr=1e-3, optimiser=optimiser)
    more = {"note": "über", "numbers": [1, 2.5], "tensor": torch.arange(3)}
    save_checkpoint(file, model, optimiser, step=2, **more)
    torch.manual_seed(8)
    other = Transformer(model.config)
    theirs = OPTIMISERS[name](other.parameters())
    meta = load_checkpoint(file, other, theirs)
    assert meta.pop("tensor").tolist() == [0, 1, 2]
    assert meta == {"step": 2, "note": "über", "numbers": [1, 2.5]}
    for m, o in ((model, optimiser), (other, theirs)):
        fit(m, batch, loss, steps=2, lr=1e-3, optimiser=o, seed=4)
    assert torch.equal(parameters(model), parameters(other))
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_tied_weights_stay_tied(tmp_path):
    config = TransformerConfig(11, 11, 16, 4, 1, 32, share_vocabulary=True)
    model = Transformer(config)
    assert model.src_embedding is model.tgt_embedding
    save_checkpoint(tmp_path / "a", model)
    other = Transformer(config)
    load_checkpoint(tmp_path / "a", other)
    assert other.src_embedding is other.tgt_embedding
    assert torch.equal(parameters(model), parameters(other))


def test_what_does_not_fit_is_named(tmp_path):
    file = tmp_path / "a.safetensors"
    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        load_checkpoint(file, build())
    model = build()
    save_checkpoint(file, model)
    before = parameters(model)
    wider = Transformer(TransformerConfig(11, 14, 16, 4, 1, 32, norm="pre"))
    with pytest.raises(ValueError, match=r"weight' is \(13, 16\) .* \(14, 16\) in"):
        load_checkpoint(file, wider)
    with pytest.raises(ValueError, match="is in the model only"):
        load_checkpoint(
            file, Transformer(TransformerConfig(11, 13, 16, 4, 2, 32, norm="pre"))
        )
    save_checkpoint(
        file, Transformer(TransformerConfig(11, 13, 16, 4, 2, 32, norm="pre"))
    )
    with pytest.raises(ValueError, match="is in the checkpoint only"):
        load_checkpoint(file, model)
    save_checkpoint(file, model)
    with pytest.raises(ValueError, match="no state of an optimiser"):
        load_checkpoint(file, model, torch.optim.Adam(model.parameters()))
    assert torch.equal(parameters(model), before)


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "a.safetensors"
    model = build()
    save_checkpoint(file, model, step=1)
    old = file.read_bytes()
    with pytest.raises(TypeError):
        save_checkpoint(file, model, step=2, what=object())

    def torn(tensors, path, metadata):
        Path(path).write_bytes(old[: len(old) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(training, "save_file", torn)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(file, model, step=3)
    assert file.read_bytes() == old and len(list(tmp_path.iterdir())) == 1


def test_another_run_does_not_go_on_from_the_file(tmp_path):
    file = tmp_path / "a.safetensors"
    fit(build(), batch, loss, steps=2, lr=1e-3, checkpoint=file)
    with pytest.raises(
        ValueError, match=r"made with lr = 0[.]001, and this run has 0[.]002"
    ):
        fit(build(), batch, loss, steps=2, lr=2e-3, checkpoint=file)
    history = fit(build(), batch, loss, steps=2, lr=2e-3, checkpoint=file, resume=False)
    assert history.lrs == [2e-3, 2e-3]
    longer = fit(build(), batch, loss, steps=4, lr=2e-3, checkpoint=file)
    assert longer.losses[:2] == history.losses and len(longer.losses) == 4


# --- a run that is really killed

RUN = """
import sys, time
sys.path.insert(0, {folder!r})
from test_training import batch, build, fit, loss
def slow(step, model):
    print(step, flush=True)
    time.sleep({pause})
build_model = build(dropout=0.3)
fit(build_model, batch, loss, steps=24, lr=3e-3, accumulate=2,
    schedule=lambda n: n / 24, validate=lambda m: loss(m, batch(None))[0].item(),
    every=4, patience=9, checkpoint={file!r}, save_every=5, on_step=slow)
"""


def start(file, pause):
    folder = str(Path(__file__).parent)
    code = RUN.format(folder=folder, file=str(file), pause=pause)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def wait_for(process, step):
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == step:
            return
    raise AssertionError(f"the run ended before step {step}")


def final(file):
    model = build(dropout=0.3)
    adam = torch.optim.Adam(model.parameters())
    meta = load_checkpoint(file, model, adam)
    state = adam.state_dict()["state"]
    numbers = [x for s in state.values() for x in s.values()]
    return parameters(model), numbers, meta


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(tmp_path):
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    unbroken = start(whole, 0)
    assert unbroken.communicate()[0].split()[-1] == "24"
    for step in (8, 17):  # after checkpoints at 5 and 15: three steps and two are lost
        process = start(broken, 0.05)
        wait_for(process, step)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        model = build()
        assert load_checkpoint(broken, model)["step"] == step - step % 5
    last = start(broken, 0)
    steps = [int(n) for n in last.communicate()[0].split()]
    assert steps == list(range(16, 25)) and last.returncode == 0
    (w1, s1, m1), (w2, s2, m2) = final(whole), final(broken)
    assert torch.equal(w1, w2) and m1["history"] == m2["history"]
    assert len(s1) == len(s2) and all(map(torch.equal, s1, s2))
    assert torch.equal(m1["rng"], m2["rng"])
    best = [name for name in m1 if name.startswith("best/")]
    assert best and all(torch.equal(m1[name], m2[name]) for name in best)


@pytest.mark.slow
def test_no_kill_leaves_half_a_file(tmp_path):
    """Killed at random moments while it writes all the time."""
    file = tmp_path / "a.safetensors"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import torch\nfrom test_training import build, save_checkpoint\n"
        "model, n = build(), 0\n"
        "filler = torch.zeros(2_000_000)\n"
        "while True:\n"
        f"    save_checkpoint({str(file)!r}, model, step=n, filler=filler)\n"
        "    n += 1\n    print(n, flush=True)\n"
    )
    steps = []
    for n in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        wait_for(process, 2)
        time.sleep(0.013 * n)
        process.kill()
        process.wait()
        steps.append(load_checkpoint(file, build())["step"])
    assert min(steps) >= 1


def test_without_the_random_state_a_resumed_run_is_another(tmp_path):
    """The twin that shows that the test above can fail."""
    file = tmp_path / "a.safetensors"
    run = {"steps": 8, "lr": 3e-3}
    whole = fit(build(dropout=0.3), batch, loss, **run)

    class Killed(Exception):  # noqa: N818
        pass

    def kill(step, model):
        if step == 6:
            raise Killed

    for keep in (True, False):
        with pytest.raises(Killed):
            fit(
                build(dropout=0.3), batch, loss, **run, checkpoint=file, save_every=4,
                on_step=kill, resume=False,
            )  # fmt: skip
        model = build(dropout=0.3)
        if not keep:
            adam = torch.optim.Adam(model.parameters(), 3e-3, (0.9, 0.98), 1e-9)
            meta = load_checkpoint(file, model, adam)
            meta["rng"] = torch.Generator().manual_seed(5).get_state()
            save_checkpoint(file, model, adam, **meta)
        resumed = fit(model, batch, loss, **run, checkpoint=file)
        assert resumed.losses[:4] == whole.losses[:4]
        assert (resumed == whole) is keep


def test_history_names_its_best_step():
    assert History().best_step is None and History().waited == 0
    history = History(validation={10: 3.0, 20: 2.0, 30: 2.0, 40: 5.0})
    assert history.best_step == 20 and history.waited == 2


# --- the task


def test_number_task():
    assert parts(("twenty-one thousand", "einundzwanzigtausend")) == (
        ["twenty", "one", "thousand"],
        ["ein", "und", "zwanzig", "tausend"],
    )
    task = NumberTask(600, 40)
    assert [len(x[0]) for x in (task.train, task.validation, task.test)] == [
        600,
        20,
        40,
    ]
    source, target = task.batch(torch.Generator().manual_seed(0), size=7)
    assert len(source) == len(target) == 7 and (target[:, 0] == BOS).all()
    assert (source[:, -1] != PAD).any() and (target[:, -1] != PAD).any()
    assert ((target == EOS).sum(dim=1) == 1).all()
    assert trimmed(torch.tensor([[1, 2, 0, 0], [1, 0, 0, 0]])).shape == (2, 2)


def test_the_crossing_is_where_units_and_tens_stand():
    task = NumberTask(600, 200)
    source, target = task.test
    spots = task.crossing(task.test)
    assert len(spots["units"][0]) > 50
    units = {"six": "sechs", "seven": "sieben", "three": "drei", "one": "ein"}
    tens = {"twenty": "zwanzig", "thirty": "dreißig", "seventy": "siebzig"}
    for part, pairs in (("units", units), ("tens", tens)):
        seen = 0
        for row, t, s in zip(*spots[part], strict=True):
            english = task.english[source[row, s]]
            german = task.german[target[row, t + 1]]
            if english in pairs:
                assert german == pairs[english]
                seen += 1
        assert seen > 5
    row = spots["units"][0][0]
    assert task.words(target[row]).endswith("zig") or "ßig" in task.words(target[row])
