"""Wrong encoder blocks, each with its hints."""

from typing import Any

from ...exercises.compare import short
from ...exercises.model import Mistake


def _two(step_1, step_2=None):
    """A block of two steps (x, sublayer, norm, x of the block) → x."""

    def wrong(x, attend, feed_forward, norm_1, norm_2):
        y = step_1(x, attend, norm_1, x)
        return (step_2 or step_1)(y, feed_forward, norm_2, x)

    return wrong


def right(x, f, n, _):
    return x + f(n(x))


def no_shortcut(x, f, n, _):
    return f(n(x))


def doubled(x, f, n, _):
    x = f(n(x))
    return x + x


def from_normed(x, f, n, _):
    x = n(x)
    return x + f(x)


def post(x, f, n, _):
    return n(x + f(x))


def on_the_branch(x, f, n, _):
    return x + n(f(x))


def around_the_branch(x, f, n, _):
    return x + n(f(n(x)))


def no_norm(x, f, n, _):
    return x + f(x)


def to_the_block_input(y, f, n, x):
    return x + f(n(y))


def parallel(x, attend, feed_forward, norm_1, norm_2):
    return x + attend(norm_1(x)) + feed_forward(norm_2(x))


def chained(x, attend, feed_forward, norm_1, norm_2):
    return x + feed_forward(norm_2(attend(norm_1(x))))


