"""Chapter 5, predict: what happens when the mask is dropped after training?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="mask-at-inference",
    chapter=5,
    kind="predict",
    title="After training, the causal mask is switched off …",
    question="""
A stack of self-attention layers was trained with a causal mask. For generation somebody
switches the mask off: “the future is not there yet, so nothing can leak”. Only the
output at the **last** position is read. Does it change?
""",
    difficulty=3,
    minutes=2,
    name="answer",
    stub="",
    reference="not with one layer; with two or more it does",
    mistakes=(
        Mistake(
            id="last-position-sees-all-anyway",
            wrong="never: the last position was allowed to see everything anyway",
            symptom="That is true of its own row of the mask, and deeper in the stack "
            "the output moves all the same.",
            question="What does the last position read in the second layer, and who "
            "made that?",
            pointer="Follow word 0 through the first layer, with the mask and without. "
            "Who reads its result?",
            neighbour="The last witness may hear all the others. If they have been "
            "allowed to hear one another first, does she hear the same stories?",
        ),
        Mistake(
            id="mask-only-for-training",
            wrong="never: the mask is a tool for training, and the weights have "
            "learned to do without",
            symptom="No weight knows about the mask: it is applied to the scores, "
            "anew in each pass. Without it, other numbers are computed.",
            question="Where is it stored that word 0 should not look at word 3?",
            pointer="Training fitted the weights to what arrives under the mask. What "
            "arrives once it is off?",
            neighbour="Glasses are no training for the eyes: who has learned to read "
            "with them does not read without them.",
        ),
        Mistake(
            id="changes-already-with-one-layer",
            wrong="always, even with a single layer",
            symptom="In a single layer the last position's row of scores is the same "
            "with the mask and without: it forbids that row nothing.",
            question="Which entries of the mask's last row are False?",
            pointer="Other positions do change in the first layer. Is there anybody "
            "who reads them before the output?",
            neighbour="If everyone else's exam is marked wrongly, your own mark is "
            "right, until somebody copies from theirs.",
        ),
    ),
    proves="The mask's last row forbids nothing, so the first layer gives the last "
    "position the same output. But the earlier positions now read what comes after "
    "them, and the next layer reads *those*.",
)
