"""Chapter 9's parts and layers against torch's, value by value and slope by slope."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.blocks import DecoderLayer, EncoderLayer, FeedForward, LayerNorm
from unmasked.masking import assert_causal, causal_mask, influence, padding_mask

SIZES = st.integers(1, 6)
TOLERANCE = {
    torch.float32: {"rtol": 1e-5, "atol": 1e-5},
    torch.float64: {"rtol": 1e-10, "atol": 1e-10},
}
NAMES = {
    "self_attn.in_proj_": "attention.qkv.",
    "self_attn.out_proj": "attention.out",
    "multihead_attn.in_proj_": "cross_attention.qkv.",
    "multihead_attn.out_proj": "cross_attention.out",
    "linear1": "feed_forward.up",
    "linear2": "feed_forward.down",
}
both_norms = pytest.mark.parametrize("norm", ["post", "pre"])
both_layers = pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])


def renamed(tensors):
    """Torch's names turned into ours."""
    result = {}
    for name, tensor in tensors.items():
        for theirs, ours in NAMES.items():
            name = name.replace(theirs, ours)
        result[name] = tensor
    return result


def pair(
    kind, dtype=torch.float64, norm="post", activation="relu", eps=1e-5, bias=True
):
    """Our layer and torch's with the same weights, gains and biases not 1 and 0."""
    ours = kind(12, 3, 20, norm=norm, activation=activation, eps=eps, bias=bias)
    cls = {
        EncoderLayer: nn.TransformerEncoderLayer,
        DecoderLayer: nn.TransformerDecoderLayer,
    }[kind]
    theirs = cls(
        12,
        3,
        20,
        dropout=0.0,
        activation=activation,
        layer_norm_eps=eps,
        batch_first=True,
        norm_first=norm == "pre",
        bias=bias,
    )
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(std=0.5)
    ours.load_state_dict(renamed(theirs.state_dict()))
    return ours.to(dtype), theirs.to(dtype)


