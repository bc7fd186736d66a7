"""Wrong loops that generate, for the exercise gpt-generate."""

from typing import Any

import torch

FIRST_POSITION: dict[str, Any] = {"choose": lambda x: x[:, 0].argmax(-1, keepdim=True)}
OLDEST: dict[str, Any] = {"window": lambda ids, max_len: ids[:, :max_len]}
UNCROPPED: dict[str, Any] = {"window": lambda ids, max_len: ids}
NEWEST: dict[str, Any] = {"window": lambda ids, max_len: ids[:, -1:]}
ONE_SHORT: dict[str, Any] = {"window": lambda ids, max_len: ids[:, 1 - max_len :]}
FIRST_ROW: dict[str, Any] = {"choose": lambda x: x[0, -1].argmax().expand(len(x), 1)}
DRAWN: dict[str, Any] = {"choose": lambda x: torch.multinomial(x[:, -1].softmax(-1), 1)}
EVERY_POSITION: dict[str, Any] = {"choose": lambda x: x.argmax(-1)}
FILLS: dict[str, Any] = {"steps": lambda T, n, max_len: max_len - T}


def loop(window=None, choose=None, quiet=True, back=True, steps=None):
    """A right loop, of which each mistake replaces one part."""

    def generate(model, ids, n, max_len):
        mode = model.training
        if quiet:
            model.eval()
        for _ in range(steps(ids.shape[1], n, max_len) if steps else n):
            seen = window(ids, max_len) if window else ids[:, -max_len:]
            logits = model(seen)
            new = choose(logits) if choose else logits[:, -1].argmax(-1, keepdim=True)
            ids = torch.cat([ids, new], dim=1)
        if back:
            model.train(mode)
        return ids

    return generate


def window_never_moves(model, ids, n, max_len):
    begin = ids[:, -max_len:]
    return loop(window=lambda *_: begin)(model, ids, n, max_len)


def new_ones_only(model, ids, n, max_len):
    return loop()(model, ids, n, max_len)[:, ids.shape[1] :]


def beginning_lost(model, ids, n, max_len):
    mode = model.training
    model.eval()
    for _ in range(n):
        ids = ids[:, -max_len:]
        new = model(ids)[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
    model.train(mode)
    return ids


def always_train(model, ids, n, max_len):
    added = loop()(model, ids, n, max_len)
    model.train()
    return added


def dropout_on_then_train(model, ids, n, max_len):
    added = loop(quiet=False)(model, ids, n, max_len)
    model.train()
    return added
