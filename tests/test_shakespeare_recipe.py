"""The Tiny Shakespeare recipe: who is trained how, and on what settings are chosen."""

import json
import sys

import pytest
import shakespeare as recipe
import torch


@pytest.fixture
def ids():
    return torch.arange(4000) * 7 % 11


def test_muon_gets_the_matrices_of_the_blocks_and_nothing_else():
    setting = recipe.MUON[0]
    model = recipe.model_for(setting, 11)
    adam, muon = recipe.optimisers_for(model, setting)
    inside = {id(p) for p in model.layers.parameters() if p.dim() == 2}
    held = [{id(p) for g in o.param_groups for p in g["params"]} for o in (adam, muon)]
    assert held[1] == inside
    assert held[0] == {id(p) for p in model.parameters()} - inside


def test_the_yardstick_is_the_published_setting():
    model = recipe.model_for(recipe.YARDSTICK, 65)
    c = model.config
    assert (c.n_layers, c.n_heads, c.d_model, c.max_len) == (4, 4, 128, 64)
    assert recipe.YARDSTICK["batch"] == 12
    lr = [
        recipe.YARDSTICK["lr"] * recipe.factor(x, recipe.YARDSTICK) for x in (0.05, 1)
    ]
    assert lr == pytest.approx([1e-3, 1e-4])


@pytest.mark.parametrize("setting", [recipe.YARDSTICK, *recipe.ADAMW, *recipe.MUON])
def test_every_setting_reads_as_many_characters_at_a_step(setting):
    assert setting["context"] * setting["batch"] == 768


def test_a_step_is_measured_beside_the_yardsticks(ids):
    half = recipe.YARDSTICK | {"layers": 2}
    same, cheaper = recipe.step_costs([recipe.YARDSTICK, half], ids, rounds=3)
    assert 0.8 < same < 1.25
    assert cheaper < 0.8 * same


def test_a_run_is_the_same_twice(ids):
    runs = [recipe.train(recipe.MUON[0], 0, ids, ids[:300], 3) for _ in range(2)]
    assert runs[0]["loss"] == runs[1]["loss"]
    assert runs[0]["loss"] != recipe.train(recipe.MUON[0], 1, ids, ids[:300], 3)["loss"]


@pytest.fixture
def planned(ids, tmp_path, monkeypatch):
    """The recipe with a training that only notes what it was given."""
    seen = []

    def train(setting, seed, train_ids, held, steps):
        seen.append((len(train_ids), len(held), int(held[0]), steps))
        return {"loss": setting["lr"] + setting.get("matrix_lr", 0), "cpu_seconds": 1.0}

    validation = torch.full((500,), 10)
    monkeypatch.setattr(recipe, "text_ids", lambda: (ids, validation, "hash"))
    monkeypatch.setattr(recipe, "train", train)
    monkeypatch.setattr(recipe, "step_costs", lambda some, _: [0.5] * len(some))
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["shakespeare.py", "--out", str(out)])
    return seen, out


def test_settings_are_chosen_without_the_validation_split(ids, planned):
    seen, out = planned
    recipe.main()
    choosing = (3600, 400, int(ids[3600]), 1000)
    tries = len(recipe.ADAMW) + len(recipe.MUON)
    final = [(4000, 500, 10, 2000)] * 3 + [(4000, 500, 10, 4000)] * 6
    assert seen == [choosing] * tries + final
    rows = json.loads(out.read_text())["rows"]
    best = min(s["matrix_lr"] for s in recipe.MUON)
    assert rows["muon"]["setting"]["matrix_lr"] == best
    assert [run["seed"] for run in rows["yardstick"]["runs"]] == [0, 1, 2]


def test_the_same_command_goes_on_after_the_last_run(planned, monkeypatch):
    seen, out = planned
    recipe.main()
    whole = json.loads(out.read_text())
    kept = whole | {"runs": whole["runs"][:4]}
    out.write_text(json.dumps(kept))
    count, seen[:] = len(seen), []
    recipe.main()
    assert len(seen) == count - 4
    assert json.loads(out.read_text()) == whole
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--steps", "1000"])
    with pytest.raises(SystemExit, match="of other length"):
        recipe.main()
