"""Check one mutant after another in a process that may be killed at any time."""

import multiprocessing
import os
import resource
import threading
from dataclasses import dataclass

from classroom.exercises import load, runner
from classroom.exercises.diagnose import grade

from .mutants import Mutant

# seconds, with patience: on a busy machine a slow check is not an endless one
TO_START = 600.0
LIMIT = 30.0  # until the engine stops a loop
TO_CHECK = 100.0  # until the process is killed
MEMORY = 6 * 2**30  # bytes of data: an endless list ends in MemoryError


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Args:
        how: "survives", "named" (a known mistake), "refused" (by a probe, without a
            name), "endless", "no function" (its code fails when run) or "dies" (it
            takes the process with it).
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
    if "still running after" in verdict.message:
        how = "endless"
    return Outcome(how, verdict.message, verdict.diagnosis)


def _serve(pipe, limit: float) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    os.environ["UNMASKED_PROGRESS"] = "off"
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    runner.LIMIT = limit
    import torch  # noqa: F401  the first check need not wait for it

    pipe.send("ready")
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
    """A process that checks mutants; a new one where the old one hung or died.

    Args:
        limit: seconds for one check, after which the engine stops it.
    """

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit, self.process = limit, None

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self._end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, self.limit), daemon=True
        )
        self.process.start()
        theirs.close()
        if not self.pipe.poll(TO_START):
            raise RuntimeError("the process that checks mutants does not start")
        self.pipe.recv()

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
            if self.pipe.poll(TO_CHECK):
                outcome, spoilt = self.pipe.recv()
                if spoilt:
                    self._end()
                return outcome
        except (EOFError, OSError):
            pass  # it took the process down
        self._end()
        return Outcome("dies")
