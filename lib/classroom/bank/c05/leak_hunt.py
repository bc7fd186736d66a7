"""Chapter 5, break it: an experiment that exposes every leak."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake

QUESTION = """
An experiment on a causal self-attention layer: run it on `x`, run it on `other`, where
some vectors are replaced, and note which outputs move. A sound layer lets a replaced
word move its own output and later ones, and replaced padding move nothing. Ten leaking
copies of the layer are hidden: no mask, half a mask, a late mask, another sentence's
mask, and so on. A copy is exposed when the table of moved outputs differs from the
sound layer's.

Write a function that returns one experiment `(x, other, real)` on which all ten differ:
float32 tensors `x` and `other` (B, T, 3) with numbers from −10 to 10, a boolean tensor
`real` (B, T), True = a word, False = padding (on either side), with at least one word
in each sentence; B and T from 1 to 8.
"""

STUB = """
def experiment():
    raise NotImplementedError
"""


def experiment():
    x = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    real = torch.arange(6) >= torch.tensor([[0], [2]])
    other = x.clone()
    other[0, 3] += 3.0
    other[1, 0] += 3.0
    return x, other, real


def in_three_sentences():
    x = torch.linspace(-2, 2, 3 * 5 * 3).sin().reshape(3, 5, 3)
    real = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]]).bool()
    other = x.clone()
    other[2, 0], other[1, 4] = torch.tensor([1.0, 2.0, 3.0]), torch.ones(3)
    return x, other, real


def _weights():
    generator = torch.Generator().manual_seed(4)
    return torch.randn(3, 3, 3, generator=generator)


W_Q, W_K, W_V = _weights()
SMALLEST = torch.finfo(torch.float32).min


def fill(scores, keep, number=SMALLEST):
    """Masked softmax; a row with nothing allowed is uniform (its query is padding)."""
    return scores.masked_fill(~keep, number).softmax(-1)


def layer(x, real, rule=None, weigh=fill):
    """Self-attention, x (B, T, 3) → (B, T, 3); `rule` says who may look at whom."""
    scores = (x @ W_Q) @ (x @ W_K).mT / 3**0.5
    past = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    keep = rule(past, real) if rule else past & real[:, None, :]
    return weigh(scores, keep.expand(scores.shape)) @ (x @ W_V)


def moved(experiment, layer=layer):
    """Which words' outputs move, (B, T)."""
    x, other, real = experiment
    change = layer(other, real) - layer(x, real)  # (B, T, 3)
    return (change.abs().amax(-1) > 1e-4) & real


def leaking(rule=None, weigh=fill):
    return lambda experiment: moved(
        experiment, lambda x, real: layer(x, real, rule, weigh)
    )


MUTANTS = {
    "no-mask": leaking(lambda past, real: torch.ones_like(past)),
    "padding-mask-only": leaking(lambda past, real: real[:, None, :]),
    "causal-mask-only": leaking(lambda past, real: past),
    "padding-or-causal": leaking(lambda past, real: past | real[:, None, :]),
    "padding-on-the-query-axis": leaking(lambda past, real: past & real[:, :, None]),
    "first-sentence's-padding": leaking(lambda past, real: past & real[:1, None, :]),
    "sees-the-next": leaking(
        lambda past, real: torch.ones_like(past).tril(1) & real[:, None, :]
    ),
    "triangle-flipped": leaking(lambda past, real: past.T & real[:, None, :]),
    "mask-after-softmax": leaking(weigh=lambda s, keep: s.softmax(-1) * keep),
    "mask-fills-zero": leaking(weigh=lambda s, keep: fill(s, keep, 0.0)),
}


def valid(given):
    if not (isinstance(given, (tuple, list)) and len(given) == 3):
        return "three tensors (x, other, real) are expected"
    if not all(isinstance(part, torch.Tensor) for part in given):
        return "x, other and real should all be tensors"
    x, other, real = given
    for name, part in (("x", x), ("other", other)):
        if part.ndim != 3 or part.shape[2] != 3 or not _fits(part.shape[:2]):
            shape = tuple(part.shape)
            return f"{name} should be (B, T, 3), B and T from 1 to 8; it is {shape}"
        if part.dtype != torch.float32:
            return f"{name} should be float32, and it is {part.dtype}"
        if not (part.isfinite().all() and part.abs().max() <= 10):
            return f"{name} should hold numbers from −10 to 10"
    if x.shape != other.shape:
        return f"x is {tuple(x.shape)}, and other is {tuple(other.shape)}"
    if real.dtype != torch.bool or real.shape != x.shape[:2]:
        return f"real should be boolean of shape {tuple(x.shape[:2])}"
    if not real.any(1).all():
        return "a sentence has no word"
    return None


