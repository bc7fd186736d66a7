"""Chapter 5's masks, and a tester for leaks that is itself tested."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.attention import attention_weights
from unmasked.masking import (
    assert_causal,
    causal_mask,
    combine,
    influence,
    padding_mask,
)
from unmasked.multihead import MultiHeadAttention, merge_heads, split_heads

SIZES = st.integers(1, 7)
V, T = 11, 6


def fill(scores, mask):
    return scores.masked_fill(~mask, -torch.inf).softmax(-1)


SOUND = {
    "filled": fill,
    "smallest": lambda s, m: s.masked_fill(~m, torch.finfo(s.dtype).min).softmax(-1),
    "added": lambda s, m: (s + torch.zeros(m.shape).masked_fill(~m, -1e9)).softmax(-1),
    "late, renormalised": lambda s, m: F.normalize(s.softmax(-1) * m, p=1, dim=-1),
    "sees itself only": lambda s, m: fill(s, torch.eye(T, dtype=torch.bool)),
}
LEAKS = {
    "after the softmax": lambda s, m: s.softmax(-1) * m,
    "filled with 0": lambda s, m: s.masked_fill(~m, 0.0).softmax(-1),
    "filled with 1e-10": lambda s, m: s.masked_fill(~m, 1e-10).softmax(-1),
    "boolean added": lambda s, m: (s + ~m).softmax(-1),
    "not assigned": lambda s, m: (s.masked_fill(~m, -torch.inf), s.softmax(-1))[1],
    "flipped": lambda s, m: fill(s, m.mT),
    "one too far": lambda s, m: fill(s, torch.ones_like(m).tril(1)),
    "combined by or": lambda s, m: fill(s, m | torch.arange(T).ne(0)),
    "over the queries": lambda s, m: s.masked_fill(~m, -torch.inf).softmax(-2),
    "no mask": lambda s, m: s.softmax(-1),
}


class Planted(MultiHeadAttention):
    """Self-attention whose weights are computed from scores and mask as it is told."""

    def __init__(self, weigh, n_layers=1):
        super().__init__(16, 2)
        self.weigh, self.n_layers = weigh, n_layers
        self.tokens = nn.Embedding(V, 16)

    def forward(self, x):
        x = x if x.is_floating_point() else self.tokens(x)
        for _ in range(self.n_layers):
            q, k, v = (split_heads(p, 2) for p in self.qkv(x).chunk(3, dim=-1))
            scores = q @ k.mT / math.sqrt(q.shape[-1])
            heads = self.weigh(scores, causal_mask(x.shape[1])) @ v
            x = x + self.out(merge_heads(heads))
        return x


def planted(weigh, seed=0, n_layers=1):
    torch.manual_seed(seed)
    return Planted(weigh, n_layers).eval()


def inputs(kind, seed=0):
    g = torch.Generator().manual_seed(seed)
    if kind == "ids":
        return torch.randint(V, (3, T), generator=g), V
    return torch.randn(3, T, 16, generator=g), None


kinds = pytest.mark.parametrize("kind", ["ids", "vectors"])


# the masks


@given(B=SIZES, S=SIZES, pad=st.integers(0, 3), seed=st.integers(0, 99))
def test_padding_mask_is_false_at_pads_alone(B, S, pad, seed):
    ids = torch.randint(4, (B, S), generator=torch.Generator().manual_seed(seed))
    mask = padding_mask(ids, pad)
    assert mask.shape == (B, 1, 1, S) and mask.dtype == torch.bool
    assert torch.equal(mask[:, 0, 0], ids != pad)


@given(T=SIZES, more=st.integers(0, 5))
def test_causal_mask_is_the_end_of_the_square(T, more):
    S = T + more
    mask = causal_mask(T, S)
    assert mask.shape == (T, S) and mask.dtype == torch.bool
    for i in range(T):
        for j in range(S):
            assert bool(mask[i, j]) == (j <= i + more)
    assert torch.equal(mask, causal_mask(S)[-T:])


def test_causal_mask_defaults_to_a_square_on_the_device():
    assert torch.equal(causal_mask(4), causal_mask(4, 4))
    assert causal_mask(2, device="meta").device.type == "meta"


@given(B=SIZES, T=SIZES, seed=st.integers(0, 99))
def test_combine_is_and_in_any_order(B, T, seed):
    ids = torch.randint(3, (B, T), generator=torch.Generator().manual_seed(seed))
    pad, causal = padding_mask(ids, 0), causal_mask(T)
    both = combine(pad, None, causal)
    assert both is not None and both.shape == (B, 1, T, T)
    assert torch.equal(both, pad & causal)
    assert torch.equal(both, combine(causal, pad, both))


def test_combine_of_nothing_and_of_one():
    mask = causal_mask(3)
    assert combine() is None and combine(None, None) is None
    assert torch.equal(combine(None, mask), mask)


def test_combine_leaves_its_arguments_alone():
    pad, causal = torch.ones(2, 1, 1, 3, dtype=torch.bool), causal_mask(3)
    combine(pad, causal)[:] = False
    assert pad.all() and torch.equal(causal, causal_mask(3))


@settings(max_examples=30, deadline=None)
@given(pads=st.integers(1, 4), n=st.integers(1, 4), left=st.booleans())
def test_padding_changes_nothing(pads, n, left):
    torch.manual_seed(0)
    layer, table = MultiHeadAttention(16, 2).eval(), nn.Embedding(V, 16)
    words = torch.arange(1, n + 1)[None]
    padded = F.pad(words, (pads, 0) if left else (0, pads))

    def answer(ids, weights):
        x = table(ids)
        mask = combine(padding_mask(ids, 0), causal_mask(ids.shape[1]))
        return layer(x, x, x, mask, need_weights=weights)[0]

    start = pads if left else 0
    for weights in (False, True):
        got = answer(padded, weights)
        assert not got.isnan().any()
        assert_close(got[:, start : start + n], answer(words, weights))


@pytest.mark.parametrize(
    "ids, error, words",
    [
        (torch.zeros(3, dtype=torch.long), ValueError, r"\(3,\)"),
        (torch.zeros(2, 3, 4, dtype=torch.long), ValueError, r"\(2, 3, 4\)"),
        (torch.zeros(2, 3), TypeError, "float32"),
        (torch.zeros(2, 3, dtype=torch.bool), TypeError, "bool"),
    ],
)
def test_padding_mask_refuses(ids, error, words):
    with pytest.raises(error, match=words):
        getattr(padding_mask, "__wrapped__", padding_mask)(ids, 0)


@pytest.mark.parametrize("sizes", [(0,), (-1,), (3, 2), (1, 0)])
def test_causal_mask_refuses(sizes):
    with pytest.raises(ValueError, match="1 <= T <= S"):
        causal_mask(*sizes)


def test_combine_refuses():
    with pytest.raises(TypeError, match="float32"):
        getattr(combine, "__wrapped__", combine)(causal_mask(3), torch.zeros(3, 3))
    with pytest.raises(ValueError, match=r"\(3, 3\) and \(4, 4\)"):
        combine(causal_mask(3), causal_mask(4))


# the tester


@kinds
@pytest.mark.parametrize("name", SOUND)
def test_sound_models_pass(name, kind):
    # dividing out the denominator leaves a rounding error; filling leaves nothing
    atol = 1e-5 if name == "late, renormalised" else 0.0
    assert_causal(planted(SOUND[name], n_layers=2), *inputs(kind), atol=atol)


@kinds
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LEAKS)
def test_planted_leaks_are_caught(name, seed, kind):
    with pytest.raises(AssertionError, match=r"output \d moves by .* input \d"):
        assert_causal(planted(LEAKS[name], seed), *inputs(kind, seed))


@kinds
def test_the_last_layer_attention_passes(kind):
    def model(x):
        x = x if x.is_floating_point() else F.one_hot(x, 16).float()
        return attention_weights(x, x, causal_mask(T)) @ x

    assert_causal(model, *inputs(kind))
    moved = influence(model, *inputs(kind))
    assert (moved.tril() > 0).sum() == T * (T + 1) // 2


@kinds
@given(shift=st.integers(0, T - 1))
@settings(max_examples=6, deadline=None)
def test_influence_names_the_dependence(kind, shift):
    """Output t is input t + shift, and nothing else."""
    moved = influence(lambda x: x.roll(-shift, 1).float(), *inputs(kind))
    assert torch.equal(moved > 0, torch.eye(T).roll(shift, 1) > 0)


def test_two_ids_are_enough():
    ids = torch.randint(2, (2, T), generator=torch.Generator().manual_seed(0))
    assert torch.equal(influence(lambda x: x, ids, 2), torch.eye(T).double())


def test_outputs_of_another_length_are_measured_but_not_judged():
    ids, V = inputs("ids")
    assert influence(lambda x: x[:, :2], ids, V).shape == (2, T)
    with pytest.raises(ValueError, match="6 input positions, and 2 outputs"):
        assert_causal(lambda x: x[:, :2], ids, V)


def test_a_layer_norm_hides_nothing():
    """Adding one number to all features would leave no trace behind the norm."""
    norm = nn.LayerNorm(16)
    x, _ = inputs("vectors")
    with pytest.raises(AssertionError):
        assert_causal(lambda x: norm(x).flip(1), x)


def test_saturation_hides_nothing():
    """One key wins by far: small changes are lost, a large one is not."""
    x, _ = inputs("vectors")

    def model(x):
        return ((1e3 * x @ x.mT).softmax(-1) > 0.5).float()

    with pytest.raises(AssertionError):
        assert_causal(model, x)


def test_nan_after_a_replacement_is_a_leak():
    ids, V = inputs("ids")

    def model(x):
        out = x.double()
        out[:, 0] = torch.where(x[:, 4] == ids[:, 4], out[:, 0], torch.nan)
        return out

    assert influence(model, ids, V)[0, 4] == torch.inf
    with pytest.raises(AssertionError, match="output 0 moves by inf when input 4"):
        assert_causal(model, ids, V)


def test_infinite_outputs_that_stay_are_no_leak():
    def model(x):
        return torch.stack([x.float(), torch.full(x.shape, -torch.inf)], dim=-1)

    assert_causal(model, *inputs("ids"))


def test_a_decrease_counts():
    assert influence(lambda x: -x, *inputs("ids"))[0, 0] > 0


def test_inputs_and_gradients_are_left_alone():
    model, (x, _) = planted(fill), inputs("vectors")
    kept = x.clone()
    influence(lambda x: model(x.mul_(2.0)), x)
    assert torch.equal(x, kept) and model.qkv.weight.grad is None


@pytest.mark.parametrize(
    "model, x, size, error, words",
    [
        (nn.Identity(), torch.zeros(2, 3, dtype=torch.long), None, ValueError, "vocab"),
        (nn.Identity(), torch.zeros(2, 3, dtype=torch.long), 1, ValueError, "vocab"),
        (nn.Identity(), torch.full((2, 3), 5), 5, ValueError, "from 5 to 5"),
        (nn.Identity(), torch.zeros(2, 3, dtype=torch.bool), 2, TypeError, "boolean"),
        (nn.Identity(), torch.zeros(3), None, ValueError, r"\(3,\)"),
        (nn.Identity(), torch.full((2, 3, 4), torch.nan), None, ValueError, "NaN"),
        (
            lambda x: x * torch.nan,
            torch.ones(2, 3, 4),
            None,
            ValueError,
            "output holds",
        ),
        (lambda x: (x, x), torch.ones(2, 3, 4), None, TypeError, "tuple"),
        (lambda x: x.sum(), torch.ones(2, 3, 4), None, ValueError, r"\(\)"),
        (nn.Dropout(0.5).train(), torch.ones(2, 3, 4), None, ValueError, "eval"),
    ],
)
def test_influence_refuses(model, x, size, error, words):
    with pytest.raises(error, match=words):
        getattr(influence, "__wrapped__", influence)(model, x, size)
