"""Chapter 16, predict: what another GELU does to a trained model."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="gelu-two-names",
    chapter=16,
    kind="predict",
    title="A GPT-1 is run with the other GELU: what happens to its loss?",
    question=r"""
A trained GPT-1 computes its GELU by an approximation with tanh. You load it into a
model that computes $x\,\Phi(x)$ exactly: the two curves differ by less than 0.001. What
happens to the loss on held-out text?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="it does not change in the first three digits, though the logits do",
    mistakes=(
        Mistake(
            id="errors-pile-up",
            wrong="it rises clearly: the difference is made anew in every block",
            symptom="In five blocks the logits move by a few hundredths, and the loss "
            "by less than a thousandth of a bit.",
            question="Are the small differences all of one sign?",
            pointer="A trained model has met dropout and noise far larger than this. "
            "Does what it has learnt hang on the fourth digit of an activation?",
            neighbour="A choir in which each singer is off by a hair sounds like a "
            "choir.",
        ),
        Mistake(
            id="exact-is-better",
            wrong="it falls: the exact function is better than an approximation of it",
            symptom="Nothing falls that could be told from nothing.",
            question="Which of the two functions was the model trained with?",
            pointer="An approximation is only one where something else is wanted. What "
            "did the weights adapt to?",
            neighbour="A violin tuned a little low plays best with others that are "
            "tuned so.",
        ),
        Mistake(
            id="loader-refuses",
            wrong="there is none: the loader refuses, since the weights do not fit",
            symptom="An activation has no weights. Names and shapes are all there.",
            question="Which tensor of the file belongs to the activation?",
            pointer="A comparison of names and shapes sees what is stored. Where is it "
            "written which function stands between two matrices?",
            neighbour="From a box of bricks you cannot tell which way up the plan "
            "puts them.",
        ),
    ),
    proves="The loss does not notice it, measured further down. What notices is a "
    "comparison of logits with the published code, and the setting in config.json: "
    "which must be read with care, since one word stands for two functions.",
)
