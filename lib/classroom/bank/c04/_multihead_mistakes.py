"""The known mistakes of "multihead", with their hints."""

from typing import Any

from ...exercises.model import Mistake
from . import _multihead_wrong as wrong
from ._multihead_weights import VALUES, begins, first, moved
from ._multihead_weights import mistakes as weights_mistakes
from ._multihead_wrong import block

SPLIT = {
    "symptom": lambda got, _: (
        f"When the queries are shuffled, {moved(got)} of your 10 output rows fail to "
        "move along: the heads do not get one piece of each token."
    ),
    "question": "Follow token 0's twelve numbers: in how many heads do they arrive?",
    "pointer": "`torch.arange(60).reshape(1, 5, 12)` is a sentence of 5 tokens. Send "
    "it through your split, and look at head 0.",
    "neighbour": "A list of 4 couples, cut in two by position, gives 2 couples each; "
    "men and women are separated only if you first say which axis is which.",
    "probe": "shuffled queries",
}
ORIENTATION = {
    "symptom": lambda got, expected: (
        f"{begins(got, expected)}. Your output has the right shape and size, because "
        "the matrices are square."
    ),
    "question": "Which axis of the matrix is as long as the input, if it is not "
    "square?",
    "pointer": "`nn.Linear` stores (out, in), and the question says how its matrices "
    "are used. A square matrix takes either without complaint.",
    "neighbour": "A table of prices by shop (rows) and by fruit (columns): with as "
    "many shops as fruits, a shopping list can be laid along the wrong side.",
    "probe": VALUES,
}
AVERAGED: dict[str, Any] = {
    "question": "Is a committee's report the average of its pages?",
    "pointer": "What the heads found is added up before W^O sees it. After that no "
    "matrix can treat two heads differently.",
    "neighbour": "Length 4 m and width 2 m average to 3 m. Can you still find the "
    "area?",
}


