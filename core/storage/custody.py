"""Live wallets, and which account a user has chosen."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.custody import (
    Choices,
    LiveWallet,
    SessionGrant,
    Tier,
    WalletId,
    WalletState,
    moved,
)
from core.domain.errors import NotFound
from core.domain.ledger import Settlement
from core.domain.units import Usdc, UserId
from core.domain.user import Role
from core.storage.custody_models import AccountChoiceRow, LiveWalletRow
from core.storage.models import FOLLOWED, FillRow, OrderRow, UserRow

_CURRENT = LiveWalletRow.state != WalletState.REVOKED
_CURRENT_INDEX = sa.text("state <> 'revoked'")  # literal: a parameter would match no index


@dataclass(frozen=True, slots=True)
class NewWallet:
    """A key that was just made or brought."""

    user: UserId
    tier: Tier
    key_address: str
    signature_type: int
    funder: str = ""


async def add_wallet(session: AsyncSession, new: NewWallet, now: datetime) -> LiveWallet | None:
    """The waiting wallet; None, and nothing is written, if the user has one that waits."""
    values = {
        "user_id": new.user,
        "tier": new.tier,
        "state": WalletState.WAITING,
        "key_address": new.key_address,
        "funder": new.funder,
        "signature_type": new.signature_type,
        "created_at": now,
        "updated_at": now,
    }
    added = (
        insert(LiveWalletRow)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=[LiveWalletRow.user_id, LiveWalletRow.state],
            index_where=_CURRENT_INDEX,
        )
        .returning(LiveWalletRow)
    )
    row = await session.scalar(added)
    return None if row is None else _wallet(row)


async def wallet(session: AsyncSession, user: UserId, state: WalletState) -> LiveWallet | None:
    """The one in this state; not for revoked ones, of which there may be many."""
    query = sa.select(LiveWalletRow).where(
        LiveWalletRow.user_id == user, LiveWalletRow.state == state
    )
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _wallet(row)


async def current_wallets(session: AsyncSession, user: UserId) -> list[LiveWallet]:
    """Those that are not revoked, oldest first."""
    query = (
        sa.select(LiveWalletRow)
        .where(LiveWalletRow.user_id == user, _CURRENT)
        .order_by(LiveWalletRow.id)
    )
    return [_wallet(row) for row in await session.scalars(query)]


async def ready_wallets(session: AsyncSession) -> list[LiveWallet]:
    """Everybody's, by user."""
    query = (
        sa.select(LiveWalletRow)
        .where(LiveWalletRow.state == WalletState.READY)
        .order_by(LiveWalletRow.user_id)
    )
    return [_wallet(row) for row in await session.scalars(query)]


async def name_funder(session: AsyncSession, wallet_id: WalletId, funder: str) -> LiveWallet:
    """Raises: NotFound."""
    row = await _locked(session, wallet_id)
    row.funder = funder
    await session.flush()
    return _wallet(row)


async def make_ready(
    session: AsyncSession, wallet_id: WalletId, grant: SessionGrant | None, now: datetime
) -> LiveWallet:
    """Ready to sign; with a `grant`, for the wallet and until the time that it names.

    Raises: NotFound, IllegalTransition.
    """
    row = await _locked(session, wallet_id)
    row.state = moved(row.state, WalletState.READY)
    if grant is not None:
        row.funder, row.authorised_until = grant.wallet, grant.valid_until
        row.authorised_at = row.authorised_at or now
    row.updated_at = now
    await session.flush()
    return _wallet(row)


async def revoke(session: AsyncSession, wallet_id: WalletId, now: datetime) -> None:
    """Raises: NotFound."""
    row = await _locked(session, wallet_id)
    row.state = moved(row.state, WalletState.REVOKED)
    row.updated_at = now
    await session.flush()


