"""The price writer's telemetry as events that a test can wait for."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 20.0  # seconds; a test that waits longer has failed


class Figures:
    """The writer's telemetry, with an event for each flush."""

    def __init__(self) -> None:
        self.flushes: list[int] = []
        self.latencies: list[float] = []
        self.lags: list[float] = []
        self.news = asyncio.Condition()
        self.has_failed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def flushed(self, tokens: int, seconds: float) -> None:
        assert seconds >= 0
        self.flushes.append(tokens)
        task = asyncio.create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def committed(self, latency: float) -> None:
        self.latencies.append(latency)

    def lagged(self, seconds: float) -> None:
        self.lags.append(seconds)

    def failed(self) -> None:
        self.has_failed.set()

    async def until_failed(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.has_failed.wait()

    async def until(self, flushes: int) -> None:
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: len(self.flushes) >= flushes)

    async def until_row(self, is_right: Callable[[], Awaitable[bool]]) -> None:
        """Look after each flush, until the database says what it should."""
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = len(self.flushes)
                if await is_right():
                    return
                async with self.news:
                    await self.news.wait_for(lambda seen=seen: len(self.flushes) > seen)  # type: ignore[misc] # bound now

    async def _notify(self) -> None:
        async with self.news:
            self.news.notify_all()
