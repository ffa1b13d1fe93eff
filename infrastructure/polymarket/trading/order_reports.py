"""The venue's account of one of our orders as a report."""

from types import MappingProxyType
from typing import Final

from core.domain.errors import InvalidQuantity
from core.domain.order import DUST, OrderHash, OrderStatus
from core.domain.reports import OrderReport
from core.domain.units import ConditionId, Size, TokenId
from infrastructure.polymarket.trading import quantities
from infrastructure.polymarket.trading.wire import WireOrder

PREFIX: Final = "ORDER_STATUS_"
IMMEDIATE: Final = frozenset({"FOK", "FAK", "IOC"})
WORKING: Final = MappingProxyType(
    {
        "LIVE": OrderStatus.LIVE,
        "MATCHED": OrderStatus.MATCHED,
        "DELAYED": OrderStatus.DELAYED,
        "UNMATCHED": OrderStatus.LIVE,
    }
)
CANCELLED: Final = ("CANCELED", "CANCELLED", "INVALID")
EXPIRED: Final = ("EXPIRED", "CANCELED_EXPIRED_ORDER")


def order_report(wire: WireOrder) -> OrderReport:
    """Raises: InvalidQuantity for a state, side, number or time that is none."""
    original = quantities.shares(wire.original_size)
    matched = quantities.shares_or_none(wire.size_matched)
    word = wire.status.strip()
    return OrderReport(
        hash=OrderHash(wire.id.lower()),
        condition_id=ConditionId(wire.market),
        token=TokenId(wire.asset_id),
        side=quantities.side(wire.side),
        price=quantities.share_price(wire.price),
        original=original,
        matched=matched,
        status=_status(wire, matched, original),
        reason=_reason(word),
        at=quantities.instant_or_none(wire.created_at),
        trade_ids=tuple(wire.associate_trades or ()),
    )


def _status(wire: WireOrder, matched: Size, original: Size) -> OrderStatus:
    """A state says too little alone: "live" may be filled in part, "cancelled" be filled."""
    told = _told(wire.status.strip().upper().removeprefix(PREFIX))
    if matched > 0 and matched + DUST > original:
        return OrderStatus.FILLED
    if wire.order_type.upper() in IMMEDIATE and told is OrderStatus.LIVE:
        told = OrderStatus.DELAYED  # it never rests: its match is still to be told
    is_working = told in {OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.DELAYED}
    return OrderStatus.PARTIAL if is_working and matched > 0 else told


def _told(word: str) -> OrderStatus:
    if word in WORKING:
        return WORKING[word]
    if word.startswith(EXPIRED):
        return OrderStatus.EXPIRED
    if word.startswith(CANCELLED):
        return OrderStatus.CANCELLED
    raise InvalidQuantity("that is no state of an order")


def _reason(word: str) -> str:
    """The venue's own words after "CANCELED_", if any: those of a killed FOK for instance."""
    _, _, words = word.removeprefix(PREFIX).partition("_")
    return words if word.removeprefix(PREFIX).upper().startswith(CANCELLED) else ""
