"""Chapter 15's fine-tuning runs: from labelled examples to a trained model's score."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from rouge_score.rouge_scorer import RougeScorer
from safetensors.torch import load_file
from torch import Tensor, nn

from classroom.corpora import tasks
from classroom.corpora.splits import Split, check_choice
from classroom.results import results_folder
from unmasked.finetuning import (
    GPTForTasks,
    SpecialTokens,
    add_tokens,
    classification_input,
    entailment_input,
    exact_match,
    fine_tuning_loss,
    generation_input,
    generation_loss,
    multiple_choice_inputs,
    pad_batch,
    similarity_inputs,
    token_f1,
    write_answer,
)
from unmasked.gpt import GPT, GPTConfig
from unmasked.tokenization import BPETokenizer
from unmasked.training import fit, linear_schedule

MAX_LEN = 80  # tokens of an example; more are cut
ROOM = 32  # tokens of an answer that the model writes
EVALUATION_BATCH = 64  # sequences
# the task → what an example is, and how many classes there are
FORMS = {
    "classification": ("one", 3),
    "entailment": ("one", 2),
    "similarity": ("orders", 2),
    "multiple choice": ("choices", 1),
}
GENERATION = ("question answering", "summarisation")


@dataclass(frozen=True)
class Settings:
    """How a model is fine-tuned.

    Args:
        train, test: numbers of examples; all there are if None.
        steps, batch: how many steps, of how many examples each.
        lr: the highest learning rate, after warm_up (a share of the steps).
        lm_weight: λ, the weight of the language model's loss.
        half: matrix products in bfloat16, which is quicker on some processors only.
        max_len: tokens of an example; more are cut.
    """

    train: int | None
    test: int | None
    steps: int
    batch: int
    lr: float = 5e-4
    lm_weight: float = 0.5
    warm_up: float = 0.1
    weight_decay: float = 0.01
    half: bool = False
    max_len: int = MAX_LEN


def checkpoint() -> tuple[GPT, BPETokenizer]:
    """Chapter 14's model, in single precision, and its tokenizer."""
    folder = results_folder("gpt_docs")
    config = json.loads((folder / "run.json").read_text("utf8"))["model"]
    gpt = GPT(GPTConfig(**config))
    weights = load_file(folder / "model.safetensors")
    gpt.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return gpt, BPETokenizer.load(folder / "tokenizer.json")


def precision(half: bool) -> AbstractContextManager:
    """On a CPU, products in bfloat16 if `half`; all sums stay in single precision."""
    return torch.autocast("cpu", torch.bfloat16, enabled=half)


# the sequences of an example (1, 2 orders, or 4 choices), and its label
Row = tuple[list[list[int]], int]


def prepare(
    name: str,
    split: Split,
    size: int | None,
    tokenizer: BPETokenizer,
    max_len: int = MAX_LEN,
) -> list[Row]:
    """Return a task's examples as sequences of ids with GPT-1's special tokens.

    Args:
        name, split, size: as for `examples`.

    Raises: ValueError for another name, as in `examples`.
    """
    special, read = SpecialTokens.after(tokenizer.vocab_size), tokenizer.encode

    def sequences(e) -> list[list[int]]:
        match name:
            case "classification":
                return [classification_input(read(e.text), special, max_len)]
            case "entailment":
                parts = read(e.premise), read(e.hypothesis)
                return [entailment_input(*parts, special, max_len)]
            case "similarity":
                parts = read(e.first), read(e.second)
                return similarity_inputs(*parts, special, max_len)
            case "multiple choice":
                lines = [read(line) for line in e.choices]
                context = read(e.context)
                return multiple_choice_inputs(context, None, lines, special, max_len)
        text, question, answer = parts_of(name, e, tokenizer)
        return [generation_input(text, question, answer, special, max_len)]

    found = examples(name, split, size)
    return [(sequences(e), getattr(e, "label", 0)) for e in found]


def examples(name: str, split: Split, size: int | None = None) -> list:
    """The examples of a task by its name in words; ValueError for another name."""
    check_choice("task", name, (*FORMS, *GENERATION))
    return getattr(tasks, name.replace(" ", "_"))(split, size)


