"""A list of positions: in which order, and which of them are hardly worth a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from core.domain.units import ZERO, Usdc, usdc
from core.domain.views import PositionView

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class HoldingOrder(StrEnum):
    """By what positions are sorted: the most first, or the next end."""

    VALUE = "value"
    PNL = "pnl"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Positions in their order, and how many more are worth next to nothing."""

    shown: tuple[PositionView, ...]
    small: int = 0
    with_small: bool = False  # they were asked for, so none is left out


def worth(view: PositionView) -> Usdc | None:
    """At the price shown; None without a price."""
    position = view.position
    if position.current_price is None:
        return None
    return usdc(position.holding.amount * position.current_price)


def sorted_by(order: HoldingOrder, views: Sequence[PositionView]) -> tuple[PositionView, ...]:
    """What cannot be compared, for want of a price or an end, comes last."""
    match order:
        case HoldingOrder.VALUE:
            return tuple(sorted(views, key=_by_value))
        case HoldingOrder.PNL:
            return tuple(sorted(views, key=_by_pnl))
        case HoldingOrder.CLOSING:
            return tuple(sorted(views, key=lambda view: view.market.ends_at or _NEVER))


def holdings(
    views: Sequence[PositionView], order: HoldingOrder, dust_below: Usdc, *, with_small: bool
) -> Holdings:
    """A position without a price is never called small: nobody knows what it is worth."""
    ordered = sorted_by(order, views)
    large = tuple(view for view in ordered if not _is_small(view, dust_below))
    if with_small:
        return Holdings(ordered, with_small=True)
    return Holdings(large, len(ordered) - len(large))


def _is_small(view: PositionView, dust_below: Usdc) -> bool:
    value = worth(view)
    return value is not None and value < dust_below


def _by_value(view: PositionView) -> tuple[bool, Usdc]:
    value = worth(view)
    return (value is None, Usdc(-(value or ZERO)))


def _by_pnl(view: PositionView) -> tuple[bool, Usdc]:
    return (view.position.current_price is None, Usdc(-view.position.pnl_amount))
