"""Chapter 10's model: equal to torch's, tight, and strict at the door."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from unmasked.blocks import LayerNorm
from unmasked.embeddings import TokenEmbedding
from unmasked.masking import assert_causal, causal_mask, influence, padding_mask
from unmasked.transformer import (
    Decoder,
    DecoderCache,
    Encoder,
    Transformer,
    TransformerConfig,
)

NAMES = {
    "cross_attention.qkv.": "multihead_attn.in_proj_",
    "cross_attention.out": "multihead_attn.out_proj",
    "attention.qkv.": "self_attn.in_proj_",
    "attention.out": "self_attn.out_proj",
    "feed_forward.up": "linear1",
    "feed_forward.down": "linear2",
}
# every axis has a size of its own: B 3, S 5, T 4, d 12, h 3, V 11 and 13
CONFIG = TransformerConfig(11, 13, 12, 3, 2, 20, max_len=9, dropout=0.0)
SRC = torch.tensor([[3, 1, 4, 10, 5], [5, 9, 0, 0, 0], [2, 2, 7, 8, 0]])
TGT = torch.tensor([[1, 2, 6, 5], [1, 7, 0, 0], [1, 12, 3, 0]])
both_norms = pytest.mark.parametrize("norm", ["post", "pre"])


def make(**changes):
    """A model whose weights, gains and biases are all drawn."""
    torch.manual_seed(0)
    model = Transformer(replace(CONFIG, **changes))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.normal_(1.0 if "norm" in name else 0.0, 0.3)
    return model.double()


def torchs(model):
    """nn.Transformer with the model's weights; in post-norm as the paper has it."""
    c = model.config
    stacks = nn.Transformer(
        c.d_model,
        c.n_heads,
        c.n_layers,
        c.n_layers,
        c.d_ff,
        dropout=0.0,
        batch_first=True,
        norm_first=c.norm == "pre",
    ).double()
    if c.norm == "post":
        stacks.encoder.norm = stacks.decoder.norm = None
    stacks.load_state_dict(
        {
            renamed(name): tensor
            for name, tensor in model.state_dict().items()
            if name.startswith(("encoder", "decoder"))
        }
    )
    return stacks


def renamed(name):
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name


def reference(model, stacks, src, tgt):
    """Logits through torch's stacks, with formulas of our own at both ends."""
    d = model.config.d_model
    angles = torch.arange(9.0).double()[:, None] / 10000 ** (
        torch.arange(0, d, 2).double() / d
    )
    pe = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (max_len, d)
    read = [
        table.weight[ids] * math.sqrt(d) + pe[: ids.shape[1]]
        for table, ids in ((model.src_embedding, src), (model.tgt_embedding, tgt))
    ]
    hidden = stacks(
        *read,
        tgt_mask=~causal_mask(tgt.shape[1]),
        src_key_padding_mask=src == 0,
        memory_key_padding_mask=src == 0,
    )
    head = model.tgt_embedding if model.head is None else model.head
    return hidden @ head.weight.T


@both_norms
@pytest.mark.parametrize("tie", [True, False])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_logits_and_gradients_are_torchs(norm, tie):
    model = make(norm=norm, tie_embeddings=tie)
    stacks = torchs(model)
    answers = model(SRC, TGT), reference(model, stacks, SRC, TGT)
    assert_close(*answers, rtol=1e-5, atol=1e-5)
    slopes = []
    for logits in answers:
        model.zero_grad()
        F.cross_entropy(logits.flatten(0, 1), TGT.flatten(), ignore_index=0).backward()
        slopes.append({n: p.grad for n, p in model.named_parameters()})
    others = {n: p.grad for n, p in stacks.named_parameters()}
    for name, slope in slopes[0].items():
        if name.startswith(("encoder", "decoder")):
            assert_close(slope, others[renamed(name)], rtol=1e-5, atol=1e-7)
            assert slope.abs().max() > 0
        else:
            assert_close(slope, slopes[1][name], rtol=1e-5, atol=1e-7)


