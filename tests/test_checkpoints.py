"""Published weights: equal to published code, complete or refused by name."""

import json
import pickle
from typing import ClassVar

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from classroom.models import pretrained
from classroom.results import results_folder
from unmasked import checkpoints as module
from unmasked.bert import Bert, BertConfig
from unmasked.checkpoints import (
    CheckpointError,
    export_gpt1,
    load_bert,
    load_gpt1,
    load_gpt2,
    load_tokenizer,
    local_folder,
    name_table,
    published_names,
    stored_tensors,
)
from unmasked.gpt import GPT, GPTConfig
from unmasked.tokenization import BPETokenizer, visible

transformers = pytest.importorskip("transformers")

V, T = 37, 24
SPECIAL = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
SIZES = {"vocab_size": V, "n_positions": T, "n_embd": 32, "n_layer": 12, "n_head": 4}
LOADERS = {"openai-gpt": load_gpt1, "gpt2": load_gpt2, "bert": load_bert}
HEAD = "encoder.layer.#.attention.self"


def spread(model, seed=0):
    """Weights that hide nothing: biases and gains as well."""
    torch.manual_seed(seed)
    for weight in model.eval().parameters():
        weight.data += 0.15 * torch.randn(weight.shape)
    return model


def published(kind, **changes):
    """A small model of the published form, with random weights."""
    torch.manual_seed(1)
    if kind == "gpt2":
        config = transformers.GPT2Config(**SIZES | SPECIAL | changes)
        return spread(transformers.GPT2LMHeadModel(config))
    if kind == "openai-gpt":
        config = transformers.OpenAIGPTConfig(**SIZES | SPECIAL | changes)
        return spread(transformers.OpenAIGPTLMHeadModel(config))
    sizes = {"vocab_size": V, "hidden_size": 32, "num_hidden_layers": 3}
    sizes |= {"num_attention_heads": 4, "intermediate_size": 50}
    sizes |= {"max_position_embeddings": T, "type_vocab_size": 3}
    config = transformers.BertConfig(**sizes | changes)
    return spread(transformers.BertForPreTraining(config))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """kind → (model, the folder that it was saved to)."""
    made = {}
    for kind in published_names:
        model, folder = published(kind), tmp_path_factory.mktemp(kind)
        model.save_pretrained(folder)
        made[kind] = model, folder
    return made


@pytest.fixture
def gpt2_copy(folders, tmp_path):
    """A folder to spoil: its tensors, and a function that writes them again."""
    _, folder = folders["gpt2"]
    settings = json.loads((folder / "config.json").read_text())

    def write(tensors=None, **changes):
        own = load_file(folder / "model.safetensors") if tensors is None else tensors
        save_file(own, tmp_path / "model.safetensors")
        (tmp_path / "config.json").write_text(json.dumps(settings | changes))
        return tmp_path

    return load_file(folder / "model.safetensors"), write


def ids_of(B=3, length=9, seed=2):
    return torch.randint(
        1, V, (B, length), generator=torch.Generator().manual_seed(seed)
    )


@pytest.mark.parametrize("kind", ["openai-gpt", "gpt2"])
@pytest.mark.parametrize("length", [1, 2, 9, T])
def test_a_gpt_has_the_published_logits(folders, kind, length):
    theirs, folder = folders[kind]
    ours, ids = LOADERS[kind](folder), ids_of(length=length)
    with torch.no_grad():
        assert_close(ours(ids), theirs(ids).logits, rtol=0, atol=1e-5)
    assert not ours.training


@pytest.mark.parametrize("kind", ["openai-gpt", "gpt2"])
def test_a_gpt_writes_the_published_tokens(tmp_path, kind):
    theirs, ids = published(kind, n_layer=3), ids_of(8, 4)
    theirs.save_pretrained(tmp_path)
    written = theirs.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False
    )
    assert torch.equal(LOADERS[kind](tmp_path).generate(ids, 20, greedy=True), written)
    assert len(written[:, 4:].unique()) > 3


