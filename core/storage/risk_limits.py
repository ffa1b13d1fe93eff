"""Limits that users have set for themselves."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.risk import LimitKind, OwnLimit
from core.domain.units import UserId
from core.storage.risk_models import RiskLimitRow


async def own_limits(session: AsyncSession, user: UserId) -> Mapping[LimitKind, OwnLimit]:
    """Those that the user has ever set."""
    query = sa.select(
        RiskLimitRow.kind, RiskLimitRow.value, RiskLimitRow.next_value, RiskLimitRow.next_at
    ).where(RiskLimitRow.user_id == user)
    rows = (await session.execute(query)).all()
    return {kind: OwnLimit(value, later, at) for kind, value, later, at in rows}


async def lock_limit(session: AsyncSession, user: UserId, kind: LimitKind) -> None:
    """Let nobody else change this limit until the transaction ends."""
    name = f"limit:{user}:{kind.value}"
    await session.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0)))
    )


async def save_limit(session: AsyncSession, user: UserId, kind: LimitKind, limit: OwnLimit) -> None:
    values = {"value": limit.value, "next_value": limit.next_value, "next_at": limit.next_at}
    new = insert(RiskLimitRow).values(user_id=user, kind=kind, **values)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["user_id", "kind"], set_=values | {"updated_at": sa.func.now()}
        )
    )
