"""Chapter 11, write: the perplexity of a model on held-out batches."""

import numpy as np
import torch
from torch import nn

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
The perplexity of a model on held-out batches, as if they were one long text. The model
has dropout; it must be switched off while you measure, and afterwards the model is in
the mode in which you got it. No gradients are kept.

- `model`: an `nn.Module`; `batches`: a list of batches
- `loss_sum(model, batch)` → (summed loss in nats, a tensor; number of tokens)
- returns a float
"""

STUB = """
def perplexity(model, batches, loss_sum):
    raise NotImplementedError
"""


def perplexity(model, batches, loss_sum):
    mode = model.training
    model.eval()
    with torch.no_grad():
        pairs = [loss_sum(model, batch) for batch in batches]
    model.train(mode)
    nats = sum(float(summed) for summed, _ in pairs) / sum(n for _, n in pairs)
    return float(np.exp(nats))


def running_total(model, batches, loss_sum):
    before, total, tokens = model.training, 0.0, 0
    model.train(False)
    for batch in batches:
        with torch.inference_mode():
            summed, n = loss_sum(model, batch)
        total, tokens = total + summed.item(), tokens + n
    if before:
        model.train()
    return 2.718281828459045 ** (total / tokens)


def _measured(
    model, batches, loss_sum, combine, *, off=True, back="as before", grad=False
):
    mode = model.training
    if off:
        model.eval()
    with torch.set_grad_enabled(grad):
        pairs = [loss_sum(model, batch) for batch in batches]
    if back == "as before":
        model.train(mode)
    elif back == "train":
        model.train()
    sums = torch.stack([summed.detach() for summed, _ in pairs])
    counts = torch.tensor([float(n) for _, n in pairs])
    return combine(sums, counts)


def _right(sums, counts):
    return float((sums.sum() / counts.sum()).exp())


def with_dropout(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, _right, off=False)


def left_in_eval(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, _right, back="never")


def always_train_after(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, _right, back="train")


def keeps_gradients(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, _right, grad=True)


def mean_of_exps(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, lambda s, n: float((s / n).exp().mean()))


def mean_of_means(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, lambda s, n: float((s / n).mean().exp()))


def per_batch(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, lambda s, n: float(s.mean().exp()))


def base_two(model, batches, loss_sum):
    return _measured(
        model, batches, loss_sum, lambda s, n: float(2 ** (s.sum() / n.sum()))
    )


def no_exponent(model, batches, loss_sum):
    return _measured(model, batches, loss_sum, lambda s, n: float(s.sum() / n.sum()))


def wrong_sign(model, batches, loss_sum):
    return _measured(
        model, batches, loss_sum, lambda s, n: float((-s.sum() / n.sum()).exp())
    )


def last_batch(model, batches, loss_sum):
    return _measured(
        model, batches, loss_sum, lambda s, n: float((s[-1] / n[-1]).exp())
    )


class Fixed(nn.Module):
    """A weight of 1 behind dropout, which counts how often it is asked for a graph."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.dropout = nn.Dropout(0.5)
        self.graphs = 0

    def forward(self, nats):
        out = self.dropout(nats * self.weight)
        self.graphs += out.requires_grad
        return out


def loss_sum(model, nats):
    """The batch is its tokens' losses: the model passes them on."""
    return model(nats).sum(), len(nats)


def two():
    """10 nats over 10 tokens, and 6 over 2."""
    return Fixed(), [torch.ones(10), torch.full((2,), 3.0)], loss_sum


def guessing():
    """Uniform guesses among 7 tokens, in batches of 3 and 5."""
    nats = torch.tensor(7.0).log()
    return Fixed(), [nats.expand(3), nats.expand(5)], loss_sum


def value(function, model, batches, loss):
    return {"perplexity": float(function(model, batches, loss))}


def modes(function, model, batches, loss):
    seen = {}
    for mode in (True, False):
        model.train(mode)
        function(model, batches, loss)
        before, after = ("train" if m else "eval" for m in (mode, model.training))
        seen[f"given in {before} mode"] = f"left in {after} mode"
    return seen


def graphs(function, model, batches, loss):
    function(model, batches, loss)
    return {"batches computed with a graph": model.graphs}


def _off(got, expected):
    mine, wanted = (short(x["perplexity"]) for x in (got, expected))
    return (
        "Two batches, of 10 nats over 10 tokens and 6 nats over 2: you return "
        f"{mine}, and the reference {wanted}."
    )


def _mistake(id, wrong, question, pointer, neighbour, text="", probe="two"):
    return Mistake(
        id,
        wrong,
        lambda got, expected: f"{_off(got, expected)} {text}".strip(),
        question,
        pointer,
        neighbour,
        probe,
    )


