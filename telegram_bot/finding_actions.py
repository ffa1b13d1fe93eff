"""What a button can ask for about finding markets again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from core.domain.units import MarketId


class Shelf(StrEnum):
    """A list of markets besides the busiest."""

    NEW = "n"
    CLOSING = "c"
    WATCHED = "w"


@dataclass(frozen=True, slots=True)
class Browse:
    shelf: Shelf
    page: int = 0


@dataclass(frozen=True, slots=True)
class SearchVenue:
    """The venue's own search, whatever we know."""

    words: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Put the market on the watchlist, or take it off if it is not `wanted` there."""

    market_id: MarketId
    wanted: bool


FindingAction: TypeAlias = Browse | SearchVenue | Watch
