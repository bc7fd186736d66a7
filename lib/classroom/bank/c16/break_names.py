"""Chapter 16, break it: names that expose a broken translation."""

import re

from ...exercises.model import Exercise, Mistake
from .published_name import RULES, by_rules, replaced, told

QUESTION = """
Below is a right translation of a published GPT-2's names, as in the exercise before.
Twelve broken copies are hidden. Some get a prefix or a number wrong, some take one part
for another, some lose a bias or keep a mask, one lets strangers in. A copy is exposed
if it answers differently for any of your names.

Write a function that returns a list of **at most eight** names on which all of them
differ. Each should look like the name of a tensor: words, numbers, and dots.
"""

STUB = """
def exposing_names():
    raise NotImplementedError
"""


def exposing_names():
    return [
        "wpe.weight",
        "transformer.ln_f.bias",
        "transformer.h.11.attn.c_attn.bias",
        "h.0.mlp.c_proj.weight",
        "h.2.ln_1.weight",
        "h.3.attn.bias",
        "lm_head.weight",
        "score.weight",
    ]


def another():
    return [
        "transformer.wpe.weight",
        "ln_f.bias",
        "h.10.attn.c_attn.bias",
        "transformer.h.7.mlp.c_proj.weight",
        "transformer.h.1.ln_1.bias",
        "transformer.h.5.attn.bias",
        "lm_head.weight",
        "h.0.attn.q_norm.weight",
    ]


translate = by_rules()


def block(names):
    return told(translate, *names)


def _copy(*first, **changes):
    wrong = by_rules(first, **changes)
    return lambda names: told(wrong, *names)


_H = r"h\.(\d+)\."
MUTANTS = {
    "prefix-needed": _copy(prefix=r"(?:transformer\.(?!lm)|(?=lm_head))"),
    "prefix-unknown": _copy(prefix=""),
    "first-digit-only": _copy(
        after=lambda here: re.sub(r"^(layers\.\d)\d*", r"\1", here)
    ),
    "projections-merged": _copy(
        (_H + r"mlp\.c_proj\.(\w+)", r"layers.\1.attention.out.\2")
    ),
    "mask-as-bias": _copy((_H + r"attn\.(\w*bias)", r"layers.\1.attention.\2")),
    "attn-bias-lost": _copy((r".*attn\.(masked_)?bias", None)),
    "head-loaded": _copy((r"lm_head\.weight", "head.weight")),
    "positions-as-tokens": _copy((r"w[pt]e\.weight", "tokens.weight")),
    "norms-from-zero": _copy((_H + r"ln_1\.(\w+)", r"layers.\1.norm0.\2")),
    "last-norm-as-first": _copy((r"ln_f\.(\w+)", r"layers.0.norm1.\1")),
    "biases-as-weights": _copy(after=lambda here: re.sub(r"\.bias$", ".weight", here)),
    "strangers-pass": lambda names: told(replaced, *names),
}

assert [r for r in RULES if r[1] is None]  # what is left out is part of the block


def valid(names):
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        return "a list of texts is expected"
    if not 1 <= len(names) <= 8:
        return f"1 to 8 names are allowed, and you give {len(names)}"
    for name in names:
        if not re.fullmatch(r"\w+(\.\w+)+", name):
            return f"{name!r} does not look like the name of a tensor"
    return None


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def _none(names, pattern):
    return not any(re.search(pattern, name) for name in names)


def _without(*patterns):
    """The reference's names without those that match, and without replacing them."""
    return lambda: [n for n in exposing_names() if _none([n], "|".join(patterns))]


