"""What a beam search did at each step, for the figure that steps through it."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from unmasked.decoding import Hypothesis, NextLogits, search


def recorded_search(
    next_logits: NextLogits,
    start: Sequence[int],
    eos_id: int,
    max_len: int,
    name: Callable[[int], str],
    beam_size: int = 3,
    length_penalty: float = 0.6,
    cut: int = 2,
) -> tuple[list[list[dict[str, Any]]], list[Hypothesis]]:
    """Run `search` on one text, and note what became of the best continuations.

    Args:
        next_logits, eos_id, max_len, beam_size, length_penalty: as for `search`.
        start: the ids that the text begins with.
        name: what to call a token.
        cut: how many of those that just missed the beam are noted too.

    Returns: for each step its continuations, the likeliest first, each with "parent"
        (its place in the step before, -1 at first), "token", "log_prob", and "state":
        "kept", "ended", "beaten" (none of its continuations can win) or "cut"; and
        the beam_size best hypotheses.
    """
    calls: list[tuple[list[tuple[int, ...]], Tensor]] = []

    def watched(ids: Tensor, parents: Tensor) -> Tensor:
        logits = next_logits(ids, parents)
        calls.append((list(map(tuple, ids.tolist())), logits.double().log_softmax(-1)))
        return logits

    first = torch.tensor([list(start)])
    found = search(
        watched, first, eos_id, max_len, beam_size, length_penalty, n_best=beam_size
    )[0]
    steps, totals = [], {tuple(start): 0.0}
    places = {tuple(start): -1}
    for number, (texts, log_probs) in enumerate(calls):
        goes_on = set(calls[number + 1][0]) if number + 1 < len(calls) else set()
        so_far = torch.tensor([totals[text] for text in texts], dtype=torch.float64)
        all_ways = (so_far[:, None] + log_probs).flatten()  # (N * V,)
        best = all_ways.topk(min(beam_size + cut, len(all_ways)))
        step, new_places = [], {}
        for total, way in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            if total == float("-inf"):
                break
            row, token = divmod(way, log_probs.shape[1])
            text = (*texts[row], token)
            state = "beaten"
            if len(step) >= beam_size:
                state = "cut"
            elif token == eos_id or number + 1 == max_len:
                state = "ended"
            elif text in goes_on:
                state = "kept"
            new_places[text], totals[text] = len(step), total
            step.append(
                {
                    "parent": places[texts[row]],
                    "token": name(token),
                    "log_prob": total,
                    "state": state,
                }
            )
        steps.append(step)
        places = new_places
    return steps, found
