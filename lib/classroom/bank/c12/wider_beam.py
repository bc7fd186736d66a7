"""Chapter 12, predict: what a wider beam does to the probability it finds."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="wider-beam",
    chapter=12,
    kind="predict",
    title="A wider beam on the same model: what is certain?",
    question="""
The same trained model translates the same names, once greedily (a beam of 1) and once
with a beam of 10. Each time we note the log-probability of what it wrote, and whether
it is the right translation.
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="mostly likelier texts; right ones hardly more often, perhaps less",
    mistakes=(
        Mistake(
            id="beam-finds-the-best",
            wrong="the most probable text, each time",
            symptom="Ten hypotheses are kept of V¹⁰ and more. What begins badly is "
            "cut, however well it goes on.",
            question="What does the search know of words that it has not written yet?",
            pointer="At each step the order is that of the beginnings. Can the best "
            "whole begin with the eleventh best beginning?",
            neighbour="Of a hundred mountain paths you follow the ten that climb most "
            "in the first hour. Is the highest summit on one of them?",
        ),
        Mistake(
            id="wider-is-better",
            wrong="clearly more of the translations are right",
            symptom="A search can only find what the model rates highly. Where the "
            "model is wrong, a better search finds the wrong thing more surely.",
            question="Who says what is probable, and who says what is right?",
            pointer="Two errors are at work: the model's and the search's. Which one "
            "does a wider beam mend?",
            neighbour="A better index finds more quickly what the encyclopaedia says. "
            "Does it make the encyclopaedia truer?",
        ),
        Mistake(
            id="beam-never-below-greedy",
            wrong="it is never less probable than what greedy found",
            symptom="The greedy path can fall out of the beam on its way, and never "
            "come back; what is kept may then end badly.",
            question="Is the greedy hypothesis protected in the beam?",
            pointer="At some step ten others may be ahead of it by a little. What then "
            "happens to it?",
            neighbour="A race in stages where the ten fastest of each stage go on. Can "
            "the fastest over all drop out?",
        ),
    ),
    proves="A wider beam searches the same model better, as a rule: likelier texts. "
    "Whether they are better texts is up to the model.",
)
