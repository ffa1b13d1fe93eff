"""Settling what trades at once and for good: fills, position, cash and the order's state."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.ledger import Fill
from core.domain.order import Order
from core.domain.units import Price
from core.ports import Execution
from core.services.position.bookkeeping import book
from core.storage import orders


async def settle(
    session: AsyncSession, order: Order, execution: Execution, mark: Price | None, now: datetime
) -> Order:
    """The locked `order` after `execution`; the same one told twice is booked once.

    Raises: NotEnoughShares, InsufficientBalance; nothing of the transaction must stay then.
    """
    told = _fills(order, execution, now)
    booked = await book(session, told, mark) if told else []
    return await orders.move(
        session, order, execution.status, fills=booked, reason=execution.reason, now=now
    )


def _fills(order: Order, execution: Execution, now: datetime) -> list[Fill]:
    """One fill a match; the keys say which match of which order it is."""
    ticket = order.ticket
    return [
        Fill(
            event_key=f"order:{order.id}:{number}",
            user_id=ticket.user_id,
            account=ticket.account,
            market_id=ticket.market_id,
            token_id=ticket.token_id,
            outcome=order.outcome,
            side=ticket.side,
            size=match.size,
            price=match.price,
            fee=match.fee,
            at=now,
            order_id=order.id,
        )
        for number, match in enumerate(execution.matches)
    ]
