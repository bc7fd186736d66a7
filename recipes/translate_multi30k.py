"""Train a translator, English to German or on pairs of your own, and use it.

    python recipes/translate_multi30k.py                       # Multi30k, one process
    python recipes/translate_multi30k.py --pairs mine.tsv      # source TAB target
    torchrun --nproc-per-node 2 recipes/translate_multi30k.py  # as many as you like
    python recipes/translate_multi30k.py translate runs/translate < lines.txt

Settings: translate_multi30k.toml, each of them a flag too. A run that was stopped, at
whatever moment, goes on from its last checkpoint when the same command is given again.
"""

import argparse
import copy
import hashlib
import json
import os
import platform
import shlex
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import get_type_hints

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from classroom.corpora import multi30k, multi30k_digest
from classroom.corpora.splits import SPLITS, draw
from unmasked.decoding import beam_search, greedy_decode
from unmasked.tokenization import BPETokenizer
from unmasked.training import (
    label_smoothing_loss,
    load_checkpoint,
    noam_schedule,
    save_checkpoint,
)
from unmasked.transformer import Transformer, TransformerConfig

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Path(__file__).with_suffix(".toml")
RESULTS = ROOT / "book" / "results" / "translate_multi30k.json"
README = Path(__file__).with_name("README.md")
MARKS = "<!-- translate_multi30k: written by `report` -->", "<!-- end -->"
SPECIAL = PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
ROWS = 256  # sentences that are validated or translated at once
Pairs = list[tuple[str, str]]