def with_gradients(module, call, *inputs):
    """The output, its gradients for the inputs, and those for the weights."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    output = call(*leaves)
    weights = torch.linspace(-1, 2, output.numel(), dtype=output.dtype)
    (output * weights.view_as(output)).sum().backward()
    slopes = renamed({name: p.grad for name, p in module.named_parameters()})
    return output.detach(), [x.grad for x in leaves], slopes


def agree(ours, theirs, tolerance):
    assert_close(ours[0], theirs[0], **tolerance)
    assert_close(ours[1], theirs[1], **tolerance)
    assert ours[2].keys() == theirs[2].keys()
    # a weight's slope sums over all positions: rounding is counted against its size
    for name, slope in ours[2].items():
        size = theirs[2][name].abs().max().item() + 1
        assert_close(slope / size, theirs[2][name] / size, **tolerance)


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(SIZES, min_size=1, max_size=4),
    eps=st.sampled_from([1e-12, 1e-5, 1e-2]),
    bias=st.booleans(),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
)
def test_layer_norm_equals_torch(shape, eps, bias, scale):
    torch.manual_seed(sum(shape))
    d = shape[-1]
    ours = LayerNorm(d, eps, bias).double()
    theirs = nn.LayerNorm(d, eps, bias=bias).double()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_()
    ours.load_state_dict(theirs.state_dict())
    x = scale * torch.randn(shape).double() + 3 * scale
    agree(
        with_gradients(ours, ours, x),
        with_gradients(theirs, theirs, x),
        TOLERANCE[torch.float64],
    )


def test_layer_norm_is_its_formula():
    """Divides by d, not by d - 1, and adds eps under the root: seen at d = 4."""
    torch.manual_seed(0)
    layer = LayerNorm(4, eps=1e-2).double()
    x = 0.1 * torch.randn(2, 3, 4).double()
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().sum(dim=-1, keepdim=True) / 4
    assert_close(layer(x), centred / (variance + 1e-2).sqrt())


def test_layer_norm_is_finite_where_all_features_are_equal():
    layer, x = LayerNorm(6), torch.full((2, 6), 7.0, requires_grad=True)
    layer(x).square().sum().backward()
    assert layer(x).eq(0).all() and x.grad.isfinite().all()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("relu", nn.ReLU()),
        ("gelu", nn.GELU()),
        ("gelu_tanh", nn.GELU(approximate="tanh")),
        (torch.tanh, nn.Tanh()),
    ],
)
@pytest.mark.parametrize("bias", [True, False])
def test_feed_forward_equals_torch(ours, theirs, bias):
    torch.manual_seed(0)
    layer = FeedForward(6, 10, activation=ours, bias=bias).double()
    twin = nn.Sequential(layer.up, theirs, layer.down)
    x = torch.randn(2, 5, 6).double()
    assert_close(layer(x), twin(x), rtol=1e-10, atol=1e-10)
    assert (layer.up.bias is not None) == bias == (layer.down.bias is not None)


def test_the_two_gelus_are_not_the_same():
    torch.manual_seed(0)
    exact, x = FeedForward(8, 32, activation="gelu"), torch.randn(4, 8)
    approximate = FeedForward(8, 32, activation="gelu_tanh")
    approximate.load_state_dict(exact.state_dict())
    gap = (exact(x) - approximate(x)).abs().max().item()
    assert 1e-6 < gap < 1e-2


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("masked", [True, False])
@both_norms
def test_encoder_layer_equals_torch(norm, masked, bias, activation, dtype):
    torch.manual_seed(0)
    ours, theirs = pair(EncoderLayer, dtype, norm, activation, bias=bias)
    x = torch.randn(2, 7, 12, dtype=dtype)
    ids = torch.tensor([[1, 2, 3, 4, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7]])
    keep = padding_mask(ids, 0) if masked else None
    agree(
        with_gradients(ours, lambda x: ours(x, keep)[0], x),
        with_gradients(
            theirs,
            lambda x: theirs(x, src_key_padding_mask=(ids == 0) if masked else None),
            x,
        ),
        TOLERANCE[dtype],
    )


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("T", "S"), [(5, 7), (6, 3), (1, 4)])
@both_norms
def test_decoder_layer_equals_torch(norm, T, S, bias, activation, dtype):
    torch.manual_seed(0)
    ours, theirs = pair(DecoderLayer, dtype, norm, activation, bias=bias)
    x, memory = torch.randn(2, T, 12, dtype=dtype), torch.randn(2, S, 12, dtype=dtype)
    x_ids, memory_ids = torch.ones(2, T).long(), torch.ones(2, S).long()
    memory_ids[0, -1] = x_ids[1, 1:][-1:] = 0
    agree(
        with_gradients(
            ours,
            lambda x, m: ours(
                x, m, padding_mask(x_ids, 0), padding_mask(memory_ids, 0)
            )[0],
            x,
            memory,
        ),
        with_gradients(
            theirs,
            lambda x, m: theirs(
                x,
                m,
                tgt_mask=~causal_mask(T),
                tgt_key_padding_mask=x_ids == 0,
                memory_key_padding_mask=memory_ids == 0,
            ),
            x,
            memory,
        ),
        TOLERANCE[dtype],
    )


@both_norms
def test_causal_encoder_layer_equals_torch(norm):
    torch.manual_seed(0)
    ours, theirs = pair(EncoderLayer, norm=norm, eps=1e-3)
    x = torch.randn(2, 7, 12).double()
    agree(
        with_gradients(ours, lambda x: ours(x, is_causal=True)[0], x),
        with_gradients(
            theirs, lambda x: theirs(x, src_mask=~causal_mask(7), is_causal=True), x
        ),
        TOLERANCE[torch.float64],
    )


@both_norms
def test_decoder_layer_without_the_triangle_equals_torch(norm):
    torch.manual_seed(0)
    ours, theirs = pair(DecoderLayer, norm=norm)
    x, memory = torch.randn(2, 5, 12).double(), torch.randn(2, 4, 12).double()
    keep = causal_mask(5).mT  # a mask of another form, to see that it is obeyed
    for mask, blocked in ((None, None), (keep, ~keep)):
        agree(
            with_gradients(
                ours,
                lambda x, m, mask=mask: ours(x, m, mask, is_causal=False)[0],
                x,
                memory,
            ),
            with_gradients(
                theirs, lambda x, m, b=blocked: theirs(x, m, tgt_mask=b), x, memory
            ),
            TOLERANCE[torch.float64],
        )
        ours.zero_grad()
        theirs.zero_grad()


@both_norms
@both_layers
def test_weights_do_not_change_the_output(kind, norm):
    torch.manual_seed(0)
    ours, _ = pair(kind, norm=norm)
    x, memory = torch.randn(2, 5, 12).double(), torch.randn(2, 7, 12).double()
    inputs = (x,) if kind is EncoderLayer else (x, memory)
    fused, nothing = ours(*inputs)
    output, weights = ours(*inputs, need_weights=True)
    assert_close(output, fused, rtol=1e-10, atol=1e-10)
    assert nothing is None
    assert weights.shape == (2, 3, 5, inputs[-1].shape[1])
    assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


@both_norms
@both_layers
def test_a_layer_that_changes_nothing(kind, norm):
    """All branches 0: pre-norm gives x back, post-norm its norm, once per branch."""
    torch.manual_seed(0)
    ours, _ = pair(kind, norm=norm)
    parts = [ours.attention.out, ours.feed_forward.down]
    if kind is DecoderLayer:
        parts.append(ours.cross_attention.out)
    with torch.no_grad():
        for part in parts:
            part.weight.zero_()
            part.bias.zero_()
    x = torch.randn(2, 4, 12).double()
    output, _ = ours(x) if kind is EncoderLayer else ours(x, x)
    expected = x
    if norm == "post":
        for layer in (ours.norm1, ours.norm2, getattr(ours, "norm3", nn.Identity())):
            expected = layer(expected)
    assert_close(output, expected, rtol=0, atol=0)


def test_each_branch_is_added_to_the_sum_so_far():
    """What a feed-forward net added to the layer's input would get wrong."""
    layer = EncoderLayer(4, 1, 8, norm="pre")
    with torch.no_grad():
        for part, constant in (
            (layer.attention.out, 2.0),
            (layer.feed_forward.down, 5),
        ):
            part.weight.zero_()
            part.bias.fill_(constant)
    x = torch.randn(1, 3, 4)
    assert_close(layer(x)[0], x + 7)


