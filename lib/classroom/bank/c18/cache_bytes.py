"""Chapter 18, write: how large a cache is."""

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
How many bytes does a cache of keys and values hold? Each number takes `bits` bits.

- `n_layers`, `d_model`, `n_heads` (query heads), `n_kv_heads` (of keys and values)
- `rows` sequences of `tokens` tokens each
- a head's width is d_model / n_heads, for queries, keys and values alike
- returns a number of bytes
"""

STUB = """
def cache_bytes(n_layers, d_model, n_heads, n_kv_heads, rows, tokens, bits):
    raise NotImplementedError
"""


def cache_bytes(n_layers, d_model, n_heads, n_kv_heads, rows, tokens, bits):
    of_a_token = 2 * n_layers * n_kv_heads * (d_model // n_heads)  # keys and values
    return of_a_token * rows * tokens * bits // 8


def as_a_float(n_layers, d_model, n_heads, n_kv_heads, rows, tokens, bits):
    share = n_kv_heads / n_heads
    return 2.0 * n_layers * d_model * share * rows * tokens * bits / 8


def smol():
    """SmolLM2's sizes, two conversations."""
    return 30, 576, 9, 3, 2, 500, 16


def other():
    return 4, 96, 6, 2, 3, 70, 32


def _show(got, expected):
    return (
        "For 30 layers, d_model 576, 9 query heads, 3 of keys, 2 rows of 500 tokens at "
        f"16 bits you get {short(got)}, and {short(expected)} is right: yours is "
        f"{got / expected:.4g} times that."
    )


def _m(identifier, wrong, question, pointer, neighbour):
    return Mistake(identifier, wrong, _show, question, pointer, neighbour, "SmolLM2")


EXERCISE = Exercise(
    id="cache-bytes",
    chapter=18,
    kind="write",
    title="The size of a cache",
    question=QUESTION,
    difficulty=1,
    minutes=4,
    name="cache_bytes",
    stub=STUB,
    reference=cache_bytes,
    accepts=(as_a_float,),
    proves="Keys and values, in every layer, for each head of keys and each token of "
    "each row. Query heads do not count, and the vocabulary does not.",
    probes=(
        Probe(
            "SmolLM2",
            smol,
            says="The bytes of SmolLM2's cache are right for two conversations",
        ),
        Probe(
            "another",
            other,
            says="The bytes of another model's cache are right as well",
        ),
    ),
    mistakes=(
        _m(
            "values-forgotten",
            lambda L, d, h, g, B, T, bits: L * g * (d // h) * B * T * bits // 8,
            "What is kept of a token besides its key?",
            "A weight says how much. Of what?",
            "A shelf of labels without the jars.",
        ),
        _m(
            "query-heads-counted",
            lambda L, d, h, g, B, T, bits: 2 * L * d * B * T * bits // 8,
            "Are there keys for each of the 9 heads?",
            "Which argument have you not used?",
            "Three families share a cellar: how many cellars are there?",
        ),
        _m(
            "one-layer",
            lambda L, d, h, g, B, T, bits: 2 * g * (d // h) * B * T * bits // 8,
            "Does layer 7 read the keys of layer 6?",
            "How many attentions does a model have?",
            "A library has a catalogue on each floor.",
        ),
        _m(
            "width-of-the-model",
            lambda L, d, h, g, B, T, bits: 2 * L * g * d * B * T * bits // 8,
            "How long is one head's key?",
            "d_model is cut into heads. Into how many pieces?",
            "A slice of cake for each guest, not a cake.",
        ),
        _m(
            "bits-not-bytes",
            lambda L, d, h, g, B, T, bits: 2 * L * g * (d // h) * B * T * bits,
            "How many bits make a byte?",
            "In which unit is the answer asked for?",
            "Eggs are counted in dozens, and cost by the dozen.",
        ),
        _m(
            "one-row",
            lambda L, d, h, g, B, T, bits: 2 * L * g * (d // h) * T * bits // 8,
            "Do two conversations share their keys?",
            "Which argument have you not used?",
            "Two tables, one bill?",
        ),
        _m(
            "queries-kept",
            lambda L, d, h, g, B, T, bits: (
                (2 * g + h) * L * (d // h) * B * T * bits // 8
            ),
            "Is an old query ever needed again?",
            "Who asks at this step?",
            "Letters are filed; the envelopes of the questions are not.",
        ),
        _m(
            "scores-kept",
            lambda L, d, h, g, B, T, bits: 2 * L * h * T * T * B * bits // 8,
            "Does a cache hold scores, or what they are computed from?",
            "Should it grow with the square of the text?",
            "A phone book holds numbers, not calls.",
        ),
    ),
)
