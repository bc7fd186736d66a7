"""Chapter 16, predict: who notices a square matrix that was not turned."""

from ...exercises.model import Exercise, Mistake

EXERCISE = Exercise(
    id="square-transposed",
    chapter=16,
    kind="predict",
    title="One square matrix in each block was not turned: who notices?",
    question="""
A loader turns every matrix whose shape does not fit, and so it leaves the square one,
attention's output projection, as it is in the file: transposed, in each of five blocks.
What happens?
""",
    difficulty=2,
    minutes=1,
    name="answer",
    stub="",
    reference="no error, and a loss that is more than twice as high",
    mistakes=(
        Mistake(
            id="torch-would-complain",
            wrong="an error: PyTorch compares what is loaded with what is needed",
            symptom="It compares names and shapes, and (d, d) turned is (d, d).",
            question="What does a square matrix look like when it is turned?",
            pointer="Which properties of a tensor does `load_state_dict` know? Which "
            "of them change under a transpose of a square?",
            neighbour="A square tile fits its place in four ways.",
        ),
        Mistake(
            id="a-little-worse",
            wrong="no error, and a loss some per cent higher: it is one matrix of many",
            symptom="That is what happens when *one* block of the five has it. With "
            "all five it is another order of damage.",
            question="How often does each token pass such a matrix on its way up?",
            pointer="What attention has gathered is written into the stream by this "
            "matrix alone. What is written, if its rows and columns change places?",
            neighbour="A book in which one page is upside down, and one in which "
            "every page is.",
        ),
        Mistake(
            id="attention-is-symmetric",
            wrong="nothing: attention compares all with all, so the order of rows and "
            "columns does not matter",
            symptom="The scores compare tokens. This matrix mixes the *features* of "
            "one token, and its rows and columns are other features.",
            question="Is the map from heads to the stream its own transpose?",
            pointer="Column 5 says what feature 5 of the heads does. What does row 5 "
            "say?",
            neighbour="A dictionary from French to English, opened as one from English "
            "to French.",
        ),
    ),
    proves="Shapes cannot tell, and a loss can: measured in the next cells. The remedy "
    "is to turn by what a tensor *is*, and never by whether it fits.",
)
