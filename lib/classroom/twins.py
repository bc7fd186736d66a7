"""Weights of the `transformers` library's models, by the names of the book's own."""

from torch import Tensor, nn

# theirs: ours
_GPT1 = {
    "tokens_embed": "tokens", "positions_embed": "positions", "h.": "layers.",
    "attn.c_attn": "attention.qkv", "attn.c_proj": "attention.out",
    "mlp.c_fc": "feed_forward.up", "mlp.c_proj": "feed_forward.down", "ln_": "norm",
}  # fmt: skip


def gpt1_weights(theirs: nn.Module) -> dict[str, Tensor]:
    """The weights of an `OpenAIGPTModel` for `unmasked.gpt.GPT`.

    Its linear layers are stored transposed.
    """
    found = {}
    for name, weight in theirs.state_dict().items():
        turned = weight.T if "c_" in name and weight.dim() == 2 else weight
        for old, new in _GPT1.items():
            name = name.replace(old, new)
        found[name] = turned
    return found
