"""The recipes of chapter 15 in miniature: they run, stop, go on, and count right."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch

from classroom import finetuning
from classroom.corpora import tasks
from classroom.finetuning import FORMS, GENERATION, Settings
from unmasked.finetuning import mean_log_prob
from unmasked.gpt import GPT, GPTConfig

RECIPES = Path(__file__).parents[1] / "recipes"


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


baselines, recipe, analyses = map(
    load, ("finetune_baselines", "finetune", "finetune_analyses")
)
TOKENIZER = finetuning.checkpoint()[1]
TINY = GPTConfig(TOKENIZER.vocab_size, 128, 8, 2, 2)


def tiny():
    torch.manual_seed(5)
    return GPT(TINY), TOKENIZER


@pytest.fixture
def small(monkeypatch):
    """Tiny models and runs of two steps in both recipes."""
    settings = {name: Settings(40, 9, 2, 4) for name in recipe.SETTINGS}
    settings[recipe.LANGUAGE] = Settings(20, 2, 2, 2)
    for module in (recipe, analyses):
        monkeypatch.setattr(module, "checkpoint", tiny)
    monkeypatch.setattr(recipe, "SETTINGS", settings)
    monkeypatch.setattr(finetuning, "ROOM", 4)
    monkeypatch.setattr(recipe, "data_hash", lambda: "of these examples")


def command(monkeypatch, module, *arguments) -> None:
    monkeypatch.setattr(sys, "argv", ["recipe", *map(str, arguments)])
    module.main()


def test_seven_tasks_end_to_end(small, monkeypatch, tmp_path):
    out = tmp_path / "finetuning.json"
    command(monkeypatch, recipe, "--out", out)
    found = json.loads(out.read_text("utf8"))
    assert set(found["tasks"]) == set(recipe.SETTINGS) and len(found["tasks"]) == 7
    assert len(found["rows"]) == 7 * 2 * 3
    for name, task in found["tasks"].items():
        assert len(task["pretrained"]) == len(task["scratch"]) == 3
        assert len(task["baselines"]) >= 2
        if name != recipe.LANGUAGE:
            assert task["test"] == 9 and task["train"] == 40
            assert all(0 <= value <= 1 for value in task["baselines"].values())
    for name in ("command", "seeds", "data_sha256", "versions", "hardware"):
        assert found[name]

    def ran_again(*given, **named):
        raise AssertionError("a run that is there already was run again")

    monkeypatch.setattr(recipe, "run", ran_again)
    command(monkeypatch, recipe, "--out", out)  # nothing is left to do
    assert json.loads(out.read_text("utf8"))["rows"] == found["rows"]


def test_the_long_run_takes_each_start_at_its_best_rate_and_parts_are_joined(
    small, monkeypatch, tmp_path
):
    ran = []

    def run(task, start, seed, settings, split="test", device="cpu"):
        ran.append((task, start, seed, settings.lr, split))
        good = 1e-3 if start == "scratch" else 1e-4
        score = 0.9 if settings.lr == good else 0.1
        name = "bits per byte" if task == recipe.LANGUAGE else "accuracy"
        return {name: 1 - score if task == recipe.LANGUAGE else score}

    monkeypatch.setattr(recipe, "run", run)
    monkeypatch.setattr(recipe, "LONG", recipe.SETTINGS)
    parts = []
    for task in ("entailment", recipe.LANGUAGE):
        for start in recipe.STARTS:
            parts.append(tmp_path / f"{task} {start}.json")
            which = ["--only", task, "--starts", start, "--out", parts[-1]]
            command(monkeypatch, recipe, "--long", *which)
    assert len(ran) == 2 * 2 * (len(recipe.TRIED) + 3)
    for _, start, _, rate, split in ran:
        assert split == "validation" or rate == (1e-3 if start == "scratch" else 1e-4)
    out = tmp_path / "joined.json"
    command(monkeypatch, recipe, "--long", "--out", out, "--join", *parts)
    joined = json.loads(out.read_text("utf8"))
    assert (
        set(joined["tasks"])
        == set(joined["tried"])
        == {"entailment", "text generation"}
    )
    assert joined["tasks"]["entailment"]["pretrained"] == [0.9] * 3
    assert [row["settings"]["lr"] for row in joined["rows"]].count(1e-4) == 6


def test_goes_on_where_it_was_stopped(small, monkeypatch, tmp_path):
    out, calls = tmp_path / "finetuning.json", []

    def stopped(task, start, seed, settings, device):
        calls.append((task, start, seed))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return {"accuracy": 0.5}

    monkeypatch.setattr(recipe, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        command(monkeypatch, recipe, "--out", out, "--only", "entailment")
    kept = json.loads(out.read_text("utf8"))
    assert len(kept["rows"]) == 3 and kept["tasks"] == {}  # not complete yet
    command(monkeypatch, recipe, "--out", out, "--only", "entailment")
    assert len(calls) == 7 and calls[3] == calls[4]
    whole = json.loads(out.read_text("utf8"))
    assert whole["tasks"]["entailment"]["pretrained"] == [0.5] * 3


def test_refuses_to_mix_runs(small, monkeypatch, tmp_path):
    out = tmp_path / "finetuning.json"
    monkeypatch.setattr(recipe, "run", lambda **what: {"accuracy": 0.5})
    command(monkeypatch, recipe, "--out", out, "--only", "entailment")
    changed = recipe.SETTINGS | {"entailment": Settings(40, 9, 3, 4)}
    monkeypatch.setattr(recipe, "SETTINGS", changed)
    with pytest.raises(ValueError, match="was run with"):
        command(monkeypatch, recipe, "--out", out, "--only", "entailment")
    monkeypatch.setattr(recipe, "data_hash", lambda: "of others")
    with pytest.raises(ValueError, match="rows of other data"):
        command(monkeypatch, recipe, "--out", out, "--only", "entailment")


def test_analyses_end_to_end_and_again(small, monkeypatch, tmp_path):
    whole = {
        task: {"pretrained": [0.9] * 3, "scratch": [0.4] * 3}
        for task in ("classification", "entailment")
    }
    (tmp_path / "whole.json").write_text(json.dumps({"tasks": whole}))
    how = analyses.PreTraining(
        steps=4, batch=2, length=96, scored=(0, 2, 4), examples=4, documents=2
    )
    monkeypatch.setattr(analyses, "PreTraining", lambda: how)
    compared = {"classification": Settings(40, 9, 2, 4)}
    monkeypatch.setattr(analyses, "COMPARED", compared)
    given = ["--out", tmp_path / "a.json", "--runs", tmp_path / "runs"]
    given += ["--whole", tmp_path / "whole.json"]
    command(monkeypatch, analyses, *given)
    found = json.loads((tmp_path / "a.json").read_text("utf8"))
    assert set(found["layers"]["classification"]) == {"none", "0", "1", "5"}
    assert set(found["lm_weight"]["entailment"]) == {"0", "0.5"}
    assert len(found["lstm"]["classification"]) == 4
    assert found["zero_shot"]["tokens"] == [0, 384, 768]
    assert len(found["zero_shot"]["lstm"]["bits per byte"][0]) == 3
    command(monkeypatch, analyses, *given)
    assert json.loads((tmp_path / "a.json").read_text("utf8")) == found


def test_both_kinds_have_about_as_many_parameters():
    sizes = [
        sum(p.numel() for p in analyses.small(kind, 2048, 128, 0).parameters())
        for kind in analyses.KINDS
    ]
    assert 0.95 < sizes[0] / sizes[1] < 1.05


def test_transfers_the_layers_that_it_says(monkeypatch):
    monkeypatch.setattr(recipe, "checkpoint", tiny)
    old, new = tiny()[0].state_dict(), analyses.transferred(1, seed=0).state_dict()
    same = {name: bool((old[name] == new[name]).all()) for name in old}
    assert same["tokens.weight"] and same["positions.weight"]
    assert all(same[name] for name in same if name.startswith("layers.0."))
    assert not same["layers.1.attention.qkv.weight"]


def test_log_probs_of_a_batch_are_those_of_one():
    gpt = tiny()[0].eval()
    pairs = [([1, 2, 3], [4, 5]), ([6], [7, 8, 9, 10]), ([11, 12, 13, 14], [15])]
    one_by_one = torch.tensor([mean_log_prob(gpt, *pair) for pair in pairs])
    torch.testing.assert_close(finetuning.log_probs(gpt, pairs), one_by_one)


@pytest.mark.parametrize("name", [*FORMS, *GENERATION])
def test_prepares_and_draws_batches(name):
    rows = finetuning.prepare(name, "validation", 30, TOKENIZER)
    draw = finetuning.batches(rows, 4)
    ids, labels = draw(torch.Generator().manual_seed(0))
    several = {"similarity": (4, 2), "multiple choice": (4, 4)}.get(name, (4,))
    assert ids.shape[:-1] == several and ids.shape[-1] <= finetuning.MAX_LEN
    assert labels.shape == (4,)
    seen = {
        tuple(row.flatten().tolist())
        for step in range(60)
        for row in draw(torch.Generator().manual_seed(step))[0]
    }
    assert len(seen) >= 30  # no example is left out (padding may differ)


def test_grades_answers():
    questions = tasks.question_answering("test", 3)
    right = [e.answer for e in questions]
    perfect = {"F1": 1.0, "exact match": 1.0}
    assert finetuning.graded("question answering", right, questions) == perfect
    wrong = finetuning.graded("question answering", ["zebra"] * 3, questions)
    assert wrong == {"F1": 0.0, "exact match": 0.0}
    lines = tasks.summarisation("test", 3)
    assert finetuning.graded("summarisation", [e.summary for e in lines], lines)[
        "ROUGE-L"
    ] == pytest.approx(1.0)


def test_baselines_do_what_their_names_say():
    found = baselines.baselines("entailment", 500, None)
    assert found["majority"] <= 0.55 and found["bag of words"] < 0.65
    assert found["word overlap"] > 0.75
    train = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1])
    bits = baselines.language_baselines(train, train, size=8, vocab_size=2)
    assert 0.8 < bits["unigram"] < 0.9  # 7 tokens of one bit each, in 8 bytes
    assert bits["bigram"] < bits["unigram"] / 1.5
    with pytest.raises(ValueError, match="task is 'parsing'"):
        baselines.baselines("parsing", 10, 10)
