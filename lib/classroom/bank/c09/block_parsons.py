"""Chapter 9, Parsons: a post-norm block, as it was published."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Put the lines of an encoder block in order, as it was published, with the norm behind
each addition (**post-norm**), $x \leftarrow \mathrm{LN}(x + \mathrm{Dropout}
(\mathrm{sublayer}(x)))$; some lines do not belong.

`x` is (B, T, d); all others are functions of one tensor of that shape. `norm_1` goes
with attention.

Answer with a list of labels such as `["A", "B"]`.
"""

TEMPLATE = """
def encoder_block(x, attend, feed_forward, norm_1, norm_2, dropout):
    {lines}
    return x
"""

LINES = {
    "A": "x = norm_2(f)",
    "B": "x = norm_1(x + a)",
    "C": "a = attend(norm_1(x))",
    "D": "f = feed_forward(x)",
    "E": "x = x + a",
    "F": "f = dropout(f)",
    "G": "x = x + norm_1(a)",
    "H": "a = attend(x)",
    "I": "f = feed_forward(norm_2(x))",
    "J": "x = norm_2(x + f)",
    "K": "x = x + f",
    "L": "a = dropout(a)",
    "M": "x = norm_1(a)",
    "N": "f = feed_forward(a)",
    "O": "x = x + norm_2(f)",
    "P": "x = dropout(x)",
}


def norm(gain):
    def normalise(x):
        centred = x - x.mean(-1, keepdim=True)
        return gain * centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()

    return normalise


def attention(x):
    return x.cumsum(1) / torch.arange(1.0, x.shape[1] + 1)[:, None]


def bend(x):
    return (x + 0.5 * x.roll(1, -1)).relu() - 0.3


def one_dropped(x):
    """A dropout whose result can be foretold: always feature 3, of 5."""
    return 1.25 * x * torch.tensor([1.0, 1.0, 1.0, 0.0, 1.0])


def inputs(silent=False):
    """B=2, T=3, d=5."""

    def make():
        x = 4 * torch.randn(2, 3, 5) + 1
        parts = (torch.zeros_like,) * 2 if silent else (attention, bend)
        return (x, *parts, norm(0.7), norm(1.8), one_dropped)

    return make


def calls(block, x, attend, feed_forward, *others):
    """The sub-layers' names in the order in which they are called."""
    names = []

    def noted(name, function):
        def call(given):
            names.append(name)
            return function(given)

        return call

    block(x, noted("attend", attend), noted("feed_forward", feed_forward), *others)
    return {"order": ", ".join(names)}


def sizes(block, *given):
    """Mean square of each token: 1.8² behind the last norm."""
    return block(*given).square().mean(-1)


def _row(got):
    return short(got[0, 2]) if getattr(got, "ndim", 0) == 3 else "…"


def _silent(got, expected):
    return (
        "With two sub-layers that return zeros, the last token comes out as "
        f"{_row(got)}, and {_row(expected)} is right"
    )


def _symptom(tail):
    return lambda got, expected: f"{_silent(got, expected)}: {tail}"


def _both(tail):
    return lambda got, expected: (
        f"The last token comes out as {_row(got)}, and {_row(expected)} is right: "
        f"{tail}"
    )


