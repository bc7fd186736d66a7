"""Chapter 9, faded: the position-wise feed-forward network."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Complete the feed-forward network, $\max(0,\, x W_1 + b_1)\, W_2 + b_2$: the same two
layers for every token, and nothing between tokens.

- `x` (B, T, d); `w_1` (d, d_ff), `b_1` (d_ff,); `w_2` (d_ff, d), `b_2` (d,)
- returns a tensor (B, T, d)

x = [[[1]]] with w_1 = [[2, −2]], b_1 = [1, 1], w_2 = [[1], [1]], b_2 = [5] gives
[[[8]]].
"""

STUB = """
def feed_forward(x, w_1, b_1, w_2, b_2):
    hidden = x @ w_1 + b_1  # (B, T, d_ff)
    raise NotImplementedError
    return out
"""


def feed_forward(x, w_1, b_1, w_2, b_2):
    hidden = x @ w_1 + b_1  # (B, T, d_ff)
    out = hidden.clamp(min=0) @ w_2 + b_2  # (B, T, d)
    return out


def by_torch(x, w_1, b_1, w_2, b_2):
    linear = torch.nn.functional.linear
    return linear(torch.relu(linear(x, w_1.T, b_1)), w_2.T, b_2)


def by_convolution(x, w_1, b_1, w_2, b_2):
    conv = torch.nn.functional.conv1d
    hidden = conv(x.mT, w_1.T[:, :, None], b_1).relu()
    return conv(hidden, w_2.T[:, :, None], b_2).mT


def by_loops(x, w_1, b_1, w_2, b_2):
    out = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for t in range(x.shape[1]):
            hidden = x[b, t] @ w_1 + b_1
            out[b, t] = torch.where(hidden > 0, hidden, 0.0) @ w_2 + b_2
    return out


def but(activate=torch.relu, finish=None, bias=True):
    def wrong(x, w_1, b_1, w_2, b_2):
        out = activate(x @ w_1 + b_1) @ w_2 + b_2 * bias
        return finish(out, x) if finish else out

    return wrong


def _nothing(hidden):
    return hidden


def early(x, w_1, b_1, w_2, b_2):
    return feed_forward(x.relu(), w_1, b_1, w_2, b_2)


def early_only(x, w_1, b_1, w_2, b_2):
    return (x.relu() @ w_1 + b_1) @ w_2 + b_2


def no_first_bias(x, w_1, b_1, w_2, b_2):
    return (x @ w_1).relu() @ w_2 + b_2


def late_first_bias(x, w_1, b_1, w_2, b_2):
    return ((x @ w_1).relu() + b_1) @ w_2 + b_2


def of_the_mean(x, w_1, b_1, w_2, b_2):
    return feed_forward(x.mean(1, keepdim=True).expand_as(x), w_1, b_1, w_2, b_2)


def inputs(size=1.0):
    """B=2, T=3, d=4, d_ff=7."""

    def make():
        torch.manual_seed(2)
        x = size * torch.randn(2, 3, 4)
        return (
            x,
            torch.randn(4, 7),
            torch.randn(7),
            torch.randn(7, 4),
            torch.randn(4) * 2,
        )

    return make


def bend(function, x, *weights):
    """f(x) + f(−x) − 2 f(0): zero for whatever is a straight line."""
    out = function(x, *weights) + function(-x, *weights)
    return out - 2 * function(torch.zeros_like(x), *weights)


def neighbour_changed(function, x, *weights):
    """How far the first two tokens move when the last one changes."""
    before = function(x, *weights)
    x = x.clone()
    x[:, -1] += 2.0
    return (function(x, *weights) - before)[:, :2]


def gradient(function, x, *others):
    """How a weighted sum of the result pulls at x."""
    x.requires_grad_()
    out = function(x, *others)
    if not getattr(out, "requires_grad", False):
        return "a result without a gradient"
    pull = torch.linspace(-1.0, 2.0, out.numel()).reshape(out.shape)
    (pulled,) = torch.autograd.grad((out * pull).sum(), x, allow_unused=True)
    return pulled


def lowest(function, *given):
    out = function(*given)
    return {"smallest number": float(out.min()), "largest number": float(out.max())}


def _first(got, expected):
    return (
        f"Your first token is {short(got[0, 0])}, where {short(expected[0, 0])} is "
        "right"
    )


