"""One training run of a translator in a folder, and the model that it leaves there."""

import argparse
import copy
import json
import os
import platform
import time
import tomllib
from dataclasses import asdict, dataclass
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
from sentence_pairs import BOS, EOS, PAD, SPECIAL, Batches, Encoded, encode, read_data
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from unmasked.decoding import beam_search, greedy_decode
from unmasked.tokenization import BPETokenizer
from unmasked.training import (
    label_smoothing_loss,
    load_checkpoint,
    noam_schedule,
    save_checkpoint,
)
from unmasked.transformer import Transformer, TransformerConfig

ROWS = 256  # sentences that are validated or translated at once


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
            self.texts, self.about = read_data(options, config.held_out)
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
