"""Figures that every chapter draws alike: curves over seeds, and heat maps.

Colours are Okabe and Ito's palette, told apart with any colour vision; each series
also has a line style of its own, so that a figure survives a grey-scale printer.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

# subtle: a backend that is loaded inside rc_context is made non-interactive again when
# that ends, and a notebook then shows its first figure only
plt.switch_backend(plt.get_backend())

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
STYLE = {
    "figure.figsize": (6.4, 3.6),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.titlesize": "medium",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: str = "",
    ylim: tuple[float, float] | None = None,
    reference: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw curves over x; a series of several runs becomes its mean and its range.

    Args:
        x: (n,) positions.
        series: label → (n,) values or (runs, n): the mean is drawn, and the band
            between the lowest and the highest run.
        log: the axes on a log scale: "", "x", "y" or "xy".
        reference: label → a height drawn as a thin grey line ("chance": 0.1).
        ax: axes to draw on; a new figure by default.
    Returns: the axes.
    Raises: ValueError where a series is not as long as x.
    """
    x = np.asarray(x)
    with plt.rc_context(STYLE):
        if ax is None:
            ax = plt.figure().add_subplot()
        for n, (label, values) in enumerate(series.items()):
            runs = np.atleast_2d(np.asarray(values, dtype=float))  # (runs, n)
            if runs.shape[-1] != len(x):
                raise ValueError(
                    f"series {label!r} has {runs.shape[-1]} points and x has {len(x)}"
                )
            colour, style = COLOURS[n % len(COLOURS)], STYLES[n % len(STYLES)]
            marker = "o" if len(x) <= 16 else None
            ax.plot(
                x,
                runs.mean(0),
                linestyle=style,
                color=colour,
                marker=marker,
                ms=4,
                label=label,
            )
            if len(runs) > 1:
                ax.fill_between(x, runs.min(0), runs.max(0), color=colour, alpha=0.18)
        for label, height in (reference or {}).items():
            ax.axhline(height, color="0.45", lw=1, ls=(0, (4, 3)))
            ax.annotate(
                label, (1, height), xytext=(0, 2), textcoords="offset points",
                xycoords=("axes fraction", "data"), ha="right", va="bottom",
                fontsize="small", color="0.35",
            )  # fmt: skip
        if "x" in log:
            ax.set_xscale("log", base=2)
            ax.set_xticks(x, [f"{v:g}" for v in x])
            ax.minorticks_off()
        if "y" in log:
            ax.set_yscale("log")
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if ylim:
            ax.set_ylim(*ylim)
        if len(series) > 1:
            ax.legend()
    return ax


def heat(
    matrix: ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    xlabel: str,
    ylabel: str,
    title: str = "",
    limits: tuple[float, float] = (0.0, 1.0),
    ax: Axes | None = None,
) -> Axes:
    """Draw a matrix of weights, one labelled row per query.

    Args:
        matrix: (rows, columns) values, coloured from `limits[0]` to `limits[1]`.
        rows, columns: one label each.
        ax: axes to draw on; a new figure by default.
    Returns: the axes.
    Raises: ValueError where the labels do not fit the matrix.
    """
    values = np.asarray(matrix, dtype=float)
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"a matrix of shape {values.shape} has {len(rows)} row labels "
            f"and {len(columns)} column labels"
        )
    with plt.rc_context(STYLE | {"axes.grid": False}):
        if ax is None:
            size = (1.6 + 0.32 * len(columns), 1.2 + 0.32 * len(rows))
            ax = plt.figure(figsize=size).add_subplot()
        image = ax.imshow(values, vmin=limits[0], vmax=limits[1], cmap="Blues")
        ax.set_xticks(range(len(columns)), list(columns))
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax
