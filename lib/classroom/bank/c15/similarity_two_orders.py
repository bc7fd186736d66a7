"""Chapter 15, faded: two texts have no order, and a row of tokens has one."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Is one text similar to the other? There is no first and no second in that question, but
a row of tokens has an order. GPT-1 lets the model read the pair **both ways**, adds the
two states at extract, and gives the sum to one linear layer. Fill in the gaps.

- `encode`: a row, which is a list of ids → the state at its last token, (d,)
- `W_y` (d, C): the head, without bias
- `first`, `second`: lists of ids, short enough for the window
- `special`: has the ids `special.start`, `special.delimiter`, `special.extract`
- returns the logits (C,)
"""

STUB = """
def similarity_logits(encode, W_y, first, second, special):
    one = ...  # a row of ids
    other = ...  # a row of ids
    h = ...  # (d,)
    raise NotImplementedError  # and the logits, (C,)
"""


def similarity_logits(encode, W_y, first, second, special):
    one = [special.start, *first, special.delimiter, *second, special.extract]
    other = [special.start, *second, special.delimiter, *first, special.extract]
    h = encode(one) + encode(other)
    return h @ W_y


def in_a_loop(encode, W_y, first, second, special):
    total = 0
    for a, b in ((second, first), (first, second)):
        row = [special.start, *a, special.delimiter, *b, special.extract]
        total = total + encode(row) @ W_y
    return total


def stacked(encode, W_y, first, second, special):
    pairs = ((first, second), (second, first))
    rows = [
        (special.start, *a, special.delimiter, *b, special.extract) for a, b in pairs
    ]
    states = torch.stack([encode(list(row)) for row in rows])  # (2, d)
    return torch.einsum("nd,dc->c", states, W_y)


class Special:
    """The ids of the three special tokens."""

    start, delimiter, extract = 17, 18, 19


def _row(a, b, special, between=True):
    middle = [special.delimiter] if between else []
    return [special.start, *a, *middle, *b, special.extract]


def rows_and_sum(rows, join=lambda x, y: x + y, head=lambda h, W_y: h @ W_y):
    """`rows` (first, second, special) → two rows; what is made of their states."""

    def wrong(encode, W_y, first, second, special):
        one, other = rows(first, second, special)
        return head(join(encode(one), encode(other)), W_y)

    return wrong


def both_ways(first, second, special):
    return _row(first, second, special), _row(second, first, special)


def first_way_twice(first, second, special):
    return (_row(first, second, special),) * 2


def turned_round(first, second, special):
    row = _row(first, second, special)
    return row, row[::-1]


def words_turned_round(first, second, special):
    return _row(first, second, special), _row(second[::-1], first[::-1], special)


def without_delimiter(first, second, special):
    return (
        _row(first, second, special, between=False),
        _row(second, first, special, between=False),
    )


def without_extract(first, second, special):
    return tuple(row[:-1] for row in both_ways(first, second, special))


def without_start(first, second, special):
    return tuple(row[1:] for row in both_ways(first, second, special))


def each_alone(first, second, special):
    return tuple([special.start, *text, special.extract] for text in (first, second))


def one_order(encode, W_y, first, second, special):
    return encode(_row(first, second, special)) @ W_y


def rows_joined(encode, W_y, first, second, special):
    one, other = both_ways(first, second, special)
    return encode(one + other) @ W_y


def in_one_row(encode, W_y, first, second, special):
    d = special.delimiter
    row = [special.start, *first, d, *second, d, *first, special.extract]
    return encode(row) @ W_y


FIRST, SECOND = [3, 8, 1], [5, 0, 12, 7, 3]


def setting():
    """d = 6, C = 3; an encoder that reads from left to right and forgets little."""
    draw = torch.Generator().manual_seed(16)
    words = torch.randn(20, 6, generator=draw)
    mix = torch.randn(6, 6, generator=draw) / 2
    W_y = torch.randn(6, 3, generator=draw)

    def encode(row):
        state = torch.zeros(6)
        for id in row:
            state = torch.tanh(state @ mix + words[id])
        return state

    return encode, W_y, list(FIRST), list(SECOND), Special