# --- settings ---------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """The settings of a run; translate_multi30k.toml says what each is."""

    seed: int
    vocab_size: int
    max_len: int
    held_out: float
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int
    dropout: float
    norm: str
    steps: int
    batch_tokens: int
    peak_lr: float
    warmup: int
    smoothing: float
    weight_decay: float
    clip: float
    average: float
    precision: str
    log_every: int
    validate_every: int
    save_every: int
    beam_size: int
    length_penalty: float

    def __post_init__(self) -> None:
        for name in ("steps", "warmup", "log_every", "validate_every", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1: {getattr(self, name)}")
        for name in ("held_out", "average", "smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1): {getattr(self, name)}")
        if self.precision not in ("auto", "no", "bf16", "fp16"):
            raise ValueError(f"precision {self.precision!r}: auto, no, bf16 or fp16")

    @classmethod
    def read(cls, path: Path, **overrides) -> "Config":
        """Read a TOML file; overrides that are None are none."""
        values = tomllib.loads(path.read_text("utf8"))
        values |= {
            name: value for name, value in overrides.items() if value is not None
        }
        known = get_type_hints(cls)
        if wrong := sorted(known.keys() ^ values.keys()):
            raise ValueError(f"{path}: unknown or missing: {', '.join(wrong)}")
        for name, value in values.items():
            fits = known[name] is float and type(value) is int
            if type(value) is not known[name] and not fits:
                raise ValueError(f"{name} is {value!r}, not {known[name].__name__}")
        return cls(**values)


# what may change when a run goes on
FREE = ("steps", "precision", "log_every", "validate_every", "save_every")
FREE += ("beam_size", "length_penalty")


# --- data -------------------------------------------------------------------------


def lines_of(path: Path) -> list[str]:
    """The lines of a UTF-8 text, without blanks at their ends."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}") from None
    if not text.strip():
        raise ValueError(f"{path} is empty")
    # subtle: `splitlines` would also split at characters that occur within a line
    return [line.strip(" \r") for line in text.removesuffix("\n").split("\n")]


def read_table(path: Path) -> Pairs:
    """Pairs from lines of two columns, source TAB target; empty lines are skipped."""
    pairs = []
    for n, line in enumerate(lines_of(path), start=1):
        columns = line.split("\t")
        if line and len(columns) != 2:
            raise ValueError(
                f"{path}, line {n}: {len(columns)} column(s), and a line needs 2, "
                f"source TAB target: {line[:60]!r}"
            )
        if line:
            pairs.append((columns[0].strip(), columns[1].strip()))
    return pairs


def read_parallel(source: Path, target: Path) -> Pairs:
    """Pairs from two texts, the same line of each."""
    sources, targets = lines_of(source), lines_of(target)
    if len(sources) != len(targets):
        raise ValueError(
            f"{source} has {len(sources)} lines and {target} has {len(targets)}: "
            "line n of one must be the translation of line n of the other"
        )
    return list(zip(sources, targets, strict=True))


def split_pairs(pairs: Pairs, held_out: float) -> dict[str, Pairs]:
    """Hold out sources, by a hash; all pairs of one source lie in one split."""
    pairs = [pair for pair in pairs if all(pair)]
    sources = sorted({source for source, _ in pairs}, key=draw)
    each = max(1, round(len(sources) * held_out / 2))
    if len(sources) < 2 * each + 1:
        raise ValueError(
            f"{len(sources)} different sources are too few: {each} are to choose on, "
            f"{each} to test, and some must be left to train on"
        )
    place = dict.fromkeys(sources, "train")
    place |= dict.fromkeys(sources[:each], "validation")
    place |= dict.fromkeys(sources[each : 2 * each], "test")
    return {split: [p for p in pairs if place[p[0]] == split] for split in SPLITS}


def read_data(options: argparse.Namespace, config: Config) -> tuple[dict, dict]:
    """The three splits, and what a results file says about them."""
    texts = options.source_text, options.target_text
    if any(texts) and (options.pairs or not all(texts)):
        raise ValueError("give --pairs, or --source-text and --target-text, or neither")
    if options.pairs or all(texts):
        read = read_table(options.pairs) if options.pairs else read_parallel(*texts)
        splits = split_pairs(read, config.held_out)
        name = (options.pairs or texts[0]).name
        digest = hashlib.sha256(json.dumps(read).encode()).hexdigest()
    else:
        splits: dict[str, Pairs] = {split: multi30k(split) for split in SPLITS}
        name, digest = "Multi30k task 1, English to German", multi30k_digest()
    sizes = {split: len(pairs) for split, pairs in splits.items()}
    return splits, {"name": name, "sha256": digest, "pairs": sizes}


class Encoded:
    """Pairs as ids: padded (n, S) and (n, T), on the device, and their lengths.

    A source ends with end-of-sentence; a target begins and ends with a special token.
    Pairs longer than max_len are left out.
    """

    def __init__(self, pairs: Pairs, tokenizer: BPETokenizer, max_len: int, device):
        rows = [(encode(tokenizer, s), encode(tokenizer, t)) for s, t in pairs]
        bos, pad = tokenizer.special_id(BOS), tokenizer.special_id(PAD)
        rows = [(s, [bos, *t]) for s, t in rows if max(len(s), len(t)) <= max_len]
        if not rows:
            raise ValueError(f"none of {len(pairs)} pairs is at most {max_len} tokens")
        self.left_out = len(pairs) - len(rows)
        self.lengths = np.array(
            [(len(s), len(t) - 1) for s, t in rows]
        )  # read, written
        self.src, self.tgt = (
            pad_sequence([torch.tensor(row[n]) for row in rows], True, pad).to(device)
            for n in (0, 1)
        )

    def batch(self, rows: Tensor, widths: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Sources (B, S) and targets (B, T + 1), no wider than needed."""
        return self.src[rows, : widths[0]], self.tgt[rows, : widths[1] + 1]


def encode(tokenizer: BPETokenizer, text: str) -> list[int]:
    """The ids of a text, whatever it holds, and end-of-sentence."""
    return [*tokenizer.encode(text, special=False), tokenizer.special_id(EOS)]


class Batches:
    """Rows of pairs of similar length: what a step sees depends on (seed, step) alone.

    So it does not matter whether a run was interrupted, nor for how many processes a
    batch is shared out.

    Args:
        lengths: (n, 2), tokens of source and target.
        batch_tokens: rows times the longer of the two widths, at most.
    """

    def __init__(self, lengths: np.ndarray, batch_tokens: int, seed: int):
        self.lengths, self.seed = lengths, seed
        longest = int(lengths.max())
        if longest > batch_tokens:
            raise ValueError(
                f"batch_tokens {batch_tokens}; a pair has {longest} tokens"
            )
        widths = lengths[self._order(0)].max(axis=1)
        self.cuts, width = [0], 0
        for n, length in enumerate(widths.tolist()):
            width = max(width, length)
            if (n + 1 - self.cuts[-1]) * width > batch_tokens:
                self.cuts.append(n)
                width = length
        self.cuts.append(len(lengths))
        self._epoch = -1

    def __len__(self) -> int:
        return len(self.cuts) - 1  # the same in each epoch: lengths come in one order

    def _order(self, epoch: int) -> np.ndarray:
        noise = np.random.default_rng([self.seed, epoch, 0]).random(len(self.lengths))
        source, target = self.lengths.T
        return np.lexsort((noise, source, target))

    def __call__(self, step: int) -> np.ndarray:
        """The rows of a step, which counts from 1."""
        epoch, n = divmod(step - 1, len(self))
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._order(epoch)
            shuffled = np.random.default_rng([self.seed, epoch, 1])
            self._places = shuffled.permutation(len(self))
        place = self._places[n]
        return self._rows[self.cuts[place] : self.cuts[place + 1]]


# --- the model folder -------------------------------------------------------------


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf8")
    os.replace(partial, path)


def save_weights(path: Path, model: nn.Module) -> None:
    """Write a model's weights in half precision, in one step."""
    halves = {name: p.detach().half().cpu() for name, p in model.named_parameters()}
    partial = path.with_name(f".{path.name}.partial")
    save_file(halves, partial)
    os.replace(partial, path)


def load_model(folder: Path, device) -> tuple[Transformer, BPETokenizer]:
    """Read what a run left: model.json, tokenizer.json and model.safetensors.

    Raises: ValueError if one of them is missing.
    """
    names = ("model.json", "tokenizer.json", "model.safetensors")
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise ValueError(f"{folder} is no finished run: no {', '.join(missing)} in it")
    model = Transformer(
        TransformerConfig(**json.loads((folder / names[0]).read_text()))
    )
    weights, parameters = load_file(folder / names[2]), dict(model.named_parameters())
    if weights.keys() != parameters.keys():
        raise ValueError(f"{folder / names[2]} holds the weights of another model")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(weights[name])
    return model.to(device).eval(), BPETokenizer.load(folder / names[1])


def translate(
    model: Transformer,
    tokenizer: BPETokenizer,
    texts: list[str],
    beam_size: int = 1,
    length_penalty: float = 0.6,
) -> list[str]:
    """Translate texts, similar lengths together; empty ones stay empty."""
    limit, device = model.config.max_len, next(model.parameters()).device
    bos, eos = tokenizer.special_id(BOS), tokenizer.special_id(EOS)
    sources = [encode(tokenizer, text) for text in texts]
    order = sorted(
        (n for n, s in enumerate(sources) if len(s) > 1), key=lambda n: len(sources[n])
    )
    done = [""] * len(texts)
    for start in range(0, len(order), ROWS):
        part = order[start : start + ROWS]
        rows = [torch.tensor([*sources[n][:-1][: limit - 1], eos]) for n in part]
        src = pad_sequence(rows, True, model.config.pad_id).to(device)
        room = min(limit, 2 * src.shape[1] + 10)
        if beam_size == 1:
            found = greedy_decode(model, src, bos, eos, room)
        else:
            best = beam_search(model, src, bos, eos, room, beam_size, length_penalty)
            found = [hypotheses[0].ids for hypotheses in best]
        for n, ids in zip(part, found, strict=True):
            written = [i for i in ids if i < tokenizer.vocab_size - len(SPECIAL)]
            done[n] = tokenizer.decode(written).strip().replace("\n", " ")
    return done


# --- training ---------------------------------------------------------------------


class Run:
    """One training run in a folder; the same in each of its processes."""

    def __init__(self, options: argparse.Namespace, config: Config):
        self.config, self.folder = config, options.out
        gpu = torch.cuda.is_available() and not options.cpu
        precision = config.precision
        if precision == "auto":
            precision = "bf16" if gpu and torch.cuda.is_bf16_supported() else "no"
        self.accelerator = Accelerator(cpu=not gpu, mixed_precision=precision)
        self.device = self.accelerator.device
        if gpu:
            torch.set_float32_matmul_precision("high")
        with self.accelerator.main_process_first():  # one of them downloads
            self.texts, self.about = read_data(options, config)
        text = "\n".join(side for pair in self.texts["train"] for side in pair)
        self.tokenizer = BPETokenizer.train(text, config.vocab_size, SPECIAL)
        pad = self.tokenizer.special_id(PAD)
        V, c = config.vocab_size, config
        self.shape = TransformerConfig(
            V,
            V,
            c.d_model,
            c.n_heads,
            c.n_layers,
            c.d_ff,
            c.max_len,
            c.dropout,
            c.norm,
            pad,
            share_vocabulary=True,
        )
        self.train, self.validation = (
            Encoded(self.texts[split], self.tokenizer, c.max_len, self.device)
            for split in ("train", "validation")
        )
        self.about["left_out"] = self.train.left_out
        self.batches = Batches(self.train.lengths, c.batch_tokens, c.seed)
        self.step, self.best, self.seconds = 0, -1.0, 0.0
        self._build()

    def _build(self) -> None:
        torch.manual_seed(self.config.seed)
        model = Transformer(self.shape)
        self.average = copy.deepcopy(model).to(self.device).eval()
        optimiser = torch.optim.AdamW(
            model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9,
            weight_decay=self.config.weight_decay,
            fused=self.device.type == "cuda",
        )  # fmt: skip
        self.model, self.optimiser = self.accelerator.prepare(model, optimiser)
        self.plain = self.accelerator.unwrap_model(self.model)
        # what a checkpoint holds beside the optimiser's state
        self.both = nn.ModuleDict({"model": self.plain, "average": self.average})

    # -- files: the main process alone writes --

    @property
    def main(self) -> bool:
        return self.accelerator.is_main_process

    def open(self, fresh: bool) -> None:
        """Begin, or go on from the checkpoint in the folder.

        Raises: ValueError if that is of other settings or data.
        """
        path, about, log = (
            self.folder / name
            for name in ("checkpoint.safetensors", "run.json", "metrics.jsonl")
        )
        if self.main:
            self.folder.mkdir(parents=True, exist_ok=True)
            for old in (path, log) if fresh else ():
                old.unlink(missing_ok=True)
        self.accelerator.wait_for_everyone()
        if path.is_file():
            self._same_as(**json.loads(about.read_text("utf8")))
            meta = load_checkpoint(path, self.both, self.optimiser.optimizer)
            self.step, self.best = meta["step"], meta["best"]
            self.seconds = meta["seconds"]
        self.accelerator.wait_for_everyone()
        if not self.main:
            return
        identity = {"config": asdict(self.config), "digest": self.about["sha256"]}
        write_whole(about, json.dumps(identity, indent=1))
        # what was logged after the checkpoint will be logged again
        kept = [r for r in read_records(log) if r["step"] <= self.step]
        write_whole(log, "".join(json.dumps(record) + "\n" for record in kept))
        shape = json.dumps(asdict(self.shape), indent=1)
        write_whole(self.folder / "model.json", shape)
        self.tokenizer.save(self.folder / "tokenizer.json")

    def _same_as(self, config: dict, digest: str) -> None:
        mine = asdict(self.config)
        changed = [k for k in mine if k not in FREE and config.get(k) != mine[k]]
        if digest != self.about["sha256"]:
            changed.append("the data")
        if changed:
            raise ValueError(
                f"{self.folder} holds a run that differs in {', '.join(changed)}: "
                "name another folder with --out, or start anew with --fresh"
            )

    def save(self, started: float) -> None:
        if self.main:
            save_checkpoint(
                self.folder / "checkpoint.safetensors",
                self.both,
                self.optimiser.optimizer,
                self.step,
                best=self.best,
                seconds=self.seconds + time.monotonic() - started,
            )

    def log(self, started: float, **record) -> None:
        if self.main:
            seconds = round(self.seconds + time.monotonic() - started, 2)
            line = json.dumps({"step": self.step, **record, "seconds": seconds})
            with (self.folder / "metrics.jsonl").open("a") as file:
                file.write(line + "\n")

    # -- steps --

    def fit(self) -> None:
        """Train to the last step; validate, keep the best average, save, log."""
        c, started, lost = self.config, time.monotonic(), []
        bar = tqdm(
            total=c.steps, initial=self.step, desc="training", disable=not self.main
        )
        while self.step < c.steps:
            self.step += 1
            lost.append(self._take_step())
            bar.update()
            last = self.step == c.steps
            if last or self.step % c.log_every == 0:
                loss = self._logged(lost)
                self.log(started, loss=loss, lr=self._rate())
                bar.set_postfix(loss=f"{loss:.3f}", bleu=f"{max(self.best, 0):.1f}")
                lost = []
            if last or self.step % c.validate_every == 0:
                found = self.validate()
                self.log(started, **found)
                if found["validation_bleu"] > self.best:
                    self.best = found["validation_bleu"]
                    if self.main:
                        save_weights(self.folder / "model.safetensors", self.average)
            if last or self.step % c.save_every == 0:
                self.save(started)
        bar.close()
        self.seconds += time.monotonic() - started
        self.accelerator.wait_for_everyone()

    def _rate(self) -> float:
        c = self.config
        factor = c.peak_lr * (c.d_model * c.warmup) ** 0.5  # the peak is at warmup
        return noam_schedule(self.step, c.d_model, c.warmup, factor)

    def _take_step(self) -> Tensor:
        """One update; returns this process's part of the mean loss, on the device."""
        c, a = self.config, self.accelerator
        rows = self.batches(self.step)
        lengths = self.train.lengths[rows]
        tokens = int(lengths[:, 1].sum())  # of all processes, known without asking
        mine = rows[a.process_index :: a.num_processes]
        widths = int(lengths[:, 0].max()), int(lengths[:, 1].max())
        chosen = torch.from_numpy(mine if len(mine) else rows[:1]).to(self.device)
        src, tgt = self.train.batch(chosen, widths)
        wanted = tgt[:, 1:]
        if not len(mine):  # more processes than rows: one that adds nothing
            wanted = torch.full_like(wanted, self.shape.pad_id)
        # dropout too depends on (seed, step) and the process alone
        torch.manual_seed((c.seed * 2**20 + self.step) * 2**10 + a.process_index)
        logits = self.model(src, tgt[:, :-1])
        loss, _ = label_smoothing_loss(logits, wanted, c.smoothing, self.shape.pad_id)
        loss = loss / tokens
        a.backward(loss * a.num_processes)  # gradients are averaged over processes
        a.clip_grad_norm_(self.model.parameters(), c.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.step()
        self.optimiser.zero_grad()
        self._average()
        return loss.detach()

    @torch.no_grad()
    def _average(self) -> None:
        # at first the average follows quickly, so that the random start is forgotten
        keep = min(self.config.average, (1 + self.step) / (10 + self.step))
        pairs = zip(self.average.parameters(), self.plain.parameters(), strict=True)
        for mean, weight in pairs:
            mean.lerp_(weight, 1 - keep)

    def _logged(self, lost: list[Tensor]) -> float:
        mean = torch.stack(lost).mean()[None]
        loss = self._sum(mean)
        if loss != loss:
            raise RuntimeError(f"the loss is NaN at step {self.step}: lower --peak-lr")
        return loss

    def _sum(self, x: Tensor) -> float:
        """The sum over all processes of a tensor with one number."""
        return float(self.accelerator.reduce(x, "sum"))  # pyright: ignore

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss in nats per token, and BLEU of greedy translations, of the average."""
        a, data = self.accelerator, self.validation
        order = np.lexsort(data.lengths.T)
        total = torch.zeros(1, device=self.device)
        for start in range(a.process_index * ROWS, len(order), a.num_processes * ROWS):
            rows = order[start : start + ROWS]
            widths = tuple(data.lengths[rows].max(axis=0).tolist())
            src, tgt = data.batch(torch.from_numpy(rows).to(self.device), widths)
            with a.autocast():
                logits = self.average(src, tgt[:, :-1])
            pad = self.shape.pad_id
            total += label_smoothing_loss(logits.float(), tgt[:, 1:], 0.0, pad)[0]
        loss = self._sum(total) / int(data.lengths[:, 1].sum())
        found = self.translate(self.average, "validation")
        references = [target for _, target in self.texts["validation"]]
        bleu = BLEU().corpus_score(found, [references]).score
        return {"validation_loss": loss, "validation_bleu": bleu}

    def translate(self, model, split: str, beam_size=1, length_penalty=0.6):
        """Translate a split, each process its share; all get all."""
        a, sources = self.accelerator, [source for source, _ in self.texts[split]]
        mine = range(a.process_index, len(sources), a.num_processes)
        texts = [sources[n] for n in mine]
        found = translate(model, self.tokenizer, texts, beam_size, length_penalty)
        shared = gather_object(list(zip(mine, found, strict=True)))
        return [text for _, text in sorted(shared)]

    def results(self, command: str) -> dict:
        """Read the best model back, translate the test split once, and say all."""
        model, _ = load_model(self.folder, self.device)
        c, started = self.config, time.monotonic()
        found = self.translate(model, "test", c.beam_size, c.length_penalty)
        seconds = time.monotonic() - started
        sources, references = zip(*self.texts["test"], strict=True)
        bleu, chrf = BLEU(), CHRF()
        history = [] if not self.main else read_records(self.folder / "metrics.jsonl")
        return {
            "command": command,
            "seed": c.seed,
            "config": asdict(c),
            "data": self.about,
            "parameters": sum(p.numel() for p in model.parameters()),
            "versions": versions(),
            "hardware": hardware(self.accelerator),
            "seconds": {"training": round(self.seconds), "test": round(seconds, 1)},
            "metrics": {
                "validation_bleu_greedy": round(self.best, 2),
                "test_bleu": round(bleu.corpus_score(found, [references]).score, 2),
                "test_bleu_signature": str(bleu.get_signature()),
                "test_chrf": round(chrf.corpus_score(found, [references]).score, 2),
                "test_chrf_signature": str(chrf.get_signature()),
            },
            "samples": [
                {"source": s, "translation": t, "reference": r}
                for s, t, r in islice(zip(sources, found, references, strict=True), 10)
            ],
            "history": [r for r in history if "validation_bleu" in r],
        }


def read_records(path: Path) -> list[dict]:
    """The whole lines of a metrics file; what a kill cut off is dropped."""
    records = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def versions() -> dict[str, str]:
    """What the numbers may depend on."""
    names = ("torch", "numpy", "accelerate", "sacrebleu", "safetensors")
    return {"python": platform.python_version()} | {n: version(n) for n in names}


def hardware(accelerator: Accelerator) -> dict:
    """Where a run ran."""
    device = platform.machine() + " CPU"
    if accelerator.device.type == "cuda":
        device = torch.cuda.get_device_name()
    return {
        "device": device,
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "precision": accelerator.mixed_precision,
    }


# --- commands ---------------------------------------------------------------------


def train_command(options: argparse.Namespace, command: str) -> None:
    """Train, or go on; then test once and write results.json."""
    flags = {field.name: getattr(options, field.name) for field in fields(Config)}
    try:
        run = Run(options, Config.read(options.config, **flags))
        run.open(options.fresh)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    run.fit()
    if options.no_test:
        return
    results = run.results(command)
    if run.main:
        text = json.dumps(results, indent=1, ensure_ascii=False)
        write_whole(options.out / "results.json", text + "\n")
        for sample in results["samples"]:
            print(f"\n  {sample['source']}\n> {sample['translation']}")
        m = results["metrics"]
        print(f"\nBLEU {m['test_bleu']}  {m['test_bleu_signature']}")
        print(f"chrF {m['test_chrf']}  {m['test_chrf_signature']}")
        again = f"python recipes/translate_multi30k.py translate {options.out}"
        print(f"Translate with: {again} < lines.txt")


def translate_command(options: argparse.Namespace) -> None:
    """Translate the lines of standard input, in their order, as they come."""
    gpu = torch.cuda.is_available() and not options.cpu
    try:
        model, tokenizer = load_model(options.model, "cuda" if gpu else "cpu")
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    several = 1 if sys.stdin.isatty() else options.batch
    for lines in batched(sys.stdin, several):
        texts = [line.strip() for line in lines]
        if any(len(encode(tokenizer, t)) > model.config.max_len for t in texts):
            print(
                f"a line of more than {model.config.max_len} tokens was cut",
                file=sys.stderr,
            )
        for text in translate(model, tokenizer, texts, options.beam_size):
            print(text, flush=True)


def batched(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of up to size lines."""
    lines = iter(lines)
    while part := list(islice(lines, size)):
        yield part


def report_command(options: argparse.Namespace) -> None:
    """Gather runs into the book's results file and the table of recipes/README.md."""
    runs = [json.loads(path.read_text("utf8")) for path in options.results]
    RESULTS.parent.mkdir(exist_ok=True)
    write_whole(
        RESULTS, json.dumps({"runs": runs}, indent=1, ensure_ascii=False) + "\n"
    )
    before, rest = README.read_text("utf8").split(MARKS[0])
    after = rest.split(MARKS[1], 1)[1]
    write_whole(README, f"{before}{MARKS[0]}\n{table(runs)}\n{MARKS[1]}{after}")


def table(runs: list[dict]) -> str:
    """One row a run, as Markdown."""
    rows = [
        "| seed | parameters | BLEU | chrF | validation BLEU | training | on |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for run in runs:
        m, h = run["metrics"], run["hardware"]
        rows.append(
            f"| {run['seed']} | {run['parameters'] / 1e6:.1f} M | {m['test_bleu']:.1f} "
            f"| {m['test_chrf']:.1f} | {m['validation_bleu_greedy']:.1f} "
            f"| {run['seconds']['training'] / 60:.1f} min "
            f"| {h['processes']} × {h['device']}, {h['precision']} |"
        )
    m = runs[0]["metrics"]
    signatures = m["test_bleu_signature"], m["test_chrf_signature"]
    return "\n".join(rows) + "\n\nBLEU `{}`, chrF `{}`.".format(*signatures)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="do", required=True)

    train = commands.add_parser("train", help="what happens if no command is given")
    train.add_argument("--out", type=Path, default=Path("runs/translate"))
    train.add_argument("--config", type=Path, default=SETTINGS, help="a TOML file")
    train.add_argument("--pairs", type=Path, help="your pairs: source TAB target")
    train.add_argument("--source-text", type=Path, help="or your texts: line by line")
    train.add_argument("--target-text", type=Path, help="the same in another language")
    train.add_argument("--fresh", action="store_true", help="forget the run in --out")
    train.add_argument("--no-test", action="store_true", help="stop after training")
    train.add_argument("--cpu", action="store_true", help="even if there is a GPU")
    for field in fields(Config):
        flag = f"--{field.name.replace('_', '-')}"
        train.add_argument(flag, type=field.type, help="see the TOML file")

    use = commands.add_parser("translate", help="lines from standard input")
    use.add_argument("model", type=Path, help="the folder of a finished run")
    use.add_argument("--beam-size", type=int, default=5)
    use.add_argument("--batch", type=int, default=32, help="lines at once")
    use.add_argument("--cpu", action="store_true")

    report = commands.add_parser("report", help="results to the book and the README")
    report.add_argument("results", type=Path, nargs="+", help="results.json of runs")

    named = arguments and arguments[0] in (*commands.choices, "-h", "--help")
    return parser.parse_args(arguments if named else ["train", *arguments])


def command_of(arguments: list[str]) -> str:
    """The command that gives a run again; where its files lie is left out."""
    kept = list(arguments)
    if "--out" in kept:
        place = kept.index("--out")
        del kept[place : place + 2]
    return shlex.join(["python", "recipes/translate_multi30k.py", *kept])


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    if options.do == "train":
        train_command(options, command_of(arguments))
    elif options.do == "translate":
        translate_command(options)
    else:
        report_command(options)


if __name__ == "__main__":
    main(sys.argv[1:])
