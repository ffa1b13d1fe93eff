"""Triggers: armed once, changed under their row's lock, never deleted."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.position import Position, PositionStatus
from core.domain.trigger import NewTrigger, Stake, Trigger, TriggerId, TriggerKind, TriggerState
from core.domain.units import MarketId, PositionId, Price, Size, TokenId, UserId
from core.storage.models import PositionRow
from core.storage.positions import keys_of
from core.storage.trigger_models import ARMED, TriggerPresetRow, TriggerRow

_ARMED: Final = sa.text(ARMED)  # literal: a parameter would match no index


async def arm(session: AsyncSession, position: Position, new: NewTrigger) -> Trigger | None:
    """None, and nothing is written, if the same is armed already."""
    added = (
        insert(TriggerRow)
        .values(
            **keys_of(position),
            position_id=position.id,
            kind=new.kind,
            level=new.level,
            trail=new.trail,
            peak=new.peak,
            percent=new.percent,
        )
        .on_conflict_do_nothing()
        .returning(TriggerRow)
    )
    row = await session.scalar(added)
    return None if row is None else _trigger(row)


async def lock(session: AsyncSession, trigger_id: TriggerId) -> Trigger | None:
    """The trigger as it is now, kept so until the end of the transaction."""
    query = sa.select(TriggerRow).where(TriggerRow.id == trigger_id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _trigger(row)


async def save(session: AsyncSession, trigger: Trigger) -> None:
    """What can change of the locked one."""
    await session.execute(
        sa.update(TriggerRow)
        .where(TriggerRow.id == trigger.id)
        .values(
            left_size=trigger.left,
            shot=trigger.shot,
            state=trigger.state,
            trouble=trigger.trouble,
            updated_at=sa.func.now(),
        )
    )


async def end(session: AsyncSession, trigger: Trigger, state: TriggerState) -> None:
    """The locked one is not armed any more."""
    await save(session, replace(trigger, state=state))


async def raise_stops(session: AsyncSession, triggers: Iterable[Trigger]) -> None:
    """Peaks and levels of armed trailing stops; neither ever falls."""
    for trigger in triggers:
        await session.execute(
            sa.update(TriggerRow)
            .where(
                TriggerRow.id == trigger.id,
                _ARMED,
                sa.func.coalesce(TriggerRow.peak, 0) < trigger.peak,
            )
            .values(peak=trigger.peak, level=trigger.level, updated_at=sa.func.now())
        )


async def armed(
    session: AsyncSession, stakes: Collection[Stake] | None = None
) -> list[tuple[Trigger, bool]]:
    """Oldest first, and whether their positions are still active; everybody's without `stakes`."""
    is_active = PositionRow.status == PositionStatus.ACTIVE
    query = (
        sa.select(TriggerRow, is_active)
        .join(PositionRow, PositionRow.id == TriggerRow.position_id)
        .where(_ARMED)
        .order_by(TriggerRow.id)
    )
    if stakes is not None:
        query = query.where(sa.tuple_(TriggerRow.user_id, TriggerRow.token_id).in_(stakes))
    return [(_trigger(row), held) for row, held in await session.execute(query)]


async def armed_of(
    session: AsyncSession, user: UserId, account: Account, position: PositionId | None = None
) -> list[Trigger]:
    """One user's, oldest first; of one position, if given."""
    query = (
        sa.select(TriggerRow)
        .where(TriggerRow.user_id == user, TriggerRow.account == account, _ARMED)
        .order_by(TriggerRow.id)
    )
    if position is not None:
        query = query.where(TriggerRow.position_id == position)
    return [_trigger(row) for row in await session.scalars(query)]


async def presets(
    session: AsyncSession, user: UserId, account: Account
) -> dict[TriggerKind, Decimal]:
    """Percent by kind."""
    query = sa.select(TriggerPresetRow).where(
        TriggerPresetRow.user_id == user, TriggerPresetRow.account == account
    )
    return {row.kind: row.change for row in await session.scalars(query)}


async def set_preset(
    session: AsyncSession, user: UserId, account: Account, kind: TriggerKind, change: Decimal
) -> None:
    new = insert(TriggerPresetRow).values(user_id=user, account=account, kind=kind, change=change)
    changed = new.on_conflict_do_update(
        index_elements=["user_id", "account", "kind"],
        set_={"change": change, "updated_at": sa.func.now()},
    )
    await session.execute(changed)


async def drop_preset(
    session: AsyncSession, user: UserId, account: Account, kind: TriggerKind
) -> None:
    await session.execute(
        sa.delete(TriggerPresetRow).where(
            TriggerPresetRow.user_id == user,
            TriggerPresetRow.account == account,
            TriggerPresetRow.kind == kind,
        )
    )


def _trigger(row: TriggerRow) -> Trigger:
    return Trigger(
        id=TriggerId(row.id),
        user_id=UserId(row.user_id),
        account=row.account,
        position_id=PositionId(row.position_id),
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        outcome=row.outcome,
        kind=row.kind,
        level=Price(row.level),
        trail=row.trail,
        peak=None if row.peak is None else Price(row.peak),
        percent=row.percent,
        left=None if row.left_size is None else Size(row.left_size),
        shot=row.shot,
        state=row.state,
        trouble=row.trouble,
        created_at=row.created_at,
    )
