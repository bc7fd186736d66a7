"""Chapter 7, predict: how often is a name found that no training has seen?"""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="new-names",
    chapter=7,
    kind="predict",
    title="A name that was not in training is found in Chinese …",
    question="""
The space was trained on the names of some 1,160 emoji in seven languages. Now come 280
others. For each English name we take the nearest of their 280 Chinese names. A random
guess is right in 0.4 % of cases. How often is the space?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="in about a quarter of cases",
    mistakes=(
        Mistake(
            id="new-names-at-chance",
            wrong="as often as the guess: what was never seen cannot be known",
            symptom="The *name* is new. Your answer takes it as one piece, and then "
            "you are right: chance is what is left.",
            question="“Red apple” is held out. Of what is it made, and who else is?",
            pointer="A name is the sum of its pieces, and pieces come back in other "
            "names.",
            neighbour="You have never read this sentence, and yet you know its words.",
        ),
        Mistake(
            id="new-names-almost-always",
            wrong="almost always: once the languages share a space, they are aligned",
            symptom="Only what was trained on has been aligned, and of many new names "
            "no word was.",
            question="Where is the vector of a Chinese character that occurs in no "
            "training name?",
            pointer="1,160 names hold few of a language's words. What can the sum of "
            "unknown pieces say?",
            neighbour="A phrase book for the railway does not get you through the "
            "market.",
        ),
        Mistake(
            id="new-names-like-french",
            wrong="as often as the French name",
            symptom="French and English share letters and many words; the table gets "
            "part of French for nothing.",
            question="Would an untrained table find *ballon* from *balloon*? *气球*?",
            pointer="Ask what a model earns that has learnt nothing: for French, and "
            "for Chinese.",
            neighbour="Whoever reads Dutch without lessons may know German. Chinese "
            "would be a better proof of a gift.",
        ),
    ),
    proves="The pieces of new names were often part of known names, and their sum "
    "points the right way: far from chance, and far from a dictionary. Without shared "
    "letters there is no other way to be right.",
)
