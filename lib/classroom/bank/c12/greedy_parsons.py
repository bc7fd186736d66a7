"""Chapter 12, Parsons: a greedy loop for a batch whose rows end at different steps."""

import torch

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Put the lines in the loop of a batched greedy decoder; some do not belong.

Rows that have written `eos` get `pad` from then on, nothing else; the loop ends when
all rows have ended, or after `max_len` tokens. `next_logits(ids)` maps ids (B, T) to
logits (B, T, V).

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
def greedy(next_logits, ids, eos, pad, max_len):
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_len):
        {lines}
    return ids
"""

LINES = {
    "A": "done = done | (token == eos)",
    "B": "logits = next_logits(ids)[:, -1]",
    "C": "if (token == eos).all(): break",
    "D": "token = logits.argmax(-1)",
    "E": "ids = torch.cat([ids, token[:, None]], 1)",
    "F": "done = token == eos",
    "G": "logits = next_logits(ids)[:, 0]",
    "H": "token = token.masked_fill(done, pad)",
    "I": "if done.all(): break",
    "J": "ids = token[:, None]",
    "K": "if done.any(): break",
}

PAD, EOS = 0, 1
SCRIPT = [[4, 5, EOS, 6, 6, 6, 6], [EOS, 4, 4, EOS, 4, 4, 4], [6, 6, 6, 6, EOS, 5, 5]]


TOGETHER = [[4, 5, EOS, 6, 6, 6], [6, 4, EOS, 4, 4, 4], [6, 6, EOS, 5, 5, 5]]


def given(max_len, script=SCRIPT):
    """Row b says script[b], whatever it has read; after its end it babbles on."""

    def next_logits(ids):
        logits = torch.zeros(len(ids), ids.shape[1], 7)
        for b in range(len(ids)):
            for t in range(ids.shape[1]):
                logits[b, t, script[b][t]] = 1.0
        return logits

    return lambda: (next_logits, torch.tensor([[2], [2], [2]]), EOS, PAD, max_len)


def texts(greedy, *inputs):
    return [" ".join(map(str, row)) for row in greedy(*inputs).tolist()]


def _row(n, tail):
    return lambda got, expected: (
        f"Your row {n} is {got[n]}, and {expected[n]} is right: {tail}"
    )


EXERCISE = Exercise(
    id="greedy-parsons",
    chapter=12,
    kind="parsons",
    title="Rows that end at different steps",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="order",
    stub="order = []",
    reference=list("BDHEAI"),
    accepts=(list("BDHAEI"),),
    proves="A row that has ended waits in padding; its end token is written itself, "
    "and the loop stops with the last row.",
    template="import torch\n" + TEMPLATE,
    lines=LINES,
    probes=(
        Probe("six", given(6), texts, "Each row ends once and is padding afterwards"),
        Probe("three", given(3), texts, "At most three tokens are written"),
        Probe(
            "together",
            given(5, TOGETHER),
            texts,
            "Rows that end in the same step all have their end token",
        ),
    ),
    mistakes=(
        Mistake(
            "finished-rows-go-on",
            list("BDEAI"),
            _row(1, "text after the end."),
            "What does a finished row do while it waits?",
            "The model answers for every row, also for one that has ended. Who keeps "
            "its answer out?",
            "The meeting goes on after one guest has left. Does he still vote?",
        ),
        Mistake(
            "done-forgets",
            list("BDHEFI"),
            _row(1, "it ends, is silent for a moment, and begins again."),
            "Who remembers that a row ended two steps ago?",
            "Your flag tells what the newest token is. After the padding it is false.",
            "A light that is on only while the door is being opened.",
        ),
        Mistake(
            "all-must-end-together",
            list("BDHEAC"),
            _row(0, "padding to the last step, although all rows have ended."),
            "In which step do all rows write their end token?",
            "You stop if all end in the same step. Rows that ended earlier write "
            "something else there.",
            "“We leave when all finish their last spoonful at once.”",
        ),
        Mistake(
            "first-end-stops-all",
            list("BDHEAK"),
            _row(2, "the first end of any row ends them all."),
            "How many rows have ended when your loop stops?",
            "One finished row is no reason to stop the others.",
            "The race is over when the first runner arrives?",
        ),
        Mistake(
            "greedy-wrong-position",
            list("GDHEAI"),
            _row(2, "the same token each time, or none."),
            "Which position has read everything?",
            "Position 0 has read the start alone, in every step.",
            "You ask the first person in the queue what the last one was told.",
        ),
        Mistake(
            "end-token-overwritten",
            list("BDAHEI"),
            _row(0, "there is no end token in it."),
            "Is a row already done in the step in which it writes its end?",
            "Two of your lines stand in an order in which the end is covered up the "
            "moment it comes.",
            "The door is shut before the last guest has gone through.",
        ),
        Mistake(
            "text-forgotten",
            list("BDHJAI"),
            _row(2, "only the newest token is left."),
            "What does the model read in the next step?",
            "The new token joins what is there. In yours it replaces it.",
            "A diary in which each day is written over the day before.",
        ),
        Mistake(
            "last-token-lost",
            list("BDHAIE"),
            _row(2, "the last token of all never arrives."),
            "What happens to the newest token when the loop is left?",
            "You leave before it is put down.",
            "The courier turns round in front of the last house.",
        ),
    ),
)
