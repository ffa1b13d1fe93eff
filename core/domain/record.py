"""What somebody's trading came to, as far as the ledger alone can say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple

from core.domain.folding import fold, in_order
from core.domain.history import thinned
from core.domain.ledger import Fill
from core.domain.position import Holding
from core.domain.units import ZERO, Usdc, usdc


class Period(StrEnum):
    """The last 24 hours, 7 days, 30 days, or everything."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"

    def start(self, now: datetime) -> datetime | None:
        """None: from the first trade."""
        length = LENGTHS[self]
        return None if length is None else now - length


LENGTHS: Final = MappingProxyType(
    {
        Period.DAY: timedelta(days=1),
        Period.WEEK: timedelta(weeks=1),
        Period.MONTH: timedelta(days=30),
        Period.ALL: None,
    }
)


class Booked(NamedTuple):
    """One fill's part in the booked profit, net of its fee."""

    at: datetime
    profit: Usdc
    fee: Usdc


class EquityPoint(NamedTuple):
    """The booked profit from this moment on."""

    at: datetime
    profit: Usdc


@dataclass(frozen=True, slots=True)
class Record:
    """Of one period. `points` begins with what was booked before, and has one for each fill; of
    more than a picture can show, so many of them with both ends.
    """

    points: tuple[EquityPoint, ...]
    profit: Usdc  # booked in the period, net of `fees`
    fees: Usdc
    fills: int

    @property
    def has_curve(self) -> bool:
        """Two fills at two moments are the least that a line can be drawn through."""
        return len({point.at for point in self.points[1:]}) > 1


def booked(fills: Sequence[Fill]) -> tuple[Booked, ...]:
    """What each fill of one position added to its booked profit, in the order of folding."""
    return tuple(bookings(in_order(fills)))


def bookings(fills: Iterable[Fill]) -> Iterator[Booked]:
    """The same one by one, of fills that are in the order of folding."""
    holding = Holding()
    for fill in fills:
        after = fold([fill], holding).holding
        profit = usdc(after.realized_pnl - holding.realized_pnl)
        yield Booked(fill.at, profit, fill.fee)
        holding = after


def record_of(news: Iterable[Booked], start: datetime | None) -> Record:
    """The record since `start`; of everything for None."""
    told = sorted(news, key=lambda one: one.at)
    before = [one for one in told if start is not None and one.at < start]
    inside = told[len(before) :]
    base = usdc(sum((one.profit for one in before), ZERO))
    sums = accumulate((one.profit for one in inside), initial=base)
    begin = start if start is not None or not inside else inside[0].at
    moments = [] if begin is None else [begin, *(one.at for one in inside)]
    points = [EquityPoint(at, usdc(sum_)) for at, sum_ in zip(moments, sums, strict=False)]
    return Record(
        points=thinned(points),
        profit=usdc(sum((one.profit for one in inside), ZERO)),
        fees=usdc(sum((one.fee for one in inside), ZERO)),
        fills=len(inside),
    )
