"""The training step of chapter 10's model beside `torch.nn.Transformer`'s.

Run `python benchmarks/transformer.py`. One process, the contenders by turns. A step is
forward, loss, backward and AdamW, on batches with padding; both have the same
embeddings, positions and tied output layer. They start from the same weights, and
without dropout their losses are compared. With dropout the two are no longer one
function: torch drops attention weights too, and these the book, like the paper, leaves
whole.
"""

from itertools import cycle

import torch
import torch.nn.functional as F
from side_by_side import finish, options, race
from torch import Tensor, nn

from unmasked.transformer import Transformer, TransformerConfig

NAMES = {
    "cross_attention.qkv.": "multihead_attn.in_proj_",
    "cross_attention.out": "multihead_attn.out_proj",
    "attention.qkv.": "self_attn.in_proj_",
    "attention.out": "self_attn.out_proj",
    "feed_forward.up": "linear1",
    "feed_forward.down": "linear2",
}


class Torchs(nn.Module):
    """`nn.Transformer` between the embeddings and the output layer of one of ours."""

    def __init__(self, ours: Transformer) -> None:
        super().__init__()
        c = ours.config
        stacks = c.d_model, c.n_heads, c.n_layers, c.n_layers, c.d_ff
        self.stacks = nn.Transformer(
            *stacks, dropout=c.dropout, batch_first=True, norm_first=c.norm == "pre"
        )
        if c.norm == "post":
            self.stacks.encoder.norm = self.stacks.decoder.norm = None
        self.stacks.load_state_dict(renamed(ours))
        self.ends = Transformer(c)
        self.ends.load_state_dict(ours.state_dict())
        self.ends.encoder, self.ends.decoder = nn.Identity(), nn.Identity()

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        ends, pad = self.ends, src == self.ends.config.pad_id
        hidden = self.stacks(
            ends.positions(ends.src_embedding(src)),
            ends.positions(ends.tgt_embedding(tgt)),
            tgt_mask=torch.ones(tgt.shape[1], tgt.shape[1]).triu(1).bool(),
            src_key_padding_mask=pad,
            memory_key_padding_mask=pad,
            tgt_is_causal=True,
        )
        return ends.tgt_embedding.logits(hidden)


def renamed(ours: Transformer) -> dict[str, Tensor]:
    """The weights of the stacks under torch's names."""
    found = {}
    for name, tensor in ours.state_dict().items():
        if name.startswith(("encoder.", "decoder.")):
            for mine, theirs in NAMES.items():
                name = name.replace(mine, theirs)
            found[name] = tensor
    return found


def batches(count: int, size: int, length: int, V: int) -> list[tuple[Tensor, Tensor]]:
    """Random ids; the rows of the source are from half to the whole length."""
    g = torch.Generator().manual_seed(0)
    made = []
    for _ in range(count):
        src = torch.randint(1, V, (size, length), generator=g)
        tgt = torch.randint(1, V, (size, length + 1), generator=g)
        longest = torch.randint(length // 2, length + 1, (size, 1), generator=g)
        made.append((src.masked_fill(torch.arange(length) >= longest, 0), tgt))
    return made


def step(model: nn.Module, optimiser: torch.optim.Optimizer, src, tgt) -> float:
    optimiser.zero_grad()
    logits = model(src, tgt[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten())
    loss.backward()
    optimiser.step()
    return loss.item()


def compare(norm: str, dropout: float, rounds: int) -> list[dict]:
    torch.manual_seed(0)
    V = 1000
    sizes = {"d_model": 128, "n_heads": 8, "n_layers": 2, "d_ff": 512}
    ours = Transformer(TransformerConfig(V, V, **sizes, dropout=dropout, norm=norm))
    models = {"nn.Transformer": Torchs(ours), "unmasked": ours}
    losses, contenders = {name: [] for name in models}, {}
    for name, model in models.items():
        adam = torch.optim.AdamW(model.parameters(), lr=1e-3)
        data = cycle(batches(8, 32, 32, V))

        def work(name=name, model=model, adam=adam, data=data):
            losses[name].append(step(model, adam, *next(data)))

        contenders[name] = work
    what = (
        f"{norm}-norm, dropout {dropout:g}: d 128, 2 + 2 layers, batch 32, "
        "S = T = 32, V 1000"
    )
    rows = race("Encoder and decoder", what, contenders, "nn.Transformer", rounds)
    if not dropout:
        for a, b in zip(*losses.values(), strict=True):
            assert abs(a - b) < 1e-2, losses
    return rows


def main() -> None:
    given, rows = options(__doc__, rounds=25), []
    for norm in ("post", "pre"):
        for dropout in (0.0, 0.1):
            rows += compare(norm, dropout, given.rounds)
    finish(rows, given)


if __name__ == "__main__":
    main()