def test_the_norm_at_the_end_of_a_stack_is_pre_norms():
    for stack in (Encoder, Decoder):
        assert isinstance(stack(replace(CONFIG, norm="pre")).norm, LayerNorm)
        assert not list(stack(CONFIG).norm.parameters())


@both_norms
def test_no_target_sees_its_future_and_all_see_the_source(norm):
    model = make(norm=norm).eval()
    src, tgt = SRC.clamp(min=1), TGT.clamp(min=1)
    assert_causal(lambda ids: model(src, ids + 1), tgt - 1, vocab_size=12)
    seen = influence(lambda ids: model(ids + 1, tgt), src - 1, vocab_size=10)
    assert (seen > 1e-3).all()
    with pytest.raises(AssertionError):  # the tester finds a leak where there is one
        for layer in model.decoder.layers:
            blind, layer.forward = layer.forward, None
            layer.forward = lambda x, m, k, mm, causal, *more, f=blind: f(
                x, m, k, mm, False, *more
            )
        assert_causal(lambda ids: model(src, ids + 1), tgt - 1, vocab_size=12)


@both_norms
def test_padding_changes_no_words_logits(norm):
    model = make(norm=norm)
    logits = model(SRC, TGT)
    assert_close(model(F.pad(SRC, (0, 3)), F.pad(TGT, (0, 4)))[:, :4], logits)
    assert_close(model(SRC[1:2, :2], TGT[1:2, :2]), logits[1:2, :2])
    swapped = model(SRC.flip(0), TGT.flip(0))
    assert_close(swapped, logits.flip(0))


def test_another_pad_id():
    model = make(pad_id=10)
    src = SRC.masked_fill(SRC == 10, 9).masked_fill(SRC == 0, 10)
    tgt = TGT.masked_fill(TGT == 0, 10)
    assert_close(model(src, tgt)[1:2, :2], model(src[1:2, :2], tgt[1:2, :2]))
    with pytest.raises(ValueError, match="padded on the right"):
        model(src[:, [3, 4, 0, 1, 2]], tgt)


def test_every_decoder_layer_reads_what_the_encoder_ends_with():
    model = make(norm="pre")
    memory, seen = model.encode(SRC), []
    for layer in model.decoder.layers:
        layer.cross_attention.register_forward_pre_hook(
            lambda part, given: seen.append(given[1:3])
        )
    model(SRC, TGT)
    assert len(seen) == 2
    for key, value in seen:
        assert torch.equal(key, memory) and torch.equal(value, memory)


def test_forward_is_encode_then_decode_and_encodes_once():
    model, calls = make(), []
    model.encoder.register_forward_hook(lambda *_: calls.append(1))
    logits = model(SRC, TGT)
    assert calls == [1]
    memory, mask = model.encode(SRC), padding_mask(SRC, 0)
    assert torch.equal(model.decode(TGT, memory, mask), logits)
    assert not torch.allclose(model.decode(TGT, memory), logits)  # the pads are read


def test_cross_attention_weights():
    model = make()
    weights = model.cross_attention(SRC, TGT)
    assert weights.shape == (2, 3, 3, 4, 5) and not weights.requires_grad
    assert_close(weights.sum(-1), torch.ones(2, 3, 3, 4).double())
    assert not weights[:, 1, :, :, 2:].any()  # no share for padding


def test_tying_and_sharing():
    tied, shared = make(), make(src_vocab_size=13, share_vocabulary=True)
    loose = make(tie_embeddings=False)
    tables = [n for n, _ in tied.named_parameters() if "embedding" in n]
    assert tables == ["tgt_embedding.weight", "src_embedding.weight"]
    assert shared.src_embedding is shared.tgt_embedding and shared.head is None
    assert loose.head is not None and loose.head.weight.shape == (13, 12)

    def size(model):
        return sum(p.numel() for p in model.parameters())

    assert size(tied) - size(shared) == 11 * 12 and size(loose) - size(tied) == 13 * 12


