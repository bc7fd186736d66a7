"""Chapter 5, peer review: ten patches, some of them right."""

from ...exercises.model import Exercise, Mistake, Probe
from . import _patches as patches

QUESTION = """
This attention is right; `keep` says who may look at whom (True = may), and `real`
(B, T) which ids are words. Ten people send patches for a causal decoder (T = S, padding
on the right). Try each one out and give your verdicts, a dict of "A" to "J" →
`"right"` (every word's output is as before, and no output is NaN) or `"wrong"`.

```python
past = torch.ones(T, T, dtype=torch.bool).tril()
keep = past & real[:, None, :]  # (B, T, T)
scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(~keep, -torch.inf)
output = scores.softmax(-1) @ v
```

- **A** “Rows of padding are garbage, so mask them as well”:
  `keep = keep & real.unsqueeze(-1)`
- **B** “Every word should be looked at equally often in total”:
  `output = scores.softmax(-2) @ v`
- **C** “Combine the two masks the other way round, one line less”:
  `keep = past | real[:, None, :]`
- **D** “One step less, and the mask still fits”, for q (B, T, d) and so on:
  `q.view(B, T, h, d_k).transpose(1, 2)` becomes `q.view(B, h, T, d_k)`, and the heads
  are merged by `output.view(B, T, d)`
- **E** “Small numbers before the product, not after”:
  `scores = ((q / math.sqrt(q.shape[-1])) @ k.mT).masked_fill(~keep, -torch.inf)`
- **F** “No infinities”, with scores that are not masked:
  `weights = scores.softmax(-1) * keep`, then
  `output = weights / weights.sum(-1, keepdim=True) @ v`
- **G** “The mask from the other triangle”: `past = torch.ones(T, T).triu(1) == 0`
- **H** “No infinities, and simpler”, with scores that are not masked:
  `output = (scores.softmax(-1) * keep) @ v`
- **I** “One layer for all”: the encoder, which reads the source sentence, gets
  `past` as well; so far it had the padding mask only
- **J** “Heads folded into the batch”: q, k, v (B, h, T, d_k) become
  `q.flatten(0, 1)` and so on, and the mask `keep.repeat(h, 1, 1)`
"""

STUB = """
def review():
    # a dict of "A" ... "J": "right" or "wrong"
    raise NotImplementedError
"""


def review():
    right = "EFG"
    return {letter: "right" if letter in right else "wrong" for letter in "ABCDEFGHIJ"}


def with_capitals():
    return {letter: verdict.capitalize() for letter, verdict in review().items()}


def as_booleans():
    return {letter: verdict == "right" for letter, verdict in review().items()}


def in_other_words():
    words = {"right": "correct", "wrong": "incorrect"}
    return {letter.lower(): words[verdict] for letter, verdict in review().items()}


def flipped(*letters):
    """The right review, with the verdicts on some patches turned round."""

    def answer():
        other = {"right": "wrong", "wrong": "right"}
        return {k: other[v] if k in letters else v for k, v in review().items()}

    return answer


def _word(verdict):
    if isinstance(verdict, bool):
        return "right" if verdict else "wrong"
    word = verdict.strip().lower() if isinstance(verdict, str) else verdict
    return {"correct": "right", "incorrect": "wrong"}.get(word, word)


def form(function):
    """Which patches have a verdict that can be read."""
    given = function()
    if not isinstance(given, dict):
        return given
    verdicts = {str(k).strip().upper(): _word(v) for k, v in given.items()}
    readable = [k for k, v in verdicts.items() if v in ("right", "wrong")]
    return {"patches with a verdict": " ".join(sorted(readable))}


def first_wrong(function):
    """The first patch whose verdict the experiment contradicts: one at a time."""
    given = function()
    if not isinstance(given, dict):
        return given
    verdicts = {str(k).strip().upper(): _word(v) for k, v in given.items()}
    wrong = [k for k, v in review().items() if verdicts.get(k) != v]
    return {"contradicted by its experiment": wrong[0] if wrong else "none"}


def _report(text, experiment):
    """A symptom with the numbers that the experiment gives."""
    return lambda got, _: text.format(*experiment())


