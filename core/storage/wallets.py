"""Cash: one wallet per user and account. Its row is the first lock of every booking."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.units import Usdc, UserId
from core.storage.models import WalletRow


async def open_wallet(
    session: AsyncSession, user_id: UserId, account: Account, starting_cash: Usdc
) -> None:
    """A wallet holding `starting_cash`, unless there is one already."""
    new = insert(WalletRow).values(
        user_id=user_id, account=account, cash=starting_cash, starting_cash=starting_cash
    )
    await session.execute(new.on_conflict_do_nothing())


async def cash(session: AsyncSession, user_id: UserId, account: Account) -> Usdc | None:
    """None without a wallet."""
    held = await session.scalar(sa.select(WalletRow.cash).where(*_of(user_id, account)))
    return None if held is None else Usdc(held)


async def lock(session: AsyncSession, user_id: UserId, account: Account) -> bool:
    """Keep other bookings of this wallet out until the end of the transaction.

    False without a wallet.
    """
    query = sa.select(WalletRow.id).where(*_of(user_id, account)).with_for_update()
    return (await session.scalar(query)) is not None


async def add_cash(
    session: AsyncSession, user_id: UserId, account: Account, change: Usdc
) -> Usdc | None:
    """The cash after `change`; None, and nothing changed, if it would fall below zero."""
    changed = (
        sa.update(WalletRow)
        .where(*_of(user_id, account), WalletRow.cash + change >= 0)
        .values(cash=WalletRow.cash + change, updated_at=sa.func.now())
        .returning(WalletRow.cash)
    )
    held = await session.scalar(changed)
    return None if held is None else Usdc(held)


async def move_cash(session: AsyncSession, user_id: UserId, account: Account, change: Usdc) -> None:
    """What the venue told of has happened, also where our cash did not know of it yet."""
    await session.execute(
        sa.update(WalletRow)
        .where(*_of(user_id, account))
        .values(cash=WalletRow.cash + change, updated_at=sa.func.now())
    )


def _of(user_id: UserId, account: Account) -> tuple[sa.ColumnElement[bool], ...]:
    return (WalletRow.user_id == user_id, WalletRow.account == account)
