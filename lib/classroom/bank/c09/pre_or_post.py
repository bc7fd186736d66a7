"""Chapter 9, predict: a block whose sub-layers say nothing."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="pre-or-post",
    chapter=9,
    kind="predict",
    title="Both sub-layers return zeros. What does the block return?",
    question=r"""
A block's attention and its feed-forward network are replaced by functions that return
zeros; norms (gain 1, bias 0) and shortcuts are as before. What does the block make of
x: in the pre-norm form $x + f(\mathrm{LN}(x))$, and in the post-norm form
$\mathrm{LN}(x + f(x))$?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="pre-norm: x itself; post-norm: the normalised x",
    mistakes=(
        Mistake(
            id="silence-gives-zeros",
            wrong="both: zeros",
            symptom="The sub-layers give zeros, and the shortcut goes around them.",
            question="What is x + 0?",
            pointer="Write the formula with 0 for f(…). Which term is left?",
            neighbour="A bridge is closed, the ford beside it is not. Who gets across?",
        ),
        Mistake(
            id="both-keep-x",
            wrong="both: x itself",
            symptom="In the post-norm form a norm stands behind the addition, and all "
            "that leaves the block has gone through it.",
            question="Is there a way through a post-norm block that no norm stands on?",
            pointer="Follow the raw x with a finger in both formulas. Where does LN's "
            "bracket close?",
            neighbour="A motorway with a toll gate on the slip road, or across all "
            "lanes.",
        ),
        Mistake(
            id="both-normalise-x",
            wrong="both: the normalised x",
            symptom="In the pre-norm form the norm stands on the branch only; the "
            "branch ends in zeros.",
            question="Who reads the norm's output in the pre-norm form?",
            pointer="Write x + f(LN(x)) with f = 0. Is there an LN left?",
            neighbour="A shortened copy for the reviewers leaves the manuscript as "
            "long as it was.",
        ),
        Mistake(
            id="pre-and-post-exchanged",
            wrong="pre-norm: the normalised x; post-norm: x itself",
            symptom="It is the other way round: “pre” says that the norm stands in "
            "front of the sub-layer, not in front of the shortcut.",
            question="In which of the two formulas is x inside the LN when f is 0?",
            pointer="Put 0 for f(…) in both, and read what is left.",
            neighbour="“Pre-paid” tells when one pays, and not who.",
        ),
    ),
    proves="Pre-norm keeps an untouched path from bottom to top: early on, when "
    "the sub-layers say little, the stack is nearly the identity, and a gradient comes "
    "down whole. Post-norm puts a norm on that path, once for each sub-layer.",
)
