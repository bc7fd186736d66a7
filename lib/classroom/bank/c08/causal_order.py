"""Chapter 8, predict: does a causal mask alone tell the order?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="causal-order",
    chapter=8,
    kind="predict",
    title="No positions, but a causal mask. Can the last word tell the order?",
    question="""
Self-attention with a causal mask and no positions reads six words. The first five are
shuffled, the last stays where it is. Does the output at the last word change: with one
layer, and with two layers?
""",
    difficulty=3,
    minutes=2,
    name="answer",
    stub="",
    reference="with one layer it stays the same, with two it changes",
    mistakes=(
        Mistake(
            id="causal-without-positions-blind",
            wrong="it stays the same with one layer and with two: no order is left",
            symptom="That holds for one layer. In the second the last word reads what "
            "the others have become, and that depends on whom each of them could see.",
            question="How many words does the second word see, and how many does it "
            "see after the shuffle?",
            pointer="Under the mask a word's output depends on the set of those before "
            "it. Which words have another set after the shuffle?",
            neighbour="Nobody in a queue has a number. But each can count whom he sees "
            "in front of him.",
        ),
        Mistake(
            id="causal-one-layer-is-enough",
            wrong="it changes with one layer and with two: the mask tells the order",
            symptom="In the first layer the last word sees all others, and their plain "
            "vectors: a set, whatever its order.",
            question="What does the mask forbid to the last word?",
            pointer="Take the row of the last word. Which of its weights does the mask "
            "touch?",
            neighbour="The last in a queue sees everybody's coat. Who stands before "
            "whom he learns when the others tell him whom they see.",
        ),
        Mistake(
            id="causal-deeper-forgets",
            wrong="it changes with one layer, and a second one evens that out",
            symptom="It is the other way round: one layer gives the last word a set, "
            "and a second has something new to tell.",
            question="What does the last word read in the first layer: words, or what "
            "other words have read?",
            pointer="Between the layers each word has collected the words before it. "
            "Where could a later layer lose that?",
            neighbour="Gossip: after one evening I know my neighbours' news; after "
            "two, also what their neighbours told them.",
        ),
    ),
    proves="One causal layer hands the last word an average over a set. But each "
    "earlier word has averaged over those before *it*, so its own output depends on "
    "where it stands, and from the second layer on that can be read. A causal model "
    "without positions is not blind to order.",
)
