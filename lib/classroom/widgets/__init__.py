"""Figures to play with and questions to answer, each an anywidget.

Everything a reader can do happens in the browser, so the same widget works in
JupyterLab and, without a kernel, on the built pages. `source` and `Figure.data` let a
page show a widget without Jupyter's widget manager.
"""

from .architecture import Architecture
from .attention import HeadViewer, MaskPlayground, QueryAmongKeys
from .base import Figure, source
from .bert import FillMask, HeadBrowser, fill_each
from .blocks import BlockGradients, EmbeddingMap, MergeStepper, PositionHeatMap
from .checkpoints import NameTable, tensor_rows
from .decoding import BeamTree
from .finetuning import InputBuilder
from .gpt import NextToken, likely_prefixes
from .modern import RotaryDial
from .questions import Question
from .recurrence import AlignmentMap, GradientExplorer
from .scaling import CostCalculator
from .training import ScheduleExplorer, TrainingScrubber

__all__ = [
    "AlignmentMap",
    "Architecture",
    "BeamTree",
    "BlockGradients",
    "CostCalculator",
    "EmbeddingMap",
    "Figure",
    "FillMask",
    "GradientExplorer",
    "HeadBrowser",
    "HeadViewer",
    "InputBuilder",
    "MaskPlayground",
    "MergeStepper",
    "NameTable",
    "NextToken",
    "PositionHeatMap",
    "QueryAmongKeys",
    "Question",
    "RotaryDial",
    "ScheduleExplorer",
    "TrainingScrubber",
    "fill_each",
    "likely_prefixes",
    "source",
    "tensor_rows",
]
