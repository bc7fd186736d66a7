"""Chapter 2, faded: what the decoder reads, and what it should answer."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Under teacher forcing the decoder reads the true target, delayed by one. Given target
sentences as lists of ids, without any special tokens, make the two arrays for training:
what the decoder reads, and the label of each position.

- `rows`: lists of ids, of different lengths; `bos`, `eos`, `pad`: ids
- returns `inputs` and `labels`, two integer arrays of the same shape (B, T); every
  label that is not `pad` counts in the loss
"""

STUB = """
def shift_right(rows, bos, eos, pad):
    longest = max(len(row) for row in rows)
    inputs = ...  # what does the decoder read first? what does it never need to read?
    labels = ...  # what is the right answer after reading each input?
    raise NotImplementedError
"""


def shift_right(rows, bos, eos, pad):
    longest = max(len(row) for row in rows)
    padding = [[pad] * (longest - len(row)) for row in rows]
    pairs = list(zip(rows, padding, strict=True))
    inputs = np.array([[bos, *row, *fill] for row, fill in pairs])
    labels = np.array([[*row, eos, *fill] for row, fill in pairs])
    return inputs, labels


def _whole(rows, bos, eos, pad):
    longest = max(len(row) for row in rows)
    return np.array([[bos, *row, eos, *[pad] * (longest - len(row))] for row in rows])


def sliced(rows, bos, eos, pad):
    """Short rows read EOS where their label is padding: it does not count."""
    whole = _whole(rows, bos, eos, pad)
    return whole[:, :-1], whole[:, 1:]


def as_lists(rows, bos, eos, pad):
    inputs, labels = shift_right(rows, bos, eos, pad)
    return inputs.tolist(), labels.tolist()


