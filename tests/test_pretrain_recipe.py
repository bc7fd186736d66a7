"""The recipe that pre-trains: learns, survives a kill, reads folders of text."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from unmasked.gpt import GPT, GPTConfig
from unmasked.tokenization import BPETokenizer

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "recipes" / "pretrain_gpt.py"
SPEC = importlib.util.spec_from_file_location("pretrain_recipe", SCRIPT)
assert SPEC and SPEC.loader
recipe = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = recipe
SPEC.loader.exec_module(recipe)

SMALL = {
    "data.vocab_size": 280, "model.max_len": 16, "model.d_model": 32,
    "model.n_heads": 2, "model.n_layers": 2, "model.dropout": 0.1,
    "training.steps": 14, "training.batch": 8, "training.accumulate": 2,
    "training.lr": 0.01, "training.warmup": 3, "training.evaluate_every": 5,
    "training.save_every": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A text of one's own: a folder with twelve small files."""
    folder = tmp_path_factory.mktemp("text")
    for n in range(12):
        lines = (f"{k} times {n} is {k * n}, and no other.\n" for k in range(12))
        (folder / f"{n:02}.txt").write_text("".join(lines), "utf8")
    return folder


def arguments(text: Path, out: Path, **changes) -> list[str]:
    given = SMALL | {name.replace("__", "."): v for name, v in changes.items()}
    made = ["--data", str(text), "--out", str(out)]
    for name, value in given.items():
        made += ["--set", f"{name}={value}"]
    return made


def pretrain(monkeypatch, given: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *given])
    recipe.main()


def run(command: list) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib"), "OMP_NUM_THREADS": "1"}
    environment.pop("ACCELERATE_USE_CPU", None)  # no command of the README sets it
    return subprocess.run(
        list(map(str, command)),
        env=environment | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        encoding="utf8",
        timeout=300,
    )


@pytest.fixture(scope="module")
def whole(text, tmp_path_factory):
    """A run that nobody interrupts."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        pretrain(patch, arguments(text, out))
    return out


def outcome(folder: Path) -> tuple:
    """All that a run leaves, without times."""
    result = json.loads((folder / "run.json").read_text("utf8"))
    for row in result["log"]:
        del row["seconds"]
    del result["seconds"], result["command"]
    files = ("model.safetensors", "tokenizer.json")
    return result, [(folder / name).read_bytes() for name in files]


def test_a_run_learns_and_says_all(whole, text):
    result, _ = outcome(whole)
    assert [row["step"] for row in result["log"]] == [5, 10, 14]
    assert result["log"][-1]["tokens"] == 14 * 8 * 16
    assert result["log"][0]["train"] > result["log"][-1]["train"] + 0.5
    assert result["validation"] == result["log"][-1]["validation"] < 5
    assert len(result["samples"]) == 3
    config = GPTConfig(**result["model"])
    model = GPT(config).eval()
    weights = load_file(whole / "model.safetensors")
    assert {w.dtype for w in weights.values()} == {torch.float16}
    model.load_state_dict(weights)
    assert sum(p.numel() for p in model.parameters()) == result["parameters"]

    # what it says of the held-out text is so: bits per byte as chapter 14 has them
    tokenizer = BPETokenizer.load(whole / "tokenizer.json")
    held = recipe.documents(str(text))[1]
    ids = recipe.encode(tokenizer, held)
    starts = torch.arange(0, len(ids) - 16, 16)
    inputs, targets = recipe.windows(ids, 16, starts)
    with torch.no_grad():
        picked = model(inputs).log_softmax(-1).gather(-1, targets[..., None])
    assert -picked.mean().item() == pytest.approx(result["validation"], abs=0.01)
    n_bytes = sum(len(part.encode()) for part in held)
    bits = result["validation"] * (len(ids) - 1) / n_bytes / 0.693147
    assert bits == pytest.approx(result["bits_per_byte"], abs=1e-3)


def test_a_killed_process_goes_on(whole, text, tmp_path):
    """A real kill, in the eleventh step, after the checkpoint of the eighth."""
    code = f"""if True:
        import os, runpy, signal, sys
        import unmasked.training as training
        rate = training.cosine_schedule
        def kill(step, *rest):
            if step == 11:
                os.kill(os.getpid(), signal.SIGKILL)
            return rate(step, *rest)
        training.cosine_schedule = kill
        sys.argv[0] = {str(SCRIPT)!r}
        runpy.run_path(sys.argv[0], run_name="__main__")
    """
    given = arguments(text, tmp_path)
    done = run([sys.executable, "-c", code, *given])
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (tmp_path / "checkpoint.pt").exists()
    assert not (tmp_path / "run.json").exists()
    with pytest.MonkeyPatch.context() as patch:
        pretrain(patch, given)
    assert outcome(tmp_path) == outcome(whole)


LAUNCH = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
KILLED = f"""if True:
    import os, runpy, signal, sys
    import unmasked.training as training
    rate = training.cosine_schedule
    def kill(step, *rest):
        if step == 11 and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        return rate(step, *rest)
    training.cosine_schedule = kill
    sys.argv[0] = {str(SCRIPT)!r}
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def alone(text, tmp_path_factory):
    """A run of one process, without dropout."""
    out = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        pretrain(patch, arguments(text, out, model__dropout=0.0))
    return outcome(out)[0]


