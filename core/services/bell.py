"""What an engine sleeps on: until something rings, or a moment of its clock has come."""

import asyncio
from collections.abc import Callable
from contextlib import suppress


class Bell:
    """For one sleeper. What rings while nobody sleeps ends the next sleep at once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self._is_awaited = False

    @property
    def is_silent(self) -> bool:
        """Somebody sleeps, and nothing has rung since."""
        return self._is_awaited and not self._rung.is_set()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, until: float) -> None:
        """Until it rings, or at `until` (monotonic seconds) at the latest."""
        self._is_awaited = True
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - self._clock())):
                await self._rung.wait()
        self._is_awaited = False
        self._rung.clear()