def _fits(shape):
    return all(1 <= n <= 8 for n in shape)


def _replaced(given):
    x, other, _ = given
    return (x != other).any(-1)  # (B, T)


def _early_padding(given):
    """Padding that is replaced and has a word after it."""
    real = given[2]
    words_from_here = real.flip(1).cumsum(1).flip(1)
    return _replaced(given) & ~real & (words_from_here > 0)


def _nothing_to_protect(given):
    """Whether no unreplaced word stands before a replaced one."""
    real, new = given[2], _replaced(given)
    untouched = (real & ~new).cumsum(1) > 0
    return not (untouched & real & new).any()


def _padding_watched(given):
    """Whether a word behind replaced padding has no other reason to move."""
    quiet = (_replaced(given) & given[2]).cumsum(1) == 0
    return (quiet & given[2] & (_early_padding(given).cumsum(1) > 0)).any()


def _silent(given):
    x, other, real = given
    return torch.zeros_like(x), other - x, real


def _made(real, replaced, size=3.0):
    """An experiment on noise: rows of 1 and 0 for real words and for replacements."""

    def make():
        words = torch.tensor(real).bool()
        generator = torch.Generator().manual_seed(1)
        x = torch.randn(*words.shape, 3, generator=generator)
        return x, x + size * torch.tensor(replaced)[..., None], words

    return make


def _where(given):
    return [
        f"sentence {b}, position {t}" for b, t in _replaced(given).nonzero().tolist()
    ]


def _left(survivors):
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


