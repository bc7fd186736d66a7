"""Chapter 3's package against F.scaled_dot_product_attention, and what it refuses."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from unmasked.attention import attention_weights, scaled_dot_product_attention

SIZES = st.integers(1, 6)
BATCHES = st.sampled_from([(), (1,), (3,), (2, 3)])
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}
by_dtype = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)


def arguments(batch, T, S, d_k, d_v, dtype=torch.float64, seed=0):
    """Query (*batch, T, d_k), key (*batch, S, d_k), value (*batch, S, d_v)."""
    g = torch.Generator().manual_seed(seed)
    shapes = ((T, d_k), (S, d_k), (S, d_v))
    return [torch.randn(*batch, *s, generator=g, dtype=dtype) for s in shapes]


def attended(query, key, value, mask):
    return scaled_dot_product_attention(query, key, value, mask)[0]


def with_gradients(function, tensors, mask):
    """The output, and the gradients of a sum with a factor for each element."""
    inputs = [t.detach().clone().requires_grad_() for t in tensors]
    output = function(*inputs, mask)
    factors = torch.linspace(-1, 1, output.numel(), dtype=output.dtype)
    (output * factors.view_as(output)).sum().backward()
    return [output.detach(), *(t.grad for t in inputs)]


def assert_equal_to_torch(tensors, mask):
    atol = TOLERANCE[tensors[0].dtype]
    mine = with_gradients(attended, tensors, mask)
    theirs = with_gradients(F.scaled_dot_product_attention, tensors, mask)
    for one, other in zip(mine, theirs, strict=True):
        assert_close(one, other, rtol=atol, atol=atol)


@by_dtype
@settings(max_examples=60, deadline=None)
@given(batch=BATCHES, T=SIZES, S=SIZES, d_k=SIZES, d_v=SIZES, seed=st.integers(0, 99))
def test_equals_torch(dtype, batch, T, S, d_k, d_v, seed):
    assert_equal_to_torch(arguments(batch, T, S, d_k, d_v, dtype, seed), None)


@by_dtype
@settings(max_examples=60, deadline=None)
@given(
    batch=BATCHES, T=SIZES, S=SIZES, whole=st.booleans(), seed=st.integers(0, 99),
    empty=st.booleans(),
)  # fmt: skip
def test_equals_torch_with_a_mask(dtype, batch, T, S, whole, empty, seed):
    """Of the scores' own shape or broadcast; torch's dead rows are zeros as well."""
    g = torch.Generator().manual_seed(seed)
    mask = torch.rand(*(batch if whole else ()), T, S, generator=g) < 0.6
    mask[..., 0] = True
    if empty:
        mask[..., -1, :] = False
    assert_equal_to_torch(arguments(batch, T, S, 4, 3, dtype, seed), mask)


def test_large_scores_do_not_overflow():
    query, key, value = arguments((2,), 3, 5, 4, 2, torch.float32)
    output, weights = scaled_dot_product_attention(1e4 * query, key, value)
    assert output.isfinite().all()
    assert_close(weights.sum(dim=-1), torch.ones(2, 3))


@by_dtype
def test_weights_are_shares_and_the_output_is_their_average(dtype):
    query, key, value = arguments((2, 3), 4, 5, 6, 7, dtype)
    output, weights = scaled_dot_product_attention(query, key, value)
    assert (weights >= 0).all() and weights.shape == (2, 3, 4, 5)
    assert_close(weights.sum(dim=-1), torch.ones(2, 3, 4, dtype=dtype))
    assert_close(output, weights @ value)
    assert_close(weights, attention_weights(query, key))


def test_keys_of_a_smaller_batch_are_broadcast():
    query, _, _ = arguments((2, 3), 4, 5, 6, 7)
    _, key, value = arguments((3,), 4, 5, 6, 7)
    output, _ = scaled_dot_product_attention(query, key, value)
    for b in range(2):
        assert_close(output[b], scaled_dot_product_attention(query[b], key, value)[0])


@by_dtype
def test_a_forbidden_key_does_not_exist(dtype):
    query, key, value = arguments((2,), 3, 5, 4, 6, dtype)
    mask = torch.tensor([True, True, False, True, False])
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    alone, _ = scaled_dot_product_attention(query, key[:, mask], value[:, mask])
    assert_close(output, alone)
    assert (weights[..., ~mask] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, *TOLERANCE], ids=str)
def test_a_row_with_nothing_allowed_is_zeros_both_ways(dtype):
    tensors = [t.to(dtype).requires_grad_() for t in arguments((2,), 3, 5, 4, 6)]
    mask = torch.ones(3, 5, dtype=torch.bool)
    mask[1] = False
    output, weights = scaled_dot_product_attention(*tensors, mask)
    assert (output[:, 1] == 0).all() and (weights[:, 1] == 0).all()
    assert (output[:, [0, 2]] != 0).all()
    output.sum().backward()
    query, key, value = tensors
    assert all(t.grad.isfinite().all() for t in tensors)
    assert (query.grad[:, 1] == 0).all() and (query.grad[:, 0] != 0).any()
    assert (key.grad != 0).any() and (value.grad != 0).all()


def test_when_nothing_at_all_is_allowed_no_gradient_flows():
    tensors = [t.requires_grad_() for t in arguments((2,), 3, 5, 4, 6)]
    mask = torch.zeros(3, 5, dtype=torch.bool)
    output, _ = scaled_dot_product_attention(*tensors, mask)
    output.sum().backward()
    assert (output == 0).all() and all((t.grad == 0).all() for t in tensors)


@pytest.mark.parametrize("masked", [False, True])
def test_gradients_by_finite_differences(masked):
    tensors = [t.requires_grad_() for t in arguments((2,), 3, 4, 2, 3)]
    mask = torch.tensor([[True, False, True, True], [False] * 4, [True] * 4])
    assert torch.autograd.gradcheck(
        lambda *t: scaled_dot_product_attention(*t, mask if masked else None), tensors
    )


def test_the_scale_is_the_root_of_the_query_width():
    query, key = torch.full((1, 9), 1.0), torch.tensor([[1.0] * 9, [0.0] * 9])
    weights = attention_weights(query, key)  # scores 9 / 3 and 0
    assert_close(weights[0, 0] / weights[0, 1], torch.tensor(math.exp(3.0)))


def refused(error, message, **changed):
    """That the module itself refuses a change to sound arguments, and says why."""
    query, key, value = arguments((2,), 3, 5, 4, 6, torch.float32)
    mask = torch.ones(3, 5, dtype=torch.bool)
    given = {"query": query, "key": key, "value": value, "mask": mask} | changed
    with pytest.raises(Exception) as first:
        scaled_dot_product_attention(**given)
    # in these tests jaxtyping may speak first; without it the module does
    assert type(first.value).__name__ in ("TypeCheckError", error.__name__)
    function = scaled_dot_product_attention
    if "value" not in changed:
        function = attention_weights
        del given["value"]
    with pytest.raises(error, match=message):
        function.__wrapped__(**given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": torch.ones(4)}, r"query needs at least two axes .* \(4,\)"),
        ({"key": torch.ones(5)}, r"key needs at least two axes .* \(5,\)"),
        ({"query": torch.ones(2, 3, 7)}, r"\(d_k\) must be equal and not 0: 7 and 4"),
        ({"query": torch.ones(3, 3, 4)}, r"query and key do not broadcast: \(3,\) and"),
        ({"value": torch.ones(2, 4, 6)}, r"\(2, 5, 4\) and value \(2, 4, 6\) .* S"),
        ({"value": torch.ones(6)}, r"value \(6,\) must have the same length S"),
        ({"value": torch.ones(3, 5, 6)}, r"key and value do not broadcast"),
        ({"mask": torch.ones(3, 4).bool()}, r"mask and scores .* do not broadcast"),
        ({"mask": torch.ones(5, 3).bool()}, r"mask and scores .* do not broadcast"),
        ({"mask": torch.ones(7, 2, 3, 5).bool()}, r"mask \(7, 2, 3, 5\) has more"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_axes_that_do_not_fit_are_named(changed, message):
    refused(ValueError, message, **changed)


def test_a_width_of_zero_is_refused():
    empty = {"query": torch.ones(2, 3, 0), "key": torch.ones(2, 5, 0)}
    refused(ValueError, "not 0: 0 and 0", **empty)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": torch.ones(2, 3, 4).long()}, "query must be floating.* torch.int64"),
        ({"key": torch.ones(2, 5, 4).int()}, "key must be floating.* torch.int32"),
        ({"key": torch.ones(2, 5, 4).double()}, "query is .*float32, and key is"),
        ({"query": torch.ones(2, 3, 4).double()}, "query is .*float64, and key is"),
        ({"value": torch.ones(2, 5, 6).double()}, "float32, and value is .*float64"),
        ({"mask": torch.ones(3, 5)}, "the mask must be boolean .* is torch.float32"),
        ({"mask": torch.zeros(3, 5).long()}, "the mask must be boolean .*torch.int64"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_types_that_do_not_fit_are_named(changed, message):
    refused(TypeError, message, **changed)


@pytest.mark.parametrize("allowed", [None, torch.ones(3, 1, dtype=torch.bool)])
def test_no_keys_at_all(allowed):
    """S = 0: nothing to attend, hence zeros, with a mask and without."""
    query, key, value = arguments((2,), 3, 0, 4, 6)
    output, weights = scaled_dot_product_attention(query, key, value, allowed)
    assert weights.shape == (2, 3, 0) and (output == 0).all()
