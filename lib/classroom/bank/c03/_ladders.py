"""Hints for what people get wrong in scaled dot-product attention."""

from typing import Any

import numpy as np

from ...exercises.compare import short


def _row(got, expected):
    return (
        f"your first query weighs the 5 keys {short(got[0])}, where "
        f"{short(expected[0])} is right"
    )


def _largest(got, expected):
    return (
        f"your first query's largest weight is {short(got[0].max())}, where "
        f"{short(expected[0].max())} is right"
    )


QUERY_AXIS = {
    "symptom": lambda got, _: (
        f"With 3 queries and 5 keys, your queries' weights add up to {short(got)}. "
        "Added up over the *queries*, each key's make 1."
    ),
    "question": "Take one query. Do the shares that it hands out make a whole?",
    "pointer": "A softmax makes the numbers along one axis compete with each other. "
    "Who should compete: the keys for a query, or the queries for a key?",
    "neighbour": "Two pupils each rate three films with 10 points to give away: "
    "(5, 3, 2) and (1, 1, 8). The rows make 10. If each *film* had 10 points to give "
    "to pupils, what would make 10?",
    "probe": "row sums",
}
BATCH_AXIS = {
    "symptom": lambda got, _: (
        "For two sentences with 3 heads, the weights of your first four queries add up "
        f"to {short(got[1][0, 0].sum(-1))}. Added up over the *sentences*, yours make "
        "1."
    ),
    "question": "What would your weights be if there were one sentence in the batch?",
    "pointer": "Axis 0 is counted from the front. What stands there in (B, h, T, S), "
    "and what stands there when no batch axis is given?",
    "neighbour": "Two restaurants share one bill by appetite, table 1 with table 1 and "
    "table 2 with table 2. The guests of one table, who ate together, are never "
    "compared. Which axis lists those?",
    "probe": "batch and heads",
}
HEADS_AXIS = {
    "symptom": lambda got, _: (
        "One sentence alone comes out right. For two sentences with 3 heads, the "
        f"weights of your first four queries add up to {short(got[1][0, 0].sum(-1))}: "
        "added up over the *heads*, yours make 1."
    ),
    "question": "Which axis is axis 1 of (T, S)? And of (B, h, T, S)?",
    "pointer": "The same number names another axis once axes stand in front. From "
    "which end would you have to count, to name the keys in both?",
    "neighbour": "“The second person in the queue” is somebody else once two more "
    "have joined at the front. And “the last person”?",
    "probe": "batch and heads",
}
EVERYTHING = {
    "symptom": lambda got, _: (
        f"Your three queries' weights add up to {short(got)}: only all of them "
        "together make 1."
    ),
    "question": "How many distributions do 3 queries need?",
    "pointer": "Without an axis, NumPy's `sum` and `max` run over the whole array. "
    "Then one query takes weight away from another.",
    "neighbour": "np.array([[1, 3], [2, 2]]) has one sum of 8, or two sums of 4 and 4. "
    "With which does each row become shares of its own?",
    "probe": "row sums",
}
SCALE_MISSING = {
    "symptom": lambda got, expected: (
        f"With d_k = 4, {_largest(got, expected)}. The logarithms of your weights lie "
        "twice as far apart as they should."
    ),
    "question": "How large is a sum of d_k products of random numbers, typically?",
    "pointer": "The rows add up, the order of the keys is right, and all is too sharp. "
    "Between the products and the softmax one step of the formula is not there.",
    "neighbour": "(0.5, 1.0) has softmax (0.38, 0.62); (1, 2) has (0.27, 0.73). What "
    "was done to the scores between the two?",
    "probe": "weights",
}
SCALE_NOT_ROOT = {
    "symptom": lambda got, expected: (
        f"With d_k = 4, {_largest(got, expected)}: too even. Your scores are half of "
        "what they should be."
    ),
    "question": "If the variances add up, what happens to the standard deviation?",
    "pointer": "Dividing a number by c divides its variance by c². A score has the "
    "variance d_k and should have 1.",
    "neighbour": "The sum of 9 dice spreads three times as far as one die, not nine "
    "times. By what do you divide to get one die's spread back?",
    "probe": "weights",
}
SCALE_WRONG_WAY = {
    "symptom": lambda got, expected: (
        f"With d_k = 4, {_largest(got, expected)}. Your scores are 4 times too far "
        "apart."
    ),
    "question": "Should longer vectors make larger scores, or is that to be undone?",
    "pointer": "The root is there. Check on which side of the fraction.",
    "neighbour": "A price in cents, 250, is to be in euros: 2.50 or 25 000? Both come "
    "from the right factor.",
    "probe": "weights",
}
OTHER_LENGTH = {
    "symptom": lambda got, expected: (
        "With T = 4 queries, S = 5 keys, d_k = 7, d_v = 6 behind B = 2, h = 3, "
        f"{_largest(got[1][0, 0], expected[1][0, 0])}. Your rows add up, but the "
        "scores are stretched by a wrong factor."
    ),
    "question": "How many products are added up to make one score?",
    "pointer": "Print the number under your root, and the shapes of the inputs. Which "
    "axis does it come from?",
    "neighbour": "For (2, 3) @ (3, 5), each of the 10 results is a sum of 3 products. "
    "Where does the 3 stand in the two shapes?",
    "probe": "batch and heads",
}
SCALE_LATE = {
    "symptom": lambda got, _: (
        f"With d_k = 4, your three queries' weights add up to {short(got)}."
    ),
    "question": "Do your shares still make a whole when you have divided them?",
    "pointer": "The root is there to keep the *scores* at ordinary size, before the "
    "softmax exaggerates their differences. Where does yours stand?",
    "neighbour": "Loud music recorded too loud stays distorted when you turn the "
    "player down. At which end must the volume be turned?",
    "probe": "row sums",
}
RESHAPED = {
    "symptom": lambda got, expected: f"Here {_row(got, expected)}.",
    "question": "Your turned keys have d_k rows and S columns. Is the first column the "
    "first key?",
    "pointer": "Reading numbers in their order into a new shape is not turning a "
    "matrix over. Try it on np.arange(6).",
    "neighbour": "[[1, 2], [3, 4], [5, 6]] turned over begins with the row 1, 3, 5. "
    "Read into two rows of three, it begins with 1, 2, 3.",
    "probe": "weights",
}
ALL_TURNED: dict[str, Any] = {
    "symptom": "One sentence without batch axes comes out right; queries (2, 3, 4, 7) "
    "with keys (2, 3, 5, 7) stop with an exception.",
    "question": "Which shape has `.T` of an array of shape (2, 3, 5, 7)?",
    "pointer": "With two axes, turning them all over and swapping the last two is the "
    "same. With four it is not.",
    "neighbour": "In a stack of 10 photographs, each is to be turned by a quarter. "
    "Turning the whole stack inside out is something else: what stays in its place?",
}
KEY_FIRST: dict[str, Any] = {
    "symptom": "With 3 queries and 5 keys, your weights have 5 rows and 3 columns, and "
    "the product with the 5 values does not fit.",
    "question": "Say aloud what a row of your score matrix belongs to.",
    "pointer": "The one who asks has the row. With as many queries as keys nothing "
    "would have failed, and everything would have been wrong.",
    "neighbour": "(3, 4) @ (4, 5) has the rows of its first factor. With factors (5, "
    "4) and (4, 3), whose rows are they?",
}
VALUE_IS_KEY = {
    "symptom": lambda got, _: (
        "With the identity (5, 5) for values, your output should be the weights (3, "
        f"5), and it has shape {got.shape}."
    ),
    "question": "What is compared, and what is handed over?",
    "pointer": "Keys decide how much. Look at what you multiply the weights with.",
    "neighbour": "You find a coat in the cloakroom by its number, and go home with the "
    "coat. What would you wear if the number were handed over?",
    "probe": "identity",
}
OVERFLOWS = {
    "symptom": lambda got, _: (
        "With one long vector added to all keys, some scores are above 1000 and others "
        f"below −1000, and {np.isnan(got).sum()} of your {got.size} weights are NaN."
    ),
    "question": "What is exp(1000), for a computer? And exp(−1000)?",
    "pointer": "Softmax does not change when one number is added to all scores of a "
    "query. So you may choose how high they stand before you take exp.",
    "neighbour": "[1000, 999] has the same softmax as [1, 0] and as [0, −1]: about "
    "(0.73, 0.27). Which of the three can a computer exponentiate safely, however "
    "large the first number was?",
    "probe": "shifted keys",
}
ONE_MAXIMUM = {
    "symptom": lambda got, _: (
        "With one long vector added to all keys, each query's scores stand at a height "
        f"of their own, and {(~(got.sum(-1) > 0.5)).sum()} of your {len(got)} queries "
        "have NaN or nothing for weights."
    ),
    "question": "What is left of a query's scores after something 2000 larger was "
    "taken off?",
    "pointer": "exp(−2000) is 0 for a computer, and 0 / 0 is no share. Over which axes "
    "did you look for the largest?",
    "neighbour": "Two towns compare their houses, each from its own highest roof: 0 m, "
    "−3 m. Measured from a mountain top, on a scale that ends at −700 m, all houses of "
    "the valley read alike.",
    "probe": "shifted keys",
}
QUERIES_MAXIMUM = {
    "symptom": lambda got, expected: f"Here {_row(got, expected)}.",
    "question": "Do all scores of one query get the same number taken off?",
    "pointer": "A shift does no harm where it is the same for all that compete. Yours "
    "differs from key to key.",
    "neighbour": "Runners' times in two races: taking a race's best time off changes "
    "no ranking in that race. Taking each runner's own best time off does.",
    "probe": "weights",
}
NOT_NORMALISED = {
    "symptom": lambda got, _: f"Your three queries' weights add up to {short(got)}.",
    "question": "Are these shares of a whole yet?",
    "pointer": "exp makes all numbers positive. One more step makes positive numbers "
    "into shares.",
    "neighbour": "Votes of 30, 50 and 120 are shares of 15 %, 25 % and 60 %. What was "
    "each divided by?",
    "probe": "row sums",
}
NO_SOFTMAX = {
    "symptom": lambda got, _: (
        f"Your first query's weights are {short(got[0])}: the smallest of all your "
        f"weights is {short(got.min())}."
    ),
    "question": "Can a share of a whole be negative?",
    "pointer": "Scores say what fits better, in any numbers. Between them and weights "
    "stands one function that you have not called.",
    "neighbour": "Temperatures of −5, 0 and 5 degrees cannot be shares of anything. "
    "Which function makes every number positive and keeps the order?",
    "probe": "weights",
}
SWAPPED = {
    "symptom": lambda got, _: (
        "You return two arrays, of shapes "
        f"{got[0].shape} and {got[1].shape}; output (3, 6) and weights (3, 5) are "
        "asked for."
    ),
    "question": "Which of the two comes first?",
    "pointer": "All numbers are there. Read the last point of the task on what is "
    "returned once more.",
    "neighbour": "divmod(17, 5) gives (3, 2). Whoever unpacks it as (rest, quotient) "
    "has two right numbers under wrong names.",
    "probe": "one sentence",
}
FOUR_AXES: dict[str, Any] = {
    "symptom": "Behind two batch axes all comes out right; queries (3, 4) with keys "
    "(5, 4), without any, stop with an exception.",
    "question": "How many axes does your line expect, and how many may come?",
    "pointer": "Listing all axes in their new order fixes their number. There are "
    "functions that name two axes only, and count them from the end.",
    "neighbour": "“The third house in the street” and “the last house but one” are the "
    "same in a street of four. In which streets does each still name a house?",
}
NONE_FORBIDS = {
    "symptom": lambda got, _: (
        f"Without a mask, your first query's weights are {short(got[0])}, whatever "
        "the scores."
    ),
    "question": "What does your line do with the mask when there is none?",
    "pointer": "None is taken for False, and False means forbidden. No mask should "
    "mean something else.",
    "neighbour": "A shop without a sign “closed today” on its door is not closed for "
    "all customers. Who has to look whether there is a sign at all?",
    "probe": "weights",
}
