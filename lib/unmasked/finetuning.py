# Built from book/chapters/15_finetuning.md by `make chapters`: edit that file.
"""Fine-tuning: GPT-1's inputs for every task, its head, and its loss."""

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .gpt import GPT, continue_text


@dataclass(frozen=True)
class SpecialTokens:
    """The ids of the three tokens that fine-tuning adds to a vocabulary.

    Source: Radford et al. 2018, §3.3 and Fig. 1.
    """

    start: int
    delimiter: int
    extract: int

    @classmethod
    def after(cls, vocab_size: int) -> "SpecialTokens":
        """The three ids that follow a vocabulary of vocab_size tokens."""
        return cls(vocab_size, vocab_size + 1, vocab_size + 2)


def cut(lengths: Sequence[int], room: int) -> list[int]:
    """How much of each part to keep so that all fit: the longest gives way first.

    Args:
        lengths: of the parts, in tokens.
        room: how many tokens there may be.

    Returns: the lengths to keep, together at most room.
    Raises: ValueError if there is less room than one token for each part.
    """
    kept = list(lengths)
    if room < sum(n > 0 for n in kept):
        raise ValueError(f"{len(kept)} parts do not fit into {room} tokens")
    while sum(kept) > room:
        kept[kept.index(max(kept))] -= 1
    return kept


def classification_input(
    text: Sequence[int], special: SpecialTokens, max_len: int
) -> list[int]:
    """start · text · extract, at most max_len tokens; the text's end is cut."""
    (n,) = cut([len(text)], max_len - 2)
    return [special.start, *text[:n], special.extract]


def entailment_input(
    premise: Sequence[int],
    hypothesis: Sequence[int],
    special: SpecialTokens,
    max_len: int,
) -> list[int]:
    """start · premise · delimiter · hypothesis · extract, at most max_len tokens."""
    n, m = cut([len(premise), len(hypothesis)], max_len - 3)
    first, second = premise[:n], hypothesis[:m]
    return [special.start, *first, special.delimiter, *second, special.extract]


def similarity_inputs(
    first: Sequence[int], second: Sequence[int], special: SpecialTokens, max_len: int
) -> list[list[int]]:
    """Two texts in both orders, each as in entailment_input."""
    pairs = (first, second), (second, first)
    return [entailment_input(a, b, special, max_len) for a, b in pairs]


def multiple_choice_inputs(
    context: Sequence[int],
    question: Sequence[int] | None,
    choices: Sequence[Sequence[int]],
    special: SpecialTokens,
    max_len: int,
) -> list[list[int]]:
    """For each choice: start · context · question · delimiter · choice · extract.

    Every candidate sees the same of the context and of the question: they are cut for
    the longest choice.
    """
    question = question or []
    sizes = len(context), len(question), max(len(choice) for choice in choices)
    n, m, k = cut(sizes, max_len - 3)
    asked = [special.start, *context[:n], *question[:m], special.delimiter]
    return [[*asked, *choice[:k], special.extract] for choice in choices]


def add_tokens(gpt: GPT, n: int = 3) -> GPT:
    """A copy of a language model that has n more tokens, drawn from N(0, 0.02²).

    Args:
        gpt: anything with GPT's tokens, head and config; it stays as it is.
        n: how many rows to add to the table, and to an untied output layer.
    """
    grown = copy.deepcopy(gpt)
    layers = [grown.tokens] + ([grown.head] if grown.head is not None else [])
    for layer in layers:
        old = layer.weight.detach()
        new = 0.02 * torch.randn(n, old.shape[1], device=old.device)
        layer.weight = nn.Parameter(torch.cat([old, new]))  # (V + n, d_model)
    grown.config = replace(gpt.config, vocab_size=gpt.config.vocab_size + n)
    return grown