def test_bert_has_the_published_logits_and_pooler(folders):
    theirs, folder = folders["bert"]
    ours = load_bert(folder)
    ids = torch.cat([ids_of(), torch.zeros(3, 3, dtype=torch.long)], dim=1)
    ids[1, 5:] = 0  # another length
    segments = torch.arange(12).div(5, rounding_mode="floor").expand(3, 12)
    with torch.no_grad():
        wanted = theirs.bert(ids, (ids > 0).long(), segments)
        logits = theirs(ids, (ids > 0).long(), segments).prediction_logits
        hidden = ours(ids, segments)
        assert_close(
            ours.mlm_logits(hidden)[ids > 0], logits[ids > 0], rtol=0, atol=1e-5
        )
        assert_close(ours.pooled(hidden), wanted.pooler_output, rtol=0, atol=1e-5)
    assert ours.absent == frozenset() and ours.config.n_segments == 3


@pytest.mark.parametrize("kind", published_names)
def test_the_tables_name_all_that_there_is(folders, kind):
    _, folder = folders[kind]
    ours, rows = LOADERS[kind](folder), name_table(kind, 3 if kind == "bert" else 12)
    assert sorted(row.here for row in rows) == sorted(ours.state_dict())
    named = {name for row in rows for name in row.there}
    left = {n for n in stored_tensors(folder) if n not in named}
    assert all(n.startswith(("cls.seq", "cls.predictions.decoder")) for n in left)
    with pytest.raises(ValueError, match="no names for 'llama'; there are: openai-gpt"):
        name_table("llama", 2)


@pytest.mark.parametrize("kind", published_names)
def test_several_files_are_one_checkpoint(folders, kind, tmp_path):
    theirs, folder = folders[kind]
    theirs.save_pretrained(tmp_path, max_shard_size="40KB")
    pieces = sorted(tmp_path.glob("*.safetensors"))
    assert len(pieces) > 2
    one, many = LOADERS[kind](folder), LOADERS[kind](tmp_path)
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, many.state_dict()[name])
    pieces[1].unlink()
    with pytest.raises(CheckpointError, match=pieces[1].name):
        LOADERS[kind](tmp_path)


def test_a_body_without_head_or_prefix_is_the_same(folders, tmp_path):
    theirs, folder = folders["gpt2"]
    theirs.transformer.save_pretrained(tmp_path)
    assert "wte.weight" in load_file(tmp_path / "model.safetensors")
    ids = ids_of()
    with torch.no_grad():
        assert torch.equal(load_gpt2(tmp_path)(ids), load_gpt2(folder)(ids))
    bert, whole = folders["bert"]
    bert.bert.save_pretrained(tmp_path)
    loaded = load_bert(tmp_path)
    assert loaded.absent == {"transform", "transform_norm", "token_bias"}
    with torch.no_grad():
        assert torch.equal(loaded(ids), load_bert(whole)(ids))
    assert torch.equal(
        Bert.from_pretrained(tmp_path).layers[0].attention.qkv.weight,
        loaded.layers[0].attention.qkv.weight,
    )


def test_masks_of_older_files_are_left_out(gpt2_copy):
    tensors, write = gpt2_copy
    for n in range(12):
        tensors[f"transformer.h.{n}.attn.bias"] = torch.ones(1, 1, T, T).tril()
        tensors[f"transformer.h.{n}.attn.masked_bias"] = torch.tensor([-1e4])
    tensors["lm_head.weight"] = tensors["transformer.wte.weight"].clone()
    load_gpt2(write(tensors))
    tensors["lm_head.weight"][3, 1] += 1
    with pytest.raises(
        CheckpointError, match=r"lm_head\.weight differs from wte\.weight, and ours"
    ):
        load_gpt2(write(tensors))
    del tensors["lm_head.weight"]
    tensors["transformer.h.0.attn.gain"] = torch.ones(3)
    with pytest.raises(CheckpointError, match=r"left over: h\.0\.attn\.gain"):
        load_gpt2(write(tensors))


def test_an_output_layer_of_its_own(tmp_path):
    theirs = published("gpt2", tie_word_embeddings=False)
    theirs.save_pretrained(tmp_path)
    ours, ids = load_gpt2(tmp_path), ids_of()
    assert ours.head is not None
    with torch.no_grad():
        assert_close(ours(ids), theirs(ids).logits, rtol=0, atol=1e-5)
        assert (ours.tokens.logits(ours.hidden(ids)) - ours(ids)).abs().max() > 0.1