def _outputs(tail):
    return lambda got, expected: f"{_first(got, expected)}: {tail}"


def _leak(got, _):
    return (
        "The last token changes, and a number of the first one moves by "
        f"{short(got.abs().max())}."
    )


MIXES = {
    "symptom": _leak,
    "question": "Position-wise: how many words does it read at once?",
    "pointer": "One of your operations runs along the axis of the tokens. In a model "
    "that writes word by word the later ones are not even there yet.",
    "neighbour": "A dictionary is asked about each word by itself. Would its answer "
    "change with the last word of the page?",
    "probe": "neighbour",
}

EXERCISE = Exercise(
    id="feed-forward",
    chapter=9,
    kind="faded",
    title="Two layers for every token",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="feed_forward",
    stub=STUB,
    reference=feed_forward,
    accepts=(by_torch, by_convolution, by_loops),
    proves="There is a bend between the two matrices, the output may have either sign, "
    "and no token hears of another.",
    probes=(
        Probe(
            "neighbour",
            inputs(),
            neighbour_changed,
            "Changing one token moves no other token",
        ),
        Probe(
            "bend",
            inputs(),
            bend,
            "f(x) + f(−x) − 2 f(0) is not 0: the function is no straight line",
        ),
        Probe(
            "signs",
            inputs(),
            lowest,
            "Some outputs are negative, some positive",
        ),
        Probe("no input", inputs(0.0), says="For zeros only the biases speak"),
        Probe("outputs", inputs(), says="The output is that of the formula"),
        Probe("large", inputs(9.0), says="Large numbers have no ceiling"),
        Probe(
            "gradient",
            inputs(),
            gradient,
            "The gradient flows back to x through both matrices",
        ),
    ),
    mistakes=(
        Mistake(
            "ffn-no-activation",
            but(_nothing),
            lambda got, _: (
                "For your function f(x) + f(−x) − 2 f(0) is at most "
                f"{short(got.abs().max())}, up to rounding 0: it is a straight line."
            ),
            "Two matrices in a row: how many do you need?",
            "A product of two matrices is one matrix. What stands between them in the "
            "formula, so that it is not?",
            "Doubling and then tripling is one multiplication by 6. Doubling, "
            "dropping all losses and then tripling is not.",
            probe="bend",
        ),
        Mistake(
            "ffn-activation-on-output",
            but(_nothing, lambda out, x: out.relu()),
            lambda got, _: (
                f"The smallest number of your output is {short(got['smallest number'])}"
                "; nothing is negative."
            ),
            "Can your FFN ever subtract something?",
            "The output is added to the residual stream. With yours the stream can "
            "only grow.",
            "An editor who may only insert words, and never cross one out.",
            probe="signs",
        ),
        Mistake(
            "ffn-activation-twice",
            but(finish=lambda out, x: out.relu()),
            lambda got, _: (
                f"The smallest number of your output is {short(got['smallest number'])}"
                "; nothing is negative."
            ),
            "How many times does max(0, …) stand in the formula?",
            "The first one is where it should be. What does the second one take away?",
            "An account that may be overdrawn in between, and one that may never be: "
            "which of them can record a loss?",
            probe="signs",
        ),
        Mistake(
            "ffn-activation-on-input",
            early,
            _outputs("something was cut off before the first matrix saw it."),
            "What do the negative numbers of x say?",
            "The formula cuts off once, in the wide layer. Is that the only place "
            "where you do?",
            "Of a letter only the good news is passed on to the translator.",
            probe="outputs",
        ),
        Mistake(
            "ffn-activation-on-input-only",
            early_only,
            _outputs(
                "you cut off the negative numbers of x, and not those in between."
            ),
            "Which of the two, x or the wide layer, is to be cut off at 0?",
            "The bend should come at places that can be learned. Which of your "
            "parameters move yours?",
            "A step in the garden path is useful where the slope is, and not always at "
            "the gate.",
            probe="outputs",
        ),
        Mistake(
            "ffn-relu-the-wrong-side",
            but(lambda hidden: hidden.clamp(max=0)),
            _outputs("you keep what should be dropped."),
            "What is max(0, −2), and what is max(0, 2)?",
            "A limit from below and a limit from above are two things. Try yours on "
            "[−2, 2].",
            "“At most 18” and “at least 18” on a door let in two different crowds.",
            probe="outputs",
        ),
        Mistake(
            "ffn-absolute-value",
            but(torch.abs),
            _outputs("negative numbers come back as positive ones."),
            "What becomes of −2 in the formula, and in your function?",
            "Yours bends as well, but nothing is ever switched off.",
            "A debt of 5 is neither a fortune of 5, nor is it 0. Which one does the "
            "formula say?",
            probe="outputs",
        ),
        Mistake(
            "ffn-gelu",
            but(torch.nn.functional.gelu),
            _outputs("that is the answer with GELU."),
            "Which activation does the formula name?",
            "GELU is the smooth relative that BERT and GPT use: a sound choice, with "
            "other numbers. The formula here has a corner.",
            "A road with a bend and a road with a curve lead to the same village.",
            probe="outputs",
        ),
        Mistake(
            "ffn-leaky",
            but(torch.nn.functional.leaky_relu),
            _outputs("negative numbers come through, made smaller."),
            "What is max(0, −2), exactly?",
            "A slope below 0 keeps a hundredth of what the formula drops. In the wide "
            "layer, which numbers of yours are negative?",
            "A tap that drips is not shut.",
            probe="outputs",
        ),
        Mistake(
            "ffn-sigmoid",
            but(torch.sigmoid),
            _outputs("your hidden numbers all lie between 0 and 1."),
            "How large can a hidden number get, by the formula?",
            "An activation that levels off loses how much there was. Where does "
            "max(0, …) level off?",
            "A thermometer that ends at 42° tells fever from no fever, and nothing "
            "about an oven.",
            probe="outputs",
        ),
        Mistake(
            "ffn-softmax-over-features",
            but(lambda hidden: hidden.softmax(-1)),
            _outputs("your hidden numbers add up to 1."),
            "Do the hidden units compete for a share?",
            "The softmax belongs to attention, which makes averages. Here each unit "
            "decides by itself.",
            "A choir, where each sings or is silent; and an election, where one's gain "
            "is another's loss.",
            probe="outputs",
        ),
        Mistake("ffn-mixes-positions", but(lambda h: h.softmax(1)), **MIXES),
        Mistake(
            "ffn-mixes-by-the-largest",
            but(lambda h: h.relu().amax(1, keepdim=True), lambda out, x: out + 0 * x),
            **MIXES,
        ),
        Mistake(
            "ffn-mixes-by-the-mean",
            but(lambda h: (h - h.mean(1, keepdim=True)).relu()),
            **MIXES,
        ),
        Mistake("ffn-of-the-mean", of_the_mean, **MIXES),
        Mistake(
            "ffn-first-bias-missing",
            no_first_bias,
            lambda got, expected: (
                f"For zeros your first token is {short(got[0, 0])}, where "
                f"{short(expected[0, 0])} is right."
            ),
            "What does the wide layer hold if x is 0?",
            "Both layers have a bias. The first line that you were given has it; does "
            "what you cut off at 0 still?",
            "A threshold at the door, and everybody let in at the same height.",
            probe="no input",
        ),
        Mistake(
            "ffn-bias-after-the-activation",
            late_first_bias,
            _outputs("some of your hidden numbers are negative after the cut."),
            "Does the bias stand inside the bracket of max, or behind it?",
            "Inside, a bias moves the place of the bend. What does it move behind it?",
            "Two marks more, and then the pass mark; or the pass mark, and then two "
            "marks more: who passes?",
            probe="outputs",
        ),
        Mistake(
            "ffn-second-bias-missing",
            but(bias=False),
            lambda got, expected: (
                f"For zeros your first token is {short(got[0, 0])}, where "
                f"{short(expected[0, 0])} is right."
            ),
            "Which of the arguments has no effect?",
            "Both layers have one. Count the terms of the formula and those of yours.",
            "Two taxi rides, and the basic fare was paid once.",
            probe="no input",
        ),
        Mistake(
            "ffn-with-residual",
            but(finish=lambda out, x: out + x),
            _outputs("x itself was added."),
            "Who adds the shortcut: the sub-layer or the block around it?",
            "The block will add x once more. What would the stream hold then?",
            "Both the waiter and the till add the tip.",
            probe="outputs",
        ),
    ),
)
