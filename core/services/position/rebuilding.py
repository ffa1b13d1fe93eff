"""Folding one position's fills again: the proof that it is nothing but its ledger."""

import logging

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.folding import fold, in_order
from core.domain.ledger import Fill
from core.domain.position import Holding, Position, PositionStatus
from core.domain.resolution import status_after
from core.domain.units import PositionId
from core.storage import fills as ledger
from core.storage import positions

logger = logging.getLogger(__name__)


async def rebuild_position(session: AsyncSession, position_id: PositionId) -> bool:
    """Whether the row had to be mended.

    Its price stays, since the ledger knows none, but for the payout of a resolved one. A position
    that sold shares which the ledger never saw bought came from outside: it is left alone.
    """
    position = await positions.lock(session, position_id)
    fills = await ledger.of_position(session, position_id)
    if position is None:
        return False
    folded = fold(fills)
    if folded.unexplained and folded.holding != position.holding:
        logger.warning("The ledger does not know all shares of position %s", position_id)
        return False
    last = in_order(fills)[-1] if fills else None
    return await _mend(session, position, folded.holding, last)


async def _mend(
    session: AsyncSession, position: Position, holding: Holding, last: Fill | None
) -> bool:
    """Without a `last` fill every one has failed to settle."""
    status, mark = status_after(holding, last), position.current_price
    if last is not None and status is PositionStatus.RESOLVED:
        mark = last.price
    if (position.holding, position.status, position.current_price) == (holding, status, mark):
        return False
    at = position.updated_at if last is None else last.at
    await positions.save(session, position.id, holding, mark, at, status)
    return True