@both_norms
def test_who_mixes_positions(norm):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 12).double()
    ours, _ = pair(EncoderLayer, norm=norm)
    diagonal = torch.eye(5, dtype=torch.bool)
    for part in (ours.norm1, ours.feed_forward):
        assert torch.equal(influence(part, x) > 0, diagonal)
    assert (influence(lambda x: ours(x)[0], x) > 0).all()
    assert_causal(lambda x: ours(x, is_causal=True)[0], x)
    decoder, _ = pair(DecoderLayer, norm=norm)
    assert_causal(lambda x: decoder(x, torch.ones_like(x))[0], x)


def test_examples_of_a_batch_do_not_see_each_other():
    torch.manual_seed(0)
    ours, _ = pair(DecoderLayer)
    x, memory = torch.randn(3, 4, 12).double(), torch.randn(3, 5, 12).double()
    assert_close(ours(x, memory)[0][1:2], ours(x[1:2], memory[1:2])[0])


class Kept:
    """A cache of the smallest kind."""

    def __init__(self):
        self.parts = []

    def update(self, key, value):
        self.parts.append((key, value))
        return tuple(torch.cat(kept, dim=2) for kept in zip(*self.parts, strict=True))


@both_norms
@settings(max_examples=10, deadline=None)
@given(lengths=st.lists(SIZES, min_size=1, max_size=4))
def test_in_parts_is_as_a_whole(norm, lengths):
    torch.manual_seed(0)
    encoder, _ = pair(EncoderLayer, norm=norm)
    decoder, _ = pair(DecoderLayer, norm=norm)
    x, memory = (
        torch.randn(2, sum(lengths), 12).double(),
        torch.randn(2, 3, 12).double(),
    )
    keep = torch.tensor([[True, True, False], [True] * 3])[:, None, None]
    whole = encoder(x, is_causal=True)[0], decoder(x, memory, memory_mask=keep)[0]
    caches, parts = [Kept() for _ in range(3)], []
    for n, part in enumerate(x.split(lengths, dim=1)):
        given_memory = memory if n == 0 else memory[:, :0]
        parts.append(
            (
                encoder(part, is_causal=True, cache=caches[0])[0],
                decoder(
                    part,
                    given_memory,
                    memory_mask=keep,
                    cache=caches[1],
                    memory_cache=caches[2],
                )[0],
            )
        )
    for expected, got in zip(whole, zip(*parts, strict=True), strict=True):
        assert_close(torch.cat(got, dim=1), expected)


