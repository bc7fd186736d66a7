"""A step of masked language modelling, beside transformers' BERT.

Run `python benchmarks/bert.py`. One process, the contenders by turns, on the same
batches and from the same weights; losses are compared first. Chapter 13's head looks at
the masked positions alone, transformers' at all of them.
"""

from functools import partial

import torch
from side_by_side import finish, options, race
from torch import nn
from transformers import BertConfig as TheirConfig
from transformers import BertForMaskedLM

from unmasked.bert import Bert, BertConfig, bert_weights, mask_tokens, masked_loss


def theirs_step(model, adam, ids, labels) -> float:
    loss = model(input_ids=ids, labels=labels).loss
    return finish_step(loss, adam)


def our_step(model, adam, ids, labels, narrow=False) -> float:
    with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
        summed, n = masked_loss(model, ids, labels)
    return finish_step(summed.float() / n, adam)


def finish_step(loss, adam) -> float:
    loss.backward()
    adam.step()
    adam.zero_grad(set_to_none=True)
    return loss.item()


def compare(rounds: int, T: int, d: int, layers: int, batch: int, V: int) -> list[dict]:
    torch.manual_seed(0)
    heads = max(1, d // 64)
    peer = BertForMaskedLM(
        TheirConfig(
            vocab_size=V, hidden_size=d, num_hidden_layers=layers,
            num_attention_heads=heads, intermediate_size=4 * d,
            max_position_embeddings=T, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, attn_implementation="sdpa",
        )
    ).train()  # fmt: skip
    config = BertConfig(V, T, d, heads, layers, dropout=0.0)
    models: dict[str, nn.Module] = {"transformers BERT, sdpa": peer}
    for name in ("unmasked", "unmasked, bf16"):
        models[name] = Bert(config).train()
        models[name].load_state_dict(bert_weights(peer.state_dict()), strict=False)
    g = torch.Generator().manual_seed(0)
    ids = torch.randint(5, V, (batch, T), generator=g)
    ids, labels = mask_tokens(
        ids, vocab_size=V, mask_id=4, special_ids=range(5), generator=g
    )
    contenders, first = {}, {}
    for name, model in models.items():
        adam = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
        how = our_step if name.startswith("unmasked") else theirs_step
        more = {"narrow": True} if name.endswith("bf16") else {}
        contenders[name] = partial(how, model, adam, ids, labels, **more)
        first[name] = contenders[name]()
    assert abs(first["unmasked"] - first["transformers BERT, sdpa"]) < 1e-3, first
    what = f"{layers} layers, d {d}, T {T}, batch {batch}, V {V:,}"
    return race("MLM step", what, contenders, "transformers BERT, sdpa", rounds)


def main() -> None:
    given = options(__doc__, rounds=7)
    if given.quick:
        rows = compare(given.rounds, 16, 64, 1, 2, 100)
    else:
        rows = compare(given.rounds, 64, 128, 4, 12, 2048)
        rows += compare(max(3, given.rounds // 2), 128, 256, 4, 16, 8192)
    finish(rows, given, "transformers")


if __name__ == "__main__":
    main()
