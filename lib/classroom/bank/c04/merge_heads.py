"""Chapter 4, faded: put the heads side by side again, and let them mix."""

import torch

from ...exercises.model import Exercise, Mistake, Probe
from .split_heads import ORDER, row, shape

QUESTION = r"""
Each head has averaged its values. Put the heads' results of each token side by side,
head 0 first, and multiply by $W^O$. The sizes are given; write the rest.

- `heads` (B, h, T, d_k)
- `w_o` (h·d_k, d_out), used as `concatenated @ w_o`
- returns (B, T, d_out)

In some of the checks `w_o` is the identity, and the numbers can be read: 1203 stands at
*sentence 1, token 2, place 3 of the concatenation*.
"""

STUB = """
def from_heads(heads, w_o):
    B, h, T, d_k = heads.shape
    raise NotImplementedError  # side by side; then mixed
"""


def from_heads(heads, w_o):
    B, h, T, d_k = heads.shape
    concatenated = heads.transpose(1, 2).reshape(B, T, h * d_k)
    return concatenated @ w_o


def concatenated_by_cat(heads, w_o):
    return torch.cat(heads.unbind(1), dim=-1) @ w_o


def block_by_block(heads, w_o):
    blocks = w_o.chunk(heads.shape[1])
    pairs = zip(heads.unbind(1), blocks, strict=True)
    return torch.stack([head @ block for head, block in pairs]).sum(0)


def by_einsum(heads, w_o):
    blocks = w_o.unflatten(0, (heads.shape[1], -1))
    return torch.einsum("bhtk,hko->bto", heads, blocks)


def made_contiguous(heads, w_o):
    B, h, T, d_k = heads.shape
    return heads.transpose(1, 2).contiguous().view(B, T, h * d_k) @ w_o


def reshaped(heads, w_o):
    B, h, T, d_k = heads.shape
    return heads.reshape(B, T, h * d_k) @ w_o


def crashing(heads, w_o):
    B, h, T, d_k = heads.shape
    return heads.transpose(1, 2).view(B, T, h * d_k) @ w_o


def interleaved(heads, w_o):
    return heads.permute(0, 2, 3, 1).flatten(2) @ w_o


def last_axes_exchanged(heads, w_o):
    B, h, T, d_k = heads.shape
    return heads.transpose(2, 3).reshape(B, T, h * d_k) @ w_o


def not_projected(heads, w_o):
    return heads.transpose(1, 2).flatten(2)


def turned(heads, w_o):
    return heads.transpose(1, 2).flatten(2) @ w_o.T


def averaged(heads, w_o):
    return heads.mean(dim=1) @ w_o


def averaged_and_repeated(heads, w_o):
    return heads.mean(dim=1).repeat(1, 1, heads.shape[1]) @ w_o


def summed_and_repeated(heads, w_o):
    return heads.sum(dim=1).repeat(1, 1, heads.shape[1]) @ w_o


def one_block_for_all(heads, w_o):
    return heads.sum(dim=1) @ w_o[: heads.shape[-1]]


def mean_in_one_block(heads, w_o):
    return heads.mean(dim=1) @ w_o[: heads.shape[-1]]


def numbered():
    """B=2, h=3, T=5, d_k=4; 1203 is sentence 1, token 2, place 3."""
    b, t, f = torch.arange(2.0), torch.arange(5.0), torch.arange(12.0)
    whole = 1000 * b[:, None, None] + 100 * t[:, None] + f
    return torch.stack(whole.split(4, dim=-1), dim=1), torch.eye(12)


def sizes():
    return torch.randn(2, 3, 5, 4), torch.randn(12, 6)


def shuffled(merge, heads, w_o):
    """Whether the result's rows move along when the tokens are shuffled."""
    found, moved = merge(heads, w_o), merge(heads[:, :, ORDER], w_o)
    if shape(found) != (2, 5, 12):
        return found
    same = (moved == found[:, ORDER]).all(-1)
    return {"rows that fail to move along": int((~same).sum())}


def one_head_silent(merge, heads, w_o):
    """What changes when head 1's rows of w_o are set to zero."""
    w_o = w_o.clone()
    w_o[4:8] = 0.0
    quiet = heads.clone()
    quiet[:, 1] = 0.0
    return merge(heads, w_o) - merge(quiet, w_o)


READABLE = "With the identity for `w_o`, token 1 of sentence 0 "
MEAN = {
    "symptom": lambda got, _: (
        f"{READABLE}comes out as {row(got, 0, 1)}, and the three heads had 100 to 111 "
        "between them: each had four numbers of its own."
    ),
    "question": "Is a committee's report the average of its pages?",
    "pointer": "Adding the heads up before they are mixed forgets which head said "
    "what, so that no matrix afterwards can treat them differently.",
    "neighbour": "Height 180 and weight 75 average to 127.5. Which of the two can be "
    "read from it, and which from the pair (180, 75)?",
    "probe": "numbered features",
}

