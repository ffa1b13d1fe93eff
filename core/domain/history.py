"""What a price was: the venue's history of one outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from core.domain.units import Price, TokenId

Point = TypeVar("Point")

MOST_POINTS: Final = 400  # of one line: more than a phone can show


class Span(StrEnum):
    """How far a history reaches back."""

    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "1d"
    WEEK = "1w"
    ALL = "all"

    @property
    def length(self) -> timedelta | None:
        """None: from the market's beginning."""
        return LENGTHS[self]


LENGTHS: Final = MappingProxyType(
    {
        Span.HOUR: timedelta(hours=1),
        Span.SIX_HOURS: timedelta(hours=6),
        Span.DAY: timedelta(days=1),
        Span.WEEK: timedelta(weeks=1),
        Span.ALL: None,
    }
)


class PricePoint(NamedTuple):
    at: datetime
    price: Price


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Of one token, oldest first; empty where the venue knows nothing."""

    token: TokenId
    span: Span
    points: tuple[PricePoint, ...] = ()

    @property
    def change(self) -> Price | None:
        """From the first price to the last; None for fewer than two."""
        if len(self.points) <= 1:
            return None
        return Price(self.points[-1].price - self.points[0].price)


def in_order(points: Iterable[PricePoint]) -> tuple[PricePoint, ...]:
    """By time, one price a moment (the later told), at most `MOST_POINTS` with both ends."""
    by_time = dict(points)
    return thinned([PricePoint(at, by_time[at]) for at in sorted(by_time)])


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Evenly `MOST_POINTS` of them; the first and the last stay."""
    if len(points) <= MOST_POINTS:
        return tuple(points)
    last, steps = len(points) - 1, MOST_POINTS - 1
    return tuple(points[number * last // steps] for number in range(MOST_POINTS))


def moment(seconds: int) -> datetime:
    """Of seconds since 1970. Raises: ValueError for what is no time."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no time") from error
