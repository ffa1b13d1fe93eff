"""Whose heartbeat has begun, and who needs one: users with automated orders that rest."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.order import Origin
from core.domain.units import UserId
from core.storage.risk_models import ReservationRow, RiskAccountRow


@dataclass(frozen=True, slots=True)
class Resting:
    """A user's live orders that rest at the venue."""

    user: UserId
    automated: int
    others: int  # by hand, protective, or made outside of the bot
    has_begun: bool  # the venue waits for our heartbeat already


async def resting(session: AsyncSession) -> list[Resting]:
    """Of everybody who has any, or whose heartbeat has begun."""
    rests = sa.and_(ReservationRow.is_open, ReservationRow.rests)
    is_automated = ReservationRow.origin == Origin.AUTOMATION
    query = (
        sa.select(
            RiskAccountRow.user_id,
            sa.func.count(ReservationRow.order_id).filter(is_automated),
            sa.func.count(ReservationRow.order_id).filter(~is_automated),
            RiskAccountRow.heartbeat_since.is_not(None),
        )
        .outerjoin(
            ReservationRow,
            sa.and_(
                ReservationRow.user_id == RiskAccountRow.user_id,
                ReservationRow.account == RiskAccountRow.account,
                rests,
            ),
        )
        .where(RiskAccountRow.account == Account.LIVE)
        .where(
            sa.or_(
                ReservationRow.order_id.is_not(None), RiskAccountRow.heartbeat_since.is_not(None)
            )
        )
        .group_by(RiskAccountRow.user_id, RiskAccountRow.heartbeat_since)
        .order_by(RiskAccountRow.user_id)
    )
    rows = (await session.execute(query)).all()
    return [Resting(UserId(user), own, others, begun) for user, own, others, begun in rows]


async def mark(session: AsyncSession, user: UserId, since: datetime | None) -> None:
    """The heartbeat begins at `since`; None: it has ended."""
    changed = (
        sa.update(RiskAccountRow)
        .where(RiskAccountRow.user_id == user, RiskAccountRow.account == Account.LIVE)
        .values(heartbeat_since=since)
    )
    await session.execute(changed)
