"""Chapter 6's tokenizers, beside those of Hugging Face and OpenAI."""

import json
import os
import random
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unmasked import tokenization
from unmasked.tokenization import (
    BPETokenizer,
    CharTokenizer,
    WordPieceTokenizer,
    apply_merges,
    basic_tokens,
    byte_order,
    invisible,
    learn_merges,
    merge_pair,
    split_specials,
    split_words,
    visible,
)

END = "<|endoftext|>"
ENGLISH = (
    "Return the lower and upper triangle of an array. Returns the array's shape, and "
    "raises a ValueError where the lowest value is lower than 0.125 or 1024.\n"
    "    >>> np.zeros((3, 4))\n\n\tThey're new, newer, the newest; it's aaaa aaaaaab.\n"
)
MANY = (
    "Où est l'été?\r\n日本語のテキスト、猫が好き。 Привет, мир! naïve Straße"
    "\x00\u200b\u00a0x 👩‍🔬👨‍👩‍👧‍👦 "
)
TEXT = ENGLISH * 3 + MANY
UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TRICKY = st.lists(
    st.sampled_from([*"ab AB1,.\n\t\r'é猫🙂ǅßİΣ", "  ", "'ll", END, "\u200d", "\u0301"])
).map("".join)


def random_text(seed: int, size: int = 4000) -> str:
    """Few letters and short words: many ties, and many runs of equal letters."""
    rng = random.Random(seed)
    words = ("".join(rng.choices("aab", k=rng.randint(1, 7))) for _ in range(size // 5))
    return " ".join(words)


@pytest.fixture(scope="module")
def bpe() -> BPETokenizer:
    return BPETokenizer.train(TEXT, 420, [END, "<|pad|>"])


def hugging_face(merges, special=()):
    """Hugging Face's byte-level BPE with our merges and ids."""
    tokenizers = pytest.importorskip("tokenizers")
    ours = BPETokenizer(merges)
    vocab = {visible(ours.token(i)): i for i in range(ours.vocab_size)}
    pairs = [(visible(left), visible(right)) for left, right in merges]
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=pairs))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    theirs.decoder = tokenizers.decoders.ByteLevel()
    theirs.add_special_tokens(list(special))
    return theirs


def hugging_face_trained(text: str, vocab_size: int) -> list[tuple[bytes, bytes]]:
    tokenizers = pytest.importorskip("tokenizers")
    level = tokenizers.pre_tokenizers.ByteLevel
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = level(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=level.alphabet(), show_progress=False
    )
    model.train_from_iterator([text], trainer)
    merges = json.loads(model.to_str())["model"]["merges"]
    return [(invisible(left), invisible(right)) for left, right in merges]


# --- characters


def test_characters():
    letters = CharTokenizer("hello")
    assert letters.alphabet == [*"ehlo"] and letters.vocab_size == 4
    assert letters.decode(letters.encode("hole")) == "hole"
    assert letters.decode([]) == "" and letters.encode("") == []
    with pytest.raises(ValueError, match="'x' is not in the alphabet of 4"):
        letters.encode("hex")
    with pytest.raises(ValueError, match="at least one"):
        CharTokenizer("")


# --- training


@pytest.mark.parametrize("seed", range(4))
def test_merges_are_hugging_faces_ties_included(seed):
    text = random_text(seed)
    ours = learn_merges(Counter(split_words(text)), 400)
    assert len(ours) > 100 and ours == hugging_face_trained(text, 400)


def test_merges_are_hugging_faces_on_every_script():
    ours = learn_merges(Counter(split_words(TEXT)), 420)
    assert ours == hugging_face_trained(TEXT, 420)


def test_another_tie_rule_would_be_noticed():
    """The texts above hold ties: with the rule turned round, the merges differ."""
    words = [[bytes([b]) for b in w.encode()] for w in split_words(random_text(0))]
    counts = Counter(pair for word in words for pair in pairwise(word))
    ids = {bytes([byte]): i for i, byte in enumerate(byte_order)}
    merges = []
    for _ in range(150):
        pair = max(counts, key=lambda p: (counts[p], ids[p[0]], ids[p[1]]))
        ids.setdefault(pair[0] + pair[1], len(ids))
        words = [merge_pair(word, pair, pair[0] + pair[1]) for word in words]
        counts = Counter(pair for word in words for pair in pairwise(word))
        merges.append(pair)
    assert merges != learn_merges(Counter(split_words(random_text(0))), 406)[:150]


