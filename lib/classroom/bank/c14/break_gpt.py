"""Chapter 14, break it: ids that expose a broken GPT."""

import numpy as np

from ...exercises.model import Exercise, Mistake
from ..shared.breaks import ids_fault, survive

QUESTION = """
Below is a GPT with one block, one head and eight tokens, in NumPy: `WORDS` (8, 4) and
`PLACES` (6, 4) are its embeddings, `QK` and `VO` (4, 4) its attention; there is no
feed-forward network and no norm. Fifteen broken copies are hidden: some look ahead,
some get the places wrong, some shift the text or the answer, some mistake a token or a
sentence for another. A copy is exposed if any of its logits on your ids differs.

Write a function that returns one array of ids on which all of them differ: whole
numbers from 0 to 7, shape (B, T), with B from 1 to 3 and T from 1 to 6.
"""

STUB = """
def exposing_ids():
    raise NotImplementedError
"""

_DRAW = np.random.default_rng(14)
WORDS, PLACES = _DRAW.normal(size=(8, 4)), _DRAW.normal(size=(6, 4))
PLACES[0] = 0.0
QK, VO = _DRAW.normal(size=(4, 4)), _DRAW.normal(size=(4, 4))


def exposing_ids():
    return np.array([[3, 0, 5, 3, 7, 1], [2, 6, 6, 0, 4, 7]])


def another():
    return np.array([[1, 7, 7, 0, 2, 5], [1, 7, 7, 0, 2, 4]])


def gpt(ids):
    x = WORDS[ids] + PLACES[: ids.shape[1]]  # (B, T, d)
    scores = x @ QK @ x.transpose(0, 2, 1) / 2  # (B, T, T)
    allowed = np.tri(ids.shape[1], dtype=bool)
    e = np.exp(scores) * allowed
    weights = e / e.sum(-1, keepdims=True)
    return (x + weights @ x @ VO) @ WORDS.T  # (B, T, 8), tied


def broken(words=None, places=None, allowed=None, scale=2.0, late=False):
    """`gpt` with one part replaced; parts are functions of the ids."""

    def copy(ids):
        T = ids.shape[1]
        x = WORDS[words(ids) if words else ids]
        x = x + (places(ids) if places else PLACES[:T])
        e = np.exp(x @ QK @ x.transpose(0, 2, 1) / scale)
        open_ = allowed(ids) if allowed else np.tri(T, dtype=bool)
        total = e if late else e * open_
        weights = e * open_ / total.sum(-1, keepdims=True)
        return (x + weights @ x @ VO) @ WORDS.T

    return copy


def _past_only(ids):
    strict = np.tri(ids.shape[1], k=-1, dtype=bool)
    strict[0, 0] = True  # somebody has to be looked at
    return strict


def _without_padding(ids):
    open_ = np.tri(ids.shape[1], dtype=bool) & (ids != 0)[:, None, :]
    return open_ | np.eye(ids.shape[1], dtype=bool) & ~open_.any(-1, keepdims=True)


def _without_repeats(ids):
    same = ids[:, :, None] == ids[:, None, :]  # (B, T, S)
    seen = (same & np.tri(ids.shape[1], k=-1, dtype=bool)).any(-1)
    return np.tri(ids.shape[1], dtype=bool) & ~seen[:, None, :]


def _read_one_late(ids):
    return np.concatenate([ids[:, :1], ids[:, :-1]], axis=1)


def _answers_one_late(ids):
    out = gpt(ids)
    return np.concatenate([out[:, :1], out[:, :-1]], axis=1)


def _first_sentence(ids):
    out = gpt(ids)
    return np.broadcast_to(out[:1], out.shape)


MUTANTS = {
    "no-mask": broken(allowed=lambda ids: np.ones((ids.shape[1],) * 2, bool)),
    "one-token-ahead": broken(
        allowed=lambda ids: np.tri(ids.shape[1], k=1, dtype=bool)
    ),
    "not-itself": broken(allowed=_past_only),
    "late-mask": broken(late=True),
    "unscaled": broken(scale=1.0),
    "no-places": broken(places=lambda ids: np.zeros(4)),
    "places-from-the-end": broken(places=lambda ids: PLACES[: ids.shape[1]][::-1]),
    "places-by-sentence": broken(places=lambda ids: PLACES[: len(ids), None]),
    "places-end-at-4": broken(
        places=lambda ids: PLACES[np.arange(ids.shape[1]).clip(max=4)]
    ),
    "input-one-late": broken(words=_read_one_late),
    "answer-one-late": _answers_one_late,
    "zero-is-padding": broken(allowed=_without_padding),
    "last-token-folded": broken(words=lambda ids: ids.clip(max=6)),
    "repeats-ignored": broken(allowed=_without_repeats),
    "first-sentence-for-all": _first_sentence,
}