def test_another_eps_and_inner_width(tmp_path):
    theirs = published("gpt2", layer_norm_epsilon=0.1, n_inner=50)
    theirs.save_pretrained(tmp_path)
    ours, ids = load_gpt2(tmp_path), ids_of()
    with torch.no_grad():
        assert_close(ours(ids), theirs(ids).logits, rtol=0, atol=1e-5)
        for part in ours.modules():
            if isinstance(part, module.LayerNorm):
                part.eps = 1e-5
        assert (ours(ids) - theirs(ids).logits).abs().max() > 0.01


def test_older_names_of_berts_norms(folders, tmp_path):
    _, folder = folders["bert"]
    tensors = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    tensors["bert.embeddings.position_ids"] = torch.arange(T)[None]
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    for name, weight in load_bert(folder).state_dict().items():
        assert torch.equal(load_bert(tmp_path).state_dict()[name], weight)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32_exactly(gpt2_copy, dtype):
    tensors, write = gpt2_copy
    stored = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    ours = load_gpt2(write(stored))
    wanted = stored["transformer.h.5.mlp.c_fc.weight"].float().T
    assert torch.equal(ours.layers[5].feed_forward.up.weight, wanted)
    assert {x.dtype for x in ours.parameters()} == {torch.float32}


def test_quantised_weights_are_not_taken_for_numbers(gpt2_copy):
    tensors, write = gpt2_copy
    name = "transformer.h.5.mlp.c_fc.weight"
    tensors[name] = tensors[name].to(torch.int8)
    with pytest.raises(CheckpointError, match=r"c_fc\.weight holds I8, and floats"):
        load_gpt2(write(tensors))


def test_all_that_is_wrong_is_told_at_once(gpt2_copy):
    tensors, write = gpt2_copy
    del tensors["transformer.h.11.ln_2.bias"]
    tensors["transformer.h.11.ln_two.bias"] = torch.zeros(32)
    name = "transformer.h.0.mlp.c_fc.weight"
    tensors[name] = tensors[name].T.contiguous()
    with pytest.raises(CheckpointError) as caught:
        load_gpt2(write(tensors))
    assert caught.value.missing == ["h.11.ln_2.bias"]
    assert caught.value.left_over == ["h.11.ln_two.bias"]
    need = "h.0.mlp.c_fc.weight is (128, 32), and (32, 128) is needed"
    assert caught.value.misfits == [need]
    assert all(word in str(caught.value) for word in ("missing", "left over", need))


def test_the_first_names_are_told_and_the_rest_counted(gpt2_copy):
    tensors, write = gpt2_copy
    with pytest.raises(CheckpointError, match=r"h\.0\.ln_1\.bias, and 142 more"):
        load_gpt2(write({"transformer.wte.weight": tensors["transformer.wte.weight"]}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "llama"}, "of kind 'llama', and gpt2 is needed"),
        ({"activation_function": "relu"}, "is 'relu', and ours is 'gelu_new'"),
        ({"scale_attn_by_inverse_layer_idx": True}, "inverse_layer_idx is True"),
        ({"n_head": 5}, "n_heads = 5 does not divide"),
        ({"n_layer": 11}, "left over: h.11"),
        ({"n_layer": 13}, "missing: h.12"),
        ({"vocab_size": 38}, r"wte.weight is \(37, 32\), and \(38, 32\) is needed"),
        ({"n_positions": 20}, r"wpe.weight is \(24, 32\)"),
    ],
)
def test_settings_that_do_not_fit_are_refused(gpt2_copy, changes, message):
    _, write = gpt2_copy
    with pytest.raises(ValueError, match=message):
        load_gpt2(write(**changes))


def test_what_is_no_checkpoint_is_refused(gpt2_copy, tmp_path):
    _, write = gpt2_copy
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        load_gpt2(tmp_path)
    folder = write()
    (folder / "model.safetensors").write_bytes(b"not a file of tensors")
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        load_gpt2(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"there is no model\.safetensors"):
        load_gpt2(folder)
    settings = json.loads((folder / "config.json").read_text())
    del settings["n_embd"]
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match="lacks sizes\n  missing: n_embd"):
        load_gpt2(folder)


class Trap:
    """A pickle that would tell on whoever opens it."""

    opened: ClassVar[list[str]] = []

    def __reduce__(self):
        return Trap.opened.append, ("opened",)