EXERCISE = Exercise(
    id="mask-review",
    chapter=5,
    kind="write",
    title="Is this patch right?",
    question=QUESTION,
    difficulty=4,
    minutes=20,
    name="review",
    stub=STUB,
    reference=review,
    accepts=(with_capitals, as_booleans, in_other_words, review()),
    proves="Seven plausible patches break something, three that look suspicious are "
    "equal to the original: an experiment decides, not the look.",
    probes=(
        Probe(
            "form",
            tuple,
            form,
            says='Each patch from "A" to "J" has a verdict, "right" or "wrong"',
        ),
        Probe(
            "verdicts", tuple, first_wrong, says="No verdict contradicts its experiment"
        ),
    ),
    mistakes=(
        Mistake(
            "pad-query-and-key-nan",
            flipped("A"),
            _report(
                "You call A right. Tried out on sentences of 5 and 3 words, {} of {} "
                "numbers of its output are NaN; of the original, {}.",
                patches.padded_queries,
            ),
            "What is the softmax of “nothing allowed”?",
            "Is a query of padding allowed any key, after this patch? And what does a "
            "mean over all outputs, or a gradient, make of such a row?",
            "An average over an empty list stops the whole report, even if nobody "
            "wanted that line of it.",
            probe="verdicts",
        ),
        Mistake(
            "softmax-query-axis",
            flipped("B"),
            _report(
                "You call B right. Tried out, the weights that word 0 hands out sum to "
                "{:.2f}, and its output moves by {:.2f} when word 4 is replaced.",
                patches.over_queries,
            ),
            "Pick one query. Do the shares that it hands out add to one?",
            "Along the axis of the queries, later words compete with earlier ones for "
            "the same key. Does the mask forbid that?",
            "If a speaker's attention is shared out among listeners, a late guest "
            "takes some away from those who came before.",
            probe="verdicts",
        ),
        Mistake(
            "pad-or-causal",
            flipped("C"),
            _report(
                "You call C right. Tried out, the output at word 0 moves by {:.2f} "
                "when word 4 is replaced; in the original, by {:.2f}.",
                patches.joined_by_or,
            ),
            "Is `keep` a list of permissions or of prohibitions?",
            "Take word 0 and word 4 of a sentence without padding. What does each of "
            "the two masks say, and what does the patch make of it?",
            "“Adults, or with a ticket” and “adults with a ticket”: in which of the "
            "two can a child get in?",
            probe="verdicts",
        ),
        Mistake(
            "heads-split-by-view",
            flipped("D"),
            _report(
                "You call D right. Without a mask, an attention layer gives shuffled "
                "words the same outputs, shuffled: in the original they differ by "
                "{:.0e}, in D by {:.2f}.",
                patches.heads_by_view,
            ),
            "Follow word 0's d numbers: do they stay together?",
            "A shape can fit while the numbers in it stand elsewhere. Fill x with "
            "0, 1, 2, … and look at what the first head has in its first row.",
            "Twelve names typed row by row in 3 columns, and read as if they had been "
            "typed in 4: the paper has the right size.",
            probe="verdicts",
        ),
        Mistake(
            "scaled-query-refused",
            flipped("E"),
            _report(
                "You call E wrong. Tried out, its output differs from the original's "
                "by at most {:.0e}.",
                patches.scaled_query,
            ),
            "Does a number that multiplies a sum care whether you multiply before or "
            "after summing?",
            "Write one score as a sum of products, and put the factor into each term.",
            "Ten percent off each article, or ten percent off the bill?",
            probe="verdicts",
        ),
        Mistake(
            "renormalising-refused",
            flipped("F"),
            _report(
                "You call F wrong. Tried out, its output differs from the original's "
                "by at most {:.0e}.",
                patches.late_renormalised,
            ),
            "The total over all keys is in every weight of a row. What becomes of it "
            "when you divide by their sum?",
            "Zeroed shares are lost only as long as nobody hands the rest out anew. "
            "Which line of the patch does?",
            "Votes in percent, one party is banned, the others' percentages are "
            "computed again among them. Is that the same as never counting its votes?",
            probe="verdicts",
        ),
        Mistake(
            "other-triangle-refused",
            flipped("G"),
            _report(
                "You call G wrong. Tried out for T from 1 to 6, the two masks differ "
                "in {} entries.",
                patches.other_triangle,
            ),
            "What is left when the strict future is taken out?",
            "Write both masks down for T = 3. In which entry do they differ?",
            "“The days that are not after Wednesday” and “the days up to and including "
            "Wednesday”: which day is in one list only?",
            probe="verdicts",
        ),
        Mistake(
            "mask-after-softmax",
            flipped("H"),
            _report(
                "You call H right. Tried out, the weights of word 0 sum to {:.2f}, and "
                "its output moves by {:.2f} when the *key* of word 4 is replaced.",
                patches.late,
            ),
            "The shares that are set to 0: who had been given them, and who has them "
            "now?",
            "A picture of these weights has zeros above the diagonal, as it should. "
            "What else should be true of a row?",
            "A hidden guest who has paid leaves your bill smaller than it should be: "
            "you have not seen him, and know that he was there.",
            probe="verdicts",
        ),
        Mistake(
            "causal-mask-in-encoder",
            flipped("I"),
            _report(
                "You call I right. Tried out, the encoder's output at source word 0 "
                "moves by {:.2f} when source word 4 is replaced; without that mask, by "
                "{:.2f}.",
                patches.causal_encoder,
            ),
            "Is the source sentence a secret?",
            "A causal mask keeps answers from those who have to give them. Does the "
            "encoder have to guess the next source word?",
            "An interpreter who has the whole speech in writing covers it with a card "
            "and uncovers it word by word. Why should she?",
            probe="verdicts",
        ),
        Mistake(
            "mask-head-repeat-order",
            flipped("J"),
            _report(
                "You call J right. Tried out with sentences of 5 and 3 words and 2 "
                "heads, the words' outputs differ from the original's by up to {:.2f}.",
                patches.folded_heads,
            ),
            "Write the order of the B·h rows for both tensors: which sentence is row "
            "1 of each?",
            "Flattening (B, h) counts the heads of sentence 0 first. Repeating a list "
            "of B masks counts something else first.",
            "AABB and ABAB have the same letters. If these are gloves, and the other "
            "is hands, how many fit?",
            probe="verdicts",
        ),
    ),
)
