"""A measurement that hangs says where, and ends."""

import asyncio
import faulthandler
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LONGEST: Final = 1800.0  # seconds that one part may take; the longest take a few minutes
STUCK: Final = 60.0  # seconds more after which it must be the loop itself that hangs


@asynccontextmanager
async def bounded(name: str, seconds: float = LONGEST) -> AsyncIterator[None]:
    """Raises: TimeoutError once it takes too long, having said where every task waits."""
    telling = asyncio.get_running_loop().call_later(seconds, _tell_where, name)
    try:
        async with asyncio.timeout(seconds):
            yield
    finally:
        telling.cancel()


def watch_loop() -> None:
    """End the process, saying where, if the next part takes too long and its loop is stuck."""
    faulthandler.dump_traceback_later(LONGEST + STUCK, exit=True)


def _tell_where(name: str) -> None:
    print(f"{name} hangs; this is where every task waits:", file=sys.stderr)
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)
