"""Chapter 1's package against torch.nn, and what it says to wrong input."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.recurrence import LanguageModel, LSTMCell, Recurrent, RNNCell

SIZES = st.integers(1, 6)
PAIRS = {"rnn": (RNNCell, nn.RNN), "lstm": (LSTMCell, nn.LSTM)}
by_kind = pytest.mark.parametrize("kind", PAIRS)


def pair(kind, d_in, d_hidden, dtype=torch.float32):
    """Our layer and torch's, with the same weights."""
    cell_type, layer_type = PAIRS[kind]
    layer = layer_type(d_in, d_hidden, batch_first=True, dtype=dtype)
    cell = cell_type(d_in, d_hidden).to(dtype)
    cell.load_state_dict({k[:-3]: v for k, v in layer.state_dict().items()})
    return Recurrent(cell), layer


def states(kind, batch, d_hidden, dtype=torch.float32):
    """An initial state, in our form and in torch's."""
    h, c = torch.randn(2, batch, d_hidden, dtype=dtype)
    return (h, h[None]) if kind == "rnn" else ((h, c), (h[None], c[None]))


@by_kind
@settings(max_examples=40, deadline=None)
@given(batch=SIZES, steps=SIZES, d_in=SIZES, d_hidden=SIZES, given_state=st.booleans())
def test_equals_torch(kind, batch, steps, d_in, d_hidden, given_state):
    torch.manual_seed(batch * 1000 + steps * 100 + d_in * 10 + d_hidden)
    ours, theirs = pair(kind, d_in, d_hidden)
    mine, torchs = states(kind, batch, d_hidden) if given_state else (None, None)
    x = torch.randn(batch, steps, d_in)
    outputs, state = ours(x, mine)
    expected, last = theirs(x, torchs)
    assert_close(outputs, expected, rtol=0, atol=1e-6)
    for part, other in zip(*map(as_tuple, (state, last)), strict=True):
        assert_close(part, other[0], rtol=0, atol=1e-6)


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


@by_kind
def test_gradients_equal_torchs(kind):
    ours, theirs = pair(kind, 3, 5, torch.float64)
    x = torch.randn(2, 7, 3, dtype=torch.float64)
    grads = []
    for layer in (ours, theirs):
        inputs = x.clone().requires_grad_()
        layer(inputs)[0].square().sum().backward()
        grads.append([inputs.grad, *(p.grad for p in layer.parameters())])
    for mine, expected in zip(*grads, strict=True):
        assert_close(mine, expected)


@by_kind
def test_a_sequence_in_two_parts_is_the_sequence(kind):
    ours, _ = pair(kind, 3, 5)
    x = torch.randn(2, 7, 3)
    whole, last = ours(x)
    first, state = ours(x[:, :4])
    second, state = ours(x[:, 4:], state)
    assert_close(torch.cat([first, second], dim=1), whole)
    for part, other in zip(as_tuple(state), as_tuple(last), strict=True):
        assert_close(part, other)


@by_kind
def test_an_output_has_read_its_past_and_nothing_else(kind):
    ours, _ = pair(kind, 3, 5)
    x = torch.randn(2, 6, 3)
    changed = x.clone()
    changed[1, 3] += 1  # the last batch row: row 0 would hide a batch-time mix-up
    moved = (ours(changed)[0] != ours(x)[0]).any(dim=-1)  # (B, T)
    assert moved.tolist() == [[False] * 6, [False] * 3 + [True] * 3]


@by_kind
@pytest.mark.parametrize(
    ("shape", "said"),
    [((2, 3), "x has shape (2, 3)"), ((2, 0, 3), "T of 1"), ((2, 4, 5), "(B, T, 3)")],
)
def test_a_wrong_input_is_named(kind, shape, said):
    ours, _ = pair(kind, 3, 4)
    with pytest.raises(Exception) as error:
        ours(torch.zeros(shape))
    # in these tests jaxtyping may speak first; without it the module itself does
    assert type(error.value).__name__ in ("TypeCheckError", "ValueError")
    with pytest.raises(ValueError, match=r"^x has shape") as error:
        Recurrent.forward.__wrapped__(ours, torch.zeros(shape))
    assert said in str(error.value)


def test_a_wrong_state_and_a_wrong_width_are_named():
    with pytest.raises(ValueError, match=r"state has \(3, 5\), expected \(2, 5\)"):
        Recurrent(RNNCell(3, 5))(torch.zeros(2, 4, 3), torch.zeros(3, 5))
    with pytest.raises(ValueError, match="d_in=3, d_hidden=0"):
        LSTMCell(3, 0)


def test_the_language_model_scores_carries_on_and_draws():
    torch.manual_seed(0)
    model = LanguageModel(11, Recurrent(LSTMCell(4, 6)), 4, 6)
    ids = torch.randint(11, (2, 5))
    logits, _ = model(ids)
    assert logits.shape == (2, 5, 11)
    g = torch.Generator()
    drawn = model.generate(ids, 7, g.manual_seed(1))
    again = model.generate(ids, 7, g.manual_seed(1))
    assert drawn.shape == (2, 12) and (drawn == again).all()
    assert (drawn[:, :5] == ids).all()
    with pytest.raises(ValueError, match="ids from 0 to 11, in a vocabulary of 11"):
        model(torch.tensor([[0, 11]]))


def test_generate_draws_from_the_model_after_all_that_was_read():
    """Step by step with the state carried = reading the whole again each time."""
    torch.manual_seed(0)
    model = LanguageModel(5, Recurrent(RNNCell(4, 6)), 4, 6)
    ids, g = torch.tensor([[1, 2]]), torch.Generator().manual_seed(3)
    expected = ids
    for _ in range(6):
        p = model(expected)[0][:, -1].softmax(-1)
        expected = torch.cat([expected, torch.multinomial(p, 1, generator=g)], dim=1)
    drawn = model.generate(ids, 6, torch.Generator().manual_seed(3))
    assert drawn.tolist() == expected.tolist()
