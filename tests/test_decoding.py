"""Chapter 12: searches against exhaustive ones, sampling in numbers, the cache."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from unmasked.decoding import (
    KVCache,
    Writer,
    beam_search,
    draw,
    filter_logits,
    generate,
    gnmt_penalty,
    greedy_decode,
    sample,
    search,
)
from unmasked.transformer import Transformer, TransformerConfig

PAD, BOS, EOS = 0, 1, 2
SEEDS = st.integers(0, 2**20)


def toy(seed, V=6, allowed=None):
    """Next-token logits drawn for each beginning afresh, the same for equal ones."""

    def next_logits(ids, parents):
        rows = []
        for row in ids.tolist():
            g = torch.Generator().manual_seed(hash((seed, *row)) % 2**40)
            rows.append(2 * torch.randn(V, generator=g))
        logits = torch.stack(rows)
        if allowed is not None:
            forbidden = [token for token in range(V) if token not in allowed]
            logits[:, forbidden] = -torch.inf
        return logits

    return next_logits


def log_prob(next_logits, start, ids):
    """The sum of the log-probabilities of ids after start."""
    total, so_far = 0.0, list(start)
    for token in ids:
        logits = next_logits(torch.tensor([so_far]), torch.tensor([0]))[0]
        total += logits.double().log_softmax(-1)[token].item()
        so_far.append(token)
    return total


def naive_beam(next_logits, start, eos, max_len, k, alpha):
    """Beam search on lists, for one text, without stopping early."""
    live, ended = [()], []
    for length in range(1, max_len + 1):
        V = next_logits(torch.tensor([start]), torch.tensor([0])).shape[1]
        ways = [(*ids, token) for ids in live for token in range(V)]
        ways.sort(key=lambda ids: -log_prob(next_logits, start, ids))
        kept = ways[:k]
        over = [ids for ids in kept if ids[-1] == eos or length == max_len]
        ended += over
        live = [ids for ids in kept if ids not in over]
    scored = [
        (log_prob(next_logits, start, ids) / gnmt_penalty(len(ids), alpha), ids)
        for ids in ended
    ]
    return sorted(scored, reverse=True)


def everything(tokens, eos, max_len):
    """All texts of at most max_len tokens; what reaches max_len may lack the end."""
    rest = [token for token in tokens if token != eos]
    for length in range(1, max_len + 1):
        for ids in itertools.product(rest, repeat=length - 1):
            yield (*ids, eos)
    yield from itertools.product(rest, repeat=max_len)


def likeliest(logits):
    return logits.argmax(dim=-1)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(0, 2))
def test_a_beam_of_one_is_greedy(seed, alpha):
    model, start = toy(seed), torch.tensor([[3], [4], [5], [3]])
    greedy = generate(model, start, EOS, 7, likeliest)
    beams = search(model, start, EOS, 7, beam_size=1, length_penalty=alpha)
    assert [list(h.ids) for (h,) in beams] == greedy


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 5), st.sampled_from([0.0, 0.6, 1.5]))
def test_the_beam_is_the_one_that_lists_give(seed, k, alpha):
    model, starts = toy(seed, V=5), [[3, 4], [4, 4], [1, 3]]
    found = search(model, torch.tensor(starts), EOS, 4, k, alpha, n_best=k)
    for start, hypotheses in zip(starts, found, strict=True):
        expected = naive_beam(model, start, EOS, 4, k, alpha)[:k]
        assert [h.ids for h in hypotheses] == [ids for _, ids in expected]
        for h, (score, ids) in zip(hypotheses, expected, strict=True):
            assert h.score == pytest.approx(score)
            assert h.log_prob == pytest.approx(log_prob(model, start, ids))


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_as_wide_as_the_tree_is_exhaustive(seed, alpha):
    tokens = (EOS, 7, 9)
    model = toy(seed, V=40, allowed=tokens)
    found = search(model, torch.tensor([[3]]), EOS, 4, 40, alpha, n_best=40)[0]
    scores = {
        ids: log_prob(model, [3], ids) / gnmt_penalty(len(ids), alpha)
        for ids in everything(tokens, EOS, 4)
    }
    assert {h.ids for h in found} == set(scores) and len(found) == len(scores)
    assert found[0].ids == max(scores, key=scores.__getitem__)
    total = sum(math.exp(h.log_prob) for h in found)
    assert total == pytest.approx(1)  # every text is there once


def garden(ids, parents):
    """6 tokens; the likeliest first word leads to a crossroads, the other to a road."""
    logits = torch.full((len(ids), 6), -torch.inf)
    for n, row in enumerate(ids.tolist()):
        shares = {
            (1,): {3: 0.6, 4: 0.4},
            (1, 3): {3: 0.35, 4: 0.33, 5: 0.32},
            (1, 4): {5: 1.0},
        }.get(tuple(row), {EOS: 1.0})
        for token, share in shares.items():
            logits[n, token] = math.log(share)
    return logits


def test_beam_finds_the_best_path_where_greedy_does_not():
    start = torch.tensor([[1]])
    assert generate(garden, start, EOS, 5, likeliest) == [[3, 3, EOS]]
    best = search(garden, start, EOS, 5, beam_size=2, length_penalty=0.0)[0][0]
    assert best.ids == (4, 5, EOS) and best.log_prob == pytest.approx(math.log(0.4))
    everything_else = [log_prob(garden, [1], ids) for ids in ([3, 3, 2], [3, 4, 2])]
    assert best.log_prob > max(everything_else)


def test_probability_zero_is_never_written():
    found = search(garden, torch.tensor([[1]]), EOS, 5, beam_size=6, n_best=6)[0]
    assert {h.ids for h in found} == {(4, 5, 2), (3, 3, 2), (3, 4, 2), (3, 5, 2)}


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 6), st.integers(1, 8), st.floats(0, 2))
def test_n_best_is_sorted_distinct_and_ends_once(seed, k, max_len, alpha):
    start = torch.tensor([[3], [4], [5]])
    for found in search(toy(seed), start, EOS, max_len, k, alpha, n_best=k):
        scores = [h.score for h in found]
        assert scores == sorted(scores, reverse=True)
        assert len({h.ids for h in found}) == len(found) >= 1
        for h in found:
            assert len(h.ids) <= max_len and EOS not in h.ids[:-1]
            assert h.ids[-1] == EOS or len(h.ids) == max_len
            penalty = gnmt_penalty(len(h.ids), alpha)
            assert h.score == pytest.approx(h.log_prob / penalty)


def test_texts_do_not_disturb_each_other():
    starts = [[3], [4], [5], [1]]
    together = search(toy(5), torch.tensor(starts), EOS, 9, 4, n_best=3)
    alone = [search(toy(5), torch.tensor([s]), EOS, 9, 4, n_best=3)[0] for s in starts]
    assert together == alone


def test_a_higher_alpha_takes_longer_texts():
    lengths = {
        alpha: sum(
            len(search(toy(seed), torch.tensor([[3]]), EOS, 12, 4, alpha)[0][0].ids)
            for seed in range(30)
        )
        for alpha in (0.0, 1.0, 3.0)
    }
    assert lengths[0.0] < lengths[1.0] < lengths[3.0]


def test_ended_rows_cost_nothing_and_never_change():
    """Text n ends after n + 1 tokens: the model is asked about the others only."""
    asked = []

    def next_logits(ids, parents):
        asked.append(ids[:, 0].tolist())
        logits = torch.zeros(len(ids), 9)
        over = ids.shape[1] >= ids[:, 0] - 2
        logits[range(len(ids)), torch.where(over, EOS, 7)] = 5.0
        return logits

    start = torch.tensor([[5], [3], [4], [3]])
    written = generate(next_logits, start, EOS, 9, likeliest)
    assert written == [[7, 7, 2], [2], [7, 2], [2]]
    assert asked == [[5, 3, 4, 3], [5, 4], [5]]


@pytest.mark.parametrize("max_len", [1, 2, 5])
def test_max_len_is_respected(max_len):
    def never(ids, parents):
        return torch.tensor([[0.0, 0, -50, 1, 2]]).expand(len(ids), 5)

    start = torch.tensor([[1], [3]])
    assert generate(never, start, EOS, max_len, likeliest) == [[4] * max_len] * 2
    for found in search(never, start, EOS, max_len, 3, n_best=2):
        assert all(len(h.ids) == max_len for h in found)


LOGITS = st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=9)


@settings(max_examples=60, deadline=None)
@given(LOGITS, st.floats(0.1, 5), st.data())
def test_filters_keep_the_right_tokens(values, temperature, data):
    logits = torch.tensor(values)
    k = data.draw(st.integers(1, len(values)))
    p = data.draw(st.floats(0.01, 1.0))
    shares = (logits / temperature).softmax(-1)
    kept = filter_logits(logits, temperature, top_k=k)
    assert kept.isfinite().sum() == k
    assert kept.softmax(-1).sum().item() == pytest.approx(1, abs=1e-5)
    if k < len(values):
        assert shares[kept.isfinite()].min() >= shares[kept.isinf()].max()
    nucleus = filter_logits(logits, temperature, top_p=p)
    assert nucleus.softmax(-1).sum().item() == pytest.approx(1, abs=1e-5)
    inside = shares[nucleus.isfinite()].sort(descending=True).values
    assert inside.sum() >= p - 1e-5  # it reaches p …
    assert inside[:-1].sum() < p + 1e-5  # … and with one token less it would not
    ratio = nucleus.softmax(-1)[nucleus.isfinite()] / shares[nucleus.isfinite()]
    assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("shares", "p", "kept"),
    [
        ([0.50, 0.41, 0.09], 0.9, [0, 1]),
        ([0.05, 0.95], 0.9, [1]),
        ([0.2, 0.5, 0.3], 0.5, [1]),
        ([0.2, 0.5, 0.3], 0.51, [1, 2]),
        ([0.25, 0.25, 0.25, 0.25], 0.5, [0, 1]),
        ([0.2, 0.5, 0.3], 1.0, [0, 1, 2]),
    ],
)
def test_top_p_keeps_the_token_that_crosses(shares, p, kept):
    filtered = filter_logits(torch.tensor(shares, dtype=torch.float64).log(), top_p=p)
    assert filtered.isfinite().nonzero()[:, 0].tolist() == kept


def test_filter_limits():
    logits = torch.tensor([[1.0, 3.0, 3.0, 2.0], [0.0, -1.0, -2.0, -3.0]])
    assert torch.equal(filter_logits(logits), logits)
    assert torch.equal(filter_logits(logits, top_p=1.0, top_k=4), logits)
    cold = filter_logits(logits, temperature=0.0).softmax(-1)
    assert cold.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]  # of equal ones the first
    ties = filter_logits(torch.zeros(5), top_k=2)
    assert ties.isfinite().tolist() == [True, True, False, False, False]
    hot = filter_logits(logits, temperature=1e6).softmax(-1)
    assert_close(hot, torch.full((2, 4), 0.25), rtol=0, atol=1e-4)
    untouched = logits.clone()
    filter_logits(logits, 0.5, 2, 0.5)
    assert torch.equal(logits, untouched)


def test_drawn_frequencies_are_the_probabilities():
    g, n = torch.Generator().manual_seed(0), 40_000
    logits = torch.tensor([1.0, -1.0, 0.5, 2.0, -3.0, 0.0])
    for options in ({}, {"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.8}):
        filtered = filter_logits(logits, **options)
        share = filtered.softmax(-1)
        seen = draw(filtered.expand(n, 6), g).bincount(minlength=6) / n
        sigma = (share * (1 - share) / n).sqrt()
        assert ((seen - share).abs() <= 5 * sigma).all(), options
        assert (seen[share == 0] == 0).all()


SIZES = [
    TransformerConfig(
        19, 17, 16, 4, 2, 32, max_len=24, dropout=0.3, norm=norm, tie_embeddings=False
    )
    for norm in ("post", "pre")
]


def writing_model(config, seed=0):
    """A model with random weights that are large enough for lively answers."""
    torch.manual_seed(seed)
    model = Transformer(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.copy_(2 * torch.randn(weight.shape) / weight.shape[1] ** 0.5)
    return model


@pytest.fixture(params=SIZES, ids=["post", "pre"])
def model(request):
    return writing_model(request.param)


def sources(B=5, S=6):
    src = torch.randint(3, 19, (B, S), generator=torch.Generator().manual_seed(3))
    for n in range(B):
        src[n, 2 + n :] = PAD
    return src


@torch.no_grad()
def test_cached_logits_are_the_full_ones_at_every_step(model):
    """Also while rows end, change places and are repeated."""
    src, g = sources(), torch.Generator().manual_seed(1)
    ids, rows = torch.full((5, 1), BOS), torch.arange(5)
    writer, where = Writer(model, src), torch.arange(5)
    moves = {3: [0, 2, 3, 4], 6: [3, 3, 0, 1], 9: [2, 1, 1], 12: [0, 2]}
    for step in range(20):
        logits = writer(ids, rows)
        full = model(src[where], ids)[:, -1]
        full[:, PAD] = -torch.inf
        assert_close(logits, full, rtol=0, atol=1e-5)
        new = torch.randint(3, 17, (len(ids), 1), generator=g)
        ids = torch.cat([ids, new], dim=1)
        rows = torch.tensor(moves.get(step, list(range(len(ids)))))
        ids, where = ids[rows], where[rows]
    assert writer.cache.length == 20 and len(ids) == 2


@torch.no_grad()
def test_a_cache_may_be_filled_with_many_tokens_at_once(model):
    src, g = sources(), torch.Generator().manual_seed(2)
    tgt = torch.randint(3, 17, (5, 11), generator=g)
    memory, mask = model.encode(src), (src != PAD)[:, None, None]
    cache = KVCache(2)
    parts = [
        model.decode(part, memory, mask, cache) for part in tgt.split([4, 1, 5, 1], 1)
    ]
    assert cache.length == 11
    full = model.decode(tgt, memory, mask)
    assert_close(torch.cat(parts, dim=1), full, rtol=0, atol=1e-5)


def test_with_and_without_cache_the_same_words(model):
    src = sources()
    written = greedy_decode(model, src, BOS, EOS, 24)
    assert written == greedy_decode(model, src, BOS, EOS, 24, use_cache=False)
    for n, ids in enumerate(written):
        alone = src[n : n + 1, : 2 + n]
        assert greedy_decode(model, alone, BOS, EOS, 24) == [ids]
        assert PAD not in ids and EOS not in ids[:-1]


def test_rows_that_end_at_different_steps():
    lengths = {
        tuple(
            map(len, greedy_decode(writing_model(SIZES[1], seed), sources(), 1, 2, 24))
        )
        for seed in range(8)
    }
    assert any(len(set(each)) > 2 for each in lengths), lengths


def test_beam_of_one_is_greedy_in_the_model_too(model):
    src = sources()
    greedy = greedy_decode(model, src, BOS, EOS, 15)
    beams = beam_search(model, src, BOS, EOS, 15, beam_size=1)
    assert [list(h.ids) for (h,) in beams] == greedy


def test_beams_with_the_cache_are_those_without(model):
    src = sources()
    found = beam_search(model, src, BOS, EOS, 15, beam_size=5, n_best=3)
    with torch.no_grad():
        plain = Writer(model, src, use_cache=False)
        expected = search(plain, torch.full((5, 1), BOS), EOS, 15, 5, n_best=3)
    for one, other in zip(found, expected, strict=True):
        assert [h.ids for h in one] == [h.ids for h in other]
        for a, b in zip(one, other, strict=True):
            assert a.log_prob == pytest.approx(b.log_prob, abs=1e-4)


def test_log_prob_is_the_models(model):
    src = sources()
    for n, (best,) in enumerate(beam_search(model, src, BOS, EOS, 10, beam_size=3)):
        tgt = torch.tensor([[BOS, *best.ids[:-1]]])
        with torch.no_grad():
            logits = model(src[n : n + 1], tgt)[0].double()
        logits[:, PAD] = -torch.inf
        each = logits.log_softmax(-1)[range(len(best.ids)), list(best.ids)]
        assert best.log_prob == pytest.approx(each.sum().item(), abs=1e-4)


def test_sampling_repeats_with_its_seed_and_cools_to_greedy(model):
    src = sources()

    def one(seed, **options):
        g = torch.Generator().manual_seed(seed)
        return sample(model, src, BOS, EOS, 12, g, **options)

    assert one(0) == one(0) != one(1)
    greedy = greedy_decode(model, src, BOS, EOS, 12)
    assert one(0, temperature=0.0) == one(1, top_k=1) == one(2, top_p=1e-6) == greedy


def test_sampled_first_words_follow_the_models_distribution(model):
    src, n = sources(1, 4), 8000
    with torch.no_grad():
        logits = Writer(model, src)(torch.tensor([[BOS]]), torch.tensor([0]))
    share = filter_logits(logits, 1.5, top_k=6).softmax(-1)[0]
    g = torch.Generator().manual_seed(0)
    drawn = sample(model, src.expand(n, 4), BOS, EOS, 1, g, temperature=1.5, top_k=6)
    seen = torch.tensor(drawn)[:, 0].bincount(minlength=17) / n
    assert ((seen - share).abs() <= 5 * (share * (1 - share) / n).sqrt()).all()


def test_dropout_is_off_while_it_writes_and_on_again_afterwards(model):
    expected = greedy_decode(model, sources(), BOS, EOS, 12)
    model.train()
    assert greedy_decode(model, sources(), BOS, EOS, 12) == expected
    assert model.training
    with pytest.raises(ValueError):
        greedy_decode(model, torch.zeros(1, 3, dtype=torch.long), BOS, EOS, 5)
    assert model.training


def test_the_source_is_read_once(model, monkeypatch):
    calls = []
    encode = model.encode
    monkeypatch.setattr(model, "encode", lambda src: calls.append(1) or encode(src))
    beam_search(model, sources(), BOS, EOS, 12)
    assert len(calls) == 1


def test_two_searches_share_nothing(model):
    first = greedy_decode(model, sources(), BOS, EOS, 9)
    greedy_decode(model, sources().flip(0), BOS, EOS, 9)
    assert greedy_decode(model, sources(), BOS, EOS, 9) == first


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"beam_size": 18}, "beam_size 18 .* 17"),
        ({"beam_size": 0}, "beam_size: 1, 0"),
        ({"beam_size": 2, "n_best": 3}, "beam_size: 3, 2"),
        ({"length_penalty": -1.0}, "-1.0"),
        ({"max_len": 25}, "25 .* 24"),
        ({"max_len": 0}, "0"),
        ({"eos_id": 17}, "eos_id 17 .* 17"),
        ({"bos_id": -1}, "bos_id -1"),
        ({"eos_id": PAD}, "padding"),
        ({"src": torch.tensor([[4, 5], [0, 0]])}, "source 1 of 2 is empty"),
        ({"src": torch.zeros(2, 0, dtype=torch.long)}, r"\(2, 0\)"),
    ],
)
def test_errors_at_the_door_of_beam_search(options, said):
    model = writing_model(SIZES[1])
    given = {"src": sources(), "bos_id": BOS, "eos_id": EOS, "max_len": 5} | options
    with pytest.raises(ValueError, match=said):
        # beartype would stop the wrong shape before the message that readers get
        getattr(beam_search, "__wrapped__", beam_search)(model, **given)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -0.1},
        {"top_k": 0},
        {"top_k": 7},
        {"top_p": 0.0},
        {"top_p": 1.01},
        {"top_p": -0.5},
    ],
)
def test_errors_at_the_door_of_the_filters(options):
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        filter_logits(torch.zeros(2, 6), **options)


def test_other_errors():
    with pytest.raises(ValueError, match="NaN"):
        filter_logits(torch.tensor([1.0, math.nan]))
    with pytest.raises(ValueError, match="n_layers"):
        KVCache(0)
    with pytest.raises(ValueError, match="larger than the vocabulary"):
        search(toy(0), torch.tensor([[3]]), EOS, 3, beam_size=7)
    with pytest.raises(ValueError, match=r"\(0, 1\)"):
        generate(toy(0), torch.zeros(0, 1, dtype=torch.long), EOS, 3, likeliest)
    cache = KVCache(1)
    own, _ = cache.layers[0]
    own.update(torch.zeros(2, 3, 1, 4), torch.zeros(2, 3, 1, 4))
    with pytest.raises(ValueError, match="3 rows for a cache of 2"):
        own.update(torch.zeros(3, 3, 1, 4), torch.zeros(3, 3, 1, 4))


def test_select_may_come_before_the_first_token():
    cache = KVCache(2)
    cache.select(torch.tensor([0, 0, 1]))
    assert cache.length == 0