EXERCISE = Exercise(
    id="merge-heads",
    chapter=4,
    kind="faded",
    title="Merge the heads",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="from_heads",
    stub=STUB,
    reference=from_heads,
    accepts=(concatenated_by_cat, block_by_block, by_einsum, made_contiguous),
    proves="Each token gets the results of its own heads, in order, and every head "
    "reaches the output through its own rows of W^O.",
    probes=(
        Probe(
            "shuffled tokens",
            numbered,
            shuffled,
            says="Shuffling the tokens in all heads shuffles the result's rows alike",
        ),
        Probe(
            "numbered features",
            numbered,
            says="With the identity for w_o, token t's row holds what the heads have "
            "for token t, head 0 first",
        ),
        Probe("sizes", sizes, says="The concatenation is multiplied by w_o"),
        Probe(
            "one head unread",
            sizes,
            one_head_silent,
            says="Where head 1's rows of w_o are 0, head 1 changes nothing",
        ),
        Probe(
            "w_o is zero",
            lambda: (sizes()[0], torch.zeros(12, 6)),
            says="With zeros for w_o the output is 0",
        ),
    ),
    mistakes=(
        Mistake(
            "heads-merge-no-transpose",
            reshaped,
            lambda got, _: (
                f"{READABLE}comes out as {row(got, 0, 1)}: that is head 0 of several "
                "tokens, instead of all heads of one."
            ),
            "After the merge, whose numbers stand in row 0?",
            "A new shape deals the numbers out in the order of memory. In (B, h, T, "
            "d_k), what lies next to a head's piece of token 0?",
            "Three newspapers printed one after the other, then bound in threes: each "
            "volume has three issues of one paper. To bind by day, what comes first?",
            probe="numbered features",
        ),
        Mistake(
            "contiguous-crash",
            crashing,
            "The order of your axes is right. But torch can show the numbers in a new "
            "shape without copying only if they lie in that order in memory.",
            "The error is about memory order. Is leaving the axes as they were an "
            "answer?",
            "The error goes away too if the axes are not exchanged, and then the "
            "result is wrong without a word. Which function may copy if it must?",
            "`torch.arange(6).view(2, 3).T` can be read column by column, but no "
            "single stride walks through it as 0, 3, 1, 4, 2, 5. What must be done to "
            "have these six in a row?",
        ),
        Mistake(
            "heads-merged-interleaved",
            interleaved,
            lambda got, _: (
                f"{READABLE}comes out as {row(got, 0, 1)}: one number of each head in "
                "turn."
            ),
            "Which head's four numbers should come first?",
            "Where two axes are joined, the last one runs fastest. Which of heads and "
            "features is the last of yours?",
            "The words of three speakers, word by word in turn, or speech after "
            "speech: both records are complete. Which one is a concatenation?",
            probe="numbered features",
        ),
        Mistake(
            "wrong-axes-exchanged",
            last_axes_exchanged,
            lambda got, _: (
                f"{READABLE}comes out as {row(got, 0, 1)}: one feature, of one token "
                "after the other."
            ),
            "Which two axes have to stand side by side to be joined into one?",
            "You exchange two axes, and then join others than those you meant. Write "
            "the names of the axes down after each step.",
            "To hang coats by owner you must first know which row lists the owners. "
            "Turning the hangers round does not sort them.",
            probe="numbered features",
        ),
        Mistake(
            "no-output-projection",
            not_projected,
            lambda got, _: (
                f"With a `w_o` of 12 rows and 6 columns your result has shape "
                f"{shape(got)}: `w_o` is never read."
            ),
            "After concatenation the heads lie in separate drawers. What lets them "
            "mix?",
            "One of the two arguments has no effect in your function. What would the "
            "output have to be if all its numbers were 0?",
            "Three experts write one column each on one sheet. Who turns the columns "
            "into one opinion?",
            probe="sizes",
        ),
        Mistake(
            "w-o-orientation",
            turned,
            "With the identity for `w_o` you are right. With a `w_o` of 12 rows and 6 "
            "columns torch refuses your product.",
            "Which axis of `w_o` is as long as a row of the concatenation?",
            "`nn.Linear` stores its matrix as (out, in). How does the question say "
            "that `w_o` is stored?",
            "A dictionary from German to English is no dictionary from English to "
            "German, though a word that is the same in both does not show it.",
            probe="sizes",
        ),
        Mistake(
            "heads-averaged",
            averaged,
            "Your average over the heads has 4 numbers per token, and `w_o` waits for "
            "12. (The same error follows from a sum.)",
            "Is a committee's report the average of its pages?",
            "The sizes tell it: `w_o` has one row for each number of *each* head. What "
            "operation gives as many?",
            "Height 180 and weight 75 average to 127.5. Which of the two can be read "
            "from it, and which from the pair (180, 75)?",
        ),
        Mistake("heads-averaged-then-repeated", averaged_and_repeated, **MEAN),
        Mistake("heads-summed-then-repeated", summed_and_repeated, **MEAN),
        Mistake(
            "one-block-for-all-heads",
            one_block_for_all,
            lambda got, _: (
                f"{READABLE}comes out as {row(got, 0, 1)}: the sum of the heads in the "
                "first four places, and nothing in the other eight."
            ),
            "Which rows of `w_o` does your head 2 go through?",
            "A sum over heads can be right, if each head has first gone through its "
            "own rows. Yours all go through the same four.",
            "Three keys, three locks: whoever tries all keys in the first lock has "
            "not opened three doors.",
            probe="numbered features",
        ),
        Mistake(
            "mean-in-one-block",
            mean_in_one_block,
            lambda got, _: (
                f"{READABLE}comes out as {row(got, 0, 1)}: an average of the heads in "
                "the first four places, and nothing in the other eight."
            ),
            "What do the last eight rows of `w_o` do in your function?",
            "The slice makes the sizes agree; it does not make the numbers right. How "
            "many numbers per token do three heads have?",
            "A parcel too large for the box fits once two thirds of it are left out.",
            probe="numbered features",
        ),
    ),
)
