"""Chapter 1, write: pick the output at each sequence's last real step."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Sentences of different lengths share a batch: the short ones are filled up with padding
at the end, and the recurrent layer runs over the padding too. A classifier wants, for
each sentence, the output at its last *real* word. Pick it, in PyTorch.

- `outputs` (B, T, d): what a recurrent layer returned
- `lengths` (B,): how many real words each sentence has, 1 to T, whole numbers
- returns (B, d)
"""

STUB = """
def last_real_output(outputs, lengths):
    raise NotImplementedError
"""


def last_real_output(outputs, lengths):
    rows = torch.arange(len(outputs), device=outputs.device)
    return outputs[rows, lengths - 1]  # (B, d)


def gathered(outputs, lengths):
    index = (lengths - 1)[:, None, None].expand(-1, 1, outputs.shape[-1])
    return outputs.gather(1, index).squeeze(1)


def one_by_one(outputs, lengths):
    pairs = zip(outputs, lengths.tolist(), strict=True)
    return torch.stack([rows[n - 1] for rows, n in pairs])


LENGTHS = [2, 5, 3]


def numbered(steps=6):
    """Entry [b, t, k] is 100·b + t + k/10: every number says where it comes from."""
    b, t, k = torch.arange(3.0), torch.arange(float(steps)), torch.arange(4.0)
    outputs = 100 * b[:, None, None] + t[:, None] + k / 10  # (3, steps, 4)
    return outputs, torch.tensor(LENGTHS)


def padded_more(pick, outputs, lengths):
    longer = torch.cat([outputs, torch.full((3, 3, 4), -7.0)], dim=1)
    return pick(longer, lengths) - pick(outputs, lengths)


def random():
    return torch.randn(4, 7, 3), torch.tensor([6, 1, 4, 2])


def _steps(got):
    """Which step each row was taken from, read off the numbers."""
    return short((got[:, 0] % 100).round())


TASK = f"On a batch with lengths {LENGTHS} and T = 6, "
STEPS = "counting from 0, you return steps "

