"""Orders that their own task will not finish: never sent, or sent with nobody waiting any more."""

import logging
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.order import Order, OrderStatus
from core.services.clob.desk import OrderDesk
from core.storage import orders
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

INTERRUPTED = "interrupted by a restart; nothing was bought or sold"
ON_THEIR_WAY = frozenset({OrderStatus.NEW, OrderStatus.SIGNED})

logger = logging.getLogger(__name__)


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
