"""Wrong ways to count shared words, for the exercise token-f1."""

from collections import Counter

from ...exercises.compare import short
from ...exercises.model import Mistake


def _words(text):
    return text.lower().split()


def _shared(said, right):
    return (Counter(said) & Counter(right)).total()


def _harmonic(precision, recall):
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def f1(split=_words, shared=_shared, mean=_harmonic, empty=True):
    """A right F1, of which each mistake replaces one part."""

    def wrong(prediction, answer):
        said, right = split(prediction), split(answer)
        if empty and not (said and right):
            return float(said == right)
        both = shared(said, right)
        return mean(both / len(said), both / len(right))

    return wrong


def _one_of_each(said, right):
    return len(set(said) & set(right))


def sets(prediction, answer):
    said, right = set(_words(prediction)), set(_words(answer))
    if not (said and right):
        return float(said == right)
    return 2 * len(said & right) / (len(said) + len(right))


def jaccard(prediction, answer):
    said, right = Counter(_words(prediction)), Counter(_words(answer))
    union = (said | right).total()
    return (said & right).total() / union if union else 1.0


def jaccard_of_sets(prediction, answer):
    said, right = set(_words(prediction)), set(_words(answer))
    return len(said & right) / len(said | right) if said | right else 1.0


def exact_match(prediction, answer):
    return float(_words(prediction) == _words(answer))


def in_the_text(prediction, answer):
    said, right = _words(prediction), _words(answer)
    if not (said and right):
        return float(said == right)
    both = sum(word in answer.lower() for word in said)
    return _harmonic(both / len(said), both / len(right))


def _same_places(said, right):
    return sum(a == b for a, b in zip(said, right, strict=False))


def _each_found(said, right):
    return sum(word in right for word in said)


def _each_missed(said, right):
    return sum(word in said for word in right)


def not_divided(prediction, answer):
    said, right = _words(prediction), _words(answer)
    if not (said and right):
        return float(said == right)
    both = _shared(said, right)
    precision, recall = both / len(said), both / len(right)
    return 2 * precision * recall / (precision + recall)


def without_the_two(prediction, answer):
    return f1(mean=lambda p, r: _harmonic(p, r) / 2)(prediction, answer)


def both_empty_fails(prediction, answer):
    said, right = _words(prediction), _words(answer)
    return 2 * _shared(said, right) / (len(said) + len(right))


def empty_agree_on_nothing(prediction, answer):
    said, right = _words(prediction), _words(answer)
    if not (said and right):
        return 0.0
    return _harmonic(
        _shared(said, right) / len(said), _shared(said, right) / len(right)
    )


def _scored(text):
    return lambda got, expected: (
        f"For “the shape of the array and its type” and “shape of array” you get "
        f"{short(got[0])}, and {short(expected[0])} is right. {text}"
    )


def _twice(got, expected):
    return (
        "For “the the the end” and “the end of the long line” you get "
        f"{short(got)}, and {short(expected)} is right."
    )


def _error(what):
    def symptom(got, expected):
        said = f"stops with “{got}”" if isinstance(got, Exception) else short(got)
        return f"For {what} your function {said}."

    return symptom


