"""The recipe that translates: learns, survives a kill, works in several processes."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
import sentence_pairs
import torch
import translate_multi30k as recipe
import translation_run
from safetensors.torch import load_file
from sentence_pairs import Batches
from translation_run import read_records, translate

from classroom.corpora import number_words

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "recipes" / "translate_multi30k.py"

# 54 pairs to train on make 6 batches, so 14 steps cross an epoch
SMALL = "--vocab-size 310 --max-len 48 --d-model 16 --n-heads 2 --n-layers 1 --d-ff 32 "
SMALL += "--steps 14 --batch-tokens 200 --warmup 5 --peak-lr 0.02 --average 0.5 "
SMALL += "--log-every 2 --validate-every 5 --save-every 4 --beam-size 2 --cpu"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "numbers.tsv"
    lines = (f"{s}\t{t}\n" for s, t in number_words("train", below=1000, size=60))
    path.write_text("".join(lines), "utf8")
    return path


def command(pairs: Path, out: Path, *more: str) -> list[str]:
    return ["--pairs", str(pairs), "--out", str(out), *SMALL.split(), *more]


@pytest.fixture(scope="module")
def whole(pairs, tmp_path_factory):
    """A run that nobody interrupts."""
    out = tmp_path_factory.mktemp("whole")
    recipe.main(command(pairs, out))
    return out


@pytest.fixture(scope="module")
def learnt(pairs, tmp_path_factory):
    """A run that is long enough to know its 54 pairs by heart."""
    out = tmp_path_factory.mktemp("learnt")
    more = "--d-model 64 --d-ff 128 --steps 120 --batch-tokens 1200 --peak-lr 0.01 "
    more += "--warmup 20 --dropout 0 --average 0.8 --validate-every 120 --log-every 40"
    recipe.main(command(pairs, out, "--no-test", *more.split()))
    return out


def outcome(folder: Path) -> tuple:
    """All that a run leaves, without times."""
    records = read_records(folder / "metrics.jsonl")
    results = json.loads((folder / "results.json").read_text("utf8"))
    for record in (*records, *results["history"]):
        del record["seconds"]
    del results["seconds"], results["command"]
    files = ("model.safetensors", "tokenizer.json", "model.json")
    return records, results, [(folder / name).read_bytes() for name in files]


def test_a_run_learns_and_says_all(whole, pairs):
    records, results, _ = outcome(whole)
    losses = [record["loss"] for record in records if "loss" in record]
    assert [r["step"] for r in records if "loss" in r] == [2, 4, 6, 8, 10, 12, 14]
    assert [r["step"] for r in results["history"]] == [5, 10, 14]
    assert losses[0] > 5 and losses[-1] < losses[0] - 1.5
    rates = [record["lr"] for record in records if "lr" in record]
    assert max(rates) < 0.02 and rates[0] == pytest.approx(0.02 * 2 / 5)
    best = max(r["validation_bleu"] for r in results["history"])
    assert results["metrics"]["validation_bleu_greedy"] == round(best, 2)
    assert "version:" in results["metrics"]["test_bleu_signature"]
    assert results["data"]["pairs"] == {"train": 54, "validation": 3, "test": 3}
    # the first of the test split, in their order
    splits = sentence_pairs.split_pairs(sentence_pairs.read_table(pairs), 0.1)
    shown = [(s["source"], s["reference"]) for s in results["samples"]]
    assert shown == splits["test"]
    assert {"torch", "sacrebleu", "python"} <= results["versions"].keys()


class Killed(BaseException):
    """Stands for a kill: nothing of the recipe catches it."""


def _in_step(monkeypatch):
    take = translation_run.Run._take_step

    def step(run):
        if run.step == 11:
            raise Killed
        return take(run)

    monkeypatch.setattr(translation_run.Run, "_take_step", step)


def _before_checkpoint(monkeypatch):
    save = translation_run.Run.save

    def kill(run, started):
        if run.step == 12:  # the best model and the log are ahead of the checkpoint
            raise Killed
        save(run, started)

    monkeypatch.setattr(translation_run.Run, "save", kill)


def _while_writing(monkeypatch):
    replace, seen = os.replace, []

    def kill(source, target):
        seen.append(str(target).endswith("checkpoint.safetensors"))
        if sum(seen) == 2 and seen[-1]:
            raise Killed
        replace(source, target)

    monkeypatch.setattr(os, "replace", kill)


def _before_the_first_checkpoint(monkeypatch):
    def kill(run, started):
        raise Killed

    monkeypatch.setattr(translation_run.Run, "save", kill)


def _in_the_test(monkeypatch):
    def kill(run, command):
        raise Killed

    monkeypatch.setattr(translation_run.Run, "results", kill)


@pytest.mark.parametrize(
    "moment",
    [
        _in_step,
        _before_checkpoint,
        _while_writing,
        _before_the_first_checkpoint,
        _in_the_test,
    ],
)
def test_a_stopped_run_goes_on_as_if_nothing_had_been(
    whole, pairs, tmp_path, monkeypatch, moment
):
    with monkeypatch.context() as patch:
        moment(patch)
        with pytest.raises(Killed):
            recipe.main(command(pairs, tmp_path))
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"step": 1')  # a line that the kill cut off
    recipe.main(command(pairs, tmp_path))
    assert outcome(tmp_path) == outcome(whole)


def test_a_killed_process_goes_on(whole, pairs, tmp_path):
    """A real kill; and what other corpora need is not needed here."""
    code = f"""if True:
        import os, runpy, signal, sys
        sys.modules |= dict.fromkeys(["platformdirs", "pooch", "emoji", "num2words"])
        import unmasked.training as training
        rate = training.noam_schedule
        def kill(step, *rest):
            if step == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            return rate(step, *rest)
        training.noam_schedule = kill
        sys.argv[0] = {str(SCRIPT)!r}
        sys.path.insert(0, {str(SCRIPT.parent)!r})  # as if it were run as a script
        runpy.run_path(sys.argv[0], run_name="__main__")
    """
    arguments = command(pairs, tmp_path)
    done = run([sys.executable, "-c", code, *arguments])
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [r["step"] for r in read_records(tmp_path / "metrics.jsonl")][-1] == 6
    recipe.main(arguments)
    assert outcome(tmp_path) == outcome(whole)


def run(arguments: list, text: str = "") -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        list(map(str, arguments)),
        input=text,
        env=environment,
        capture_output=True,
        encoding="utf8",
        timeout=300,
    )


@pytest.mark.slow
def test_two_processes_reach_what_one_does(pairs, tmp_path):
    """Each has half of every batch, and other numbers of tokens than the other."""
    more = "--dropout", "0"
    recipe.main(command(pairs, tmp_path / "one", *more))
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    arguments = command(pairs, tmp_path / "two", *more)
    done = run([sys.executable, *launch, SCRIPT, *arguments])
    assert done.returncode == 0, done.stderr
    one, two = (outcome(tmp_path / name) for name in ("one", "two"))
    assert two[1]["hardware"]["processes"] == 2
    for a, b in zip(one[0], two[0], strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    weights = [load_file(tmp_path / n / "model.safetensors") for n in ("one", "two")]
    matrices = {n: w for n, w in weights[0].items() if w.dim() == 2}
    # not the biases: a key's has no effect, so Adam lets it drift with rounding errors
    for name, weight in matrices.items():
        torch.testing.assert_close(weight, weights[1][name], rtol=0, atol=2e-3)
    assert one[1]["samples"] == two[1]["samples"]


def test_translates_lines_from_standard_input(learnt, pairs):
    """As a newcomer does it: the plain script, and nothing but the library's folder."""
    known = sentence_pairs.split_pairs(sentence_pairs.read_table(pairs), 0.1)["train"]
    long = "nine hundred and ninety-nine " * 20
    lines = [*(source for source, _ in known), "", long, "<eos> ½\x85Ω"]
    arguments = [SCRIPT, "translate", learnt, "--cpu", "--batch", 5]
    done = run([sys.executable, *arguments], "\n".join(lines))
    assert done.returncode == 0, done.stderr
    *translated, empty, cut, _, end = done.stdout.split("\n")
    right = sum(t == text for t, (_, text) in zip(translated, known, strict=True))
    assert right >= 50, translated
    assert empty == end == "" and cut
    assert "more than 48 tokens was cut" in done.stderr


