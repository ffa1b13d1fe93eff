"""What a button can ask for about finding markets again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.units import MarketId
from telegram_bot.callback_readers import Forms, flag, market_id, number, search_text


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

FORMS: Final[Forms[FindingAction]] = {
    "fv": (SearchVenue, (search_text,)),
    "fb": (Browse, (Shelf, number)),
    "mw": (Watch, (market_id, flag)),
}
