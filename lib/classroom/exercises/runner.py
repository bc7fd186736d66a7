"""Run code that nobody has checked: seeded, timed, its prints and changes caught."""

import ctypes
import inspect
import io
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .compare import copied, frozen, torch_module, unchanged
from .model import Probe

LIMIT = 10.0  # seconds for all probes of one check together
PATIENCE = 1.0  # seconds in which a stopped thread may end
STACK = 32 * 2**20  # bytes: a runaway recursion must end in RecursionError
PRINTED = 2_000  # characters kept of what is printed
_one_at_a_time = threading.RLock()


class OutOfTime(SystemExit):
    """Raised inside a learner's endless loop.

    A SystemExit, because the threading module lets it end a thread without a word.
    """


@dataclass
class Run:
    """How a piece of code went: its value or its error, and what it printed.

    `stuck`: its time was up, it could not be stopped, and it is still running.
    """

    value: Any = None
    error: BaseException | None = None
    out_of_time: bool = False
    stuck: bool = False
    printed: str = ""


@dataclass
class Call:
    """One call of the learner's function: its arguments by name, and its result."""

    given: dict[str, Any]
    returned: Any = None
    finished: bool = False


@dataclass
class Observation:
    """What one probe saw."""

    value: Any = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)


class _Printed(io.TextIOBase):
    """Keeps the first characters and forgets the rest."""

    def __init__(self) -> None:
        self.text, self.over = "", threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, s: str, /) -> int:
        if self.over.is_set():
            # subtle: a loop that swallows every exception is put to sleep where it
            # prints; its writing would reach the notebook for ever
            threading.Event().wait()
        if len(self.text) < PRINTED:
            self.text += str(s)[:PRINTED]
        return len(s)


def run(work: Callable[[], Any], limit: float | None = None) -> Run:
    """Call `work` in a thread of its own and stop it after `limit` seconds.

    Exceptions of every kind come back in the result; only the user's own Ctrl-C is
    passed on. Random state, default dtype and number of threads are as before. A
    thread that cannot be stopped (stuck in C code) is left behind as a daemon.
    """
    result, done = Run(), threading.Event()

    def target() -> None:
        try:
            result.value = work()
        except OutOfTime:
            result.out_of_time = True
        except BaseException as error:
            result.error = error
        finally:
            done.set()

    with _one_at_a_time, _state_kept(), _prints_kept() as printed:
        thread = _start(target)
        try:
            expired = not _wait(done, LIMIT if limit is None else limit)
        finally:  # also on Ctrl-C
            _stop(thread, done)
            printed.over.set()
            done.wait(0.05)
    result = Run(**vars(result))  # a thread left behind may still write to the old one
    result.printed = printed.text
    if expired:
        result.out_of_time, result.error, result.stuck = True, None, not done.is_set()
    return result


def _start(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True, name="learner")
    before = threading.stack_size(STACK)
    try:
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


def _wait(done: threading.Event, seconds: float) -> bool:
    # in slices: on Windows, an untimed or long wait would not let Ctrl-C through
    end = time.monotonic() + seconds
    while not done.wait(min(0.1, max(0.0, end - time.monotonic()))):
        if time.monotonic() >= end:
            return False
    return True


def _stop(thread: threading.Thread, done: threading.Event) -> None:
    end = time.monotonic() + PATIENCE
    # again and again: a bare `except:` in a loop swallows the first ones
    while not done.wait(0.002) and time.monotonic() < end and thread.ident:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(OutOfTime)
        )


@contextmanager
def _prints_kept() -> Iterator[_Printed]:
    printed, before = _Printed(), sys.stdout
    sys.stdout = printed
    try:
        yield printed
    finally:
        sys.stdout = before


@contextmanager
def _state_kept() -> Iterator[None]:
    python, numpy, restore_torch = random.getstate(), np.random.get_state(), _torch()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        restore_torch()


def _torch() -> Callable[[], None]:
    """Set torch, where it is loaded, as every check expects it; how to undo that."""
    torch = torch_module()
    if not torch:
        return lambda: None
    undo = (
        (torch.set_rng_state, torch.get_rng_state()),
        (torch.set_num_threads, torch.get_num_threads()),
        (torch.set_default_dtype, torch.get_default_dtype()),
    )
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)

    def restore() -> None:
        for setter, value in undo:
            setter(value)

    return restore


def seed() -> None:
    """Set the seeds of random, NumPy and (where loaded) torch's CPU generator."""
    random.seed(0)
    np.random.seed(0)
    if torch := torch_module():
        torch.default_generator.manual_seed(0)


def observe(
    function: Any, probe: Probe, names: list[str], seen: Observation
) -> Observation:
    """Let a probe look at a function; `seen` is filled on the way.

    Args:
        names: the function's parameters, for messages about its inputs.
    Returns: `seen`. Raises OutOfTime, and nothing else.
    """
    try:
        seed()
        inputs = probe.args()
        seed()
        guarded = _guard(function, names, seen)
        look = probe.observe
        value = look(guarded, *inputs) if look else guarded(*inputs)
        seen.value = frozen(value)
    except OutOfTime:
        raise
    except BaseException as error:
        seen.error = error
    return seen


def _guard(function: Any, names: list[str], seen: Observation) -> Any:
    """The function, on copies of its inputs, with a note of what it did."""
    if isinstance(function, type) or not callable(function):
        return function

    def guarded(*args: Any, **kwargs: Any) -> Any:
        labels = names + [f"input {n + 1}" for n in range(len(names), len(args))]
        given = dict(zip(labels, args, strict=False)) | kwargs
        seen.calls.append(call := Call(frozen(given)))
        mine, named = copied(args), copied(kwargs)
        result = function(*mine, **named)
        after = dict(zip(given, (*mine, *named.values()), strict=False))
        seen.changed += tuple(
            name
            for name, value in call.given.items()
            if name not in seen.changed and not unchanged(value, after[name])
        )
        call.returned, call.finished = frozen(result), True
        return result

    return guarded


def parameters(function: Any) -> list[str]:
    """The names of a function's parameters, as far as they can be read."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