EXERCISE = Exercise(
    id="block-parsons",
    chapter=9,
    kind="parsons",
    title="A block as it was published",
    question=QUESTION,
    difficulty=2,
    minutes=7,
    name="order",
    stub="order = []",
    reference=list("HLBDFJ"),
    proves="Attention, dropout, addition, norm; feed-forward, dropout, addition, norm. "
    "What leaves the block has just been normalised, and no raw x passes.",
    template=TEMPLATE,
    lines=LINES,
    probes=(
        Probe(
            "silent",
            inputs(silent=True),
            says="With silent sub-layers the block is norm_2(norm_1(x))",
        ),
        Probe(
            "sizes",
            inputs(),
            sizes,
            "What leaves the block has just been normalised",
        ),
        Probe(
            "calls",
            inputs(),
            calls,
            "Attention is called first, then the feed-forward network, each once",
        ),
        Probe("outputs", inputs(), says="The output is that of the formula"),
    ),
    mistakes=(
        Mistake(
            "pre-vs-post-norm",
            list("CLEIFK"),
            _symptom("x itself. Yours is a pre-norm block."),
            "Does a norm stand on the shortcut, or in front of the sub-layers?",
            "Pre-norm is a sound block, and the form of most later models. The formula "
            "above has the norm around the sum.",
            "Both “wash, then cook” and “cook, then wash up” are orders in a kitchen. "
            "Which one was ordered?",
            probe="silent",
        ),
        Mistake(
            "residual-missing",
            list("HLMDFA"),
            _symptom("of x nothing is left."),
            "If attention says nothing, what should come out?",
            "In the formula there are two things inside the norm. Which of your lines "
            "keeps the old x?",
            "An editor without remarks returns the manuscript, not a blank page.",
            probe="silent",
        ),
        Mistake(
            "residual-missing-at-attention",
            list("HLMDFJ"),
            _symptom("of x nothing is left."),
            "Which of the two additions is missing?",
            "Each sub-layer has a shortcut of its own. Compare your third line with "
            "your last one.",
            "A bridge with one of its two spans.",
            probe="silent",
        ),
        Mistake(
            "residual-missing-at-feed-forward",
            list("HLBDFA"),
            _symptom("of x nothing is left."),
            "Which of the two additions is missing?",
            "Each sub-layer has a shortcut of its own. Compare your last line with "
            "your third one.",
            "A relay team whose last runner starts without the baton.",
            probe="silent",
        ),
        Mistake(
            "norm-on-the-branch",
            list("HLGDFO"),
            _symptom("no norm has touched x."),
            "Is the sum normalised, or one of its two parts?",
            "The bracket of LN closes after the addition. In your lines the norm sees "
            "what the sub-layer said, and not x.",
            "The total of a bill is rounded, or each item: two different sums to pay.",
            probe="silent",
        ),
        Mistake(
            "norm-missing-behind-attention",
            list("HLEDFJ"),
            _both("one norm instead of two."),
            "How many norms does a block have?",
            "What the feed-forward network reads has not been normalised. Where does "
            "the formula say it is?",
            "Two doors with a lock each, and one of them is locked.",
            probe="outputs",
        ),
        Mistake(
            "norm-missing-behind-feed-forward",
            list("HLBDFK"),
            _symptom("one norm instead of two."),
            "How many norms does a block have?",
            "What leaves the block is a plain sum. Where does the formula put its last "
            "norm?",
            "The dishes of the first course are washed, those of the second are left.",
            probe="silent",
        ),
        Mistake(
            "norms-before-and-behind",
            list("CLBIFJ"),
            _both("each sub-layer reads a norm of x, and the sum is normalised again."),
            "How many norms does the formula have for one sub-layer?",
            "You mix two designs. Which of your norms does the formula not have?",
            "Belt and braces: nothing falls, but it is not the suit that was ordered.",
            probe="outputs",
        ),
        Mistake(
            "feed-forward-reads-the-branch",
            list("HLBNFJ"),
            _both("your feed-forward network has not read what the norm gave out."),
            "What does the second sub-layer read: what attention said, or the sum?",
            "In the formula the same x stands inside the sub-layer and on the "
            "shortcut.",
            "The second reviewer is sent the remarks of the first, and not the text.",
            probe="outputs",
        ),
        Mistake(
            "sub-layers-in-parallel",
            list("HLDFBJ"),
            _both("your feed-forward network read x before attention was added."),
            "When is x a new x, and who has read the old one?",
            "Every line is one of the formula's. Which line must stand before the "
            "second sub-layer reads?",
            "Two cooks who season one soup at the same time, each by the taste of "
            "before.",
            probe="outputs",
        ),
        Mistake(
            "feed-forward-first",
            list("DFJHLB"),
            lambda got, _: f"Your sub-layers are called in the order {got['order']}.",
            "Which sub-layer comes first?",
            "First the tokens tell one another what they know, then each thinks about "
            "what it has heard.",
            "A committee discusses and then writes the minutes.",
            probe="calls",
        ),
        Mistake(
            "dropout-missing",
            list("HBDJ"),
            _both("nothing was dropped."),
            "Which argument has no effect in your order?",
            "The formula has a third word between the sum and the sub-layer.",
            "A fire drill that is in the plan, and never held.",
            probe="outputs",
        ),
        Mistake(
            "dropout-on-one-branch",
            list("HLBDJ"),
            _both("nothing was dropped from the second branch."),
            "What holds for the first sub-layer and not for the second?",
            "Read the formula twice, once for each sub-layer.",
            "Two boats, and life jackets in one.",
            probe="outputs",
        ),
        Mistake(
            "dropout-on-the-first-branch-missing",
            list("HBDFJ"),
            _both("nothing was dropped from the first branch."),
            "What holds for the second sub-layer and not for the first?",
            "Read the formula twice, once for each sub-layer.",
            "Two boats, and life jackets in the other one.",
            probe="outputs",
        ),
        Mistake(
            "dropout-after-the-norm",
            list("HBDJP"),
            lambda got, _: (
                "Dropout, which halves here, comes last: the mean square of your first "
                f"token is {short(got[0, 0])}, and behind a norm with gain 1.8 it is "
                "3.24."
            ),
            "From what may something be dropped: from x, or from what is added to it?",
            "In the formula the dropout touches one of the two parts of the sum. Which "
            "part comes through whole?",
            "Pages of the review may get lost in the post, but not those of the only "
            "manuscript.",
            probe="sizes",
        ),
        Mistake(
            "dropout-before-its-branch",
            list("HLFBDJ"),
            "Your order stops before its end: it drops from something not there yet.",
            "Is there an `f` yet where you drop from it?",
            "A name can be used after the line that makes it. Which line makes this "
            "one?",
            "Salt for the soup goes in when there is a soup.",
            probe="outputs",
        ),
    ),
)