EXERCISE = Exercise(
    id="validation-perplexity",
    chapter=11,
    kind="write",
    title="One number for a held-out text",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="perplexity",
    stub=STUB,
    reference=perplexity,
    accepts=(running_total,),
    proves="Sums are pooled before the exponent, guessing among 7 gives 7, dropout is "
    "off while it counts, and the caller's mode is back afterwards.",
    probes=(
        Probe("guessing", guessing, value, "Pure guessing among V tokens gives V"),
        Probe("two", two, value, "Two batches count like one long text"),
        Probe("modes", two, modes, "The model is left in the mode in which it came"),
        Probe("graphs", two, graphs, "No gradients are kept"),
    ),
    mistakes=(
        _mistake(
            "ppl-mean-of-exp",
            mean_of_exps,
            "Average first or exponentiate first: which one equals one long text?",
            "Put both batches into one list of 12 tokens and compute by hand. Which "
            "order of steps gives that?",
            "Two squares have sides of 1 and 3. The average of their areas is not the "
            "area over the average side.",
        ),
        _mistake(
            "ppl-mean-of-batch-means",
            mean_of_means,
            "Is the short last batch worth as much as the long one?",
            "Two tokens had as much say as ten. What should be added up, before "
            "anything is divided?",
            "Two buses, one with 10 passengers and one with 2. What is the average age "
            "of the travellers?",
        ),
        _mistake(
            "ppl-per-batch",
            per_batch,
            "What is your loss per: a token, or a batch?",
            "Cut the same text into longer batches: your number explodes. Should it?",
            "Fuel for each trip, and fuel for each kilometre.",
        ),
        _mistake(
            "ppl-wrong-base",
            base_two,
            "What should pure guessing among 7 tokens give?",
            "Nats go with one base, bits with another. Which were you given?",
            "Whoever reads miles as kilometres gets there sooner, on paper.",
            "Guessing among 7 would get less than 7.",
        ),
        _mistake(
            "ppl-is-not-the-loss",
            no_exponent,
            "In which unit is your answer?",
            "Perplexity answers the question “among how many equally likely tokens "
            "does it choose?”",
            "The number of digits of a number grows much more slowly than the number.",
            "That is nats per token.",
        ),
        _mistake(
            "ppl-below-one",
            wrong_sign,
            "Can a model choose among fewer than one token?",
            "A loss is minus the log of a probability. Which of the two do you get "
            "back, when you take the exponent of minus the loss?",
            "One in five, and five: the odds and their reciprocal.",
            "That is the probability, and not what one asks for.",
        ),
        _mistake(
            "last-batch-only",
            last_batch,
            "How many batches have a say in your answer?",
            "A name that is written again in each turn of a loop holds the last value.",
            "A diary of one page, on which every day is written over the one before.",
        ),
        Mistake(
            "eval-mode-missing",
            with_dropout,
            lambda got, expected: (
                "The model guesses uniformly among 7 tokens, whatever comes in; you "
                f"return {short(got['perplexity'])}."
            ),
            "Ask the same question twice: do you get the same answer?",
            "Without gradients is not without dropout. Who tells the model that the "
            "lesson is over?",
            "An exam written while half of the lamps go out at random measures the "
            "lamps.",
            probe="guessing",
        ),
        Mistake(
            "eval-mode-left-on",
            left_in_eval,
            lambda got, _: (
                f"A model given in train mode is {got['given in train mode']}."
            ),
            "What happens to dropout in the rest of the training?",
            "Your function changes something that belongs to its caller. When does the "
            "caller get it back?",
            "A guest who turns off the heating before the meal, and goes home.",
            probe="modes",
        ),
        Mistake(
            "mode-guessed-not-restored",
            always_train_after,
            lambda got, _: (
                f"A model given in eval mode is {got['given in eval mode']}."
            ),
            "In which mode was the model before you came?",
            "Not every caller is training. Whoever wants to give something back must "
            "remember what it was.",
            "A borrowed car comes back with a full tank: of petrol, and it ran on …",
            probe="modes",
        ),
        Mistake(
            "graph-is-kept",
            keeps_gradients,
            lambda got, _: (
                f"{got['batches computed with a graph']} batches were computed with a "
                "graph for gradients that nobody asks for."
            ),
            "What is stored while the model computes, and for whom?",
            "`eval` and gradients are two switches. Which of them saves memory?",
            "A secretary who takes the minutes of every coffee break.",
            probe="graphs",
        ),
    ),
)
