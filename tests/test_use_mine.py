"""A learner's functions at work in the book's models, and what happens if they fail."""

import inspect
import json

import pytest
import torch

from classroom import use_mine, use_ours
from classroom.exercises import check, load
from classroom.mine import PLUGS
from unmasked import blocks, masking, transformer
from unmasked.gpt import GPT, GPTConfig
from unmasked.gpt import next_token_loss as ours
from unmasked.recurrence import LSTMCell, Recurrent
from unmasked.training import fit
from unmasked.transformer import Transformer, TransformerConfig


@pytest.fixture(autouse=True)
def tidy(tmp_path, monkeypatch):
    monkeypatch.setenv("UNMASKED_PROGRESS", str(tmp_path / "progress.json"))
    yield
    use_ours()


def losses(steps=4):
    """Train a small Transformer, a GPT's loss, and an LSTM: what chapters 1-14 do."""
    from unmasked import gpt, training

    torch.manual_seed(0)
    model = Transformer(
        TransformerConfig(11, 13, 8, 2, 1, 16, dropout=0.0, norm="pre", max_len=9)
    )
    lm = GPT(GPTConfig(11, 9, 8, 2, 1, norm="pre", bias=False))
    lstm = Recurrent(LSTMCell(3, 5))

    def batch(generator):
        src, tgt = (torch.randint(1, 11, (4, n), generator=generator) for n in (7, 6))
        src[0, 5:] = 0
        return src, tgt

    def loss(model, batch):
        src, tgt = batch
        logits = model(src, tgt[:, :-1])
        total, n = training.label_smoothing_loss(logits, tgt[:, 1:], 0.1, 0)
        language, m = gpt.next_token_loss(lm(src), src, 0)
        recurrent = lstm(torch.ones(2, 4, 3))[0].sum()
        return total + language * (n / m) + recurrent, n

    def schedule(step):
        return training.noam_schedule(step, 8, 10)

    return fit(model, batch, loss, steps=steps, lr=1.0, schedule=schedule).losses


def test_everything_that_has_a_place_trains_as_before():
    expected = losses()
    for name in PLUGS:
        said = use_mine(name, load(name).reference)
        assert "**yours**" in said, said
    assert losses() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", PLUGS)
def test_each_is_really_called(name, recwarn):
    called = []
    right = load(name).reference

    def spy(*args, **kwargs):
        called.append(name)
        return right(*args, **kwargs)

    use_mine(name, spy)
    called.clear()
    if name == "bpe-merge":
        from unmasked.tokenization import BPETokenizer

        BPETokenizer.train("aa ab aab aab", 258).encode("aab")
    elif name == "causal-mask":
        masking.causal_mask(3)
    elif name == "combine-masks":
        masking.combine(masking.causal_mask(3), None)
    elif name in ("split-heads", "merge-heads"):
        x = torch.ones(2, 3, 8)
        blocks.MultiHeadAttention(8, 2)(x, x, x, need_weights=True)
    elif name == "mask-tokens":
        from unmasked import bert

        g = torch.Generator().manual_seed(0)
        ids, how = torch.ones(2, 3).long(), {"mask_id": 4, "special_ids": (0,)}
        bert.mask_tokens(ids, vocab_size=9, generator=g, **how)
    elif name == "mean-pool":
        from unmasked import bert

        bert.mean_pool(torch.ones(2, 3, 4), torch.ones(2, 3) > 0)
    elif name == "sinusoidal-encoding":
        from unmasked.positions import SinusoidalPositions

        SinusoidalPositions(8, 9)
    else:
        losses(1)
    assert called
    assert not recwarn.list, recwarn.list[0].message


def test_a_name_that_a_module_imported_is_replaced_there_and_put_back():
    before = masking.padding_mask
    use_mine("padding-mask", load("padding-mask").reference)
    assert transformer.padding_mask is masking.padding_mask is not before
    use_ours()
    assert transformer.padding_mask is masking.padding_mask is before


def test_what_does_not_pass_stays_outside():
    wrong = load("layer-norm").mistakes[0].wrong
    before = blocks.LayerNorm.forward
    assert "does not pass its check" in use_mine("layer-norm", wrong)
    assert blocks.LayerNorm.forward is before


def test_what_fails_in_a_model_is_replaced_by_the_books_own():
    right = load("layer-norm").reference

    def fragile(x, gain, bias, eps=1e-5):
        if x.shape[-1] == 10:
            raise RuntimeError("ten is too many")
        return right(x, gain, bias, eps)

    use_mine("layer-norm", fragile)
    norm, x = blocks.LayerNorm(10), torch.randn(3, 10)
    with pytest.warns(UserWarning, match=r"your layer-norm failed.*ten is too many"):
        out = norm(x)
    assert torch.allclose(out, torch.nn.functional.layer_norm(x, (10,)), atol=1e-6)


def test_an_answer_that_passed_is_remembered_and_used(tmp_path):
    assert "not passed yet" in use_mine("padding-mask")
    assert check("padding-mask", load("padding-mask").reference).passed
    kept = json.loads((tmp_path / "progress.json").read_text())
    source = kept["exercises"]["padding-mask"]["right"]
    assert source == inspect.getsource(load("padding-mask").reference)
    assert "**yours**" in use_mine()
    ids = torch.tensor([[1, 2, 0]])
    assert masking.padding_mask(ids, 0).tolist() == [[[[True, True, False]]]]


def test_a_remembered_answer_that_needs_more_than_it_holds_is_left(tmp_path):
    file = tmp_path / "progress.json"
    entry = {"attempts": 1, "passed": True, "hints": 0, "right": "@nowhere\ndef f(): 1"}
    kept = {"exercises": {"padding-mask": entry}, "questions": {}}
    file.write_text(json.dumps(kept))
    assert "does not pass its check by itself" in use_mine("padding-mask")


def test_an_answer_is_remembered_whatever_its_name():
    def real_words(ids, pad_id):
        return (ids != pad_id)[:, None, None, :]

    assert check("padding-mask", real_words).passed
    said = use_mine()
    assert "`unmasked.masking.padding_mask`: **yours**" in said
    assert "not passed yet, so the book's own: lstm-step, causal-mask, comb" in said


def test_an_exercise_without_a_place_is_named():
    with pytest.raises(LookupError, match="'rnn-step' has no place"):
        use_mine("rnn-step")


def test_the_next_token_loss_is_the_books():
    logits, ids = torch.randn(2, 5, 7), torch.randint(7, (2, 5))
    from unmasked import gpt

    use_mine("lm-loss", load("lm-loss").reference)
    assert gpt.next_token_loss is not ours
    for pad in (None, 3):
        mine, n = gpt.next_token_loss(logits, ids, pad)
        theirs, m = ours(logits, ids, pad)
        assert n == m and mine.item() == pytest.approx(theirs.item(), rel=1e-5)
