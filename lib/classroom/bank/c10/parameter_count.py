"""Chapter 10, write: the number of parameters, foretold."""

from ...exercises.model import Exercise, Probe
from ._count_mistakes import MISTAKES

QUESTION = r"""
Foretell the number of parameters of a Transformer as chapter 10 builds it by default:
post-norm, biases in all linear maps of the layers, sinusoidal positions, two
vocabularies, the target's table tied to the output layer (which has no bias).

- `src_vocab`, `tgt_vocab`: numbers of tokens
- `d_model`, `d_ff`, `n_heads`: widths, and number of heads
- `n_layers`: of the encoder, and of the decoder as well
- returns a whole number

Example: with 11 and 13 tokens, d_model 4, d_ff 6, 2 heads and one layer on each side
it is 492.
"""

STUB = """
def parameter_count(src_vocab, tgt_vocab, d_model, d_ff, n_heads, n_layers):
    raise NotImplementedError
"""


def parameter_count(src_vocab, tgt_vocab, d_model, d_ff, n_heads, n_layers):
    attention = 4 * d_model * (d_model + 1)  # queries, keys, values, output
    feed_forward = d_ff * (d_model + 1) + d_model * (d_ff + 1)
    norm = 2 * d_model  # gain and bias
    encoder_layer = attention + feed_forward + 2 * norm
    decoder_layer = 2 * attention + feed_forward + 3 * norm
    tables = (src_vocab + tgt_vocab) * d_model
    return n_layers * (encoder_layer + decoder_layer) + tables


def in_one_line(src_vocab, tgt_vocab, d_model, d_ff, n_heads, n_layers):
    d, f = d_model, d_ff
    layers = 12 * d**2 + 4 * d * f + 24 * d + 2 * f
    return int(n_layers * layers + src_vocab * d + tgt_vocab * d)


def built(src_vocab, tgt_vocab, d_model, d_ff, n_heads, n_layers):
    import torch

    from unmasked.transformer import Transformer, TransformerConfig

    sizes = {"d_model": d_model, "d_ff": d_ff, "n_heads": n_heads}
    config = TransformerConfig(src_vocab, tgt_vocab, **sizes, n_layers=n_layers)
    with torch.device("meta"):
        return sum(p.numel() for p in Transformer(config).parameters())


EXERCISE = Exercise(
    id="parameter-count",
    chapter=10,
    kind="write",
    title="Foretell the number of parameters",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="parameter_count",
    stub=STUB,
    reference=parameter_count,
    accepts=(in_one_line, built),
    proves="An encoder layer has one attention and two norms, a decoder layer two and "
    "three; heads cut the width and cost nothing; a tied table is counted once; "
    "sinusoids are not learned.",
    probes=(
        Probe(
            "tiny",
            lambda: (11, 13, 4, 6, 2, 1),
            says="With 11 and 13 tokens, d_model 4, d_ff 6, one layer each it is 492",
        ),
        Probe(
            "layers",
            lambda: (11, 13, 4, 6, 2, 5),
            lambda f, *sizes: f(*sizes) - f(*sizes[:5], 4),
            "Every layer adds as much as the one before",
        ),
        Probe(
            "tables",
            lambda: (170, 23, 6, 10, 3, 1),
            lambda f, *sizes: f(*sizes) - f(1, 1, *sizes[2:]),
            "The tables hold d_model numbers for each token, and nothing else does",
        ),
        Probe(
            "many heads",
            lambda: (11, 13, 12, 20, 6, 1),
            lambda f, *sizes: f(*sizes) - f(11, 13, 12, 20, 1, 1),
            "The number of heads changes nothing",
        ),
        Probe(
            "base",
            lambda: (37_000, 32_000, 512, 2048, 8, 6),
            says="The number is right for sizes like those of the paper",
        ),
    ),
    mistakes=MISTAKES,
)
