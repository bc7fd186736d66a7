"""Chapter 11, faded: shorten a gradient without turning it."""

import torch

from ...exercises.compare import short
from ...exercises.model import Exercise, Mistake, Probe

QUESTION = """
Clip a gradient: if its norm, over **all** parameters together, is above `max_norm`, it
is made that long, and its direction stays. Otherwise nothing changes. Fill in the gaps.

- `gradients`: a list of tensors of any shapes, one for each parameter
- returns a list of new tensors of the same shapes; the given ones stay as they are
"""

STUB = """
def clip(gradients, max_norm):
    norm = ...  # one number: how long is the whole gradient?
    factor = ...  # what is each gradient multiplied by?
    raise NotImplementedError
"""


def clip(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    factor = max_norm / norm if norm > max_norm else 1.0
    return [g * factor for g in gradients]


def flattened(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g * min(1.0, float(max_norm / norm)) for g in gradients]


def norm_of_norms(gradients, max_norm):
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return [g / torch.clamp(norm / max_norm, min=1.0) for g in gradients]


def _norm(gradients):
    return torch.cat([g.flatten() for g in gradients]).norm()


def by_value(gradients, max_norm):
    return [g.clamp(-max_norm, max_norm) for g in gradients]


def per_tensor(gradients, max_norm):
    return [clip([g], max_norm)[0] for g in gradients]


def always(gradients, max_norm):
    return [g * (max_norm / _norm(gradients)) for g in gradients]


def only_when_small(gradients, max_norm):
    norm = _norm(gradients)
    return [g * (max_norm / norm if norm < max_norm else 1.0) for g in gradients]


def upside_down(gradients, max_norm):
    norm = _norm(gradients)
    return [g * (norm / max_norm if norm > max_norm else 1.0) for g in gradients]


def to_length_one(gradients, max_norm):
    norm = _norm(gradients)
    return [g / norm if norm > max_norm else g for g in gradients]


def no_root(gradients, max_norm):
    norm = _norm(gradients) ** 2
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients]


def sum_of_norms(gradients, max_norm):
    norm = sum(g.norm() for g in gradients)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients]


def absolute_values(gradients, max_norm):
    norm = sum(g.abs().sum() for g in gradients)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients]


def dropped(gradients, max_norm):
    return [g * 0 if _norm(gradients) > max_norm else g for g in gradients]


def mean_square(gradients, max_norm):
    flat = torch.cat([g.flatten() for g in gradients])
    norm = (flat**2).mean() ** 0.5
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients]


def in_place(gradients, max_norm):
    norm = _norm(gradients)
    for g in gradients:
        if norm > max_norm:
            g.mul_(max_norm / norm)
    return gradients


def _gradients(scale):
    generator = torch.Generator().manual_seed(2)
    shapes = (3, 4), (5,), (2, 3, 2)
    made = [torch.randn(*shape, generator=generator) for shape in shapes]
    made[1] *= 3  # one parameter with a larger gradient than the others
    return [scale * g for g in made]


def long():
    return _gradients(1.0), 2.0


def quiet():
    return _gradients(0.03), 2.0


def between():
    """Norm 0.86, below 2; its square is smaller, its absolute values sum to more."""
    return _gradients(0.1), 2.0


def _lengths(got):
    return short(_norm(list(got)))


def _says(text):
    return lambda got, _: (
        f"A gradient of norm {_lengths(long()[0])}, max_norm = 2: yours has the norm "
        f"{_lengths(got)}. {text}"
    )