EXERCISE = Exercise(
    id="break-names",
    chapter=16,
    kind="break",
    title="Find the names that expose a broken table",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="exposing_names",
    stub=STUB,
    reference=exposing_names,
    accepts=(another,),
    proves="With the prefix and without, a block beyond the ninth, a table, a bias, a "
    "mask, the head and a stranger: eight names test what some hundred and fifty "
    "tensors need.",
    block=block,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "weights-only",
            lambda: [
                "wpe.weight",
                "transformer.ln_f.weight",
                "h.11.ln_1.weight",
                "h.0.mlp.c_proj.weight",
                "lm_head.weight",
                "score.weight",
            ],
            lambda names, left: f"None of your names ends in `bias`. {_left(left)}.",
            "Which kind of tensor have you left untested?",
            "Three copies do something odd with what ends in `bias`, and one of them "
            "with what only looks so.",
            "A car is tested on the road in summer. And the heating?",
            when=lambda names: _none(names, r"bias$"),
        ),
        Mistake(
            "low-blocks-only",
            lambda: [n.replace("11", "4") for n in exposing_names()],
            lambda names, left: (
                f"No block of yours has a number above 9. {_left(left)}."
            ),
            "How many digits have your numbers?",
            "Published models have twelve blocks and more. What may go wrong at the "
            "tenth, and not before?",
            "A clock that was tested in the morning only: does it know 10 o'clock?",
            when=lambda names: _none(names, r"\d\d"),
        ),
        Mistake(
            "always-with-prefix",
            lambda: [
                n
                if n[:2] in ("lm", "sc")
                else "transformer." + n.removeprefix("transformer.")
                for n in exposing_names()
            ],
            lambda names, left: (
                "All that you ask of the body of the model has `transformer.` in "
                f"front. {_left(left)}."
            ),
            "Do all files write the prefix?",
            "One copy wants the prefix, another cannot bear it. How many names does it "
            "take to catch both?",
            "A doorman who is only ever shown passes with a photograph.",
            when=lambda names: _none(names, r"^(h|wte|wpe|ln_f)\."),
        ),
        Mistake(
            "never-with-prefix",
            lambda: [n.removeprefix("transformer.") for n in exposing_names()],
            lambda names, left: f"None of your names has a prefix. {_left(left)}.",
            "What do files of the whole model write in front?",
            "Look at the first listing of this chapter: how do the names begin there?",
            "Whoever is called by first name only, everybody at home knows.",
            when=lambda names: _none(names, r"^transformer\."),
        ),
        Mistake(
            "no-head",
            _without("^lm_head"),
            lambda names, left: f"You never ask about `lm_head.weight`. {_left(left)}.",
            "Which tensor stands in some files twice?",
            "What is left out must be tested like what is kept. Which two things are "
            "left out?",
            "A guard is tested by those whom he must turn away.",
            when=lambda names: _none(names, r"^lm_head"),
        ),
        Mistake(
            "no-mask",
            _without(r"\.attn\.bias"),
            lambda names, left: f"None of your names is a mask's. {_left(left)}.",
            "Which `bias` is none?",
            "Older files hold a triangle for every block. What is it called?",
            "A decoy among the ducks is found by looking at the decoy.",
            when=lambda names: _none(names, r"\.attn\.(masked_)?bias$"),
        ),
        Mistake(
            "no-stranger",
            _without("^score"),
            lambda names, left: f"All your names are GPT-2's own. {_left(left)}.",
            "How does a translation behave with a name that it should refuse?",
            "One copy replaces pieces of text. It is right wherever all is right.",
            "Whether a spell checker works shows on a word that is misspelt.",
            when=lambda names: (
                not any(told(translate, n)[n] == "ValueError" for n in names)
            ),
        ),
        Mistake(
            "no-feed-forward-projection",
            _without(r"mlp\.c_proj"),
            lambda names, left: f"You never ask about `mlp.c_proj`. {_left(left)}.",
            "Which two parts of a block share their last word?",
            "A copy that looks at the last word only is right for one of the two.",
            "Two streets of the same name in one town, and only one ever gets mail.",
            when=lambda names: _none(names, r"mlp\.c_proj"),
        ),
    ),
)
