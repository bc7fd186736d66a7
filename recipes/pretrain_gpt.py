"""Pre-train a GPT: one CPU, one GPU or several processes, from one script.

    python recipes/pretrain_gpt.py --out runs/gpt
    torchrun --nproc-per-node 2 recipes/pretrain_gpt.py --out runs/gpt
    python recipes/pretrain_gpt.py --config recipes/gpt1.toml --data texts --out runs/1

`--set processes.shard=true` lets several processes share out the weights too (FSDP).
Settings stand in pretrain_gpt.toml; `--set training.steps=500` changes one, and
`--data folder` reads text files of your own. A run that was killed goes on from its
last checkpoint when the same command is given again. In the end the folder holds the
model (model.safetensors, tokenizer.json) and run.json: command, settings, hash of the
data, hardware, time, the curve, and samples.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import shlex
import sys
import time
import tomllib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, set_seed
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from tqdm import tqdm

from unmasked.gpt import GPT, GPTConfig
from unmasked.tokenization import BPETokenizer
from unmasked.training import cosine_schedule

END = "<|endoftext|>"  # between two documents
# all weights in the first process's memory, and from it, however they are shared out
WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)
PROMPTS = ("", "Return a new array", "Parameters\n----------\n")


def documents(name: str) -> tuple[list[str], list[str]]:
    """Return the documents for training and for validation.

    Args:
        name: "docs"; "shakespeare"; or a folder: its train.txt and validation.txt, or
            all its .txt files, of which every tenth is held out (of a single one, its
            last tenth).

    Raises: FileNotFoundError if there is no such folder or no text in it.
    """
    if name == "docs":
        from classroom.corpora import docs

        return [d.text for d in docs("train")], [d.text for d in docs("validation")]
    if name == "shakespeare":
        from classroom.corpora import shakespeare

        return [shakespeare("train")], [shakespeare("validation")]
    folder = Path(name)
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise FileNotFoundError(f"{name}: no folder with .txt files in it")
    texts = {file.name: file.read_text("utf8") for file in files}
    if {"train.txt", "validation.txt"} <= set(texts):
        return [
            [d for d in texts[f"{split}.txt"].split("\n\n\n") if d.strip()]
            for split in ("train", "validation")
        ]
    rows = list(texts.values())
    if len(rows) == 1:
        cut = len(rows[0]) * 9 // 10
        return [rows[0][:cut]], [rows[0][cut:]]
    return [t for n, t in enumerate(rows) if n % 10], rows[::10]


def encode(tokenizer: BPETokenizer, texts: list[str]) -> Tensor:
    """Return all documents' ids in a row, each after an end-of-text token."""
    end = tokenizer.special_id(END)
    return torch.tensor([i for text in texts for i in (end, *tokenizer.encode(text))])


def windows(ids: Tensor, T: int, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Return inputs and targets (B, T) that begin at `starts`."""
    rows = ids[starts[:, None] + torch.arange(T + 1, device=ids.device)]  # (B, T + 1)
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()
def evaluate(model: GPT, ids: Tensor, batch: int, autocast) -> float:
    """Mean loss in nats over all of a text, in windows side by side."""
    T = model.config.max_len
    model.eval()
    starts = torch.arange(0, len(ids) - T, T, device=ids.device)
    total = torch.zeros((), device=ids.device)
    for part in starts.split(batch):
        inputs, targets = windows(ids, T, part)
        with autocast():
            logits = model(inputs)
        total += F.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), reduction="sum"
        )
    model.train()
    return total.item() / (len(starts) * T)


def optimiser_for(model: torch.nn.Module, lr: float, weight_decay: float, fused: bool):
    """AdamW that decays matrices alone: no bias, no norm's gain."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=fused)


def shared_out(model: GPT, device: torch.device, processes: int) -> GPT:
    """Let each process keep a part of every block's weights, and of the rest (FSDP)."""
    mesh = init_device_mesh(device.type, (processes,))
    for part in (*model.layers, model):
        fully_shard(part, mesh=mesh)
    return model


def save_atomically(path: Path, write) -> None:
    """Let `write` make a file beside `path`, then put it in its place in one step."""
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)


