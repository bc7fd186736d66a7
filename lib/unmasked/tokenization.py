# Built from book/chapters/06_tokenization.md by `make chapters`: edit that file.
"""Text to token ids and back: characters, byte-level BPE, GPT-1's BPE, WordPiece."""

import json
import os
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from operator import index, itemgetter
from pathlib import Path
from typing import SupportsIndex, TypeVar

import regex

_T = TypeVar("_T")
_S = TypeVar("_S", str, bytes)
_FORMAT = "byte-level BPE, version 1"
_CACHED_WORDS = 2**18  # per tokenizer: what a long text may take of the memory


def checked(ids: Iterable[SupportsIndex], vocab_size: int) -> Iterable[int]:
    """Yield ids (a list, an array, a tensor of one axis) as they are, if they exist.

    Raises: ValueError at an id outside 0 ... vocab_size - 1 (Python would read -1 as
        the last); TypeError where one is not an integer.
    """
    for i in map(index, ids):
        if not 0 <= i < vocab_size:
            raise ValueError(f"id {i} is not in a vocabulary of {vocab_size} tokens")
        yield i


class CharTokenizer:
    """One token for each character of an alphabet, in the order of their code points.

    Args:
        text: the alphabet, or any text: its distinct characters are the alphabet.

    Raises: ValueError if there is no character.
    """

    def __init__(self, text: str):
        if not text:
            raise ValueError("an alphabet needs at least one character, and got none")
        self.alphabet = sorted(set(text))
        self._ids = {character: i for i, character in enumerate(self.alphabet)}

    @property
    def vocab_size(self) -> int:
        """Number of tokens: ids run from 0 to vocab_size - 1."""
        return len(self.alphabet)

    def encode(self, text: str) -> list[int]:
        """Return one id per character; ValueError names a character that is unknown."""
        try:
            return [self._ids[character] for character in text]
        except KeyError as error:
            raise ValueError(
                f"character {error.args[0]!r} is not in the alphabet of "
                f"{self.vocab_size} characters"
            ) from None

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Return the text; ValueError if an id is not in the vocabulary."""
        return "".join(self.alphabet[i] for i in checked(ids, self.vocab_size))


# GPT-2's pre-tokenisation: the ends of English contractions; letters, digits, or other
# signs, each with the space before; white space, less the one space of a next word
_WORD = regex.compile(
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)


def split_words(text: str) -> Iterable[str]:
    """Yield the pieces over whose borders nothing is merged; together, all the text.

    A stream: a long text is not held twice. Source: GPT-2's published encoder.
    """
    return map(itemgetter(0), _WORD.finditer(text))


def split_specials(text: str, special_tokens: Iterable[str]) -> list[str]:
    """Cut special tokens out of a text: plain, special, plain, special, ..., plain.

    Where two of them begin at the same place, the longer one wins.
    """
    longest_first = sorted(special_tokens, key=len, reverse=True)
    if not longest_first:
        return [text]
    return regex.split(f"({'|'.join(map(regex.escape, longest_first))})", text)


def merge_pair(symbols: Sequence[_T], pair: tuple[_T, _T], merged: _T) -> list[_T]:
    """Replace a pair by one symbol, from the left, without overlap: aaa → Xa."""
    left, right = pair
    done: list[_T] = []
    i, last = 0, len(symbols) - 1
    while i <= last:
        if symbols[i] == left and i < last and symbols[i + 1] == right:
            done.append(merged)
            i += 2
        else:
            done.append(symbols[i])
            i += 1
    return done


# the 256 bytes as GPT-2 orders them: those that print in Latin-1, then the others
_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
byte_order = bytes([*_PRINTABLE, *sorted(set(range(256)) - set(_PRINTABLE))])
_RANK = bytes(byte_order.index(byte) for byte in range(256))  # byte → its id
# GPT-2's files show a byte as one visible character: itself, or one from 256 upwards
_SHOWN = {byte: chr(byte if i < 188 else 68 + i) for i, byte in enumerate(byte_order)}
_BYTES = {character: byte for byte, character in _SHOWN.items()}


def visible(token: bytes) -> str:
    """Return a token as GPT-2's files write it: b" the" is "Ġthe"."""
    return "".join(_SHOWN[byte] for byte in token)