def test_a_pickle_stays_closed(gpt2_copy, tmp_path):
    _, write = gpt2_copy
    (write() / "model.safetensors").unlink()
    with (tmp_path / "pytorch_model.bin").open("wb") as file:
        pickle.dump(Trap(), file)
    with pytest.raises(CheckpointError, match="can run any program when it is read"):
        load_gpt2(tmp_path)
    assert Trap.opened == []


def test_a_hub_name_is_downloaded_and_a_wrong_one_told(folders, monkeypatch):
    import huggingface_hub

    asked = []

    def download(source, *, revision, allow_patterns, etag_timeout):
        asked.append((source, revision, etag_timeout))
        assert "config.json" in allow_patterns
        assert not any(p.endswith((".bin", ".pt", "*")) for p in allow_patterns)
        return str(folders["gpt2"][1])

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    ids = ids_of()
    with torch.no_grad():
        got = load_gpt2("owner/a-gpt.2", revision="abc")(ids)
        assert torch.equal(got, load_gpt2(folders["gpt2"][1])(ids))
    assert asked == [("owner/a-gpt.2", "abc", 5)]
    with pytest.raises(FileNotFoundError, match="no folder, and no hub name"):
        local_folder("no such folder")
    assert len(asked) == 1


def test_without_a_network_it_says_so(monkeypatch):
    import huggingface_hub

    def fail(*_, **__):
        raise FileNotFoundError("name not known\nand more lines")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(ConnectionError, match=r"owner/model .*\(name not known\)"):
        load_gpt1("owner/model")
    assert "huggingface_hub" not in module.__dict__


def test_what_is_exported_is_read_there_and_here(tmp_path):
    torch.manual_seed(3)
    gpt = GPT(GPTConfig(V, T, 32, 4, 3)).eval()
    spread(gpt)
    export_gpt1(gpt, tmp_path / "new" / "folder")
    theirs = transformers.OpenAIGPTLMHeadModel.from_pretrained(tmp_path / "new/folder")
    ours, ids = load_gpt1(tmp_path / "new" / "folder"), ids_of()
    with torch.no_grad():
        assert_close(theirs.eval()(ids).logits, gpt(ids), rtol=0, atol=1e-5)
        assert torch.equal(ours(ids), gpt(ids))
    for changes in ({"norm": "pre"}, {"bias": False}, {"tie_embeddings": False},
                    {"d_ff": 50}):  # fmt: skip
        with pytest.raises(ValueError, match="GPT-1 is post-norm"):
            export_gpt1(GPT(GPTConfig(V, T, 32, 4, 2, **changes)), tmp_path)


