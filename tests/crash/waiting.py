"""Conditions in another process: looked at again and again, never slept for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

BEAT: Final = 0.04  # seconds between two looks


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """For as long as it takes; the caller's timeout ends it."""
    while not await condition():  # noqa: ASYNC110 - nobody tells us of what others do
        await asyncio.sleep(BEAT)