def rows_read(function, encode, W_y, first, second, special):
    """The rows that the model is given, in no order."""
    read = []

    def noting(row):
        read.append([int(id) for id in row])
        return encode(row)

    function(noting, W_y, first, second, special)
    return sorted(read)


def exchanged(function, encode, W_y, first, second, special):
    """The logits of the pair, and of the pair with its texts exchanged."""
    return (
        function(encode, W_y, first, second, special),
        function(encode, W_y, second, first, special),
    )


def _words(row):
    names = {17: "start", 18: "delimiter", 19: "extract"}
    return " ".join(names.get(id, str(id)) for id in row)


def _read(got, _):
    rows = "; ".join(map(_words, got))
    return f"For the texts 3 8 1 and 5 0 12 7 3 the model reads: {rows}."


def _logits(got, expected):
    return (
        "The model reads the right rows. Your logits are "
        f"{short(got)}, and {short(expected)} is right."
    )


def _two(got, _):
    return (
        f"For the pair your logits are {short(got[0])}, and for the same two texts "
        f"exchanged {short(got[1])}."
    )


EXERCISE = Exercise(
    id="similarity-two-orders",
    chapter=15,
    kind="faded",
    title="Similarity, read both ways",
    question=QUESTION,
    difficulty=2,
    minutes=6,
    name="similarity_logits",
    stub=STUB,
    reference=similarity_logits,
    accepts=(in_a_loop, stacked),
    proves="Both orders are read, each as a pair, and their states are added: the "
    "answer is the same whichever text is called the first.",
    probes=(
        Probe(
            "rows",
            setting,
            rows_read,
            "The model reads two rows, one for each order of the texts",
        ),
        Probe(
            "logits",
            setting,
            says="The two states are added, and the sum is given to the head",
        ),
        Probe(
            "exchanged",
            setting,
            exchanged,
            "With the texts exchanged, the logits are the same",
        ),
    ),
    mistakes=(
        Mistake(
            "pair-task-single-order",
            one_order,
            _two,
            "Is “similar” a one-way street?",
            "Your model reads one row. Whose words stand nearer to extract in it, and "
            "what would change with the other one's there?",
            "Is Anna as tall as Ben? Then you know whether Ben is as tall as Anna.",
            "exchanged",
        ),
        Mistake(
            "same-order-twice",
            rows_and_sum(first_way_twice),
            _read,
            "What does the second row tell the model that the first one has not told?",
            "Read your two rows aloud, one after the other.",
            "A judge hears the same witness twice, and calls it two witnesses.",
            "rows",
        ),
        Mistake(
            "row-turned-round",
            rows_and_sum(turned_round),
            _read,
            "With which token does your second row begin, and what has been read by "
            "the time the head reads it?",
            "The texts change places. Do the words in a text change places, too?",
            "Two paragraphs are exchanged. Nobody reads them backwards for that.",
            "rows",
        ),
        Mistake(
            "words-turned-round",
            rows_and_sum(words_turned_round),
            _read,
            "In which order do the words of the second text come in your second row?",
            "What is exchanged are the texts as a whole. What did your slice exchange?",
            "Two trains change tracks. Do the carriages change places in each?",
            "rows",
        ),
        Mistake(
            "delimiter-missing",
            rows_and_sum(without_delimiter),
            _read,
            "Where does one text end and the other begin, in your rows?",
            "Move the last word of one text to the front of the other. Is your row "
            "another one then?",
            "Two telegrams on one slip, without a stop between them.",
            "rows",
        ),
        Mistake(
            "extract-missing",
            rows_and_sum(without_extract),
            _read,
            "At which token is the state taken that you add up?",
            "`encode` gives the state at the last token of your row. Which token is "
            "that, and was it trained to sum up?",
            "A jury hears everybody, and nobody is asked for the verdict.",
            "rows",
        ),
        Mistake(
            "start-missing",
            rows_and_sum(without_start),
            _read,
            "What stands in front of the first word of your rows?",
            "Three special tokens are handed to you. Which one have you not used?",
            "A play in which the curtain falls, and has never gone up.",
            "rows",
        ),
        Mistake(
            "rows-joined",
            rows_joined,
            _read,
            "How often is the model asked, and how often by you?",
            "Put together are states, and not rows. What does a model make of a row "
            "with two starts?",
            "A match and the return match are not played on one pitch at one time.",
            "rows",
        ),
        Mistake(
            "read-apart",
            rows_and_sum(each_alone),
            _read,
            "In which row could a word of one text meet a word of the other?",
            "Swapping changes nothing in your function, that is true. But who has "
            "seen both texts?",
            "Two critics each see one film, and are asked which scene was stolen.",
            "rows",
        ),
        Mistake(
            "all-in-one-row",
            in_one_row,
            _read,
            "How many rows does the paper make of a pair?",
            "Your row is half as long again. Exchange the texts: is it the same row?",
            "A match and the return match are not played on one pitch at one time.",
            "rows",
        ),
        Mistake(
            "mean-not-sum",
            rows_and_sum(both_ways, join=lambda x, y: (x + y) / 2),
            _logits,
            "What does the task do with the two states, and what do you do?",
            "A factor before a linear layer is a factor after it. Which one is in your "
            "logits?",
            "Two lamps are lit. Is the room as bright as the average lamp?",
            "logits",
        ),
        Mistake(
            "difference-not-sum",
            rows_and_sum(both_ways, join=lambda x, y: x - y),
            _logits,
            "What does the task do with the two states, and what do you do?",
            "Exchange the texts: what becomes of the sign of your numbers?",
            "How far apart are two towns? The answer has no sign.",
            "logits",
        ),
        Mistake(
            "largest-not-sum",
            rows_and_sum(both_ways, join=torch.maximum),
            _logits,
            "What does the task do with the two states, and what do you do?",
            "Is your answer the same for both orders? Yes. But where has the smaller "
            "one of each two numbers gone?",
            "Two scales, two weights: nobody reads off the heavier one alone.",
            "logits",
        ),
        Mistake(
            "product-not-sum",
            rows_and_sum(both_ways, join=torch.mul),
            _logits,
            "What does the task do with the two states, and what do you do?",
            "What comes of an entry that is near 0 in one of the two states?",
            "Two opinions are weighed together. Is the vote lost if one abstains?",
            "logits",
        ),
        Mistake(
            "states-joined",
            rows_and_sum(both_ways, join=lambda x, y: torch.cat([x, y])),
            "Two states of 6 numbers make 12 in your function, and `W_y` has 6 rows.",
            "How many numbers does the head expect?",
            "Put end to end, the two would have an order again. Which way of putting "
            "them together has none?",
            "Two columns of figures: is the total longer than each?",
            "logits",
        ),
        Mistake(
            "softmax-returned",
            rows_and_sum(both_ways, head=lambda h, W_y: (h @ W_y).softmax(-1)),
            lambda got, _: (
                f"Your numbers sum to {short(got.sum())}: they are probabilities."
            ),
            "Does the task ask for logits, or for what a softmax makes of them?",
            "The loss takes a softmax of its own. What would it do to these numbers?",
            "A film developed already is put into the bath again.",
            "logits",
        ),
        Mistake(
            "shares-added",
            rows_and_sum(
                both_ways,
                join=lambda x, y: torch.stack([x, y]),
                head=lambda h, W_y: (h @ W_y).softmax(-1).sum(0),
            ),
            lambda got, _: (
                f"Your numbers sum to {short(got.sum())}: two distributions, added."
            ),
            "At which point of the way are the two orders put together?",
            "The task adds before the head. What stands between your states and your "
            "sum?",
            "Two half-baked cakes make no whole one once they are out of the oven.",
            "logits",
        ),
    ),
)
