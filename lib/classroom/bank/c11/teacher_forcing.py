"""Chapter 11, write: what the decoder reads, and what it is asked for."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
The summed loss of a translation model on target sentences, in nats, without padding.
Position t of the decoder has read the target up to token t and is asked for the next
one. `model` does not shift anything by itself.

- `model(ids)` → logits (B, T, V) for decoder inputs (B, T); the source is built in
- `target` (B, L): each row `<bos>` (1), words, `<eos>` (2), and padding (0) to the end
- returns (summed loss, number of counted tokens)
"""

STUB = """
def target_loss(model, target):
    raise NotImplementedError
"""


def target_loss(model, target):
    asked = target[:, 1:]
    logits = model(target[:, :-1])
    total = nn.functional.cross_entropy(
        logits.transpose(1, 2), asked, ignore_index=0, reduction="sum"
    )
    return total, (asked != 0).sum()


def whole_row_read(model, target):
    """Reads the last column too, and drops its answer."""
    log_probs = model(target)[:, :-1].log_softmax(-1)
    asked = target[:, 1:]
    right = log_probs.gather(-1, asked[..., None])[..., 0]
    return -right[asked != 0].sum(), int((asked != 0).sum())


def pads_behind(model, target):
    """Labels of full width, with padding where there is no next token."""
    asked = F.pad(target[:, 1:], (0, 1))
    flat = model(target).flatten(0, 1)
    total = F.cross_entropy(flat, asked.flatten(), ignore_index=0, reduction="sum")
    return total, (asked != 0).sum()


def _loss(logits, asked, ignore=0):
    total = F.cross_entropy(
        logits.transpose(1, 2), asked, ignore_index=ignore, reduction="sum"
    )
    return total, (asked != ignore).sum()


def no_shift(model, target):
    return _loss(model(target), target)


def double_shift(model, target):
    return _loss(model(target[:, :-1])[:, :-1], target[:, 2:])


def backwards(model, target):
    return _loss(model(target)[:, 1:], target[:, :-1])


def drops_bos(model, target):
    return _loss(model(target[:, 1:]), target[:, 1:])


def without_eos(model, target):
    asked = target[:, 1:].masked_fill(target[:, 1:] == 2, 0)
    return _loss(model(target[:, :-1]), asked)


def counts_padding(model, target):
    return _loss(model(target[:, :-1]), target[:, 1:], ignore=-100)


def softmaxed(model, target):
    return _loss(model(target[:, :-1]).softmax(-1), target[:, 1:])


def recut(model, target):
    logits = model(target[:, :-1])
    B, T, V = logits.shape
    return _loss(logits.reshape(B, V, T).transpose(1, 2), target[:, 1:])


def counts_everything(model, target):
    total, _ = target_loss(model, target)
    return total, target[:, 1:].numel()


def counts_what_was_read(model, target):
    total, _ = target_loss(model, target)
    return total, (target[:, :-1] != 0).sum()


def divided(model, target):
    total, n = target_loss(model, target)
    return total / n, n


TARGET = torch.tensor([[1, 5, 7, 4, 6, 2], [1, 8, 3, 2, 0, 0]])
V = 9


def oracle(ids):
    """Knows the token after each one that it reads, in the sentence that it is in."""
    sentences = TARGET.tolist()
    answers = torch.zeros_like(ids)
    for n, row in enumerate(ids.tolist()):
        # by its words; a beginning without any, by its place in the batch
        mine = max(range(2), key=lambda m: (len({*row} & {*sentences[m]}), m == n))
        after = {a: b for a, b in pairwise(sentences[mine]) if a not in (0, 2)}
        answers[n] = torch.tensor([after.get(token, 0) for token in row])
    return 30.0 * F.one_hot(answers, V).float()


def copycat(ids):
    """Answers with the token that it has read."""
    return 6.0 * F.one_hot(ids, V).float()


def uneven(ids):
    """Other logits at every position, for every token."""
    generator = torch.Generator().manual_seed(5)
    table = torch.randn(V, V, generator=generator)
    return table[ids] + torch.arange(ids.shape[1])[:, None] * table[0] / 3


def with_model(model):
    return lambda: (model, TARGET.clone())


def figures(function, model, target):
    total, n = function(model, target)
    return {"summed loss": float(total), "tokens": int(n)}


def _says(text, probe):
    knows = {
        "oracle": "that knows every next token",
        "copycat": "that repeats its input",
    }
    who = f"A model {knows[probe]}"

    def says(got, expected):
        return (
            f"{who} loses {short(got['summed loss'])} nats over {got['tokens']} tokens "
            f"with you, and {short(expected['summed loss'])} over "
            f"{expected['tokens']} with the reference. {text}"
        )

    return says


