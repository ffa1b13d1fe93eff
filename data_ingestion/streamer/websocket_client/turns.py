"""Connecting politely: one after another, and not before the venue wants to be asked again."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from core.domain.patience import with_jitter

GAP: Final = 0.25  # seconds between two connects of this process; the venue answers bursts by 429
LONGEST_HOLD: Final = 120.0  # seconds; a longer Retry-After is taken for this


class Turns:
    """Hands out moments to connect, about `gap` seconds apart, to whoever asks."""

    def __init__(
        self,
        gap: float = GAP,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._gap = gap
        self._clock = clock
        self._jitter = jitter
        self._next = self._held_until = clock()

    def take(self) -> float:
        """Seconds until the caller may connect; the turn is used up."""
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._gap * (0.5 + self._jitter())
        return mine - now

    def hold(self, seconds: float) -> None:
        """Nobody may connect for so long, and a little longer."""
        until = self._clock() + with_jitter(min(seconds, LONGEST_HOLD), self._jitter())
        self._held_until = max(self._held_until, until)
        self._next = max(self._next, until)

    async def wait(self) -> None:
        """Until it is the caller's turn; whoever waits when a hold begins, waits it out too."""
        seconds = self.take()
        while seconds > 0:
            await asyncio.sleep(seconds)
            seconds = self.take() if self._clock() < self._held_until else 0.0
