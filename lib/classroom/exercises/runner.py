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
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .compare import copied, frozen, torch_module, unchanged
from .model import Probe

LIMIT = 10.0  # seconds for all probes of one check together
PATIENCE = 1.0  # seconds in which a stopped thread may end
STACK = 32 * 2**20  # bytes: a runaway recursion must end in RecursionError
PRINTED = 2_000  # characters kept of what is printed
THREADS = sys.platform != "emscripten"  # Python in a web page cannot start any
_one_at_a_time = threading.RLock()


class OutOfTime(SystemExit):
    """Raised inside a learner's endless loop, and again at the next line there.

    Subtle: it is made in the learner's thread, where a handler catches it. The trace
    that it sets up to Python 3.11 (later: `_every_line_ends`) then raises the next one
    inside that handler or just behind it, so that a loop around `try: ... except: pass`
    ends too. It is a SystemExit, because the threading module lets that end a thread
    without a word.
    """

    def __init__(self) -> None:
        super().__init__()
        if _monitoring and THREADS:
            return  # _every_line_ends does it
        frame = sys._getframe(1)
        while frame:
            if frame.f_code.co_filename not in _OURS:
                frame.f_trace = _again
            frame = frame.f_back
        sys.settrace(_again)


_OURS = (__file__, threading.__file__)
# from Python 3.12 on; there a trace that is set in a handler misses what follows
_monitoring: Any = getattr(sys, "monitoring", None)
_CLASSROOM = str(Path(__file__).parents[1])


def _again(frame: FrameType, event: str, arg: Any) -> None:
    if frame.f_code.co_filename not in _OURS:
        raise OutOfTime


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
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, s: str, /) -> int:
        if len(self.text) < PRINTED:
            self.text += str(s)[:PRINTED]
        return len(s)


def run(work: Callable[[], Any], limit: float | None = None) -> Run:
    """Call `work` in a thread of its own and stop it after `limit` seconds.

    Exceptions of every kind come back in the result; only the user's own Ctrl-C is
    passed on. Random state, default dtype and number of threads are as before. A
    thread that cannot be stopped (stuck in C code) is left behind as a daemon.
    """
    limit = LIMIT if limit is None else limit
    if not THREADS:
        return _run_here(work, limit)
    result, done = Run(), threading.Event()

    def target() -> None:
        try:
            try:
                result.value = work()
            except BaseException as error:
                sys.settrace(None)
                result.error = error
            finally:
                done.set()
        except OutOfTime:  # a second one, while the first was being handled
            sys.settrace(None)
            done.set()

    with _one_at_a_time, _state_kept(), _prints_kept() as printed:
        thread = _start(target)
        try:
            expired = not _wait(done, limit)
        finally:  # also on Ctrl-C
            ended = _stop(thread, done)
    result = Run(**vars(result))  # a thread left behind may still write to the old one
    result.printed = printed.text
    if expired:
        result.out_of_time, result.error, result.stuck = True, None, not ended
    return result


def _run_here(work: Callable[[], Any], limit: float) -> Run:
    """As `run`, without a thread: the trace of every line looks at the clock."""
    result, end = Run(), time.monotonic() + limit

    def watch(frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename.startswith(_CLASSROOM):
            return None  # the engine and its bank end by themselves
        if time.monotonic() > end:
            raise OutOfTime
        return watch

    before = sys.gettrace()
    with _state_kept(), _prints_kept() as printed:
        sys.settrace(watch)
        try:
            result.value = work()
        except OutOfTime:
            result.out_of_time = True
        except BaseException as error:
            result.error = error
        finally:
            sys.settrace(before)
    result.printed = printed.text
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
    # in slices: on Windows, one long wait would not let Ctrl-C through; and no join,
    # which takes a thread for ended when Ctrl-C interrupts it (until Python 3.12)
    end = time.monotonic() + seconds
    while not done.wait(min(0.1, max(0.0, end - time.monotonic()))):
        if time.monotonic() >= end:
            return False
    return True


def _stop(thread: threading.Thread, done: threading.Event) -> bool:
    """Whether the thread has ended, if need be by OutOfTime."""
    end = time.monotonic() + PATIENCE
    with _every_line_ends(thread):
        # again and again: each one gets out of at least one loop
        while not done.wait(0.01) and time.monotonic() < end:
            found = ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(OutOfTime)
            )
            if not found:
                return True
    return done.is_set()


@contextmanager
def _every_line_ends(thread: threading.Thread) -> Iterator[None]:
    """From Python 3.12 on: raise OutOfTime at every line that the thread comes to."""

    def line(code: CodeType, number: int) -> None:
        if threading.get_ident() == thread.ident and code.co_filename not in _OURS:
            raise OutOfTime

    free = [n for n in range(6) if _monitoring and not _monitoring.get_tool(n)]
    if not free:
        yield
        return
    tool = free[-1]
    _monitoring.use_tool_id(tool, "classroom")
    _monitoring.register_callback(tool, _monitoring.events.LINE, line)
    _monitoring.set_events(tool, _monitoring.events.LINE)
    try:
        yield
    finally:
        _monitoring.set_events(tool, 0)
        _monitoring.free_tool_id(tool)


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
    """Set what chance, and torch's defaults, as every probe expects them.

    Seeds of random, NumPy and (where loaded) torch's CPU generator; torch's default
    dtype and gradient mode, which the code looked at before may have changed.
    """
    random.seed(0)
    np.random.seed(0)
    if torch := torch_module():
        torch.default_generator.manual_seed(0)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


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
