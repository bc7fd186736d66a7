"""Check one mutant after another in a process that may be killed at any time."""

import multiprocessing
import os
import resource
import threading
from dataclasses import dataclass

from classroom.exercises import load, runner
from classroom.exercises.diagnose import grade

from .mutants import Mutant

IN_THE_ENGINE = 3.0  # seconds for one check: the engine's own limit stops loops
OUTSIDE = 30.0  # seconds until the process is killed: it hangs in C code
MEMORY = 6 * 2**30  # bytes of data: an endless list ends in MemoryError


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Args:
        how: "survives", "named" (a known mistake), "refused" (by a probe, without a
            name), "no function" (its code fails when run), or "hangs".
        message: what a learner with this answer reads.
        diagnosis: the known mistake's id.
    """

    how: str
    message: str = ""
    diagnosis: str | None = None


def outcome(mutant: Mutant) -> Outcome:
    """The check's answer to a mutant, in this very process."""
    exercise = load(mutant.exercise)
    if exercise.kind == "parsons":
        answer = mutant.source.split()
    else:
        names = dict(exercise.reference.__globals__)
        try:
            exec(compile(mutant.source, "<mutant>", "exec"), names)
        except BaseException as error:
            return Outcome("no function", repr(error))
        answer = names[exercise.reference.__name__]
    verdict = grade(exercise, answer)
    if verdict.passed:
        return Outcome("survives")
    how = "named" if verdict.diagnosis else "refused"
    return Outcome(how, verdict.message, verdict.diagnosis)


def _serve(pipe) -> None:
    os.nice(5)
    os.environ["UNMASKED_PROGRESS"] = "off"
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    runner.LIMIT = IN_THE_ENGINE
    while True:
        answer = outcome(pipe.recv())
        pipe.send((answer, _something_left()))


def _something_left() -> bool:
    """Whether a thread goes on that the engine could not stop."""
    learners = [thread for thread in threading.enumerate() if thread.name == "learner"]
    for thread in learners:
        thread.join(1.0)
    return any(thread.is_alive() for thread in learners)


class Worker:
    """A process that checks mutants; a new one where the old one hung or died."""

    def __init__(self) -> None:
        self.process = None

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self._end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def _end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.join()
            self.process = None

    def check(self, mutant: Mutant) -> Outcome:
        """Its outcome, whatever it does."""
        if not (self.process and self.process.is_alive()):
            self._end()
            self._start()
        try:
            self.pipe.send(mutant)
            if self.pipe.poll(OUTSIDE):
                outcome, spoilt = self.pipe.recv()
                if spoilt:
                    self._end()
                return outcome
        except (EOFError, OSError):
            pass  # it took the process down
        self._end()
        return Outcome("hangs")