def keeps_eos(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole, whole[:, 1:]


def lacks_bos(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole[:, 1:], whole[:, 1:]


def unshifted(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole[:, :-1], whole[:, :-1]


def both_shifted(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole[:, :-2], whole[:, 2:]


def wrong_way(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole[:, 1:], whole[:, :-1]


def eos_after_padding(rows, bos, eos, pad):
    inputs, labels = shift_right(rows, bos, eos, pad)
    labels = np.where(labels == eos, pad, labels)
    labels[:, -1] = eos
    return inputs, labels


def no_eos(rows, bos, eos, pad):
    inputs, labels = shift_right(rows, bos, eos, pad)
    return inputs[:, :-1], np.where(labels == eos, pad, labels)[:, :-1]


def rolled(rows, bos, eos, pad):
    labels = shift_right(rows, bos, eos, pad)[1]
    return np.roll(labels, 1, axis=1), labels


def bos_in_labels(rows, bos, eos, pad):
    whole = _whole(rows, bos, eos, pad)
    return whole[:, :-1], whole


def whole_twice(rows, bos, eos, pad):
    return (_whole(rows, bos, eos, pad),) * 2


def swapped(rows, bos, eos, pad):
    return shift_right(rows, bos, eos, pad)[::-1]


def pad_hard_coded(rows, bos, eos, pad):
    return shift_right(rows, bos, eos, 0)


def labels_end_in_eos(rows, bos, eos, pad):
    inputs, labels = shift_right(rows, bos, eos, pad)
    return inputs, np.where(labels == pad, eos, labels)


def labels_end_in_minus_100(rows, bos, eos, pad):
    inputs, labels = shift_right(rows, bos, eos, pad)
    return inputs, np.where(labels == pad, -100, labels)


def inputs():
    """Three rows of different lengths; ids that cannot be taken for special ones."""
    return [[11, 12, 13, 14], [21, 22], [31, 32, 33]], 1, 2, 0


def other_ids():
    return [[41, 42], [51, 52, 53, 54, 55]], 7, 8, 9


def read(shift, rows, bos, eos, pad):
    """All labels, and the inputs where a label should count."""
    x, y = (np.asarray(part) for part in shift(rows, bos, eos, pad))
    right = shift_right(rows, bos, eos, pad)[1]
    if x.shape == right.shape:
        x = np.where(right == pad, -1, x)
    return {"labels": y, "inputs": x}


def _rows(got, _=None):
    x, y = got["inputs"], got["labels"]
    return f"Your first row reads {short(x[0])} and is asked for {short(y[0])}"


LEGEND = " (BOS is 1, EOS is 2)."

BOS_IN_LABELS = {
    "symptom": lambda got, _: (
        f"Inputs of shape {got['inputs'].shape}, labels of shape "
        f"{got['labels'].shape}; your first label is {got['labels'][0, 0]}, which is "
        "BOS."
    ),
    "question": "Does the decoder ever have to write BOS?",
    "pointer": "A label is what should come *after* an input. After which token does "
    "BOS come?",
    "neighbour": "The starter's shot belongs to the race, and no runner is asked to "
    "fire it. Who gives BOS?",
}

EXERCISE = Exercise(
    id="shift-right",
    chapter=2,
    kind="faded",
    title="What the decoder reads",
    question=QUESTION,
    difficulty=2,
    minutes=10,
    name="shift_right",
    stub=STUB,
    reference=shift_right,
    accepts=(sliced, as_lists),
    proves="The decoder begins with BOS, is asked for EOS after the last word of each "
    "row, and reads nothing that it is being asked for.",
    probes=(
        Probe("three rows", inputs, read, says="Every label is the id after its input"),
        Probe(
            "other special ids",
            other_ids,
            read,
            says="The special ids are the ones that were passed in",
        ),
    ),
    mistakes=(
        Mistake(
            "decoder-input-keeps-eos",
            keeps_eos,
            lambda got, _: (
                f"Inputs of shape {got['inputs'].shape} and labels of shape "
                f"{got['labels'].shape}: "
                "one input too many has no label."
            ),
            "Once EOS is written, what is the next token?",
            "Every input needs a label, the token that follows it. Which token of the "
            "target has none that follows?",
            "A story of five sentences has four places to ask “and then?”. After which "
            "one does nobody ask?",
        ),
        Mistake(
            "decoder-input-lacks-bos",
            lacks_bos,
            lambda got, _: f"{_rows(got)}{LEGEND} Input and label are the same.",
            "What is the first thing that the decoder reads when nobody helps it?",
            "At the start of free running nothing has been written. Training must have "
            "shown the decoder that very situation.",
            "A swimmer who only ever practised from the second length on does not know "
            "how to dive in. What is missing from the training?",
        ),
        Mistake(
            "no-shift",
            unshifted,
            lambda got, _: (
                f"{_rows(got)}{LEGEND} Copying the input would make the loss 0."
            ),
            "Position t has read token t. Which token is left to guess?",
            "A model that copies solves your task and cannot write a single word. Line "
            "both rows up below each other: which one is a step ahead?",
            "In a dictation the hand writes what the ear has just heard. To *foretell* "
            "the text, by how much must the hand be ahead?",
        ),
        Mistake(
            "shifted-twice",
            both_shifted,
            lambda got, _: (
                f"{_rows(got)}{LEGEND} Between an input and its label one token is "
                "left out."
            ),
            "Count: how many places is your label ahead of your input?",
            "You moved the inputs and the labels as well. How many moves does the task "
            "ask for?",
            "Two people each put the clock forward in spring, without a word to each "
            "other. What time is it?",
        ),
        Mistake(
            "shift-wrong-way",
            wrong_way,
            lambda got, _: f"{_rows(got)}{LEGEND}",
            "Is the label earlier or later than what was read?",
            "In your arrays the decoder reads a token and must name the one *before*. "
            "Which one does it know when it writes?",
            "“What comes after Tuesday?” and “What came before Wednesday?” use the "
            "same two days. Which of the two is a forecast?",
        ),
        Mistake(
            "returned-in-the-wrong-order",
            swapped,
            lambda got, _: f"{_rows(got)}{LEGEND}",
            "Which of your two arrays begins with BOS, and under which name does it "
            "leave the function?",
            "Each of the two arrays may be right in itself. Whoever calls the function "
            "tells them apart by their places alone.",
            "Salt and sugar of good quality, in each other's jars: what should be "
            "checked, the contents or the labels?",
        ),
        Mistake("bos-kept-in-labels", bos_in_labels, **BOS_IN_LABELS),
        Mistake("bos-and-eos-kept-in-both", whole_twice, **BOS_IN_LABELS),
        Mistake(
            "pad-hard-coded",
            pad_hard_coded,
            lambda got, _: (
                "Called with pad = 9, your labels of the short row are "
                f"{short(got['labels'][0])}."
            ),
            "Where does your padding get its id from?",
            "One of your arguments has no effect. In another vocabulary, which token "
            "would your labels then ask for?",
            "A form that prints “Mr” before every name is right for some. Where should "
            "it take the title from?",
            probe="other special ids",
        ),
        Mistake(
            "labels-padded-with-eos",
            labels_end_in_eos,
            lambda got, _: (
                "Your second row, of two words, is asked for "
                f"{short(got['labels'][1])} (EOS is 2, padding 0)."
            ),
            "How many times does a sentence end?",
            "Every label that is not padding counts in the loss. What share of the "
            "loss would a short row's repeated endings have?",
            "A pupil who says goodbye once has left. What does a class learn in which "
            "the shortest visit has the most goodbyes?",
        ),
        Mistake(
            "labels-padded-with-minus-100",
            labels_end_in_minus_100,
            lambda got, _: (
                "Your second row, of two words, is asked for "
                f"{short(got['labels'][1])} (padding is 0)."
            ),
            "By which id will the loss know the labels that do not count?",
            "−100 is what PyTorch's cross-entropy skips unless it is told another id. "
            "Which id does the task name?",
            "“N/A” on a form whose reader looks for a dash: both mean nothing, and one "
            "is read as a name. What does this form's reader look for?",
        ),
        Mistake(
            "eos-after-padding",
            eos_after_padding,
            lambda got, _: (
                f"Your second row is asked for {short(got['labels'][1])}: the end "
                "stands in the last column, after padding."
            ),
            "After which token should a sentence of two words end?",
            "You closed the *array*, not the sentence. Short rows never learn to stop "
            "where they should.",
            "Three letters in envelopes of equal size: the signature goes below the "
            "last line of each letter. Where does yours stand?",
        ),
        Mistake(
            "no-eos-label",
            no_eos,
            lambda got, _: (
                f"{_rows(got)}{LEGEND} Nothing ever asks the decoder to stop."
            ),
            "How will the decoder know that a sentence is over?",
            "Stopping is a token like the others, and has to be taught like the "
            "others. Which position of each row should teach it?",
            "A driver who was taught everything but the brake arrives everywhere and "
            "stays nowhere. When is the brake practised?",
        ),
        Mistake(
            "rolled-not-shifted",
            rolled,
            lambda got, _: (
                f"{_rows(got)}{LEGEND} The first input came round from the end of the "
                "row."
            ),
            "What stands at the front of each of your rows, and where did it come "
            "from?",
            "Rolling pushes the last entry to the front. For the longest row that is "
            "EOS, for the others padding; at the start of free running it is neither.",
            "A queue in a circle: the last one is suddenly the first. Who should stand "
            "at the front before anybody has been served?",
        ),
    ),
)