def assert_same_losses(one: dict, two: dict) -> None:
    """Of the whole batch in training, and on held-out text: to 1e-5."""
    for a, b in zip(one["log"], two["log"], strict=True):
        assert a["train"] == pytest.approx(b["train"], abs=1e-5)
        assert a["validation"] == pytest.approx(b["validation"], abs=1e-5)


@pytest.mark.slow
def test_two_processes_do_what_one_does_also_where_one_is_killed(text, alone, tmp_path):
    """Each has half of every batch; the second dies in step 11, and all end."""
    script, given = tmp_path / "killed.py", arguments(text, tmp_path, model__dropout=0)
    script.write_text(KILLED, "utf8")
    done = run([sys.executable, *LAUNCH, script, *given])
    assert done.returncode == 1
    assert "exitcode  : -9" in done.stderr and "Signal 9 (SIGKILL)" in done.stderr
    assert not (tmp_path / "run.json").exists()
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["state"]["step"] == 8  # whole, and from before

    done = run([sys.executable, *LAUNCH, SCRIPT, *given])
    assert done.returncode == 0, done.stderr
    two = outcome(tmp_path)[0]
    assert two["hardware"].endswith("× 2")
    assert_same_losses(alone, two)


@pytest.mark.slow
def test_weights_that_are_shared_out_learn_the_same(text, alone, tmp_path):
    """FSDP by a setting; one process alone can go on from what two have left."""
    given = arguments(text, tmp_path, model__dropout=0.0)
    shard = ["--set", "processes.shard=true"]
    done = run([sys.executable, *LAUNCH, SCRIPT, *given, *shard])
    assert done.returncode == 0, done.stderr
    two, files = outcome(tmp_path)
    assert two["hardware"].endswith("× 2") and two["config"]["processes"]["shard"]
    assert_same_losses(alone, two)
    (tmp_path / "model.safetensors").unlink()
    with pytest.MonkeyPatch.context() as patch:
        pretrain(patch, given)
    assert outcome(tmp_path)[1] == files


def test_gpt1_is_gpt1():
    settings = tomllib.loads((SCRIPT.parent / "gpt1.toml").read_text("utf8"))
    usual = tomllib.loads((SCRIPT.parent / "pretrain_gpt.toml").read_text("utf8"))
    assert {k: set(v) for k, v in settings.items()} == {
        k: set(v) for k, v in usual.items()
    }
    assert settings["data"]["vocab_size"] == 40_478
    with torch.device("meta"):
        model = GPT(GPTConfig(settings["data"]["vocab_size"], **settings["model"]))
    assert sum(p.numel() for p in model.parameters()) == 116_534_784


def test_folders_of_text(text, tmp_path):
    train, held = recipe.documents(str(text))
    assert (len(train), len(held)) == (10, 2) and not set(train) & set(held)
    (tmp_path / "one.txt").write_text("abcdefghij" * 10, "utf8")
    train, held = recipe.documents(str(tmp_path))
    assert (len(train[0]), len(held[0])) == (90, 10)
    (tmp_path / "train.txt").write_text("a\n\n\nb\n\n\n\n", "utf8")
    (tmp_path / "validation.txt").write_text("c", "utf8")
    train, held = recipe.documents(str(tmp_path))
    assert ([t.strip() for t in train], held) == (["a", "b"], ["c"])


def test_windows_hold_each_token_and_the_one_after_it():
    inputs, targets = recipe.windows(torch.arange(20), 4, torch.tensor([0, 15]))
    assert inputs.tolist() == [[0, 1, 2, 3], [15, 16, 17, 18]]
    assert torch.equal(targets, inputs + 1)


def test_only_matrices_decay():
    model = GPT(GPTConfig(20, 8, 16, 2, 1))
    decayed, rest = recipe.optimiser_for(model, 1e-3, 0.1, fused=False).param_groups
    assert decayed["weight_decay"] == 0.1 and rest["weight_decay"] == 0.0
    assert {p.dim() for p in decayed["params"]} == {2}
    assert {p.dim() for p in rest["params"]} == {1}
    assert len(decayed["params"] + rest["params"]) == len(list(model.parameters()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training__stepps": 3}, "no setting 'training.stepps' in pretrain_gpt.toml"),
        ({"model__max_len": 4096}, "tokens, and a window has 4096"),
        ({"training__batch": 9}, r"batch of 9 does not divide into 1 .* × 2 parts"),
        ({"model__n_heads": 5}, "n_heads = 5 does not divide d_model = 32"),
    ],
)
def test_messages(text, tmp_path, monkeypatch, changes, message):
    with pytest.raises(ValueError, match=message):
        pretrain(monkeypatch, arguments(text, tmp_path, **changes))


def test_a_folder_without_text_or_with_another_run(text, whole, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no folder with \.txt files"):
        pretrain(monkeypatch, arguments(tmp_path / "none", tmp_path))
    before = outcome(whole)
    with pytest.raises(ValueError, match="holds a run with other settings"):
        pretrain(monkeypatch, arguments(text, whole, training__lr=0.02))
    assert outcome(whole) == before
