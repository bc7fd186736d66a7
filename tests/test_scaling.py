"""What a training costs, the law of the loss, and the recipe that measured it."""

import importlib.util
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from classroom.results import results
from unmasked.gpt import GPT, GPTConfig, next_token_loss
from unmasked.scaling import (
    ScalingLaw,
    count_parameters,
    fit_scaling_law,
    flops_per_token,
    training_hours,
    training_memory,
)

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location(
    "scaling_recipe", ROOT / "recipes" / "scaling_law.py"
)
assert SPEC and SPEC.loader
recipe = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = recipe
SPEC.loader.exec_module(recipe)

SMALL = recipe.PLAN | {
    "vocab_size": 270, "T": 8, "batch": 2, "n_layers": 1, "width_of_a_head": 4,
    "sizes": [4, 8], "steps": [3, 6, 9], "held_out": [12, 9], "seeds": 2,
    "rates": {"4": [0.01, 0.02], "8": [0.005, 0.01]}, "rates_steps": 2,
    "tokenizer_text": 300, "validation_tokens": 90,
}  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 60), st.integers(1, 20), st.integers(1, 4), st.integers(1, 3),
    st.none() | st.integers(1, 50), st.sampled_from(["pre", "post"]), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_model_has_the_parameters_that_were_counted(V, T, d, L, ff, norm, bias, tie):
    config = GPTConfig(V, T, 2 * d, 2, L, ff, 0.0, norm, bias, tie)
    with torch.device("meta"):
        model = GPT(config)
    counted = count_parameters(config)
    assert sum(counted.values()) == sum(p.numel() for p in model.parameters())
    assert counted["tokens"] == model.tokens.weight.numel()
    assert counted["blocks"] == sum(p.numel() for p in model.layers.parameters())


def test_the_sizes_of_published_models():
    sizes = {12: (768, 12), 24: (1024, 16), 36: (1280, 20), 48: (1600, 25)}
    known = 124_439_808, 354_823_168, 774_030_080, 1_557_611_200
    for (layers, (d, heads)), wanted in zip(sizes.items(), known, strict=True):
        config = GPTConfig(50_257, 1024, d, heads, layers, norm="pre")
        assert sum(count_parameters(config).values()) == wanted


@pytest.mark.parametrize("tied", [True, False])
def test_operations_are_those_that_torch_counts(tied):
    config = GPTConfig(90, 12, 24, 2, 3, 70, tie_embeddings=tied)
    ids = torch.randint(90, (2, 12))
    with FlopCounterMode(display=False) as counter:
        next_token_loss(GPT(config)(ids), ids)[0].backward()
    attention = 6 * config.n_layers * config.d_model * 12  # torch leaves it out
    assert counter.get_total_flops() == 24 * (flops_per_token(config) - attention)
    longer = flops_per_token(config, 24) - flops_per_token(config)
    assert longer == attention


def test_memory_and_hours():
    assert training_memory(10) == {"weights": 40, "gradients": 40, "Adam": 80}
    assert training_memory(10, 3, sharded=True)["weights"] == 16
    assert training_memory(10, 3) == training_memory(10)
    assert training_hours(3.6e18, 1e15, 0.5, 2) == pytest.approx(1.0)
    for wrong in ((0, 1), (5, 0)):
        with pytest.raises(ValueError, match="at least 1 of each"):
            training_memory(*wrong)
    for wrong in ((1e9, 1e9, 0.0), (1e9, 1e9, 1.2), (0.0, 1e9), (1e9, 1e9, 0.4, 0)):
        with pytest.raises(ValueError, match="flops"):
            training_hours(*wrong)


def grid():
    sizes, texts = [6e3, 2e4, 5e4, 1e5, 3e5], [5e5, 1e6, 2e6]
    return (x.ravel() for x in np.meshgrid(sizes, texts))


@settings(deadline=None, max_examples=20)
@given(
    st.floats(0.1, 3), st.floats(0.2, 0.9), st.floats(0.2, 0.9),
    st.floats(0.1, 1), st.floats(0.1, 1),
)  # fmt: skip
def test_a_law_is_found_again(floor, alpha, beta, of_size, of_text):
    truth = ScalingLaw(floor, of_size * 5e4**alpha, alpha, of_text * 1e6**beta, beta)
    N, D = grid()
    found = fit_scaling_law(N, D, truth.loss(N, D))
    np.testing.assert_allclose(found.loss(N, D), truth.loss(N, D), rtol=2e-4)
    np.testing.assert_allclose(found.loss(6e5, 2e6), truth.loss(6e5, 2e6), rtol=1e-3)
    assert all(type(x) is float for x in asdict(found).values())


def test_a_law_with_noise_predicts_further_on():
    truth, (N, D) = ScalingLaw(1.5, 20.0, 0.35, 300.0, 0.4), grid()
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(scale=0.005, size=len(N))
        law = fit_scaling_law(N, D, truth.loss(N, D) * np.exp(noise))
        assert abs(law.loss(1e6, 2e6) / truth.loss(1e6, 2e6) - 1) < 0.02


