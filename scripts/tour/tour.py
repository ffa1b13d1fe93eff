"""Somebody who goes through the chat, and the camera beside them."""

from dataclasses import dataclass
from typing import Final

from scripts.tour.camera import Shoot
from tests.support.person import Message, Person
from tests.support.program import Program
from tests.support.venue_control import VenueControl
from tests.support.watched_database import WatchedDatabase

NOMINEE: Final = "Maren Holt"
EXPIRES: Final = "This quote expires"


@dataclass(frozen=True, slots=True)
class Stage:
    """The program and its surroundings; `slug` and `token` are of the market in the pictures."""

    program: Program
    venue: VenueControl
    database: WatchedDatabase
    slug: str
    token: str


@dataclass(frozen=True, slots=True)
class Tour:
    stage: Stage
    person: Person
    shoot: Shoot

    async def market(self) -> Message:
        return await self.asks(self.stage.slug, "bid .* ask")

    async def asks(self, text: str, pattern: str) -> Message:
        """A new card: the one before may still change, and loses its buttons."""
        newest = max((each.id for each in await self.person.messages()), default=0)
        await self.person.writes(text)
        return await self.person.sees(pattern, below=newest, button=".")

    async def says(self, name: str, text: str, pattern: str) -> Message:
        shown = await self.asks(text, pattern)
        await self.shoot(name)
        return shown

    async def taps(
        self, name: str, card: Message, label: str, pattern: str, *, button: str = ""
    ) -> Message:
        shown = await self.person.taps(card, label, pattern, button=button)
        await self.shoot(name)
        return shown

    async def is_told(self, name: str, pattern: str, *, after: int) -> Message:
        """Something comes by itself."""
        shown = await self.person.sees(pattern, after=after)
        await self.shoot(name)
        return shown

    async def draws(
        self, name: str, card: Message, label: str, pattern: str, button: str
    ) -> Message:
        """A picture comes below the card it was asked for on, with a button of its own."""
        seen = await self.person.revision()
        await self.person.touches(card, label)
        shown = await self.person.sees(pattern, after=seen, button=button)
        await self.shoot(name)
        return shown

    async def position(self) -> Message:
        positions = await self.asks("/positions", r"(?m)^1\. ")
        return await self.person.taps(positions, r"^1\. ", "P&L")
