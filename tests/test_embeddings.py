"""Chapter 7's vectors: the loss against its formula, and a table with two uses."""

import math
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from unmasked.embeddings import (
    SkipGram,
    TokenEmbedding,
    Vocabulary,
    context_pairs,
    keep_probability,
    nearest,
    noise_distribution,
)

SEEDS = st.integers(0, 999)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def unchecked(function):
    """The function itself, without the hook that checks shapes and types first."""
    return getattr(function, "__wrapped__", function)


# skip-gram


def skip_gram(V=7, d=5, seed=0):
    torch.manual_seed(seed)
    model = SkipGram(V, d)
    nn.init.normal_(model.outputs)
    return model


def by_formula(model, words, contexts, noise):
    """Eq. 4 by loops, in double precision."""
    v, u = model.inputs.double(), model.outputs.double()
    losses = []
    for w, c, negatives in zip(words, contexts, noise, strict=True):
        loss = -torch.sigmoid(u[c] @ v[w]).log()
        for n in negatives:
            loss = loss - torch.sigmoid(-(u[n] @ v[w])).log()
        losses.append(loss)
    return torch.stack(losses).mean().float()


@settings(deadline=None)
@given(N=st.integers(1, 5), k=st.integers(1, 4), seed=SEEDS)
def test_loss_is_eq_4(N, k, seed):
    model, g = skip_gram(seed=seed), generator(seed)
    words, contexts = torch.randint(7, (2, N), generator=g)
    noise = torch.randint(7, (N, k), generator=g)
    assert_close(
        model(words, contexts, noise), by_formula(model, words, contexts, noise)
    )


@pytest.mark.parametrize("k", [None, 5])
def test_shared_noise_is_weighted(k):
    model, g = skip_gram(), generator()
    words, contexts = torch.randint(7, (2, 3), generator=g)
    noise = torch.randint(7, (4,), generator=g)
    no_noise = -F.logsigmoid((model.inputs[words] * model.outputs[contexts]).sum(-1))
    share = (4 if k is None else k) / 4
    expected = by_formula(model, words, contexts, noise.expand(3, 4))
    expected = no_noise.mean() + share * (expected - no_noise.mean())
    assert_close(model(words, contexts, noise, k), expected)


def test_a_fresh_model_loses_what_a_coin_does():
    words = torch.tensor([0, 3])
    loss = SkipGram(7, 5)(words, words, torch.tensor([[1, 2, 4]] * 2))
    assert_close(loss, torch.tensor(4 * math.log(2)))


def test_large_scores_stay_finite():
    model = skip_gram()
    with torch.no_grad():
        model.inputs.fill_(100.0)
        model.outputs.fill_(-100.0)
    loss = model(torch.tensor([1]), torch.tensor([2]), torch.tensor([[3]]))
    loss.backward()
    assert loss > 1e4 and loss.isfinite() and model.inputs.grad.isfinite().all()


def test_only_used_rows_learn_and_in_their_own_table():
    model = skip_gram()
    model(torch.tensor([1, 1]), torch.tensor([2, 3]), torch.tensor([4, 5])).backward()
    inputs = model.inputs.grad.abs().sum(1) > 0
    outputs = model.outputs.grad.abs().sum(1) > 0
    assert inputs.nonzero().flatten().tolist() == [1]
    assert outputs.nonzero().flatten().tolist() == [2, 3, 4, 5]


def test_it_learns_who_goes_with_whom():
    """Words 2i and 2i + 1 keep the same company: contexts 2i and 2i + 1."""
    torch.manual_seed(0)
    model, g = SkipGram(8, 16), generator()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(100):
        words = torch.randint(8, (64,), generator=g)
        contexts = words // 2 * 2 + torch.randint(2, (64,), generator=g)
        optimiser.zero_grad()
        model(words, contexts, torch.randint(8, (64, 3), generator=g)).backward()
        optimiser.step()
    vectors = model.inputs.detach()
    partners = [nearest(vectors, vectors[i], 1, [i])[0] for i in range(8)]
    assert partners == [1, 0, 3, 2, 5, 4, 7, 6]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("bad", [-1, 7])
def test_skip_gram_names_a_bad_id(place, bad):
    ids = [torch.tensor([0]), torch.tensor([1]), torch.tensor([[2]])]
    ids[place] = torch.full_like(ids[place], bad)
    with pytest.raises(ValueError, match=f"id {bad} is outside a vocabulary of 7"):
        skip_gram()(*ids)


def test_skip_gram_refuses():
    with pytest.raises(ValueError, match="positive: 0, 4"):
        SkipGram(0, 4)
    with pytest.raises(ValueError, match="noise"):
        skip_gram()(torch.tensor([0]), torch.tensor([1]), torch.zeros(1, 0).long())


