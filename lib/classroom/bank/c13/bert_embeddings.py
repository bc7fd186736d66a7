"""Chapter 13, faded: what goes into BERT's first layer."""

import torch
import torch.nn.functional as F

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
What goes into BERT's first layer: the vectors of the word, of its place and of its
segment are added up, and the sum is normed. The size of the text and the norm are there
already.

- `ids` (B, T); `segments` (B, T), 0 for the first text of a pair and 1 for the second,
  or None: then there is one text, and all of it is segment 0
- `words` (V, d), `places` (max_len, d), `sides` (2, d): the three tables
- `norm`: a function (…, d) → (…, d), the layer norm
- returns (B, T, d)
"""

STUB = """
def bert_embeddings(ids, segments, words, places, sides, norm):
    T = ids.shape[1]
    raise NotImplementedError
    return norm(x)
"""


def bert_embeddings(ids, segments, words, places, sides, norm):
    T = ids.shape[1]
    if segments is None:
        segments = torch.zeros_like(ids)
    x = words[ids] + places[:T] + sides[segments]  # (B, T, d)
    return norm(x)


def in_place(ids, segments, words, places, sides, norm):
    x = F.embedding(ids, words)
    x += places[torch.arange(ids.shape[1])].unsqueeze(0)
    x += sides[0] if segments is None else F.embedding(segments, sides)
    return norm(x)


def by_one_hot(ids, segments, words, places, sides, norm):
    second = torch.zeros(ids.shape) if segments is None else segments.float()
    pair = torch.stack([1 - second, second], dim=-1) @ sides
    place = torch.arange(ids.shape[1]).expand_as(ids)
    return norm(pair + places[place] + words[ids])


def but(make, after=True):
    """Another sum: (ids, segments, words, places, sides, norm) → x, normed or not."""

    def wrong(ids, segments, words, places, sides, norm):
        side = torch.zeros_like(ids) if segments is None else segments
        x = make(ids, side, words, places, sides, norm)
        return norm(x) if after else x

    return wrong


def none_adds_nothing(ids, segments, words, places, sides, norm):
    x = words[ids] + places[: ids.shape[1]]
    return norm(x if segments is None else x + sides[segments])


def none_is_the_second(ids, segments, words, places, sides, norm):
    side = torch.ones_like(ids) if segments is None else segments
    return norm(words[ids] + places[: ids.shape[1]] + sides[side])


def none_is_an_index(ids, segments, words, places, sides, norm):
    return norm(words[ids] + places[: ids.shape[1]] + sides[segments])


def _restarted(ids, segments, words, places, sides, norm):
    place = torch.arange(ids.shape[1]).expand_as(ids)
    first = (segments == 0).sum(1, keepdim=True)
    return (
        words[ids]
        + places[torch.where(segments == 1, place - first, place)]
        + (sides[segments])
    )


IDS = torch.tensor([[2, 7, 7, 3, 9, 3], [2, 10, 3, 7, 8, 3], [2, 5, 6, 8, 3, 3]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1]])


def identity(x):
    return x


def layer_norm(x):
    gain, shift = torch.linspace(0.5, 2, 4), torch.linspace(-1, 1, 4)
    return F.layer_norm(x, (4,), gain, shift, 1e-12)


def tables():
    """Words (11, 4) in hundreds, places (12, 4) in units, sides (2, 4) in tenths."""
    k = torch.arange(4.0)
    words = 100 * torch.arange(11.0)[:, None] + 37 * torch.sin(k)
    places = torch.arange(12.0)[:, None] * torch.tensor([1.0, 1, 2, 0.5])
    sides = torch.tensor([[0.1, 0.4, 0.2, 0.3], [0.6, 0.5, 0.9, 0.7]])
    return words, places, sides


def setting(segments, norm):
    return lambda: (IDS, segments, *tables(), norm)


def _last(got, expected):
    if got.shape != expected.shape:
        return f"Your result has shape {tuple(got.shape)}."
    return (
        "Without a norm, the first numbers of the last text's six vectors are "
        f"{short(got[-1, :, 0], 4)} with you, and {short(expected[-1, :, 0], 4)} is "
        "right."
    )


def _normed(got, expected):
    return (
        f"With the norm, your first vector is {short(got[0, 0])}, and "
        f"{short(expected[0, 0])} is right."
    )


EXERCISE = Exercise(
    id="bert-embeddings",
    chapter=13,
    kind="faded",
    title="Word, place and segment",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="bert_embeddings",
    stub=STUB,
    reference=bert_embeddings,
    accepts=(in_place, by_one_hot),
    proves="Each token gets the vectors of its word, its place in the whole input and "
    "its segment, and the sum is normed once; one text alone is segment 0.",
    probes=(
        Probe(
            "sum",
            setting(SEGMENTS, identity),
            says="With a norm that does nothing, the result is the sum of three "
            "vectors: of the word, of the place, of the segment",
        ),
        Probe(
            "alone",
            setting(None, identity),
            says="Without segments, the whole text is segment 0",
        ),
        Probe(
            "normed",
            setting(SEGMENTS, layer_norm),
            says="The sum is normed, once and at the end",
        ),
    ),
    mistakes=(
        Mistake(
            "segments-forgotten",
            but(lambda ids, seg, w, p, s, norm: w[ids] + p[: ids.shape[1]]),
            _last,
            "How does the model know where the second text begins?",
            "Give the same words once as one text and once as two. Is anything in your "
            "sum different?",
            "Two letters in one envelope, without a word about who wrote which.",
            "sum",
        ),
        Mistake(
            "segment-as-a-number",
            but(
                lambda ids, seg, w, p, s, norm: (
                    w[ids] + p[: ids.shape[1]] + seg[..., None]
                )
            ),
            _last,
            "What has the table of segments been made for?",
            "A segment is a name, as a word is. What do you do with a word's id: add "
            "it, or look something up?",
            "House number 7 does not make a house seven times as large.",
            "sum",
        ),
        Mistake(
            "segments-swapped",
            but(
                lambda ids, seg, w, p, s, norm: w[ids] + p[: ids.shape[1]] + s[1 - seg]
            ),
            _last,
            "Which row of the table belongs to the first text?",
            "The weights were trained with 0 for the first text. Print the row that "
            "your first token gets.",
            "Left and right shoe are equally good, on the right feet.",
            "sum",
        ),
        Mistake(
            "pos-emb-indexed-by-token",
            but(lambda ids, seg, w, p, s, norm: w[ids] + p[ids] + s[seg]),
            _last,
            "What does the table of places take as input: a word or a place?",
            "The first text has one word twice. Do the two vectors of it differ in "
            "your sum?",
            "A theatre that seats by name: what if two guests are called Miller?",
            "sum",
        ),
        Mistake(
            "pe-on-batch-axis",
            but(
                lambda ids, seg, w, p, s, norm: (
                    w[ids] + p[: len(ids)].unsqueeze(1) + s[seg]
                )
            ),
            _last,
            "Which axis of your tensor counts places?",
            "Two texts that begin with the same word, in one batch: do they begin "
            "with the same vector?",
            "Seats numbered by the row of the theatre alone: everybody in a row has "
            "the same.",
            "sum",
        ),
        Mistake(
            "pe-single-row",
            but(lambda ids, seg, w, p, s, norm: w[ids] + p[ids.shape[1] - 1] + s[seg]),
            _last,
            "How many different places did you add?",
            "The first text has one word twice in a row. Do its two vectors differ?",
            "A queue in which everybody holds the same number.",
            "sum",
        ),
        Mistake(
            "all-places",
            but(lambda ids, seg, w, p, s, norm: w[ids] + p + s[seg]),
            "The texts have 6 tokens, and the table has 12 places.",
            "How many places does a text of T tokens take?",
            "You add the whole table. Which of its rows belong to this text?",
            "A theatre of 12 rows, and a party that fills 6 of them.",
            "sum",
        ),
        Mistake(
            "places-from-one",
            but(
                lambda ids, seg, w, p, s, norm: (
                    w[ids] + p[1 : ids.shape[1] + 1] + s[seg]
                )
            ),
            _last,
            "Which row of the table is the first place's?",
            "Counting begins at 0 here, and the table was trained so. Which row does "
            "[CLS] get?",
            "In this house the ground floor is 0: who presses 1 for it gets out too "
            "high.",
            "sum",
        ),
        Mistake(
            "places-restart-in-the-second-text",
            but(_restarted),
            _last,
            "Are there two first places?",
            "The segment says which text a token is from; the place counts through "
            "the whole input. Which of the two tells the sixth token from the second?",
            "A book in two parts: do the page numbers begin again?",
            "sum",
        ),
        Mistake(
            "emb-scaled",
            but(
                lambda ids, seg, w, p, s, norm: (
                    w[ids] * w.shape[1] ** 0.5 + p[: ids.shape[1]] + s[seg]
                )
            ),
            _last,
            "Who has drawn these tables, and for which sum?",
            "The factor √d belongs to the Transformer of 2017, with its fixed waves. "
            "Here all three tables are learnt together, and a norm follows.",
            "A recipe that asks for a tablespoon, from a book where it asked for a cup."
            "",
            "sum",
        ),
        Mistake(
            "concatenated",
            but(
                lambda ids, seg, w, p, s, norm: torch.cat(
                    [w[ids], p[: ids.shape[1]].expand(*ids.shape, -1), s[seg]], dim=-1
                ),
                after=False,
            ),
            lambda got, _: (
                f"Your vectors have {got.shape[-1]} numbers, and the model is 4 wide."
            ),
            "How wide is the vector that the first layer takes?",
            "All three tables have the same width. What can one do with three vectors "
            "of one width so that the width remains?",
            "Three voices on one tape, or three tapes?",
            "sum",
        ),
        Mistake(
            "none-is-no-segment",
            none_adds_nothing,
            "With segments the sum is right; for one text alone, nothing is added for "
            "its segment.",
            "Which segment is a text that stands alone?",
            "The model was trained with a segment's vector at every token. What would "
            "a text look like to it that has none?",
            "A train with one carriage has a first carriage all the same.",
            "alone",
        ),
        Mistake(
            "none-is-the-second",
            none_is_the_second,
            "With segments the sum is right; a text alone is the second with you.",
            "Which segment is a text that stands alone?",
            "Read what the task says about None.",
            "A train with one carriage: is it the first, or the second?",
            "alone",
        ),
        Mistake(
            "none-as-an-index",
            none_is_an_index,
            "With segments the sum is right; for one text alone, a table is indexed "
            "by None.",
            "What does a table give you for the index None?",
            "None says that there is one text. Which whole number stands for that, at "
            "each of its tokens?",
            "“No wish” is a wish too: a cook has to know what to serve then.",
            "alone",
        ),
        Mistake(
            "norm-missing",
            but(
                lambda ids, seg, w, p, s, norm: w[ids] + p[: ids.shape[1]] + s[seg],
                after=False,
            ),
            _normed,
            "Have you used everything that you were given?",
            "Words, places and segments may be of very different sizes. What do the "
            "layers above expect?",
            "A choir sings in tune, and the microphone has not been set.",
            "normed",
        ),
        Mistake(
            "norm-on-words-alone",
            but(
                lambda ids, seg, w, p, s, norm: (
                    norm(w[ids]) + p[: ids.shape[1]] + s[seg]
                ),
                after=False,
            ),
            _normed,
            "What is normed: a summand or the sum?",
            "Write down the order of the operations. What has a mean of zero in the "
            "end, before gain and shift?",
            "To weigh the parcel, is the letter put in before or after?",
            "normed",
        ),
        Mistake(
            "each-normed",
            but(
                lambda ids, seg, w, p, s, norm: (
                    norm(w[ids]) + norm(p[: ids.shape[1]]) + norm(s[seg])
                ),
                after=False,
            ),
            _normed,
            "How many norms stand before the first layer?",
            "Three normed vectors, added up, are not normed. What comes first: adding "
            "or norming?",
            "Three shares of one third each, of three different cakes.",
            "normed",
        ),
        Mistake(
            "normed-twice",
            but(
                lambda ids, seg, w, p, s, norm: norm(
                    w[ids] + p[: ids.shape[1]] + s[seg]
                )
            ),
            _normed,
            "How often does your sum go through the norm?",
            "A norm with a gain and a shift changes what is normed already. Read the "
            "last line that was there.",
            "Who rounds the rounded price pays too much.",
            "normed",
        ),
    ),
)