MISTAKES = (
    Mistake(
        "precision-only",
        f1(mean=lambda p, r: p),
        _scored("With fewer words said, it could only rise."),
        "What does it cost to leave a word out, by your number?",
        "Predict a single word that is surely in the answer. How good is that?",
        "A witness who says one true word and is silent about the rest.",
        "some shared",
    ),
    Mistake(
        "recall-only",
        f1(mean=lambda p, r: r),
        _scored("With more words said, it could only rise."),
        "What does it cost to say a word too much, by your number?",
        "Predict the whole text that the question is about. How good is that?",
        "A pupil who ticks every box has ticked all the right ones.",
        "some shared",
    ),
    Mistake(
        "plain-mean",
        f1(mean=lambda p, r: (p + r) / 2),
        _scored("It lies nearer to the better of precision and recall."),
        "Which mean of the two does the task ask for?",
        "Take a precision of 1 and a recall of 0.01. What do the two means say?",
        "Half the way at 10 km/h, half at 90: is the journey's speed 50?",
        "some shared",
    ),
    Mistake(
        "geometric-mean",
        f1(mean=lambda p, r: (p * r) ** 0.5),
        _scored("It is a mean of the two, and another one."),
        "Which mean of the two does the task ask for?",
        "The plain, the geometric and the harmonic mean lie in this order. Where is "
        "yours?",
        "Half the way at 10 km/h, half at 90: is the journey's speed 30?",
        "some shared",
    ),
    Mistake(
        "factor-two-missing",
        without_the_two,
        _scored("It cannot be more than a half."),
        "What does a perfect answer get from you?",
        "Put precision 1 and recall 1 into your formula.",
        "A scale that shows half a kilogram for a kilogram.",
        "some shared",
    ),
    Mistake(
        "words-compared-by-place",
        f1(shared=_same_places),
        _scored("Words that stand elsewhere are not found."),
        "Does it matter to the task where a word stands?",
        "Put one word in front of a perfect answer. How many words are still found?",
        "Two people have the same keys on their rings, in another order.",
        "some shared",
    ),
    Mistake(
        "exact-match",
        exact_match,
        _scored("Three words of it are right."),
        "Is a nearly right answer worth nothing, in this task?",
        "That is the other measure, and the harsher one. What is to be counted here?",
        "A dictation with one slip gets no point.",
        "some shared",
    ),
    Mistake(
        "letters-counted",
        f1(split=lambda text: list("".join(_words(text)))),
        _scored("Letters find each other nearly everywhere."),
        "What is one unit for your counter?",
        "Two texts without a common word share many letters. What does your function "
        "walk through?",
        "“Listen” and “silent” have all letters in common.",
        "some shared",
    ),
    Mistake(
        "characters-counted",
        f1(split=lambda text: list(text.lower())),
        _scored("Characters find each other nearly everywhere."),
        "What is one unit for your counter?",
        "Going through a text gives one character after another, spaces among them. "
        "What gives words?",
        "“Listen” and “silent” have all letters in common.",
        "some shared",
    ),
    Mistake(
        "sets-of-words",
        sets,
        _twice,
        "How often does “the” come in each of the two texts, and how often in a set?",
        "What has become of the number of words in your precision?",
        "Three coins of one kind in a purse: a list of the kinds says “one”.",
        "a word twice",
    ),
    Mistake(
        "shared-as-a-set",
        f1(shared=_one_of_each),
        _twice,
        "How often is “the” shared by the two texts?",
        "You count the words said with repeats, and the shared ones without. Who "
        "pays for it?",
        "Two people have two red socks each. How many red socks have they in common?",
        "a word twice",
    ),
    Mistake(
        "every-repeat-found",
        f1(shared=_each_found),
        _twice,
        "How often may one word of the answer be found?",
        "Predict a word of the answer a hundred times. What is your precision?",
        "One ticket, shown at the door by five people.",
        "a word twice",
    ),
    Mistake(
        "every-repeat-asked",
        f1(shared=_each_missed),
        lambda got, expected: (
            "For “the end” and “the end of the long line” you get "
            f"{short(got)}, and {short(expected)} is right."
        ),
        "How often may one word of the prediction be found?",
        "You walk through the answer. What if it has a word more often than the "
        "prediction?",
        "One key, counted once for each of the two doors that it should open.",
        "wanted twice",
    ),
    Mistake(
        "jaccard",
        jaccard,
        _scored("It is the share of the words of both texts together."),
        "What do you divide the shared words by?",
        "There are words of the prediction, words of the answer, and the union of "
        "both. Which of them are in F1's formula?",
        "Of 8 and 3 guests 3 are the same: 3 of 8, or twice 3 of 11?",
        "some shared",
    ),
    Mistake(
        "jaccard-of-sets",
        jaccard_of_sets,
        _scored("It is the share of the words of both texts together, each once."),
        "What do you divide the shared words by?",
        "There are words of the prediction, words of the answer, and the union of "
        "both. Which of them are in F1's formula, and do repeats count?",
        "Of 8 and 3 guests 3 are the same: 3 of 8, or twice 3 of 11?",
        "some shared",
    ),
    Mistake(
        "capitals-matter",
        f1(split=str.split),
        lambda got, expected: (
            f"For “None or Zero” and “none” you get {short(got)}, and "
            f"{short(expected)} is right."
        ),
        "What does the task say on capitals?",
        "A word at the beginning of a sentence is written with a capital. Is it "
        "another word?",
        "MILK on the shopping list, milk in the fridge.",
        "capitals",
    ),
    Mistake(
        "found-inside-words",
        in_the_text,
        lambda got, expected: (
            f"For “art or ray” and “heart of arrays” you get {short(got)}, and "
            f"{short(expected)} is right."
        ),
        "In what do you look for a word: in words, or in a text?",
        "`in` on a text finds pieces of words. Into what should you look?",
        "There is a pen in “open”, and none on the table.",
        "part of a word",
    ),
    Mistake(
        "nothing-shared-fails",
        not_divided,
        _error("“art or ray” and “heart of arrays”"),
        "What are precision and recall where no word is shared?",
        "A harmonic mean divides by a sum. When is that sum 0, and what is the score "
        "then?",
        "The average speed of a journey that has not begun.",
        "part of a word",
    ),
    Mistake(
        "empty-fails",
        f1(empty=False),
        _error("an empty prediction"),
        "What do you divide by if nothing is said?",
        "A model may end its answer at once. What does the task say of that case?",
        "The average age of the guests, when nobody has come.",
        "nothing said",
    ),
    Mistake(
        "both-empty-fails",
        both_empty_fails,
        _error("two empty texts"),
        "What do you divide by if nothing is said and nothing was to be said?",
        "One empty text and two empty texts are two cases. What does the task say of "
        "each?",
        "The average age of the guests, when nobody has come.",
        "both empty",
    ),
    Mistake(
        "split-at-each-space",
        f1(split=lambda text: text.lower().split(" ") if text else []),
        lambda got, _: (
            f"For “a␣␣list” and “a␣list” (with ␣ for a space) you get {short(got)}."
        ),
        "How many words does your function find in two spaces?",
        "Print what your split makes of “a␣␣list”. Is everything in it a word?",
        "Between two fence posts that touch there is no field.",
        "wide spaces",
    ),
    Mistake(
        "empty-texts-disagree",
        empty_agree_on_nothing,
        lambda got, _: f"Two empty texts get {short(got)} from you.",
        "If nothing was to be said, and nothing was said: who has made a mistake?",
        "One empty text and two empty texts are two cases. What does the task say of "
        "each?",
        "Two people with empty pockets carry the same things.",
        "both empty",
    ),
)
