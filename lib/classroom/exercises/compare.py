"""Compare what a probe saw with what it should have seen, in words.

Nothing here imports torch: a tensor can only turn up where somebody imported it.
"""

import sys
from numbers import Number
from typing import Any

import numpy as np


def torch_module() -> Any:
    """The torch module where it is loaded, else None."""
    return sys.modules.get("torch")


def is_tensor(value: Any) -> bool:
    """Whether the value is a torch tensor (without importing torch)."""
    torch = torch_module()
    return torch is not None and isinstance(value, torch.Tensor)


def copied(value: Any) -> Any:
    """A copy of arrays, tensors and containers; a tensor's copy keeps its graph."""
    return _walk(value, lambda tensor: tensor.clone())


def frozen(value: Any) -> Any:
    """As `copied`, cut off the graph: what was seen, kept for later."""
    return _walk(value, lambda tensor: tensor.detach().clone())


def _walk(value: Any, copy_tensor: Any) -> Any:
    if is_tensor(value):
        return copy_tensor(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {k: _walk(v, copy_tensor) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_walk(v, copy_tensor) for v in value)
    return value


def kind(value: Any) -> str:
    """A value's type and shape in words: "a float32 tensor of shape (2, 3)"."""
    if is_tensor(value):
        return f"a {_dtype(value)} tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"a {_dtype(value)} array of shape {value.shape}"
    if value is None:
        return "None"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Number):
        return f"the number {short(value)}"
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) < 60 else "a text"
    if isinstance(value, type) or callable(value):
        return f"the {'class' if isinstance(value, type) else 'function'} " + getattr(
            value, "__name__", type(value).__name__
        )
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def short(value: Any, digits: int = 3) -> str:
    """Numbers to 3 digits, arrays of up to 6 numbers in full: "[0.76, -0.12]"."""
    if is_tensor(value):
        value = value.detach().cpu().numpy()
    value = np.asarray(value)
    if value.ndim == 0:
        if value.dtype.kind not in "fc":
            return str(value)
        # subtle: adding 0.0 turns -0.0 into 0.0
        return f"{value + 0.0:.{digits}g}"
    if value.size > 6:
        return f"{short(value.reshape(-1)[:6], digits)[:-1]}, …]"
    return "[" + ", ".join(short(v, digits) for v in value) + "]"


def same(got: Any, expected: Any) -> bool:
    """Whether two observations agree, up to rounding."""
    return difference(got, expected) is None


def unchanged(before: Any, after: Any) -> bool:
    """Whether an input still holds exactly the same numbers."""
    if is_tensor(before) or isinstance(before, np.ndarray):
        a, b = _numbers(before), _numbers(after)
        return a.shape == b.shape and np.array_equal(
            a, b, equal_nan=a.dtype.kind == "f"
        )
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            unchanged(before[k], after[k]) for k in before
        )
    if type(before) in (list, tuple):
        return len(before) == len(after) and all(
            unchanged(a, b) for a, b in zip(before, after, strict=True)
        )
    return True


def difference(
    got: Any, expected: Any, what: str = "the result", *, values: bool = True
) -> str | None:
    """The first difference in words, with numbers; None where there is none.

    Structure comes first (type, length, shape, dtype), then NaN and Inf, then values
    (unless `values` is False). Tuples and lists count as one kind, and so do numbers
    and arrays without axes.
    """
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(got, expected, what, values)
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            return f"{what} should have the keys {sorted(map(str, expected))}"
        parts = (
            difference(got[k], expected[k], f"{k!r} of {what}", values=values)
            for k in expected
        )
        return next((part for part in parts if part), None)
    if _numeric(expected):
        return _array_difference(got, expected, what, values)
    if not values:
        return None
    try:
        equal = bool(got == expected)
    except Exception:  # a learner's own __eq__ may do anything
        equal = False
    return None if equal else f"{what} is {kind(got)}, and {kind(expected)} is expected"


def _sequence_difference(
    got: Any, expected: Any, what: str, values: bool
) -> str | None:
    if not isinstance(got, (tuple, list)):
        return f"{what} is {kind(got)}, and a tuple of {len(expected)} is expected"
    if len(got) != len(expected):
        return (
            f"{what} is a {type(got).__name__} of {len(got)}, "
            f"and {len(expected)} values are expected"
        )
    parts = (
        difference(g, e, f"value {n} of {len(expected)}", values=values)
        for n, (g, e) in enumerate(zip(got, expected, strict=True), start=1)
    )
    return next((part for part in parts if part), None)


def _numeric(value: Any) -> bool:
    return is_tensor(value) or isinstance(value, (np.ndarray, np.generic, Number))


def _numbers(value: Any) -> np.ndarray:
    if is_tensor(value):
        value = value.detach().cpu()
        if value.dtype in (torch_module().bfloat16, torch_module().float16):
            value = value.float()
        return value.numpy()
    return np.asarray(value)


def _dtype(value: Any) -> str:
    return str(value.dtype).removeprefix("torch.")


def _array_difference(got: Any, expected: Any, what: str, values: bool) -> str | None:
    if not _numeric(got):
        return f"{what} is {kind(got)}, and {kind(expected)} is expected"
    g, e = _numbers(got), _numbers(expected)
    if g.shape != e.shape:
        return f"{what} has shape {g.shape}, and {e.shape} is expected"
    if e.ndim and (
        is_tensor(got) != is_tensor(expected) or _dtype(got) != _dtype(expected)
    ):
        return f"{what} is {kind(got)}, and {kind(expected)} is expected"
    if e.dtype.kind not in "fc" or g.dtype.kind not in "fc":
        wrong = g != e
    else:
        single = "float32" in (str(g.dtype), str(e.dtype))
        rtol, atol = (1e-4, 1e-5) if single else (1e-6, 1e-9)
        wrong = ~np.isclose(g, e, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    return _values_in_words(g, e, wrong, what, values)


def _values_in_words(
    got: np.ndarray, expected: np.ndarray, wrong: np.ndarray, what: str, values: bool
) -> str | None:
    if got.dtype.kind == "f":
        for name, test in (("NaN", np.isnan), ("infinite", np.isinf)):
            bad, fine = test(got), not test(expected).any()
            if bad.any() and fine:
                return f"{bad.sum()} of the {got.size} numbers of {what} are {name}"
    if not values:
        return None
    if got.ndim == 0:
        return f"{what} is {short(got, 4)}, and {short(expected, 4)} is expected"
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{what} is {short(got[at], 4)} at {list(at)}, and {short(expected[at], 4)} is "
        f"expected; {wrong.sum()} of {got.size} numbers differ"
    )