def settings(options: argparse.Namespace) -> dict:
    """The configuration file, changed by the command line.

    Raises: ValueError for a setting that the file does not have.
    """
    config = tomllib.loads(options.config.read_text("utf8"))
    for change in options.set:
        name, _, value = change.partition("=")
        table, _, key = name.partition(".")
        if key not in config.get(table, {}):
            raise ValueError(f"no setting {name!r} in {options.config.name}")
        old = config[table][key]
        config[table][key] = value if isinstance(old, str) else json.loads(value)
    if options.data:
        config["data"]["name"] = options.data
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--data", help="docs, shakespeare or a folder of .txt files")
    parser.add_argument(
        "--config", type=Path, default=Path(__file__).with_suffix(".toml")
    )
    parser.add_argument("--set", action="append", default=[], metavar="TABLE.KEY=VALUE")
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    options = parser.parse_args()
    run(options.out, settings(options), options.compile)


def run(out: Path, config: dict, compiled: bool = False) -> dict:
    """Train, or go on training, and return what run.json holds."""
    t, gpu = config["training"], torch.cuda.is_available()
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1  # torchrun says so
    accelerator = Accelerator(
        # subtle: or Accelerate starts no group, and each trains by itself
        cpu=several and not gpu,
        mixed_precision="bf16" if gpu and torch.cuda.is_bf16_supported() else "no",
        gradient_accumulation_steps=t["accumulate"],
    )
    set_seed(t["seed"])
    first, device = accelerator.is_main_process, accelerator.device
    out.mkdir(parents=True, exist_ok=True)

    texts = documents(config["data"]["name"])
    text_hash = hashlib.sha256("\0".join(texts[0]).encode()).hexdigest()
    if first and not (out / "tokenizer.json").exists():
        BPETokenizer.train(
            "\n\n\n".join(texts[0]), config["data"]["vocab_size"], [END]
        ).save(out / "tokenizer.json")
    accelerator.wait_for_everyone()
    if not (out / "tokenizer.json").exists():
        raise FileNotFoundError(f"{out} must be a folder that every machine sees")
    tokenizer = BPETokenizer.load(out / "tokenizer.json")
    train, held = (encode(tokenizer, part).to(device) for part in texts)
    held_bytes = sum(len(text.encode()) for text in texts[1])

    model = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, **config["model"]))
    T = model.config.max_len
    if min(len(train), len(held)) <= T:
        raise ValueError(
            f"{len(train)} and {len(held)} tokens, and a window has {T}: more text, "
            "or a smaller model.max_len"
        )
    processes = accelerator.num_processes
    share = t["batch"] // (processes * t["accumulate"])
    if share * processes * t["accumulate"] != t["batch"]:
        raise ValueError(
            f"a batch of {t['batch']} does not divide into {processes} processes "
            f"× {t['accumulate']} parts"
        )
    bare, fused = model.to(device), device.type == "cuda"
    if config["processes"]["shard"] and processes > 1:
        # subtle: not prepared by Accelerate, which would copy the weights (DDP)
        model = shared_out(model, device, processes)
        optimiser = optimiser_for(model, t["lr"], t["weight_decay"], fused)
        optimiser = accelerator.prepare(optimiser)
    else:
        optimiser = optimiser_for(model, t["lr"], t["weight_decay"], fused)
        model, optimiser = accelerator.prepare(model, optimiser)
    stepper = torch.compile(model) if compiled else model

    # losses: of the steps since the last row of the log
    state = {"step": 0, "seconds": 0.0, "log": [], "losses": []}
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if saved["config"] | {"processes": {}} != config | {"processes": {}}:
            raise ValueError(f"{out} holds a run with other settings")
        set_state_dict(
            bare,
            optimiser.optimizer,
            model_state_dict=saved["model"],
            optim_state_dict=saved["optimiser"],
            options=WHOLE,
        )
        state = saved["state"]
        torch.set_rng_state(saved["rng"].cpu())
        if device.type == "cuda":
            torch.cuda.set_rng_state(saved["device_rng"].cpu())

    def save() -> None:
        weights, averages = get_state_dict(bare, optimiser.optimizer, options=WHOLE)
        if not first:
            return
        whole = {
            "config": config,
            "model": weights,
            "optimiser": averages,
            "state": state,
            "rng": torch.get_rng_state(),
        }
        if device.type == "cuda":
            whole["device_rng"] = torch.cuda.get_rng_state()
        save_atomically(checkpoint, lambda path: torch.save(whole, path))

    bits = (len(held) - 1) / held_bytes / math.log(2)  # nats per token → bits per byte
    start = time.monotonic() - state["seconds"]
    bar = tqdm(range(state["step"], t["steps"]), disable=not first, mininterval=1.0)
    losses = list(torch.tensor(state["losses"], device=device))
    for step in bar:
        factor = cosine_schedule(step + 1, t["steps"], t["warmup"])
        for group in optimiser.param_groups:
            group["lr"] = t["lr"] * factor
        generator = torch.Generator().manual_seed(t["seed"] * 1_000_003 + step)
        starts = torch.randint(len(train) - T, (t["batch"],), generator=generator)
        # each process takes its part of the same draw
        mine = starts.view(t["accumulate"], processes, share)[
            :, accelerator.process_index
        ]
        for part in mine.to(device):
            with accelerator.accumulate(model):
                inputs, targets = windows(train, T, part)
                with accelerator.autocast():
                    logits = stepper(inputs)
                loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), t["clip"])
                optimiser.step()
                optimiser.zero_grad()
            losses.append(accelerator.reduce(loss.detach(), "mean"))
        state["step"] = step + 1
        last = step + 1 == t["steps"]
        if last or (step + 1) % t["evaluate_every"] == 0:
            loss = evaluate(bare, held, share, accelerator.autocast)
            state["seconds"] = time.monotonic() - start
            row = {
                "step": step + 1,
                "tokens": (step + 1) * t["batch"] * T,
                "train": round(torch.stack(losses).mean().item(), 6),
                "validation": round(loss, 6),
                "bits_per_byte": round(loss * bits, 4),
                "seconds": round(state["seconds"], 1),
            }
            losses.clear()
            state["log"].append(row)
            bar.set_postfix(bits=row["bits_per_byte"])
        if last or (step + 1) % t["save_every"] == 0:
            state["seconds"] = time.monotonic() - start
            state["losses"] = [loss.item() for loss in losses]
            save()
    weights, _ = get_state_dict(bare, optimiser.optimizer, options=WHOLE)
    return _finish(out, config, weights, tokenizer, state, text_hash, accelerator)


