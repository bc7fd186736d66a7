"""Chapter 7, faded: which words are noise, and which occurrences are kept."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Two helpers of skip-gram, both made of the counts of words in a text. Frequent words are
drawn as noise less often than they occur, and many of their occurrences are skipped.

- `counts` (V,), integers of at least 1; `t`, a small frequency such as 0.001
- the *noise* distribution (V,) is proportional to $U^{3/4}$, where $U$ is the
  distribution of the words in the text
- *keep* (V,) is the probability that an occurrence is kept: each is discarded with
  probability $1 - \sqrt{t / f}$, where $f$ is the word's frequency, its share of the
  text; never, where that is negative
- returns the two, in NumPy

Example: counts of 81 and 16 have noise in the proportion 27 : 8.
"""

STUB = """
def noise_and_keep(counts, t):
    frequency = counts / counts.sum()
    raise NotImplementedError
    return noise, keep
"""


def noise_and_keep(counts, t):
    frequency = counts / counts.sum()
    flattened = frequency**0.75
    noise = flattened / flattened.sum()
    keep = np.minimum(1.0, np.sqrt(t / frequency))
    return noise, keep


def from_the_counts(counts, t):
    flattened = np.sqrt(np.sqrt(counts)) ** 3
    discarded = 1 - (t * counts.sum() / counts) ** 0.5
    return flattened / flattened.sum(), 1 - discarded.clip(min=0)


def _noise(frequency, power=0.75):
    return frequency**power / (frequency**power).sum()


def _keep(frequency, t):
    return np.minimum(1.0, np.sqrt(t / frequency))


def noise_by(noise):
    """Another noise distribution: (frequencies, counts) → noise."""

    def wrong(counts, t):
        frequency = counts / counts.sum()
        return noise(frequency, counts), _keep(frequency, t)

    return wrong


def keep_by(keep):
    """Another probability: (frequencies, t, counts) → keep."""

    def wrong(counts, t):
        frequency = counts / counts.sum()
        return _noise(frequency), keep(frequency, t, counts)

    return wrong


def returned_the_other_way_round(counts, t):
    frequency = counts / counts.sum()
    return _keep(frequency, t), _noise(frequency)


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def inputs():
    return np.array([500, 300, 120, 60, 15, 4, 1]), 0.02


def rare_threshold():
    return np.array([3, 40, 7, 900, 50]), 0.001


def noise(f, *given):
    return f(*given)[0]


def keep(f, *given):
    return f(*given)[1]


def _noise_is(got, want):
    return (
        f"Of counts 500, 300, 120, 60, 15, 4, 1 your noise is {short(got)} with sum "
        f"{short(got.sum())}; {short(want)} is right."
    )


def _keep_is(got, want):
    return (
        "Of counts 500, 300, 120, 60, 15, 4, 1 with t = 0.02 your keep is "
        f"{short(got)}; {short(want)} is right."
    )


