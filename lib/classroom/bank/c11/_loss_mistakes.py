"""What people get wrong in a smoothed loss, for the exercise smoothed-loss."""

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def _parts(logits, targets):
    """-log p of the right token, and the mean of -log p over all tokens."""
    log_probs = logits.log_softmax(dim=-1)
    return -log_probs.gather(-1, targets[..., None])[..., 0], -log_probs.mean(dim=-1)


def _mixed(logits, targets, smoothing):
    right, spread = _parts(logits, targets)
    return (1 - smoothing) * right + smoothing * spread


def counts_pad(logits, targets, smoothing, pad_id):
    return _mixed(logits, targets, smoothing).mean()


def pad_in_denominator(logits, targets, smoothing, pad_id):
    return (_mixed(logits, targets, smoothing) * (targets != pad_id)).mean()


def pad_zero_only(logits, targets, smoothing, pad_id):
    return _mixed(logits, targets, smoothing)[targets != 0].mean()


def smooth_part_counts_pad(logits, targets, smoothing, pad_id):
    right, spread = _parts(logits, targets)
    real = targets != pad_id
    return (1 - smoothing) * right[real].mean() + smoothing * spread.mean()


def mean_of_sentences(logits, targets, smoothing, pad_id):
    loss, real = _mixed(logits, targets, smoothing), targets != pad_id
    return ((loss * real).sum(-1) / real.sum(-1)).mean()


def over_the_others(logits, targets, smoothing, pad_id):
    V = logits.shape[-1]
    right, spread = _parts(logits, targets)
    loss = (1 - smoothing) * right + smoothing * (V * spread - right) / (V - 1)
    return loss[targets != pad_id].mean()


def over_all_but_two(logits, targets, smoothing, pad_id):
    V = logits.shape[-1]
    wanted = torch.full_like(logits, smoothing / (V - 2))
    wanted.scatter_(-1, targets[..., None], 1 - smoothing)
    wanted[..., pad_id] = 0
    loss = -(wanted * logits.log_softmax(dim=-1)).sum(-1)
    return loss[targets != pad_id].mean()


def mass_above_one(logits, targets, smoothing, pad_id):
    right, spread = _parts(logits, targets)
    return (right + smoothing * spread)[targets != pad_id].mean()


def sum_not_mean(logits, targets, smoothing, pad_id):
    right, spread = _parts(logits, targets)
    loss = (1 - smoothing) * right + smoothing * spread * logits.shape[-1]
    return loss[targets != pad_id].mean()


def subtracts(logits, targets, smoothing, pad_id):
    right, _ = _parts(logits, targets)
    return ((1 - smoothing) * right)[targets != pad_id].mean()


def divergence(logits, targets, smoothing, pad_id):
    V = logits.shape[-1]
    wanted = torch.nn.functional.one_hot(targets, V) * (1 - smoothing) + smoothing / V
    entropy = -torch.xlogy(wanted, wanted).sum(-1)
    return (_mixed(logits, targets, smoothing) - entropy)[targets != pad_id].mean()


def softmax_first(logits, targets, smoothing, pad_id):
    return _mixed(logits.softmax(-1), targets, smoothing)[targets != pad_id].mean()


def over_positions(logits, targets, smoothing, pad_id):
    log_probs = logits.log_softmax(dim=1)
    right = -log_probs.gather(-1, targets[..., None])[..., 0]
    loss = (1 - smoothing) * right - smoothing * log_probs.mean(dim=-1)
    return loss[targets != pad_id].mean()


def recut(logits, targets, smoothing, pad_id):
    B, T, V = logits.shape
    return torch.nn.functional.cross_entropy(
        logits.view(B, V, T),
        targets,
        ignore_index=pad_id,
        label_smoothing=smoothing,
    )


def only_the_sum(logits, targets, smoothing, pad_id):
    return _mixed(logits, targets, smoothing)[targets != pad_id].sum()


def _sides(got, expected):
    return f"you return {short(got)}, and the reference {short(expected)}"


def _on_batch(text):
    return lambda got, expected: (
        "Two sentences of 5 and 2 real tokens, V = 7, ε = 0.3: "
        f"{_sides(got, expected)}. {text}"
    )


