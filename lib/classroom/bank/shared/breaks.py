"""What exercises that ask for an exposing input have in common; no torch in here."""

import numpy as np


def survive(survivors):
    """How many broken copies an input has not exposed, in words."""
    one = len(survivors) == 1
    return f"{len(survivors)} cop{'y survives' if one else 'ies survive'}"


def ids_fault(ids, B, T, highest):
    """Why this is no array of ids, (B, T), or None.

    Args:
        B, T: least and largest size.
        highest: the largest id; the smallest is 0.
    """
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "iu":
        return "a NumPy array of whole numbers is expected"
    fits = ids.ndim == 2 and B[0] <= ids.shape[0] <= B[1]
    if not fits or not T[0] <= ids.shape[1] <= T[1]:
        sizes = f"({B[0]} to {B[1]}, {T[0]} to {T[1]})"
        return f"the shape should be {sizes}, and it is {ids.shape}"
    if ids.min() < 0 or ids.max() > highest:
        found = f"{ids.min()} to {ids.max()}"
        return f"ids should be from 0 to {highest}; yours go from {found}"
    return None
