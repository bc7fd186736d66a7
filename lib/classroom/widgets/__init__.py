"""Figures to play with and questions to answer, each an anywidget.

Everything a reader can do happens in the browser, so the same widget works in
JupyterLab and, without a kernel, on the built pages. `source` and `Figure.data` let a
page show a widget without Jupyter's widget manager.
"""

from .architecture import Architecture
from .attention import HeadViewer, MaskPlayground, QueryAmongKeys
from .base import Figure, source
from .blocks import BlockGradients, EmbeddingMap, MergeStepper, PositionHeatMap
from .decoding import BeamTree
from .finetuning import InputBuilder
from .gpt import NextToken, likely_prefixes
from .questions import Question
from .recurrence import AlignmentMap, GradientExplorer
from .training import ScheduleExplorer, TrainingScrubber

__all__ = [
    "AlignmentMap",
    "Architecture",
    "BeamTree",
    "BlockGradients",
    "EmbeddingMap",
    "Figure",
    "GradientExplorer",
    "HeadViewer",
    "InputBuilder",
    "MaskPlayground",
    "MergeStepper",
    "NextToken",
    "PositionHeatMap",
    "QueryAmongKeys",
    "Question",
    "ScheduleExplorer",
    "TrainingScrubber",
    "likely_prefixes",
    "source",
]
