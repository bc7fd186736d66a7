"""Chapter 14, predict: what a cache of keys and values changes."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="cache-or-not",
    chapter=14,
    kind="predict",
    title="Generated with a cache and without: what differs?",
    question="""
The same GPT, without dropout, continues the same beginning greedily by 100 tokens:
once it reads the whole text again at every step, once it keeps the keys and values of
what it has read and is given the newest token alone. What differs?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="the time, and nothing else",
    mistakes=(
        Mistake(
            id="old-keys-are-stale",
            wrong="the text, a little: kept keys do not know of the tokens that came "
            "after them",
            symptom="They do not know of them without a cache either: the causal mask "
            "keeps the future away from every position, in every layer.",
            question="Which tokens does the key of position 3 in layer 5 depend on?",
            pointer="Follow position 3 upwards through the layers, under the mask. Is "
            "there a step at which position 7 could have changed it? (In an encoder "
            "without a mask there is: such a model has nothing to keep.)",
            neighbour="A diary's entry for Monday is not rewritten on Friday. Need it "
            "be read aloud again each day, to be sure that it says the same?",
        ),
        Mistake(
            id="only-the-newest-is-seen",
            wrong="the text: with the cache, the model sees the newest token only",
            symptom="It is handed one token, and its query meets the keys and values "
            "of all that came before.",
            question="One query, 50 kept keys: how many weights does a head compute?",
            pointer="What goes into a step is one token. What is attended to is the "
            "cache. Who asks, and who is asked?",
            neighbour="A listener with good notes is told one new sentence at a time. "
            "Has she forgotten the talk?",
        ),
        Mistake(
            id="cache-remembers-better",
            wrong="the text: with the cache, the model remembers better what it wrote",
            symptom="Without the cache nothing is forgotten: the whole text is read "
            "at each step.",
            question="Does the model without a cache have less to look at, at any "
            "step?",
            pointer="Compare what the newest query is multiplied with, in the two "
            "cases.",
            neighbour="Whether the sum is kept on the display or added up anew each "
            "time, the till asks for the same amount.",
        ),
    ),
    proves="Under a causal mask, nothing that was computed for a position changes when "
    "tokens are added, so it may be kept. Logits agree up to rounding, and a step "
    "reads one token instead of all.",
)
