"""Compare what a probe saw with what it should have seen, in words.

Nothing here imports torch: a tensor can only turn up where somebody imported it.
"""

import sys
from numbers import Number
from typing import Any

import numpy as np

NOT_FINITE = ("are NaN", "are infinite")  # how a difference of that kind ends


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
        return f"{_type(value)} of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{_type(value)} of shape {value.shape}"
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
    return _with_article(type(value).__name__)


def _with_article(text: str) -> str:
    # "a uint8 array"
    vowel = text[0].lower() in "aeio"
    return f"{'an' if vowel else 'a'} {text}"


def _type(value: Any) -> str:
    """ "an int64 array", "a sparse float32 tensor" """
    if not is_tensor(value):
        return _with_article(f"{_dtype(value)} array")
    special = "" if value.layout is torch_module().strided else "sparse "
    special = "meta " if value.is_meta else special
    return _with_article(f"{special}{_dtype(value)} tensor")


def short(value: Any, digits: int = 3) -> str:
    """Numbers to 3 digits, arrays of up to 6 numbers in full: "[0.76, -0.12]"."""
    value = _numbers(value)
    if value is None:
        return "…"
    if value.ndim == 0:
        if value.dtype.kind not in "fc":
            return str(value)
        # subtle: adding 0.0 turns -0.0 into 0.0
        return f"{value + 0.0:.{digits}g}"
    if value.size > 6:
        return f"{short(value.reshape(-1)[:6], digits)[:-1]}, …]"
    return "[" + ", ".join(short(v, digits) for v in value) + "]"


def size(value: Any) -> int:
    """How many numbers and texts a value holds."""
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    if isinstance(value, (tuple, list)):
        return sum(map(size, value))
    if is_tensor(value):
        return value.numel()
    return value.size if isinstance(value, np.ndarray) else 1


def same(got: Any, expected: Any) -> bool:
    """Whether two observations agree, up to rounding."""
    return difference(got, expected) is None


def unchanged(before: Any, after: Any) -> bool:
    """Whether an input still holds exactly the same numbers."""
    if is_tensor(before) or isinstance(before, np.ndarray):
        a, b = _numbers(before), _numbers(after)
        if a is None or b is None:
            return a is b
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
    got: Any,
    expected: Any,
    what: str = "the result",
    names: tuple[str, ...] = (),
    *,
    values: bool = True,
) -> str | None:
    """The first difference in words, with numbers; None where there is none.

    Structure comes first (type, length, shape, dtype), then NaN and Inf, then values
    (unless `values` is False). Tuples and lists count as one kind, and so do numbers
    and arrays without axes, and whole numbers of every width. `names` are used for
    the parts of a tuple of that length.
    """
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(got, expected, what, names, values)
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
    got: Any, expected: Any, what: str, names: tuple[str, ...], values: bool
) -> str | None:
    if not isinstance(got, (tuple, list)):
        return f"{what} is {kind(got)}, and a tuple of {len(expected)} is expected"
    if len(got) != len(expected):
        return (
            f"{what} is a {type(got).__name__} of {len(got)}, "
            f"and {len(expected)} values are expected"
        )
    if len(names) != len(expected):
        names = tuple(f"value {n + 1} of {len(expected)}" for n in range(len(expected)))
    parts = (
        difference(g, e, name, values=values)
        for g, e, name in zip(got, expected, names, strict=True)
    )
    return next((part for part in parts if part), None)


def _numeric(value: Any) -> bool:
    return is_tensor(value) or isinstance(value, (np.ndarray, np.generic, Number))


def _numbers(value: Any) -> np.ndarray | None:
    """The numbers as an array; None where there are none to read (sparse, meta)."""
    if is_tensor(value):
        torch = torch_module()
        if value.is_meta or value.layout is not torch.strided or value.is_quantized:
            return None
        value = value.detach().cpu().resolve_conj().resolve_neg()
        return (value.float() if value.dtype is torch.bfloat16 else value).numpy()
    return np.asarray(value)


def _dtype(value: Any) -> str:
    return str(value.dtype).removeprefix("torch.")


def _array_difference(got: Any, expected: Any, what: str, values: bool) -> str | None:
    if not _numeric(got):
        return f"{what} is {kind(got)}, and {kind(expected)} is expected"
    g, e = _numbers(got), _numbers(expected)
    if g is None or e is None:
        return f"{what} is {kind(got)}, and {kind(expected)} is expected"
    if g.shape != e.shape:
        return f"{what} has shape {g.shape}, and {e.shape} is expected"
    wrong = _wrong(g, e)
    if e.ndim and (
        is_tensor(got) != is_tensor(expected) or not _one_type(got, expected)
    ):
        if wrong.any():
            return f"{what} is {kind(got)}, and {kind(expected)} is expected"
        text = (
            f"the numbers are right, but {what} is {_type(got)} where "
            f"{_type(expected)} is expected"
        )
        # a list of permissions has a type of its own, whatever the inputs are
        return text if e.dtype == bool else f"{text}: keep the type of the inputs"
    if not wrong.any():
        return None
    return _values_in_words(g, e, wrong, what, values)


def _one_type(got: Any, expected: Any) -> bool:
    one, other = _dtype(got), _dtype(expected)
    return one == other or (one.lstrip("u")[:3] == "int" == other.lstrip("u")[:3])


def _wrong(g: np.ndarray, e: np.ndarray) -> np.ndarray:
    if not {g.dtype.kind, e.dtype.kind} <= set("biufc"):
        return np.full(e.shape, True) if e.dtype != g.dtype else np.asarray(g != e)
    if e.dtype.kind not in "fc" and g.dtype.kind not in "fc":
        return np.asarray(g != e)
    single = {"float16", "float32"} & {str(g.dtype), str(e.dtype)}
    rtol, atol = (1e-4, 1e-5) if single else (1e-6, 1e-9)
    return np.asarray(~np.isclose(g, e, rtol=rtol, atol=atol, equal_nan=True))


def _apart(got: Any, expected: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    pairs = [(short(got, n), short(expected, n)) for n in range(4, 18)]
    return next((p for p in pairs if p[0] != p[1]), pairs[-1])


def _values_in_words(
    got: np.ndarray, expected: np.ndarray, wrong: np.ndarray, what: str, values: bool
) -> str | None:
    if got.dtype.kind == "f":
        for end, test in zip(NOT_FINITE, (np.isnan, np.isinf), strict=True):
            bad, fine = test(got), not test(expected).any()
            if bad.any() and fine:
                return f"{bad.sum()} of the {got.size} numbers of {what} {end}"
    if not values:
        return None
    if got.ndim == 0:
        mine, right = _apart(got, expected)
        return f"{what} is {mine}, and {right} is expected"
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    mine, right = _apart(got[at], expected[at])
    return (
        f"{what} is {mine} at {list(at)}, and {right} is expected; "
        f"{wrong.sum()} of {got.size} numbers differ"
    )