EXERCISE = Exercise(
    id="clip-gradients",
    chapter=11,
    kind="faded",
    title="Shorter, and in the same direction",
    question=QUESTION,
    difficulty=2,
    minutes=8,
    name="clip",
    stub=STUB,
    reference=clip,
    accepts=(flattened, norm_of_norms),
    proves="One norm for all parameters, one factor for all of them, and nothing "
    "happens to a gradient that is short enough.",
    probes=(
        Probe(
            "long",
            long,
            says="A long gradient comes out with the norm max_norm, and "
            "in the direction that it had",
        ),
        Probe("quiet", quiet, says="A short gradient stays as it is"),
        Probe("between", between, says="A gradient just below the limit stays"),
    ),
    mistakes=(
        Mistake(
            "clip-by-value",
            by_value,
            lambda got, _: (
                "No entry of yours is above 2 in size, and the angle between your "
                f"gradient and the given one is {_angle(got)}°."
            ),
            "Does the step still go where the gradient pointed?",
            "Cutting off entries one by one changes some and leaves others. What does "
            "that do to a direction?",
            "A photograph that is too large for its frame: you can cut off its edges, "
            "or make it smaller as a whole.",
            probe="long",
        ),
        Mistake(
            "clip-each-tensor",
            per_tensor,
            _says("Each tensor is short enough by itself, and all together are not."),
            "How long is the *whole* gradient after your clipping?",
            "Each parameter has its own factor with you. Then the large ones lose more "
            "than the small ones.",
            "A choir is too loud. Either everyone sings at half the strength, or the "
            "loudest are told to hush: two kinds of music.",
            probe="long",
        ),
        Mistake(
            "always-scaled",
            always,
            lambda got, expected: (
                f"A gradient of norm {_lengths(expected)}, max_norm = 2: yours has the "
                f"norm {_lengths(got)}."
            ),
            "What should happen to a gradient that is short already?",
            "`max` is an upper bound, not a length to be reached. Near a minimum the "
            "gradient is short for a good reason.",
            "A speed limit of 100 is no order to drive 100.",
            probe="quiet",
        ),
        Mistake(
            "clip-condition-inverted",
            only_when_small,
            _says("Short gradients, on the other hand, are stretched."),
            "Which gradients does your condition let pass?",
            "Read your condition aloud, with the word *if*, and with 100 for the norm.",
            "A bouncer who turns away everyone below 18 … from the children's theatre.",
            probe="long",
        ),
        Mistake(
            "clip-ratio-inverted",
            upside_down,
            _says("It has become longer."),
            "Is your factor above or below 1?",
            "To bring 9 down to 2, what do you multiply it by?",
            "A map of 1 to 1,000 read the other way round makes a garden as large as a "
            "county.",
            probe="long",
        ),
        Mistake(
            "clipped-to-one",
            to_length_one,
            _says("Where is max_norm in your factor?"),
            "How long should it be, and how long is it?",
            "Dividing by the norm makes a length of 1, whatever the limit is.",
            "A tailor who makes every coat in one size, after asking for yours.",
            probe="long",
        ),
        Mistake(
            "norm-without-root",
            no_root,
            _says("You measured the square of the length."),
            "In which unit is a sum of squares?",
            "Pythagoras: 3 and 4 give 5. What does your line give?",
            "A field of 100 square metres is not 100 metres long.",
            probe="long",
        ),
        Mistake(
            "norms-are-added",
            sum_of_norms,
            _says("You added up the lengths of three tensors."),
            "Three steps at right angles to one another: how far do they lead?",
            "Different parameters are different axes. Lengths along different axes "
            "are not added like numbers.",
            "Three kilometres east and four north: how far are you from home?",
            probe="long",
        ),
        Mistake(
            "norm-of-absolute-values",
            absolute_values,
            _says("You measured the sum of the absolute values."),
            "Which of the two lengths is meant: along the streets, or as the crow "
            "flies?",
            "Both are called norms. `clip_grad_norm_` uses the 2-norm by default.",
            "A taxi in a city of right angles pays for every block; the pigeon does "
            "not.",
            probe="long",
        ),
        Mistake(
            "long-gradients-dropped",
            dropped,
            _says("The batch was computed for nothing."),
            "What is still right about a gradient that is too long?",
            "Its length is suspicious, its direction may be good. Which of the two do "
            "you throw away?",
            "A guide who shouts is asked to speak lower, not to leave.",
            probe="long",
        ),
        Mistake(
            "mean-not-sum-of-squares",
            mean_square,
            _says("A length that is averaged over the entries hardly ever exceeds 2."),
            "How does the length of a vector change when you append more entries to "
            "it?",
            "A mean of squares says how large an entry is. The length needs all of "
            "them.",
            "The average stair is 17 centimetres high. How high is the tower?",
            probe="long",
        ),
        Mistake(
            "clipped-in-place",
            in_place,
            lambda got, _: (
                "The list that you were given has the norm "
                f"{_lengths(long()[0])} before the call, and {_lengths(got)} after it."
            ),
            "Whose tensors do you write into?",
            "The task asks for new tensors. `clip_grad_norm_` does write in place, and "
            "says so by the underline at its end.",
            "Whoever marks up a borrowed book gives back another book.",
            probe="long",
        ),
    ),
)


def _angle(got):
    given, mine = (torch.cat([g.flatten() for g in x]) for x in (long()[0], got))
    cosine = torch.nn.functional.cosine_similarity(given, mine, dim=0).clamp(-1, 1)
    return f"{torch.rad2deg(cosine.acos()):.0f}"
