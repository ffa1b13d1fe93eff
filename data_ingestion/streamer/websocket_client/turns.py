"""Connecting politely: one after another, and not before the venue wants to be asked again."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

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
        until = self._clock() + min(seconds, LONGEST_HOLD) * (1 + 0.1 * self._jitter())
        self._held_until = max(self._held_until, until)
        self._next = max(self._next, until)

    async def wait(self) -> None:
        """Until it is the caller's turn; whoever waits when a hold begins, waits it out too."""
        seconds = self.take()
        while seconds > 0:
            await asyncio.sleep(seconds)
            seconds = self.take() if self._clock() < self._held_until else 0.0


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as such or as a date; None without one.

    Source: RFC 9110, 10.2.3.
    """
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000" says that no zone is meant
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