def valid(ids):
    return ids_fault(ids, B=(1, 3), T=(1, 6), highest=7)


def _has_repeat(ids):
    """Whether a token comes twice in a sentence."""
    return any(len(set(row)) < len(row) for row in ids.tolist())


EXERCISE = Exercise(
    id="break-gpt",
    chapter=14,
    kind="break",
    title="Find the ids that expose a broken GPT",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="exposing_ids",
    stub=STUB,
    reference=exposing_ids,
    accepts=(another,),
    proves="Several sentences that differ, the full length, the first and the last "
    "token of the vocabulary, a token that comes twice: test any language model so.",
    block=gpt,
    mutants=MUTANTS,
    valid=valid,
    mistakes=(
        Mistake(
            "one-token",
            lambda: np.array([[3], [7]]),
            lambda ids, left: (
                f"Your ids have shape {ids.shape}: one token in each sentence. "
                f"{survive(left)}."
            ),
            "What is there to look ahead at?",
            "Leaks, masks and places are about several tokens. Give the copies some.",
            "To learn whether a queue keeps its order, one does not watch a single "
            "customer.",
            when=lambda ids: ids.shape[1] == 1,
        ),
        Mistake(
            "one-sentence",
            lambda: np.array([[3, 0, 5, 3, 7, 1]]),
            lambda ids, left: (
                f"Your ids have shape {ids.shape}: one sentence. {survive(left)}."
            ),
            "Whom could a function confuse with whom, if there is only one?",
            "A batch has two axes. A copy that takes one for the other, or one "
            "sentence for all, needs two sentences to be caught.",
            "A cloakroom with one coat always hands out the right one.",
            when=lambda ids: ids.shape[0] == 1,
        ),
        Mistake(
            "sentences-alike",
            lambda: np.array([[3, 0, 5, 3, 7, 1]] * 2),
            lambda ids, left: (
                f"All {len(ids)} sentences are the same. {survive(left)}."
            ),
            "If all sentences are alike, whose answer was given?",
            "One copy reads the first sentence only. What would give it away?",
            "Twins swap their coats: to see it, the coats must differ.",
            when=lambda ids: bool((ids == ids[:1]).all()),
        ),
        Mistake(
            "shorter-than-the-window",
            lambda: np.array([[3, 0, 5, 3, 7], [2, 6, 6, 0, 4]]),
            lambda ids, left: (
                f"Your sentences have {ids.shape[1]} tokens, and there are places for "
                f"6. {survive(left)}."
            ),
            "Which row of `PLACES` have you never used?",
            "Mistakes at the end of a table show at its end.",
            "A bridge that is tested with half of the load it is built for.",
            when=lambda ids: ids.shape[1] < 6,
        ),
        Mistake(
            "token-0-missing",
            lambda: np.array([[3, 2, 5, 3, 7, 1], [2, 6, 6, 1, 4, 7]]),
            lambda ids, left: f"Your smallest id is {ids.min()}. {survive(left)}.",
            "Which id do programs like to take for something special?",
            "In this vocabulary padding does not occur, and every id is a word. Is "
            "every one of them treated so? Which one would you doubt?",
            "A form takes a flat number 0 for “none given”. Whom does that hurt?",
            when=lambda ids: not (ids == 0).any(),
        ),
        Mistake(
            "last-token-missing",
            lambda: np.array([[3, 0, 5, 3, 6, 1], [2, 6, 6, 0, 4, 5]]),
            lambda ids, left: f"Your largest id is {ids.max()}. {survive(left)}.",
            "How many tokens has the vocabulary, and what is the id of the last?",
            "An off-by-one at the edge of a table harms only what stands at the edge.",
            "A lift that misses the top floor is noticed by those who live there.",
            when=lambda ids: not (ids == 7).any(),
        ),
        Mistake(
            "no-token-twice",
            lambda: np.array([[3, 0, 5, 2, 7, 1], [2, 6, 1, 0, 4, 7]]),
            lambda ids, left: (
                f"In each of your sentences every token is another. {survive(left)}."
            ),
            "What may a model not do with a word that it has met before?",
            "One copy keeps a set of what it has seen, where a list is right. When are "
            "the two different?",
            "Whether a jury counts votes or names shows as soon as two people vote "
            "alike.",
            when=lambda ids: not _has_repeat(ids),
        ),
    ),
)
