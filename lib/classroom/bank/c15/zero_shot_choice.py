"""Chapter 15, write: choose an answer with a language model alone."""

import torch
import torch.nn.functional as F

from ...exercises.model import Exercise, Probe
from ._zero_shot_mistakes import MISTAKES

QUESTION = """
No fine-tuning, no head: a language model reads the context with one of the answers
behind it, and the answer that it finds most natural is chosen. Natural means: the
highest **mean log-probability of the answer's tokens**, given everything before them
(the GPT-1 paper does so for its reading test, RACE).

- `logits_of`: a list of t ids → logits (t, V); row i has read tokens 0 to i and speaks
  of the token after them
- `context`: a list of ids, at least one; `answers`: lists of ids, not equally long
- returns `scores`, a list with one number for each answer, in nats per token, and
  `best`, the index of the highest one
"""

STUB = """
def zero_shot_choice(logits_of, context, answers):
    raise NotImplementedError
"""


def zero_shot_choice(logits_of, context, answers):
    scores = []
    for answer in answers:
        log_probs = logits_of(context + answer).log_softmax(-1)  # (t, V)
        rows = log_probs[len(context) - 1 : -1]  # they speak of the answer's tokens
        asked = rows[torch.arange(len(answer)), answer]
        scores.append(asked.mean().item())
    return scores, scores.index(max(scores))


def token_by_token(logits_of, context, answers):
    means = []
    for answer in answers:
        text, total = list(context), 0.0
        for token in answer:
            total += float(logits_of(text)[-1].log_softmax(0)[token])
            text = [*text, token]
        means.append(total / len(answer))
    return means, int(torch.tensor(means).argmax())


def by_cross_entropy(logits_of, context, answers):
    scores = []
    for answer in answers:
        logits = logits_of(context + answer)[-len(answer) - 1 : -1]
        scores.append(-F.cross_entropy(logits, torch.tensor(answer)))
    return [float(s) for s in scores], torch.stack(scores).argmax()


CONTEXT = [4, 1, 7, 2]
ANSWERS = [[3, 0, 6, 2, 5], [8, 1], [6, 4, 0]]


class Model:
    """Logits from a running state; V = 9."""

    def __init__(self, seed, scale):
        draw = torch.Generator().manual_seed(seed)
        self.words = torch.randn(9, 6, generator=draw)
        self.out = scale * torch.randn(6, 9, generator=draw)
        self.mix = torch.randn(6, 6, generator=draw) / 2

    def __call__(self, ids):
        state, states = torch.zeros(6), []
        for id in ids:
            state = torch.tanh(state @ self.mix + self.words[int(id)])
            states.append(state)
        return torch.stack(states) @ self.out


def setting(seed, context=CONTEXT, answers=ANSWERS, scale=1.0):
    def make():
        return Model(seed, scale), list(context), [list(a) for a in answers]

    return make


def plain(function, *inputs):
    """The scores as floats and the index as an int, whatever types they have."""
    result = function(*inputs)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return result
    scores, best = result
    if isinstance(scores, (tuple, list, torch.Tensor)):
        scores = [float(s) for s in scores]
    return scores, int(best) if hasattr(best, "__int__") else best


EXERCISE = Exercise(
    id="zero-shot-choice",
    chapter=15,
    kind="write",
    title="Choose an answer without fine-tuning",
    question=QUESTION,
    difficulty=3,
    minutes=10,
    name="zero_shot_choice",
    stub=STUB,
    reference=zero_shot_choice,
    accepts=(token_by_token, by_cross_entropy),
    proves="Each token of an answer is judged by the row that has read everything "
    "before it, the context is read and not judged, and long answers pay nothing for "
    "their length.",
    returns=("scores", "best"),
    probes=(
        Probe(
            "single tokens",
            setting(2, answers=[[3], [8], [0]]),
            plain,
            "An answer of one token has the log-probability of that token after the "
            "context",
        ),
        Probe(
            "three answers",
            setting(1),
            plain,
            "A longer answer has the mean over its tokens",
        ),
        Probe(
            "short context",
            setting(4, context=[5]),
            plain,
            "A context of one token is enough",
        ),
        Probe(
            "sure of itself",
            setting(3, scale=4.0),
            plain,
            "A model that is sure of itself gives other scores, and another choice",
        ),
    ),
    mistakes=MISTAKES,
)