def test_an_export_of_the_checkpoint_of_chapter_14(tmp_path):
    folder = results_folder("gpt_docs")
    sizes = json.loads((folder / "run.json").read_text())["model"]
    gpt = GPT(GPTConfig(**sizes)).eval()
    gpt.load_state_dict(load_file(folder / "model.safetensors"))
    export_gpt1(gpt, tmp_path)
    theirs = transformers.OpenAIGPTLMHeadModel.from_pretrained(tmp_path).eval()
    ids = torch.randint(2048, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert_close(load_gpt1(tmp_path)(ids), theirs(ids).logits, rtol=0, atol=1e-4)


TEXT = "The newest arrays, don't return 12 widths of an array; naïve\n\nnew rows.  Ok"


def train(folder, n=300, end="<|endoftext|>"):
    """GPT-2's two files, from a tokenizer that is trained here."""
    own = BPETokenizer.train(TEXT * 3, n, [end])
    shown = [visible(own.token(i)) for i in range(own.vocab_size - 1)] + [end]
    vocab = {token: i for i, token in enumerate(shown)}
    merges = [f"{visible(a)} {visible(b)}" for a, b in own.merges]
    (folder / "vocab.json").write_text(json.dumps(vocab), "utf8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]), "utf8")
    (folder / "config.json").write_text(
        json.dumps({"model_type": "gpt2", **SIZES, "vocab_size": len(vocab)})
    )
    return vocab, [tuple(line.split(" ")) for line in merges]


@pytest.mark.parametrize("text", [TEXT, "", "  two  ", "a<|endoftext|>b", "🐢 ж"])
def test_gpt2s_ids(tmp_path, text):
    vocab, merges = train(tmp_path)
    theirs = transformers.GPT2Tokenizer(vocab=vocab, merges=merges)
    ours = load_tokenizer(tmp_path)
    assert ours.encode(text) == theirs.encode(text)
    assert ours.vocab_size == len(vocab)


def test_other_ids_than_the_merges_give_are_refused(tmp_path):
    vocab, _ = train(tmp_path)
    one, two = list(vocab)[-3:-1]
    swapped = vocab | {one: vocab[two], two: vocab[one]}
    (tmp_path / "vocab.json").write_text(json.dumps(swapped))
    with pytest.raises(CheckpointError, match="does not number the tokens"):
        load_tokenizer(tmp_path)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(CheckpointError, match=r"missing: merges\.txt"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("text", [TEXT, "The NEWEST array", "ж", ""])
def test_gpt1s_ids(tmp_path, text):
    letters = sorted(set(TEXT.lower()) - {" ", "\n", "ï"} | {"i"})
    merges = [("a", "r"), ("r", "a"), ("ar", "ra"), ("n", "e"), ("ne", "w</w>"),
              ("t", "h"), ("th", "e</w>")]  # fmt: skip
    tokens = ["<unk>", *letters, *(c + "</w>" for c in letters)]
    tokens += [a + b for a, b in merges if a + b not in tokens]
    vocab = {token: i for i, token in enumerate(tokens)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocab), "utf8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (tmp_path / "merges.txt").write_text("\n".join(lines), "utf8")
    settings = {"model_type": "openai-gpt", **SIZES}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    theirs = transformers.OpenAIGPTTokenizer(vocab=vocab, merges=merges)
    assert load_tokenizer(tmp_path).encode(text) == theirs.encode(text)


@pytest.mark.parametrize("lower", [True, False])
def test_berts_ids(tmp_path, lower):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "The", "new", "##est",
             "array", "##s", ",", ".", "12", "naive", "ok", "Ok"]  # fmt: skip
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n", "utf8")
    settings = {"model_type": "bert", "vocab_size": len(words), "hidden_size": 8}
    settings |= {"max_position_embeddings": 9, "num_attention_heads": 2}
    settings |= {"num_hidden_layers": 1, "intermediate_size": 9}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    how = {"do_lower_case": lower}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(how))
    vocab = {word: i for i, word in enumerate(words)}
    theirs = transformers.BertTokenizer(vocab=vocab, do_lower_case=lower)
    ours = load_tokenizer(tmp_path)
    for text in (TEXT, "The newest arrays.", "naïve [MASK]"):
        assert ours.encode(text) == theirs.encode(text)
    assert ours.encode("ok", "The") == theirs.encode("ok", "The")


def test_the_real_encoder_is_the_published_one():
    path = pretrained("minilm")
    if path is None:
        pytest.skip("`make models` was not run")
    ours, words = load_bert(path.parent), load_tokenizer(path.parent)
    theirs = transformers.BertModel.from_pretrained(path.parent).eval()
    their_words = transformers.AutoTokenizer.from_pretrained(path.parent)
    for text in ("A man is playing the guitar.", "Naïve résumé, 3.14!"):
        ids = torch.tensor([words.encode(text)])
        assert ids[0].tolist() == their_words.encode(text)
        with torch.no_grad():
            wanted = theirs(ids).last_hidden_state
            assert_close(ours(ids), wanted, rtol=0, atol=1e-5)
    assert ours.config == BertConfig(30_522, 512, 384, 12, 6, 1536)
    assert ours.absent == {"transform", "transform_norm", "token_bias"}


def test_the_parity_test_finds_what_shapes_do_not(folders):
    theirs, folder = folders["gpt2"]
    ids = ids_of()
    for spoil in (
        lambda gpt: setattr(gpt.layers[7].feed_forward, "activation",
                            torch.nn.functional.gelu),
        lambda gpt: gpt.layers[7].attention.out.weight.data.copy_(
            gpt.layers[7].attention.out.weight.data.T.clone()),
        lambda gpt: setattr(gpt.final, "eps", 1e-3),
        lambda gpt: setattr(gpt.layers[7].attention, "n_heads", 8),
    ):  # fmt: skip
        ours = load_gpt2(folder)
        spoil(ours)
        with torch.no_grad():
            assert (ours(ids) - theirs(ids).logits).abs().max() > 2e-5