def test_what_cannot_be_fitted():
    N, D = grid()
    L = ScalingLaw(1.5, 20.0, 0.35, 300.0, 0.4).loss(N, D)
    for wrong in ((N[:5], D[:5], L[:5]), (N, D, L[:-1]), (N, D, L - 100)):
        with pytest.raises(ValueError, match="6 runs or more"):
            fit_scaling_law(*wrong)
    with pytest.raises(ValueError, match="no law without a negative part"):
        fit_scaling_law(N, D, N * D)  # rises with both


@pytest.fixture
def data():
    train = [f"{n} times {k} is {n * k}, and no other." for n in range(9) for k in "12"]
    train = [text.replace("'", "") for text in train]
    return recipe.prepare(SMALL, train * 2, train[:8])


def test_the_recipe_goes_on_where_it_was_and_predicts_first(data, tmp_path):
    path, asked, order = tmp_path / "law.json", SMALL, []
    train_one = recipe.train_one

    def noted(plan, data, d, steps, lr, seed):
        if len(order) == 7:
            raise KeyboardInterrupt
        order.append((d, steps, seed))
        if d == 12:  # the held-out size: its prediction stands in the file by now
            assert json.loads(path.read_text())["prediction"]["loss"] > 0
        return train_one(plan, data, d, steps, lr, seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "train_one", noted)
        with pytest.raises(KeyboardInterrupt):
            recipe.run(path, asked, data)
        kept = json.loads(path.read_text())
        assert (len(kept["rates_tried"]), len(kept["runs"])) == (4, 3)
        order.clear()
        patch.setattr(recipe, "law_with_doubt", lambda *_: {"loss": 4.0, "law": {}})
        with pytest.raises(KeyboardInterrupt):
            recipe.run(path, asked, data)
        order.clear()
        done = recipe.run(path, asked, data)
    assert order == [(12, 9, 1)]  # only what was missing
    assert len(done["runs"]) == 3 * (2 + 1) and len(done["held_out"]) == 2
    assert done == json.loads(path.read_text())
    assert done["prediction"] == {"loss": 4.0, "law": {}}
    seeds = [row["loss"] for row in done["held_out"]]
    assert seeds[0] != seeds[1] and 0 < min(seeds) < 6
    with pytest.raises(ValueError, match="holds another plan"):
        recipe.run(path, asked | {"T": 4}, data)


def test_a_run_is_the_same_again_and_reads_nothing_twice(data):
    one, two = (recipe.train_one(SMALL, data, 8, 6, 0.01, 1) for _ in range(2))
    del one["cpu_seconds"], two["cpu_seconds"]
    assert one == two and one["tokens"] == 6 * 2 * 8
    with pytest.raises(ValueError, match="windows twice"):
        recipe.train_one(SMALL, data, 8, 1000, 0.01, 1)


def test_rates_follow_a_power_of_the_width():
    tried = [
        {"d_model": d, "lr": lr, "loss": abs(lr - 0.08 / d**0.5)}
        for d, lrs in ((4, (0.02, 0.04)), (16, (0.02, 0.04)))
        for lr in lrs
    ]
    plan = SMALL | {"rates": {"4": [], "16": []}, "sizes": [4, 8, 16]}
    plan |= {"held_out": [64, 1]}
    found = recipe.rates(plan, tried)
    assert found["4"] == 0.04 and found["16"] == 0.02 and found["64"] == 0.01
    assert found["8"] == pytest.approx(0.04 / 2**0.5, abs=1e-6)


def test_the_prediction_in_the_book_is_what_its_runs_say():
    file = results("scaling_law")
    assert file["plan"] == recipe.PLAN
    runs, told = file["runs"], file["prediction"]
    plan = file["plan"]
    smallest = min(plan["sizes"])
    wanted = {
        (d, steps, seed)
        for d in plan["sizes"]
        for steps in plan["steps"]
        for seed in range(plan["seeds"] if d == smallest else 1)
    }
    assert {(r["d_model"], r["steps"], r["seed"]) for r in runs} == wanted
    assert len(plan["sizes"]) >= 5 and len(plan["steps"]) >= 3
    assert file["rates"] == recipe.rates(plan, file["rates_tried"])
    again = recipe.law_with_doubt(runs, told["parameters"], told["tokens"], draws=3)
    assert again["loss"] == pytest.approx(told["loss"], abs=2e-3)
    low, high = told["loss_90%"]
    assert low < told["loss"] < high
    size, steps = plan["held_out"]
    assert size > max(plan["sizes"]) and told["runs"] == len(runs)
    for seed, row in enumerate(file["held_out"]):
        assert (row["d_model"], row["steps"], row["seed"]) == (size, steps, seed)
        assert row["parameters"] == told["parameters"]
        assert row["tokens"] == told["tokens"]
        assert row["lr"] == file["rates"][str(size)]
