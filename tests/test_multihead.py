"""Chapter 4's layer against a loop, torch's layer, and its own other path."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.attention import scaled_dot_product_attention
from unmasked.multihead import MultiHeadAttention, merge_heads, split_heads

SIZES = st.integers(1, 6)
# in these tests jaxtyping would speak first; without it the module itself does
UNCHECKED = MultiHeadAttention.forward.__wrapped__
both_paths = pytest.mark.parametrize("need_weights", [False, True])


def pair(d_k, n_heads, bias=True, dtype=torch.float64):
    """Our layer and torch's, with the same weights, none of them zero."""
    d_model = d_k * n_heads
    ours = MultiHeadAttention(d_model, n_heads, bias=bias).to(dtype)
    theirs = nn.MultiheadAttention(
        d_model, n_heads, bias=bias, batch_first=True, dtype=dtype
    )
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_()
    weights = {f"in_proj_{k}": v for k, v in ours.qkv.state_dict().items()}
    weights |= {f"out_proj.{k}": v for k, v in ours.out.state_dict().items()}
    theirs.load_state_dict(weights)
    return ours, theirs


def with_gradients(call, module, *inputs):
    """What `call` returns first, with its gradients for the inputs and the weights."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    output = call(*leaves)[0]
    output.square().sum().backward()
    named = sorted(module.named_parameters(), key=lambda item: item[0].lstrip("q"))
    grads = {n.replace("proj_", "").replace("in_", "qkv."): p.grad for n, p in named}
    grads = {n.replace("_proj", ""): g for n, g in grads.items()}
    module.zero_grad()
    return output, [x.grad for x in leaves], grads


@settings(max_examples=40, deadline=None)
@given(
    batch=SIZES,
    queries=SIZES,
    keys=SIZES,
    d_k=SIZES,
    n_heads=st.integers(1, 4),
    bias=st.booleans(),
    masked=st.booleans(),
    need_weights=st.booleans(),
)
def test_cross_attention_equals_torch(
    batch, queries, keys, d_k, n_heads, bias, masked, need_weights
):
    torch.manual_seed(batch * 1000 + queries * 100 + keys * 10 + d_k)
    ours, theirs = pair(d_k, n_heads, bias)
    shapes = (queries, keys, keys)
    inputs = [torch.randn(batch, n, d_k * n_heads).double() for n in shapes]
    allowed = torch.rand(batch, 1, queries, keys) < 0.6
    allowed[..., 0] = True  # torch's layer has no answer to a row without keys
    blocked = ~allowed.expand(-1, n_heads, -1, -1).flatten(0, 1)
    output, slopes, grads = with_gradients(
        lambda q, k, v: ours(
            q, k, v, mask=allowed if masked else None, need_weights=need_weights
        ),
        ours,
        *inputs,
    )
    expected, their_slopes, their_grads = with_gradients(
        lambda q, k, v: theirs(q, k, v, attn_mask=blocked if masked else None),
        theirs,
        *inputs,
    )
    assert_close(output, expected)
    assert_close(slopes, their_slopes)
    assert_close(grads, their_grads)


@both_paths
def test_self_attention_equals_torch(need_weights):
    torch.manual_seed(0)
    ours, theirs = pair(3, 4)
    x = torch.randn(2, 7, 12).double()
    real = torch.arange(7) < torch.tensor([[7], [4]])  # (2, 7)
    causal = torch.ones(7, 7, dtype=torch.bool).tril()
    output, slopes, grads = with_gradients(
        lambda x: ours(
            x, x, x, real[:, None, None], is_causal=True, need_weights=need_weights
        ),
        ours,
        x,
    )
    expected, their_slopes, their_grads = with_gradients(
        lambda x: theirs(x, x, x, key_padding_mask=~real, attn_mask=~causal),
        theirs,
        x,
    )
    assert_close(output, expected)
    assert_close(slopes, their_slopes)
    assert_close(grads, their_grads)


def test_weights_are_torchs_before_averaging():
    torch.manual_seed(0)
    ours, theirs = pair(3, 4)
    x = torch.randn(2, 5, 12).double()
    _, weights = ours(x, x, x, need_weights=True)
    _, expected = theirs(x, x, x, average_attn_weights=False)
    assert_close(weights, expected)


def test_equals_a_loop_over_heads():
    torch.manual_seed(0)
    layer, _ = pair(4, 3)
    q, k, v = (torch.randn(2, n, 12).double() for n in (5, 7, 7))
    heads = []
    for i in range(3):
        rows = slice(4 * i, 4 * i + 4)
        parts = [
            F.linear(x, W[rows], b[rows])
            for x, W, b in zip(
                (q, k, v),
                layer.qkv.weight.chunk(3),
                layer.qkv.bias.chunk(3),
                strict=True,
            )
        ]
        heads.append(scaled_dot_product_attention(*parts)[0])
    assert_close(layer(q, k, v)[0], layer.out(torch.cat(heads, dim=-1)))


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("mask", ["none", "rows without keys", "padding"])
@pytest.mark.parametrize(("T", "S"), [(6, 6), (4, 9), (1, 5), (9, 4)])
def test_fused_equals_explicit(T, S, mask, is_causal):
    torch.manual_seed(0)
    layer = MultiHeadAttention(12, 3)
    query, memory = torch.randn(2, T, 12), torch.randn(2, S, 12)
    masks = {
        "none": None,
        "rows without keys": torch.rand(2, 3, T, S) < 0.4,
        "padding": (torch.arange(S) > 1).expand(2, 1, 1, S),
    }
    if mask == "rows without keys":
        masks[mask][0, :, 0] = False
    results = [
        with_gradients(
            lambda q, m, w=w: layer(q, m, m, masks[mask], is_causal, need_weights=w),
            layer,
            query,
            memory,
        )
        for w in (False, True)
    ]
    assert_close(results[0][0], results[1][0], rtol=0, atol=1e-6)
    assert_close(results[0][1:], results[1][1:], rtol=1e-5, atol=1e-5)
    assert all(grad.isfinite().all() for grad in results[0][1])


@both_paths
def test_a_query_with_no_keys_gets_zeros_from_every_head(need_weights):
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(8, 2), torch.randn(2, 3, 8)
    mask = torch.ones(2, 1, 3, 3, dtype=torch.bool)
    mask[1, :, 2] = False
    output, weights = layer(x, x, x, mask, need_weights=need_weights)
    assert_close(output[1, 2], layer.out.bias)
    assert not need_weights or weights[1, :, 2].eq(0).all()


class Kept:
    """A cache of the smallest kind."""

    def __init__(self):
        self.parts = []

    def update(self, key, value):
        self.parts.append((key, value))
        return tuple(torch.cat(kept, dim=2) for kept in zip(*self.parts, strict=True))


@both_paths
@settings(max_examples=20, deadline=None)
@given(lengths=st.lists(SIZES, min_size=1, max_size=5), masked=st.booleans())
def test_in_parts_is_as_a_whole(need_weights, lengths, masked):
    torch.manual_seed(0)
    layer, _ = pair(2, 3)
    total = sum(lengths)
    x = torch.randn(2, total, 6).double()
    # the first key is padding in one row: its first query may attend to nothing
    real = torch.arange(total) >= torch.tensor([[0], [1]])
    mask = real[:, None, None] if masked else None  # (2, 1, 1, total)
    whole, _ = layer(x, x, x, mask, is_causal=True)
    cache, outputs, done = Kept(), [], 0
    for part in x.split(lengths, dim=1):
        done += part.shape[1]
        so_far = None if mask is None else mask[..., :done]
        output, weights = layer(part, part, part, so_far, True, need_weights, cache)
        outputs.append(output)
        assert not need_weights or weights.shape == (2, 3, part.shape[1], done)
    assert_close(torch.cat(outputs, dim=1), whole)


@settings(max_examples=20, deadline=None)
@given(batch=SIZES, length=SIZES, n_heads=SIZES, d_k=SIZES)
def test_split_and_merge_move_numbers_where_they_belong(batch, length, n_heads, d_k):
    x = torch.randn(batch, length, n_heads * d_k)
    heads = split_heads(x, n_heads)
    for i in range(n_heads):
        assert_close(heads[:, i], x[..., i * d_k : (i + 1) * d_k])
    assert_close(merge_heads(heads), x)


def test_tokens_in_another_order_give_outputs_in_that_order():
    """What a `view` instead of a `transpose` breaks."""
    torch.manual_seed(0)
    layer, _ = pair(2, 3)
    x, order = torch.randn(2, 6, 6).double(), torch.randperm(6)
    y = x[:, order]
    assert_close(layer(y, y, y)[0], layer(x, x, x)[0][:, order])


def test_causal_reaches_all_of_the_past_and_none_of_the_future():
    torch.manual_seed(0)
    layer, _ = pair(2, 4)
    x = torch.randn(1, 6, 8).double()
    slopes = torch.autograd.functional.jacobian(
        lambda x: layer(x, x, x, is_causal=True)[0], x
    )
    reached = slopes[0, :, :, 0].abs().amax(dim=(1, 3)) > 0  # (T, T)
    assert reached.tolist() == torch.ones(6, 6).tril().bool().tolist()


@both_paths
def test_dropout_acts_in_training_alone(need_weights):
    torch.manual_seed(0)
    layer = MultiHeadAttention(8, 2, dropout=0.5)
    x = torch.randn(1, 6, 8)
    first, second = (layer(x, x, x, need_weights=need_weights)[0] for _ in range(2))
    assert (first != second).any()
    layer.eval()
    first, second = (layer(x, x, x, need_weights=need_weights)[0] for _ in range(2))
    assert_close(first, second, rtol=0, atol=0)


def test_parameters_do_not_depend_on_the_number_of_heads():
    counts = [
        sum(p.numel() for p in MultiHeadAttention(64, h).parameters())
        for h in (1, 2, 4, 8)
    ]
    assert counts == [16_640] * 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((10, 3), r"n_heads = 3 does not divide d_model = 10"),
        ((8, 0), r"n_heads = 0 does not divide"),
        ((8, 16), r"n_heads = 16 does not divide d_model = 8"),
        ((8, 2, 1.0), r"dropout must be in \[0, 1\), and is 1.0"),
    ],
)
def test_a_wrong_layer_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        MultiHeadAttention(*arguments)


def test_a_split_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="d_model = 10 does not divide into 3 heads"):
        split_heads(torch.zeros(1, 2, 10), 3)


@pytest.mark.parametrize(
    ("q", "k", "v", "said"),
    [
        ((2, 8), (2, 3, 8), (2, 3, 8), r"query must be .* is \(2, 8\)"),
        ((2, 3, 8), (2, 3, 6), (2, 3, 8), r"key must be .* is \(2, 3, 6\)"),
        ((2, 3, 8), (2, 4, 8), (2, 3, 8), "key and value one length"),
        ((1, 3, 8), (2, 3, 8), (2, 3, 8), "need one batch"),
    ],
)
def test_a_wrong_input_is_named(q, k, v, said):
    with pytest.raises(ValueError, match=said):
        UNCHECKED(MultiHeadAttention(8, 2), *map(torch.zeros, (q, k, v)))


@both_paths
@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (torch.ones(3, 3), TypeError),
        (torch.ones(3, 4, dtype=torch.bool), ValueError),
        (torch.ones(5, 3, 3, dtype=torch.bool), ValueError),
        (torch.ones(1, 1, 1, 3, 3, dtype=torch.bool), ValueError),
    ],
)
def test_a_wrong_mask_is_named_on_both_paths(mask, error, need_weights):
    layer, x = MultiHeadAttention(8, 2), torch.randn(4, 3, 8)
    with pytest.raises(error, match="mask"):
        UNCHECKED(layer, x, x, x, mask, need_weights=need_weights)


def kept_bytes(T, **options):
    layer, kept = MultiHeadAttention(32, 4), {}
    x = torch.randn(1, T, 32)

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output, _ = layer(x, x, x, **options)
    assert output.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("is_causal", [False, True])
def test_the_fused_path_keeps_memory_linear_in_length(is_causal):
    short, long = (kept_bytes(T, is_causal=is_causal) for T in (256, 2048))
    assert long < 9 * short
    short, long = (kept_bytes(T, need_weights=True) for T in (256, 2048))
    assert long > 40 * short  # the twin that shows that the limit can bite


PEAK = """
import re, sys
import torch
from unmasked.multihead import MultiHeadAttention

def peak():  # in MiB; ru_maxrss would begin with what the calling process holds
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024

def step(T):
    x = torch.randn(1, T, 64)
    layer(x, x, x, need_weights=sys.argv[1] == "explicit")[0].sum().backward()

layer = MultiHeadAttention(64, 8)
step(256)
before = peak()
step(3072)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
@pytest.mark.parametrize(("path", "fits"), [("fused", True), ("explicit", False)])
def test_peak_memory_forward_and_backward(path, fits):
    """One map of weights would be 8 · 3072² · 4 bytes = 288 MiB."""
    command = [sys.executable, "-c", PEAK, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (float(done.stdout) < 200) == fits, done.stdout
