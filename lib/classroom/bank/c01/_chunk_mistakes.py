"""What people get wrong in training on chunks, for the exercise truncated-bptt."""

from ...exercises.compare import short
from ...exercises.model import Mistake

RIGHT = ["J", "D", "B", "F", "I", "H", "A"]


def _without(*labels):
    return [x for x in RIGHT if x not in labels]


def _moved(got):
    setting = "One step with max_norm = 1 and a learning rate of 1"
    return f"{setting} moves the weights by {short(got[0])}. "


MISTAKES = (
    Mistake(
        "clip-after-step",
        ["J", "D", "B", "F", "I", "A", "H"],
        lambda got, _: f"{_moved(got)}The gradients were cut to size, but too late.",
        "When are the gradients read, and when did you change them?",
        "Clipping does not change weights. It changes numbers that a later line "
        "reads. Which line reads them?",
        "A customs officer who weighs the luggage after the aeroplane has left "
        "finds every mistake, and stops none. Between which two events must he "
        "stand?",
    ),
    Mistake(
        "clip-before-backward",
        ["J", "D", "B", "F", "H", "I", "A"],
        lambda got, _: (
            f"{_moved(got)}Something was cut to size, but not the gradients of "
            "this chunk."
        ),
        "Which gradients are there at the moment when you clip?",
        "Clipping shortens what it finds. See which line makes the gradients, and "
        "what lies there before it.",
        "A barber who cuts at nine the hair that grows until noon: the scissors "
        "work, and at noon it is as long as ever. When should he come?",
    ),
    Mistake(
        "backward-missing",
        ["J", "D", "B", "F"],
        lambda got, _: f"{_moved(got)}No gradient is ever computed.",
        "The loss says how wrong the network is. Which line asks who is to blame?",
        "Between a loss and better weights lie two things: finding out in which "
        "direction, and going there. Which of your lines does the first?",
        "A thermometer in the room, and a heater that nobody tells what it shows: "
        "it stays cold. Which wire is missing?",
    ),
    Mistake(
        "step-missing",
        ["J", "D", "B", "F", "I"],
        lambda got, _: f"{_moved(got)}The gradients are there, and nobody uses them.",
        "Which line changes the weights?",
        "Computing a gradient changes no weight. It says where to go. Look for the "
        "line that goes.",
        "A route worked out, printed and laid on the seat; the car stands in the "
        "drive. What is still to be done?",
    ),
    Mistake(
        "step-before-backward",
        ["J", "D", "B", "F", "A", "I", "H"],
        lambda got, _: (
            f"{_moved(got)}The optimiser had no gradients to read: they came later."
        ),
        "What does the optimiser read, and which line writes it?",
        "Each line can use only what a line above it has made. Say for each line "
        "what it needs, and where that comes from.",
        "Whoever posts the envelope and then writes the letter has sent an empty "
        "one, and keeps a letter on the desk. Which comes first?",
    ),
    Mistake(
        "clip-missing",
        _without("H"),
        lambda got, _: f"{_moved(got)}Nothing holds a large gradient back.",
        "What in your function uses `max_norm`?",
        "One strange chunk can undo an hour of training. The task's last demand is "
        "about this case.",
        "A step of 500 downhill in a valley 2 wide lands on the next mountain. A "
        "rule “never more than 1 at a time” keeps the direction. Which line is it?",
    ),
    Mistake(
        "rnn-no-detach",
        _without("J"),
        "The first chunk trains; the second stops with “Trying to backward "
        "through the graph a second time”: its gradient runs on into the first "
        "chunk, whose graph is gone.",
        "How far back should this gradient travel?",
        "The state that comes in remembers how it was made. To the value we want "
        "to hold on; to its history not.",
        "A running total carried to a new page: the number is copied, the old page "
        "is filed. Who staples all old pages to it has to turn them all for every "
        "new entry.",
        probe="two chunks",
    ),
    Mistake(
        "rnn-retain-graph",
        ["D", "B", "F", "C", "H", "A"],
        "The second chunk's gradient still runs back into the first one, and stops "
        "there: “one of the variables needed for gradient computation has been "
        "modified by an inplace operation”. The weights have moved since.",
        "Did keeping the old graph answer the question of how far back to go?",
        "This is the repair that the error message of another mistake suggests. "
        "It keeps every chunk in memory, and each step would take longer than the "
        "last.",
        "A receipt from last year refers to last year's prices. Keeping the "
        "receipt does not bring the prices back. Cut the thread instead: where?",
        probe="two chunks",
    ),
    Mistake(
        "rnn-detach-every-step",
        ["J", "D", "G", "F", "I", "H", "A"],
        "It runs, and both losses are right. But after two chunks the weights are "
        "not where they should be: no gradient ever went back by more than one "
        "step.",
        "Ask the first word of the chunk how much it influenced the last loss.",
        "The values flow through all five steps, the gradient does not. Find the "
        "place where it is cut, and count how often it is cut per chunk.",
        "y = a·(a·x) has the derivative 2·a·x in a. Treat the inner a·x as a given "
        "number and it is a·x: half of it is missing, and y itself is right.",
        probe="two chunks",
    ),
    Mistake(
        "rnn-state-not-carried",
        ["E", "D", "B", "F", "I", "H", "A"],
        lambda got, want: (
            "With weights that stand still, the two losses should be "
            f"{short(want)}; yours are {short(got)}."
        ),
        "Is chunk 2 the continuation of chunk 1, or a new story?",
        "There are two things to do with the state at a border: cut its history, "
        "or cut its memory. Which of them does your first use of the state do?",
        "A reader who forgets every page as it is turned can still learn to spell. "
        "What can that reader never learn?",
        probe="still weights",
    ),
    Mistake(
        "state-wiped-at-the-end",
        ["J", "D", "B", "F", "I", "H", "A", "E"],
        lambda got, want: (
            "With weights that stand still, the two losses should be "
            f"{short(want)}; yours are {short(got)}. The first chunk is right, and "
            "the second begins with an empty memory."
        ),
        "What does your function hand back to whoever calls it for chunk 2?",
        "The state is returned, and the next call begins with it. Follow its value "
        "through your last lines.",
        "A night nurse who writes her report, and wipes the board before the day "
        "shift comes, did her work well. What does the day shift know?",
        probe="still weights",
    ),
    Mistake(
        "zero-grad-after-backward",
        ["J", "B", "F", "I", "D", "H", "A"],
        lambda got, _: f"{_moved(got)}The network does not learn at all.",
        "What is in the gradients at the moment when the optimiser reads them?",
        "Three lines belong together: one writes gradients, one reads them, one "
        "wipes them out. In which order do yours stand?",
        "Whip the cream, wash the bowl, serve: a clean bowl and no dessert. "
        "Washing is right, before or after, but not between those two.",
    ),
    Mistake(
        "zero-grad-missing",
        _without("D"),
        "The first chunk is right. The second goes astray: its gradients were "
        "added to those of the first, which nobody removed.",
        "What does `backward` do with gradients that are there already?",
        "torch adds. That is useful for batches too big for the memory, and a trap "
        "otherwise. Which line makes room?",
        "A kitchen scale with the flour still on it: 200 g, then sugar, and it "
        "says 350. How much sugar, and which button was forgotten?",
        probe="two chunks",
    ),
)
