"""Chapter 8's positions against the formula, and what a table must do in a model."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.positions import (
    LearnedPositions,
    SinusoidalPositions,
    sinusoidal_encoding,
)

KINDS = (SinusoidalPositions, LearnedPositions)
both_kinds = pytest.mark.parametrize("kind", KINDS)


def table_of(positions):
    """The rows that a module adds, as it keeps them."""
    learned = isinstance(positions, LearnedPositions)
    return positions.weight if learned else positions.table


def by_the_paper(pos, column, d_model):
    """§3.5 for one number, in Python's own floats."""
    wave = 10000 ** (2 * (column // 2) / d_model)
    return (math.cos if column % 2 else math.sin)(pos / wave)


# the encoding


@settings(deadline=None)
@given(max_len=st.integers(1, 40), d_model=st.integers(1, 33))
def test_encoding_is_the_formula(max_len, d_model):
    table = sinusoidal_encoding(max_len, d_model)
    assert table.dtype == torch.float32 and table.shape == (max_len, d_model)
    for pos in range(max_len):
        row = [by_the_paper(pos, column, d_model) for column in range(d_model)]
        np.testing.assert_allclose(table[pos].numpy(), row, rtol=0, atol=1e-7)


@pytest.mark.parametrize("pos", [999, 4999, 99_999])
def test_encoding_is_exact_far_out(pos):
    row = sinusoidal_encoding(pos + 1, 16)[pos]
    expected = torch.tensor([by_the_paper(pos, column, 16) for column in range(16)])
    assert_close(row, expected, rtol=0, atol=1e-6)


def test_a_longer_table_begins_with_the_shorter_one():
    assert torch.equal(sinusoidal_encoding(30, 7)[:11], sinusoidal_encoding(11, 7))


def test_an_odd_width_ends_with_a_sine():
    table = sinusoidal_encoding(20, 5)
    angle = torch.arange(20).double() / 10000 ** (4 / 5)
    assert_close(table[:, 4], angle.sin().float())


@pytest.mark.parametrize(("max_len", "d_model"), [(0, 4), (4, 0), (-1, 4), (4, -2)])
def test_encoding_needs_sizes(max_len, d_model):
    with pytest.raises(ValueError, match=rf"max_len = {max_len}, d_model = {d_model}"):
        sinusoidal_encoding(max_len, d_model)


@settings(deadline=None)
@given(k=st.integers(-60, 60), pairs=st.integers(1, 12))
def test_a_step_is_one_rotation_for_all_positions(k, pairs):
    d_model = 2 * pairs
    table = sinusoidal_encoding(200, d_model).double()
    matrix = torch.zeros(d_model, d_model, dtype=torch.float64)
    for i in range(pairs):
        angle = k / 10000 ** (2 * i / d_model)
        cos, sin = math.cos(angle), math.sin(angle)
        block = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = block
    at = torch.arange(60, 140)
    assert_close(table[at] @ matrix.mT, table[at + k], rtol=0, atol=1e-6)


def test_products_depend_on_the_offset_alone():
    table = sinusoidal_encoding(300, 32).double()
    products = table @ table.mT
    for k in (0, 1, 17, 120):
        along = products.diagonal(k)
        assert along.max() - along.min() < 1e-5
        assert_close(along, products.diagonal(-k))


# the two modules


@both_kinds
@settings(deadline=None, max_examples=30)
@given(T=st.integers(1, 9), offset=st.integers(0, 9))
def test_offset_is_a_slice_of_the_whole(kind, T, offset):
    torch.manual_seed(0)
    positions, x = kind(6, max_len=18), torch.randn(3, 18, 6)
    whole = positions(x)
    part = positions(x[:, offset : offset + T], offset=offset)
    assert torch.equal(part, whole[:, offset : offset + T])
    assert torch.equal(whole, x + table_of(positions))


@both_kinds
def test_the_input_is_left_alone(kind):
    x = torch.zeros(2, 5, 4)
    kind(4, max_len=9)(x)
    assert not x.any()


def test_the_sines_are_a_buffer_that_is_not_saved():
    positions = SinusoidalPositions(6, max_len=8)
    assert [name for name, _ in positions.named_buffers()] == ["table"]
    assert not list(positions.parameters()) and not positions.state_dict()
    SinusoidalPositions(6, max_len=30).load_state_dict(positions.state_dict())
    assert_close(table_of(positions), sinusoidal_encoding(8, 6))


def test_the_learned_table_is_saved_and_begins_small():
    torch.manual_seed(0)
    positions = LearnedPositions(64, max_len=400)
    assert list(positions.state_dict()) == ["weight"]
    weight = positions.weight.detach()
    assert abs(weight.std().item() - 0.02) < 0.0005 and abs(weight.mean()) < 0.0005


@both_kinds
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_type_follows_the_input(kind, dtype):
    positions, x = kind(6, max_len=8), torch.randn(2, 5, 6, dtype=dtype)
    out = positions(x, offset=2)
    assert out.dtype == dtype
    assert_close(out, x + table_of(positions)[2:7].to(dtype))


@both_kinds
def test_a_whole_model_changes_its_type(kind):
    model = nn.Sequential(kind(6, max_len=8)).to(torch.float64)
    assert table_of(model[0]).dtype == torch.float64


@both_kinds
def test_device_follows_the_module_and_the_input(kind):
    x = torch.zeros(2, 5, 6, device="meta")
    assert kind(6, max_len=8).to("meta")(x).device.type == "meta"
    assert kind(6, max_len=8)(x).device.type == "meta"
    with torch.device("meta"):
        assert table_of(kind(6, max_len=8)).device.type == "meta"


@both_kinds
@pytest.mark.parametrize(("T", "offset"), [(9, 0), (5, 4), (1, 8), (3, -1), (0, 9)])
def test_a_text_too_long_is_refused_with_three_numbers(kind, T, offset):
    with pytest.raises(ValueError) as error:
        kind(6, max_len=8)(torch.zeros(2, T, 6), offset=offset)
    numbers = f"{T} tokens from position {offset} on do not fit max_len = 8"
    assert numbers == str(error.value)


@both_kinds
def test_the_last_place_can_be_reached(kind):
    positions = kind(6, max_len=8)
    last = positions(torch.zeros(2, 1, 6), offset=7)
    assert torch.equal(last[1, 0], table_of(positions)[7])


@both_kinds
def test_another_width_is_refused_with_both_numbers(kind):
    forward = getattr(kind.forward, "__wrapped__", kind.forward)
    for shape in ((2, 5, 7), (5, 6)):
        with pytest.raises(ValueError, match=r"\(B, T, 6\)") as error:
            forward(kind(6, max_len=8), torch.zeros(shape))
        assert str(shape) in str(error.value)


@both_kinds
@pytest.mark.parametrize("bad", [{"d_model": 0}, {"max_len": 0}, {"dropout": 1.0}])
def test_settings_are_checked(kind, bad):
    (value,) = bad.values()
    with pytest.raises(ValueError, match=str(value)):
        kind(**{"d_model": 6, "max_len": 8} | bad)


@both_kinds
def test_dropout_acts_on_the_sum_and_in_training_only(kind):
    torch.manual_seed(0)
    positions, x = kind(6, max_len=8, dropout=0.25), torch.randn(50, 8, 6) + 3
    total = x + table_of(positions)
    assert_close(positions.eval()(x), total)
    out = positions.train()(x)
    kept = out != 0
    assert abs(kept.float().mean() - 0.75) < 0.05
    assert_close(out[kept], total[kept] / 0.75)


def test_gradients_reach_the_rows_that_were_used():
    positions = LearnedPositions(6, max_len=12)
    x = torch.zeros(3, 5, 6, requires_grad=True)
    positions(x, offset=2).sum().backward()
    expected = torch.zeros(12, 6)
    expected[2:7] = 3.0  # one for each row of the batch
    assert_close(positions.weight.grad, expected)
    assert_close(x.grad, torch.ones(3, 5, 6))


def test_the_sines_pass_gradients_on_and_take_none():
    x = torch.zeros(3, 5, 6, requires_grad=True)
    positions = SinusoidalPositions(6, max_len=12)
    positions(x).sum().backward()
    assert_close(x.grad, torch.ones(3, 5, 6))
    assert not table_of(positions).requires_grad