def parts_of(name: str, e, tokenizer: BPETokenizer):
    """Return ids of text, question (or None) and answer of a task of generation."""
    read = tokenizer.encode
    if name == "summarisation":
        return read(e.text), None, read(e.summary)
    return read(e.context), read("\n" + e.question), read(e.answer)


def batches(rows: Sequence[Row], size: int) -> Callable[[torch.Generator], tuple]:
    """Return what draws batches (ids, labels) of rows of about one length.

    For each, rows are ordered by length times a random number, and a run is taken.
    """
    longest = torch.tensor([max(map(len, sequences)) for sequences, _ in rows])

    def draw(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        noise = 1 + torch.rand(len(rows), generator=generator)
        order = (longest * noise).argsort()
        start = int(torch.randint(len(rows) - size + 1, (), generator=generator))
        return collate([rows[n] for n in order[start : start + size].tolist()])

    return draw


def collate(rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
    """Return ids, (B, T), or (B, K, T) where an example has several, and labels."""
    several = len(rows[0][0])
    ids, _ = pad_batch([s for sequences, _ in rows for s in sequences], 0)
    ids = ids.view(len(rows), several, -1) if several > 1 else ids
    return ids, torch.tensor([label for _, label in rows])


def fine_tune(
    name: str, gpt: GPT, rows: Sequence[Row], settings: Settings, seed: int
) -> GPTForTasks:
    """Fine-tune a copy of a language model on one of FORMS.

    Args:
        name: of the task.
        gpt: the language model; it stays as it is, and the copy on its device.
        rows: from `prepare`.
        seed: of the new weights, of the batches and of dropout.
    """
    torch.manual_seed(seed)
    form, n_outputs = FORMS[name]
    model = GPTForTasks(gpt, n_outputs, form).to(_device(gpt))

    def loss(model: Any, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        with precision(settings.half):
            return fine_tuning_loss(model, batch, settings.lm_weight)

    _train(model, rows, loss, settings, seed, name)
    return model


def fine_tune_writer(
    name: str, gpt: GPT, rows: Sequence[Row], settings: Settings, seed: int
) -> GPT:
    """Fine-tune a copy of a language model on one of GENERATION; as `fine_tune`."""
    torch.manual_seed(seed)
    model, special = add_tokens(gpt), SpecialTokens.after(gpt.config.vocab_size)

    def loss(model: Any, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        with precision(settings.half):
            return generation_loss(model, batch[0], special, settings.lm_weight)

    _train(model, rows, loss, settings, seed, name)
    return model


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _train(
    model: nn.Module,
    rows: Sequence[Row],
    loss: Callable[[Any, Any], tuple[Tensor, int]],
    settings: Settings,
    seed: int,
    name: str,
) -> None:
    steps, warm_up = settings.steps, round(settings.warm_up * settings.steps)
    draw, device = batches(rows, settings.batch), _device(model)
    fit(
        model,
        lambda generator: tuple(part.to(device) for part in draw(generator)),
        loss,
        steps=steps,
        lr=settings.lr,
        schedule=lambda step: linear_schedule(step, steps, warm_up),
        optimiser=torch.optim.AdamW(
            model.parameters(),
            settings.lr,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        seed=seed,
        label=f"{name}, seed {seed}",
    )


@torch.no_grad()
def accuracy(model: GPTForTasks, rows: Sequence[Row], half: bool = False) -> float:
    """Share of the rows whose right class or choice gets the highest logit."""
    model.eval()
    ordered = sorted(rows, key=lambda row: max(map(len, row[0])))
    size = EVALUATION_BATCH // len(rows[0][0])
    right = 0
    for n in range(0, len(ordered), size):
        batch = collate(ordered[n : n + size])
        ids, labels = (part.to(_device(model)) for part in batch)
        with precision(half):
            features = model.features(ids)
        logits = model.outputs(features.float())  # in bfloat16 scores would tie
        right += int((logits.argmax(dim=1) == labels).sum())
    return right / len(rows)


def written(
    name: str,
    model: GPT,
    found: Sequence,
    tokenizer: BPETokenizer,
    max_len: int = MAX_LEN,
) -> list[str]:
    """Return what a fine-tuned language model writes for each example, greedily.

    The prompt is cut to max_len tokens.
    """
    special = SpecialTokens.after(tokenizer.vocab_size)
    texts = []
    for e in found:
        text, question, _ = parts_of(name, e, tokenizer)
        ids = write_answer(model, text, question, special, max_len + ROOM, ROOM)
        texts.append(tokenizer.decode([i for i in ids if i < special.start]))
    return texts


def graded(name: str, texts: Sequence[str], found: Sequence) -> dict[str, float]:
    """Scores of answers beside the right ones: F1 and exact match, or ROUGE."""
    if name == "question answering":
        pairs = [(text, e.answer) for text, e in zip(texts, found, strict=True)]
        scores = {
            "F1": [token_f1(*pair) for pair in pairs],
            "exact match": [float(exact_match(*pair)) for pair in pairs],
        }
    else:
        scorer = RougeScorer(["rougeL", "rouge1", "rouge2"])
        kept = [
            scorer.score(e.summary, text) for text, e in zip(texts, found, strict=True)
        ]
        names = {"ROUGE-L": "rougeL", "ROUGE-1": "rouge1", "ROUGE-2": "rouge2"}
        scores = {
            name: [score[key].fmeasure for score in kept] for name, key in names.items()
        }
    return {name: sum(values) / len(values) for name, values in scores.items()}


# ---- without any training on a task


@torch.no_grad()
def log_probs(
    model: GPT, pairs: Sequence[tuple[list[int], list[int]]], half: bool = False
) -> Tensor:
    """Mean log-probability of each answer after its context, in nats: (N,).

    In batches what `unmasked.finetuning.mean_log_prob` computes.
    """
    model.eval()
    order = sorted(range(len(pairs)), key=lambda n: sum(map(len, pairs[n])))
    found = torch.zeros(len(pairs))
    for n in range(0, len(order), EVALUATION_BATCH):
        places = order[n : n + EVALUATION_BATCH]
        ids, asked = pad_batch([pairs[n][0] + pairs[n][1] for n in places], 0)
        for row, place in enumerate(places):
            asked[row, : len(pairs[place][0])] = False
        with precision(half):
            logits = model.logits(model.hidden(ids)[:, :-1])
        losses = F.cross_entropy(
            logits.float().transpose(1, 2), ids[:, 1:], reduction="none"
        )
        asked = asked[:, 1:]
        found[places] = -(losses * asked).sum(dim=1) / asked.sum(dim=1)
    return found


def zero_shot(
    model: GPT,
    tokenizer: BPETokenizer,
    split: Split,
    size: int | None = None,
    half: bool = False,
) -> dict[str, float]:
    """What a language model scores on tasks that it was not trained for (GPT-1, §5).

    Multiple choice: the line with the best mean log-probability after the body; and the
    other way round: the line after which the body has it. Classification: the name that
    goes on best after "import". Summarisation: the mean log-probability of the author's
    line after the body, in nats.
    """
    end, read = tokenizer.special_id("<|endoftext|>"), tokenizer.encode

    def pair(context: str, answer: str) -> tuple[list[int], list[int]]:
        wanted = read(answer)[:80]
        return [end, *read(context)][: model.config.max_len - len(wanted)], wanted

    def right(texts: list[tuple[str, str]], labels: list[int]) -> float:
        scores = log_probs(model, [pair(*t) for t in texts], half)  # (N · choices,)
        best = scores.view(len(labels), -1).argmax(dim=1)
        return (best == torch.tensor(labels)).float().mean().item()

    choices = tasks.multiple_choice(split, size)
    places = [e.label for e in choices]
    after = [(e.context + "\n\n", line) for e in choices for line in e.choices]
    before = [(line + "\n\n", e.context) for e in choices for line in e.choices]
    texts = tasks.classification(split, size)
    named = [(e.text + "\n\nimport ", p) for e in texts for p in tasks.PACKAGES]
    lines = [pair(e.text + "\n\n", e.summary) for e in tasks.summarisation(split, size)]
    return {
        "multiple choice": right(after, places),
        "multiple choice, body after line": right(before, places),
        "classification": right(named, [e.label for e in texts]),
        "summarisation": log_probs(model, lines, half).mean().item(),
    }
