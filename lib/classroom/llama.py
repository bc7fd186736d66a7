"""Our SmolLM2 as transformers' Llama, to compare with: renamed, and two rows moved."""

from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from unmasked.modern import ModernGPT

_THEIRS = {
    "norm1": "input_layernorm",
    "norm2": "post_attention_layernorm",
    "attention.out": "self_attn.o_proj",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}


def by_halves(rows: Tensor, d_k: int) -> Tensor:
    """Rows of W^Q or W^K for neighbouring pairs → rows for pairs (i, i + d_k / 2)."""
    heads = rows.view(-1, d_k // 2, 2, rows.shape[-1])
    return heads.transpose(1, 2).reshape(rows.shape)


def mixed_up(model: ModernGPT) -> ModernGPT:
    """The same model with rows of W^Q and W^K for the other pairs: a mistake to see."""
    weights: dict[str, Any] = dict(model.state_dict())
    for name, weight in weights.items():
        if "qkv" in name:
            c = model.config
            d_k = c.d_model // c.n_heads
            turning = (c.n_heads + (c.n_kv_heads or c.n_heads)) * d_k
            rows = by_halves(weight[:turning], d_k)
            weights[name] = torch.cat([rows, weight[turning:]])
    with torch.device("meta"):
        broken = ModernGPT(model.config)
    broken.load_state_dict(weights, assign=True)
    return broken.eval()


def llama(model: ModernGPT) -> Any:
    """The same model in transformers; most weights are shared, not copied."""
    c = model.config
    config = LlamaConfig(
        vocab_size=c.vocab_size,
        hidden_size=c.d_model,
        intermediate_size=c.d_ff or round(8 / 3 * c.d_model),
        num_hidden_layers=c.n_layers,
        num_attention_heads=c.n_heads,
        num_key_value_heads=c.n_kv_heads or c.n_heads,
        max_position_embeddings=c.max_len,
        rms_norm_eps=c.eps,
        rope_parameters={"rope_type": "default", "rope_theta": c.rope_base},
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    with torch.device("meta"):  # shapes without numbers
        theirs = LlamaForCausalLM(config)
    theirs.load_state_dict(_renamed(model), assign=True)
    rotary = theirs.model.rotary_emb
    theirs.model.rotary_emb = type(rotary)(config)  # with numbers
    return theirs.eval()


def _renamed(model: ModernGPT) -> dict[str, Any]:
    table = model.tokens.weight
    weights: dict[str, Any] = {
        "model.embed_tokens.weight": table,
        "lm_head.weight": table,
        "model.norm.weight": model.final.weight,
    }
    layer: Any
    for n, layer in enumerate(model.layers):
        at, attention = f"model.layers.{n}.", layer.attention
        for ours, name in _THEIRS.items():
            weights[f"{at}{name}.weight"] = layer.get_submodule(ours).weight
        d_k, g = attention.d_k, attention.n_kv_heads
        heads = [attention.n_heads * d_k, g * d_k, g * d_k]
        q, k, v = attention.qkv.weight.detach().split(heads)
        parts = {"q": by_halves(q, d_k), "k": by_halves(k, d_k), "v": v}
        weights |= {f"{at}self_attn.{x}_proj.weight": w for x, w in parts.items()}
    return weights
