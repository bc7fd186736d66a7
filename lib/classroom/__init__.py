"""What serves the teaching: exercises, figures, widgets, corpora.

`use_mine` and `use_ours` are imported when they are asked for: they need torch, and the
exercises run in a browser that has none.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mine import use_mine, use_ours

__all__ = ["use_mine", "use_ours"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import mine

    return getattr(mine, name)