def test_what_is_translated_alone_and_in_company_is_the_same(learnt):
    model, tokenizer = translation_run.load_model(learnt, "cpu")
    texts = ["three hundred and five", "seven", "", "nine hundred and one"]
    for beam_size in (1, 3):
        together = translate(model, tokenizer, texts, beam_size)
        alone = [translate(model, tokenizer, [t], beam_size)[0] for t in texts]
        assert together == alone and together[2] == "" and all(together[:2])


def test_another_run_in_the_folder_is_not_overwritten(whole, pairs, tmp_path, capsys):
    before = outcome(whole)
    with pytest.raises(SystemExit) as caught:
        recipe.main(command(pairs, whole, "--dropout", "0.2", "--d-ff", "16"))
    assert "differs in d_ff, dropout" in str(caught.value)
    other = tmp_path / "other.tsv"
    other.write_text(pairs.read_text("utf8").replace("hundert", "Hundert"), "utf8")
    with pytest.raises(SystemExit, match="the data"):
        recipe.main(command(other, whole))
    assert outcome(whole) == before


def test_more_steps_and_a_fresh_start(pairs, tmp_path):
    recipe.main(command(pairs, tmp_path, "--steps", "4", "--no-test"))
    assert not (tmp_path / "results.json").exists()
    recipe.main(command(pairs, tmp_path, "--steps", "6", "--no-test"))
    steps = [r["step"] for r in read_records(tmp_path / "metrics.jsonl")]
    assert steps == [2, 4, 4, 5, 6, 6]
    fresh = "--fresh", "--steps", "2", "--no-test", "--dropout", "0.1"
    recipe.main(command(pairs, tmp_path, *fresh))
    steps = [r["step"] for r in read_records(tmp_path / "metrics.jsonl")]
    assert steps == [2, 2]


GOOD = "one\teins\ntwo\tzwei\nthree\tdrei\n"


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        (None, "", "numbers.tsv"),
        ("", "", "numbers.tsv is empty"),
        (" \n\n", "", "numbers.tsv is empty"),
        (GOOD + "four vier\n", "", "line 4: 1 column(s), and a line needs 2"),
        (GOOD + "\nfour\tvier\t4\n", "", "line 5: 3 column(s), and a line needs 2"),
        ("one\teins\none\tein\n", "", "1 different sources are too few"),
        (b"fr\xfch\tearly\n", "", "numbers.tsv is not UTF-8"),
        (GOOD, "", "vocab_size is 310, and this text has pairs for"),
        (GOOD, "--vocab-size 200", "vocab_size is 200, and must be >="),
        (GOOD, "--vocab-size 260 --max-len 3", "none of 1 pairs is at most 3 tokens"),
        (GOOD, "--source-text en.txt", "give --pairs, or"),
        (GOOD, "--steps 0", "steps must be at least 1: 0"),
        (GOOD, "--precision half", "precision 'half'"),
    ],
)
def test_messages(tmp_path, content, more, message):
    path = tmp_path / "numbers.tsv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SystemExit) as caught:
        recipe.main(command(path, tmp_path / "run", *more.split()))
    assert str(caught.value).startswith("error: ") and message in str(caught.value)


def test_two_texts_need_as_many_lines(tmp_path, capsys):
    one, two = tmp_path / "a.en", tmp_path / "a.de"
    one.write_text("one\ntwo\u2028and\nthree\n", "utf8")
    two.write_text("eins\r\nzwei\r\n", "utf8")
    with pytest.raises(ValueError, match=r"a\.en has 3 lines and .*a\.de has 2"):
        sentence_pairs.read_parallel(one, two)
    two.write_text("eins\r\nzwei und\r\ndrei", "utf8")
    assert sentence_pairs.read_parallel(one, two)[1:] == [
        ("two\u2028and", "zwei und"),
        ("three", "drei"),
    ]


