"""Notices when the whole program stood still: what it heard last is as old as that lasted."""

import time
from collections.abc import Callable
from typing import Final

LONGEST: Final = 5.0  # seconds between two looks


def uptime() -> float:
    """Monotonic seconds that go on while the machine sleeps, where it can tell them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Stalling:
    """Asked every second or so; longer pauses are the program's own."""

    def __init__(self, clock: Callable[[], float] = uptime) -> None:
        self._clock = clock
        self._looked = clock()

    def has_stalled(self) -> bool:
        """Whether news may have waited unread since the last look, or been thrown away."""
        before, self._looked = self._looked, self._clock()
        return self._looked - before >= LONGEST

    def begin(self) -> None:
        """The first look comes soon."""
        self._looked = self._clock()
