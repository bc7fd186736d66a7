"""Chapter 4, write: cut each token's vector into one piece per head."""

import torch

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Cut each token's vector into `n_heads` pieces of equal width, in the order in which the
features stand: the first $d_k$ features for head 0, the next $d_k$ for head 1, and so
on. Each head then has a sequence of its own.

- `x` (B, T, d_model), a tensor
- returns (B, h, T, d_k), where $d_k = d_{\text{model}} / h$
- a width that `n_heads` does not divide is refused (any exception will do)

The check numbers the features so that you can read them: 1203 is *sentence 1, token 2,
feature 3*.
"""

STUB = """
def into_heads(x, n_heads):
    raise NotImplementedError
"""


def into_heads(x, n_heads):
    B, T, d_model = x.shape
    if d_model % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {d_model} features")
    return x.view(B, T, n_heads, d_model // n_heads).transpose(1, 2)


def _checked(split):
    def checked(x, n_heads):
        if x.shape[-1] % n_heads:
            raise ValueError(f"{x.shape[-1]} / {n_heads}")
        return split(x, n_heads, *x.shape, x.shape[-1] // n_heads)

    return checked


@_checked
def chunked(x, h, B, T, d, d_k):
    return torch.stack(x.chunk(h, dim=-1), dim=1)


@_checked
def turned_first(x, h, B, T, d, d_k):
    return x.transpose(1, 2).reshape(B, h, d_k, T).transpose(2, 3)


def unflattened(x, n_heads):
    return x.unflatten(-1, (n_heads, -1)).movedim(2, 1)


@_checked
def viewed(x, h, B, T, d, d_k):
    return x.reshape(B, h, T, d_k)


@_checked
def not_turned(x, h, B, T, d, d_k):
    return x.reshape(B, T, h, d_k)


@_checked
def interleaved(x, h, B, T, d, d_k):
    return x.reshape(B, T, d_k, h).permute(0, 3, 1, 2)


@_checked
def transposed_then_cut(x, h, B, T, d, d_k):
    return x.transpose(1, 2).reshape(B, h, T, d_k)


@_checked
def columns_for_tokens(x, h, B, T, d, d_k):
    return x.reshape(B, T, h, d_k).permute(0, 2, 3, 1)


@_checked
def sizes_exchanged(x, h, B, T, d, d_k):
    return x.reshape(B, T, d_k, h).transpose(1, 2)


@_checked
def heads_first(x, h, B, T, d, d_k):
    return torch.stack(x.chunk(h, dim=-1))


@_checked
def in_the_batch(x, h, B, T, d, d_k):
    return x.reshape(B, T, h, d_k).transpose(1, 2).reshape(B * h, T, d_k)


@_checked
def whole_copies(x, h, B, T, d, d_k):
    return x[:, None].repeat(1, h, 1, 1)


@_checked
def backwards(x, h, B, T, d, d_k):
    return into_heads(x, h).flip(1)


def rest_dropped(x, n_heads):
    d_k = x.shape[-1] // n_heads
    pieces = [x[..., n * d_k : (n + 1) * d_k] for n in range(n_heads)]
    return torch.stack(pieces, dim=1)


def numbered(d=12):
    """B=2, T=5; the number 1203 is sentence 1, token 2, feature 3."""

    def make():
        b, t, f = torch.arange(2.0), torch.arange(5.0), torch.arange(float(d))
        return 1000 * b[:, None, None] + 100 * t[:, None] + f, 3

    return make


ORDER = [3, 0, 4, 2, 1]


def shuffled(split, x, n_heads):
    """What is left of the difference when the tokens are shuffled and sorted back."""
    found, moved = split(x, n_heads), split(x[:, ORDER], n_heads)
    if shape(found) != (2, 3, 5, 4):
        return found
    same = (moved == found[:, :, ORDER]).all(-1)
    return {"rows that fail to move along": int((~same).sum())}


def refused(split, x, n_heads):
    try:
        got = split(x, n_heads)
    except Exception as error:
        if isinstance(error, NotImplementedError):
            raise
        return "refused"
    return f"accepted, with a result of shape {tuple(getattr(got, 'shape', ()))}"


def row(got, *at):
    """The whole numbers of a row, as far as the result has such a row."""
    try:
        return [int(n) for n in got[at].flatten()[:6]]
    except (IndexError, TypeError, AttributeError):
        return "…"


def shape(got):
    return tuple(getattr(got, "shape", ()))


EXERCISE = Exercise(
    id="split-heads",
    chapter=4,
    kind="write",
    title="Cut the vectors into heads",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="into_heads",
    stub=STUB,
    reference=into_heads,
    accepts=(chunked, turned_first, unflattened),
    proves="Every head has a piece of every token, in order and in the token's own "
    "place, and nothing is lost.",
    probes=(
        Probe(
            "shuffled tokens",
            numbered(),
            shuffled,
            says="Shuffling the tokens shuffles each head's rows in the same way",
        ),
        Probe(
            "numbered features",
            numbered(),
            says="Head n has the features from n · d_k on, of each token in turn",
        ),
        Probe(
            "does not divide",
            numbered(10),
            refused,
            says="10 features for 3 heads are refused",
        ),
    ),
    mistakes=(
        Mistake(
            "heads-view-no-transpose",
            viewed,
            lambda got, _: (
                "In sentence 0, head 0 is a sequence of 5 rows. Your second row holds "
                f"{row(got, 0, 0, 1)}: that is not token 1, but more of token 0."
            ),
            "Follow token 0's twelve numbers: in how many heads do they arrive?",
            "A new shape does not move anything: the numbers are dealt out in the "
            "order in which they lie in memory. Which axis lies next to the features?",
            "`torch.arange(6).view(3, 2)` and `torch.arange(6).view(2, 3).T` have one "
            "shape. Write both down: which of them keeps 0, 1, 2 in one column?",
            probe="numbered features",
        ),
        Mistake(
            "heads-axis-not-moved",
            not_turned,
            lambda got, _: (
                f"Your result has shape {shape(got)}: each token's pieces are right, "
                "and the axis of the heads stands behind that of the tokens."
            ),
            "In which order do you need the axes for a product of matrices per head?",
            "A product of matrices works on the last two axes and treats all others as "
            "a batch. Which two should be last here?",
            "A shelf sorted by year and then by author has each author's books in many "
            "places. To read one author from end to end, what would you sort by first?",
            probe="numbered features",
        ),
        Mistake(
            "heads-interleaved",
            interleaved,
            lambda got, _: (
                f"Head 0 of token 0 gets the features {row(got, 0, 0, 0)}: every third "
                "one, instead of neighbours."
            ),
            "Which features belong to head 0, according to the question?",
            "When an axis is cut in two, neighbours stay together along the *last* of "
            "the two new axes. Which one did you make the last?",
            "Twelve cards dealt round to 3 players, or cut into 3 piles: in the first "
            "case neighbours part. Which of the two is asked for?",
            probe="numbered features",
        ),
        Mistake(
            "heads-and-width-exchanged",
            sizes_exchanged,
            lambda got, _: (
                f"Your result has shape {shape(got)}: four heads of width 3, where "
                "three of width 4 are asked for."
            ),
            "How many heads does your result have, and how wide is each?",
            "Of the two numbers whose product is d_model, one counts pieces and one "
            "the features in a piece. Say which is which, at every axis of yours.",
            "12 eggs in 3 boxes of 4, or in 4 boxes of 3: all eggs are there, but who "
            "orders by the box gets another number.",
            probe="numbered features",
        ),
        Mistake(
            "transposed-before-cutting",
            transposed_then_cut,
            lambda got, _: (
                f"Row 0 of head 0 holds {row(got, 0, 0, 0)}: one feature of several "
                "tokens, instead of several features of one token."
            ),
            "After your first step, which axis is the last, and how long is it?",
            "You exchange tokens and features first, and then cut as if that had not "
            "happened. Write the shape behind each of your steps.",
            "A table turned on its side and then cut into strips gives strips of "
            "columns, whatever is written at the top of them.",
            probe="numbered features",
        ),
        Mistake(
            "tokens-and-features-exchanged",
            columns_for_tokens,
            lambda got, _: (
                f"Your result has shape {shape(got)}: the pieces lie on their side. "
                f"The first row of head 0 holds {row(got, 0, 0, 0)}."
            ),
            "Which axis should be the last: the tokens or the features of a head?",
            "This is the form in which the *keys* enter the product with the queries. "
            "The split itself is made for queries, keys and values alike.",
            "A register lists pupils in rows and marks in columns. Turned round it "
            "says the same, but whoever reads row 3 expects a pupil.",
            probe="numbered features",
        ),
        Mistake(
            "heads-before-batch",
            heads_first,
            lambda got, _: (
                f"Your result has shape {shape(got)}: the heads come first, the "
                "sentences second."
            ),
            "Which axis did you promise to put first?",
            "Stacking a list of tensors makes a new axis, and somebody has to say "
            "where it goes. What did you say, or who decided?",
            "Pages of 3 copies, sorted by page or by copy: the same sheets, but only "
            "one of the two piles can be stapled at once.",
            probe="numbered features",
        ),
        Mistake(
            "heads-folded-into-the-batch",
            in_the_batch,
            lambda got, _: (
                f"Your result has shape {shape(got)}: sentences and heads share one "
                "axis."
            ),
            "How does a mask for sentence 1 find its rows in your result?",
            "Some code does this for speed, and pays for it when the mask comes. Here "
            "four axes are asked for. Which step of yours is one too many?",
            "Flat numbers 0 to 5 for 2 houses of 3 floors: possible, until a letter is "
            "addressed to “the second house”.",
            probe="numbered features",
        ),
        Mistake(
            "every-head-gets-everything",
            whole_copies,
            lambda got, _: (
                f"Your result has shape {shape(got)}: each of the 3 heads has all 12 "
                "features."
            ),
            "How wide is a piece when 12 features are shared among 3 heads?",
            "Copies would triple the work of every later step. What is shared here, "
            "and what is copied?",
            "Three translators get one chapter each, or each of them the whole book. "
            "Which of the two takes as long as one translator needs for one book?",
            probe="numbered features",
        ),
        Mistake(
            "heads-backwards",
            backwards,
            lambda got, _: (
                f"Head 0 of token 0 gets {row(got, 0, 0, 0)}: that piece belongs to "
                "the last head."
            ),
            "With which feature does head 0 begin?",
            "The pieces are right, and their order is not. With weights from elsewhere "
            "each head would do another one's work.",
            "A book bound from the last sheet to the first has all its pages. What is "
            "on page 1?",
            probe="numbered features",
        ),
        Mistake(
            "head-dim-not-divisible",
            rest_dropped,
            lambda got, _: (
                f"10 features for 3 heads: {got}. The last feature is in no head."
            ),
            "10 features for 3 heads: how many does each get, and how many are left?",
            "Whole-number division drops the rest without a word. Where could you "
            "notice that there is one?",
            "“10 sweets for 3 children, 3 each” adds up only if nobody asks for the "
            "tenth. An honest till says that it does not come out even.",
            probe="does not divide",
        ),
    ),
)
