"""Chapter 7, write: skip-gram's loss with negative samples."""

import numpy as np

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
Skip-gram with negative sampling. A pair of a word $w$ and a word $c$ from its context
is to be told from $k$ pairs with noise words $n_1 \dots n_k$. Its loss is

$$
-\ln \operatorname{sigmoid}(u_c \cdot v_w)
- \sum_{i=1}^{k} \ln \operatorname{sigmoid}(-u_{n_i} \cdot v_w),
\qquad \operatorname{sigmoid}(z) = \frac{1}{1 + e^{-z}}
$$

where $v$ is a row of the table `inputs`, and $u$ a row of the table `outputs`.

- `words` (B,), `contexts` (B,), `noise` (B, k), integers; `inputs` and `outputs` (V, d)
- returns the mean over the B pairs, one number: of each pair, the $k$ noise terms are
  *added up*
- dot products may be as large as ±1000, and the result stays finite. NumPy has
  `np.logaddexp(a, b)`, which is $\ln(e^a + e^b)$ without overflow.

Example: if all dot products are 0, and k = 2, the loss is 3 ln 2 = 2.079.
"""

STUB = """
def negative_sampling_loss(words, contexts, noise, inputs, outputs):
    raise NotImplementedError
"""


def negative_sampling_loss(words, contexts, noise, inputs, outputs):
    word = inputs[words]  # (B, d)
    true = (word * outputs[contexts]).sum(axis=-1)  # (B,)
    false = (outputs[noise] @ word[:, :, None])[:, :, 0]  # (B, k)
    # -ln sigmoid(x) = ln(1 + exp(-x))
    per_pair = np.logaddexp(0, -true) + np.logaddexp(0, false).sum(axis=-1)
    return per_pair.mean()


def by_loops(words, contexts, noise, inputs, outputs):
    losses = []
    for w, c, negatives in zip(words, contexts, noise, strict=True):
        loss = np.logaddexp(0.0, -inputs[w] @ outputs[c])
        for n in negatives:
            loss += np.logaddexp(0.0, inputs[w] @ outputs[n])
        losses.append(loss)
    return sum(losses) / len(losses)


def as_one_classifier(words, contexts, noise, inputs, outputs):
    both = np.concatenate([contexts[:, None], noise], axis=1)
    scores = np.einsum("bd,bkd->bk", inputs[words], outputs[both])
    labels = np.zeros_like(scores)
    labels[:, 0] = 1
    losses = np.maximum(scores, 0) - scores * labels + np.log1p(np.exp(-abs(scores)))
    return losses.sum() / len(words)


def softplus(x):
    return np.logaddexp(0, x)


def scores(words, contexts, noise, inputs, outputs):
    word = inputs[words]
    true = (word * outputs[contexts]).sum(-1)
    return true, np.einsum("bd,bkd->bk", word, outputs[noise])


def but(loss):
    """Another loss of the same scores: (true (B,), false (B, k)) → number."""

    def wrong(*given):
        with np.errstate(all="ignore"):
            return loss(*scores(*given))

    return wrong


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax_instead(true, false):
    both = np.concatenate([true[:, None], false], axis=1)
    return (np.logaddexp.reduce(both, axis=1) - true).mean()


def one_table(words, contexts, noise, inputs, outputs):
    return negative_sampling_loss(words, contexts, noise, inputs, inputs)


def tables_swapped(words, contexts, noise, inputs, outputs):
    return negative_sampling_loss(words, contexts, noise, outputs, inputs)


def noise_of_contexts(words, contexts, noise, inputs, outputs):
    true, _ = scores(words, contexts, noise, inputs, outputs)
    false = np.einsum("bd,bkd->bk", outputs[contexts], outputs[noise])
    return (softplus(-true) + softplus(false).sum(1)).mean()


def noise_of_the_first_word(words, contexts, noise, inputs, outputs):
    true, _ = scores(words, contexts, noise, inputs, outputs)
    false = outputs[noise] @ inputs[words[0]]
    return (softplus(-true) + softplus(false).sum(1)).mean()


def noise_of_all_pairs(words, contexts, noise, inputs, outputs):
    true, _ = scores(words, contexts, noise, inputs, outputs)
    false = inputs[words] @ outputs[noise.reshape(-1)].T  # (B, B k)
    return (softplus(-true) + softplus(false).sum(1)).mean()


def given(scale=1.0, k=4):
    """B=3, k=4, V=7, d=5."""

    def make():
        rng = np.random.default_rng(7)
        inputs, outputs = scale * rng.normal(size=(2, 7, 5))
        return (
            np.array([2, 5, 2]),
            np.array([1, 6, 4]),
            rng.integers(0, 7, size=(3, k)),
            inputs,
            outputs,
        )

    return make


def zeros():
    words, contexts, noise, inputs, outputs = given(k=2)()
    return words, contexts, noise, inputs, 0.0 * outputs


def certain(sign):
    """Every dot product with the context is +30·sign, with the noise −30·sign."""

    def make():
        inputs, outputs = np.ones((4, 5)), 6.0 * np.ones((4, 5))
        outputs[[0, 1]] *= -1
        contexts, noise = np.array([2, 3, 2]), np.array([[0, 1], [1, 1], [0, 0]])
        words = np.array([0, 3, 1])
        return words, contexts, noise, sign * inputs, outputs

    return make


def _is(what):
    return lambda got, want: (
        f"{what} your loss is {short(got)}, and {short(want)} is right."
    )


SOME = _is("On three pairs with four noise words each,")
BLIND = _is("Where all dot products are 0 and k = 2,")
GOOD = _is("Where context scores +30 and noise −30, a perfect model,")
BIG = _is("Where dot products reach hundreds,")

EXERCISE = Exercise(
    id="negative-sampling-loss",
    chapter=7,
    kind="write",
    title="The loss of skip-gram",
    question=QUESTION,
    difficulty=3,
    minutes=15,
    name="negative_sampling_loss",
    stub=STUB,
    reference=negative_sampling_loss,
    accepts=(by_loops, as_one_classifier),
    proves="True pairs are pulled together, noise is pushed away, between the two "
    "tables; every pair counts alike, and large scores do no harm.",
    probes=(
        Probe(
            "blind",
            zeros,
            says="Where all dot products are 0, each of the 1 + k terms is log 2",
        ),
        Probe(
            "perfect",
            certain(1),
            says="Where the context scores high and the noise low, the loss is near 0",
        ),
        Probe(
            "all wrong",
            certain(-1),
            says="Where the context scores low and the noise high, the loss is large",
        ),
        Probe("some", given(), says="The loss is the mean of the pairs' sums"),
        Probe("one noise word", given(k=1), says="One noise word is as good as many"),
        Probe(
            "large",
            given(20.0),
            says="Dot products of several hundred do not overflow",
        ),
    ),
    mistakes=(
        Mistake(
            "ns-sign-missing",
            but(lambda t, f: (-softplus(-t) - softplus(f).sum(1)).mean()),
            BLIND,
            "Is it to be made large or small?",
            "The paper writes what is to be *maximised*. An optimiser that goes "
            "downhill would push true pairs apart.",
            "A golfer and a footballer both got 3. Who is happy?",
        ),
        Mistake(
            "ns-noise-pulled-too",
            but(lambda t, f: (softplus(-t) + softplus(-f).sum(1)).mean()),
            GOOD,
            "Should noise score high or low?",
            "All 1 + k terms want a high score in yours. What would the vectors do, if "
            "nothing pushed?",
            "If everybody at the party is greeted as an old friend, the greeting means "
            "nothing.",
            probe="perfect",
        ),
        Mistake(
            "ns-context-pushed-too",
            but(lambda t, f: (softplus(t) + softplus(f).sum(1)).mean()),
            GOOD,
            "Should the true context score high or low?",
            "All 1 + k terms want a low score in yours: all vectors flee each other.",
            "A magnet with two north poles.",
            probe="perfect",
        ),
        Mistake(
            "ns-signs-exchanged",
            but(lambda t, f: (softplus(t) + softplus(-f).sum(1)).mean()),
            GOOD,
            "Which of the two is to be told apart as the true one?",
            "Both terms have the sign of the other. Your model learns to prefer noise.",
            "A spam filter that delivers the spam.",
            probe="perfect",
        ),
        Mistake(
            "ns-sum-over-batch",
            but(lambda t, f: softplus(-t).sum() + softplus(f).sum()),
            SOME,
            "What does the loss do when the batch is twice as large?",
            "Terms of one pair are added up. And the pairs?",
            "A bill for three guests, and the price per guest, are two numbers.",
            probe="some",
        ),
        Mistake(
            "ns-noise-mean",
            but(lambda t, f: (softplus(-t) + softplus(f).mean(1)).mean()),
            SOME,
            "How much do k noise words weigh, together?",
            "In the formula, each noise word has a term of its own, as heavy as the "
            "true one.",
            "Four judges with a vote each, or four judges who share one vote?",
            probe="some",
        ),
        Mistake(
            "ns-mean-of-all-terms",
            but(
                lambda t, f: np.concatenate(
                    [softplus(-t)[:, None], softplus(f)], 1
                ).mean()
            ),
            BLIND,
            "By how many do you divide: by pairs or by terms?",
            "The mean over everything makes the loss smaller by 1 + k.",
            "The average price of a meal is not the average price of a dish.",
        ),
        Mistake(
            "ns-noise-forgotten",
            but(lambda t, f: softplus(-t).mean()),
            BLIND,
            "What keeps all vectors from becoming one and the same?",
            "The noise is never read. Then one huge vector for all words is perfect.",
            "An exam in which “yes” is always right is passed without learning.",
        ),
        Mistake(
            "ns-softmax-instead",
            but(softmax_instead),
            BLIND,
            "Is it one choice among 1 + k words, or 1 + k questions with yes or no?",
            "A softmax lets them compete. In Eq. 4 of the paper, each score stands on "
            "its own.",
            "“Which of these five is a cat?” and “Is this a cat?”, asked five times.",
        ),
        Mistake(
            "ns-log-missing",
            but(lambda t, f: (1 - sigmoid(t) + sigmoid(f).sum(1)).mean()),
            BLIND,
            "How bad is a probability of 0.001 for the truth, beside one of 0.1?",
            "You add up probabilities. Their gradient vanishes just where the model is "
            "most wrong.",
            "A fine that never exceeds one euro does not impress the one who is most "
            "to blame.",
        ),
        Mistake(
            "ns-sigmoid-missing",
            but(lambda t, f: (-t + f.sum(1)).mean()),
            BLIND,
            "Does this loss have a smallest value?",
            "Bare dot products can fall for ever. Which function says “good enough”?",
            "A salary without a ceiling makes people work for ever; here it makes "
            "vectors grow.",
        ),
        Mistake(
            "ns-overflow",
            but(lambda t, f: (-np.log(sigmoid(t)) - np.log(sigmoid(-f)).sum(1)).mean()),
            BIG,
            "What is the logarithm of a number that has been rounded to 0?",
            "Sigmoid first and logarithm second go through numbers that a computer "
            "cannot hold. Together they are harmless.",
            "log(e⁻⁸⁰⁰) is −800. Whoever works out e⁻⁸⁰⁰ first holds nothing but 0.",
            probe="large",
        ),
        Mistake(
            "ns-one-minus-sigmoid",
            but(
                lambda t, f: (
                    -np.log(sigmoid(t)) - np.log(1 - sigmoid(f)).sum(1)
                ).mean()
            ),
            _is("Where context scores −30 and noise +30,"),
            "How many of the 16 digits of a number just below 1 survive in 1 minus it?",
            "1 − sigmoid(x) is sigmoid(−x) on paper. The computer has rounded "
            "sigmoid(x) before it subtracts.",
            "Weigh a ship with its captain and without him: is the difference his "
            "weight?",
            probe="all wrong",
        ),
        Mistake(
            "ns-same-table",
            one_table,
            SOME,
            "How many tables are there, and which have you read?",
            "A word hardly ever stands in its own context. With one table for both "
            "parts, its product with itself could not be small.",
            "A key and a lock, cut after the same pattern, do not fit.",
            probe="some",
        ),
        Mistake(
            "ns-tables-swapped",
            tables_swapped,
            SOME,
            "From which table does the word come, and from which its context?",
            "Both tables are read, each for the other's part.",
            "Sender and address on the wrong sides of the envelope.",
            probe="some",
        ),
        Mistake(
            "ns-noise-against-context",
            noise_of_contexts,
            SOME,
            "With whom is a noise word compared?",
            "True context and noise are both partners for the *word*.",
            "Witnesses point at the suspect, not at each other.",
            probe="some",
        ),
        Mistake(
            "ns-noise-of-the-first",
            noise_of_the_first_word,
            SOME,
            "Whose noise is the third row of `noise`?",
            "All noise words meet the same word in yours. Each pair has its own.",
            "Three quizzes with four wrong answers each, and all compared with the "
            "first question.",
            probe="some",
        ),
        Mistake(
            "ns-noise-of-all-pairs",
            noise_of_all_pairs,
            BLIND,
            "How many noise terms does one pair have in yours? Print the shape.",
            "Every word meets the noise of the whole batch, so the loss grows with the "
            "batch.",
            "Each of three tables ordered two dishes. Who puts all six on every bill?",
        ),
    ),
)