LEFT = [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
NONE = [0, 0, 0, 0, 0]

EXERCISE = Exercise(
    id="leak-hunt",
    chapter=5,
    kind="break",
    title="Find the experiment that exposes every leak",
    question=QUESTION,
    difficulty=4,
    minutes=15,
    name="experiment",
    stub=STUB,
    reference=experiment,
    accepts=(in_three_sentences,),
    proves="A word replaced behind words that must not move, padding replaced in front "
    "of words that must not move, sentences padded differently: test every model so.",
    block=moved,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "nothing-replaced",
            _made(LEFT, [NONE, NONE]),
            lambda given, left: f"Your `x` and your `other` are equal. {_left(left)}.",
            "What can move if nothing is done?",
            "A leak shows when something happens in one place and is felt in another.",
            "To find a draught you light a match and hold it somewhere. Where?",
            when=lambda given: not _replaced(given).any(),
        ),
        Mistake(
            "change-too-small",
            _made(LEFT, [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0]], 1e-5),
            lambda given, left: (
                "The largest difference between your `x` and your `other` is "
                f"{short((given[0] - given[1]).abs().max())}: below what counts as "
                f"moving. {_left(left)}."
            ),
            "How loudly must you knock to be heard through a thick wall?",
            "An output counts as moved from 0.0001 on. A leak through several products "
            "may pass on only a part of what you change.",
            "A drop of ink in a pool proves nothing about the pipe between two pools. "
            "What would?",
            when=lambda given: bool((given[0] - given[1]).abs().max() < 1e-3),
        ),
        Mistake(
            "only-padding-replaced",
            _made(LEFT, [NONE, [1, 1, 0, 0, 0]]),
            lambda given, left: (
                f"You replaced padding only: {'; '.join(_where(given)[:3])}. "
                f"{_left(left)}."
            ),
            "Which kind of mask have you put to the test, and which not?",
            "The survivors let the past see the future. Whose replacement would show "
            "that?",
            "The cellar has been flooded with water to test its door. What does that "
            "say about the attic window?",
            when=lambda given: not (_replaced(given) & given[2]).any(),
        ),
        Mistake(
            "first-word-replaced",
            _made(LEFT, [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]]),
            lambda given, left: (
                "No word that you left alone stands before a word that you replaced "
                f"({'; '.join(_where(given)[:3])}). {_left(left)}."
            ),
            "Who must not notice that this word was replaced?",
            "Everything after a replaced word may move. Leaks into the past show where "
            "there is a past.",
            "To learn whether letters can reach yesterday, you do not post one on the "
            "first day of the world. When?",
            when=_nothing_to_protect,
        ),
        Mistake(
            "no-padding",
            _made([[1] * 5, [1] * 5], [[0, 0, 0, 1, 0], [0, 0, 1, 0, 0]]),
            lambda given, left: (
                f"All {given[2].numel()} positions are words. {_left(left)}."
            ),
            "What can a layer get wrong about padding where there is none?",
            "The survivors treat padding badly. Give them some.",
            "A sieve without holes and a good one hold water equally well, as long as "
            "nobody pours.",
            when=lambda given: bool(given[2].all()),
        ),
        Mistake(
            "padding-left-alone",
            _made(LEFT, [[0, 0, 0, 1, 0], NONE]),
            lambda given, left: (
                f"You replaced {'; '.join(_where(given)[:3])}, and no padding. "
                f"{_left(left)}."
            ),
            "If a word looks at padding, when does its output move?",
            "Padding that stays as it is looks the same in both runs, so nobody can "
            "tell who reads it.",
            "A spy who reads a newspaper that never changes tells nothing new.",
            when=lambda given: not (_replaced(given) & ~given[2]).any(),
        ),
        Mistake(
            "padding-behind-the-words",
            _made(
                [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], [[0, 0, 0, 1, 0], [0, 0, 0, 1, 1]]
            ),
            lambda given, left: (
                "All padding that you replaced stands behind the last word of its "
                f"sentence. {_left(left)}."
            ),
            "Which mask keeps words away from what comes after them?",
            "Behind the words, padding lies in the future, and the causal mask hides "
            "it even where the padding mask is missing. Where would it have to lie?",
            "A house has a wall and a dog. To see whether the dog is awake, on which "
            "side of the wall do you walk?",
            when=lambda given: not _early_padding(given).any(),
        ),
        Mistake(
            "padding-and-its-words-replaced",
            _made(LEFT, [[0, 0, 0, 1, 0], [1, 1, 1, 0, 0]]),
            lambda given, left: (
                "Where you replaced padding, the first word behind it is replaced too, "
                f"and all outputs there may move. {_left(left)}."
            ),
            "Which word would show that it has read the padding?",
            "Behind the replaced padding there must be a word whose output has no "
            "other reason to move.",
            "If it rains on the whole street, who can tell which roof leaks?",
            when=lambda given: not _padding_watched(given),
        ),
        Mistake(
            "batch-of-one",
            _made([[0, 1, 1, 1, 1]], [[1, 0, 0, 1, 0]]),
            lambda given, left: (
                f"Your `x` has shape {tuple(given[0].shape)}: one sentence. "
                f"{_left(left)}."
            ),
            "Whose mask could be taken for whose, if there is one?",
            "One survivor looks the padding up in the wrong sentence. How many does "
            "that take?",
            "A cloakroom with one coat always hands out the right one.",
            when=lambda given: given[0].shape[0] == 1,
        ),
        Mistake(
            "first-sentence-hides-it",
            _made(
                [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1]], [[1, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
            ),
            lambda given, left: (
                "Wherever you replaced padding in front of words, the first sentence "
                f"has padding too. {_left(left)}."
            ),
            "If every sentence were given the first one's mask, where would you "
            "notice?",
            "One survivor hides the first sentence's padding in all of them. Your "
            "replacements are hidden by that as well.",
            "Two patients get the same pills by mistake. For which pills does that do "
            "no harm?",
            when=lambda given: not (_early_padding(given) & given[2][:1]).any(),
        ),
        Mistake(
            "words-all-zero",
            lambda: _silent(_made(LEFT, [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0]])()),
            lambda given, left: (
                "All words that you left alone are zero vectors, and so are their "
                f"queries. {_left(left)}."
            ),
            "What does a query of zeros find in any key?",
            "One survivor leaks through the scores alone. Those of a zero query are 0, "
            "whatever the key.",
            "A deaf witness is of no use in finding out whether a wall lets sound "
            "through.",
            when=lambda given: not given[0][~_replaced(given) & given[2]].any(),
        ),
    ),
)
