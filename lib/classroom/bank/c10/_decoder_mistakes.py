"""Wrong wirings of a decoder layer, each with its hints."""

from typing import Any

import torch

from ...exercises.compare import short
from ...exercises.model import Mistake


def received(layer, x, memory, self_attend, cross_attend, feed_forward, *others):
    """What each sub-layer is given, in words, in the order of the calls."""
    calls, known = [], {"the target": x, "memory": memory}
    _, causal, source = others
    known |= {"the causal mask": causal, "the source's mask": source}
    step = {"self": 1.0, "cross": 10.0, "feed": 100.0}

    def name(given):
        if given is None:
            return "no mask"
        for text, tensor in known.items():
            if given.shape == tensor.shape and torch.equal(given, tensor):
                return text
        return "something else"

    def spy(kind):
        def call(*given, **named):
            given = (*given, *named.values())
            calls.append([kind, *map(name, given)])
            # a constant answer, so that what comes next is known by its value
            out = torch.full_like(given[0], step[kind])
            if given[0].shape == x.shape:
                known.setdefault(f"the target after {kind}", given[0] + out)
            return out

        return call

    layer(x, memory, spy("self"), spy("cross"), spy("feed"), *others)
    return calls


def _call(kind):
    """Hint 1: what a sub-layer of that kind was given."""

    def symptom(got, expected):
        if not isinstance(got, list):
            return f"Your layer stops before its end: {got}."
        found = next((call for call in got if call[0] == kind), None)
        if found is None:
            return f"Your layer never calls `{kind}_attend`."
        if kind == "feed":
            return f"Your feed-forward network is given {found[1]}."
        names = ("query", "key", "value", "mask")
        said = [f"{n} = {v}" for n, v in zip(names, found[1:], strict=False)]
        which = "self-attention" if kind == "self" else "cross-attention"
        return f"Your {which} is given {', '.join(said)}."

    return symptom


def _row(got):
    return short(got[0, 1]) if getattr(got, "ndim", 0) == 3 else "…"


def _values(tail):
    return lambda got, expected: (
        f"Word 1 of the first sentence comes out as {_row(got)}, and "
        f"{_row(expected)} is right: {tail}"
    )


def _order(got, _):
    return f"Your sub-layers are called in the order {', '.join(c[0] for c in got)}."


def wired(
    self_qkv="xxx",
    cross_qkv="xmm",
    masks="cs",
    order="scf",
    add=(1, 1, 1),
    use=(0, 1, 2),
):
    """A layer with some of its wires changed; letters: x, memory, the masks, none."""

    def wrong(
        x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
    ):
        table = {"c": causal, "s": source, "-": None}
        for step in order:
            of = {"x": x, "m": memory}
            n = "scf".index(step)
            if step == "s":
                q, k, v = (of[letter] for letter in self_qkv)
                out = self_attend(q, k, v, table[masks[0]])
            elif step == "c":
                q, k, v = (of[letter] for letter in cross_qkv)
                out = cross_attend(q, k, v, table[masks[1]])
            else:
                out = feed_forward(x)
            x = norms[use[n]](x + out if add[n] else out)
        return x

    return wrong


def pre_norm(x, memory, self_attend, cross_attend, feed_forward, norms, causal, source):
    h = norms[0](x)
    x = x + self_attend(h, h, h, causal)
    x = x + cross_attend(norms[1](x), memory, memory, source)
    return x + feed_forward(norms[2](x))


def no_norms(x, memory, self_attend, cross_attend, feed_forward, norms, causal, source):
    x = x + self_attend(x, x, x, causal)
    x = x + cross_attend(x, memory, memory, source)
    return x + feed_forward(x)