def test_scale_is_on_the_embeddings_alone():
    model = make()
    with torch.no_grad():
        x = model.positions(model.tgt_embedding(TGT))
        assert_close(x - model.positions(torch.zeros_like(x)), 12**0.5 * table(model))
        hidden = torch.randn(1, 2, 12).double()
        expected = hidden @ model.tgt_embedding.weight.T
        assert_close(model.tgt_embedding.logits(hidden), expected)


def table(model):
    return model.tgt_embedding.weight[TGT]


def test_an_untrained_model_is_not_sure():
    """With a table of large numbers the first loss of a tied model is in the tens.

    It is not ln V here: the residuals carry the token that was read to the top, where
    its own row fits best. So an untrained tied model repeats what it reads.
    """
    torch.manual_seed(0)
    sizes = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2}
    model = Transformer(TransformerConfig(50, 50, **sizes)).eval()
    src, tgt = torch.randint(1, 50, (2, 32, 12))
    logits = model(src, tgt)
    loss = F.cross_entropy(logits[:, :-1].mT, tgt[:, 1:])
    assert math.log(50) - 0.5 < loss < math.log(50) + 3
    assert (logits.argmax(-1) == tgt).float().mean() > 0.9


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({}, 63.0, 63.2),
        ({"d_model": 1024, "n_heads": 16, "d_ff": 4096}, 214.0, 214.4),
    ],
)
def test_sizes_of_the_paper(changes, low, high):
    config = TransformerConfig(37_000, 37_000, share_vocabulary=True, **changes)
    with torch.device("meta"):
        model = Transformer(config)
    assert low < sum(p.numel() for p in model.parameters()) / 1e6 < high


class Kept:
    """A cache of one attention, the plain way."""

    def __init__(self):
        self.kept = None

    def update(self, key, value):
        if self.kept is None:
            self.kept = key, value
        else:
            pairs = zip(self.kept, (key, value), strict=True)
            self.kept = tuple(torch.cat(pair, dim=2) for pair in pairs)
        return self.kept


class Cache:
    def __init__(self, n_layers):
        self.layers = [(Kept(), Kept()) for _ in range(n_layers)]

    @property
    def length(self):
        kept = self.layers[0][0].kept
        return 0 if kept is None else kept[0].shape[2]


@both_norms
def test_a_cache_gives_the_same_logits_at_every_step(norm):
    model = make(norm=norm)
    tgt, mask = TGT.clamp(min=1), padding_mask(SRC, 0)
    memory, cache = model.encode(SRC), Cache(2)
    assert isinstance(cache, DecoderCache)
    whole = model.decode(tgt, memory, mask)
    for start, end in ((0, 2), (2, 3), (3, 4)):
        logits = model.decode(tgt[:, start:end], memory, mask, cache)
        assert_close(logits, whole[:, start:end])
    done = torch.zeros(3, 1, dtype=torch.long)  # rows that are finished may be padded
    assert model.decode(done, memory, mask, cache).shape == (3, 1, 13)
    assert cache.layers[1][1].kept[0].shape[2] == 5  # memory went in once


def call(name, model):
    """A method without jaxtyping's own check, which would speak first."""
    method = getattr(Transformer, name)
    return lambda *given: getattr(method, "__wrapped__", method)(model, *given)


