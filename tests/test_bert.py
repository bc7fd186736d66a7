"""BERT: equal to published code, honest about its gaps, clear about mistakes."""

import json
from importlib import import_module
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from jaxtyping import TypeCheckError
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from classroom.bert_task import SPECIAL, BertTask, learn_pieces, pad, span_f1
from classroom.corpora import docs
from classroom.corpora.tasks import question_answering
from classroom.models import pretrained
from classroom.results import results
from unmasked.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForSpan,
    bert_weights,
    best_span,
    mask_tokens,
    masked_loss,
    mean_pool,
)
from unmasked.masking import influence
from unmasked.tokenization import WordPieceTokenizer, basic_tokens

SIZES = {"vocab_size": 37, "max_len": 24, "d_model": 32, "n_heads": 4, "n_layers": 3}


def wide(seed=0, **more) -> Bert:
    """A small model whose weights are large, so that nothing hides."""
    torch.manual_seed(seed)
    model = Bert(BertConfig(**SIZES | {"d_ff": 40} | more)).eval()
    for weight in model.parameters():
        weight.data += 0.2 * torch.randn(weight.shape)
    return model


def ids_of(B=3, T=9, V=37, seed=1):
    return torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(seed))


def padded():
    ids = ids_of()
    ids[1, 6:] = ids[2, 4:] = 0
    return ids, (torch.arange(9) > 2).long().expand(3, 9)


def gaps(ids, seed=0, **more):
    how = {"vocab_size": 37, "mask_id": 4, "special_ids": range(5)} | more
    return mask_tokens(ids, generator=torch.Generator().manual_seed(seed), **how)


def published(kind, folder, seed=0, **more):
    import transformers

    torch.manual_seed(seed)
    sizes = {"vocab_size": 37, "hidden_size": 32, "num_hidden_layers": 3}
    sizes |= {"num_attention_heads": 4, "intermediate_size": 40}
    config = transformers.BertConfig(**sizes, max_position_embeddings=24, **more)
    model = getattr(transformers, kind)(config).eval()
    for weight in model.parameters():
        weight.data += 0.2 * torch.randn(weight.shape)
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("kind", ["BertModel", "BertForMaskedLM", "BertForPreTraining"])
def test_equal_to_transformers(kind, tmp_path):
    theirs = published(kind, tmp_path)
    ours, (ids, segments) = Bert.from_pretrained(tmp_path), padded()
    given = {"input_ids": ids, "token_type_ids": segments}
    body = theirs if kind == "BertModel" else theirs.bert
    with torch.no_grad():
        hidden = ours(ids, segments)
        other = body(**given, attention_mask=(ids != 0).long())
        real = ids != 0
        assert_close(hidden[real], other.last_hidden_state[real], rtol=0, atol=1e-5)
        if kind != "BertForMaskedLM":
            assert_close(ours.pooled(hidden), other.pooler_output, rtol=0, atol=1e-5)
        if kind != "BertModel":
            answer = theirs(**given, attention_mask=(ids != 0).long())
            logits = getattr(answer, "logits", None)
            logits = answer.prediction_logits if logits is None else logits
            assert_close(ours.mlm_logits(hidden)[real], logits[real], rtol=0, atol=1e-5)
    head = {"transform", "transform_norm", "token_bias"}
    absent = {"BertModel": head, "BertForMaskedLM": {"pooler"}}
    assert ours.absent == absent.get(kind, set())


def test_attention_is_that_of_transformers(tmp_path):
    theirs = published("BertModel", tmp_path, attn_implementation="eager")
    ours, (ids, segments) = Bert.from_pretrained(tmp_path), padded()
    with torch.no_grad():
        weights = ours.attention(ids, segments)
        other = theirs(ids, (ids != 0).long(), segments, output_attentions=True)
    assert weights.shape == (3, 3, 4, 9, 9)
    assert_close(weights, torch.stack(other.attentions), rtol=0, atol=1e-5)


