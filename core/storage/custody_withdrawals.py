"""Withdrawals, and the addresses they may go to."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound
from core.domain.units import ZERO, Usdc, UserId
from core.domain.withdrawal import (
    COUNTED,
    AddressId,
    AllowedAddress,
    Withdrawal,
    WithdrawalId,
    WithdrawalState,
    advance_withdrawal,
)
from core.storage.custody_models import WithdrawalAddressRow, WithdrawalRow

_ALLOWED = WithdrawalAddressRow.removed_at.is_(None)


async def allow_address(
    session: AsyncSession, user: UserId, address: str, label: str, usable_at: datetime
) -> AllowedAddress | None:
    """None, and nothing changes, if it is allowed already: the wait is not begun anew."""
    added = (
        insert(WithdrawalAddressRow)
        .values(user_id=user, address=address, label=label, usable_at=usable_at)
        .on_conflict_do_nothing(
            index_elements=[WithdrawalAddressRow.user_id, WithdrawalAddressRow.address],
            index_where=_ALLOWED,
        )
        .returning(WithdrawalAddressRow)
    )
    row = await session.scalar(added)
    return None if row is None else _address(row)


async def allowed_addresses(session: AsyncSession, user: UserId) -> list[AllowedAddress]:
    query = (
        sa.select(WithdrawalAddressRow)
        .where(WithdrawalAddressRow.user_id == user, _ALLOWED)
        .order_by(WithdrawalAddressRow.id)
    )
    return [_address(row) for row in await session.scalars(query)]


async def allowed_address(
    session: AsyncSession, user: UserId, address_id: AddressId
) -> AllowedAddress:
    """Raises: NotFound if it is not allowed, or no longer."""
    query = sa.select(WithdrawalAddressRow).where(
        WithdrawalAddressRow.id == address_id, WithdrawalAddressRow.user_id == user, _ALLOWED
    )
    row = await session.scalar(query)
    if row is None:
        raise NotFound("That address is not on your list.")
    return _address(row)


async def remove_address(
    session: AsyncSession, user: UserId, address_id: AddressId, now: datetime
) -> bool:
    """Whether it was on the list. What waits to be paid to it is for the caller to cancel."""
    removed = (
        sa.update(WithdrawalAddressRow)
        .where(
            WithdrawalAddressRow.id == address_id, WithdrawalAddressRow.user_id == user, _ALLOWED
        )
        .values(removed_at=now)
        .returning(WithdrawalAddressRow.id)
    )
    return (await session.scalar(removed)) is not None


async def counted(session: AsyncSession, user: UserId, since: datetime) -> Usdc:
    """What was asked for since then and has left, may have left, or will."""
    query = sa.select(sa.func.sum(WithdrawalRow.amount)).where(
        WithdrawalRow.user_id == user,
        WithdrawalRow.requested_at > since,
        WithdrawalRow.state.in_(COUNTED),
    )
    return Usdc(await session.scalar(query) or ZERO)


async def add_withdrawal(
    session: AsyncSession, to: AllowedAddress, amount: Usdc, now: datetime, delay: timedelta
) -> Withdrawal:
    row = WithdrawalRow(
        user_id=to.user,
        address_id=to.id,
        address=to.address,
        amount=amount,
        state=WithdrawalState.WAITING,
        requested_at=now,
        due_at=now + delay,
        transaction="",
        reason="",
    )
    session.add(row)
    await session.flush()
    return _withdrawal(row)


async def withdrawals(session: AsyncSession, user: UserId, limit: int = 20) -> Sequence[Withdrawal]:
    """Newest first."""
    query = (
        sa.select(WithdrawalRow)
        .where(WithdrawalRow.user_id == user)
        .order_by(WithdrawalRow.id.desc())
        .limit(limit)
    )
    return [_withdrawal(row) for row in await session.scalars(query)]


async def locked_withdrawal(session: AsyncSession, withdrawal_id: WithdrawalId) -> Withdrawal:
    """It stays as it is until the end of the transaction. Raises: NotFound."""
    return _withdrawal(await _locked(session, withdrawal_id))


async def withdrawals_in(
    session: AsyncSession, states: Collection[WithdrawalState], due_by: datetime | None = None
) -> list[Withdrawal]:
    """Everybody's in these states that were due by then, oldest first; None: whenever due."""
    query = (
        sa.select(WithdrawalRow).where(WithdrawalRow.state.in_(states)).order_by(WithdrawalRow.id)
    )
    if due_by is not None:
        query = query.where(WithdrawalRow.due_at <= due_by)
    return [_withdrawal(row) for row in await session.scalars(query)]


async def move_withdrawal(
    session: AsyncSession,
    withdrawal_id: WithdrawalId,
    new: WithdrawalState,
    *,
    transaction: str = "",
    reason: str = "",
) -> Withdrawal:
    """Raises: NotFound, IllegalTransition."""
    row = await _locked(session, withdrawal_id)
    row.state = advance_withdrawal(row.state, new)
    row.transaction = transaction or row.transaction
    row.reason = reason
    await session.flush()
    return _withdrawal(row)


async def _locked(session: AsyncSession, withdrawal_id: WithdrawalId) -> WithdrawalRow:
    query = sa.select(WithdrawalRow).where(WithdrawalRow.id == withdrawal_id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such withdrawal.")
    return row


def _address(row: WithdrawalAddressRow) -> AllowedAddress:
    return AllowedAddress(
        AddressId(row.id), UserId(row.user_id), row.address, row.label, row.usable_at
    )


def _withdrawal(row: WithdrawalRow) -> Withdrawal:
    return Withdrawal(
        id=WithdrawalId(row.id),
        user=UserId(row.user_id),
        address_id=AddressId(row.address_id),
        address=row.address,
        amount=Usdc(row.amount),
        state=row.state,
        requested_at=row.requested_at,
        due_at=row.due_at,
        transaction=row.transaction,
        reason=row.reason,
    )
