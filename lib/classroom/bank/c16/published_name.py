"""Chapter 16, write: a published GPT-2's names, in this course's words."""

import re

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Write the function that translates the names of a published GPT-2.

| there | here |
| --- | --- |
| `wte`, `wpe`, `ln_f` | `tokens`, `positions`, `final` |
| `h.N` | `layers.N` |
| in a block: `ln_1`, `ln_2` | `norm1`, `norm2` |
| `attn.c_attn`, `attn.c_proj` | `attention.qkv`, `attention.out` |
| `mlp.c_fc`, `mlp.c_proj` | `feed_forward.up`, `feed_forward.down` |

- The prefix `transformer.` may be there or not.
- For what is left out, return `None`: the tied `lm_head.weight`, and a block's masks
  `h.N.attn.bias` and `h.N.attn.masked_bias`.
- Any other name is a `ValueError`.
"""

STUB = """
def our_name(name):
    raise NotImplementedError
"""


def our_name(name):
    top = {"wte": "tokens", "wpe": "positions", "ln_f": "final"}
    inner = {
        "ln_1": "norm1",
        "ln_2": "norm2",
        "attn.c_attn": "attention.qkv",
        "attn.c_proj": "attention.out",
        "mlp.c_fc": "feed_forward.up",
        "mlp.c_proj": "feed_forward.down",
    }
    *parts, kind = name.removeprefix("transformer.").split(".")
    if (parts, kind) == (["lm_head"], "weight"):
        return None
    if len(parts) == 1 and parts[0] in top:
        return f"{top[parts[0]]}.{kind}"
    if len(parts) > 2 and parts[0] == "h":
        part = ".".join(parts[2:])
        if part in inner:
            return f"layers.{parts[1]}.{inner[part]}.{kind}"
    if parts[:1] == ["h"] and parts[2:] == ["attn"] and kind.endswith("bias"):
        return None
    raise ValueError(f"{name} is no name of a GPT-2")


RULES = (
    (r"lm_head\.weight", None),
    (r"h\.\d+\.attn\.(masked_)?bias", None),
    (r"wte\.weight", "tokens.weight"),
    (r"wpe\.weight", "positions.weight"),
    (r"ln_f\.(\w+)", r"final.\1"),
    (r"h\.(\d+)\.ln_(\d)\.(\w+)", r"layers.\1.norm\2.\3"),
    (r"h\.(\d+)\.attn\.c_attn\.(\w+)", r"layers.\1.attention.qkv.\2"),
    (r"h\.(\d+)\.attn\.c_proj\.(\w+)", r"layers.\1.attention.out.\2"),
    (r"h\.(\d+)\.mlp\.c_fc\.(\w+)", r"layers.\1.feed_forward.up.\2"),
    (r"h\.(\d+)\.mlp\.c_proj\.(\w+)", r"layers.\1.feed_forward.down.\2"),
)


def by_rules(first=(), prefix=r"(?:transformer\.)?", strict=True, after=None):
    """Another right answer; with an argument, a wrong one."""

    def translate(name):
        for pattern, name_here in (*first, *RULES):
            if found := re.fullmatch(prefix + pattern, name):
                here = name_here and found.expand(name_here)
                return after(here) if after and here else here
        if strict:
            raise ValueError(name)
        return None

    return translate


def replaced(name):
    """One replacement after the other, which lets everything through."""
    pairs = {
        "transformer.": "", "wte": "tokens", "wpe": "positions", "ln_f": "final",
        "h.": "layers.", "ln_": "norm", "attn.c_attn": "attention.qkv",
        "attn.c_proj": "attention.out", "mlp.c_fc": "feed_forward.up",
        "mlp.c_proj": "feed_forward.down",
    }  # fmt: skip
    if name.endswith(("lm_head.weight", ".attn.bias", ".attn.masked_bias")):
        return None
    for there, here in pairs.items():
        name = name.replace(there, here)
    return name


def told(translate, *names):
    """name → what the function makes of it, or that it refuses."""
    answers = {}
    for name in names:
        try:
            answers[name] = translate(name)
        except ValueError:
            answers[name] = "ValueError"
    return answers


def names(*given):
    return lambda: given


def _first(got, expected):
    name = next(n for n in expected if got.get(n) != expected[n])
    return f"For `{name}` you answer `{got.get(name)}`."


EXERCISE = Exercise(
    id="published-name",
    chapter=16,
    kind="write",
    title="A name there, a name here",
    question=QUESTION,
    difficulty=2,
    minutes=10,
    name="our_name",
    stub=STUB,
    reference=our_name,
    accepts=(by_rules(),),
    proves="Every tensor of a GPT-2 finds its place, the masks and the second copy of "
    "the table are left out knowingly, and a name from elsewhere is not let in.",
    probes=(
        Probe(
            "tables",
            names(
                "transformer.wte.weight",
                "transformer.wpe.weight",
                "transformer.ln_f.weight",
                "transformer.ln_f.bias",
            ),
            told,
            "The tables and the last norm have their names",
        ),
        Probe(
            "block",
            names(
                *(
                    f"transformer.h.3.{part}.{kind}"
                    for part in (
                        "ln_1",
                        "ln_2",
                        "attn.c_attn",
                        "attn.c_proj",
                        "mlp.c_fc",
                        "mlp.c_proj",
                    )
                    for kind in ("weight", "bias")
                )
            ),
            told,
            "Each of a block's twelve tensors has a name of its own",
        ),
        Probe(
            "twelfth block",
            names("transformer.h.11.ln_1.weight", "transformer.h.10.mlp.c_fc.bias"),
            told,
            "Blocks 10 and 11 are not block 1",
        ),
        Probe(
            "left out",
            names(
                "lm_head.weight",
                "transformer.h.2.attn.bias",
                "transformer.h.2.attn.masked_bias",
            ),
            told,
            "The masks and the tied head are left out",
        ),
        Probe(
            "without prefix",
            names("wte.weight", "h.0.attn.c_proj.bias", "ln_f.weight", "h.1.attn.bias"),
            told,
            "The prefix need not be there",
        ),
        Probe(
            "strangers",
            names(
                "transformer.h.0.attn.q_norm.weight",
                "score.weight",
                "model.layers.0.mlp.up_proj.weight",
            ),
            told,
            "A name that is not GPT-2's is refused",
        ),
        Probe(
            "nearly",
            names(
                "transformer.ln_f.inner.weight",
                "transformer.layers.0.ln_1.weight",
                "layers.0.attn.bias",
                "h.0.attn.weight",
                "h.0.mlp.bias",
                "weight",
            ),
            told,
            "A name that is nearly GPT-2's is refused as well",
        ),
    ),
    mistakes=(
        Mistake(
            "prefix-needed",
            by_rules(prefix=r"(?:transformer\.(?!lm)|(?=lm_head))"),
            _first,
            "Do all files write `transformer.` in front?",
            "The same tensors are saved with the class around them, or without. Which "
            "of your steps depends on it?",
            "A letter is delivered whether or not the country is written on it.",
            "without prefix",
        ),
        Mistake(
            "prefix-unknown",
            by_rules(prefix=""),
            _first,
            "What does a file of `GPT2LMHeadModel` write in front of `wte`?",
            "A prefix names the object that holds the tensors. Is it part of what they "
            "are?",
            "A house has a number with the street's name in front of it or without.",
            "tables",
        ),
        Mistake(
            "two-projections-merged",
            by_rules(
                [(r"h\.(\d+)\.mlp\.c_proj\.(\w+)", r"layers.\1.attention.out.\2")]
            ),
            _first,
            "How many tensors called `c_proj.weight` has a block?",
            "Two parts of a block end in a projection back to the stream. What tells "
            "them apart is the word before.",
            "Two people called Smith at one address: the first name decides.",
            "block",
        ),
        Mistake(
            "mask-as-bias",
            by_rules([(r"h\.(\d+)\.attn\.(\w*bias)", r"layers.\1.attention.\2")]),
            _first,
            "What shape would this “bias” have: (d,), or (1, 1, T, T)?",
            "A tensor of zeros and ones in a triangle was saved along with the "
            "weights. Is it something that was learnt?",
            "The packing list is in the parcel. Is it one of the goods?",
            "left out",
        ),
        Mistake(
            "real-bias-lost",
            by_rules([(r".*attn\.(masked_)?bias", None)]),
            _first,
            "Which names end in `attn.bias`? Write down three.",
            "`c_attn` ends in `attn`. Does your test for the mask look at whole parts "
            "of the name, between the dots?",
            "Whoever throws away all that ends in “art” loses the cart with the art.",
            "block",
        ),
        Mistake(
            "head-is-loaded",
            by_rules([(r"lm_head\.weight", "head.weight")]),
            _first,
            "Which parameter of a tied model is the output layer?",
            "With a matrix of its own, the output would no longer move when the table "
            "of tokens is trained. Has the model a place for a second one?",
            "A second key to the same door is not a second door.",
            "left out",
        ),
        Mistake(
            "first-digit-only",
            by_rules(after=lambda here: re.sub(r"^(layers\.\d)\d*", r"\1", here)),
            _first,
            "How many characters has the number of the twelfth block?",
            "Twelve blocks have numbers from 0 to 11. Where does the number end: after "
            "one character, or at the next dot?",
            "Whoever reads one digit of the house number rings at 1 instead of 11.",
            "twelfth block",
        ),
        Mistake(
            "biases-become-weights",
            by_rules(after=lambda here: re.sub(r"\.bias$", ".weight", here)),
            _first,
            "How many different names do you make of a block's twelve tensors?",
            "What stands after the last dot says which of a part's two tensors it is.",
            "Left and right shoe on one peg.",
            "block",
        ),
        Mistake(
            "strangers-left-out",
            by_rules(strict=False),
            _first,
            "What becomes of a tensor for which you answer `None`?",
            "Left out knowingly, and not known: does your answer tell the two apart? "
            "Which of them would you want to hear of?",
            "A porter who lets in whoever is on the list, and sends the others to the "
            "cellar without a word.",
            "strangers",
        ),
        Mistake(
            "strangers-pass",
            replaced,
            _first,
            "What does your function do with a name that none of its rules fits?",
            "Replacing pieces of a text never fails. Who would notice a name that is "
            "half translated?",
            "A dictionary that returns unknown words as they are.",
            "strangers",
        ),
    ),
)
