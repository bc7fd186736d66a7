"""Chapter 13: BERT pre-trained on three seeds, and fine-tuned for two tasks.

    python recipes/bert_finetune.py

writes book/results/bert_finetune.json in about ten minutes of one CPU core: the loss
on masked pieces; which package a text is from, and where an answer stands, each
with pre-training and without, beside baselines. The chapter runs some rows again.
"""

import argparse
import copy
import hashlib
import json
import os
import platform
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from classroom.bert_task import (
    MASK,
    SETTINGS,
    SPECIAL,
    BertTask,
    Questions,
    muon_and_adamw,
    span_f1,
)
from classroom.corpora.tasks import classification
from unmasked.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForSpan,
    best_span,
    mask_tokens,
    masked_loss,
)
from unmasked.positions import sinusoidal_encoding
from unmasked.training import fit, linear_schedule

RESULTS = Path(__file__).resolve().parents[1] / "book/results/bert_finetune.json"
SEEDS = (0, 1, 2)


def new_bert(task: BertTask, seed: int) -> Bert:
    """The chapter's model, with weights drawn from the seed."""
    std = SETTINGS["pre-training"]["std"]
    torch.manual_seed(seed)
    bert = Bert(BertConfig(task.vocab_size, task.max_len, **SETTINGS["model"]), std)
    table = sinusoidal_encoding(task.max_len, bert.config.d_model)
    bert.positions.weight.data = 0.2 * table
    return bert


def gaps(task: BertTask, ids: Tensor, generator: torch.Generator):
    """Mask a batch as in the paper."""
    return mask_tokens(
        ids,
        vocab_size=task.vocab_size,
        mask_id=MASK,
        special_ids=SPECIAL,
        generator=generator,
    )


