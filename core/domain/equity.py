"""How much of what somebody has came today."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.domain.units import ZERO, Usdc


@dataclass(frozen=True, slots=True)
class DayStart:
    """`total` at `taken_at`, the first look of that day."""

    day: date
    total: Usdc
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class DayChange:
    """Won or lost since `since`; what was paid in or out is neither. `percent` of what there was
    then, with what was paid in; None of nothing.
    """

    amount: Usdc
    percent: Decimal | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """What a home card says beside the portfolio. `today` None: unknown."""

    today: DayChange | None = None
    open_orders: int = 0
    in_orders: Usdc = Usdc(ZERO)  # cash that they hold


def changed_since(start: DayStart, total: Usdc, moved: Usdc) -> DayChange:
    """`moved`: cash that came in without a trade, less what went out."""
    base = start.total + max(moved, ZERO)
    amount = Usdc(total - start.total - moved)
    return DayChange(amount, 100 * amount / base if base > 0 else None, start.taken_at)
