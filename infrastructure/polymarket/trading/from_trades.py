"""An order that the venue's lists no longer name, as its trades tell of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.domain.book import Side
from core.domain.order import DUST, Order, OrderHash, OrderStatus
from core.domain.reports import OrderReport, TradeReport
from core.domain.units import ZERO, Size, Usdc, times, usdc
from infrastructure.polymarket.trading.amounts import Stated

CENT: Final = Decimal("0.01")  # USDC that rounding may leave unspent of a complete buy


def order_from_trades(
    order: Order, hash_: OrderHash, stated: Stated, trades: Sequence[TradeReport]
) -> OrderReport | None:
    """None if none of `trades` is of this order. Failed ones count too: the book did match them,
    and what settlement takes back is each fill's own story.
    """
    own = {trade.trade_id: trade for trade in trades if trade.hash == hash_.lower()}
    if not own:
        return None
    size = Size(sum((trade.size for trade in own.values()), ZERO))
    value = usdc(sum((times(trade.size, trade.price) for trade in own.values()), ZERO))
    first = next(iter(own.values()))
    return OrderReport(
        hash=OrderHash(hash_.lower()),
        condition_id=first.condition_id,
        token=order.ticket.token_id,
        side=order.ticket.side,
        price=order.ticket.worst_price,
        original=_original(stated),
        matched=size,
        status=OrderStatus.FILLED if _is_whole(order, stated, size, value) else OrderStatus.PARTIAL,
        at=min(trade.at for trade in own.values()),
        trade_ids=tuple(own),
    )


def _original(stated: Stated) -> Size:
    return Size(stated.taking if stated.side is Side.BUY else stated.making)


def _is_whole(order: Order, stated: Stated, size: Size, value: Usdc) -> bool:
    """A buy of what is there now is a sum of money, and a better price brings more shares."""
    if stated.side is Side.BUY and not order.ticket.kind.rests:
        return value + CENT > stated.making
    return size + DUST > _original(stated)
