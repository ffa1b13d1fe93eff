"""The worker process: one job after the other for its parent; it ends when the parent does."""

import importlib
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from infrastructure.worker.wire import LENGTH, Answer, Job, length, packed, unpacked

logger = logging.getLogger("infrastructure.worker")

NICENESS: Final = 10  # the loop of the parent goes first
MOST_MEMORY: Final = 1024 * 1024 * 1024  # bytes of data; beyond it a job fails
KIBIBYTE: Final = 1024

FAULTS: Final = (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
"""What a job may end in; anything else ends the process, and the parent starts another."""


def main() -> None:
    jobs, answers = _pipes()
    _give_way()
    _limit_memory()
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it talks about its font cache
    for job in _read(jobs):
        signal.alarm(job.seconds)  # a parent that was killed cannot end us any more
        answer = _answer(job)
        signal.alarm(0)
        answers.write(packed(answer))
        answers.flush()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Both ends to the parent; whatever is printed goes where its errors go."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers


def _give_way() -> None:
    """Linux may weigh sessions before it weighs their processes: ours is a session of its own.

    Source: sched(7), "The autogroup feature".
    """
    os.nice(NICENESS)
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel without the feature, or that had just been asked
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def _limit_memory() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _read(jobs: BinaryIO) -> Iterator[Job]:
    """Until the parent closes its end, on purpose or by dying."""
    while len(head := jobs.read(LENGTH.size)) == LENGTH.size:
        job = unpacked(jobs.read(length(head)))
        if isinstance(job, Job):
            yield job


def _answer(job: Job) -> Answer:
    try:
        module, _, name = job.function.partition(":")
        result = getattr(importlib.import_module(module), name)(job.argument)
    except FAULTS as fault:
        logger.exception("a job failed: %s", job.function)
        return Answer(None, _memory(), f"{type(fault).__name__}: {fault}")
    return Answer(result, _memory())


def _memory() -> int:
    """Bytes, at most so far. Linux counts in `ru_maxrss` what our parent had when it started us."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    most = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(most.split()[1]) * KIBIBYTE


if __name__ == "__main__":
    main()
