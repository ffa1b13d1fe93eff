"""What a provider gives away for nothing, and how much of it we have used."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from core.domain.errors import BudgetSpent

DAY: Final = 86_400.0  # seconds
DAYS: Final = 7  # that one call may ask for
VARIABLES: Final = 10  # that one call may ask for; each member of an ensemble is one


@dataclass(frozen=True, slots=True)
class Allowance:
    """Units that may be used within a minute, an hour and a day; `share`: as much of a day's."""

    minute: float = 600.0
    hour: float = 5_000.0
    day: float = 10_000.0
    share: float = 0.8


def open_meteo_units(variables: int, days: int) -> float:
    """What one call for one place counts as.

    Source: the provider's pricing page. It names 10 variables, and 7 or 14 days by where one
    reads; the dearer one is believed.
    """
    return max(1.0, variables / VARIABLES) * max(1.0, days / DAYS)


class Budget:
    """Counts over sliding windows, so that no reset of the provider's has to be known."""

    def __init__(
        self,
        name: str,
        allowance: Allowance | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name = name
        self._allowance = allowance or Allowance()
        self._clock = clock
        self._sleep = sleep
        self._used: deque[tuple[float, float]] = deque()

    @property
    def left(self) -> float:
        """Units of the day that we allow ourselves and have not used."""
        return max(0.0, self._allowance.day * self._allowance.share - self._within(DAY))

    async def take(self, units: float) -> None:
        """Use `units`, after waiting for a minute or an hour to pass where that is needed.

        Raises: BudgetSpent.
        """
        while True:
            if units > self.left:
                raise BudgetSpent(f"{self._name} gives no more away today.", self._until_free())
            pause = max(
                self._pause(units, self._allowance.minute, 60.0),
                self._pause(units, self._allowance.hour, 3_600.0),
            )
            if pause <= 0:
                break
            await self._sleep(pause)
        self._used.append((self._clock(), units))

    def _pause(self, units: float, most: float, seconds: float) -> float:
        """Until `units` more fit into a window of so many seconds."""
        used, now = self._within(seconds), self._clock()
        for at, each in self._used:
            if used + units <= most:
                return 0.0
            if at > now - seconds:
                used -= each
                if used + units <= most:
                    return at + seconds - now
        return 0.0

    def _within(self, seconds: float) -> float:
        now = self._clock()
        while self._used and self._used[0][0] <= now - DAY:
            self._used.popleft()
        return sum(units for at, units in self._used if at > now - seconds)

    def _until_free(self) -> float:
        return max(0.0, self._used[0][0] + DAY - self._clock()) if self._used else DAY
