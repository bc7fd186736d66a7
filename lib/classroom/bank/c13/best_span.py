"""Chapter 13, write: the best span of a text as an answer."""

import numpy as np

from ...exercises.model import Exercise, Mistake, Probe

QUESTION = r"""
To answer a question with a piece of a text, a model gives each position two scores: how
well an answer **starts** there, and how well one **ends** there. Both are logits. Find
the span with the largest sum of the two, among those that are spans: the last token is
not before the first, and there are at most `max_tokens` tokens in it.

- `start`, `end` (T,): the scores, in NumPy; `max_tokens`, at least 1
- returns `first, last`, the positions of the first and the last token of the span (a
  span of one token has the same number twice)
"""

STUB = """
def best_span(start, end, max_tokens):
    raise NotImplementedError
    return first, last
"""


def best_span(start, end, max_tokens):
    best, span = -np.inf, (0, 0)
    for first in range(len(start)):
        for last in range(first, min(first + max_tokens, len(end))):
            if start[first] + end[last] > best:
                best, span = start[first] + end[last], (first, last)
    return span


def by_matrix(start, end, max_tokens):
    T = len(start)
    scores = start[:, None] + end[None, :]  # (first, last)
    length = np.arange(T)[None, :] - np.arange(T)[:, None] + 1
    scores = np.where((length >= 1) & (length <= max_tokens), scores, -np.inf)
    return np.unravel_index(scores.argmax(), scores.shape)


def by_probabilities(start, end, max_tokens):
    p, q = np.exp(start - start.max()), np.exp(end - end.max())
    chances = np.triu(np.outer(p / p.sum(), q / q.sum()))
    chances = np.tril(chances, max_tokens - 1)
    return divmod(int(chances.argmax()), len(start))


def sorted_spans(start, end, max_tokens):
    spans = [
        (start[i] + end[j], i, j)
        for j in range(len(end))
        for i in range(max(0, j - max_tokens + 1), j + 1)
    ]
    return max(spans)[1:]


def spans(allowed, score=lambda s, e: s + e, result=lambda i, j: (i, j)):
    """The best span by another rule: allowed(first, last, max_tokens)."""

    def wrong(start, end, max_tokens):
        found = [
            (score(start[i], end[j]), i, j)
            for i in range(len(start))
            for j in range(len(end))
            if allowed(i, j, max_tokens)
        ]
        if not found:
            return 0, 0
        best = max(found, key=lambda x: x[0])
        return result(*best[1:])

    return wrong


def _fits(i, j, n):
    return i <= j < i + n


def two_maxima(start, end, max_tokens):
    return int(start.argmax()), int(end.argmax())


def put_in_order(start, end, max_tokens):
    return tuple(sorted(two_maxima(start, end, max_tokens)))


def gives_up(start, end, max_tokens):
    first, last = two_maxima(start, end, max_tokens)
    return (first, last) if first <= last < first + max_tokens else (0, 0)


def start_first(start, end, max_tokens):
    first = int(start.argmax())
    return first, first + int(end[first : first + max_tokens].argmax())


def end_first(start, end, max_tokens):
    last = int(end.argmax())
    begin = max(0, last - max_tokens + 1)
    return begin + int(start[begin : last + 1].argmax()), last


def cut_to_length(start, end, max_tokens):
    first, last = spans(lambda i, j, n: i <= j)(start, end, max_tokens)
    return first, min(last, first + max_tokens - 1)


def position_in_the_slice(start, end, max_tokens):
    first, last = best_span(start, end, max_tokens)
    return first, last - first


def adds_probabilities(start, end, max_tokens):
    p, q = np.exp(start), np.exp(end)
    return spans(_fits, lambda s, e: s + e)(p / p.sum(), q / q.sum(), max_tokens)


def start_first_unlimited(start, end, max_tokens):
    first = int(start.argmax())
    return first, first + int(end[first:].argmax())


def closed_with_zeros(start, end, max_tokens):
    sums = np.tril(np.triu(start[:, None] + end), max_tokens - 1)
    return divmod(int(sums.argmax()), len(start))


def begins_with_zero(start, end, max_tokens):
    best, span = 0.0, (0, 0)
    for first in range(len(start)):
        for last in range(first, min(first + max_tokens, len(end))):
            if start[first] + end[last] > best:
                best, span = start[first] + end[last], (first, last)
    return span


def over_the_edge(start, end, max_tokens):
    best, span = -np.inf, (0, 0)
    for first in range(len(start)):
        for last in range(first, first + max_tokens):
            if start[first] + end[last] > best:
                best, span = start[first] + end[last], (first, last)
    return span


def last_left_out(start, end, max_tokens):
    return best_span(start[:-1], end[:-1], max_tokens)


def scores(start, end, max_tokens):
    return lambda: (np.array(start), np.array(end), max_tokens)


def random_spans(find, *_):
    """Spans of eight texts of different lengths."""
    rng = np.random.default_rng(13)
    found = []
    for T in range(5, 13):
        start, end = 2 * rng.normal(size=T) - 1, 2 * rng.normal(size=T) - 1
        found.append(tuple(int(x) for x in find(start, end, 4)))
    return found


