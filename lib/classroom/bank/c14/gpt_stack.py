"""Chapter 14, faded: GPT-1's Eq. 2, from ids to logits."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
GPT-1 in three lines (its Eq. 2): $h_0 = U W_e + W_p$; $h_l = \mathrm{block}_l(h_{l-1})$
for each block; $P(u) = \mathrm{softmax}(h_n W_e^\top)$. Fill in the gaps, up to the
**logits**, before the softmax.

- `ids` (B, T); T is at most max_len, the number of rows of `W_p`
- `W_e` (V, d) and `W_p` (max_len, d): the tables of tokens and of positions
- `blocks`: functions from (B, T, d) to (B, T, d), with mask, residuals and norms inside
- returns the logits (B, T, V)
"""

STUB = """
def gpt_logits(ids, W_e, W_p, blocks):
    h = ...  # h_0, (B, T, d)
    for block in blocks:
        h = ...
    raise NotImplementedError  # and the logits, (B, T, V)
"""


def gpt_logits(ids, W_e, W_p, blocks):
    h = W_e[ids] + W_p[: ids.shape[1]]
    for block in blocks:
        h = block(h)
    return h @ W_e.T


def one_hot(ids, W_e, W_p, blocks):
    U = torch.nn.functional.one_hot(ids, len(W_e)).to(W_e.dtype)  # (B, T, V)
    h = U @ W_e + W_p[torch.arange(ids.shape[1])]
    for block in blocks:
        h = block(h)
    return torch.einsum("btd,vd->btv", h, W_e)


def stack(embed, blocks_on=None, head=None):
    """`gpt_logits` with a part replaced."""

    def wrong(ids, W_e, W_p, blocks):
        h = embed(ids, W_e, W_p)
        if blocks_on:
            h = blocks_on(h, blocks, W_p[: ids.shape[1]])
        else:
            for block in blocks:
                h = block(h)
        return head(h, W_e) if head else h @ W_e.T

    return wrong


def right(ids, W_e, W_p):
    return W_e[ids] + W_p[: ids.shape[1]]


def all_from_h0(h, blocks, _):
    out = h
    for block in blocks:
        out = block(h)
    return out


def shortcut_again(h, blocks, _):
    for block in blocks:
        h = h + block(h)
    return h


def places_again(h, blocks, places):
    for n, block in enumerate(blocks):
        h = block(h + places if n else h)
    return h


def first_block_repeated(h, blocks, _):
    for _ in blocks:
        h = blocks[0](h)
    return h


def setting(n_blocks):
    """B=3, T=4, d=5, V=7, max_len=9; blocks that differ, or one that does nothing."""

    def make():
        draw = torch.Generator().manual_seed(4)
        W_e = torch.randn(7, 5, generator=draw)
        W_p = torch.randn(9, 5, generator=draw)
        maps = torch.randn(n_blocks, 5, 5, generator=draw)
        blocks = [lambda x, A=A: torch.tanh(x.cumsum(1) @ A) + x for A in maps]
        blocks = blocks or [torch.clone]
        ids = torch.tensor([[3, 0, 6, 1], [2, 2, 5, 4], [0, 1, 6, 3]])
        return ids, W_e, W_p, blocks

    return make


def _row(got, expected):
    return (
        "With one block that passes on what it is given, your logits at position 2 of "
        "the first text are "
        f"{short(got[0, 2])}, and {short(expected[0, 2])} is right."
    )


def _deep(got, expected):
    return (
        "With one block you are right. With three, your logits at position 2 of the "
        f"first text are {short(got[0, 2])}, and {short(expected[0, 2])} is right."
    )


