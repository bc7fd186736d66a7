"""What people get wrong in next-sentence pairs, for the exercise nsp-pairs."""

from itertools import pairwise

import numpy as np

from ...exercises.model import Mistake


def pairs_by(
    toss=lambda rng, n: int(rng.random() < 0.5),
    elsewhere=None,
    neighbours=lambda sentences: list(pairwise(sentences)),
    glue=lambda a, b, cls, sep: [cls, *a, sep, *b, sep],
    sides=lambda a, b: [0] * (len(a) + 2) + [1] * (len(b) + 1),
    label=lambda is_next: is_next,
    rng_of=lambda rng: rng,
    whole=lambda documents: documents,
):
    """Right pairs, of which each mistake replaces one part."""

    def nsp_pairs(documents, *, cls_id, sep_id, rng):
        rng, pairs = rng_of(rng), []
        for d, sentences in enumerate(whole(documents)):
            for a, b in neighbours(sentences):
                is_next = toss(rng, len(pairs))
                if not is_next:
                    b = (elsewhere or other_document)(documents, d, rng)
                ids = glue(a, b, cls_id, sep_id)
                pairs.append((ids, sides(a, b), label(is_next)))
        return pairs

    return nsp_pairs


def _any(sentences, rng):
    return sentences[rng.integers(len(sentences))]


def other_document(documents, d, rng):
    return _any(_any(documents[:d] + documents[d + 1 :], rng), rng)


def any_document(documents, d, rng):
    return _any(_any(documents, rng), rng)


def same_document(documents, d, rng):
    return _any(documents[d], rng)


def next_document(documents, d, rng):
    return _any(documents[(d + 1) % len(documents)], rng)


def first_sentence(documents, d, rng):
    return _any(documents[:d] + documents[d + 1 :], rng)[0]


def run_together(documents):
    return [[sentence for document in documents for sentence in document]]


def elsewhere_in_run_together(documents, d, rng):
    return any_document(documents, d, rng)


def label_of_its_own(documents, *, cls_id, sep_id, rng):
    made = pairs_by()(documents, cls_id=cls_id, sep_id=sep_id, rng=rng)
    return [(ids, sides, int(rng.random() < 0.5)) for ids, sides, _ in made]


def one_throw_for_a_document(documents, *, cls_id, sep_id, rng):
    pairs = []
    for d, sentences in enumerate(documents):
        is_next = int(rng.random() < 0.5)
        for a, b in pairwise(sentences):
            second = b if is_next else other_document(documents, d, rng)
            ids = [cls_id, *a, sep_id, *second, sep_id]
            sides = [0] * (len(a) + 2) + [1] * (len(second) + 1)
            pairs.append((ids, sides, is_next))
    return pairs


def by_twos(sentences):
    return list(zip(sentences[::2], sentences[1::2], strict=False))


def _truth(got, _):
    return (
        f"{got['labels 1']} % of your pairs have the label 1; of these, "
        f"{got['label 1: true']} % are true neighbours. Of those with the label 0, "
        f"{got['label 0: true']} % are true neighbours, and "
        f"{got['label 0: same document']} % of one document."
    )


def _firsts(got, expected):
    return (
        "Of three documents of 4, 5 and 6 sentences you make "
        f"{len(got)} pairs, and {len(expected)} is right."
    )


def _frame(got, _):
    begins, ends, n, _ = got[0]
    return (
        f"A pair of yours {'begins' if begins else 'does not begin'} with [CLS], "
        f"{'ends' if ends else 'does not end'} with [SEP], and has {n} ids beside its "
        "words."
    )


def _sides(got, _):
    begin, left, _ = got[0]
    if begin < -1:
        return "In your segments, the 1 never comes."
    where = {0: "at the first [SEP]", 1: "behind the first [SEP]"}.get(
        begin,
        f"{abs(begin)} places {'before' if begin < 0 else 'behind'} the first [SEP]",
    )
    return (
        f"Your segment 1 begins {where}, and ends with the last id."
        if left == 0
        else f"Your segment 1 begins {where}, and behind its end something follows."
    )


