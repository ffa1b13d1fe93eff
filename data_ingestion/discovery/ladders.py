"""Which temperature events we know only a part of."""

from datetime import datetime
from itertools import islice
from typing import Final

from core.domain.units import EventId
from core.domain.weather.rules import lacks_buckets
from core.storage.models import Sessions
from core.storage.weather_events import temperature_events, upcoming

SLICE: Final = 2  # events read at once: some 20 markets, so that nobody waits for them
MOST: Final = 20  # events named at once; each is a request


class Ladders:
    """Remembers which ladders were whole: no bucket leaves one."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._whole = frozenset[EventId]()

    async def torn(self, now: datetime) -> tuple[EventId, ...]:
        """Events of which a bucket is missing, the next to end first, at most `MOST`."""
        async with self._sessions() as session:
            events = await upcoming(session, now)
        self._whole &= frozenset(events)
        unsure = [event for event in events if event not in self._whole]
        found = list[EventId]()
        for start in range(0, len(unsure), SLICE):
            found += await self._torn_of(unsure[start : start + SLICE])
        self._whole |= frozenset(unsure) - frozenset(found)
        return tuple(islice(found, MOST))

    async def _torn_of(self, events: list[EventId]) -> list[EventId]:
        async with self._sessions() as session:
            listed = await temperature_events(session, events)
        return [event.text.id for event in listed if lacks_buckets(event.text)]
