"""Keeps the parts running: restarts what crashes, and ends everything when it is time."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, TypeAlias

logger = logging.getLogger(__name__)

Run: TypeAlias = Callable[[], Awaitable[None]]

FIRST_DELAY: Final = 0.5  # seconds
LONGEST_DELAY: Final = 30.0  # seconds


def backoff() -> Iterator[float]:
    """Seconds to wait before each restart: doubling, with up to a quarter by chance."""
    limit = FIRST_DELAY
    while True:
        yield limit * (1 + random.random() / 4)  # noqa: S311 - only jitter
        limit = min(limit * 2, LONGEST_DELAY)


async def supervise(name: str, run: Run, delays: Callable[[], Iterator[float]] = backoff) -> None:
    """Run a part for ever: a crash is logged with its traceback, and followed by a restart.

    Only cancellation ends it. What no restart can mend, like a wrong token, is checked earlier.
    """
    waits = delays()
    while True:
        try:
            await run()
        except Exception:
            logger.exception("%s crashed; it is started again", name)
        else:
            logger.error("%s ended by itself; it is started again", name)
        await asyncio.sleep(next(waits))


async def run_until(stop: asyncio.Event, parts: Mapping[str, Run]) -> None:
    """Run every part until `stop` is set, then cancel them all and wait for their clean-up."""
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(supervise(name, run), name=name) for name, run in parts.items()
        ]
        await stop.wait()
        for task in running:
            task.cancel()