EXERCISE = Exercise(
    id="gpt-stack",
    chapter=14,
    kind="faded",
    title="GPT-1's second equation",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="gpt_logits",
    stub=STUB,
    reference=gpt_logits,
    accepts=(one_hot,),
    proves="Tokens and places are added once, each block reads what the one before has "
    "written, and the table that read the ids answers as well: that is all of GPT "
    "outside its blocks.",
    probes=(
        Probe(
            "silent block",
            setting(0),
            says="With a block that passes on what it is given, the logits are those "
            "of h_0",
        ),
        Probe(
            "one block",
            setting(1),
            says="With one block they are those of h_1",
        ),
        Probe(
            "three blocks",
            setting(3),
            says="Each block reads what the block before it has written",
        ),
    ),
    mistakes=(
        Mistake(
            "positions-missing",
            stack(lambda ids, W_e, W_p: W_e[ids]),
            _row,
            "Which of the two tables have you not used?",
            "h₀ is a sum. Would your logits change if the same tokens stood in another "
            "order, and there were no block?",
            "A shuffled pack of pages without numbers.",
            "silent block",
        ),
        Mistake(
            "looked-up-by-token",
            stack(lambda ids, W_e, W_p: W_e[ids] + W_p[ids]),
            _row,
            "What is a row of `W_p` chosen by: which token it is, or where it stands?",
            "The token 6 stands at position 2 of the first text. Which row of `W_p` "
            "belongs to it?",
            "Theatre seats are numbered by row, and not by the name of who sits there.",
            "silent block",
        ),
        Mistake(
            "counted-from-one",
            stack(lambda ids, W_e, W_p: W_e[ids] + W_p[1 : ids.shape[1] + 1]),
            _row,
            "Which row of `W_p` does the first token get, and which row is never used?",
            "For T = max_len, how many rows does your slice have?",
            "In some countries the ground floor is floor 0, in others floor 1.",
            "silent block",
        ),
        Mistake(
            "positions-of-the-batch",
            stack(lambda ids, W_e, W_p: W_e[ids] + W_p[: len(ids)]),
            "With 3 texts of 4 tokens, your rows of places do not fit the tokens.",
            "Along which axis of (B, T, d) do positions run?",
            "How many rows of `W_p` did you take, and how many tokens has a text? What "
            "does `len` of a tensor count?",
            "Houses are numbered along the street, not from street to street.",
            "silent block",
        ),
        Mistake(
            "whole-table-added",
            stack(lambda ids, W_e, W_p: W_e[ids] + W_p),
            "With 4 tokens, and places for 9, your sum does not fit.",
            "How many places does a text of T tokens take?",
            "Write the shapes of the two parts of the sum side by side.",
            "A row of 9 seats and 4 guests: who sits on the last five?",
            "silent block",
        ),
        Mistake(
            "embeddings-scaled",
            stack(lambda ids, W_e, W_p: W_e[ids] * 5**0.5 + W_p[: ids.shape[1]]),
            _row,
            "Where is √d in the equation?",
            "That factor belongs to another model, that of 2017. Does GPT-1's Eq. 2 "
            "have it?",
            "Two cooks, two recipes: whose is on the table?",
            "silent block",
        ),
        Mistake(
            "softmax-returned",
            stack(right, head=lambda h, W_e: (h @ W_e.T).softmax(-1)),
            lambda got, _: (
                f"Your rows sum to {short(got[0].sum(-1))}: they are probabilities."
            ),
            "Does the task ask for logits, or for what a softmax makes of them?",
            "The loss of the next section takes a softmax of its own. What would it do "
            "to these numbers?",
            "A film developed already is put into the bath again.",
            "silent block",
        ),
        Mistake(
            "last-position-only",
            stack(right, head=lambda h, W_e: h[:, -1] @ W_e.T),
            lambda got, expected: (
                f"You return shape {tuple(got.shape)}, and {tuple(expected.shape)} is "
                "right."
            ),
            "At how many positions is there a guess in training?",
            "The last row is enough to *write*. To learn, every row is compared with "
            "the token after it.",
            "A teacher who marks the last sum of the page.",
            "silent block",
        ),
        Mistake(
            "all-read-h0",
            stack(right, all_from_h0),
            _deep,
            "What does the third block read?",
            "Follow h through your loop by name. Does anyone read what the first block "
            "has written?",
            "Three editors get the same manuscript, and only the last one's copy is "
            "printed.",
            "three blocks",
        ),
        Mistake(
            "shortcut-twice",
            stack(right, shortcut_again),
            _row,
            "Where are the residual connections: inside the blocks, or in this loop?",
            "With blocks that return what they are given, your stack should change "
            "nothing. What does it do?",
            "Tax is included in the price. Is it added at the till?",
            "silent block",
        ),
        Mistake(
            "positions-in-each-block",
            stack(right, places_again),
            _deep,
            "How often are positions added in Eq. 2?",
            "Later blocks read what the first ones made of the places. Where in the "
            "equation does W_p stand?",
            "Salt goes into the soup once, and not at every stirring.",
            "three blocks",
        ),
        Mistake(
            "one-block-repeated",
            stack(right, first_block_repeated),
            _deep,
            "Which block works in the second turn of your loop?",
            "Each layer has weights of its own. Whose weights does yours use?",
            "A relay in which the first runner runs every leg.",
            "three blocks",
        ),
    ),
)
