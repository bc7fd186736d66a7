"""GPT: equal to published code, causal, exact with its cache, clear about mistakes."""

import hashlib
import tomllib
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from jaxtyping import TypeCheckError
from safetensors.torch import load_file
from torch import nn
from torch.testing import assert_close

from classroom.corpora import docs
from classroom.results import results, results_folder
from unmasked import gpt as module
from unmasked.gpt import GPT, GPTConfig, continue_text, next_token_loss
from unmasked.masking import assert_causal
from unmasked.tokenization import BPETokenizer

ROOT = Path(__file__).parents[1]
NAMES = {
    "transformer.": "", "tokens_embed": "tokens", "positions_embed": "positions",
    "wte": "tokens", "wpe": "positions", "h.": "layers.",
    "attn.c_attn": "attention.qkv", "attn.c_proj": "attention.out",
    "mlp.c_fc": "feed_forward.up", "mlp.c_proj": "feed_forward.down",
    "ln_f": "final", "ln_": "norm",
}  # fmt: skip
KINDS = [("post", True, True), ("pre", True, True), ("pre", False, False)]


def wide(norm="post", bias=True, tied=True, seed=0, **more) -> GPT:
    """A small model whose weights are large, so that nothing hides."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": 37, "max_len": 24, "d_model": 32, "n_heads": 4}
    config = GPTConfig(
        **sizes | {"n_layers": 3, "bias": bias, "tie_embeddings": tied} | more,
        norm=norm,
    )
    model = GPT(config).eval()
    for weight in model.parameters():
        weight.data += 0.2 * torch.randn(weight.shape)
    return model


def ids_of(B=3, T=6, V=37, seed=1):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_equal_to_transformers_in_logits_and_tokens(norm):
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        OpenAIGPTConfig,
        OpenAIGPTLMHeadModel,
    )

    sizes = {"vocab_size": 37, "n_positions": 24, "n_embd": 32, "n_layer": 3}
    sizes |= {"n_head": 4, "bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
    theirs = (
        OpenAIGPTLMHeadModel(OpenAIGPTConfig(**sizes))
        if norm == "post"
        else GPT2LMHeadModel(GPT2Config(**sizes))
    ).eval()
    torch.manual_seed(0)
    for weight in theirs.parameters():
        weight.data += 0.2 * torch.randn(weight.shape)
    weights = {}
    for name, weight in theirs.state_dict().items():
        if not name.startswith("lm_head"):
            turned = weight.T if "c_" in name and weight.dim() == 2 else weight
            for old, new in NAMES.items():
                name = name.replace(old, new)
            weights[name] = turned
    ours = wide(norm)
    ours.load_state_dict(weights)  # every name, nothing more
    ids = ids_of()
    with torch.no_grad():
        assert_close(ours(ids), theirs(ids).logits, rtol=0, atol=2e-5)
    everything = torch.ones_like(ids)  # 0 is no padding here
    written = theirs.generate(
        ids, attention_mask=everything, max_new_tokens=18, do_sample=False
    )
    assert torch.equal(ours.generate(ids, 18, greedy=True), written)
    assert len(written[:, 6:].unique()) > 3


@pytest.mark.parametrize(
    ("config", "number"),
    [
        (GPTConfig(40_478, 512, 768, 12, 12), 116_534_784),
        (GPTConfig(50_257, 1024, 768, 12, 12, norm="pre"), 124_439_808),
        (GPTConfig(50_257, 1024, 1600, 25, 48, norm="pre"), 1_557_611_200),
    ],
)
def test_parameters_of_published_models(config, number):
    with torch.device("meta"):
        model = GPT(config)
    assert sum(p.numel() for p in model.parameters()) == number


@pytest.mark.parametrize(("norm", "bias", "tied"), KINDS)
def test_causal_and_one_pass_is_all_passes(norm, bias, tied):
    model, ids = wide(norm, bias, tied), ids_of()
    assert_causal(model, ids, vocab_size=37, atol=1e-5)
    with torch.no_grad():
        rows = [model(ids[:, : t + 1])[:, -1] for t in range(ids.shape[1])]
        assert_close(model(ids), torch.stack(rows, dim=1), rtol=0, atol=2e-5)


@pytest.mark.parametrize(("norm", "bias", "tied"), KINDS)
@pytest.mark.parametrize("B", [1, 3])
def test_cached_logits_are_the_full_ones_at_every_step(norm, bias, tied, B):
    model, ids = wide(norm, bias, tied), ids_of(B, 4)
    assert module._is_plain(model)
    quick, full = module._reader(model, True), module._reader(model, False)
    for n in range(20):
        with torch.no_grad():
            assert_close(quick(ids), full(ids), rtol=0, atol=2e-5)
        ids = torch.cat([ids, ids_of(B, 1, seed=100 + n)], dim=1)


def test_the_comparison_above_finds_a_lost_position(monkeypatch):
    step = module._step

    def lost(model, ids, cache):
        model.positions.weight.data = model.positions.weight.roll(1, 0)
        return step(model, ids, cache)

    monkeypatch.setattr(module, "_step", lost)
    model, ids = wide(), ids_of(1, 4)
    right = [wide().hidden(ids_of(1, 4))[:, -1]]
    quick = module._reader(model, True)
    assert_close(quick(ids), right[0])  # the prompt alone does not show it
    ids = torch.cat([ids, ids[:, :1]], dim=1)
    assert (quick(ids) - wide().hidden(ids)[:, -1]).abs().max() > 0.01


def test_what_was_replaced_or_is_watched_is_used_in_writing():
    ids, seen = ids_of(1, 4), []
    model = wide()
    hook = model.layers[1].attention.out.register_forward_hook(
        lambda *_: seen.append(1)
    )
    assert not module._is_plain(model)
    model.generate(ids, 5, greedy=True)
    assert len(seen) == 5
    hook.remove()
    assert module._is_plain(model)

    class Shifted(nn.Linear):
        def forward(self, input):
            return super().forward(input) + 3.0

    other = Shifted(128, 32)
    other.load_state_dict(model.layers[2].feed_forward.down.state_dict())
    model.layers[2].feed_forward.down = other
    for kept in (True, False):
        new = model.generate(ids, 12, greedy=True, use_cache=kept)
        ids_by_hand = ids
        for _ in range(12):
            best = model(ids_by_hand)[:, -1].argmax(-1, keepdim=True)
            ids_by_hand = torch.cat([ids_by_hand, best], dim=1)
        assert torch.equal(new, ids_by_hand)


def test_writing_keeps_the_mode_and_gives_ordinary_tensors():
    model = wide(dropout=0.5).train()
    written = [model.generate(ids_of(), 10, greedy=True) for _ in range(2)]
    assert torch.equal(*written) and model.training
    assert not written[0].is_inference()
    next_token_loss(model(written[0]), written[0])[0].backward()  # may be trained on
    with pytest.raises(ValueError, match="outside a vocabulary of 37"):
        model.generate(torch.tensor([[37]]), 2, greedy=True)
    assert model.training
    assert torch.equal(model.generate(ids_of(), 0, greedy=True), ids_of())


def test_draws_follow_the_generator_and_the_distribution():
    model, start = wide(), ids_of(1, 3)
    again = [
        model.generate(start, 15, generator=torch.Generator().manual_seed(s), top_p=0.9)
        for s in (0, 0, 1)
    ]
    assert torch.equal(again[0], again[1]) and not torch.equal(again[0], again[2])
    g = torch.Generator().manual_seed(0)
    drawn = model.generate(start.expand(4000, 3), 1, generator=g, temperature=2.0)
    p = (model(start)[0, -1] / 2).softmax(-1)
    count = torch.bincount(drawn[:, -1], minlength=37)
    sigma = (4000 * p * (1 - p)).sqrt()
    assert ((count - 4000 * p).abs() < 5 * sigma + 1).all()
    greedy = model.generate(start, 8, greedy=True)
    assert torch.equal(model.generate(start, 8, generator=g, top_k=1), greedy)
    assert torch.equal(model.generate(start, 8, generator=g, temperature=0.0), greedy)


def test_a_row_that_stopped_repeats_its_end():
    model = wide()
    free = model.generate(ids_of(), 15, greedy=True)
    stop = free[0, 8].item()
    ended = model.generate(ids_of(), 15, greedy=True, stop_id=stop)
    for row, whole in zip(ended, free, strict=True):
        found = (whole[6:] == stop).nonzero()
        first = 6 + int(found[0]) if len(found) else len(whole)
        end = min(first, len(row))
        assert torch.equal(row[:end], whole[:end]) and (row[end:] == stop).all()
    alone = model.generate(ids_of()[:1], 15, greedy=True, stop_id=stop)
    assert alone.shape[1] <= 9 and alone[0, -1] == stop


def test_initial_weights():
    torch.manual_seed(0)
    for norm, L in product(("post", "pre"), (2, 8)):
        model = GPT(GPTConfig(500, 32, 64, 4, L, norm=norm)).eval()
        ids = ids_of(8, 32, 500)
        summed, n = next_token_loss(model(ids), ids)
        assert abs(summed.item() / n - torch.tensor(500.0).log().item()) < 0.1
        expected = 0.02 * (2 * L) ** -0.5 if norm == "pre" else 0.02
        for layer in model.layers:
            for part in (layer.attention.out, layer.feed_forward.down):
                assert part.weight.std().item() == pytest.approx(expected, rel=0.1)
                assert not part.bias.any()
            assert layer.attention.qkv.weight.std().item() == pytest.approx(0.02, 0.1)
            assert (layer.norm1.weight == 1).all()


def test_next_token_loss_is_cross_entropy_of_what_follows():
    logits, ids = torch.randn(2, 5, 7), torch.tensor([[1, 2, 3, 0, 0], [4, 5, 6, 1, 2]])
    summed, n = next_token_loss(logits, ids)
    by_hand = [
        -logits[b, t].log_softmax(-1)[ids[b, t + 1]] for b in range(2) for t in range(4)
    ]
    assert n == 8 and summed.item() == pytest.approx(sum(by_hand).item(), rel=1e-5)
    summed, n = next_token_loss(logits, ids, pad_id=0)
    kept = [loss for k, loss in enumerate(by_hand) if k not in (2, 3)]
    assert n == 6 and summed.item() == pytest.approx(sum(kept).item(), rel=1e-5)
    mean = F.cross_entropy(
        logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0
    )
    assert_close(summed / n, mean)


def test_two_steps_of_training_change_every_weight():
    model = GPT(GPTConfig(37, 24, 32, 4, 2, tie_embeddings=False)).train()
    before = {name: p.clone() for name, p in model.named_parameters()}
    adam = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(2):
        ids = ids_of(4, 24)
        adam.zero_grad()
        next_token_loss(model(ids), ids)[0].backward()
        adam.step()
    assert all((p != before[n]).any() for n, p in model.named_parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_heads": 3}, "n_heads = 3 does not divide d_model = 32"),
        ({"vocab_size": 0}, "vocab_size must be at least 1: 0"),
        ({"n_layers": 0}, "n_layers must be at least 1: 0"),
        ({"norm": "mid"}, "'post' or 'pre', and is 'mid'"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), and is 1.0"),
    ],
)
def test_sizes_are_checked(change, message):
    sizes = {"vocab_size": 37, "max_len": 24, "d_model": 32, "n_heads": 4}
    with pytest.raises(ValueError, match=message):
        GPT(GPTConfig(**sizes | {"n_layers": 2} | change))


def test_bad_input_is_named():
    model, ids = wide(), ids_of()
    with pytest.raises(ValueError, match=r"25 tokens from position 0 .* max_len = 24"):
        model(ids_of(1, 25))
    with pytest.raises(ValueError, match=r"6 \+ 19 tokens, and max_len is 24"):
        model.generate(ids, 19, greedy=True)
    with pytest.raises(ValueError, match="a draw needs a generator"):
        model.generate(ids, 2)
    with pytest.raises(ValueError, match=r"not empty, and are \(3, 0\)"):
        model.generate(ids[:, :0], 2, greedy=True)
    with pytest.raises(ValueError, match="id 40 is outside a vocabulary of 37"):
        model(ids + 40 - ids)
    with pytest.raises((ValueError, TypeCheckError), match=r"logits|'ids'"):
        next_token_loss(model(ids), ids[:, 1:])
    with pytest.raises(ValueError, match=r"T >= 2 are needed: logits \(3, 1, 37\)"):
        next_token_loss(model(ids[:, :1]), ids[:, :1])
    with pytest.raises(ValueError, match="temperature must not be negative"):
        continue_text(model, ids, 2, generator=torch.Generator(), temperature=-1.0)


def test_the_checkpoint_is_what_its_file_says():
    run = results("gpt_docs/run")
    settings = tomllib.loads((ROOT / "recipes/pretrain_gpt.toml").read_text("utf8"))
    for table in ("model", "training"):  # the recipe's defaults make it again
        assert run["config"][table] == settings[table]
    assert run["config"]["data"]["vocab_size"] == settings["data"]["vocab_size"]
    text = "\0".join(doc.text for doc in docs("train"))
    assert hashlib.sha256(text.encode()).hexdigest() == run["data_sha256"]

    folder = results_folder("gpt_docs")
    assert (folder / "model.safetensors").stat().st_size < 12e6
    model = GPT(GPTConfig(**run["model"])).eval()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    assert asdict(model.config) == run["model"]
    assert sum(p.numel() for p in model.parameters()) == run["parameters"]
    tokenizer = BPETokenizer.load(folder / "tokenizer.json")
    end = tokenizer.special_id("<|endoftext|>")
    rows, n_bytes = [], 0
    for doc in docs("validation")[:60]:
        rows += [end, *tokenizer.encode(doc.text)]
        n_bytes += len(doc.text.encode())
    ids = torch.tensor(rows).unfold(0, 256, 255)
    with torch.no_grad():
        summed, n = next_token_loss(model(ids), ids)
    bits = summed.item() / n * len(rows) / n_bytes / 0.6931
    assert abs(bits - run["bits_per_byte"]) < 0.35  # few documents of the same text


def test_results_name_what_is_there():
    with pytest.raises(FileNotFoundError, match=r"no nothing\.json .* gpt_docs"):
        results("nothing")
    with pytest.raises(FileNotFoundError, match="no nothing in"):
        results_folder("nothing")
