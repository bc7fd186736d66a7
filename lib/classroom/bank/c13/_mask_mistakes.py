"""What people get wrong in BERT's masking, for the exercise mask-tokens."""

import torch

from ...exercises.model import Mistake


def masking(
    special=True,
    draw=None,
    fate=None,
    label=None,
    words=None,
    share_of=lambda share: share,
):
    """A right masking, of which each mistake replaces one part.

    draw: (shape, generator) → numbers in [0, 1); fate: (ids, chosen, mask_id, words,
    generator) → corrupted; label: (ids, chosen, corrupted, mask_id) → labels.
    """

    def mask_tokens(
        ids, *, vocab_size, mask_id, special_ids, generator=None, share=0.15
    ):
        draw_ = draw or _uniform
        chosen = draw_(ids.shape, generator) < share_of(share)
        if special:
            chosen = chosen & ~torch.isin(ids, torch.tensor(special_ids))
        pool = words(vocab_size, ids, generator) if words else None
        if pool is None:
            pool = torch.randint(vocab_size, ids.shape, generator=generator)
        corrupted = (fate or _fate)(ids, chosen, mask_id, pool, generator)
        labels = (label or _label)(ids, chosen, corrupted, mask_id)
        return corrupted, labels

    return mask_tokens


def _uniform(shape, generator):
    return torch.rand(shape, generator=generator)


def _label(ids, chosen, *_):
    return ids.masked_fill(~chosen, -100)


def _fate(ids, chosen, mask_id, words, generator, *, of=(0.8, 0.9)):
    dice = torch.rand(ids.shape, generator=generator)
    corrupted = ids.masked_fill(chosen & (dice < of[0]), mask_id)
    return torch.where(chosen & (dice >= of[0]) & (dice < of[1]), words, corrupted)


def shares(mask, drawn):
    """Other parts of the chosen that are masked and replaced."""
    return lambda *given: _fate(*given, of=(mask, mask + drawn))


def _overlapping(ids, chosen, mask_id, words, generator):
    masked = chosen & (torch.rand(ids.shape, generator=generator) < 0.8)
    drawn = chosen & (torch.rand(ids.shape, generator=generator) < 0.1)
    return torch.where(drawn, words, ids.masked_fill(masked, mask_id))


def _everywhere(ids, chosen, mask_id, words, generator):
    return _fate(ids, torch.ones_like(chosen), mask_id, words, generator)


def _thrown(shape, ids, chosen, mask_id, words, generator):
    dice = torch.rand(shape, generator=generator)
    read = torch.where(dice < 0.8, mask_id, torch.where(dice < 0.9, ids, words))
    return torch.where(chosen, read, ids)


def only_padding(ids, *, special_ids, **given):
    return masking()(ids, special_ids=special_ids[:1], **given)


def aliased(ids, *, vocab_size, mask_id, special_ids, generator, share=0.15):
    corrupted, right = masking()(
        ids,
        vocab_size=vocab_size,
        mask_id=mask_id,
        special_ids=special_ids,
        generator=generator,
        share=share,
    )
    labels = ids
    ids[:] = corrupted
    return ids, labels.masked_fill(right == -100, -100)


def swapped(ids, **given):
    return masking()(ids, **given)[::-1]


def own_chance(ids, *, generator, **given):
    return masking()(ids, generator=None, **given)


def same_seed(ids, *, generator, **given):
    return masking()(ids, generator=torch.Generator().manual_seed(0), **given)


def _asked(text):
    return lambda got, _: (
        f"With share = 0.5 you ask for {got['asked']} % of the tokens. {text}"
    )


def _touched(got, _):
    return f"Some of the special tokens are asked for or changed: {', '.join(got)}."


def _highest(got, _):
    return (
        "In a vocabulary of 80 words, the highest id that you put in is "
        f"{got['highest']}."
    )


def _fates(got, _):
    return (
        f"Of the tokens that you ask for, about {got['[MASK]']} % are [MASK], "
        f"{got['another']} % another word and {got['same']} % the same as before."
    )


