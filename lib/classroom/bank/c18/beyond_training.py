"""Chapter 18, predict: RoPE behind the longest text of training."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="beyond-training",
    chapter=18,
    kind="predict",
    title="Trained on 64 tokens, reading 256: what does the model with RoPE lose?",
    question="""
Three models with RoPE were trained on windows of 64 tokens. Now they read windows of
256. Rotations exist for every position. What do they lose on the tokens 192 to 255,
compared with the tokens 0 to 63?
""",
    difficulty=3,
    minutes=1,
    name="answer",
    stub="",
    reference="more: the offsets there never came up in training",
    mistakes=(
        Mistake(
            id="same-because-relative",
            wrong="the same: scores depend on offsets, and every offset is defined",
            symptom="Defined, yes. But a pair that is turned by 200 steps gives scores "
            "that no training step has ever seen.",
            question="Which offsets occur in a window of 64 tokens?",
            pointer="The query at 200 meets keys at offsets up to 200. What has the "
            "model learnt about an offset of 150?",
            neighbour="A map may be drawn to any size. Whoever has only ever walked in "
            "the town centre gets lost beyond it all the same.",
        ),
        Mistake(
            id="less-because-more-context",
            wrong="less: later tokens have more context to go by",
            symptom="Within the 64 tokens of training that is so. Beyond, the context "
            "comes at offsets that the model has not learnt to read.",
            question="More context helps whom: a model that can read it, or any?",
            pointer="What happened to chapter 8's models at twice the length?",
            neighbour="More pages help a reader, if they are in a language that he "
            "knows.",
        ),
        Mistake(
            id="error",
            wrong="nothing is computed: there is no row for these positions",
            symptom="There is no table of learned rows here: an angle can be computed "
            "for every position.",
            question="What does RoPE need in order to turn a vector at position 200?",
            pointer="Which of chapter 8's two kinds of positions stops at the end of "
            "its table?",
            neighbour="A clock has no last hour.",
        ),
    ),
    proves="That a score is defined at an offset does not mean that a model has learnt "
    "what to do with it.",
)
