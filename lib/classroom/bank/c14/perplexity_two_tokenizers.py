"""Chapter 14, predict: one probability, two perplexities."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="perplexity-two-tokenizers",
    chapter=14,
    kind="predict",
    title="Same text, same probability, twice as many tokens: whose perplexity?",
    question="""
Two models give a held-out text exactly the **same probability**. Model A's tokenizer
cuts the text into twice as many tokens as model B's. What do their perplexities, per
token, look like?
""",
    difficulty=2,
    minutes=2,
    name="answer",
    stub="",
    reference="A's is lower: the square root of B's",
    mistakes=(
        Mistake(
            id="same-probability-same-perplexity",
            wrong="they are equal, as the probabilities are",
            symptom="Perplexity is the probability of the whole text, spread over its "
            "tokens: the same product, divided among another number of factors.",
            question="By what is the sum of −log p divided, before exp is taken?",
            pointer="Put numbers in: probability 1/10,000, cut into 2 tokens and into "
            "4. What is the average factor in each case?",
            neighbour="Two walkers climb the same tower, one by 100 high steps, one "
            "by 200 low ones. Is a step of the one as high as a step of the other?",
        ),
        Mistake(
            id="half-of-it",
            wrong="A's is lower: half of B's",
            symptom="Half as many nats per token, that is true. The perplexity is the "
            "exponential of those.",
            question="What is exp(a / 2), in terms of exp(a)?",
            pointer="Put numbers in: 4 nats per token against 2. What are the two "
            "perplexities?",
            neighbour="A square of half the side: is its area half as large?",
        ),
        Mistake(
            id="fewer-guesses-are-better",
            wrong="B's is lower: it makes fewer guesses, so it is surprised less often",
            symptom="It is surprised less often, and by more each time. Perplexity is "
            "an average per guess, not a total.",
            question="If both have lost the same in total, who has lost more for each "
            "token?",
            pointer="Put numbers in: 12 nats over 3 tokens and over 6 tokens.",
            neighbour="The same bill, paid in 3 instalments or in 6. Which of the "
            "instalments are larger?",
        ),
    ),
    proves="The text's −log p is divided by the number of tokens, and a tokenizer may "
    "choose that number. Divided by the number of bytes, which no tokenizer changes, "
    "the two models are equal: bits per byte compare what perplexities cannot.",
)
