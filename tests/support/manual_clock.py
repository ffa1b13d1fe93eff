"""A clock that moves only when told to, waking whoever waited for that moment."""

import asyncio
import heapq
import itertools

TURNS = 60  # of the loop; more than any chain of our coroutines needs without a network


class ManualClock:
    """Seconds since the test began."""

    def __init__(self) -> None:
        self._now = 0.0
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self._alarm(seconds).wait()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        alarm = self._alarm(seconds)
        async with asyncio.TaskGroup() as tasks:
            waits = [tasks.create_task(each.wait()) for each in (event, alarm)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
        return event.is_set()

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; everything that is due on the way happens in its order."""
        end = self._now + seconds
        await settle()
        while self._waiting and self._waiting[0][0] <= end:
            self._now, _, alarm = heapq.heappop(self._waiting)
            alarm.set()
            await settle()
        self._now = end
        await settle()

    def _alarm(self, seconds: float) -> asyncio.Event:
        alarm = asyncio.Event()
        heapq.heappush(self._waiting, (self._now + seconds, next(self._numbers), alarm))
        return alarm


async def settle() -> None:
    """Let every task run as far as it can without time passing."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
