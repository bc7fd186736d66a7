"""Chapter 11, predict: what label smoothing does to two scores."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="smoothing-and-perplexity",
    chapter=11,
    kind="predict",
    title="Trained with label smoothing, the model's held-out perplexity …",
    question="""
Two models are trained alike, one of them with label smoothing of 0.1. Both are tested
on held-out numbers with the **ordinary** loss, without smoothing. Compared with the
model without, the smoothed one's perplexity is …
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="worse, whether or not it writes more numbers correctly",
    mistakes=(
        Mistake(
            id="regularisers-lower-the-loss",
            wrong="better: it is a regulariser, and generalises",
            symptom="It regularises, and yet it is trained towards another target than "
            "the one that it is tested on.",
            question="Which probability should the smoothed model give to a token of "
            "which it is certain?",
            pointer="Take a token that both models know. The one was asked for "
            "certainty, the other for a little doubt. What does the doubt cost?",
            neighbour="A guide who has been told always to mention a second way is "
            "less "
            "clear on roads where there is one way only.",
        ),
        Mistake(
            id="test-without-smoothing-hides-it",
            wrong="the same: the test does not smooth",
            symptom="The test does not smooth, but the weights were trained with it.",
            question="Where does the effect of a training loss live, once training is "
            "over?",
            pointer="The weights have learned to keep some probability back. They do "
            "so "
            "in the test as well.",
            neighbour="Whoever learned to write with gloves on writes large letters "
            "with bare hands too, for a while.",
        ),
        Mistake(
            id="follows-accuracy",
            wrong="better if it writes more numbers correctly, and worse if fewer",
            symptom="The two scores can part ways: one asks which token is first, the "
            "other how sure the model is of it.",
            question="Can a model be first more often, and less sure each time?",
            pointer="0.9 for the right token and 0.99 for the right token are the same "
            "to accuracy. To perplexity they are not.",
            neighbour="A team may win more matches, each of them by fewer goals.",
        ),
    ),
    proves="The smoothed model keeps some probability back where it is certain, and "
    "perplexity charges for that on every token. Accuracy does not see it.",
)