MISTAKES = (
    Mistake(
        "only-true-pairs",
        pairs_by(toss=lambda rng, n: 1),
        _truth,
        "What does a model learn from a test whose answer is always yes?",
        "There are two labels. Where does your code make a pair that deserves the "
        "other one?",
        "A lie detector that has heard nothing but the truth.",
        "truth",
    ),
    Mistake(
        "only-false-pairs",
        pairs_by(toss=lambda rng, n: 0),
        _truth,
        "What does a model learn from a test whose answer is always no?",
        "In half of the cases the true neighbour stays. Where does your code let it?",
        "A taster who has only ever been given vinegar.",
        "truth",
    ),
    Mistake(
        "drawn-from-anywhere",
        pairs_by(elsewhere=any_document),
        _truth,
        "Can the drawn sentence be from the same document?",
        "A drawn sentence may be the true neighbour itself, by chance; and from the "
        "same text it is hardly wrong. From where may it come?",
        "To find a stranger, one does not draw lots in one's own family.",
        "truth",
    ),
    Mistake(
        "drawn-from-the-same-document",
        pairs_by(elsewhere=same_document),
        _truth,
        "From which document are your false sentences?",
        "The task wants a sentence of *another* document. (A model that has to tell "
        "neighbours within one text does another, harder task.)",
        "A line-up of suspects who were all at the scene.",
        "truth",
    ),
    Mistake(
        "labels-flipped",
        pairs_by(label=lambda is_next: 1 - is_next),
        _truth,
        "Which label has a pair of true neighbours?",
        "The question is “is it the next?”. What does 1 stand for, in a question like "
        "this one?",
        "Hot and cold tap, with the colours the other way round.",
        "truth",
    ),
    Mistake(
        "label-thrown-anew",
        label_of_its_own,
        _truth,
        "How many throws does a pair need?",
        "One throw says what the second sentence is; the label has to say the same. "
        "How do you make sure that it does?",
        "A coin decides the dish; another coin decides what is written on the menu.",
        "truth",
    ),
    Mistake(
        "crosses-documents",
        pairs_by(whole=run_together, elsewhere=elsewhere_in_run_together),
        _firsts,
        "Which sentence follows the last one of a document?",
        "Run together, two documents touch. Is the first sentence of the second the "
        "next of anything?",
        "The last page of one book and the first of the one beside it on the shelf.",
        "firsts",
    ),
    Mistake(
        "pairs-by-twos",
        pairs_by(neighbours=by_twos),
        _firsts,
        "How many neighbours has a sentence in the middle?",
        "A, B, C have two pairs of neighbours, A B and B C. Which of them do you make?",
        "Five fence posts: how many gaps are between them?",
        "firsts",
    ),
    Mistake(
        "cls-missing",
        pairs_by(
            glue=lambda a, b, cls, sep: [*a, sep, *b, sep],
            sides=lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1),
        ),
        _frame,
        "At which position will the answer be read?",
        "The label is about the two sentences together. Which token stands for no word "
        "of either?",
        "A form without a box for the result.",
        "frame",
    ),
    Mistake(
        "last-sep-missing",
        pairs_by(
            glue=lambda a, b, cls, sep: [cls, *a, sep, *b],
            sides=lambda a, b: [0] * (len(a) + 2) + [1] * len(b),
        ),
        _frame,
        "How does the model see that the second sentence is over?",
        "Both sentences are closed in the same way. Count the special tokens in the "
        "task's pattern.",
        "A letter with a salutation and without a signature: is a page missing?",
        "frame",
    ),
    Mistake(
        "middle-sep-missing",
        pairs_by(
            glue=lambda a, b, cls, sep: [cls, *a, *b, sep],
            sides=lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1),
        ),
        _frame,
        "Where does one sentence end and the other begin?",
        "Count the special tokens in the task's pattern, and in one of your pairs.",
        "Two songs on one tape without a pause.",
        "frame",
    ),
    Mistake(
        "segments-all-zero",
        pairs_by(sides=lambda a, b: [0] * (len(a) + len(b) + 3)),
        _sides,
        "How does the model know which words are the second sentence's?",
        "There are two rows in the table of segments. Which tokens get the second?",
        "Two teams in the same shirts.",
        "segments",
    ),
    Mistake(
        "first-sep-in-the-second-segment",
        pairs_by(sides=lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 2)),
        _sides,
        "To which sentence does the first [SEP] belong?",
        "It closes the first sentence, and counts with it. How many ids does the first "
        "segment have, with [CLS]?",
        "A full stop belongs to the sentence that it ends.",
        "segments",
    ),
    Mistake(
        "last-sep-in-the-first-segment",
        pairs_by(sides=lambda a, b: [0] * (len(a) + 2) + [1] * len(b) + [0]),
        _sides,
        "To which sentence does the last [SEP] belong?",
        "It closes the second sentence, and counts with it. Only padding, later, is 0 "
        "again.",
        "A full stop belongs to the sentence that it ends.",
        "segments",
    ),
    Mistake(
        "lengths-mixed-up",
        pairs_by(sides=lambda a, b: [0] * (len(b) + 2) + [1] * (len(a) + 1)),
        "With sentences of the same length your segments are right, and with others "
        "not.",
        "Whose length decides where segment 1 begins?",
        "Make a pair of a sentence of one word and one of four, by hand. How many "
        "zeros does it have?",
        "A short and a long tablecloth: which table gets which?",
        "uneven",
    ),
    Mistake(
        "segments-of-words-alone",
        pairs_by(sides=lambda a, b: [0] * len(a) + [1] * len(b)),
        lambda got, _: "Your segments are shorter than your ids.",
        "Which tokens of a pair have no segment in your list?",
        "Every id has a segment, the special ones too. How many ids has a pair of "
        "sentences with 3 and 4 words?",
        "Coats for all the guests, and none for the three hosts.",
        "segments",
    ),
    Mistake(
        "labels-alternate",
        pairs_by(toss=lambda rng, n: n % 2),
        "Your labels are 1, 0, 1, 0, … (or the other way round): the place tells the "
        "answer.",
        "Could one guess the next label without reading?",
        "Half of the pairs is a chance, not a rhythm. Who throws?",
        "A goalkeeper who knows that the shots come left, right, left, right.",
        "chance",
    ),
    Mistake(
        "one-throw-for-a-document",
        one_throw_for_a_document,
        "Within a document, all pairs of yours have the same label.",
        "How often do you throw?",
        "Half of the pairs is a chance of each pair. In which of your loops is the "
        "throw?",
        "One coin for the whole class: all go home early, or nobody.",
        "truth",
    ),
    Mistake(
        "always-the-same-sentence",
        pairs_by(elsewhere=first_sentence),
        "From each document you draw one sentence only, every time the same.",
        "Can a model tell your false pairs by the second sentence alone?",
        "A document is drawn; then one of its sentences is to be drawn as well.",
        "To sample a book, always open it at the same page?",
        "chance",
    ),
    Mistake(
        "always-the-next-document",
        pairs_by(elsewhere=next_document),
        "For each document, your false sentences come from one other only.",
        "From how many documents can a false sentence come?",
        "The document behind this one is another, too; but is it drawn?",
        "A blind date, always with the neighbour to the right.",
        "chance",
    ),
    Mistake(
        "generator-ignored",
        pairs_by(rng_of=lambda rng: np.random.default_rng()),
        "With the same seed, two calls make different pairs.",
        "Where does your chance come from?",
        "A generator is handed to you. Which of your draws come from it?",
        "A recipe that says “some salt”: can a friend repeat the dish?",
        "chance",
    ),
    Mistake(
        "generator-made-anew",
        pairs_by(rng_of=lambda rng: np.random.default_rng(0)),
        "With two different seeds, two calls make the same pairs.",
        "What happens in the second epoch?",
        "Whoever calls holds the generator, and wants other throws from another one. "
        "Do you use theirs?",
        "A teacher who sets the same test every year.",
        "chance",
    ),
)