async def mark_warned(session: AsyncSession, wallet_id: WalletId, now: datetime) -> bool:
    """Whether this was the first time."""
    marked = (
        sa.update(LiveWalletRow)
        .where(LiveWalletRow.id == wallet_id, LiveWalletRow.warned_at.is_(None))
        .values(warned_at=now)
        .returning(LiveWalletRow.id)
    )
    return (await session.scalar(marked)) is not None


async def note_end(session: AsyncSession, wallet_id: WalletId, until: datetime) -> None:
    """The owner has authorised the session key anew, until another time."""
    changed = (
        sa.update(LiveWalletRow)
        .where(LiveWalletRow.id == wallet_id)
        .values(authorised_until=until, warned_at=None, updated_at=sa.func.now())
    )
    await session.execute(changed)


async def has_business(session: AsyncSession, user: UserId) -> bool:
    """Whether news of live orders may still come, or a live fill is not final yet."""
    ordered = sa.exists().where(
        OrderRow.account == Account.LIVE, OrderRow.user_id == user, sa.text(FOLLOWED)
    )
    unsettled = sa.exists().where(
        FillRow.account == Account.LIVE,
        FillRow.user_id == user,
        FillRow.settlement == Settlement.PROVISIONAL,
    )
    return bool(await session.scalar(sa.select(sa.or_(ordered, unsettled))))


async def everybody(session: AsyncSession) -> list[UserId]:
    return [UserId(user) for user in await session.scalars(sa.select(UserRow.id))]


async def is_owner(session: AsyncSession, user: UserId) -> bool:
    query = sa.select(sa.exists().where(UserRow.id == user, UserRow.role == Role.OWNER))
    return bool(await session.scalar(query))


async def user_by_telegram_id(session: AsyncSession, telegram_id: int) -> UserId | None:
    found = await session.scalar(sa.select(UserRow.id).where(UserRow.telegram_id == telegram_id))
    return None if found is None else UserId(found)


async def choices(session: AsyncSession, user: UserId) -> Choices:
    row = await session.get(AccountChoiceRow, user, populate_existing=True)
    if row is None:
        return Choices()
    limit = None if row.daily_limit is None else Usdc(row.daily_limit)
    return Choices(row.account, row.risk_read_at, limit)


async def chosen(session: AsyncSession, user: UserId) -> tuple[Account, LiveWallet | None]:
    """The account that the user has chosen, and the wallet that is ready."""
    is_ready = sa.and_(
        LiveWalletRow.user_id == AccountChoiceRow.user_id, LiveWalletRow.state == WalletState.READY
    )
    query = (
        sa.select(AccountChoiceRow.account, LiveWalletRow)
        .outerjoin(LiveWalletRow, is_ready)
        .where(AccountChoiceRow.user_id == user)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return Choices().account, None
    return found[0], None if found[1] is None else _wallet(found[1])


async def choose_account(
    session: AsyncSession, user: UserId, account: Account, now: datetime
) -> None:
    await _state(session, user, account=account, updated_at=now)


async def note_risk_read(
    session: AsyncSession, user: UserId, daily_limit: Usdc, now: datetime
) -> None:
    await _state(session, user, risk_read_at=now, daily_limit=daily_limit, updated_at=now)


async def _state(session: AsyncSession, user: UserId, **values: object) -> None:
    new = insert(AccountChoiceRow).values(user_id=user, **values)
    await session.execute(
        new.on_conflict_do_update(index_elements=[AccountChoiceRow.user_id], set_=values)
    )


async def _locked(session: AsyncSession, wallet_id: WalletId) -> LiveWalletRow:
    query = sa.select(LiveWalletRow).where(LiveWalletRow.id == wallet_id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such wallet.")
    return row


def _wallet(row: LiveWalletRow) -> LiveWallet:
    return LiveWallet(
        id=WalletId(row.id),
        user=UserId(row.user_id),
        tier=row.tier,
        state=row.state,
        key_address=row.key_address,
        funder=row.funder,
        signature_type=row.signature_type,
        created_at=row.created_at,
        authorised_at=row.authorised_at,
        authorised_until=row.authorised_until,
        warned_at=row.warned_at,
    )
