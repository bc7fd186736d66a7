"""Chapter 13, predict: what [CLS] is worth before anybody has asked for it."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="cls-untuned",
    chapter=13,
    kind="predict",
    title="The [CLS] vector, after masked words alone …",
    question="""
An encoder is pre-trained on masked words alone: `[CLS]` stands first in every text, and
it is never chosen to be guessed. Then, with nothing trained further, we take the last
layer's vector of `[CLS]` as the vector of the sentence. What has made it a summary?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="nothing: no loss has ever read the last vector at this position",
    mistakes=(
        Mistake(
            id="cls-is-a-summary-by-nature",
            wrong="its place: the token stands for the whole sentence",
            symptom="A position with a name is a position. What it holds is what some "
            "loss has asked of it.",
            question="What would change in training if this token were called [DOG]?",
            pointer="Follow the gradient back from the guesses at the masked words. "
            "Does it reach the last layer's vector of the first position?",
            neighbour="A seat marked “chairman” does not know what the meeting said.",
        ),
        Mistake(
            id="attention-collects-by-itself",
            wrong="attention: it sees every word, so it gathers what they say",
            symptom="Every position sees every word. What is taken from them, and "
            "what for, is learnt, where something is asked.",
            question="In what does [CLS] differ from any other position that sees "
            "everything?",
            pointer="A mix of all values comes out in any case, with any weights. Who "
            "has told the last layer which mix is useful here?",
            neighbour="Somebody who has heard every talk of a conference and was never "
            "asked for a report has taken few notes.",
        ),
        Mistake(
            id="pooler-makes-it",
            wrong="the dense layer and the tanh that stand on top of it",
            symptom="Nothing has trained that layer either: it is read by sentence "
            "tasks, and there was none.",
            question="Which loss has a gradient for the weights of that layer?",
            pointer="A random matrix and a tanh move numbers about. Can they put in "
            "what is not there?",
            neighbour="A new frame around an empty canvas.",
        ),
        Mistake(
            id="masked-words-train-it",
            wrong="the guessing: to guess words, it had to sum up the sentence",
            symptom="The guesses are read off at the masked positions. There the last "
            "vectors had to be good.",
            question="Which rows of the last layer are handed to the head?",
            pointer="In lower layers other positions may look at [CLS], and use it. "
            "Who looks at it after the last layer?",
            neighbour="Eleven players are marked on the match; the twelfth sat on the "
            "bench and is marked on nothing.",
        ),
    ),
    proves="What a vector holds is what a loss has asked of it. BERT adds "
    "next-sentence prediction, which reads [CLS]; and its authors still write that "
    "without fine-tuning it is no meaningful vector of a sentence.",
)