def test_missing_data_and_model_are_named(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("pooch.retrieve", refuse)
    monkeypatch.setenv("UNMASKED_DATA", str(tmp_path))
    with pytest.raises(
        SystemExit, match=r"(?s)multi30k/train.en.gz is not in .* UNMASKED_DATA"
    ):
        recipe.main(["--out", str(tmp_path), *SMALL.split()])
    with pytest.raises(SystemExit, match=r"is no finished run: no model\.json, tok"):
        recipe.main(["translate", str(tmp_path), "--cpu"])


def test_settings_are_checked(tmp_path):
    config = translation_run.Config.read(recipe.SETTINGS)
    assert translation_run.Config.read(recipe.SETTINGS, steps=7, seed=None).steps == 7
    text = recipe.SETTINGS.read_text("utf8")
    path = tmp_path / "mine.toml"
    for old, new, message in (
        ("steps =", "stops =", "unknown or missing: steps, stops"),
        ("n_heads = 4", "n_heads = 4.0", "n_heads is 4.0, not int"),
        ("n_heads = 4", "n_heads = true", "n_heads is True, not int"),
    ):
        path.write_text(text.replace(old, new), "utf8")
        with pytest.raises(ValueError, match=message):
            translation_run.Config.read(path)
    path.write_text(text.replace("dropout = 0.35", "dropout = 0"), "utf8")
    assert asdict(translation_run.Config.read(path)) == asdict(config) | {"dropout": 0}
    assert all(f"{field.name} = " in text for field in fields(translation_run.Config))


def test_held_out_sources_are_in_no_other_split():
    pairs = [(f"source {n % 40}", f"target {n}") for n in range(100)] + [("", "x")]
    splits = sentence_pairs.split_pairs(pairs, 0.2)
    sources = {split: {s for s, _ in part} for split, part in splits.items()}
    assert [len(sources[s]) for s in ("train", "validation", "test")] == [32, 4, 4]
    assert len(set.union(*sources.values())) == 40
    assert sum(map(len, splits.values())) == 100
    # what is held out does not depend on the order of the lines
    again = sentence_pairs.split_pairs(pairs[::-1], 0.2)
    assert {split: sorted(part) for split, part in again.items()} == {
        split: sorted(part) for split, part in splits.items()
    }


def test_batches_hold_every_pair_once_an_epoch_and_fit():
    random = np.random.default_rng(0)
    source = random.integers(3, 28, 500)
    lengths = np.stack([source, source + random.integers(-2, 3, 500)], axis=1)
    batches = Batches(lengths, 300, seed=1)
    n = len(batches)
    epochs = [[batches(e * n + k + 1) for k in range(n)] for e in range(2)]
    for epoch in epochs:
        assert sorted(np.concatenate(epoch).tolist()) == list(range(500))
        assert all(len(rows) * lengths[rows].max() <= 300 for rows in epoch)
    # well filled, and in another order each time
    filled = lengths.max(axis=1).sum() / sum(
        len(r) * lengths[r].max() for r in epochs[0]
    )
    assert filled > 0.9
    assert any(not np.array_equal(a, b) for a, b in zip(*epochs, strict=True))
    # a step's batch depends on nothing that was asked before
    late = Batches(lengths, 300, seed=1)
    assert np.array_equal(late(n + 3), epochs[1][2])
    assert not np.array_equal(Batches(lengths, 300, seed=2)(n + 3), late(n + 3))
    with pytest.raises(ValueError, match="batch_tokens 20; a pair has 29 tokens"):
        Batches(lengths, 20, seed=1)


def test_report_writes_the_table_and_nothing_else(whole, tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text("before\n\n{}\nold\n{}\n\nafter\n".format(*recipe.MARKS), "utf8")
    monkeypatch.setattr(recipe, "README", readme)
    monkeypatch.setattr(recipe, "RESULTS", tmp_path / "results" / "r.json")
    path = str(whole / "results.json")
    for _ in range(2):
        recipe.main(["report", path, path])
    text = readme.read_text("utf8")
    assert text.startswith("before\n\n<!--") and text.endswith("-->\n\nafter\n")
    assert text.count("| 0 | 0.0 M |") == 2 and "old" not in text
    runs = json.loads(recipe.RESULTS.read_text("utf8"))["runs"]
    assert runs == [json.loads(Path(path).read_text("utf8"))] * 2


def test_the_command_that_is_kept_names_no_folder():
    assert recipe.command_of(["--out", "/a b/c", "--pairs", "my pairs.tsv"]) == (
        "python recipes/translate_multi30k.py --pairs 'my pairs.tsv'"
    )


def test_lines_come_in_parts_as_they_are_read():
    lines = io.StringIO("a\nb\nc\n")
    parts = recipe.batched(lines, 2)
    assert next(parts) == ["a\n", "b\n"] and lines.readline() == "c\n"
