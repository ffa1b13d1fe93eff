"""Folding one position's fills again: the proof that it is nothing but its ledger."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.position import Holding, Position, PositionStatus, replay
from core.domain.units import PositionId
from core.storage import fills as ledger
from core.storage import positions


async def rebuild_position(session: AsyncSession, position_id: PositionId) -> bool:
    """Whether the row had to be mended. Its price stays: the ledger knows none.

    Raises: NotEnoughShares if the ledger itself is impossible.
    """
    position = await positions.lock(session, position_id)
    fills = await ledger.of_position(session, position_id)
    if position is None or position.status is PositionStatus.RESOLVED:
        return False
    holding = replay(fills)
    if not _differs(position, holding):
        return False
    last = fills[-1].at if fills else position.updated_at
    await positions.save(session, position_id, holding, position.current_price, last)
    return True


def _differs(position: Position, holding: Holding) -> bool:
    is_open = position.status is PositionStatus.ACTIVE
    return position.holding != holding or is_open != (holding.amount > 0)