def one_norm(x, attend, feed_forward, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + feed_forward(norm_1(x))


def norms_exchanged(x, attend, feed_forward, norm_1, norm_2):
    x = x + attend(norm_2(x))
    return x + feed_forward(norm_1(x))


def feed_forward_first(x, attend, feed_forward, norm_1, norm_2):
    x = x + feed_forward(norm_2(x))
    return x + attend(norm_1(x))


def stale_norm(x, attend, feed_forward, norm_1, norm_2):
    y = norm_1(x)
    x = x + attend(y)
    return x + feed_forward(y)


def branch_of_the_raw(x, attend, feed_forward, norm_1, norm_2):
    a = attend(norm_1(x))
    return x + a + feed_forward(norm_2(a))


def norm_at_the_end(x, attend, feed_forward, norm_1, norm_2):
    return norm_2(right(right(x, attend, norm_1, x), feed_forward, norm_2, x))


def attention_only(x, attend, feed_forward, norm_1, norm_2):
    return x + attend(norm_1(x))


def pre_then_post(x, attend, feed_forward, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return norm_2(x + feed_forward(x))


def x_twice(x, attend, feed_forward, norm_1, norm_2):
    a = x + attend(norm_1(x))
    return x + a + feed_forward(norm_2(a))


def averaged(x, f, n, _):
    return (x + f(n(x))) / 2


def _silent(got, expected):
    return (
        "With two sub-layers that return zeros, the first token "
        f"{short(expected[0, 0])} comes out as {short(got[0, 0])}."
    )


def _constants(got, _):
    return (
        "With sub-layers that always return 2 and 10 your block adds "
        f"{short(got[0, 0])} to the first token."
    )


def _received(got, _):
    rows = [short(given[0, 0]) for given in got["given"]]
    names = got["order"].split(", ")
    told = "; ".join(f"`{n}` {row}" for n, row in zip(names, rows, strict=True))
    return f"Of the first token, your sub-layers were given: {told}."


def _both(tail):
    return lambda got, expected: (
        f"Your first token is {short(got[0, 0])}, where {short(expected[0, 0])} is "
        f"right: {tail}"
    )


def _norm_missing(tail):
    return lambda got, expected: f"{_received(got, expected)} {tail}"


SILENT = {
    "symptom": _silent,
    "question": "If attention says nothing, what should come out?",
    "pointer": "Follow the raw x by itself through your lines: is there a way to the "
    "end that no function stands on?",
    "neighbour": "An editor without remarks returns the manuscript, not a blank page.",
    "probe": "silent",
}
MISSING_NORM: dict[str, Any] = {
    "question": "Which of your sub-layers reads the stream as it is?",
    "pointer": "The stream grows with each addition; a norm in front of *each* "
    "sub-layer keeps what it reads at one size.",
    "neighbour": "Two microphones on one stage, and a volume control at one of them.",
    "probe": "received",
}

MISTAKES = (
    Mistake("residual-missing", _two(no_shortcut), **SILENT),
    Mistake("residual-missing-at-attention", _two(no_shortcut, right), **SILENT),
    Mistake("residual-missing-at-feed-forward", _two(right, no_shortcut), **SILENT),
    Mistake(
        "residual-x-plus-x",
        _two(doubled),
        _silent,
        "Which x is the shortcut?",
        "A name holds one value. After your assignment, who still knows the old one?",
        "The before-and-after photo: both were taken after.",
        probe="silent",
    ),
    Mistake(
        "residual-wrong-source",
        _two(right, to_the_block_input),
        _constants,
        "Two additions: what exactly is the second one adding to?",
        "What attention found is used as an input, and then? Look for it in the sum.",
        "An account of 100 gets 2, and then 10. Who adds the 10 to the 100 has lost "
        "the 2.",
        probe="constants",
    ),
    Mistake(
        "residual-around-both-at-once",
        chained,
        _constants,
        "How many shortcuts are there in a block?",
        "What attention found reaches the end only through the feed-forward network. "
        "Each sub-layer has a shortcut of its own.",
        "A bypass around two towns helps nobody who wants to go to the first one only.",
        probe="constants",
    ),
    Mistake(
        "prenorm-residual-from-normed",
        _two(from_normed),
        _silent,
        "Does an unnormalised path run from bottom to top?",
        "The norm is meant for what the sub-layer reads. In your lines the shortcut "
        "carries the normed x as well.",
        "A copy for the reviewers is shortened. Which of the two goes to the printer?",
        probe="silent",
    ),
    Mistake(
        "first-residual-from-normed",
        _two(from_normed, right),
        _silent,
        "Which of your two shortcuts starts at the raw x?",
        "The second one is right. In the first, what the norm has made goes both into "
        "the sub-layer and past it.",
        "A dam above the fork holds back both arms of a river. A dam on one arm leaves "
        "the other one alone.",
        probe="silent",
    ),
    Mistake(
        "pre-then-post-norm",
        pre_then_post,
        lambda got, expected: f"{_silent(got, expected)} One half is post-norm.",
        "Do your two steps have the same form?",
        "Lay both lines beside the formula. In which one does the norm's bracket close "
        "behind the addition?",
        "One shoe laced before putting it on, and one after.",
        probe="silent",
    ),
    Mistake(
        "residual-counted-twice",
        x_twice,
        _silent,
        "How often is x in your last sum?",
        "What attention found has already been added to x once. What does the second "
        "shortcut carry?",
        "The balance of last month is in this month's balance. Who adds both is rich "
        "on paper.",
        probe="silent",
    ),
    Mistake(
        "residual-averaged",
        _two(averaged),
        _silent,
        "What becomes of x after ten blocks that halve?",
        "The formula has a sum. It is the norms that keep what the sub-layers read at "
        "one size.",
        "Each editor is to add remarks, and not to strike every second page.",
        probe="silent",
    ),
    Mistake(
        "pre-vs-post-norm",
        _two(post),
        lambda got, expected: f"{_silent(got, expected)} That is a post-norm block.",
        "Where does the raw x pass untouched?",
        "Post-norm, the form that was published first, is a sound block; the other one "
        "is asked for. They differ in what stands on the shortcut.",
        "Washing the vegetables before cooking, or the dishes after: both kitchens are "
        "clean.",
        probe="silent",
    ),
    Mistake(
        "norm-on-the-branch",
        _two(on_the_branch),
        _constants,
        "Is it the sub-layer's input or its output that you normalise?",
        "A norm behind a sub-layer sets the size of all that it says, small remarks "
        "and large. Constants vanish in it altogether.",
        "A loudspeaker that makes every voice equally loud: whispers too.",
        probe="constants",
    ),
    Mistake(
        "norm-on-the-second-branch",
        _two(right, on_the_branch),
        _constants,
        "Is it the second sub-layer's input or its output that you normalise?",
        "Your first step is right. What differs in the second one?",
        "A loudspeaker that makes every voice equally loud: whispers too.",
        probe="constants",
    ),
    Mistake(
        "norm-around-the-branch",
        _two(around_the_branch),
        _constants,
        "How many norms belong to one sub-layer here?",
        "The one in front is asked for. What does the one behind do to an output that "
        "is the same in all features?",
        "A translator at the door and another one at the exit: what was said in the "
        "room comes out twice translated.",
        probe="constants",
    ),
    Mistake(
        "norm-at-the-end-too",
        norm_at_the_end,
        _silent,
        "Which norm stands on the path of the raw x?",
        "A pre-norm *model* has one more norm, behind its last block. This is one "
        "block of many.",
        "The varnish comes when the picture is done, not after each layer of paint.",
        probe="silent",
    ),
    Mistake(
        "norms-missing",
        _two(no_norm),
        _norm_missing("Both read the stream as it is."),
        **MISSING_NORM,
    ),
    Mistake(
        "norm-missing-at-attention",
        _two(no_norm, right),
        _norm_missing("Attention reads the stream as it is."),
        **MISSING_NORM,
    ),
    Mistake(
        "norm-missing-at-feed-forward",
        _two(right, no_norm),
        _norm_missing("The second one reads the stream as it is."),
        **MISSING_NORM,
    ),
    Mistake(
        "one-norm-for-both",
        one_norm,
        _both("`norm_2` has no effect."),
        "Which of your arguments is never used?",
        "Each norm has a gain of its own, trained for the sub-layer that reads it.",
        "Two people share a pair of glasses, though each has been measured.",
        probe="both",
    ),
    Mistake(
        "norms-exchanged",
        norms_exchanged,
        _both("each sub-layer has the other one's norm."),
        "Which norm goes with attention?",
        "Trained from scratch this would be only a matter of names. With weights from "
        "elsewhere each sub-layer reads with the wrong gain.",
        "Two coats of one size on the wrong hooks: whose keys are in the pocket?",
        probe="both",
    ),
    Mistake(
        "feed-forward-first",
        feed_forward_first,
        lambda got, _: f"Your block calls its sub-layers in the order {got['order']}.",
        "Which sub-layer comes first?",
        "First the tokens tell one another what they know, then each thinks about what "
        "it has heard.",
        "A committee discusses and then writes the minutes.",
        probe="received",
    ),
    Mistake(
        "norm-not-renewed",
        stale_norm,
        _received,
        "What has changed between the two sub-layers?",
        "The second one reads what was there before attention spoke. When is its norm "
        "to be taken?",
        "The temperature is measured, the oven is lit, and the cake goes in by the "
        "first measurement.",
        probe="received",
    ),
    Mistake(
        "sub-layers-in-parallel",
        parallel,
        _received,
        "Does the feed-forward network know what attention has found?",
        "Some later models work with both at once, side by side. Here the second reads "
        "the result of the first.",
        "Two cooks who season one soup at the same time, each by the taste of before.",
        probe="received",
    ),
    Mistake(
        "feed-forward-reads-the-branch",
        branch_of_the_raw,
        _received,
        "What does the feed-forward network read: what attention said, or the stream "
        "to which it was added?",
        "Both additions are right. Compare what stands inside the second norm with "
        "what stands on the shortcut.",
        "The second reviewer is sent the remarks of the first, and not the manuscript.",
        probe="received",
    ),
    Mistake(
        "half-a-block",
        attention_only,
        _constants,
        "Which of your arguments is never used?",
        "A block has two sub-layers. What follows attention?",
        "After the discussion, somebody has to think.",
        probe="constants",
    ),
)