class GPTForTasks(nn.Module):
    """A language model with three more tokens, and a linear layer over the last one.

    Args:
        gpt: the language model, pre-trained or not; a copy of it is made.
        n_outputs: number of classes; 1 where choices are scored.
        form: what an example is. "one" text; "orders", the same two texts twice, whose
            features are added; "choices", which get a score each.
        dropout: share of the features that is set to zero in training.

    Attributes: special, the new tokens; gpt, the grown copy; head, W_y of Eq. 3.
    Raises: ValueError for another form, or choices with more than one output.
    Source: Radford et al. 2018, §3.2, Eq. 3, and §3.3.
    """

    def __init__(
        self, gpt: GPT, n_outputs: int, form: str = "one", dropout: float = 0.1
    ) -> None:
        super().__init__()
        if form not in ("one", "orders", "choices"):
            raise ValueError(f"form is 'one', 'orders' or 'choices', not {form!r}")
        if n_outputs < 1 or (form == "choices" and n_outputs > 1):
            raise ValueError(f"{n_outputs} outputs do not fit the form {form!r}")
        self.form, self.special = form, SpecialTokens.after(gpt.config.vocab_size)
        self.gpt = add_tokens(gpt)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(gpt.config.d_model, n_outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def features(self, ids: Int[Tensor, "*b T"]) -> Float[Tensor, "*b d_model"]:
        """What the last block makes of the extract token, on whichever side pads are.

        Raises: ValueError as in align.
        """
        flat, lengths = align(ids.flatten(0, -2), self.special)
        return _last(self.gpt.hidden(flat), lengths).unflatten(0, ids.shape[:-1])

    def outputs(self, x: Float[Tensor, "*b d_model"]) -> Float[Tensor, "B n"]:
        """Logits from features: of classes, (B, n_outputs), or of choices, (B, K)."""
        if self.form == "orders":
            x = x.sum(dim=1)  # (B, 2, d_model) -> (B, d_model)
        scores = self.head(self.dropout(x))
        return scores.squeeze(-1) if self.form == "choices" else scores

    def forward(self, ids: Int[Tensor, "*b T"]) -> Float[Tensor, "B n"]:
        """From ids (B, T), or (B, 2, T), or (B, K, T), to logits (B, n)."""
        return self.outputs(self.features(ids))


def pad_batch(
    sequences: Sequence[Sequence[int]], pad_id: int, side: str = "right"
) -> tuple[Int[Tensor, "N T"], Bool[Tensor, "N T"]]:
    """Fill sequences up to the longest one.

    Args:
        sequences: N lists of ids, none of them empty.
        pad_id: what to fill with.
        side: "right" or "left".

    Returns: ids, (N, T), and which of them are no padding, (N, T).
    Raises: ValueError for another side, no sequence, or an empty one.
    """
    if side not in ("right", "left"):
        raise ValueError(f"side is 'right' or 'left', not {side!r}")
    if not sequences or not all(len(s) for s in sequences):
        raise ValueError("there must be sequences, and none of them empty")
    ids = torch.full((len(sequences), max(map(len, sequences))), pad_id)  # (N, T)
    real = torch.zeros_like(ids, dtype=torch.bool)
    for row, sequence in enumerate(sequences):
        n = len(sequence)
        place = slice(0, n) if side == "right" else slice(-n, None)
        ids[row, place], real[row, place] = torch.tensor(sequence), True
    return ids, real


def align(
    ids: Int[Tensor, "N T"], special: SpecialTokens
) -> tuple[Int[Tensor, "N T_used"], Int[Tensor, " N"]]:
    """Turn each row so that it begins with its start token, and padding is behind.

    Returns: ids, cut after the longest text, and the lengths from start to extract.
    Raises: ValueError, naming the row, unless each has one start and, after it, one
        extract token.
    """
    begins, ends = ids == special.start, ids == special.extract
    begin, end = begins.int().argmax(dim=1), ends.int().argmax(dim=1)  # (N,)
    fine = (begins.sum(1) == 1) & (ends.sum(1) == 1) & (begin < end)
    if not fine.all():
        row = int(fine.int().argmin())
        raise ValueError(f"row {row} is not start … extract: {ids[row].tolist()}")
    steps, lengths = torch.arange(ids.shape[1], device=ids.device), end - begin + 1
    turned = ids.gather(1, (begin[:, None] + steps) % ids.shape[1])  # (N, T)
    return turned[:, : int(lengths.max())], lengths


def _last(hidden: Tensor, lengths: Tensor) -> Float[Tensor, "N d_model"]:
    return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]


def fine_tuning_loss(
    model: GPTForTasks,
    batch: tuple[Int[Tensor, "*b T"], Int[Tensor, " B"]],
    lm_weight: float = 0.5,
) -> tuple[Float[Tensor, ""], int]:
    """-(L2 + λ L1): the loss of the labels, and of the texts that they belong to.

    As in the released code, L1 is a mean over the tokens of a text: with the sums of
    Eq. 5, a long text would weigh more than its label.

    Args:
        batch: ids as in GPTForTasks.forward, and labels, (B,).
        lm_weight: λ.

    Returns: the sum over examples, in nats, and their number.
    Source: Radford et al. 2018, Eq. 4 and 5.
    """
    ids, labels = batch
    flat, lengths = align(ids.flatten(0, -2), model.special)  # (N, T)
    hidden = model.gpt.hidden(flat)
    features = _last(hidden, lengths).unflatten(0, ids.shape[:-1])
    loss = F.cross_entropy(model.outputs(features), labels, reduction="sum")
    if lm_weight:
        per_text = _mean_loss(model.gpt, hidden, flat, _real(flat, lengths))  # (N,)
        loss = loss + lm_weight * per_text.view(len(labels), -1).mean(dim=1).sum()
    return loss, len(labels)