IN_ORDER = scores([0.1, 3.0, 0.2, 0.4, -1.0, 0.3], [0.2, 0.5, 0.1, 2.5, 1.0, 0.0], 4)
BACKWARDS = scores([0.2, 0.1, 2.4, 0.3, 3.0, 0.5], [0.1, 3.1, 0.4, 2.6, 0.6, 0.9], 4)
TOO_LONG = scores([3.0, 0.1, 0.2, 0.4, 2.0, 0.3], [0.2, 0.5, 0.4, 0.1, 0.6, 3.0], 4)
FULL = scores([0.1, 3.0, 0.2, 0.4, -1.0, 0.3], [0.2, 0.9, 1.9, 2.5, 3.5, 0.1], 3)
ONE = scores([0.1, 0.2, 3.0, 0.4, 1.5], [0.2, 0.1, 2.0, 0.5, 1.0], 3)
NEGATIVE = scores(
    [-5.0, -1.0, -4.0, -6.0, -3.0, -7.0], [-6.0, -4.0, -1.5, -5.0, -3.0, -8.0], 4
)
ONE_CERTAIN = scores([5.0, 0.0, 1.5, 0.1, 0.3], [-6.0, -4.0, 0.1, 1.0, 0.5], 2)


def _span(what):
    return lambda got, expected: (
        f"{what} your span goes from {got[0]} to {got[1]}, and from {expected[0]} to "
        f"{expected[1]} is right."
    )


_BACK = "Where the best start (4) stands behind the best end (1),"
_LONG = "With at most 4 tokens,"
_TWO = "With at most 2 tokens,"
_THREE = "With at most 3 tokens,"

