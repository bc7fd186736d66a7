"""Chapter 15, predict: what the auxiliary language model brought in the paper."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="lambda-effect",
    chapter=15,
    kind="predict",
    title="Fine-tuning with λ = 0 instead of λ = 0.5: what did the paper measure?",
    question="""
GPT-1 is fine-tuned on eight tasks twice: with the language model's loss beside the
task's (λ = 0.5), and without it (λ = 0). What did the authors find (Table 5)?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="on average nearly the same, a little better without; some larger data "
    "sets gain by it",
    mistakes=(
        Mistake(
            id="lambda-helps-everywhere",
            wrong="with it, every task is better: the model forgets less",
            symptom="Four of the eight scores are higher *without* it, among them CoLA "
            "and SST-2; the table is more mixed than what is told of it.",
            question="What would you have to see in eight pairs of numbers to say "
            "“everywhere”?",
            pointer="The authors see a tendency: larger data sets profit, smaller ones "
            "do not. What does that leave for the average?",
            neighbour="A diet helps three of eight patients. Is the ward lighter?",
        ),
        Mistake(
            id="lambda-is-essential",
            wrong="without it, the average falls by about 15 points",
            symptom="A fall of nearly 15 points belongs to another row of that table: "
            "the model that was not pre-trained.",
            question="Which of the two is more: to take away a second loss, or to take "
            "away everything that was learnt before?",
            pointer="At λ = 0 the weights still begin where pre-training has left "
            "them. What has been lost?",
            neighbour="A cook leaves out the garnish; another has never cooked.",
        ),
        Mistake(
            id="lambda-is-a-burden",
            wrong="with it, every task is worse: the second loss takes attention away",
            symptom="Entailment (MNLI, QNLI and RTE) and question pairs (QQP) score "
            "higher *with* it.",
            question="Do the two losses have to pull in different directions?",
            pointer="To go on guessing the next word of the task's own texts may help "
            "to know them. For which data sets is there enough to be learnt?",
            neighbour="A translator who also reads novels has less time. Is every "
            "translation worse?",
        ),
    ),
    proves="74.7 with and 75.0 without, averaged over the eight scores; MNLI, QNLI, "
    "RTE and QQP gain by it, CoLA, SST-2, MRPC and STS-B lose. Whether it is so in our "
    "small world, the chapter measures.",
)
