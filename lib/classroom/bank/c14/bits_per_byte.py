"""Chapter 14, write: from the losses of batches to bits per byte of text."""

import math

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
A held-out text was scored in batches. How many **bits per byte** does the model need?
That number can be compared between tokenizers: bits, not nats, and bytes of the text
in UTF-8, not tokens.

- `nats`: for each batch its mean loss per token, in nats
- `tokens`: for each batch the number of tokens that this mean is over
- `text`: the text that all batches together hold
- returns a float
"""

STUB = """
def bits_per_byte(nats, tokens, text):
    raise NotImplementedError
"""


def bits_per_byte(nats, tokens, text):
    total = sum(loss * n for loss, n in zip(nats, tokens, strict=True))
    return total / np.log(2) / len(text.encode("utf-8"))


def by_arrays(nats, tokens, text):
    bits = np.dot(nats, tokens) * math.log2(math.e)
    return float(bits / len(text.encode()))


def by_perplexity(nats, tokens, text):
    n = sum(tokens)
    perplexity = math.exp(_nats(nats, tokens) / n)
    return math.log2(perplexity) * n / len(bytes(text, "utf-8"))


def _nats(nats, tokens):
    return float(np.dot(nats, tokens))


def mean_of_means(nats, tokens, text):
    return np.mean(nats) * sum(tokens) / math.log(2) / len(text.encode())


def mean_of_exp(nats, tokens, text):
    perplexity = np.mean(np.exp(nats))
    return np.log2(perplexity) * sum(tokens) / len(text.encode())


def in_nats(nats, tokens, text):
    return _nats(nats, tokens) / len(text.encode())


def times_log_2(nats, tokens, text):
    return _nats(nats, tokens) * math.log(2) / len(text.encode())


def decimal_digits(nats, tokens, text):
    return _nats(nats, tokens) / math.log(10) / len(text.encode())


def per_character(nats, tokens, text):
    return _nats(nats, tokens) / math.log(2) / len(text)


def per_token(nats, tokens, text):
    return _nats(nats, tokens) / math.log(2) / sum(tokens)


def means_added(nats, tokens, text):
    return sum(nats) / math.log(2) / len(text.encode())


def mean_per_byte(nats, tokens, text):
    mean = _nats(nats, tokens) / sum(tokens)
    return mean / math.log(2) / len(text.encode())


def perplexity_per_byte(nats, tokens, text):
    return math.exp(_nats(nats, tokens) / len(text.encode()))


def bytes_per_bit(nats, tokens, text):
    return len(text.encode()) / (_nats(nats, tokens) / math.log(2))


def plain():
    """8 ASCII bytes, 4 tokens in two batches of equal size; 2 bits per token."""
    return [2 * math.log(2)] * 2, [2, 2], "a short!"


def uneven():
    """A text of ASCII, in batches of 10 tokens and of 2."""
    return [2.0, 4.0], [10, 2], "The cat sat on the mat, twice."


def accents():
    """Characters of 1 to 4 bytes."""
    return [1.5, 2.5, 3.0], [7, 4, 2], "naïve café, żółw: 🐢"


def _symptom(text):
    return lambda got, expected: (
        f"A text of 8 bytes in 4 tokens, 2 bits for each token: you get {short(got)}, "
        f"and {short(expected)} is right. {text}"
    )


def _uneven(got, expected):
    return (
        "For batches of 10 tokens at 2 nats and 2 tokens at 4 nats you get "
        f"{short(got)}, and {short(expected)} is right."
    )


EXERCISE = Exercise(
    id="bits-per-byte",
    chapter=14,
    kind="write",
    title="Bits per byte",
    question=QUESTION,
    difficulty=2,
    minutes=5,
    name="bits_per_byte",
    stub=STUB,
    reference=bits_per_byte,
    accepts=(by_arrays, by_perplexity),
    proves="Nats are added up token by token, turned into bits, and shared among the "
    "bytes, which no tokenizer can choose.",
    probes=(
        Probe(
            "plain",
            plain,
            says="4 tokens of 2 bits each over 8 bytes are 1 bit per byte",
        ),
        Probe("uneven", uneven, says="A batch counts by its tokens"),
        Probe(
            "accents",
            accents,
            says="What is counted is bytes in UTF-8: é has two, 🐢 has four",
        ),
    ),
    mistakes=(
        Mistake(
            "ppl-mean-of-batch-means",
            mean_of_means,
            _uneven,
            "Is the short last batch worth as much as the long one?",
            "What would the text get if it came in one batch of 12 tokens?",
            "One lap at 10 km/h and a short sprint at 20: is the average speed 15?",
            "uneven",
        ),
        Mistake(
            "ppl-mean-of-exp",
            mean_of_exp,
            _uneven,
            "Average first, or exponentiate first: which of them equals one long text?",
            "A perplexity is a mean of its own kind already. What do means of "
            "perplexities belong to?",
            "Doubling and then halving leaves a price as it was. What is the average "
            "of the factors 2 and ½?",
            "uneven",
        ),
        Mistake(
            "nats-not-bits",
            in_nats,
            _symptom("The numbers differ by the factor ln 2 ≈ 0.693."),
            "In which unit are the losses, and in which is the answer?",
            "How many nats does one fair toss of a coin have, and how many bits?",
            "A table of heights in feet under the heading “metres”.",
            "plain",
        ),
        Mistake(
            "bits-upside-down",
            times_log_2,
            _symptom("One of the steps went the wrong way."),
            "Are there more bits in a text than nats, or fewer?",
            "A bit is smaller than a nat (0.693 of it). So is the number of bits the "
            "larger one, or the smaller?",
            "Euro in cents: divided by 100 or multiplied by it?",
            "plain",
        ),
        Mistake(
            "wrong-base",
            decimal_digits,
            _symptom("Yours counts decimal digits."),
            "Which base belongs to bits?",
            "One yes-or-no is one bit, and ln of the number of its outcomes in nats. "
            "How many outcomes has it?",
            "A page number has fewer digits in decimal than in binary.",
            "plain",
        ),
        Mistake(
            "characters-not-bytes",
            per_character,
            lambda got, expected: (
                "For “naïve café, żółw: 🐢”, 19 characters in 27 bytes, you get "
                f"{short(got)}, and {short(expected)} is right."
            ),
            "What does `len` of a text count?",
            "Python's texts are made of characters. How many bytes are “é” and “🐢” "
            "in UTF-8?",
            "A hall has 19 chairs and 27 places, some of the chairs being benches.",
            "accents",
        ),
        Mistake(
            "per-token",
            per_token,
            _symptom("This is the number per token."),
            "Per what is the answer asked for?",
            "A tokenizer with longer tokens has fewer of them. Which denominator does "
            "it leave alone?",
            "Price per packet or price per kilogram: which can be compared between "
            "shops?",
            "plain",
        ),
        Mistake(
            "means-added",
            means_added,
            _symptom("You add numbers *per token*, without the tokens."),
            "How many nats did each batch cost, in all?",
            "A mean knows nothing of how many there were. Where are their numbers?",
            "2 euro per ticket and 4 euro per ticket: what did the groups pay?",
            "plain",
        ),
        Mistake(
            "mean-per-byte",
            mean_per_byte,
            _symptom("It has been divided twice: by tokens, and by bytes."),
            "Which total is to be shared among the bytes?",
            "What costs bits is the whole text. Take the whole sum to the bytes, not "
            "its mean.",
            "A cake for 4 is cut into 4, and one of the pieces shared among 8.",
            "plain",
        ),
        Mistake(
            "perplexity-per-byte",
            perplexity_per_byte,
            _symptom("Bits are logarithms; yours is a number of choices."),
            "Is the answer on a scale of logarithms, or of choices?",
            "A fair coin is 1 bit, and 2 choices. Which of the two did the task ask "
            "for?",
            "“Three digits” and “a thousand numbers” say the same, in two ways.",
            "plain",
        ),
        Mistake(
            "bytes-per-bit",
            bytes_per_bit,
            lambda got, expected: f"{_uneven(got, expected)} Yours is one over it.",
            "“Per byte”: what stands below the line?",
            "Should a better model have a larger number, or a smaller one?",
            "Litres per kilometre and kilometres per litre.",
            "uneven",
        ),
    ),
)
