"""Chapter 7, predict: the words of the question are not excluded."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="which-way",
    chapter=7,
    kind="predict",
    title="King − man + woman, and nothing is excluded …",
    question="""
Analogies with word vectors: the answer to *a is to b as c is to …?* is the word nearest
to $v_b - v_a + v_c$, and by custom the search leaves out a, b and c. Now it leaves out
nothing. Which word is nearest most often?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="one of the question's own words, b or c",
    mistakes=(
        Mistake(
            id="analogy-exclusion-is-a-detail",
            wrong="the same as before: leaving out three words is a detail",
            symptom="It is three words of thousands, and just the three that lie "
            "nearest.",
            question="How long is the step b − a, beside c itself?",
            pointer="a and b are related, so much of b − a cancels. Whom does one meet "
            "a short step away from c?",
            neighbour="Two steps north of your own house, which house is nearest?",
        ),
        Mistake(
            id="analogy-back-to-a",
            wrong="the word a, since the difference begins there",
            symptom="a is the one word that is taken *away*.",
            question="Which sign has a in the sum?",
            pointer="Of the three vectors two are added, and one is subtracted.",
            neighbour="A soup without salt, with pepper and lemon: of what does it "
            "taste least?",
        ),
        Mistake(
            id="analogy-frequent-word",
            wrong="a frequent word, such as “the”, which is near to everything",
            symptom="A frequent word meets everyone, and is for that reason near to "
            "nobody in particular.",
            question="Does the cosine reward being known by many, or pointing the same "
            "way?",
            pointer="The sum points where b and c point. Who points that way better "
            "than they?",
            neighbour="The town's busiest crossing is on everybody's way, but seldom "
            "the house next door.",
        ),
    ),
    proves="b − a is often short, so that the target stays near c, or near b. The "
    "custom of leaving the three out does a good part of what the famous examples "
    "seem to show; look for it whenever analogies are quoted.",
)