@pytest.mark.parametrize(
    ("src", "tgt", "kind", "said"),
    [
        (SRC[0], TGT, ValueError, r"src must be \(B, length\), and is \(5,\)"),
        (SRC[:, :0], TGT, ValueError, r"src must be .* \(3, 0\)"),
        (SRC, TGT[:, :0], ValueError, r"tgt must be .* \(3, 0\)"),
        (SRC.repeat(1, 2), TGT, ValueError, "src has 10 tokens, and max_len is 9"),
        (SRC, TGT.repeat(1, 3), ValueError, "tgt has 12 tokens, and max_len is 9"),
        (SRC + 1, TGT, ValueError, "id 11 is outside a vocabulary of 11"),
        (SRC, TGT + 1, ValueError, "id 13 is outside a vocabulary of 13"),
        (SRC.where(SRC != 4, -1), TGT, ValueError, "id -1 is outside"),
        (SRC.flip(1), TGT, ValueError, "src must be padded on the right"),
        (SRC, TGT.flip(1), ValueError, "tgt must be padded on the right"),
        (SRC * torch.tensor([[1], [0], [1]]), TGT, ValueError, "row 1 of src is noth"),
        (SRC, TGT * torch.tensor([[1], [1], [0]]), ValueError, "row 2 of tgt is noth"),
        (SRC.double(), TGT, TypeError, "integers, and they are torch.float64"),
        (SRC, TGT > 0, TypeError, "integers, and they are torch.bool"),
        (SRC[:2], TGT, ValueError, r"3 rows needs memory \(3, S, 12\).*\(2, 5, 12\)"),
        (SRC, TGT[:1], ValueError, r"1 rows needs memory \(1, S, 12\).*\(3, 5, 12\)"),
    ],
)
def test_wrong_ids_are_refused(src, tgt, kind, said):
    model = make()
    model.encode = call("encode", model)
    model.decode = call("decode", model)
    for part in (model.src_embedding, model.tgt_embedding):
        part.forward = lambda ids, of=part: TokenEmbedding.forward.__wrapped__(of, ids)
    with pytest.raises(kind, match=said):
        call("forward", model)(src, tgt)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda m, k: (m[:2], k[:2]), ValueError, r"memory \(3, S, 12\)"),
        (lambda m, k: (m[..., :8], k), ValueError, r"and it is \(3, 5, 8\)"),
        (lambda m, k: (m[0], k), ValueError, r"and it is \(5, 12\)"),
        (lambda m, k: (m, k[:, 0, 0]), ValueError, r"mask \(3, 1, 1, 5\).*\(3, 5\)"),
        (lambda m, k: (m, k[..., 1:]), ValueError, r"and it is \(3, 1, 1, 4\)"),
        (lambda m, k: (m, k[:2]), ValueError, r"and it is \(2, 1, 1, 5\)"),
        (lambda m, k: (m, k.double()), TypeError, "boolean"),
    ],
)
def test_memory_that_does_not_fit_is_refused(change, kind, said):
    model = make()
    memory, mask = change(model.encode(SRC), padding_mask(SRC, 0))
    model.decoder.forward = lambda *given: Decoder.forward.__wrapped__(
        model.decoder, *given
    )
    for layer in model.decoder.layers:
        layer.forward = lambda *given, of=layer: type(of).forward.__wrapped__(
            of, *given
        )
        for part in (layer.attention, layer.cross_attention):
            part.forward = lambda *given, of=part, **more: type(of).forward.__wrapped__(
                of, *given, **more
            )
    with pytest.raises(kind, match=said):
        call("decode", model)(TGT, memory, mask)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"d_model": 0}, "d_model must be at least 1, and is 0"),
        ({"n_layers": 0}, "n_layers must be at least 1"),
        ({"d_ff": -1}, "d_ff must be at least 1, and is -1"),
        ({"max_len": 0}, "max_len must be at least 1"),
        ({"n_heads": 5}, "n_heads = 5 does not divide d_model = 12"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), and is 1.0"),
        ({"norm": "middle"}, "'post' or 'pre', and is 'middle'"),
        ({"pad_id": 11}, r"pad_id 11 is not in vocabularies of \(11, 13\)"),
        ({"pad_id": -1}, "pad_id -1"),
        ({"share_vocabulary": True}, r"cannot have two sizes, \(11, 13\)"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        replace(CONFIG, **changes)


def test_saved_and_loaded():
    one, other = make(), make(norm="post")
    torch.nn.init.zeros_(other.tgt_embedding.weight)
    other.load_state_dict(one.state_dict())
    assert_close(other(SRC, TGT), one(SRC, TGT))
    assert not any("positions" in name for name, _ in one.named_parameters())


def test_dropout_is_on_in_training_alone():
    model = make(dropout=0.5)
    assert not torch.equal(model(SRC, TGT), model(SRC, TGT))
    model.eval()
    assert torch.equal(model(SRC, TGT), model(SRC, TGT))