def mistakes():
    yield Mistake("heads-view-no-transpose", block(cut=wrong.viewed), **SPLIT)
    yield Mistake(
        "heads-view-at-both-ends",
        block(cut=wrong.viewed, join=wrong.reshaped),
        lambda got, expected: (
            f"When the queries are shuffled, {moved(got)} of your 10 output rows fail "
            "to move along. Your merge undoes your split, so nothing looks amiss."
        ),
        "Which tokens' numbers does head 0 see?",
        "Split and merge are each other's inverse, and still both are wrong: what is "
        "in between? Send `torch.arange(60).reshape(1, 5, 12)` through the split.",
        "A deck is dealt into the wrong hands and collected in the same order: the "
        "deck is as before, and the game was another one.",
        probe="shuffled queries",
    )
    yield Mistake(
        "heads-merge-no-transpose",
        block(join=wrong.reshaped),
        lambda got, _: (
            f"When the queries are shuffled, {moved(got)} of your 10 output rows fail "
            "to move along: a row holds pieces of several tokens."
        ),
        "After the merge, whose numbers stand in row 0?",
        "Your heads are right. (B, h, T, d_k) becomes (B, T, h·d_k): which axes are "
        "joined, and do they stand side by side before that?",
        "Three choirs sing five songs. Recorded choir by choir, and cut into five "
        "equal parts, does each part hold one song?",
        probe="shuffled queries",
    )
    yield Mistake(
        "contiguous-crash",
        block(join=wrong.crashing),
        "Your axes are in the right order. torch refuses to show them in a new shape "
        "without copying.",
        "The error is about memory order. Is leaving the axes as they were an answer?",
        "Without the exchange of axes the error goes away, and the result is wrong "
        "without a word. Which function may copy if it must?",
        "`torch.arange(6).view(2, 3).T` has the order 0, 3, 1, 4, 2, 5, and in memory "
        "lies 0, 1, 2, 3, 4, 5. To have the first order in one row, what must happen?",
    )
    yield Mistake(
        "heads-interleaved",
        block(cut=wrong.dealt, join=wrong.in_turn),
        lambda got, expected: (
            f"{begins(got, expected)}. Your head 0 works with columns 0, 3, 6 and 9."
        ),
        "Which columns of `w_q` belong to head 0, according to the question?",
        "When an axis is cut in two, neighbours stay together along the last of the "
        "new axes. Is your last one the head, or the place in the head?",
        "Twelve cards dealt round to 3 players, or cut into 3 piles: both are fair, "
        "but only one keeps neighbours together.",
        probe=VALUES,
    )
    yield Mistake(
        "heads-split-interleaved",
        block(cut=wrong.dealt),
        lambda got, expected: (
            f"{begins(got, expected)}. Your head 0 works with columns 0, 3, 6 and 9, "
            "and your merge puts its four results side by side."
        ),
        "Which columns of `w_q` belong to head 0, according to the question?",
        "Your split and your merge do not undo each other. Send "
        "`torch.arange(60).reshape(1, 5, 12)` through both.",
        "Twelve cards dealt round to 3 players, and then collected pile by pile: is "
        "the deck in its old order?",
        probe=VALUES,
    )
    yield Mistake(
        "heads-merged-interleaved",
        block(join=wrong.in_turn),
        lambda got, expected: (
            f"{begins(got, expected)}. Every row of W^O meets a number meant for "
            "another one."
        ),
        "Which head's four numbers meet the first four rows of `w_o`?",
        "Where two axes are joined, the last runs fastest. Which of your two is last?",
        "Three lists, read one after the other or one line of each in turn: the same "
        "entries, but number 2 is another one.",
        probe=VALUES,
    )
    for name, pool in (("mean", "mean"), ("sum", "sum")):
        yield Mistake(
            f"heads-{name}-repeated",
            block(
                join=lambda x, pool=pool: getattr(x, pool)(1).repeat(1, 1, x.shape[1])
            ),
            lambda got, expected: (
                f"{begins(got, expected)}. A head whose rows of `w_o` are 0 still "
                "reaches your output, through the rows of the others."
            ),
            probe=VALUES,
            **AVERAGED,
        )
        yield Mistake(
            f"heads-{name}-in-one-block",
            block(
                join=lambda x, pool=pool: getattr(x, pool)(1),
                out=lambda x, w: x @ w[: x.shape[-1]],
            ),
            lambda got, expected: (
                f"{begins(got, expected)}. All your heads go through the first four "
                "rows of `w_o`, and nothing through the other eight."
            ),
            probe=VALUES,
            **AVERAGED,
        )
    yield Mistake(
        "heads-averaged",
        block(join=lambda x: x.mean(1)),
        "What reaches your W^O has 4 numbers per token, and W^O waits for 12: the "
        "heads were averaged, or added up.",
        **AVERAGED,
    )
    for name, divisor in (
        ("", lambda d, d_k: d_k**0.5),
        ("-no-scale", lambda d, d_k: 1.0),
        ("-scale-d-model", lambda d, d_k: d**0.5),
        ("-scale-d-not-sqrt", lambda d, d_k: d_k),
    ):
        yield Mistake(
            f"no-output-projection{name}",
            block(out=lambda joined, w_o: joined, divisor=divisor),
            lambda got, _: (
                f"With zeros for `w_o` your first row begins {first(got)}, and not "
                "with zeros."
            ),
            "After concatenation the heads lie in separate drawers. What lets them "
            "mix?",
            "One of your arguments has no effect. Compare your last line with the "
            "formula.",
            "Three witnesses write one column each. Who makes one report of the three?",
            probe="w_o is zero",
        )
    yield Mistake(
        "one-projection-for-all-heads",
        wrong.narrow,
        lambda got, expected: (
            f"{begins(got, expected)}. All your heads share one matrix of 4 × 4, and "
            "the rest of `w_q`, `w_k` and `w_v` is not read."
        ),
        "Can head 2 read feature 0?",
        "You cut the tokens first and project the pieces. What does a head then know "
        "of the other pieces?",
        "Three doctors see one third of the X-ray each, through the same lens. Three "
        "lenses and the whole picture would be something else.",
        probe=VALUES,
    )
    yield Mistake(
        "heads-read-their-slice-only",
        wrong.own_slice,
        lambda got, expected: (
            f"{begins(got, expected)}. Each of your heads reads four features; in the "
            "formula each reads all twelve."
        ),
        "Can head 2 read feature 0?",
        "W_i has 12 rows and 4 columns. Which of the two sides do you cut as well?",
        "Three critics may write 4 lines each about a film. Must each of them leave "
        "after a third of it?",
        probe=VALUES,
    )
    yield Mistake(
        "n-heads-ignored",
        wrong.one_wide_head,
        lambda got, expected: (
            f"{begins(got, expected)}: the answer of one head of width 12."
        ),
        "How many different averages can one query take in your function?",
        "`n_heads` leaves no trace in your result. Where do the vectors fall apart "
        "into pieces?",
        "One person with three notebooks is not three people: the three notes were "
        "made with one attention.",
        probe=VALUES,
    )
    yield Mistake(
        "qkv-chunk-order",
        block(matrices=lambda q, k, v, o: (q, v, k, o)),
        lambda got, _: (
            f"With zeros for `w_v` your first row begins {first(got)}, and not with "
            "zeros."
        ),
        "Which of the matrices should make all keys equally attractive when it is 0?",
        "Two of the three do each other's work. In training from scratch nobody would "
        "notice; with given weights it matters.",
        "Salt and sugar, in each other's jars: whoever fills the jars at home can live "
        "with it. And with a recipe from elsewhere?",
        probe="w_v is zero",
    )
    yield Mistake(
        "query-and-key-matrices-exchanged",
        block(matrices=lambda q, k, v, o: (k, q, v, o)),
        lambda got, expected: (
            f"{begins(got, expected)}. With zeros for any one matrix you are right."
        ),
        "Which matrix do the queries go through?",
        "Two names have changed places. With a zero for one of the two the scores are "
        "0 in any case; otherwise they differ.",
        "A from B to C is not A from C to B: a table of distances by one-way streets.",
        probe=VALUES,
    )
    yield Mistake(
        "einsum-weight-orientation",
        block(matrices=lambda *w: tuple(x.T for x in w)),
        **ORIENTATION,
    )
    yield Mistake(
        "qkv-orientation",
        block(matrices=lambda q, k, v, o: (q.T, k.T, v.T, o)),
        **ORIENTATION,
    )
    yield Mistake(
        "w-o-orientation",
        block(matrices=lambda q, k, v, o: (q, k, v, o.T)),
        **ORIENTATION,
    )
    yield Mistake(
        "value-is-key",
        block(averaged=lambda k, v: k),
        lambda got, _: (
            f"With zeros for `w_v` your first row begins {first(got)}, and not with "
            "zeros."
        ),
        "What is compared, and what is handed over?",
        "Follow `value` through your function: does it reach the output?",
        "In a library you compare titles, and take home a book. What do you take home?",
        probe="w_v is zero",
    )
    yield Mistake(
        "keys-and-values-exchanged",
        block(compared=lambda k, v: v, averaged=lambda k, v: k),
        lambda got, _: (
            f"With zeros for `w_k` your first row begins {first(got)}, and the values "
            "are still there to be averaged."
        ),
        "What is compared, and what is handed over?",
        "Follow `value` through your function: in which of the two products does it "
        "take part?",
        "In a library you compare titles, and take home a book. Who compares books and "
        "takes home a title?",
        probe="w_k is zero",
    )
    for name, read, text in (
        ("value-argument-unused", lambda q, k, v: (q, k, k), "`value` is"),
        ("self-attention-only", lambda q, k, v: (q, q, q), "`key` and `value` are"),
    ):
        yield Mistake(
            name,
            block(read=read),
            lambda got, expected, text=text: (
                f"{begins(got, expected)}. In your function {text} never read."
            ),
            "Of the three inputs, which ones change your output?",
            "In self-attention the three are one tensor, so one name would do. Here "
            "they are three, and T is not S.",
            "Three letters arrive with different contents. Whoever opens one of them "
            "three times knows one.",
            probe=VALUES,
        )
    yield Mistake(
        "head-dim-not-divisible",
        wrong.rest_dropped,
        lambda got, _: f"10 features for 3 heads: {got}. One feature is in no head.",
        "10 features for 3 heads: how many does each get, and how many are left?",
        "Whole-number division drops the rest without a word. Where could you notice "
        "that there is one?",
        "“10 sweets for 3 children, 3 each” adds up only if nobody asks for the tenth.",
        probe="does not divide",
    )


MISTAKES = (*mistakes(), *weights_mistakes())