EXERCISE = Exercise(
    id="last-real-output",
    chapter=1,
    kind="write",
    title="The last real output",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="last_real_output",
    stub=STUB,
    reference=last_real_output,
    accepts=(gathered, one_by_one),
    proves="Each sentence gets the output at its own last word, and neither more "
    "padding nor the sentences beside it change that.",
    probes=(
        Probe(
            "numbered",
            numbered,
            says="Every sentence gets the output at its own last real step",
        ),
        Probe(
            "a full row",
            lambda: numbered(5),
            says="Where one sentence fills the whole width, every sentence still gets "
            "its own last real step",
        ),
        Probe(
            "more padding",
            numbered,
            padded_more,
            says="Three more steps of padding change nothing",
        ),
        Probe(
            "random",
            random,
            says="On random outputs too, every sentence gets its own last real step",
        ),
    ),
    mistakes=(
        Mistake(
            "first-output",
            lambda outputs, lengths: outputs[:, 0],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: the first word's, for every sentence."
            ),
            "Which words has the state seen after the first step?",
            "A recurrent network reads from the left, and its state grows richer with "
            "every word. Which step has seen the whole sentence?",
            "A reader asked for a verdict after the first page of a novel has little "
            "to say. After which page would you ask?",
        ),
        Mistake(
            "one-too-early",
            lambda outputs, lengths: outputs[torch.arange(len(outputs)), lengths - 2],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: the word before the last, each time."
            ),
            "A sentence has 2 words. What number does its second word have?",
            "Counting from 0 has to be allowed for once. And where does a sentence of "
            "one word lead in your version?",
            "A street with 5 houses numbered 0 to 4: whoever subtracts 1 because of "
            "the 0, and once more to be safe, rings at house 3. Who lives at the end?",
        ),
        Mistake(
            "rnn-last-output-is-pad",
            lambda outputs, lengths: outputs[:, -1],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: padding, for every sentence here."
            ),
            "Which time step does −1 name for the shortest sentence?",
            "Nothing fails: the network runs over the padding and its state drifts "
            "on. So a sentence's answer depends on how long its neighbours are. Look "
            "for an argument that you have not used.",
            "Three films of 90, 120 and 100 minutes on tapes of 180: whoever watches "
            "the last minute of each tape sees snow three times. What must be known "
            "about each film to see its last scene?",
        ),
        Mistake(
            "length-as-index",
            lambda outputs, lengths: outputs[torch.arange(len(outputs)), lengths],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}. And where a sentence fills the "
                "whole width, there is no such step."
            ),
            "A sentence has 2 words. What number does its second word have?",
            "Lengths count from 1. What do places count from?",
            "A street with 5 houses numbered 0 to 4: asking for house 5 leads into the "
            "field behind. Which house is the last?",
        ),
        Mistake(
            "length-as-index-clamped",
            lambda outputs, lengths: outputs[
                torch.arange(len(outputs)), lengths.clamp(max=outputs.shape[1] - 1)
            ],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: one late, except where the clamp "
                "holds it back."
            ),
            "What was the error that made the clamp necessary, and whom did it accuse?",
            "The clamp silenced an index beyond the end. An index that is beyond the "
            "end for the longest sentence is wrong for the others too, just not "
            "loudly.",
            "A clock five minutes fast, set never to show more than 12:00, is right at "
            "noon. And at 9?",
        ),
        Mistake(
            "longest-for-all",
            lambda outputs, lengths: outputs[:, lengths.max() - 1],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: the same step for every sentence."
            ),
            "Whose last word is that, and whose is it not?",
            "One number for the whole batch can be right for one sentence. How many "
            "numbers does the task need?",
            "Runners finish after 2, 5 and 3 laps. A photograph of all three at lap 5 "
            "shows one at the finish and two in the shower. How many photographs?",
        ),
        Mistake(
            "first-length-for-all",
            lambda outputs, lengths: outputs[:, lengths[0] - 1],
            lambda got, _: (
                f"{TASK}{STEPS}{_steps(got)}: right for the first sentence, "
                "and the same for all the others."
            ),
            "With a batch of one, every version looks right. What changes with three?",
            "Follow `lengths` through your line: how many of its entries are read?",
            "A teacher who marks every paper with the first pupil's key gives one fair "
            "mark. Which index has to move along with the pupil?",
        ),
        Mistake(
            "batch-time-mixup",
            lambda outputs, lengths: outputs[lengths - 1, torch.arange(len(lengths))],
            "The two axes are mixed up: you use a sentence's length to choose the "
            "*sentence*, and its place in the batch to choose the step. On a batch of "
            "3 with lengths [2, 5, 3] that asks for sentence 4, which does not exist.",
            "Which axis of `outputs` counts sentences, and which counts steps?",
            "Many layers, and older code, put time first. Write the name of each axis "
            "under the brackets of your line.",
            "A cinema seat “row 3, place 12”: read the other way round it is row 12, "
            "place 3, and in a small cinema there is no row 12. Which of your two "
            "numbers is the row?",
        ),
        Mistake(
            "all-pairs-indexed",
            lambda outputs, lengths: outputs[:, lengths - 1],
            lambda got, _: (
                f"{TASK}you return shape {tuple(got.shape)}: every sentence at "
                "*every* sentence's last step. One answer for each sentence is wanted."
            ),
            "For sentence 0, whose lengths did you use?",
            "A colon says “all of them”. A list of indices beside it says “these "
            "steps, for all of them”. You want the sentences and the steps to go in "
            "pairs.",
            "With A of shape (3, 3), `A[:, [0, 1, 2]]` is all nine entries, and "
            "`A[[0, 1, 2], [0, 1, 2]]` the three on the diagonal. What is the "
            "difference between the two brackets?",
        ),
        Mistake(
            "mean-with-padding",
            lambda outputs, lengths: outputs.mean(1),
            lambda got, _: (
                f"{TASK}you return {short(got[0, 0])} for the first sentence: "
                "the mean over all 6 steps, padding included."
            ),
            "Does the padding deserve a say?",
            "An average over time is a fine feature, of another kind, and it needs the "
            "lengths as well. Here one step per sentence is asked for.",
            "Marks 5 and 3, and four exams not yet written, counted as 0: the mean is "
            "1.33. What would the pupil say, and what was the last mark?",
        ),
        Mistake(
            "mean-of-real-steps",
            lambda outputs, lengths: torch.stack(
                [o[:n].mean(0) for o, n in zip(outputs, lengths.tolist(), strict=True)]
            ),
            lambda got, _: (
                f"{TASK}you return {short(got[0, 0])} for the first sentence: "
                "the mean of its real steps, 0 and 1. The padding is out, rightly."
            ),
            "Was a summary of all words asked for, or the state after the last?",
            "A recurrent network's last output has already seen every word before it. "
            "Read the task's first paragraph again.",
            "A bank account's statement: the average balance of the month, and the "
            "balance on the last day. Both are useful; they are two numbers.",
        ),
        Mistake(
            "largest-over-real-steps",
            lambda outputs, lengths: torch.stack(
                [o[:n].amax(0) for o, n in zip(outputs, lengths.tolist(), strict=True)]
            ),
            lambda got, want: (
                f"On random outputs you return {short(got[0])} for the first sentence, "
                f"and at its last real step stands {short(want[0])}: yours is the "
                "largest value of each feature. The padding is out, rightly."
            ),
            "Can one step be the largest in every one of the d features?",
            "The largest value over time picks a step for each feature by itself. The "
            "task asks for one step, whole.",
            "The warmest, the wettest and the windiest day of a week may be three "
            "days. Sunday's weather is another report. Which one is asked for?",
            probe="random",
        ),
        Mistake(
            "largest-over-time",
            lambda outputs, lengths: outputs.amax(1),
            lambda got, _: (
                f"{TASK}your first row comes from step {_steps(got)[1]}, and "
                "on random outputs your result mixes entries of several steps."
            ),
            "Can one step be the largest in every one of the d features?",
            "The largest value over time picks a step for each feature by itself, and "
            "the padding takes part. The task asks for one step, whole.",
            "Best jump, best throw and best run of a season may come from three days. "
            "The result of the last day is another list. Which one is asked for?",
        ),
    ),
)