# its helpers


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_noise(counts):
    noise = noise_distribution(torch.tensor(counts))
    total = sum(c**0.75 for c in counts)
    assert_close(noise, torch.tensor([c**0.75 / total for c in counts]))


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=20),
    st.floats(1e-5, 1.0),
)
def test_keep(counts, threshold):
    keep = keep_probability(torch.tensor(counts), threshold)
    for c, p in zip(counts, keep.tolist(), strict=True):
        discarded = 1 - math.sqrt(threshold / (c / sum(counts)))  # Eq. 5
        assert p == pytest.approx(1 - max(discarded, 0), rel=1e-5)


def test_helpers_refuse():
    for counts in ([0, 0], [-1, 2]):
        with pytest.raises(ValueError, match="counts"):
            noise_distribution(torch.tensor(counts))
    for counts, threshold in (([0, 2], 0.1), ([1, 2], 0.0)):
        with pytest.raises(ValueError, match="at least 1"):
            keep_probability(torch.tensor(counts), threshold)
    with pytest.raises(ValueError, match="window 0"):
        context_pairs(torch.tensor([1]), torch.tensor([0]), 0, generator())
    with pytest.raises(ValueError, match="2 ids, 1 documents"):
        unchecked(context_pairs)(
            torch.tensor([1, 2]), torch.tensor([0]), 1, generator()
        )


@settings(deadline=None)
@given(
    documents=st.lists(st.integers(0, 2), max_size=12),
    window=st.integers(1, 4),
    seed=SEEDS,
)
def test_pairs_are_those_of_loops(documents, window, seed):
    n = len(documents)
    words, contexts = context_pairs(
        torch.arange(n), torch.tensor(documents).long(), window, generator(seed)
    )
    reach = torch.randint(1, window + 1, (n,), generator=generator(seed)).tolist()
    expected = {
        (i, j)
        for i in range(n)
        for j in range(n)
        if i != j and abs(i - j) <= reach[i] and documents[i] == documents[j]
    }
    found = Counter(zip(words.tolist(), contexts.tolist(), strict=True))
    assert set(found) == expected and set(found.values()) <= {1}


def test_near_neighbours_count_more():
    n = 30_000
    words, contexts = context_pairs(
        torch.arange(n), torch.zeros(n).long(), 5, generator()
    )
    counts = Counter((words - contexts).abs().tolist())
    for distance in range(1, 6):  # seen with probability (6 - distance) / 5
        share = counts[distance] / (2 * n)
        assert share == pytest.approx((6 - distance) / 5, abs=0.02)


def test_vocabulary():
    vocabulary = Vocabulary(["b", "a", "b", "c", "b", "a"], min_count=2)
    assert vocabulary.words == ["b", "a"] and len(vocabulary) == 2
    assert vocabulary.counts.tolist() == [3, 2]
    assert "a" in vocabulary and "c" not in vocabulary
    assert vocabulary.encode(["a", "b", "a"]).tolist() == [1, 0, 1]
    assert vocabulary.encode([]).dtype == torch.long
    with pytest.raises(ValueError, match="'c' is not among the 2 words"):
        vocabulary.encode(["a", "c"])
    with pytest.raises(ValueError, match="no word occurs 4 times"):
        Vocabulary(["b", "b"], min_count=4)


@settings(deadline=None)
@given(seed=SEEDS, n=st.integers(0, 5))
def test_nearest_is_by_cosine(seed, n):
    vectors = torch.randn(9, 4, generator=generator(seed))
    vectors *= torch.rand(9, 1, generator=generator(seed)) * 10 + 0.1
    query, exclude = vectors[0] + vectors[1], [0, 1]
    cosines = torch.cosine_similarity(vectors, query[None])
    order = [i for i in cosines.argsort(descending=True).tolist() if i > 1]
    assert nearest(vectors, query, n, exclude) == order[:n]


def test_nearest_refuses_more_than_there_are():
    with pytest.raises(ValueError, match="4 asked of 5 vectors, 2 excluded"):
        nearest(torch.randn(5, 2), torch.randn(2), 4, [0, 1, 1])


# the table of a Transformer


def one_hot_product(layer, ids):
    return F.one_hot(ids, len(layer.weight)).float() @ layer.weight * layer.factor


@settings(deadline=None)
@given(shape=st.lists(st.integers(0, 4), max_size=3), scale=st.booleans(), seed=SEEDS)
def test_look_up_is_a_one_hot_product(shape, scale, seed):
    torch.manual_seed(seed)
    layer = TokenEmbedding(7, 5, scale=scale)
    ids = torch.randint(7, shape, generator=generator(seed))
    grads = []
    for embed in (TokenEmbedding.__call__, one_hot_product):
        layer.zero_grad()
        x = embed(layer, ids)
        assert x.shape == (*shape, 5)
        (x**2).sum().backward()
        grads.append((x.detach(), layer.weight.grad.clone()))
    for one, other in zip(*grads, strict=True):
        assert_close(one, other)
    unused = [i not in ids for i in range(7)]
    assert not grads[0][1][unused].any()


