"""What people get wrong in a step of parts, for the exercise accumulated-step."""

from ...exercises.compare import short
from ...exercises.model import Mistake

RIGHT = ["K", "I", "F", "J", "C", "B", "G", "D"]


def _length(moves):
    return short(sum(float(x) ** 2 for x in moves) ** 0.5)


def _moves(text):
    return lambda got, expected: (
        f"On this batch your step moves the weights by {_length(got)}, and the step of "
        f"the whole batch by {_length(expected)}. {text}"
    )


MISTAKES = (
    Mistake(
        "accum-mean-of-means",
        ["K", "I", "F", "A", "C", "M", "G", "D"],
        _moves("The parts have 10 tokens and 1; with 10 and 10 you would be right."),
        "Is every part or every token one vote?",
        "A mean of each part, and then a mean of the means: what does the single token "
        "of the second part weigh, against one of the ten?",
        "A village of 10 and a hermit vote on a bridge. One vote for each place, or "
        "for each head?",
        probe="10 and 1",
    ),
    Mistake(
        "means-are-added",
        ["K", "I", "F", "A", "C", "G", "D"],
        _moves("With twice the parts, your step is about twice as long."),
        "What do the gradients of several parts do in `p.grad`?",
        "Each `backward` adds to what is there. You add means; what is a sum of means?",
        "Two classes have averages of 3 and 2. Is 5 the average of the school?",
        probe="10 and 1",
    ),
    Mistake(
        "divided-twice",
        ["K", "I", "F", "A", "C", "B", "G", "D"],
        _moves("Divided by the tokens twice over."),
        "How often should a sum be divided, to become a mean?",
        "Count the divisions between the loss and the step. Each of two lines is right "
        "without the other.",
        "A bill for four, shared by four, and then every share shared by four.",
        probe="one part",
    ),
    Mistake(
        "divided-by-parts",
        ["K", "I", "F", "J", "C", "M", "G", "D"],
        _moves("Divided by the number of parts, not of tokens."),
        "A sum over eleven tokens: what makes a mean of it?",
        "The unit of your gradient is nats in each part. A part of twice the length "
        "then pulls twice as hard.",
        "The price of ten eggs in two boxes, divided by two, is not the price of an "
        "egg.",
        probe="one part",
    ),
    Mistake(
        "never-divided",
        ["K", "I", "F", "J", "C", "G", "D"],
        _moves("It is the gradient of the sum."),
        "What is counted in your loop, and where is the count used?",
        "A batch twice as large would make your step twice as long.",
        "The total of a class in an exam says little, before you know how many wrote.",
        probe="one part",
    ),
    Mistake(
        "zero-grad-in-the-loop",
        ["I", "F", "E", "J", "C", "B", "G", "D"],
        _moves("Only the last part is left in it."),
        "Whose gradients are in the box when you step?",
        "The box should be empty once, and then fill. When do you empty it?",
        "Someone counts the guests, and starts again from nothing at each table.",
        probe="10 and 1",
    ),
    Mistake(
        "zero-grad-order",
        ["I", "F", "J", "C", "B", "K", "G", "D"],
        "Your step moves the weights by 0: the gradients are gone when it is taken.",
        "Whose gradients are in the box when you step?",
        "Between making the gradients and using them nothing may throw them away.",
        "Shopping, unpacking, and throwing the bags away: in this order the cupboard "
        "is full. In which is it empty?",
        probe="one part",
    ),
    Mistake(
        "zero-grad-missing",
        ["I", "F", "J", "C", "B", "G", "D"],
        _moves(
            "Every gradient held the number 5 before you began, and it is still in."
        ),
        "What lay in the gradients before the first part?",
        "`backward` adds; it does not replace. Who cleans up after the last step?",
        "A scale that is not set back to zero weighs the last customer's fish again.",
        probe="stale gradients",
    ),
    Mistake(
        "clip-after-step",
        ["K", "I", "F", "J", "C", "B", "D", "G"],
        lambda got, _: (
            "One step with max_norm = 1 and a learning rate of 1 moves the weights by "
            f"{short(got['moved'])}. The gradients were cut to size, but too late."
        ),
        "When are the gradients read, and when did you change them?",
        "Clipping changes no weight. It changes numbers that a later line reads.",
        "The brakes are tested after the descent, and found to be excellent.",
        probe="large gradient",
    ),
    Mistake(
        "clip-missing",
        ["K", "I", "F", "J", "C", "B", "D"],
        lambda got, _: (
            "One step with max_norm = 1 and a learning rate of 1 moves the weights by "
            f"{short(got['moved'])}."
        ),
        "Which of your inputs is never used?",
        "A single strange batch can throw the weights far away. Which line is there to "
        "prevent that?",
        "A seat belt in the catalogue protects nobody in the car.",
        probe="large gradient",
    ),
    Mistake(
        "clip-before-mean",
        ["K", "I", "F", "J", "C", "G", "B", "D"],
        _moves("What you clip is the gradient of the sum, and you shorten it again."),
        "How long is the gradient at the moment when you clip it: that of the sum, or "
        "of the mean?",
        "`max_norm` is meant for the gradient that the step uses. Which line makes it?",
        "A suit is shortened to fit, and then washed for the first time.",
        probe="clipped",
    ),
    Mistake(
        "clip-each-part",
        ["K", "I", "F", "J", "H", "C", "B", "D"],
        _moves("After each part you shorten all that has been added up so far."),
        "How long is the gradient of the whole batch, and when do you know it?",
        "What is cut after the first part is the gradient of a sum that is not "
        "complete. Its length says nothing about the whole.",
        "A price limit for the whole trolley, checked after each article: do you put "
        "the milk back?",
        probe="clipped",
    ),
    Mistake(
        "step-each-part",
        ["K", "I", "F", "J", "C", "L"],
        _moves("The second part already saw other weights."),
        "How many steps does one batch give?",
        "All parts should be judged with the same weights. When do they change with "
        "you?",
        "A jury of which each member changes the evidence before the next one comes "
        "in.",
        probe="10 and 1",
    ),
    Mistake(
        "step-missing",
        ["K", "I", "F", "J", "C", "B", "G"],
        "The weights have not moved. The gradients are there, and nobody uses them.",
        "Which line changes the weights?",
        "A gradient says where to go. Look for the line that goes.",
        "The vote was counted, the result announced, and nobody moved in.",
        probe="one part",
    ),
)