def test_minilm_is_equal_to_transformers():
    if (path := pretrained("minilm")) is None:
        pytest.skip("needs `make models`")
    from transformers import BertModel

    ours, theirs = (
        Bert.from_pretrained(path.parent),
        BertModel.from_pretrained(path.parent),
    )
    reads = WordPieceTokenizer(path.parent / "vocab.txt")
    rows = pad([reads.encode("A short one."), reads.encode("And a pair:", "text two.")])
    with torch.no_grad():
        other = theirs.eval()(rows, (rows != 0).long()).last_hidden_state
        assert_close(ours(rows), other, rtol=0, atol=1e-4)


def test_parameters_of_published_models():
    for config, number in (
        (BertConfig(30_522), 109_482_240),
        (BertConfig(30_522, d_model=1024, n_heads=16, n_layers=24), 335_141_888),
    ):
        with torch.device("meta"):
            bert = Bert(config)
        head = ("transform", "token_bias")
        counted = (p for n, p in bert.named_parameters() if not n.startswith(head))
        assert sum(p.numel() for p in counted) == number


def test_old_names_of_norms_are_read(tmp_path):
    published("BertModel", tmp_path)
    file = tmp_path / "model.safetensors"
    weights, right = load_file(file), Bert.from_pretrained(tmp_path)
    names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    old = {}
    for name, weight in weights.items():
        for new, former in names.items():
            name = name.replace(new, former)
        old[f"bert.{name}"] = weight
    save_file(old, file)
    again = Bert.from_pretrained(tmp_path)
    assert_close(again(ids_of()), right(ids_of()))
    assert bert_weights(old).keys() == bert_weights(weights).keys()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("encoder.layer.1.output.dense.bias"),
         r"lacks layers\.1\.feed_forward\.down\.bias"),
        (lambda w: w.pop("encoder.layer.0.attention.self.key.weight"),
         r"lacks layers\.0\.attention\.qkv\.weight"),
        (lambda w: w.update(extra=torch.zeros(2)), "the model has no extra"),
        (lambda w: w.update({"pooler.dense.bias": torch.zeros(31)}),
         r"pooler\.bias is \(31,\), and \(32,\) is needed"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named(change, message, tmp_path):
    published("BertModel", tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    change(weights)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        Bert.from_pretrained(tmp_path)


def test_a_wrong_config_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        Bert.from_pretrained(tmp_path)
    published("BertModel", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text("utf8"))
    for key, value, message in (
        ("model_type", "gpt2", "'gpt2'"),
        ("hidden_act", "relu", "'relu'"),
        ("hidden_size", None, "does not say hidden_size"),
    ):
        other = {k: v for k, v in (config | {key: value}).items() if v is not None}
        (tmp_path / "config.json").write_text(json.dumps(other), "utf8")
        with pytest.raises(ValueError, match=message):
            Bert.from_pretrained(tmp_path)


def test_both_sides_are_seen_and_padding_is_not():
    model, (ids, segments) = wide(), padded()
    assert (influence(lambda x: model(x, segments), ids_of(), 37) > 1e-3).all()
    with torch.no_grad():
        hidden = model(ids, segments)
        for row, n in ((1, 6), (2, 4)):
            alone = model(ids[row : row + 1, :n], segments[row : row + 1, :n])
            assert_close(hidden[row : row + 1, :n], alone)
        weights = model.attention(ids, segments)
        assert (weights[:, 1, :, :, 6:] == 0).all()
        assert (model(ids) - hidden).abs().max() > 0.1


def test_gaps_are_those_of_the_paper():
    ids = torch.randint(37, (500, 80), generator=torch.Generator().manual_seed(3))
    before = ids.clone()
    read, labels = gaps(ids)
    assert torch.equal(ids, before)
    asked, words = labels != -100, ids >= 5
    assert torch.equal(labels[asked], ids[asked]) and not asked[~words].any()
    assert torch.equal(read[~asked], ids[~asked])
    n, of = asked.sum().item(), words.sum().item()
    assert abs(n - 0.15 * of) < 5 * (of * 0.15 * 0.85) ** 0.5
    chosen = read[asked]
    masked = (chosen == 4).sum().item()
    other = ((chosen != 4) & (chosen != labels[asked])).sum().item()
    assert abs(masked - 0.8 * n) < 5 * (n * 0.16) ** 0.5
    expected = 0.1 * 31 / 32  # the word that is drawn may be the same
    assert abs(other - expected * n) < 5 * (n * 0.09) ** 0.5
    drawn = chosen[(chosen != 4) & (chosen != labels[asked])]
    assert drawn.min() >= 5 and len(drawn.unique()) == 32


def test_gaps_follow_the_generator():
    ids = ids_of(40, 20)
    for one, other in zip(gaps(ids, 1), gaps(ids, 1), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(gaps(ids, 1)[1], gaps(ids, 2)[1])
    read, labels = gaps(ids, share=1.0)
    assert torch.equal(labels, ids) and (read == 4).float().mean() > 0.7
    with pytest.raises(ValueError, match=r"share = 0\.0"):
        gaps(ids, share=0.0)
    with pytest.raises(ValueError, match="0 words to draw from"):
        gaps(ids, special_ids=range(37))
    for wrong, message in ((37, "from 5 to 37"), (-1, "from -1 to")):
        outside = ids.clone()
        outside[0, 0] = wrong
        with pytest.raises(ValueError, match=f"{message}.* vocabulary of 37"):
            gaps(outside)


def test_the_loss_is_over_what_is_asked():
    model, ids = wide(dropout=0.0), ids_of(4, 20)
    read, labels = gaps(ids)
    summed, n = masked_loss(model, read, labels)
    logits = model.mlm_logits(model(read))
    whole = F.cross_entropy(logits.mT, labels, ignore_index=-100, reduction="sum")
    assert_close(summed, whole)
    assert n == (labels != -100).sum() > 3
    summed, n = masked_loss(model, read, torch.full_like(labels, -100))
    assert summed == 0 and n == 0
    with pytest.raises((ValueError, TypeCheckError), match=r"labels \(4, 19\)|labels"):
        masked_loss(model, read, labels[:, 1:])


def test_a_fresh_model_knows_nothing_and_learns():
    torch.manual_seed(0)
    model = Bert(BertConfig(37, 24, 32, 4, 3, dropout=0.0))
    ids = ids_of(8, 24)
    read, labels = gaps(ids, share=0.3)
    before = {name: p.clone() for name, p in model.named_parameters()}
    summed, n = masked_loss(model, read, labels)
    assert abs(summed.item() / n - torch.tensor(37.0).log().item()) < 0.1
    adam = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(30):
        adam.zero_grad()
        (masked_loss(model, read, labels, (ids > 20).long())[0] / n).backward()
        adam.step()
    assert masked_loss(model, read, labels, (ids > 20).long())[0] < n
    still = {n for n, p in model.named_parameters() if torch.equal(p, before[n])}
    assert still == {"pooler.weight", "pooler.bias"}  # no masked token asks for it


def test_heads():
    model, (ids, segments) = wide(dropout=0.0), padded()
    classes = BertForClassification(model, 5)(ids, segments)
    assert classes.shape == (3, 5)
    start, end = BertForSpan(model)(ids, segments)
    assert start.shape == end.shape == (3, 9)
    assert (start[ids == 0] == -torch.inf).all() and start[ids != 0].isfinite().all()


def test_the_best_span_is_the_best_of_all():
    g = torch.Generator().manual_seed(0)
    for longest in (1, 2, 4, 9):
        start, end = torch.randn(2, 9, generator=g)
        allowed = torch.tensor([0, 0, 1, 1, 1, 0, 1, 1, 0]).bool()
        pairs = [
            (i, j) for i, j in product(range(9), repeat=2)
            if allowed[i] and allowed[j] and i <= j < i + longest
        ]  # fmt: skip
        best = max(pairs, key=lambda at: (start[at[0]] + end[at[1]]).item())
        assert best_span(start, end, allowed, longest) == best
    with pytest.raises(ValueError, match="0 tokens are allowed"):
        best_span(start, end, ~torch.ones(9, dtype=torch.bool), 3)


def test_the_mean_leaves_padding_out():
    x, keep = torch.randn(2, 5, 3), torch.tensor([[1, 1, 0, 0, 0], [1, 1, 1, 0, 1]])
    mean = mean_pool(x, keep.bool())
    assert_close(mean[0], x[0, :2].mean(dim=0))
    assert_close(mean[1], x[1, [0, 1, 2, 4]].mean(dim=0))
    with pytest.raises(ValueError, match="nothing to average"):
        mean_pool(x, torch.zeros(2, 5).bool())


def test_pieces_cover_every_word():
    texts = [doc.text for doc in docs("validation")[:40]]
    pieces = learn_pieces(texts, 300)
    assert 150 < len(set(pieces)) == len(pieces) <= 300 and pieces[:5] == WORDS
    reads = WordPieceTokenizer(pieces)
    for text in texts[:10]:
        ids = reads.encode(text)
        assert 1 not in ids
        plain = "".join(basic_tokens(text))
        assert reads.decode(ids[1:-1]).replace(" ", "") == plain
    with pytest.raises(ValueError, match="20 allowed"):
        learn_pieces(texts, 20)
    assert len(learn_pieces(["ab ab abc"], 60)) == 11  # no more to be had


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_heads": 3}, "n_heads = 3 does not divide d_model = 32"),
        ({"vocab_size": 0}, "vocab_size must be at least 1: 0"),
        ({"n_segments": 0}, "n_segments must be at least 1: 0"),
        ({"pad_id": 37}, "pad_id 37 is outside a vocabulary of 37"),
    ],
)
def test_sizes_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        BertConfig(**SIZES | change)


def test_bad_input_is_named():
    model, ids = wide(), ids_of()
    for wrong, message in (
        ((ids_of(1, 25),), r"25 tokens from position 0 .* max_len = 24"),
        ((ids[:, :0],), r"not empty, and are \(3, 0\)"),
        ((ids + 30,), "outside a vocabulary of 37"),
        ((ids, ids), r"segments run from .* and there are 2"),
    ):
        with pytest.raises(ValueError, match=message):
            model(*wrong)
    with pytest.raises((ValueError, TypeCheckError)):
        model(ids, torch.zeros(3, 8, dtype=torch.long))


@pytest.fixture(scope="module")
def task():
    return BertTask()


def test_the_questions_are_those_of_the_corpus(task):
    data = task.questions("test")
    assert data.left_out < 0.05 * len(data.ids)
    asked = [
        e for e in question_answering("test")
        if len(task.tokenizer.encode(e.question, e.context)) <= task.max_len
    ]  # fmt: skip
    for n, e in enumerate(asked):
        row = data.ids[n][data.ids[n] != 0].tolist()
        assert row == task.tokenizer.encode(e.question, e.context)
        answer = data.ids[n, data.start[n] : data.end[n] + 1].tolist()
        assert answer == task.tokenizer.encode(e.answer)[1:-1]
        assert data.line[n, data.start[n] : data.end[n] + 1].all()
        assert (data.segments[n, data.start[n] : data.end[n] + 1] == 1).all()


def test_f1_of_spans():
    right = torch.tensor([[3, 6], [3, 6], [3, 6], [3, 6]])
    found = torch.tensor([[3, 6], [5, 8], [7, 9], [3, 3]])
    assert_close(span_f1(found, right), torch.tensor([1.0, 0.5, 0.0, 0.4]))


def test_the_results_are_those_of_the_recipe(task):
    recipe = import_module("bert_finetune")
    run = results("bert_finetune")
    assert run["settings"] == recipe.SETTINGS
    assert run["data_sha256"] == recipe.data_hash(task)
    assert run["baselines"] == recipe.baselines(task)
    assert tuple(run["seeds"]) == recipe.SEEDS
    assert len(run["fine-tuning"]) == 12 and set(SPECIAL) == set(range(5))
