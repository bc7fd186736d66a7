"""Chapter 9, predict: which parts of a block carry something from word to word?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="who-mixes",
    chapter=9,
    kind="predict",
    title="Word 4 changes. In which parts of the block can word 0 notice?",
    question="""
An encoder block, without a mask, has attention, two layer norms, a feed-forward network
and two shortcuts. Each part is tested alone: the vector of word 4 is changed, and the
part's output at word 0 is compared. Which parts let word 0 notice?
""",
    difficulty=1,
    minutes=1,
    name="answer",
    stub="",
    reference="attention alone",
    mistakes=(
        Mistake(
            id="feed-forward-mixes-words",
            wrong="attention and the feed-forward network",
            symptom="The feed-forward network is fully connected between the features "
            "of one word. Between words it has no connection.",
            question="What is the shape of its first matrix: does the length of the "
            "text appear in it?",
            pointer="x (B, T, d) times W (d, d_ff): over which axis is the sum?",
            neighbour="Every pupil works through the same sheet, alone.",
        ),
        Mistake(
            id="layer-norm-mixes-words",
            wrong="attention and the layer norms",
            symptom="A layer norm takes mean and variance over the features of one "
            "word, not over the words.",
            question="How many means are worked out for a text of five words?",
            pointer="It is batch norm that averages over others. Along which axis does "
            "a layer norm run?",
            neighbour="Each pupil's own mean mark: does it change with a neighbour's "
            "examination?",
        ),
        Mistake(
            id="all-parts-mix-words",
            wrong="all of them: a block is one network",
            symptom="A shortcut copies each word's vector to the same place; norms and "
            "the feed-forward network work on one word at a time.",
            question="Which of the parts could read the words on separate computers?",
            pointer="Take each part's formula and look for a sum over positions.",
            neighbour="A firm has one meeting room; all other work is done at desks.",
        ),
    ),
    proves="Attention is the one place where words meet; the rest works on each word "
    "by itself, with the same weights. That is why a mask in attention is enough to "
    "keep the future out of the whole model.",
)