EXERCISE = Exercise(
    id="best-span",
    chapter=13,
    kind="write",
    title="The best span",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="best_span",
    stub=STUB,
    reference=best_span,
    accepts=(by_matrix, by_probabilities, sorted_spans),
    returns=("first", "last"),
    proves="Of all pairs that are spans, and no longer than allowed, the one with the "
    "largest sum is found, also where the best start and the best end do not go "
    "together.",
    probes=(
        Probe(
            "in order",
            IN_ORDER,
            says="Where the best end stands behind the best start, and near enough, "
            "these two are the span",
        ),
        Probe(
            "one token",
            ONE,
            says="A span may have one token",
        ),
        Probe(
            "backwards",
            BACKWARDS,
            says="A span does not end before it starts, and among those that do not "
            "the sum decides",
        ),
        Probe(
            "too long",
            TOO_LONG,
            says="A span has at most max_tokens tokens, and among those that have not "
            "more the sum decides",
        ),
        Probe(
            "as long as allowed",
            FULL,
            says="A span of max_tokens tokens is allowed, and one of a token more is "
            "not",
        ),
        Probe(
            "negative",
            NEGATIVE,
            says="Scores may all be below zero",
        ),
        Probe(
            "one sure, one not",
            ONE_CERTAIN,
            says="A very good start does not make up for an end that is all but "
            "impossible",
        ),
        Probe(
            "random",
            ONE,
            random_spans,
            "It holds for random scores and texts of 5 to 12 tokens",
        ),
    ),
    mistakes=(
        Mistake(
            "two-maxima",
            two_maxima,
            _span(_BACK),
            "Can a span end before it has started?",
            "The two scores know nothing of each other. Over what do you have to "
            "search: over positions, or over pairs of positions?",
            "The best opening and the best ending of two different films.",
            "backwards",
        ),
        Mistake(
            "put-in-order",
            put_in_order,
            _span(_BACK),
            "What do you have scores for: that the answer starts at 1?",
            "Turned round, the start has the score of an end. What is the sum of the "
            "start's score and the end's score of your span?",
            "A ticket from Rome to Oslo is no ticket from Oslo to Rome.",
            "backwards",
        ),
        Mistake(
            "gives-up",
            gives_up,
            _span(_BACK),
            "Is there no span at all, only because the best two do not fit?",
            "There are many pairs that are spans. Which of them is the best?",
            "The two best dancers do not suit each other: is the ball over?",
            "backwards",
        ),
        Mistake(
            "start-decides",
            start_first,
            _span(_BACK),
            "Is the best start part of the best pair?",
            "With the start fixed, the end takes what is left. Could a start that is "
            "a little worse have a much better end?",
            "Who buys the finest jacket first has to take the trousers that are left.",
            "backwards",
        ),
        Mistake(
            "end-decides",
            end_first,
            _span(_BACK),
            "Is the best end part of the best pair?",
            "With the end fixed, the start takes what is left. Could an end that is a "
            "little worse have a much better start?",
            "Who buys the finest shoes first has to take the jacket that is left.",
            "backwards",
        ),
        Mistake(
            "length-not-limited",
            spans(lambda i, j, n: i <= j),
            _span(_LONG),
            "How many tokens has your span?",
            "Half a page holds the answer too, and is none. Which argument have you "
            "not used?",
            "Asked for the year, somebody reads out the whole chapter.",
            "too long",
        ),
        Mistake(
            "cut-to-length",
            cut_to_length,
            _span(_LONG),
            "Who says that an answer ends well where you cut?",
            "The limit belongs into the search: which pairs are candidates? A cut "
            "afterwards takes an end that nobody has scored high.",
            "A song that is faded out after three minutes has no last chord.",
            "too long",
        ),
        Mistake(
            "length-off-by-one",
            spans(lambda i, j, n: i <= j <= i + n),
            _span(_THREE),
            "How many tokens are there from position 2 to position 5?",
            "`last − first` counts the steps, not the stones. By how much do they "
            "differ?",
            "A fence of four panels has five posts.",
            "as long as allowed",
        ),
        Mistake(
            "length-one-short",
            spans(lambda i, j, n: i <= j < max(i + 1, i + n - 1)),
            _span(_THREE),
            "How many tokens had your longest candidate?",
            "Count the tokens of the longest span that your condition lets through, by "
            "hand, for a limit of 3.",
            "A lift for four in which three get in.",
            "as long as allowed",
        ),
        Mistake(
            "one-token-is-no-span",
            spans(lambda i, j, n: i < j < i + n),
            lambda got, expected: (
                f"The best answer here is the one token {expected[0]}, and your span "
                f"goes from {got[0]} to {got[1]}."
            ),
            "How long is the answer to “In which year?”",
            "May the start and the end be the same position? See what your condition, "
            "or your range, says to that.",
            "A queue of one has a first and a last: the same person.",
            "one token",
        ),
        Mistake(
            "scores-multiplied",
            spans(_fits, lambda s, e: s * e),
            _span("Where all scores are below zero,"),
            "What is −5 times −6?",
            "The scores are logits, so the logarithms of probabilities but for a "
            "constant. What does a product of probabilities become then?",
            "Two debts multiplied make nobody rich.",
            "negative",
        ),
        Mistake(
            "closed-with-zeros",
            closed_with_zeros,
            _span("Where all scores are below zero,"),
            "How good is a score of 0 among scores below zero?",
            "What is no span should never win. Which number loses against every sum?",
            "In golf, who does not play has 0 strokes. Is that a win?",
            "negative",
        ),
        Mistake(
            "best-begins-with-zero",
            begins_with_zero,
            _span("Where all scores are below zero,"),
            "Does any span beat the best that you begin with?",
            "A search that keeps the best so far needs something to begin with that "
            "every span beats.",
            "A high jump where the bar lies at two metres from the start: nobody is "
            "measured.",
            "negative",
        ),
        Mistake(
            "over-the-edge",
            over_the_edge,
            "Your search looks for an end behind the last token.",
            "Which last tokens can a span have that starts near the end of the text?",
            "Two things limit the last token: the length that is allowed, and one more."
            "",
            "From the ninth of ten steps, one can climb one more, not three.",
            "in order",
        ),
        Mistake(
            "last-token-left-out",
            last_left_out,
            _span(_LONG),
            "Can an answer end with the last token?",
            "Write down which last tokens your loop, or your slice, goes through.",
            "A lift that misses the top floor is noticed by those who live there.",
            "too long",
        ),
        Mistake(
            "start-decides-unlimited",
            start_first_unlimited,
            _span(_BACK),
            "Is the best start part of the best pair?",
            "With the start fixed, the end takes what is left. Could a start that is a "
            "little worse have a much better end? (And how long is your span allowed "
            "to be?)",
            "Who buys the finest jacket first has to take the trousers that are left.",
            "backwards",
        ),
        Mistake(
            "probabilities-added",
            adds_probabilities,
            _span(_TWO),
            "How good is a span with a sure start and an impossible end?",
            "Both have to be right: a start *and* an end. Does one add the chances of "
            "two things that must both happen?",
            "A bridge with one sound pillar of two is not half a bridge.",
            "one sure, one not",
        ),
        Mistake(
            "last-is-exclusive",
            spans(_fits, result=lambda i, j: (i, j + 1)),
            _span(_THREE),
            "Is the position that you return last part of the answer?",
            "Python's slices end before their end, and the task asks for the last "
            "token itself.",
            "“Open until Friday”: is Friday included? Here it is.",
            "as long as allowed",
        ),
        Mistake(
            "last-counted-from-first",
            position_in_the_slice,
            _span(_THREE),
            "From where do you count the last position?",
            "An argmax over a slice counts from the beginning of the slice. What has "
            "to be added to get back to the text?",
            "The third house after the church: its number is not 3.",
            "as long as allowed",
        ),
        Mistake(
            "last-then-first",
            spans(_fits, result=lambda i, j: (j, i)),
            _span(_THREE),
            "Which of the two do you return first?",
            "In a table of sums, one axis is the start and the other the end. Which "
            "did you name first?",
            "Departure and arrival, in the wrong columns of the timetable.",
            "as long as allowed",
        ),
        Mistake(
            "start-and-end-swapped",
            lambda start, end, max_tokens: best_span(end, start, max_tokens),
            _span(_THREE),
            "Which of the two scores says that an answer starts?",
            "Look at the score that you give the first token of a span. From which "
            "array does it come?",
            "Entrance and exit of a car park, mistaken for each other.",
            "as long as allowed",
        ),
    ),
)