EXERCISE = Exercise(
    id="noise-distribution",
    chapter=7,
    kind="faded",
    title="Noise, and what is skipped",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="noise_and_keep",
    stub=STUB,
    reference=noise_and_keep,
    accepts=(from_the_counts,),
    proves="Noise is a distribution, flatter than the text's own; of frequent words "
    "only some occurrences are kept, of rare ones all.",
    returns=("noise", "keep"),
    probes=(
        Probe(
            "noise",
            inputs,
            noise,
            "The noise is a distribution in proportion to the frequencies to the "
            "power 3/4",
        ),
        Probe(
            "keep",
            inputs,
            keep,
            "Kept is what is not discarded: the root of t / f, and at most 1",
        ),
        Probe("another text", rare_threshold, says="Both hold for other counts and t"),
    ),
    mistakes=(
        Mistake(
            "noise-power-missing",
            noise_by(lambda f, _: f),
            _noise_is,
            "How often would “the” be the noise word?",
            "Yours is how the words occur. The authors found a flatter distribution to "
            "be better.",
            "A raffle with a ticket for each euro paid, and one with fewer tickets for "
            "the rich: what is done to the euros?",
        ),
        Mistake(
            "noise-uniform",
            noise_by(lambda f, _: np.full_like(f, 1 / len(f))),
            _noise_is,
            "Does the count of a word play any part?",
            "All words alike is the one extreme, as they occur is the other. The power "
            "lies between.",
            "Power 0 makes all numbers 1, and power 1 leaves them. Where is 3/4?",
        ),
        Mistake(
            "noise-square-root",
            noise_by(lambda f, _: _noise(f, 0.5)),
            _noise_is,
            "Which power is asked for?",
            "A root does flatten, but more than the formula says. The root belongs to "
            "the other helper.",
            "16 to the power 1/2 is 4, and to the power 3/4 it is 8.",
        ),
        Mistake(
            "noise-power-inverted",
            noise_by(lambda f, _: _noise(f, 4 / 3)),
            _noise_is,
            "Does your power bring large and small counts nearer together?",
            "Above 1, a power favours what is frequent already. Look which way round "
            "the fraction stands.",
            "Of 4 and 1, the power 2 makes 16 : 1, and the power 1/2 makes 2 : 1.",
        ),
        Mistake(
            "noise-not-normalised",
            noise_by(lambda f, _: f**0.75),
            _noise_is,
            "Can one draw with these probabilities? What do they add up to?",
            "A power changes the sum. “In proportion to” leaves one step for you.",
            "0.7 and 0.3 add up to 1; their squares, 0.49 and 0.09, do not.",
        ),
        Mistake(
            "noise-counts-not-normalised",
            noise_by(lambda _, counts: counts**0.75),
            _noise_is,
            "Can a probability be larger than 1?",
            "What you have is in the right proportion. What turns that into a "
            "distribution?",
            "Votes are not per cents, until one knows how many there were.",
        ),
        Mistake(
            "noise-softmax",
            noise_by(lambda f, _: softmax(f**0.75)),
            _noise_is,
            "Are your numbers scores, or positive already?",
            "A softmax takes the exponential of each number. What was small and "
            "different becomes nearly alike.",
            "Shares of 3 kg and 1 kg are 3/4 and 1/4. Why bring e³ into it?",
        ),
        Mistake(
            "subsampling-discarded-for-kept",
            keep_by(lambda f, t, _: np.maximum(0.0, 1 - np.sqrt(t / f))),
            _keep_is,
            "Is a rare word kept, in yours?",
            "The paper's formula says what is thrown away.",
            "“30 % off” is not a price of 30 %.",
            probe="keep",
        ),
        Mistake(
            "subsampling-not-capped",
            keep_by(lambda f, t, _: np.sqrt(t / f)),
            _keep_is,
            "Can a probability be larger than 1?",
            "Words that are rarer than t are never discarded. What does your formula "
            "say of them?",
            "A tank of 50 l that is filled at 2 l a minute holds how much after an "
            "hour?",
            probe="keep",
        ),
        Mistake(
            "subsampling-counts-for-frequency",
            keep_by(lambda _, t, counts: np.minimum(1.0, np.sqrt(t / counts))),
            _keep_is,
            "In which unit is t: occurrences, or a share of the text?",
            "A text twice as long has counts twice as large. Should it discard more?",
            "A speed limit of 50 means something only per hour.",
            probe="keep",
        ),
        Mistake(
            "subsampling-root-missing",
            keep_by(lambda f, t, _: np.minimum(1.0, t / f)),
            _keep_is,
            "How often would a word be kept that is 100 times as frequent as t?",
            "Without the root, all frequent words are left equally often. With it, "
            "their order survives.",
            "Of 1 in 100 the root makes 1 in 10.",
            probe="keep",
        ),
        Mistake(
            "subsampling-upside-down",
            keep_by(lambda f, t, _: np.minimum(1.0, np.sqrt(f / t))),
            _keep_is,
            "Which words lose occurrences in yours, frequent or rare ones?",
            "The fraction stands on its head.",
            "Whoever cuts every hedge that is too low has a strange garden.",
            probe="keep",
        ),
        Mistake(
            "noise-and-keep-exchanged",
            returned_the_other_way_round,
            _noise_is,
            "Which of your two results adds up to 1, and which one should?",
            "Both may be right. Look at the order in which they are returned.",
            "Name and first name in each other's box: nothing is misspelt.",
        ),
        Mistake(
            "subsampling-of-the-noise",
            keep_by(lambda f, t, _: _keep(_noise(f), t)),
            _keep_is,
            "Whose share is f: that in the text, or that among noise?",
            "The two helpers are used at different places, and neither reads the "
            "other's result.",
            "Two recipes that begin with the same flour. One does not go into the "
            "other's cake.",
            probe="keep",
        ),
    ),
)