def asks_unprepared(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    y = norms[0](x + self_attend(x, x, x, causal))
    y = norms[1](y + cross_attend(x, memory, memory, source))
    return norms[2](y + feed_forward(y))


def shortcut_from_the_bottom(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    y = norms[0](x + self_attend(x, x, x, causal))
    z = norms[1](x + cross_attend(y, memory, memory, source))
    return norms[2](z + feed_forward(z))


def norm_on_the_branch(
    x, memory, self_attend, cross_attend, feed_forward, norms, causal, source
):
    x = x + norms[0](self_attend(x, x, x, causal))
    x = x + norms[1](cross_attend(x, memory, memory, source))
    return x + norms[2](feed_forward(x))


_SOURCE: Any = {
    "question": "Who asks, and whose notes are consulted?",
    "neighbour": "A translator asks (with what is written so far) and looks things up "
    "in the original. Name for this case who brings the question, who is searched, and "
    "who is copied from.",
}

MISTAKES = (
    Mistake(
        "cross-attn-roles-swapped",
        wired(cross_qkv="mxx"),
        _call("cross"),
        pointer="The output has a row for each query, and it is added to the target. "
        "How many rows must it have?",
        probe="received",
        **_SOURCE,
    ),
    Mistake(
        "value-from-the-decoder",
        wired(cross_qkv="xmx"),
        _call("cross"),
        pointer="Weights over five source words want five values. How many vectors "
        "does yours have?",
        probe="received",
        **_SOURCE,
    ),
    Mistake(
        "query-and-key-from-the-encoder",
        wired(cross_qkv="mmx"),
        _call("cross"),
        pointer="This is the inverted claim of the notes. Whose words could ever be "
        "copied in this wiring?",
        probe="received",
        **_SOURCE,
    ),
    Mistake(
        "key-from-the-decoder",
        wired(cross_qkv="xxm"),
        _call("cross"),
        pointer="Keys say which value fits. Then a key and its value must be made from "
        "the same vector.",
        probe="received",
        **_SOURCE,
    ),
    Mistake(
        "memory-never-read",
        wired(cross_qkv="xxx", masks="cc"),
        _call("cross"),
        pointer="Which of your arguments is never used? Then what does the layer know "
        "of the source?",
        probe="received",
        **_SOURCE,
    ),
    Mistake(
        "memory-in-self-attention",
        wired(self_qkv="xmm", masks="ss"),
        _call("self"),
        "Where does the target look at itself?",
        "The layer has two attentions with two tasks. Yours does one of them twice.",
        "Reading the original twice, and never what one has written.",
        probe="received",
    ),
    Mistake(
        "causal-mask-on-the-source",
        wired(masks="cc"),
        _call("cross"),
        "At the first output word, how much of the source may be read?",
        "The causal mask is T × T. Is the source a secret, and has it T words?",
        "An interpreter who may hear only as many words as have been spoken in "
        "translation.",
        probe="received",
    ),
    Mistake(
        "no-mask-on-the-source",
        wired(masks="c-"),
        _call("cross"),
        "Does padding deserve attention?",
        "The second source has three words and two pads. Who keeps the decoder from "
        "reading the pads?",
        "A form with empty lines: they are not answers.",
        probe="received",
    ),
    Mistake(
        "no-mask-on-itself",
        wired(masks="-s"),
        _call("self"),
        "What stands to the right of a word in training?",
        "The whole target is there at once, so that all places can be trained together."
        " Who hides the answers?",
        "An examination with the solutions printed on the next page.",
        probe="received",
    ),
    Mistake(
        "masks-swapped",
        wired(masks="sc"),
        _call("self"),
        "Which mask has the shape of which attention?",
        "(T, T) and (B, 1, S): write the shape of the scores beside each attention.",
        "Two keys for two doors, tried the other way round.",
        probe="received",
    ),
    Mistake(
        "source-before-self",
        wired(order="csf"),
        _order,
        "What should the layer know before it asks the source?",
        "A question is better when one knows what has been written so far.",
        "One reads one's own draft, then opens the dictionary.",
        probe="received",
    ),
    Mistake(
        "feed-forward-in-between",
        wired(order="sfc"),
        _order,
        "Which sub-layer comes last?",
        "The feed-forward network works on what both attentions have found.",
        "One cooks when the shopping is done, not between two shops.",
        probe="received",
    ),
    Mistake(
        "cross-attention-missing",
        wired(order="sf"),
        _order,
        "How many sub-layers has a decoder layer?",
        "What you have written is an encoder layer with a causal mask (chapter 14 "
        "calls it GPT).",
        "A translation without an original.",
        probe="received",
    ),
    Mistake(
        "asks-unprepared",
        asks_unprepared,
        _call("cross"),
        "Which vectors ask the source: those before or after self-attention?",
        "You have two names for two states of the target. Which one does each line "
        "use?",
        "Asking for directions with the address one had yesterday.",
        probe="received",
    ),
    Mistake(
        "shortcut-from-the-bottom",
        shortcut_from_the_bottom,
        _call("feed"),
        "To what is the second answer added?",
        "What self-attention found must survive the second step. Through which "
        "addition would it?",
        "A relay in which the second runner starts from the first one's start.",
        probe="received",
    ),
    Mistake(
        "cross-shortcut-missing",
        wired(add=(1, 0, 1)),
        _values("of what the target was, only the answer of the source is left."),
        "If the source says nothing, what should come out?",
        "Each of the three sub-layers has a shortcut. Count the additions.",
        "A reader who forgets the question on hearing the answer.",
        probe="outputs",
    ),
    Mistake(
        "no-shortcuts",
        wired(add=(0, 0, 0)),
        _values("no raw x is left in it."),
        "If all sub-layers say nothing, what should come out?",
        "The formula has a sum inside each norm. Where is yours?",
        "An editor without remarks returns the manuscript, not a blank page.",
        probe="outputs",
    ),
    Mistake(
        "pre-norm",
        pre_norm,
        _values("yours is a pre-norm layer, sound, and another one."),
        "Does the norm stand around the sum or in front of the sub-layer?",
        "Pre-norm needs one more norm at the end of the stack. Which form was asked "
        "for?",
        "“Wash, then cook” and “cook, then wash up” are two orders.",
        probe="outputs",
    ),
    Mistake(
        "norm-on-the-branch",
        norm_on_the_branch,
        _values("the norm has seen the sub-layer's answer, and not the sum."),
        "What stands inside the norm's brackets?",
        "LayerNorm(x + Sublayer(x)): close the bracket where the formula does.",
        "The total of a bill is rounded, or each item: two different sums.",
        probe="outputs",
    ),
    Mistake(
        "norms-missing",
        no_norms,
        _values("no norm has touched it."),
        "Which of your arguments is never used?",
        "Each sub-layer has a norm of its own.",
        "Three dishes without salt.",
        probe="outputs",
    ),
    Mistake(
        "one-norm-for-all",
        wired(use=(0, 0, 0)),
        _values("the second and third norm have no effect."),
        "How many norms are you given, and how many do you use?",
        "Each has a gain of its own, trained for its place.",
        "Three people with one pair of glasses.",
        probe="outputs",
    ),
    Mistake(
        "norms-reversed",
        wired(use=(2, 1, 0)),
        _values("the norms are at each other's places."),
        "Which norm belongs to the first sub-layer?",
        "Their order is that of the sub-layers.",
        "Three coats of one size on the wrong hooks.",
        probe="outputs",
    ),
)