def test_scale_and_initialisation():
    torch.manual_seed(0)
    layer = TokenEmbedding(1000, 256)
    ids = torch.arange(1000)
    x = torch.randn(500, 256)
    assert layer.weight.std().item() == pytest.approx(256**-0.5, rel=0.02)
    assert layer(ids).std().item() == pytest.approx(1, rel=0.02)
    assert layer.logits(x).std().item() == pytest.approx(1, rel=0.02)
    assert F.cross_entropy(layer.logits(x), ids[:500]) < math.log(1000) + 1
    assert_close(layer(ids), 16 * layer.weight)
    plain = TokenEmbedding(1000, 256, scale=False)
    assert torch.equal(plain(ids), plain.weight)


def test_same_seed_same_table():
    tables = []
    for scale in (True, False):
        torch.manual_seed(3)
        tables.append(TokenEmbedding(5, 4, scale=scale, pad_id=1).weight)
    assert torch.equal(*tables)


def test_logits_are_dot_products_with_the_table():
    layer = TokenEmbedding(7, 5)
    x = torch.randn(2, 3, 5)
    head = nn.Linear(5, 7, bias=False)
    head.weight = layer.weight
    assert_close(layer.logits(x), head(x))
    assert_close(layer.logits(x), torch.einsum("btd,vd->btv", x, layer.weight))
    assert sum(p.numel() for p in nn.ModuleList([layer, head]).parameters()) == 35


def test_the_gradient_is_the_sum_of_both_uses():
    torch.manual_seed(0)
    layer, ids = TokenEmbedding(7, 5), torch.tensor([[2, 5, 2]])

    def gradient(x, weight):
        layer.zero_grad()
        loss = F.cross_entropy(F.linear(x, weight)[0], ids[0])
        loss.backward()
        return layer.weight.grad.clone()

    below = gradient(layer(ids), layer.weight.detach())
    above = gradient(layer(ids).detach(), layer.weight)
    layer.zero_grad()
    F.cross_entropy(layer.logits(layer(ids))[0], ids[0]).backward()
    assert_close(layer.weight.grad, below + above)
    assert below[[2, 5]].any(dim=1).all() and not below[[0, 1, 3, 4, 6]].any()
    assert above.any(dim=1).all()


def test_padding_is_zero_and_stays_so():
    torch.manual_seed(0)
    layer, ids = TokenEmbedding(7, 5, pad_id=3), torch.tensor([[2, 3], [3, 6]])
    optimiser = torch.optim.SGD(layer.parameters(), lr=1.0)
    assert not layer(ids)[ids == 3].any() and layer(ids)[ids != 3].any(dim=-1).all()
    layer(ids).sum().backward()
    assert not layer.weight.grad[3].any()
    layer.logits(layer(ids)).sum().backward()  # as an output, padding may learn
    optimiser.step()
    assert not layer(ids)[ids == 3].any()


@pytest.mark.parametrize("bad", [-1, 7, 10**6])
def test_token_embedding_names_a_bad_id(bad):
    ids = torch.tensor([[0, 6], [bad, 3]])
    with pytest.raises(ValueError, match=f"id {bad} is outside a vocabulary of 7"):
        TokenEmbedding(7, 5)(ids)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool])
def test_token_embedding_wants_integers(dtype):
    with pytest.raises(TypeError, match=str(dtype)):
        unchecked(TokenEmbedding.forward)(TokenEmbedding(7, 5), torch.ones(2).to(dtype))


@pytest.mark.parametrize(
    "sizes, words",
    [
        ({"vocab_size": 0, "d_model": 4}, "positive: 0, 4"),
        ({"vocab_size": 4, "d_model": 0}, "positive: 4, 0"),
        ({"vocab_size": 4, "d_model": 4, "pad_id": 4}, "pad_id 4 .* of 4"),
        ({"vocab_size": 4, "d_model": 4, "pad_id": -1}, "pad_id -1 .* of 4"),
    ],
)
def test_token_embedding_refuses(sizes, words):
    with pytest.raises(ValueError, match=words):
        TokenEmbedding(**sizes)


def test_counted_without_memory():
    with torch.device("meta"):
        layer = TokenEmbedding(37_000, 512, pad_id=0)
        x = layer(torch.zeros(2, 3, dtype=torch.long))
    assert layer.weight.numel() == 37_000 * 512 and x.shape == (2, 3, 512)


def test_state_and_type_travel():
    layer, copy = TokenEmbedding(7, 5), TokenEmbedding(7, 5)
    copy.load_state_dict(layer.state_dict())
    ids = torch.tensor([1, 6])
    assert list(layer.state_dict()) == ["weight"]
    assert torch.equal(layer(ids), copy(ids))
    assert layer.to(torch.float64)(ids).dtype == torch.float64
