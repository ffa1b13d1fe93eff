"""Wake-up calls: whoever waits for a topic returns as soon as it is rung."""

import asyncio
from collections.abc import Hashable


class Bells:
    """One bell a topic. Closing rings all of them for ever, so that no request outlives a stop."""

    def __init__(self) -> None:
        self.is_closed = False
        self._events: dict[Hashable, asyncio.Event] = {}

    def ring(self, topic: Hashable) -> None:
        if event := self._events.pop(topic, None):
            event.set()

    async def wait(self, topic: Hashable, seconds: float) -> bool:
        """Whether the bell rang in time; False at once when everything is being closed."""
        if self.is_closed:
            return False
        event = self._events.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return not self.is_closed

    def close(self) -> None:
        self.is_closed = True
        for event in self._events.values():
            event.set()