def _real(ids: Tensor, lengths: Tensor) -> Bool[Tensor, "N T_out"]:
    """Which of the tokens that follow another one are no padding, (N, T - 1)."""
    return torch.arange(1, ids.shape[1], device=ids.device) < lengths[:, None]


def _mean_loss(gpt: GPT, hidden: Tensor, ids: Tensor, asked: Tensor) -> Tensor:
    """Mean loss of each row, (N,), on the next tokens that are asked, (N, T - 1)."""
    logits = gpt.logits(hidden[:, :-1][asked])  # only where needed: (n, V)
    losses = F.cross_entropy(logits, ids[:, 1:][asked], reduction="none")
    rows = asked.nonzero()[:, 0]  # the row of each of them
    sums = losses.new_zeros(len(ids)).index_add(0, rows, losses)
    return sums / asked.sum(dim=1).clamp(min=1)


@torch.no_grad()
def mean_log_prob(gpt: GPT, context: Sequence[int], answer: Sequence[int]) -> float:
    """Mean log-probability, in nats, of an answer's tokens after a context.

    The model is asked as it is: call eval() first, or dropout blurs the score.

    Raises: ValueError if one of them is empty, or both are too long together.
    Source: Radford et al. 2018, §5, zero-shot behaviours.
    """
    if not len(context) or not len(answer):
        raise ValueError("a context and an answer are needed, one token at least")
    ids = torch.tensor([[*context, *answer]], device=gpt.tokens.weight.device)
    n = len(answer)
    logits = gpt.logits(gpt.hidden(ids)[0, -n - 1 : -1])  # (n, V)
    return -F.cross_entropy(logits, ids[0, -n:]).item()


def generation_input(
    text: Sequence[int],
    question: Sequence[int] | None,
    answer: Sequence[int],
    special: SpecialTokens,
    max_len: int,
) -> list[int]:
    """start · text · question · delimiter · answer · extract: extract says "done"."""
    return multiple_choice_inputs(text, question, [answer], special, max_len)[0]


def generation_loss(
    gpt: GPT,
    ids: Int[Tensor, "N T"],
    special: SpecialTokens,
    lm_weight: float = 0.0,
) -> tuple[Float[Tensor, ""], int]:
    """What each text loses on its answer, and λ times what it loses on the rest.

    Args:
        gpt: a language model that has the special tokens (add_tokens).
        ids: padded rows of generation_input.
        lm_weight: λ; 0 grades the answer and its end alone.

    Returns: the sum over texts of means over tokens, in nats, and their number.
    Raises: ValueError as in align.
    """
    flat, lengths = align(ids, special)
    hidden, real = gpt.hidden(flat), _real(flat, lengths)
    answer = (flat == special.delimiter).cumsum(dim=1)[:, :-1] > 0  # it was read
    loss = _mean_loss(gpt, hidden, flat, real & answer).sum()
    if lm_weight:
        loss = loss + lm_weight * _mean_loss(gpt, hidden, flat, real & ~answer).sum()
    return loss, len(ids)


def write_answer(
    gpt: GPT,
    text: Sequence[int],
    question: Sequence[int] | None,
    special: SpecialTokens,
    max_len: int,
    room: int,
) -> list[int]:
    """The likeliest tokens after the delimiter, up to extract, at most room of them.

    Args: as in generation_input; the text is cut so that max_len holds prompt and room.
    """
    prompt = generation_input(text, question, [], special, max_len - room + 1)[:-1]
    ids = torch.tensor([prompt], device=gpt.tokens.weight.device)
    stop = special.extract
    new = continue_text(gpt, ids, room, greedy=True, stop_id=stop)[0, len(prompt) :]
    return [i for i in new.tolist() if i != stop]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def exact_match(prediction: str, reference: str) -> bool:
    """Whether two texts have the same words in the same order, whatever the case."""
    return _words(prediction) == _words(reference)


def token_f1(prediction: str, reference: str) -> float:
    """Harmonic mean of precision and recall of the words, each counted as often as it
    occurs in both; 1 if neither text has words."""
    ours, theirs = Counter(_words(prediction)), Counter(_words(reference))
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


__all__ = [
    "GPTForTasks",
    "SpecialTokens",
    "add_tokens",
    "align",
    "classification_input",
    "cut",
    "entailment_input",
    "exact_match",
    "fine_tuning_loss",
    "generation_input",
    "generation_loss",
    "mean_log_prob",
    "multiple_choice_inputs",
    "pad_batch",
    "similarity_inputs",
    "token_f1",
    "write_answer",
]
