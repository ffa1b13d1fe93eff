"""Wakes what is checked rarely while prices stream, once polling has to carry them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

BEAT: Final = 5.0  # seconds between two looks

logger = logging.getLogger(__name__)


class StreamWatch:
    """An interval chosen while the stream was healthy is no longer waited for when it is not."""

    def __init__(
        self,
        is_streaming: Callable[[], bool],
        wakes: Sequence[Callable[[], None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._is_streaming = is_streaming
        self._wakes = wakes
        self._sleep = sleep

    async def run(self) -> None:
        """Until cancelled."""
        before = self._is_streaming()
        while True:
            await self._sleep(BEAT)
            now = self._is_streaming()
            if before and not now:
                logger.info("Weather is checked now: polling has to carry the prices")
                for wake in self._wakes:
                    wake()
            before = now
