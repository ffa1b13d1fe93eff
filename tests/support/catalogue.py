"""A `MarketCatalogue` whose markets the test writes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.domain.errors import NotFound, PolycoolError
from core.domain.market import Event, Market, Outcome
from core.domain.units import EventId, MarketId, Price
from core.ports import CataloguePage
from tests.support.rows import market


@dataclass
class ScriptedCatalogue:
    """`pages` in their order; look-ups among `known`. `fault` is raised by every question."""

    pages: list[Sequence[Market]] = field(default_factory=list)
    known: list[Market] = field(default_factory=list)
    fault: PolycoolError | None = None
    asked: list[str] = field(default_factory=list)
    refused: asyncio.Event = field(default_factory=asyncio.Event)  # set by the first fault

    async def page(self, cursor: str | None = None) -> CataloguePage:
        self._note(f"page {cursor}")
        number = int(cursor or 0)
        last = number + 1 >= len(self.pages)
        return CataloguePage(tuple(self.pages[number]), None if last else str(number + 1))

    async def search(self, words: str) -> tuple[Market, ...]:
        self._note(f"search {words}")
        return tuple(self.known)

    async def market(self, market: MarketId) -> Market:
        self._note(f"market {market}")
        return self._first([one for one in self.known if one.id == market])

    async def market_by_slug(self, slug: str) -> Market:
        self._note(f"slug {slug}")
        return self._first([one for one in self.known if one.slug == slug])

    async def event_by_slug(self, slug: str) -> tuple[Event, tuple[Market, ...]]:
        self._note(f"event {slug}")
        found = [one for one in self.known if one.event and one.event.slug == slug]
        event = self._first(found).event
        assert event is not None
        return event, tuple(found)

    async def event(self, event: EventId) -> tuple[Event, tuple[Market, ...]]:
        found = [one for one in self.known if one.event and one.event.id == event]
        head = self._first(found).event
        assert head is not None
        return head, tuple(found)

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if self.fault is not None:
            self.refused.set()
            raise self.fault

    @staticmethod
    def _first(found: list[Market]) -> Market:
        if not found:
            raise NotFound("The venue does not know this.")
        return found[0]


def listed(
    number: int, question: str = "", *, volume: int = 0, event: int = 0, yes: str | None = None
) -> Market:
    """Market `number` with a 24-hour volume, perhaps in an event, perhaps with a price for Yes."""
    one = market(number)
    price = None if yes is None else Price(Decimal(yes))
    other = None if price is None else Price(1 - price)
    return replace(
        one,
        question=question or one.question,
        volume_24h=Decimal(volume),
        event=Event(EventId(str(event)), f"event-{event}", f"Event {event}") if event else None,
        outcomes=(
            Outcome("Yes", one.tokens[0], price),
            Outcome("No", one.tokens[1], other),
        ),
        category="Politics" if number % 2 else "Sports",
    )