@given(st.text("ab ", min_size=1, max_size=80), st.integers(257, 300))
@settings(max_examples=60, deadline=None)
def test_the_index_agrees_with_counting_again(text, n_tokens):
    words = [[bytes([byte]) for byte in word.encode()] for word in split_words(text)]
    ids, merges = {bytes([byte]): i for i, byte in enumerate(byte_order)}, []
    while len(ids) < n_tokens:
        counts = Counter(pair for word in words for pair in pairwise(word))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        ids.setdefault(pair[0] + pair[1], len(ids))
        words = [merge_pair(word, pair, pair[0] + pair[1]) for word in words]
        merges.append(pair)
    assert learn_merges(Counter(split_words(text)), n_tokens) == merges


def test_nothing_depends_on_the_hash_seed():
    code = (
        "from unmasked.tokenization import BPETokenizer;"
        "print(BPETokenizer.train('low lower lowest slow slower newest', 268).merges)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "012"
    }
    assert len(runs) == 1


@pytest.mark.parametrize("text", ["", "a", "a a a", "ab ab"])
def test_a_small_corpus_is_answered_with_both_numbers(text):
    assert BPETokenizer.train(text, 256).merges == []
    with pytest.raises(ValueError, match=r"is 999, and this text has pairs for 25\d"):
        BPETokenizer.train(text, 999)
    with pytest.raises(ValueError, match="is 256, and must be >= 257"):
        BPETokenizer.train(text, 256, [END])


def test_nothing_is_merged_across_words_or_special_tokens():
    assert BPETokenizer.train("ab ab ab", 258).merges == [(b"a", b"b"), (b" ", b"ab")]
    with pytest.raises(ValueError, match="pairs for 258"):
        BPETokenizer.train("ab" + "<s>" * 99, 300, ["<s>"])


def test_merge_pair():
    assert merge_pair([1, 1, 1], (1, 1), 9) == [9, 1]
    assert merge_pair([1, 1, 2, 1, 2], (1, 2), 9) == [1, 9, 9]
    assert merge_pair([], (1, 2), 9) == [] and merge_pair([1], (1, 1), 9) == [1]


# --- encoding and decoding


def test_the_pair_learnt_first_is_merged_first():
    assert apply_merges([*"abc"], {("b", "c"): 0, ("a", "b"): 1}) == ["a", "bc"]
    assert apply_merges([*"abc"], {("a", "b"): 0, ("b", "c"): 1}) == ["ab", "c"]


@given(UNICODE | TRICKY)
@settings(deadline=None)
def test_any_text_comes_back(bpe, text):
    for special in (True, False):
        assert bpe.decode(bpe.encode(text, special=special)) == text
    assert "".join(split_words(text)) == text


@given(st.lists(st.integers(0, 419), max_size=40))
def test_any_ids_decode(bpe, ids):
    text = bpe.decode(ids)
    expected = b"".join(bpe.token(i) for i in ids)
    assert text == expected.decode("utf8", errors="replace")
    assert bpe.decode(torch.tensor(ids, dtype=torch.long)) == text


@given(UNICODE | TRICKY)
@settings(deadline=None)
def test_ids_are_those_of_tokenizers_and_tiktoken(bpe, text):
    theirs = hugging_face(bpe.merges, bpe.special_tokens)
    assert bpe.encode(text) == theirs.encode(text).ids
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {bpe.token(i): i for i in range(418)}
    openai = tiktoken.Encoding(
        "ours",
        pat_str=tokenization._WORD.pattern,
        mergeable_ranks=ranks,
        special_tokens={END: 418},
    )
    assert bpe.encode(text, special=False) == openai.encode_ordinary(text)
    assert bpe.encode(text) == openai.encode(text, allowed_special="all")


@pytest.mark.parametrize("seed", range(1, 4))
def test_ids_are_equal_where_merges_compete(seed):
    """Few letters: nearly every word can be cut in several ways."""
    bpe = BPETokenizer.train(random_text(0), 380)
    text = random_text(seed)
    assert bpe.encode(text) == hugging_face(bpe.merges).encode(text).ids


