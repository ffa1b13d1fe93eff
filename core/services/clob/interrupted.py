"""Orders that their own task will not finish: never sent, or sent with nobody waiting any more."""

import asyncio
import logging
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.order import Order, OrderStatus
from core.domain.sentences import mark
from core.services.clob.desk import OrderDesk
from core.services.clob.following import PATIENCE, Patience, max_age
from core.services.clob.sending import OrderSender
from core.storage import markets, orders
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

INTERRUPTED = mark("interrupted by a restart; nothing was bought or sold")
ON_THEIR_WAY = frozenset({OrderStatus.NEW, OrderStatus.SIGNED})

logger = logging.getLogger(__name__)


async def send_unsent(
    sessions: Sessions, desk: OrderDesk, sender: OrderSender, patience: Patience = PATIENCE
) -> None:
    """Orders that a run ended before signing, while they are young enough to be wanted.

    Nothing of them can have left, so signing them now makes no second order. To be awaited before
    commands are accepted; what is older, or cannot be sent, ends as REJECTED.
    """
    async with as_worker(sessions) as session:
        found = await orders.followed(session, desk.account)
    now = desk.now()
    async with asyncio.TaskGroup() as group:
        for order in found:
            age = now - order.created_at
            if order.status is OrderStatus.NEW and age <= max_age(order, patience):
                group.create_task(_send(desk, sender, order))


async def _send(desk: OrderDesk, sender: OrderSender, order: Order) -> None:
    async with desk.transaction(order.ticket.user_id) as session:
        market = await markets.by_id(session, order.ticket.market_id)
    try:
        await sender.send(order, market)
    except (Rejected, Unavailable, OutcomeUnknown) as fault:
        logger.warning("Order %s was interrupted, and not placed at once: %s", order.id, fault)


async def end_interrupted(
    sessions: Sessions, desk: OrderDesk, before: datetime | None = None
) -> int:
    """How many there were, of those recorded `before`.

    Without a signature nothing can have left: REJECTED. With one it may have: UNKNOWN. Should the
    task be alive after all, it finds its order ended before it sends, or brings the answer late.
    """
    async with as_worker(sessions) as session:
        found = await orders.followed(session, desk.account)
    count = 0
    for order in found:
        if order.status in ON_THEIR_WAY and (before is None or order.created_at < before):
            await _end(desk, order)
            count += 1
    if count:
        logger.warning("Orders interrupted on their way: %s", count, extra={"orders": count})
    return count


async def _end(desk: OrderDesk, order: Order) -> None:
    async def apply(session: AsyncSession, locked: Order) -> Order:
        now = desk.now()
        if locked.status is OrderStatus.NEW:
            end = OrderStatus.REJECTED
            return await orders.move(session, locked, end, reason=INTERRUPTED, now=now)
        if locked.status is OrderStatus.SIGNED:
            return await orders.move(session, locked, OrderStatus.UNKNOWN, now=now)
        return locked

    await desk.change(order.ticket.user_id, order.id, apply)