def pretrain(task: BertTask, seed: int) -> tuple[Bert, dict]:
    """Pre-train one model; returns it, and its row."""
    how = SETTINGS["pre-training"]
    bert = new_bert(task, seed)

    def batch(generator: torch.Generator):
        long = torch.rand(1, generator=generator).item() < how["share_long"]
        T = how["long"] if long else how["short"]
        ids = task.batch(generator, T, how["tokens"] // T)
        return gaps(task, ids, generator)

    def loss(model: nn.Module, rows: tuple[Tensor, Tensor]):
        assert isinstance(model, Bert)
        return masked_loss(model, *rows)

    start = time.process_time()
    fit(
        bert,
        batch,
        loss,
        steps=how["steps"],
        lr=how["lr"],
        schedule=partial(
            linear_schedule, steps=how["steps"], warmup=how["steps"] // 10
        ),
        optimiser=muon_and_adamw(bert, how["lr"]),
        seed=seed,
        label=f"pre-training, seed {seed}",
    )
    seconds = time.process_time() - start
    row = {"seed": seed, **held_out(task, bert), "cpu_seconds": round(seconds, 1)}
    return bert.eval(), row


@torch.no_grad()
def held_out(task: BertTask, bert: Bert) -> dict[str, float]:
    """Loss and accuracy on held-out windows, for each fate of a chosen piece."""
    T = SETTINGS["pre-training"]["short"]
    whole = task.held_windows(T)
    ids, labels = gaps(task, whole, torch.Generator().manual_seed(0))
    asked = labels != -100
    logits = bert.eval().mlm_logits(bert(ids)[asked])
    right, read = labels[asked], ids[asked]
    nats = F.cross_entropy(logits, right, reduction="none")
    hits = (logits.argmax(dim=-1) == right).float()
    masked, kept = read == MASK, read == right
    fates = {"masked": masked, "replaced": ~masked & ~kept, "kept": kept}
    figures = {"nats": nats.mean().item(), "accuracy": hits[masked].mean().item()}
    figures |= {f"nats {fate}": nats[at].mean().item() for fate, at in fates.items()}
    return {name: round(value, 4) for name, value in figures.items()}


def train_head(model: nn.Module, batch, loss, how: dict, seed: int, label: str):
    """Fine-tune everything, head and body."""
    fit(
        model,
        batch,
        loss,
        steps=how["steps"],
        lr=how["lr"],
        schedule=partial(
            linear_schedule, steps=how["steps"], warmup=how["steps"] // 10
        ),
        optimiser=torch.optim.AdamW(model.parameters(), how["lr"], weight_decay=0.01),
        seed=seed,
        label=label,
    )
    return model.eval()


def package(task: BertTask, bert: Bert, seed: int) -> dict[str, float]:
    """Fine-tune for the package; accuracy on the test split."""
    how = SETTINGS["package"]
    ids, labels = task.packages("train", how["labels"])
    torch.manual_seed(seed)
    model = BertForClassification(bert, 3)

    def batch(generator: torch.Generator):
        pick = torch.randint(len(ids), (how["batch"],), generator=generator)
        return ids[pick], labels[pick]

    def loss(model, rows):
        return F.cross_entropy(model(rows[0]), rows[1], reduction="sum"), len(rows[1])

    train_head(model, batch, loss, how, seed, "package")
    ids, labels = task.packages("test")
    with torch.no_grad():
        right = model(ids).argmax(dim=-1) == labels
    return {"accuracy": right.float().mean().item()}


def answer(task: BertTask, bert: Bert, seed: int) -> dict[str, float]:
    """Fine-tune for the answer's span; F1 and exact match on the test split."""
    how, data = SETTINGS["answer"], task.questions("train")
    torch.manual_seed(seed)
    model = BertForSpan(bert)

    def batch(generator: torch.Generator):
        pick = torch.randint(len(data.ids), (how["batch"],), generator=generator)
        return data.ids[pick], data.segments[pick], data.start[pick], data.end[pick]

    def loss(model, rows):
        start, end = model(*rows[:2])
        both = [F.cross_entropy(s, t, reduction="sum") for s, t in
                ((start, rows[2]), (end, rows[3]))]  # fmt: skip
        return (both[0] + both[1]) / 2, len(rows[0])

    train_head(model, batch, loss, how, seed, "answer")
    test = task.questions("test")
    found = spans(model, test, how["longest"])
    right = torch.stack([test.start, test.end], dim=1)
    return {
        "F1": span_f1(found, right).mean().item(),
        "exact": (found == right).all(dim=1).float().mean().item(),
    }


@torch.no_grad()
def spans(model: nn.Module, data: Questions, longest: int) -> Tensor:
    """The best span of each text, (N, 2)."""
    start, end = model(data.ids, data.segments)
    inside = data.segments == 1
    rows = zip(start, end, inside, strict=True)
    return torch.tensor([best_span(s, e, ok, longest) for s, e, ok in rows])


def baselines(task: BertTask) -> dict[str, dict[str, float]]:
    """What needs no network."""
    size = SETTINGS["package"]["labels"]
    train, test = classification("train", size), classification("test")
    counter = TfidfVectorizer(sublinear_tf=True)
    words = counter.fit_transform([e.text for e in train])
    judge = LogisticRegression(C=10.0, max_iter=1000)
    judge.fit(words, [e.label for e in train])
    bag = judge.score(
        counter.transform([e.text for e in test]), [e.label for e in test]
    )
    data = task.questions("test")
    right = torch.stack([data.start, data.end], dim=1)
    places = torch.arange(data.ids.shape[1])

    def ends(inside: Tensor) -> Tensor:
        first = places.where(inside, len(places)).amin(dim=1)
        return torch.stack([first, places.where(inside, -1).amax(dim=1)], dim=1)

    f1 = {
        "the whole text": span_f1(ends(data.segments == 1), right).mean().item(),
        "the line with the name": span_f1(ends(data.line), right).mean().item(),
    }
    packages = {"majority": 1 / 3, "bag of words": float(bag)}
    return {"package": packages, "answer": f1}


def data_hash(task: BertTask) -> str:
    """SHA-256 of the pieces and of all ids that are read."""
    digest = hashlib.sha256("\n".join(task.tokenizer.tokens).encode())
    for split in ("train", "test"):
        questions = task.questions(split)
        for ids in (questions.ids, questions.start, *task.packages(split)):
            digest.update(ids.numpy().tobytes())
    for ids in (task.train, task.held):
        digest.update(ids.numpy().tobytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    task, start = BertTask(), time.process_time()
    results: dict = {
        "command": "OMP_NUM_THREADS=1 python recipes/bert_finetune.py",
        "seeds": SEEDS,
        "settings": SETTINGS,
        "data_sha256": data_hash(task),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("torch", "numpy", "scikit-learn")},
        "hardware": f"{platform.machine()} CPU, one thread",
        "baselines": baselines(task),
        "pre-training": [],
        "fine-tuning": [],
    }
    for seed in SEEDS:
        bert, row = pretrain(task, seed)
        results["pre-training"].append(row)
        print(row)
        for name, tune in (("package", package), ("answer", answer)):
            for pretrained in (True, False):
                body = copy.deepcopy(bert) if pretrained else new_bert(task, seed)
                figures = tune(task, body, seed)
                row = {"task": name, "pretrained": pretrained, "seed": seed}
                row |= {key: round(value, 4) for key, value in figures.items()}
                results["fine-tuning"].append(row)
                print(row)
    results["cpu_seconds"] = round(time.process_time() - start)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_suffix(".tmp")
    beside.write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
    os.replace(beside, out)


if __name__ == "__main__":
    main()