MISTAKES = (
    Mistake(
        "loss-counts-pad",
        counts_pad,
        lambda got, expected: (
            "Three columns of padding are appended to a batch. Now "
            f"{_sides(got, expected)}, which has not moved."
        ),
        "Does a longer margin make the student better?",
        "A mean over (B, T) gives every position a vote. Which of them stand for "
        "nothing that anybody said?",
        "A survey of 5 people, with 3 blank sheets in the pile. What is the average "
        "age, if a blank sheet counts as an answer?",
        probe="longer",
    ),
    Mistake(
        "loss-pad-denominator",
        pad_in_denominator,
        _on_batch("Their ratio is that of the 7 real positions to all 10."),
        "You removed terms from the sum; what about the count?",
        "A mean is a sum and a number. Padding is gone from one of the two.",
        "Three runners out of ten gave up. Is the average time of the others their "
        "total, divided by ten?",
        probe="batch",
    ),
    Mistake(
        "pad-id-is-not-always-zero",
        pad_zero_only,
        lambda got, expected: (
            "In another vocabulary padding is 6, and 0 is a word: "
            f"{_sides(got, expected)}."
        ),
        "Which of your inputs have you not used?",
        "An id means what the vocabulary says. Which one is left out is told to your "
        "function, and it decided for itself.",
        "A doorman who always turns guest number 13 away, whatever the list says.",
        probe="pad 6",
    ),
    Mistake(
        "smoothing-counts-pad",
        smooth_part_counts_pad,
        _on_batch("With ε = 0 you agree; so it is the smoothed part."),
        "The loss has two summands. Which of them knows about padding?",
        "The share for all tokens is averaged over the positions as well. Over which?",
        "A shop pays its wages to 7 clerks, and Christmas presents to 10 chairs.",
        probe="batch",
    ),
    Mistake(
        "accum-mean-of-means",
        mean_of_sentences,
        _on_batch("A token of the short sentence weighs 5 / 2 as much with you."),
        "Is every sentence or every token one vote?",
        "Averaging within a sentence, and then over sentences, makes the words of "
        "short sentences heavier.",
        "A class of 5 has an average of 2, a class of 25 one of 4. What is the "
        "average of the 30 children?",
        probe="batch",
    ),
    Mistake(
        "mass-without-the-right-one",
        over_the_others,
        _on_batch(
            "You share ε among the V − 1 wrong tokens. That is a convention too."
        ),
        "How much does the task give the right token: 1 − ε, or a little more?",
        "Write down one target row for V = 4 and ε = 0.4, as the task words it. What "
        "stands at the right token?",
        "A cake for four, and the birthday child gets a big piece first. Does the "
        "rest go to three, or to four?",
        probe="batch",
    ),
    Mistake(
        "label-smoothing-mass",
        over_all_but_two,
        _on_batch("You share ε among V − 2 tokens, neither padding nor the right one."),
        "Over how many tokens does the task spread ε?",
        "The code that goes with a well-known explanation leaves out two columns. The "
        "task, and PyTorch, leave out none.",
        "Two recipes for one cake: by weight, and by cups. Both are right. Which one "
        "does the oven expect?",
        probe="batch",
    ),
    Mistake(
        "mass-above-one",
        mass_above_one,
        _on_batch("Your target row sums to 1 + ε."),
        "Is your target still a distribution?",
        "What is given to all must be taken from one. Where do you take it?",
        "A budget that promises every ministry more, and takes it from none. To what "
        "does it add up?",
        probe="batch",
    ),
    Mistake(
        "spread-is-summed",
        sum_not_mean,
        _on_batch("Your target row sums to 1 − ε + ε V."),
        "How large is the share of one single token, and what do the V shares sum to?",
        "Each of V tokens gets the same small share. Is it ε, or a part of it?",
        "“Ten crowns for the five of you” and “ten crowns for each of you” are two "
        "sums.",
        probe="batch",
    ),
    Mistake(
        "smoothing-subtracts",
        subtracts,
        _on_batch("That is 1 − ε times the ordinary loss; nothing is smoothed."),
        "Where does the mass go that you take from the right token?",
        "A loss multiplied by 0.7 has its minimum where it was. Smoothing moves the "
        "minimum.",
        "Taking a tenth of the sugar out of one glass sweetens no other glass.",
        probe="batch",
    ),
    Mistake(
        "divergence-not-entropy",
        divergence,
        _on_batch("The difference is the entropy of the target, the same everywhere."),
        "How much does the best possible model lose, in your version and in the "
        "task's?",
        "A divergence is 0 at the target itself; a cross-entropy is not. Their "
        "gradients are equal, their values are not.",
        "Height above the sea and height above the valley: every climb is as long in "
        "both. Which one does the map show?",
        probe="batch",
    ),
    Mistake(
        "softmax-before-ce",
        softmax_first,
        lambda got, expected: (
            "Logits that are sure and right, 50 against 0, ε = 0: "
            f"{_sides(got, expected)}."
        ),
        "What is the best possible loss? Can your model reach it?",
        "Something that is normalised twice is flatter than it was. What do you hand "
        "to the logarithm?",
        "A photograph of a photograph: every contrast is weaker. Which step was one "
        "too many?",
        probe="sure",
    ),
    Mistake(
        "softmax-over-positions",
        over_positions,
        _on_batch("Your shares sum to 1 over the positions of a sentence."),
        "Among what does the model choose at one position?",
        "A softmax hands out one whole along an axis. Name the axis aloud.",
        "In an election each voter has one vote to give to a candidate. What happens "
        "if each candidate has one vote to give to a voter?",
        probe="batch",
    ),
    Mistake(
        "ce-view-not-transpose",
        recut,
        _on_batch("The shape is legal, and the numbers stand in other places."),
        "Did you move an axis, or re-cut the tape?",
        "Try `torch.arange(6).view(2, 3)` both ways, and see which number stands next "
        "to which.",
        "A page of text poured into narrower columns is not a page turned by a "
        "quarter.",
        probe="batch",
    ),
    Mistake(
        "sum-not-mean",
        only_the_sum,
        _on_batch("Your number grows with the number of real tokens, here 7."),
        "What is the unit of the answer: nats, or nats per token?",
        "A batch twice as long would have twice your loss, and twice your gradient.",
        "A taxi's total tells you nothing about its price per kilometre, until you "
        "know …",
        probe="batch",
    ),
)
