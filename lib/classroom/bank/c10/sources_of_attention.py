"""Chapter 10, predict: shapes and sources in cross-attention."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="sources-of-attention",
    chapter=10,
    kind="predict",
    title="Three target words, five source words. Which shape have the weights of "
    "cross-attention, and whose are the values?",
    question="""
The source has five words, and three words of the target have been read. What is the
shape of the cross-attention's weights, for one sentence and one head, and what does it
take the weighted sum of?
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="(3, 5); a sum of vectors made from the source",
    mistakes=(
        Mistake(
            id="cross-attn-roles-swapped",
            wrong="(5, 3); a sum of vectors made from the target",
            symptom="Then five vectors would come out, one for each source word, and "
            "the decoder works on three.",
            question="How many answers does the decoder need: one for each of whose "
            "words?",
            pointer="The output has a row for each query. Which side has to get it?",
            neighbour="A student with three questions and a book of five pages: who "
            "asks whom?",
        ),
        Mistake(
            id="value-from-the-decoder",
            wrong="(5, 5); a sum of vectors made from the target",
            symptom="A table of 5 by 5 would weight five values for each source word. "
            "The target has three vectors.",
            question="By which axis do weights and values have to fit together?",
            pointer="Weights (rows, columns) times values (columns, d): who has as many"
            " vectors as there are columns?",
            neighbour="A recipe for five ingredients cannot be cooked with three.",
        ),
        Mistake(
            id="cross-is-self",
            wrong="(3, 3); a sum of vectors made from the target",
            symptom="That is the decoder's self-attention, the sub-layer before.",
            question="How would anything of the source reach the target?",
            pointer="Somewhere in the decoder, source vectors have to be summed.",
            neighbour="A translator who rereads only the translation.",
        ),
        Mistake(
            id="values-are-both",
            wrong="(3, 8); a sum of vectors made from both",
            symptom="Source and target are not put side by side here; each decoder "
            "layer has one attention for each.",
            question="How many attentions does a decoder layer have, and why?",
            pointer="One table (3, 8) would mix two questions: what have I written, "
            "and what is there to read? A decoder alone does that (chapter 14).",
            neighbour="Two books on two desks are not one book.",
        ),
    ),
    proves="The decoder asks, so there is a row for each of its words; the source is "
    "looked up in, so there is a column for each of its words, and what is summed are "
    "the source's values.",
)