MISTAKES = (
    Mistake(
        "mlm-loss-everywhere",
        masking(label=lambda ids, *_: ids.clone()),
        _asked("Most of them stand in the text that the model reads."),
        "Which blanks is the pupil graded on?",
        "Where nothing is hidden, the right answer is to copy. How low does the loss "
        "of a copying model get if every position counts?",
        "A gap text of 100 words with 15 gaps: whoever is marked on all 100 words "
        "passes by reading aloud.",
        "asked",
    ),
    Mistake(
        "mlm-labels-aliased",
        aliased,
        "The ids that you were given are no longer what they were, and the labels "
        "have changed with them: `[MASK]` is asked for.",
        "Two names, one tensor?",
        "Writing into a tensor changes it under every name it has. Which of your "
        "lines write, and which make a tensor of their own?",
        "A and B share one shopping list. A crosses out the milk. What does B's list "
        "say?",
        "asked",
    ),
    Mistake(
        "labels-from-the-corrupted",
        masking(label=lambda ids, chosen, corrupted, _: _label(corrupted, chosen)),
        "Where a token is asked for, your label is what the model reads there: "
        "mostly `[MASK]`.",
        "What should the model guess: what it sees, or what was there before?",
        "The answers to a gap text stand in the original. From which of your tensors "
        "do you take the labels?",
        "The solution sheet of a crossword that shows the empty grid.",
        "asked",
    ),
    Mistake(
        "mlm-ignore-index-mismatch",
        masking(label=lambda ids, chosen, *_: ids.masked_fill(~chosen, -1)),
        "Where nothing is asked your labels are −1.",
        "Who told the loss what to skip?",
        "The loss reads one number as “nothing asked here”. Whoever writes labels and "
        "whoever reads them must mean the same. Which number does the task name?",
        "Two guards and a password: it helps little that both have one.",
        "asked",
    ),
    Mistake(
        "unasked-are-zero",
        masking(label=lambda ids, chosen, *_: ids * chosen),
        "Where nothing is asked your labels are 0, and 0 is the id of a token.",
        "How does the loss tell “nothing asked” from “the answer is token 0”?",
        "A sign for “nothing here” must be something that cannot be an answer. Which "
        "number does the task name?",
        "A questionnaire where an empty field and the age 0 look alike.",
        "asked",
    ),
    Mistake(
        "labels-inverted",
        masking(label=lambda ids, chosen, *_: ids.masked_fill(chosen, -100)),
        "None of the tokens that you ask for has been touched, and those that have "
        "are not asked for.",
        "On which side of the mask are the labels kept?",
        "Follow one token that became [MASK]. What is its label, and what do you "
        "want the model to learn there?",
        "A teacher covers a word, and asks about all the others.",
        "fates",
    ),
    Mistake(
        "asked-where-masked",
        masking(
            label=lambda ids, chosen, corrupted, mask_id: ids.masked_fill(
                corrupted != mask_id, -100
            )
        ),
        _asked("All of them are [MASK]: a model learns that only masks matter."),
        "Does the model have to answer for a word that was replaced, or kept?",
        "If no visible word is ever asked for, what does a vector of a visible word "
        "have to be good for? And which text has masks later on?",
        "An inspector who looks only into marked boxes. How are the others packed?",
        "asked",
    ),
    Mistake(
        "asked-where-changed",
        masking(
            label=lambda ids, chosen, corrupted, _: ids.masked_fill(
                corrupted == ids, -100
            )
        ),
        _asked("None of them is as it was in the text."),
        "What is asked of the chosen tokens that were left as they are?",
        "If a visible word that is asked for was always exchanged, what can the model "
        "conclude about it? That is what the last 10 % prevent.",
        "A quiz whose answer is never the obvious one is easier than it looks.",
        "asked",
    ),
    Mistake(
        "mlm-80-10-10-nested",
        masking(fate=shares(0.8, 0.02)),
        _fates,
        "10 % of what?",
        "All three shares are shares of the chosen tokens. By how much do you "
        "multiply those that are left after the first step?",
        "Of 100 guests 80 take tea and 10 take coffee. If the waiter asks every tenth "
        "of the 20 who are left, how many coffees does he pour?",
        "fates",
    ),
    Mistake(
        "overlapping-draws",
        masking(fate=_overlapping),
        _fates,
        "Can one token be masked and replaced?",
        "You throw twice, and the second throw does not know of the first. Which "
        "tokens win both?",
        "Two clerks draw winners from the same urn, and put the tickets back.",
        "fates",
    ),
    Mistake(
        "always-mask",
        masking(fate=shares(1.0, 0.0)),
        _fates,
        "Where will the model meet [MASK] when its work begins?",
        "Whoever has only answered at masks need not keep anything about a visible "
        "word. What are the other fifth of the chosen for?",
        "A pilot who has trained in one simulator alone, with a red lamp before each "
        "failure.",
        "fates",
    ),
    Mistake(
        "no-random-words",
        masking(fate=shares(0.8, 0.0)),
        _fates,
        "Can the model trust a word that it sees?",
        "As long as every visible word is right, a visible word that is asked for may "
        "be copied. Which of the three fates makes copying dangerous?",
        "A proof-reader who knows that there are no mistakes reads with closed eyes.",
        "fates",
    ),
    Mistake(
        "nothing-kept",
        masking(fate=shares(0.8, 0.2)),
        _fates,
        "What remains for the tokens that should stay?",
        "80 and 10 are not 100. Which of the chosen tokens does your second condition "
        "catch?",
        "Of 100 letters 80 go by train and the rest by ship: what of the ten that were "
        "to stay?",
        "fates",
    ),
    Mistake(
        "dice-over-everything",
        masking(fate=_everywhere),
        lambda got, _: (
            f"Of the tokens that are not asked for, {got['rest changed']} % are "
            "changed."
        ),
        "Who takes part in the second throw?",
        "80, 10 and 10 per cent are shares of the chosen. Print what the model still "
        "can read.",
        "A lottery among the members; and the prizes are posted to the whole town.",
        "fates",
    ),
    Mistake(
        "mlm-masks-special",
        masking(special=False),
        _touched,
        "Which tokens are not words?",
        "[PAD], [CLS] and [SEP] hold the text together, and nobody need guess them. "
        "Do you use `special_ids`?",
        "A gap text with the full stops and the page numbers cut out.",
        "special tokens",
    ),
    Mistake(
        "only-padding-left-alone",
        only_padding,
        _touched,
        "How many kinds of special tokens are there?",
        "`special_ids` is a list. Of how many of its entries does your condition know?",
        "Three doors: one is locked, and the burglar takes the next.",
        "special tokens",
    ),
    Mistake(
        "share-ignored",
        masking(share_of=lambda _: 0.15),
        _asked("Without a word about it, 15 % would be right."),
        "Which of your lines reads `share`?",
        "15 % is what the paper does, and what is done if nobody says otherwise. Here "
        "somebody does.",
        "A waiter who brings the dish of the day, whatever was ordered.",
        "asked",
    ),
    Mistake(
        "same-columns-in-all-rows",
        masking(draw=lambda shape, g: torch.rand(shape[1], generator=g).expand(shape)),
        "In a batch of 20 texts, the same positions are chosen in every one.",
        "How many throws of the dice does a batch of B texts need?",
        "One throw for each position serves all rows if it is spread over them. What "
        "is the shape of your draw?",
        "One key that opens every room of the hotel.",
        "chance",
    ),
    Mistake(
        "one-random-word",
        masking(words=lambda V, ids, g: torch.randint(V, (1,), generator=g)),
        "All replaced tokens were replaced by the same word.",
        "How many random words do you draw?",
        "One drawn word is spread over all places. What is the shape of your draw?",
        "A forger who signs every cheque with one name is soon known by it.",
        "words",
    ),
    Mistake(
        "words-from-the-text",
        masking(words=lambda V, ids, g: ids[torch.randperm(len(ids), generator=g)]),
        "The text holds ids up to 39, the vocabulary goes up to 79, and no word that "
        "you put in is above 39.",
        "From which words is a random one drawn?",
        "A word of another text is another word, and often a frequent one. The task "
        "names a wider pool.",
        "A lottery whose numbers are drawn from last week's tickets.",
        "words",
    ),
    Mistake(
        "last-word-never-drawn",
        masking(words=lambda V, ids, g: torch.randint(V - 1, ids.shape, generator=g)),
        _highest,
        "What is the largest number that `randint` can give you?",
        "The upper end of `randint` is not among what it draws. Which id has the last "
        "of V words?",
        "A die that is read “below 6” never shows a six.",
        "words",
    ),
    Mistake(
        "word-out-of-the-vocabulary",
        masking(
            words=lambda V, ids, g: torch.randint(1, V + 1, ids.shape, generator=g)
        ),
        _highest,
        "What is the largest id of a vocabulary of V words?",
        "Ids begin with 0. What does a table of V rows say to the id V?",
        "A hotel with rooms 0 to 49, and a key with the number 50.",
        "words",
    ),
    Mistake(
        "one-throw-for-the-batch",
        masking(fate=lambda *given: _thrown(1, *given)),
        "In some of your batches all chosen tokens become [MASK], in others none does.",
        "How many throws decide what becomes of the chosen tokens?",
        "80 % is a share of tokens, not of batches. What is the shape of your second "
        "draw?",
        "One coin for the whole team: everybody plays, or nobody.",
        "fates",
    ),
    Mistake(
        "one-throw-for-a-row",
        masking(fate=lambda *given: _thrown(given[0][:, :1].shape, *given)),
        "In some of your texts all chosen tokens become [MASK], in others none does.",
        "How many throws decide what becomes of the chosen tokens of a text?",
        "80 % is a share of tokens, not of texts. What is the shape of your second "
        "draw?",
        "One coin for each team: everybody plays, or nobody.",
        "fates",
    ),
    Mistake(
        "where-not-what",
        masking(label=lambda ids, chosen, *_: chosen),
        "Your labels are True and False.",
        "What should the model have guessed, by your labels?",
        "They say where something is asked, and not what the answer is. With what does "
        "the loss compare a guess?",
        "A solution sheet that only says which boxes are to be filled.",
        "asked",
    ),
    Mistake(
        "generator-ignored",
        own_chance,
        "With the same seed, two calls mask different tokens.",
        "Where does your chance come from?",
        "Each function of torch that draws takes a `generator`. Which of your draws "
        "have been given one?",
        "A recipe that says “some salt”: can a friend repeat the dish?",
        "chance",
    ),
    Mistake(
        "generator-made-anew",
        same_seed,
        "With two different seeds, two calls mask the same tokens.",
        "What happens in the second epoch?",
        "The texts should be masked anew each time they are read, and whoever calls "
        "holds the generator. Do you use theirs?",
        "A teacher who sets the same test every year.",
        "chance",
    ),
    Mistake(
        "returned-the-other-way-round",
        swapped,
        "What you return first holds −100, and no model can read that.",
        "In which order are the two expected?",
        "What the model reads comes first, what it is asked for second. Print the "
        "smallest number of each.",
        "The solution sheet is handed out, and the test is kept in the drawer.",
        "asked",
    ),
)
