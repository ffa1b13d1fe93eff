"""Alerts: set once, moved from state to state with their number, never deleted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.alert import ACTIVE, Alert, AlertId, AlertState, NewAlert
from core.domain.market import Market, Outcome
from core.domain.units import MarketId, TokenId, UserId
from core.storage.alert_models import AlertRow
from core.storage.models import MarketRow

_ACTIVE: Final = AlertRow.state.in_(ACTIVE)
_STEP: Final = sa.text("""
    UPDATE alerts SET state = step.state, firing = step.following, updated_at = now()
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:was AS text[]), CAST(:number AS integer[]),
        CAST(:state AS text[]), CAST(:following AS integer[])
    ) AS step (id, was, number, state, following)
    WHERE alerts.id = step.id AND alerts.state = step.was AND alerts.firing = step.number
    RETURNING alerts.id
""")


async def add(
    session: AsyncSession, user: UserId, market: Market, outcome: Outcome, wish: NewAlert
) -> Alert | None:
    """None, and nothing is written, if exactly this is set already."""
    added = (
        insert(AlertRow)
        .values(
            user_id=user,
            market_id=market.id,
            token_id=outcome.token,
            outcome=outcome.name,
            kind=wish.kind,
            level=wish.level,
            minutes=wish.minutes,
        )
        .on_conflict_do_nothing()
        .returning(AlertRow)
    )
    row = await session.scalar(added)
    return None if row is None else _alert(row)


async def count_of(session: AsyncSession, user: UserId) -> int:
    query = sa.select(sa.func.count()).where(AlertRow.user_id == user, _ACTIVE)
    return await session.scalar(query) or 0


async def lock(session: AsyncSession, alert_id: AlertId) -> Alert | None:
    """The alert as it is now, kept so until the end of the transaction."""
    query = sa.select(AlertRow).where(AlertRow.id == alert_id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _alert(row)


async def remove(session: AsyncSession, alert_id: AlertId) -> None:
    await _set(session, alert_id, state=AlertState.REMOVED)


async def mute(session: AsyncSession, alert_id: AlertId, until: datetime | None) -> None:
    await _set(session, alert_id, muted_until=until)


async def active_of(session: AsyncSession, user: UserId) -> list[Alert]:
    """Newest first."""
    query = (
        sa.select(AlertRow).where(AlertRow.user_id == user, _ACTIVE).order_by(AlertRow.id.desc())
    )
    return [_alert(row) for row in await session.scalars(query)]


async def active(session: AsyncSession) -> list[Alert]:
    """Everybody's, oldest first."""
    query = sa.select(AlertRow).where(_ACTIVE).order_by(AlertRow.id)
    return [_alert(row) for row in await session.scalars(query)]


async def step(session: AsyncSession, steps: Sequence[tuple[Alert, Alert]]) -> set[AlertId]:
    """From the first of each pair to the second; no alert twice.

    The result has those that were as their first says; of the others nothing is written.
    """
    values = {
        "ids": [after.id for _, after in steps],
        "was": [before.state.value for before, _ in steps],
        "number": [before.firing for before, _ in steps],
        "state": [after.state.value for _, after in steps],
        "following": [after.firing for _, after in steps],
    }
    return {AlertId(number) for number in await session.scalars(_STEP, values)}


async def end_closed(session: AsyncSession) -> list[AlertId]:
    """Those whose markets have ended are over."""
    ended = (
        sa.update(AlertRow)
        .where(_ACTIVE, AlertRow.market_id == MarketRow.id, MarketRow.is_closed)
        .values(state=AlertState.OVER, updated_at=sa.func.now())
        .returning(AlertRow.id)
    )
    return [AlertId(number) for number in await session.scalars(ended)]


async def endings(
    session: AsyncSession, market_ids: Collection[MarketId]
) -> dict[MarketId, datetime | None]:
    """When these markets end."""
    query = sa.select(MarketRow.id, MarketRow.ends_at).where(MarketRow.id.in_(market_ids))
    return {MarketId(market): ends_at for market, ends_at in await session.execute(query)}


async def _set(session: AsyncSession, alert_id: AlertId, **values: object) -> None:
    changed = sa.update(AlertRow).where(AlertRow.id == alert_id)
    await session.execute(changed.values(**values, updated_at=sa.func.now()))


def _alert(row: AlertRow) -> Alert:
    return Alert(
        id=AlertId(row.id),
        user_id=UserId(row.user_id),
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        outcome=row.outcome,
        wish=NewAlert(row.kind, row.level.normalize() + 0, row.minutes),
        state=row.state,
        firing=row.firing,
        muted_until=row.muted_until,
        created_at=row.created_at,
    )
