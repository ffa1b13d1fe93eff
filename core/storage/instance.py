"""Which taking-over of the database is the newest."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

_CURRENT = sa.text("SELECT current_epoch()")


async def current_epoch(session: AsyncSession) -> int:
    """The newest one; nobody takes over before the end of the transaction."""
    epoch: int | None = await session.scalar(_CURRENT)
    return epoch or 0