@both_norms
def test_dropout_acts_in_training_alone_and_reaches_every_branch(norm):
    torch.manual_seed(0)
    layer, x = EncoderLayer(8, 2, 16, dropout=0.5, norm=norm), torch.randn(1, 400, 8)
    first, second = layer(x)[0], layer(x)[0]
    assert (first != second).any()
    layer.eval()
    assert_close(layer(x)[0], layer(x)[0], rtol=0, atol=0)
    layer.train()
    with torch.no_grad():  # branches of all ones: dropped or doubled, nothing else
        for part in (layer.attention.out, layer.feed_forward.down):
            part.weight.zero_()
            part.bias.fill_(1.0)
    if norm == "pre":
        added = (layer(x)[0] - x).round().flatten()
        shares = [(added == n).float().mean().item() for n in (0, 2, 4)]
        assert sum(shares) == pytest.approx(1)
        assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.05)


def test_dropout_inside_the_feed_forward_net_stands_after_the_activation():
    layer = FeedForward(2, 2000, dropout=0.25, activation=lambda x: x * 0 + 1)
    with torch.no_grad():
        layer.down.weight.fill_(1.0)
        layer.down.bias.zero_()
    kept = layer(torch.zeros(1, 2))[0, 0].item() * 0.75  # of 2000 ones
    assert 1350 < kept < 1650 and kept != 1500


def test_a_layer_can_be_copied_and_saved():
    layer = EncoderLayer(8, 2, 16, activation="gelu_tanh", bias=False)
    twin = EncoderLayer(8, 2, 16, activation="gelu_tanh", bias=False)
    twin.load_state_dict(layer.state_dict())
    x = torch.randn(2, 3, 8)
    assert_close(twin(x)[0], layer(x)[0])
    assert not any("bias" in name for name in layer.state_dict())


def test_parameters_of_the_base_model():
    """4 d² + 2 d·d_ff weights in an encoder layer, 8 d² + 2 d·d_ff in a decoder's."""
    d, d_ff = 512, 2048
    with torch.device("meta"):
        layers = EncoderLayer(d, 8, d_ff), DecoderLayer(d, 8, d_ff)
    matrices = [sum(p.numel() for p in x.parameters() if p.dim() == 2) for x in layers]
    assert matrices == [4 * d**2 + 2 * d * d_ff, 8 * d**2 + 2 * d * d_ff]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LayerNorm(0), "d_model >= 1"),
        (lambda: LayerNorm(4, eps=0.0), "eps > 0"),
        (lambda: FeedForward(4, 0), "d_ff = 0"),
        (lambda: FeedForward(4, 8, dropout=1.0), r"\[0, 1\), and is 1.0"),
        (lambda: FeedForward(4, 8, activation="gleu"), "'gleu'; known are relu, gelu"),
        (lambda: EncoderLayer(8, 2, 16, norm="Pre"), "'post' or 'pre', and is 'Pre'"),
        (lambda: DecoderLayer(8, 3, 16), "n_heads = 3 does not divide d_model = 8"),
        (lambda: EncoderLayer(8, 2, 16, dropout=-0.1), r"\[0, 1\), and is -0.1"),
    ],
)
def test_a_wrong_layer_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("part", [LayerNorm(8), FeedForward(8, 16)])
def test_a_wrong_width_is_named(part):
    unchecked = type(part).forward.__wrapped__  # without jaxtyping, which speaks first
    with pytest.raises(ValueError, match=r"d_model = 8, and x is \(2, 3, 6\)"):
        unchecked(part, torch.zeros(2, 3, 6))
