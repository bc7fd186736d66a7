"""Chapter 15's analyses: what the auxiliary loss, each layer and attention are worth.

    python recipes/finetune_analyses.py

goes on from finetune.py: chapter 14's checkpoint with fewer of its layers, and without
the auxiliary loss; then a small Transformer and an LSTM of the same size, pre-trained
on the same text, scored on tasks meanwhile, and fine-tuned with and without that. It
writes book/results/finetuning_analyses.json run by run; stopped, it goes on where it
was. Weights stay in runs/finetuning; only scores are committed.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import finetune as base
import torch
from torch import Tensor, nn

from classroom.corpora import docs
from classroom.finetuning import Settings, checkpoint, zero_shot
from unmasked.embeddings import TokenEmbedding
from unmasked.gpt import GPT, GPTConfig
from unmasked.training import fit, linear_schedule

RESULTS = base.RESULTS.with_name("finetuning_analyses.json")
RUNS = Path(__file__).parents[1] / "runs" / "finetuning"
KEY = ("analysis", "task", "variant", "seed")
WEIGHTED = ("classification", "entailment")
COMPARED = {"classification": Settings(300, None, 100, 16, lr=1e-3, half=True)}
KINDS = ("transformer", "lstm")


@dataclass(frozen=True)
class PreTraining:
    """The same for both kinds but for the learning rate (chosen of two by a short run).

    `scored` are the steps after which the tasks are scored, on `examples` of each.
    """

    steps: int = 500
    batch: int = 16
    length: int = 128
    lr: tuple[tuple[str, float], ...] = (("transformer", 2e-3), ("lstm", 1e-2))
    seed: int = 0
    scored: tuple[int, ...] = (0, 75, 150, 250, 375, 500)
    examples: int = 120
    documents: int = 150  # held out, for bits per byte


class LSTMLanguageModel(GPT):
    """One layer of an LSTM in place of GPT's blocks and positions; tied logits."""

    def __init__(self, config: GPTConfig) -> None:
        nn.Module.__init__(self)  # none of GPT's parts
        self.config, d = config, config.d_model
        self.tokens = TokenEmbedding(config.vocab_size, d, scale=False)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.lstm = nn.LSTM(d, d, config.n_layers, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.head = None

    def hidden(self, ids: Tensor, cache: None = None) -> Tensor:
        """The LSTM's states, (B, T, d_model); there is no cache."""
        states, _ = self.lstm(self.dropout(self.tokens(ids)))
        return self.dropout(states)


def small(kind: str, vocab_size: int, length: int, seed: int) -> GPT:
    """A Transformer or an LSTM of about a million parameters, drawn by a seed."""
    torch.manual_seed(seed)
    if kind == "lstm":
        return LSTMLanguageModel(GPTConfig(vocab_size, length, 256, 1, 1, dropout=0.1))
    return GPT(GPTConfig(vocab_size, length, 128, 4, 4, dropout=0.1, norm="pre"))


def pretrain(
    kind: str, how: PreTraining, folder: Path = RUNS
) -> tuple[GPT, list[dict]]:
    """Pre-train on the docs corpus, or go on; the model, and its scores by step."""
    folder.mkdir(parents=True, exist_ok=True)
    _, tokenizer = checkpoint()
    train = base.encode(tokenizer, [d.text for d in docs("train")])
    texts = [d.text for d in docs("validation")[: how.documents]]
    held, size = base.encode(tokenizer, texts), sum(map(len, texts))
    model = small(kind, tokenizer.vocab_size, how.length, how.seed)
    log = folder / f"{kind}-{how.seed}.json"
    rows = json.loads(log.read_text("utf8")) if log.exists() else []
    begin = time.process_time() - (rows[-1]["cpu_seconds"] if rows else 0.0)

    def score(step: int, model: nn.Module) -> None:
        if step not in how.scored or step in [row["step"] for row in rows]:
            return
        seconds = time.process_time() - begin
        scores = zero_shot(model, tokenizer, "test", how.examples, half=True)
        scores["bits per byte"] = base.bits_per_byte(model, held, size, how.length)
        scores = {name: float(f"{value:.5g}") for name, value in scores.items()}
        tokens = step * how.batch * how.length
        rows.append({"step": step, "tokens": tokens, **scores})
        rows[-1]["cpu_seconds"] = round(seconds, 1)
        log.write_text(json.dumps(rows, indent=1), "utf8")
        print(kind, rows[-1], flush=True)

    score(0, model)
    lr = dict(how.lr)[kind]
    fit(
        model,
        base.windows(train, how.length, how.batch),
        base.language_loss,
        steps=how.steps,
        lr=lr,
        schedule=lambda step: linear_schedule(step, how.steps, how.steps // 20),
        optimiser=torch.optim.AdamW(
            model.parameters(), lr, (0.9, 0.95), weight_decay=0.1, fused=True
        ),
        seed=how.seed,
        checkpoint=folder / f"{kind}-{how.seed}.pt",
        save_every=min(100, how.steps),
        on_step=score,
        label=f"{kind}, seed {how.seed}",
    )
    return model, rows


def transferred(layers: int, seed: int) -> GPT:
    """A new model with the checkpoint's embeddings and its first so many layers."""
    old, new = base.begin("pretrained", seed), base.begin("scratch", seed)
    for name in ("tokens", "positions"):
        getattr(new, name).load_state_dict(getattr(old, name).state_dict())
    for n in range(layers):
        new.layers[n].load_state_dict(old.layers[n].state_dict())
    return new


def run(
    analysis: str,
    task: str,
    variant: str,
    seed: int,
    settings: Settings,
    pretrained: Callable[[str], GPT] | None = None,
) -> dict[str, float]:
    """One fine-tuning of one of the three analyses."""
    if analysis == "lm_weight":
        return base.score(task, base.begin("pretrained", seed), seed, settings)
    if analysis == "layers":
        return base.score(task, transferred(int(variant), seed), seed, settings)
    kind, _, start = variant.partition(" ")
    if start == "pretrained" and pretrained:
        gpt = pretrained(kind)
    else:
        length = PreTraining().length
        gpt = small(kind, checkpoint()[1].vocab_size, length, 1_000 + seed)
    return base.score(task, gpt, seed, settings)


def summary(content: dict) -> dict:
    """The tables by analysis: only variants whose seeds are complete."""
    tables: dict = {"lm_weight": {}, "layers": {}, "lstm": {}}
    for row in content["rows"]:
        table = tables[row["analysis"]].setdefault(row["task"], {})
        table.setdefault(row["variant"], []).append(row["accuracy"])
    for table in tables.values():
        for task, variants in table.items():
            table[task] = {
                name: scores
                for name, scores in variants.items()
                if len(scores) == len(base.SEEDS)
            }
    whole = content["whole"]  # the runs of finetune.py: λ = 0.5, all layers
    for task in tables["lm_weight"]:
        if task in whole:
            tables["lm_weight"][task]["0.5"] = whole[task]["pretrained"]
    for task in tables["layers"]:
        if task in whole:
            tables["layers"][task]["5"] = whole[task]["pretrained"]
            tables["layers"][task]["none"] = whole[task]["scratch"]
    return tables


def course(kinds: dict[str, list[dict]]) -> dict:
    """The scores during pre-training: a list for each pre-training seed, of which
    there is one."""
    table: dict = {}
    for kind, rows in kinds.items():
        table["tokens"] = [row["tokens"] for row in rows]
        names = [n for n in rows[0] if n not in ("step", "tokens", "cpu_seconds")]
        table[kind] = {name: [[row[name] for row in rows]] for name in names}
        table[kind]["cpu_seconds"] = rows[-1]["cpu_seconds"]
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument(
        "--runs", type=Path, default=RUNS, help="where weights are kept"
    )
    parser.add_argument(
        "--whole", type=Path, default=base.RESULTS, help="finetune.py's"
    )
    parser.add_argument("--only", nargs="*", default=["lm_weight", "layers", "lstm"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    store = base.Store(options.out, base.head("finetune_analyses.py"), KEY, summary)
    whole = json.loads(options.whole.read_text("utf8"))["tasks"]
    store.content |= {"whole": {t: whole[t] for t in WEIGHTED if t in whole}}
    if "lm_weight" in options.only:
        weigh(store, "classification")
    if "layers" in options.only:
        deepen(store, "classification")
    if "lstm" in options.only:
        compare(store, options.runs)
    if "lm_weight" in options.only:
        weigh(store, "entailment")
    store.write()


def weigh(store: base.Store, task: str) -> None:
    """Fine-tune the checkpoint without the auxiliary loss."""
    settings = replace(base.SETTINGS[task], lm_weight=0.0)
    for seed in base.SEEDS:
        what = {"task": task, "variant": "0", "seed": seed}
        store.add(run, analysis="lm_weight", settings=settings, **what)


def deepen(store: base.Store, task: str) -> None:
    """Fine-tune with the checkpoint's embeddings and only some of its layers."""
    n_layers = checkpoint()[0].config.n_layers
    # not in order, so that half the curve is there early
    for layers in (0, *range(1, n_layers, 2), *range(2, n_layers, 2)):
        for seed in base.SEEDS:
            what = {"task": task, "variant": str(layers), "seed": seed}
            settings = base.SETTINGS[task]
            store.add(run, analysis="layers", settings=settings, **what)


def compare(store: base.Store, folder: Path, how: PreTraining | None = None) -> None:
    """Pre-train both kinds, and fine-tune both with and without."""
    how = how or PreTraining()
    models, rows = {}, {}
    for kind in KINDS:
        models[kind], rows[kind] = pretrain(kind, how, folder)
    store.content["zero_shot"] = course(rows)
    store.content["pre_training"] = asdict(how) | {
        "parameters": {
            kind: sum(p.numel() for p in model.parameters())
            for kind, model in models.items()
        }
    }
    store.write()

    def again(**what) -> dict[str, float]:
        return run(**what, pretrained=models.__getitem__)

    for task, settings in COMPARED.items():
        for seed in base.SEEDS:
            for kind in KINDS:
                for start in base.STARTS:
                    what = {"task": task, "variant": f"{kind} {start}", "seed": seed}
                    store.add(again, analysis="lstm", settings=settings, **what)


if __name__ == "__main__":
    main()