def _mistake(id, wrong, text, question, pointer, neighbour, probe="oracle"):
    return Mistake(id, wrong, _says(text, probe), question, pointer, neighbour, probe)


EXERCISE = Exercise(
    id="teacher-forcing",
    chapter=11,
    kind="write",
    title="Read this, and be asked for that",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="target_loss",
    stub=STUB,
    reference=target_loss,
    accepts=(whole_row_read, pads_behind),
    proves="An oracle of the next token loses nothing, a copycat loses much: the shift "
    "is there, once, in the right direction, and padding is not counted.",
    probes=(
        Probe(
            "oracle",
            with_model(oracle),
            figures,
            "Whoever knows the next token loses nothing",
        ),
        Probe(
            "copycat",
            with_model(copycat),
            figures,
            "Whoever repeats what it reads loses much",
        ),
        Probe(
            "uneven",
            with_model(uneven),
            figures,
            "Any other model loses what the formula says",
        ),
    ),
    returns=("summed loss", "number of tokens"),
    mistakes=(
        _mistake(
            "lm-no-shift",
            no_shift,
            "It would be best to repeat what it has just read.",
            "Position t has read word t. Which word is left to guess?",
            "Write the row that is read above the row that is asked for, and look down "
            "the columns.",
            "A dictation in which the pupil may look at the sentence, and is asked for "
            "the word under the finger.",
        ),
        _mistake(
            "lm-double-shift",
            double_shift,
            "It is asked for the word after the next.",
            "Count the ones that you subtract between the file and the loss.",
            "Each of two shifts looks reasonable alone. Which one does the task leave "
            "to you?",
            "Both people on the phone set their clocks one hour forward, to meet.",
        ),
        _mistake(
            "lm-shift-wrong-way",
            backwards,
            "It is asked for the word before.",
            "Is the label earlier or later than the input?",
            "Of two slices one begins later. Which of the two should it be, the one "
            "that is read, or the one that is asked for?",
            "A weather forecast for yesterday is often right, and of no use.",
        ),
        _mistake(
            "decoder-input-lacks-bos",
            drops_bos,
            "The decoder never reads `<bos>`.",
            "What is the first thing that the decoder ever sees at test time?",
            "At test time there is one token before the first word. Where is it in "
            "your "
            "training?",
            "An actor who rehearses from the second line on, and waits for a cue on "
            "the first night.",
        ),
        _mistake(
            "eos-is-never-asked-for",
            without_eos,
            "Two sentences have two ends, and you count none.",
            "Who tells the model when to stop?",
            "The end of a sentence is a prediction like any other. It is not padding.",
            "A speaker who never practised the last sentence goes on talking.",
        ),
        _mistake(
            "loss-counts-pad",
            counts_padding,
            "The short sentence has 2 columns of padding.",
            "Does a longer margin make the student better?",
            "Behind `<eos>` nothing was said. Which answers do you ask for there?",
            "A teacher who marks the empty lines at the bottom of the page.",
        ),
        _mistake(
            "softmax-before-ce",
            softmaxed,
            "Not even an oracle gets below that with you.",
            "What is the best possible loss? Can your model reach it?",
            "`F.cross_entropy` makes probabilities itself. What does it expect?",
            "Salted at the stove, and salted again at the table.",
        ),
        _mistake(
            "ce-view-not-transpose",
            recut,
            "The shape is legal; the numbers stand in other places.",
            "Did you move an axis, or re-cut the tape?",
            "`F.cross_entropy` wants V on axis 1. There are two ways to get an axis "
            "there, and one of them keeps rows together.",
            "Dealing the same cards into rows of another length is not turning the "
            "table.",
        ),
        _mistake(
            "tokens-counts-pad",
            counts_everything,
            "The sum is right, and the count is that of all positions.",
            "You removed terms from the sum; what about the count?",
            "Who divides your sum by your number gets a mean over what?",
            "The bill is for three guests, and it is shared by the five chairs.",
        ),
        _mistake(
            "tokens-of-the-input",
            counts_what_was_read,
            "The sum is right, and the count is that of another row.",
            "Which of the two rows does the loss look at: the one that is read, or "
            "the one that is asked for?",
            "The two rows hold different numbers of tokens that are not padding. Count "
            "both for the short sentence.",
            "Seven guests came, six of them ate: the kitchen counts plates.",
        ),
        _mistake(
            "mean-not-sum",
            divided,
            "It was divided on the way.",
            "What does `F.cross_entropy` return if nobody says `reduction`?",
            "The caller adds up batches of different sizes and divides once, at the "
            "end. What does it need from you?",
            "Who is to compute the average age of two classes needs the two sums.",
            probe="copycat",
        ),
    ),
)