def _finish(out, config, weights, tokenizer, state, text_hash, accelerator) -> dict:
    """Write the model at half precision, the curve and run.json."""
    result: list = [None]
    if accelerator.is_main_process:
        sizes = GPTConfig(vocab_size=tokenizer.vocab_size, **config["model"])
        model = GPT(sizes).to(accelerator.device)
        half = {k: v.half().contiguous() for k, v in weights.items()}
        model.load_state_dict(half)  # what is written is what is sampled
        save_atomically(out / "model.safetensors", lambda p: save_file(half, p))
        generator = torch.Generator(accelerator.device).manual_seed(0)
        samples = []
        for prompt in PROMPTS:
            ids = [tokenizer.special_id(END), *tokenizer.encode(prompt)]
            ids = ids[: model.config.max_len // 2]  # room to write, in a short window
            ids = torch.tensor([ids], device=accelerator.device)
            room = min(120, model.config.max_len - ids.shape[1])
            new = model.eval().generate(ids, room, generator=generator, top_p=0.9)
            samples.append(tokenizer.decode(new[0, 1:].tolist()))
        device = accelerator.device
        hardware = (
            torch.cuda.get_device_name(device)
            if device.type == "cuda"
            else f"{platform.machine()}, {torch.get_num_threads()} threads"
        )
        result = [
            {
                "command": _command(sys.argv),
                "config": config,
                "model": asdict(model.config),
                "parameters": sum(p.numel() for p in model.parameters()),
                "data_sha256": text_hash,
                "hardware": f"{hardware} × {accelerator.num_processes}",
                "versions": {n: version(n) for n in ("torch", "accelerate")},
                "seconds": round(state["seconds"], 1),
                **{k: state["log"][-1][k] for k in ("validation", "bits_per_byte")},
                "log": state["log"],
                "samples": samples,
            }
        ]
        text = json.dumps(result[0], indent=1, ensure_ascii=False)
        save_atomically(out / "run.json", lambda p: p.write_text(text, "utf8"))
    return broadcast_object_list(result)[0]


def _command(arguments: list[str]) -> str:
    """The command that gives a run again; where its files lie is left out."""
    kept = list(arguments)
    if "--out" in kept:
        place = kept.index("--out")
        del kept[place : place + 2]
    return shlex.join(["python", *kept])


if __name__ == "__main__":
    main()
