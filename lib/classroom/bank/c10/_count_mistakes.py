"""Wrong parameter counts, each with its hints."""

from ...exercises.model import Mistake


def counted(**changes):
    """A count with some of its parts changed."""

    def wrong(src_vocab, tgt_vocab, d_model, d_ff, n_heads, n_layers):
        d, f = d_model, d_ff
        names = {"d": d, "f": f, "h": n_heads, "V": src_vocab, "W": tgt_vocab}
        part = {
            "attention": "4*d*d + 4*d",
            "cross": "4*d*d + 4*d",
            "feed": "2*d*f + d + f",
            "norms": "10*d",
            "tables": "(V + W)*d",
            "more": "0",
            "N": "n",
        } | changes
        value = {k: eval(v, {**names, "n": n_layers}) for k, v in part.items()}
        layer = 2 * value["attention"] + value["cross"] + 2 * value["feed"]
        return value["N"] * (layer + value["norms"]) + value["tables"] + value["more"]

    return wrong


def _off(got, expected):
    if not isinstance(got, (int, float)):
        return f"Your function returns {got!r}, and {expected:,} is right"
    word = "more" if got > expected else "less"
    return (
        f"For the tiny model you count {got:,.0f}, and {expected:,} is right: "
        f"{abs(got - expected):,.0f} {word}"
    )


def _tiny(tail):
    return lambda got, expected: f"{_off(got, expected)}. {tail}"


_SIZES = "d_model is 4, d_ff is 6."

_PARTS = tuple(
    Mistake(id, counted(**changes), _tiny(tail), question, pointer, neighbour, "tiny")
    for id, changes, tail, question, pointer, neighbour in (
        (
            "cross-attention-forgotten",
            {"cross": "0"},
            _SIZES,
            "How many attentions does a decoder layer have?",
            "Walk through the decoder layer's three sub-layers with your formula in "
            "hand.",
            "A house with two staircases, of which the plan shows one.",
        ),
        (
            "output-projection-forgotten",
            {"attention": "3*d*d + 3*d", "cross": "3*d*d + 3*d"},
            _SIZES,
            "What comes after the heads have been put side by side?",
            "Q, K and V are three maps. The multi-head formula has one matrix more.",
            "Three editors write; a fourth joins their parts.",
        ),
        (
            "biases-forgotten",
            {"attention": "4*d*d", "cross": "4*d*d", "feed": "2*d*f"},
            _SIZES,
            "What does a linear map add after it has multiplied?",
            "Each of the linear maps in a layer has as many biases as outputs.",
            "Fares without the booking fee.",
        ),
        (
            "attention-biases-forgotten",
            {"attention": "4*d*d", "cross": "4*d*d"},
            _SIZES,
            "Do the four maps of an attention have biases here?",
            "The feed-forward network's are in your count. Which other linear maps are "
            "there?",
            "The fee is on some of the tickets in your pile.",
        ),
        (
            "feed-forward-biases-forgotten",
            {"feed": "2*d*f"},
            _SIZES,
            "Eq. 2 has two matrices. What else has it?",
            "One of its two biases is as long as the inner layer, the other as the "
            "token.",
            "Two doors have two handles, and not of the same size.",
        ),
        (
            "feed-forward-one-matrix",
            {"feed": "d*f + f"},
            _SIZES,
            "How does the feed-forward network get back to d_model?",
            "Up, and down again. How many matrices is that?",
            "A lift that only goes up.",
        ),
        (
            "norms-forgotten",
            {"norms": "0"},
            _SIZES,
            "What else in a layer is learned, besides matrices and their biases?",
            "Every sub-layer has a part that brings tokens to scale. What does it "
            "learn?",
            "The varnish is on the bill too.",
        ),
        (
            "norm-without-bias",
            {"norms": "5*d"},
            _SIZES,
            "How many numbers for each feature does a LayerNorm learn?",
            "γ and β: which of them is in your count?",
            "A radio has a volume knob and a tuning knob.",
        ),
        (
            "decoder-with-two-norms",
            {"norms": "8*d"},
            _SIZES,
            "How many sub-layers has a decoder layer, and how many norms?",
            "One norm for each sub-layer, on either side.",
            "Three rooms, and a lamp in two of them.",
        ),
        (
            "final-norms-counted",
            {"more": "4*d"},
            _SIZES,
            "In which kind of stack does one more norm stand at the end?",
            "The model asked for is post-norm. What does its last layer end with?",
            "A second lid for a pot that is closed.",
        ),
        (
            "output-layer-not-tied",
            {"tables": "(V + 2*W)*d"},
            "The target has 13 tokens of width 4.",
            "How many matrices do target embedding and output layer have together?",
            "Tied means: one tensor, used at both ends. `parameters()` lists it once.",
            "A bridge has two ends. How many bridges?",
        ),
        (
            "one-table-for-both",
            {"tables": "W*d"},
            "The source has 11 tokens of width 4.",
            "Whose tokens does your count leave without vectors?",
            "Two vocabularies were asked for. One table for three uses takes one "
            "vocabulary.",
            "Two languages, one dictionary: whose words are missing?",
        ),
        (
            "output-bias-counted",
            {"more": "W"},
            "The target has 13 tokens.",
            "Has the output layer a bias here?",
            "Read the question's first lines once more: what is said of the tied "
            "layer?",
            "Paying for a seat that the train does not have.",
        ),
        (
            "layers-shared-out",
            {"N": "n/2"},
            "Yours has half a layer on each side.",
            "Does n_layers count the layers of one stack or of both?",
            "The paper's base has N = 6: six on the left, and how many on the right?",
            "Two trains of six carriages each.",
        ),
    )
)

MISTAKES = (
    *_PARTS,
    Mistake(
        "heads-multiply",
        counted(attention="h*(4*d*d + 4*d)", cross="h*(4*d*d + 4*d)"),
        lambda got, _: (
            f"From 1 head to 6 your count grows by {got:,}; it should not grow at all."
        ),
        "How wide is the space in which one head works?",
        "Each head has d_model/h columns of the matrices. How many columns do h heads "
        "have together?",
        "A cake cut into six pieces does not weigh more.",
        "many heads",
    ),
    Mistake(
        "heads-divide",
        counted(attention="4*d*d//h + 4*d", cross="4*d*d//h + 4*d"),
        lambda got, _: (
            f"From 1 head to 6 your count changes by {got:,}; it should not change."
        ),
        "You have counted one head. How many are there?",
        "A head's matrix is d_model × d_model/h, and there are h of them.",
        "One slice is not the cake.",
        "many heads",
    ),
)