def test_special_tokens():
    assert split_specials("a<s><s>!b", ["<s>", "<s>!"]) == ["a", "<s>", "", "<s>!", "b"]
    assert split_specials("a", []) == ["a"]
    bpe = BPETokenizer([], ["<s>", "<s>!"])
    assert bpe.vocab_size == 258 and bpe.special_id("<s>!") == 257
    assert bpe.encode("<s><s>!") == [256, 257]
    assert max(bpe.encode("<s>", special=False)) < 256
    assert bpe.decode([256, 257]) == "<s><s>!"
    with pytest.raises(ValueError, match="no special token '<t>'; known: <s>, <s>!"):
        bpe.special_id("<t>")
    for wrong in (["<s>", "<s>"], [""]):
        with pytest.raises(ValueError, match="distinct"):
            BPETokenizer([], wrong)


@pytest.mark.parametrize("wrong", [-1, 420, 10**9])
def test_ids_out_of_range(bpe, wrong):
    with pytest.raises(ValueError, match=f"id {wrong} is not in a vocabulary of 420"):
        bpe.decode([1, wrong])
    with pytest.raises(ValueError):
        bpe.token(wrong)
    with pytest.raises(TypeError):
        bpe.decode([1.0])


def test_half_a_pair_is_no_text():
    with pytest.raises(UnicodeEncodeError):
        BPETokenizer([]).encode("\ud83d")


def test_the_cache_changes_nothing(bpe, monkeypatch):
    fresh = BPETokenizer(bpe.merges, bpe.special_tokens)
    monkeypatch.setattr("unmasked.tokenization._CACHED_WORDS", 3)
    assert fresh.encode(TEXT) == bpe.encode(TEXT) and len(fresh._cache) == 3
    assert fresh.encode(TEXT) == bpe.encode(TEXT)


# --- files


def test_a_saved_tokenizer_is_the_same_and_can_be_read(bpe, tmp_path):
    path = tmp_path / "bpe.json"
    path.write_text("an old file")
    bpe.save(path)
    content = json.loads(path.read_text("utf8"))
    assert content["special_tokens"] == [END, "<|pad|>"]
    assert content["merges"][0] == " ".join(map(visible, bpe.merges[0]))
    again = BPETokenizer.load(path)
    assert again.merges == bpe.merges and again.encode(TEXT) == bpe.encode(TEXT)
    assert [p.name for p in tmp_path.iterdir()] == ["bpe.json"]


def test_a_save_that_fails_leaves_the_old_file(bpe, tmp_path, monkeypatch):
    path = tmp_path / "bpe.json"
    path.write_text("an old file")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        bpe.save(path)
    assert path.read_text() == "an old file"
    assert [p.name for p in tmp_path.iterdir()] == ["bpe.json"]


FILE = '{"format": "byte-level BPE, version 1", "special_tokens": [], "merges": %s}'


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        "{}",
        FILE.replace("version 1", "version 2") % "[]",
        *(FILE % f'["{merge}"]' for merge in ("a", "a  b", "ab c", "猫 c")),
    ],
)
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "wrong.json"
    path.write_text(content, encoding="utf8")
    with pytest.raises(ValueError, match=r"wrong\.json is not a saved BPE tokenizer"):
        BPETokenizer.load(path)
    with pytest.raises(FileNotFoundError):
        BPETokenizer.load(tmp_path / "missing.json")


def test_gpt2s_file(bpe, tmp_path):
    path = tmp_path / "vocab.bpe"
    rows = ["#version: 0.2", *(f"{visible(a)} {visible(b)}" for a, b in bpe.merges)]
    path.write_text("\n".join([*rows, ""]), encoding="utf8")
    gpt2 = BPETokenizer.from_gpt2(path)
    assert gpt2.merges == bpe.merges and gpt2.encode(END) == [gpt2.vocab_size - 1]
    # the first ids of GPT-2's published encoder.json: "!" is 0, "Ġ" is 220
    assert gpt2.encode("!") == [0] and byte_order.index(b" ") == 220
    path.write_text("#version: 0.2\n# #\na\n", encoding="utf8")
    with pytest.raises(ValueError, match="line 3: 'a' is not two tokens"):
        BPETokenizer.from_gpt2(path)