def invisible(shown: str) -> bytes:
    """Return the bytes that a visible token stands for; ValueError if it is none."""
    try:
        return bytes(_BYTES[character] for character in shown)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} in {shown!r} stands for no byte") from None


def _index_pairs(
    words: list[list[int]], times: list[int]
) -> tuple[defaultdict[tuple[int, int], int], defaultdict[tuple[int, int], set[int]]]:
    """Return how often each pair occurs, and which words (their numbers) hold it."""
    counts: defaultdict[tuple[int, int], int] = defaultdict(int)
    holders: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for n, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += times[n]
            holders[pair].add(n)
    return counts, holders


def _merge_in_place(
    word: list[int], pair: tuple[int, int], new: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Do what `merge_pair` does to the list itself; return neighbours gone and made."""
    (left, right), last = pair, len(word) - 1
    gone, made = [], []
    i = done = 0
    while i <= last:
        if word[i] == left and i < last and word[i + 1] == right:
            if done:
                gone.append((word[done - 1], left))
                made.append((word[done - 1], new))
            if i + 1 < last:
                gone.append((right, word[i + 2]))
                made.append((new, word[i + 2]))
            word[done] = new
            i += 2
        else:
            word[done] = word[i]
            i += 1
        done += 1
    del word[done:]
    return gone, made


def learn_merges(
    frequencies: Mapping[str, int], n_tokens: int
) -> list[tuple[bytes, bytes]]:
    """Merge the most frequent pair of tokens within words, again and again.

    An index from pairs to words limits each step to the words that hold the pair.
    Pairs are counted with overlap (aaa holds aa twice). **Ties** go to the pair with
    the smaller ids, first of the left token, then of the right one; ids are those of
    `BPETokenizer`. Merges are those of Hugging Face's `BpeTrainer`.

    Args:
        frequencies: word → how often it occurs.
        n_tokens: how many tokens to end with, the 256 bytes included.

    Returns: the merges in order; fewer tokens result where no pair is left.
    Source: Sennrich et al. 2016, Algorithm 1.
    """
    words = [list(word.encode().translate(_RANK)) for word in frequencies]
    times = list(frequencies.values())
    counts, holders = _index_pairs(words, times)
    queue = [(-count, pair) for pair, count in counts.items()]
    heapify(queue)
    tokens = [bytes([byte]) for byte in byte_order]
    ids = {token: i for i, token in enumerate(tokens)}
    merges = []
    while queue and len(tokens) < n_tokens:
        count, pair = heappop(queue)
        if -count != counts[pair]:  # it has changed since: back into the queue
            heappush(queue, (-counts[pair], pair))
            continue
        if not count:
            break
        left, right = tokens[pair[0]], tokens[pair[1]]
        merges.append((left, right))
        # subtle: a + bc after ab + c makes the same token again, not a second one
        new = ids.setdefault(left + right, len(tokens))
        if new == len(tokens):
            tokens.append(left + right)
        grown = set()
        for n in holders.pop(pair):
            gone, made = _merge_in_place(words[n], pair, new)
            for p in gone:
                counts[p] -= times[n]
            for p in made:
                counts[p] += times[n]
                holders[p].add(n)
            grown.update(made)
        counts[pair] = 0
        for p in grown:
            heappush(queue, (-counts[p], p))
    return merges


def apply_merges(symbols: list[_S], ranks: Mapping[tuple[_S, _S], int]) -> list[_S]:
    """Merge the pair that was learnt first, as long as there is one in the word."""
    never = len(ranks)
    while len(symbols) > 1:
        best = min(pairwise(symbols), key=lambda pair: ranks.get(pair, never))
        if best not in ranks:
            break
        symbols = merge_pair(symbols, best, best[0] + best[1])
    return symbols


class BPEVocabulary:
    """The tokens of byte-level BPE and their ids, of one word, and in a file.

    Ids: 0 to 255 are the bytes in `byte_order`; then one for each new token in the
    order of the merges; then the special tokens. With GPT-2's merges and its special
    token, they are GPT-2's ids.

    Args:
        merges: pairs of tokens, in the order in which they were learnt.
        special_tokens: texts such as "<|endoftext|>" that are one token, never cut.

    Raises: ValueError if a merge uses a token that no earlier one makes, or if a
        special token is empty or given twice.
    """

    def __init__(
        self, merges: Iterable[tuple[bytes, bytes]], special_tokens: Iterable[str] = ()
    ):
        self.merges, special = list(merges), list(special_tokens)
        if "" in special or len(set(special)) < len(special):
            raise ValueError(f"special tokens must be distinct, not empty: {special}")
        self._ids = {bytes([byte]): i for i, byte in enumerate(byte_order)}
        for left, right in self.merges:
            if left not in self._ids or right not in self._ids:
                raise ValueError(f"{(left, right)} merges a token that does not exist")
            self._ids.setdefault(left + right, len(self._ids))
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._cache: dict[str, list[int]] = {}
        self._bytes = [*self._ids, *(token.encode() for token in special)]
        self.special_tokens = {t: len(self._ids) + i for i, t in enumerate(special)}

    @property
    def vocab_size(self) -> int:
        """Number of tokens, special ones included: ids run to vocab_size - 1."""
        return len(self._bytes)

    def token(self, id: int) -> bytes:
        """Return the bytes of a token; ValueError if there is no such id."""
        return self._bytes[next(iter(checked([id], self.vocab_size)))]

    def special_id(self, token: str) -> int:
        """Return the id of a special token; ValueError if it is not one."""
        if token not in self.special_tokens:
            known = ", ".join(self.special_tokens) or "none"
            raise ValueError(f"no special token {token!r}; known: {known}")
        return self.special_tokens[token]

    def _encode_word(self, word: str) -> list[int]:
        symbols = [bytes([byte]) for byte in word.encode()]
        ids = [self._ids[token] for token in apply_merges(symbols, self._ranks)]
        if len(self._cache) < _CACHED_WORDS:
            self._cache[word] = ids
        return ids


def read_merges(path: str | Path) -> list[tuple[str, str]]:
    """Read merges, two tokens a line after one line of version, as GPT-1 and 2 have.

    Raises: FileNotFoundError; ValueError naming the line that is not two tokens.
    """
    merges = []
    # subtle: `splitlines` would also split at characters that are tokens here
    for n, line in enumerate(Path(path).read_text("utf8").split("\n"), start=1):
        if (n == 1 and line.startswith("#version")) or not line:
            continue
        left, space, right = line.rstrip("\r").partition(" ")
        if not (left and space and right) or " " in right:
            raise ValueError(f"{path}, line {n}: {line!r} is not two tokens")
        merges.append((left, right))
    return merges


def _write_whole(path: Path, text: str) -> None:
    """Replace a file in one step: whoever reads it sees the old or the new one."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        complete = Path(scratch, path.name)
        complete.write_text(text, encoding="utf8", newline="\n")
        os.replace(complete, path)


class BPEFiles(BPEVocabulary):
    """A `BPEVocabulary` in a file of its own, or from the files of GPT-1 and GPT-2."""

    def save(self, path: str | Path) -> None:
        """Write merges and special tokens as JSON, one merge a line, in one step."""
        shown = [f"{visible(left)} {visible(right)}" for left, right in self.merges]
        content = {
            "format": _FORMAT,
            "special_tokens": list(self.special_tokens),
            "merges": shown,
        }
        _write_whole(Path(path), json.dumps(content, ensure_ascii=False, indent=1))

    @classmethod
    def load(cls, path: str | Path):
        """Read what `save` wrote.

        Raises: FileNotFoundError; ValueError if it is another kind of file.
        """
        try:
            content = json.loads(Path(path).read_text("utf8"))
            if content["format"] != _FORMAT:
                raise ValueError(f"its format is {content['format']!r}")
            pairs = [pair.split(" ") for pair in content["merges"]]
            merges = [(invisible(left), invisible(right)) for left, right in pairs]
            return cls(merges, content["special_tokens"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a saved BPE tokenizer: {error}") from error

    @classmethod
    def from_gpt2(
        cls, merges_bpe: str | Path, special_tokens: Iterable[str] = ("<|endoftext|>",)
    ):
        """Read GPT-2's `vocab.bpe`; ids are GPT-2's. Errors: those of `read_merges`."""
        pairs = read_merges(merges_bpe)
        return cls([(invisible(a), invisible(b)) for a, b in pairs], special_tokens)

    @staticmethod
    def from_gpt1(encoder_json: str | Path, merges_bpe: str | Path) -> "GPT1Tokenizer":
        """Read GPT-1's two files, whose words end in `</w>`; see `GPT1Tokenizer`."""
        encoder = json.loads(Path(encoder_json).read_text("utf8"))
        return GPT1Tokenizer(encoder, read_merges(merges_bpe))


class BPETokenizer(BPEFiles):
    """Byte-level BPE: any text to ids, and back to the same text.

    Text that holds a special token's name gets that token. For text that others wrote,
    pass `special=False` to `encode`: then it is text like any other.

    Sources: Sennrich et al. 2016; on bytes, Radford et al. 2019, §2.2.
    """

    @classmethod
    def train(cls, text: str, vocab_size: int, special_tokens: Iterable[str] = ()):
        """Learn merges (see `learn_merges` for the tie rule) up to a vocabulary size.

        Special tokens count in vocab_size, and their occurrences in the text do not
        count as text.
        Raises: ValueError if the size is below 256 + special tokens, or above what the
            text has pairs for: a smaller vocabulary than asked for is never returned.
        """
        special_tokens = list(special_tokens)
        least = 256 + len(special_tokens)
        if vocab_size < least:
            raise ValueError(f"vocab_size is {vocab_size}, and must be >= {least}")
        words: Counter[str] = Counter()
        for part in split_specials(text, special_tokens)[::2]:
            words.update(split_words(part))
        merges = learn_merges(words, vocab_size - len(special_tokens))
        tokenizer = cls(merges, special_tokens)
        if tokenizer.vocab_size < vocab_size:
            raise ValueError(
                f"vocab_size is {vocab_size}, and this text has pairs for "
                f"{tokenizer.vocab_size}: ask for less, or give more text"
            )
        return tokenizer

    def encode(self, text: str, special: bool = True) -> list[int]:
        """Return the ids; the empty text has none."""
        ids: list[int] = []
        parts = split_specials(text, self.special_tokens if special else ())
        for n, part in enumerate(parts):
            if n % 2:
                ids.append(self.special_tokens[part])
                continue
            for word in split_words(part):
                ids += self._cache.get(word) or self._encode_word(word)
        return ids

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Return the text; bytes that are no UTF-8 become U+FFFD, the "\ufffd" sign.

        Raises: ValueError if an id is not in the vocabulary.
        """
        data = bytearray()  # `join` would take 80 bytes of memory for each token
        for i in checked(ids, self.vocab_size):
            data += self._bytes[i]
        return data.decode(errors="replace")


# Unicode's blocks of Chinese characters, as BERT lists them; kana and hangul are not in
_CJK = regex.compile(
    "[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b73f"
    "\U0002b740-\U0002b81f\U0002b920-\U0002ceaf\uf900-\ufaff\U0002f800-\U0002fa1f]"
)
_DROPPED = regex.compile(r"[\ufffd\p{Cc}\p{Cf}\p{Co}\p{Cs}--[\t\n\r]]", regex.V1)
_BASIC = regex.compile(r"[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+")


def basic_tokens(text: str, lower: bool = True) -> list[str]:
    """Split as BERT does before its pieces: words, and each punctuation mark alone.

    Control characters vanish, Chinese characters stand alone, white space separates.

    Args:
        lower: lower-case the text and strip its accents.

    Source: the basic tokenizer of BERT's published code.
    """
    text = _CJK.sub(r" \g<0> ", _DROPPED.sub("", text))
    if lower:
        text = regex.sub(r"\p{Mn}", "", unicodedata.normalize("NFD", text)).lower()
    return _BASIC.findall(text)


class GPT1Tokenizer:
    """GPT-1's BPE over characters: a word's last token carries its end, `</w>`.

    Lower-cases and drops white space, so that only words come back. Words are split as
    BERT's are; the published code used spaCy, which differs in places.

    Args:
        encoder: token → id.
        merges: pairs of tokens, in the order in which they were learnt.

    Source: Radford et al. 2018, §4.1, and its published code.
    """

    def __init__(self, encoder: Mapping[str, int], merges: Iterable[tuple[str, str]]):
        self.encoder, self.merges = dict(encoder), list(merges)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._tokens = {i: token for token, i in self.encoder.items()}

    @property
    def vocab_size(self) -> int:
        """Number of tokens; the model adds its special ones."""
        return len(self.encoder)

    def encode(self, text: str) -> list[int]:
        """Return the ids; a character that is unknown is `<unk>`.

        Raises: ValueError at such a character if the encoder has no `<unk>`.
        """
        ids = []
        for word in basic_tokens(text):
            symbols = [*word[:-1], word[-1] + "</w>"]
            for token in apply_merges(symbols, self._ranks):
                i = self.encoder.get(token, self.encoder.get("<unk>"))
                if i is None:
                    raise ValueError(f"{token!r} has no id, and there is no <unk>")
                ids.append(i)
        return ids

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Return the words with one space between; ValueError if an id is unknown."""
        whole = list(map(index, ids))
        if unknown := [i for i in whole if i not in self._tokens]:
            raise ValueError(f"ids {unknown[:5]} are not in the vocabulary")
        text = "".join(self._tokens[i] for i in whole)
        return text.replace("</w>", " ").strip()


def longest_pieces(word: str, vocabulary: Container[str]) -> list[str]:
    """Cut a word from the left into the longest pieces there are; [UNK] if it fails."""
    if len(word) > WordPieceTokenizer.LONGEST_WORD:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]  # the whole word, whatever was found before
        pieces.append(piece)
        start = end
    return pieces


class WordPieceTokenizer:
    """BERT's tokenizer: words split as BERT does, each cut into its longest pieces.

    Args:
        vocab: the tokens in the order of their ids, or a file with one a line.
        lower: lower-case the text and strip its accents, as for "uncased" models.

    Raises: FileNotFoundError; ValueError if [UNK], [CLS] or [SEP] is missing, or a
        token stands twice.
    Sources: Wu et al. 2016, §4.1; the published code of Devlin et al. 2019.
    """

    SPECIAL = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
    LONGEST_WORD = 100  # characters; a longer one is [UNK]

    def __init__(self, vocab: Iterable[str] | str | Path, lower: bool = True):
        if isinstance(vocab, str | Path):
            lines = Path(vocab).read_text("utf8").removesuffix("\n").split("\n")
            vocab = [line.removesuffix("\r") for line in lines]
        self.tokens, self.lower = list(vocab), lower
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if missing := [token for token in self.SPECIAL[:3] if token not in self._ids]:
            raise ValueError(f"the vocabulary lacks {', '.join(missing)}")
        if len(self._ids) < len(self.tokens):
            raise ValueError("a token stands twice in the vocabulary")

    @property
    def vocab_size(self) -> int:
        """Number of tokens: ids run from 0 to vocab_size - 1."""
        return len(self.tokens)

    def encode(self, text: str, pair: str | None = None) -> list[int]:
        """Return the ids of [CLS] text [SEP], and of pair [SEP] after it if given."""
        tokens = ["[CLS]", *self.split(text), "[SEP]"]
        tokens += [] if pair is None else [*self.split(pair), "[SEP]"]
        return [self._ids[token] for token in tokens]

    def split(self, text: str) -> list[str]:
        """Return the pieces; those that go on with a word begin with ##."""
        known = [token for token in self.SPECIAL if token in self._ids]
        pieces: list[str] = []
        for n, part in enumerate(split_specials(text, known)):
            words = [part] if n % 2 else basic_tokens(part, self.lower)
            for word in words:
                pieces += [word] if n % 2 else longest_pieces(word, self._ids)
        return pieces

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Return the tokens with spaces between, pieces joined; case is lost."""
        tokens = (self.tokens[i] for i in checked(ids, self.vocab_size))
        return " ".join(tokens).replace(" ##", "")


__all__ = [
    "BPEFiles",
    "BPETokenizer",
    "BPEVocabulary",
    "CharTokenizer",
    "GPT1Tokenizer",
    "WordPieceTokenizer",
    "apply_merges",
    "basic_tokens",
    "byte_order",
    "checked",
    "invisible",
    "learn_merges",
    "longest_pieces",
    "merge_pair",
    "read_merges",
    "split_specials",
    "split_words",
    "visible",
]
