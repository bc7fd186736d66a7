"""Chapter 15, predict: how many pre-trained layers are worth taking along."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="layers-transferred",
    chapter=15,
    kind="predict",
    title="How many pre-trained layers are worth taking along?",
    question="""
Of a pre-trained GPT-1 with 12 layers, only the embeddings and the lowest k layers are
kept; the layers above begin at random. The whole is then fine-tuned. How does the
score on MultiNLI change as k grows (the paper's Figure 2, left)?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="it rises with each layer, up to the last",
    mistakes=(
        Mistake(
            id="embeddings-do-it",
            wrong="the embeddings bring nearly all of it; layers add little",
            symptom="The curve goes on rising above the embeddings, by up to 9 points "
            "when all layers are taken along.",
            question="What does a table of embeddings know of a word's neighbours?",
            pointer="Chapter 7 has tables that were learnt from text, too. What did "
            "they not tell apart?",
            neighbour="Who brings along the dictionary has not brought the grammar.",
        ),
        Mistake(
            id="middle-is-best",
            wrong="it rises up to the middle, and falls again: upper layers know only "
            "the old task",
            symptom="A fair guess, and not what Figure 2 shows: the twelfth layer "
            "still adds.",
            question="Guessing the next word and judging an entailment: what would the "
            "two have in common, high up?",
            pointer="A layer that is a poor start is still a start, and fine-tuning "
            "moves it. Against what does it compete? Against random numbers.",
            neighbour="A second-hand coat that needs altering, or a bale of cloth?",
        ),
        Mistake(
            id="all-or-nothing",
            wrong="nothing is gained until all twelve are there: the layers were "
            "trained together",
            symptom="Each layer that was transferred brought something by itself.",
            question="Does the third layer have to know what the twelfth does with its "
            "output?",
            pointer="Layers read from below. Of the lowest three, which ones depend on "
            "a layer that is missing?",
            neighbour="The lower floors of a house stand, whoever builds the upper "
            "ones anew.",
        ),
    ),
    proves="Each transferred layer helps, and full transfer brings up to 9 points on "
    "MultiNLI: every level of the model holds something that the task can use. Chapter "
    "15 draws the same curve for our model.",
)