def gpt1_files(tmp_path, text=TEXT, n_merges=120):
    """GPT-1's two files, learnt from a text the slow way."""
    words = [[*w[:-1], f"{w[-1]}</w>"] for w in basic_tokens(text)]
    encoder = {t: None for w in words for c in w for t in (c, c.removesuffix("</w>"))}
    merges = []
    for _ in range(n_merges):
        counts = Counter(pair for word in words for pair in pairwise(word))
        if not counts:
            break
        pair = max(counts, key=lambda p: counts[p])
        words = [merge_pair(word, pair, pair[0] + pair[1]) for word in words]
        merges.append(pair)
        encoder[pair[0] + pair[1]] = None
    paths = tmp_path / "encoder.json", tmp_path / "merges.bpe"
    encoder = {token: i for i, token in enumerate(["<unk>", *encoder])}
    paths[0].write_text(json.dumps(encoder), encoding="utf8")
    rows = ["#version: 0.2", *map(" ".join, merges), ""]
    paths[1].write_text("\n".join(rows), encoding="utf8")
    return *paths, encoder, merges


def test_gpt1s_form(tmp_path):
    transformers = pytest.importorskip("transformers")
    *paths, encoder, merges = gpt1_files(tmp_path)
    gpt1 = BPETokenizer.from_gpt1(*paths)
    theirs = transformers.OpenAIGPTTokenizer(vocab=encoder, merges=merges)
    for text in (TEXT, "The lowest ж value,\n\nNEWEST", "x" * 40, ""):
        assert gpt1.encode(text) == theirs.encode(text)
    assert gpt1.vocab_size == len(encoder) and gpt1.encode("ж") == [encoder["<unk>"]]
    assert gpt1.decode(gpt1.encode("The  NEWEST\narray")) == "the newest array"
    with pytest.raises(ValueError, match="not in the vocabulary"):
        gpt1.decode([len(encoder)])


def test_gpt1_without_an_unknown_token(tmp_path):
    encoder, merges = tmp_path / "e.json", tmp_path / "m.bpe"
    encoder.write_text('{"a</w>": 0}')
    merges.write_text("#version: 0.2\n")
    with pytest.raises(ValueError, match="'b</w>' has no id"):
        BPETokenizer.from_gpt1(encoder, merges).encode("a b")


# --- WordPiece

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(scope="module")
def bert():
    letters = sorted(set("".join(basic_tokens(TEXT))) - {"z"})
    parts = ["the", "low", "##er", "##est", "re", "##turn", "##turns", "new", "##we"]
    words = [*SPECIAL, *letters, *(f"##{c}" for c in letters), *parts]
    ours = WordPieceTokenizer(words)
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertTokenizer(vocab={w: i for i, w in enumerate(words)})
    return ours, theirs


def long_known(character: str) -> bool:
    """Each library has its own version of Unicode: is this one the same in all?"""
    before = unicodedata.ucd_3_2_0.category(character)
    return before == unicodedata.category(character)


CHARACTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"]).filter(long_known)
ASSIGNED = st.text(CHARACTERS, max_size=40)
BERTS = st.lists(
    st.sampled_from([*SPECIAL, *"Lowe rst,éÉ猫が\t\n\u200d\u0301İß$", "the "])
)


# transformers takes an empty second text for none at all
@given(ASSIGNED | BERTS.map("".join), ASSIGNED.filter(bool))
@settings(deadline=None)
def test_ids_are_those_of_bert(bert, text, pair):
    ours, theirs = bert
    assert ours.encode(text) == theirs.encode(text)
    assert ours.encode(text, pair) == theirs.encode(text, pair)


def test_ids_are_those_of_bert_on_sentences(bert):
    ours, theirs = bert
    for text in (TEXT, "x" * 101, "x" * 100, "", " \r\n"):
        assert ours.encode(text) == theirs.encode(text)
    pieces = ours.split("The lowest zebra")
    assert pieces == ["the", "low", "##est", "[UNK]"]
    assert ours.decode(ours.encode("The lowest")) == "[CLS] the lowest [SEP]"


def test_a_vocabulary_in_a_file(tmp_path, bert):
    ours, _ = bert
    for end in ("\n", "\r\n"):
        path = tmp_path / "vocab.txt"
        path.write_bytes("".join(token + end for token in ours.tokens).encode())
        assert WordPieceTokenizer(path).encode(TEXT) == ours.encode(TEXT)
    with pytest.raises(FileNotFoundError):
        WordPieceTokenizer(tmp_path / "missing.txt")
    with pytest.raises(ValueError, match=r"lacks \[CLS\], \[SEP\]"):
        WordPieceTokenizer(["[UNK]", "a"])
    with pytest.raises(ValueError, match="twice"):
        WordPieceTokenizer([*SPECIAL, "a", "a"])
    with pytest.raises(ValueError, match="id -1"):
        ours.decode([-1])
