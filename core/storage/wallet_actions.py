"""Wallet actions: begun once, and remembered whatever becomes of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound
from core.domain.units import UserId
from core.domain.wallet_action import (
    OPEN,
    ActionId,
    ActionKind,
    ActionState,
    NewAction,
    WalletAction,
    advance_action,
)
from core.storage.wallet_action_models import WalletActionRow


async def begin(session: AsyncSession, new: NewAction) -> WalletAction | None:
    """None, and nothing is written, while the wallet is busy or the withdrawal was begun before."""
    added = (
        insert(WalletActionRow)
        .values(
            user_id=new.user,
            kind=new.kind,
            subject=new.subject,
            state=ActionState.COMMITTED,
            wallet=new.wallet,
            owner=new.owner,
            nonce=new.nonce,
            deadline=new.deadline,
            body=new.body,
            created_at=new.at,
        )
        .on_conflict_do_nothing()
        .returning(WalletActionRow)
    )
    row = await session.scalar(added)
    return None if row is None else _action(row)


async def sign_anew(session: AsyncSession, known: WalletAction, new: NewAction) -> WalletAction:
    """Another turn for what was proven not to have had the last one. Raises: NotFound."""
    row = await _locked(session, known)
    if row is None or row.state is not ActionState.COMMITTED:
        raise NotFound("This action is not waiting to be sent.")
    row.nonce, row.deadline, row.body = new.nonce, new.deadline, new.body
    await session.flush()
    return _action(row)


async def move(
    session: AsyncSession,
    known: WalletAction,
    new: ActionState,
    *,
    transaction_id: str = "",
    transaction: str = "",
    reason: str = "",
) -> WalletAction | None:
    """None, and nothing changes, if it is no longer what `known` says: somebody was faster."""
    row = await _locked(session, known)
    if row is None or row.state is not known.state:
        return None
    row.state = advance_action(row.state, new)
    row.transaction_id = transaction_id or row.transaction_id
    row.transaction = transaction or row.transaction
    row.reason = reason
    row.updated_at = sa.func.now()
    await session.flush()
    await session.refresh(row)
    return _action(row)


async def lock_unsent(session: AsyncSession, known: WalletAction) -> bool:
    """Whether it still waits with these bytes; it does so until the end of the transaction."""
    row = await _locked(session, known)
    return row is not None and row.state is ActionState.COMMITTED


async def by_id(session: AsyncSession, action_id: ActionId) -> WalletAction:
    """Raises: NotFound."""
    row = await session.get(WalletActionRow, action_id, populate_existing=True)
    if row is None:
        raise NotFound("There is no such wallet action.")
    return _action(row)


async def newest(
    session: AsyncSession, user: UserId, kind: ActionKind, subject: str
) -> WalletAction | None:
    query = (
        sa.select(WalletActionRow)
        .where(
            WalletActionRow.user_id == user,
            WalletActionRow.kind == kind,
            WalletActionRow.subject == subject,
        )
        .order_by(WalletActionRow.id.desc())
        .limit(1)
    )
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _action(row)


async def under_way(session: AsyncSession, user: UserId) -> WalletAction | None:
    """The one that is on its way, of the wallet that is used now or of an older one."""
    query = (
        sa.select(WalletActionRow)
        .where(WalletActionRow.user_id == user, WalletActionRow.state.in_(OPEN))
        .order_by(WalletActionRow.id.desc())
        .limit(1)
    )
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _action(row)


async def all_under_way(session: AsyncSession) -> Sequence[WalletAction]:
    """Everybody's, oldest first."""
    query = (
        sa.select(WalletActionRow)
        .where(WalletActionRow.state.in_(OPEN))
        .order_by(WalletActionRow.id)
    )
    return [_action(row) for row in await session.scalars(query)]


async def turn_taken_by_another(session: AsyncSession, action: WalletAction) -> bool:
    """Whether another action of ours is confirmed to have had this one's turn on the chain."""
    query = sa.select(
        sa.exists().where(
            WalletActionRow.user_id == action.user,
            WalletActionRow.wallet == action.wallet,
            WalletActionRow.nonce == action.nonce,
            WalletActionRow.state == ActionState.CONFIRMED,
            WalletActionRow.id != action.id,
        )
    )
    return bool(await session.scalar(query))


async def knows_transaction(session: AsyncSession, user: UserId, transaction: str) -> bool:
    """Whether one of the user's actions is known to be that one."""
    query = sa.select(
        sa.exists().where(
            WalletActionRow.user_id == user, WalletActionRow.transaction == transaction
        )
    )
    return bool(await session.scalar(query))


async def _locked(session: AsyncSession, known: WalletAction) -> WalletActionRow | None:
    """None if it was signed anew meanwhile."""
    query = sa.select(WalletActionRow).where(WalletActionRow.id == known.id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    return row if row is not None and row.body == known.body else None


def _action(row: WalletActionRow) -> WalletAction:
    return WalletAction(
        id=ActionId(row.id),
        user=UserId(row.user_id),
        kind=row.kind,
        subject=row.subject,
        wallet=row.wallet,
        owner=row.owner,
        state=row.state,
        nonce=row.nonce,
        deadline=row.deadline,
        body=row.body,
        created_at=row.created_at,
        transaction_id=row.transaction_id,
        transaction=row.transaction,
        reason=row.reason,
    )
