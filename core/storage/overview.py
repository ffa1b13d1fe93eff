"""How trading stands over all users together: numbers for whoever runs the program, no names."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.custody import LiveWallet, WalletState
from core.domain.drift import OF_LEDGER
from core.domain.order import OrderStatus
from core.domain.overview import SETTLING, KeyFigures, OrderFigures, SwitchFigures
from core.domain.risk import Stop
from core.domain.withdrawal import WithdrawalState
from core.storage import custody
from core.storage.custody_models import LiveWalletRow, WithdrawalRow
from core.storage.intake_models import UpdateRow
from core.storage.reconciliation_models import AccountCheckRow, DriftRow
from core.storage.risk_models import ReservationRow, RiskAccountRow, RiskTotalRow

_LIVE = Account.LIVE


async def orders(session: AsyncSession) -> OrderFigures:
    """Of real money, as far as anything of them may still work."""
    query = (
        sa.select(ReservationRow.status, sa.func.count())
        .where(ReservationRow.is_open, ReservationRow.account == _LIVE)
        .group_by(ReservationRow.status)
    )
    counts = {status: int(count) for status, count in await session.execute(query)}
    unclear = counts.pop(OrderStatus.UNKNOWN, 0)
    waiting = sum(count for status, count in counts.items() if status in SETTLING)
    return OrderFigures(unclear, waiting, sum(counts.values()) - waiting)


async def switches(session: AsyncSession) -> SwitchFigures:
    total = await session.execute(
        sa.select(RiskTotalRow.halted_at, RiskTotalRow.trip).where(RiskTotalRow.account == _LIVE)
    )
    halted_at, trip = total.one_or_none() or (None, None)
    own = await session.execute(
        sa.select(
            sa.func.count().filter(RiskAccountRow.trip.is_not(None)),
            sa.func.count().filter(RiskAccountRow.stop != Stop.NOTHING),
        ).where(RiskAccountRow.account == _LIVE)
    )
    tripped, stopped = own.one()
    return SwitchFigures(halted_at is not None, trip, tripped, stopped)


async def keys(session: AsyncSession, now: datetime) -> KeyFigures:
    """Of wallets that are ready."""
    wallets = await custody.ready_wallets(session)
    ended = sum(wallet.is_expired(now) for wallet in wallets)
    return KeyFigures(len(wallets), sum(_is_near(wallet, now) for wallet in wallets) - ended, ended)


async def uncompared(session: AsyncSession) -> int:
    """Live accounts whose last comparison with the venue could not be finished."""
    has_wallet = sa.exists().where(
        LiveWalletRow.user_id == AccountCheckRow.user_id, LiveWalletRow.state == WalletState.READY
    )
    query = sa.select(sa.func.count()).where(
        AccountCheckRow.account == _LIVE, AccountCheckRow.fault != "", has_wallet
    )
    return await session.scalar(query) or 0


async def differing(session: AsyncSession) -> int:
    """Positions, in all accounts, that are not what their fills make."""
    whose = sa.tuple_(DriftRow.account, DriftRow.user_id, DriftRow.subject)
    query = sa.select(sa.func.count(whose.distinct())).where(
        DriftRow.closed_at.is_(None), DriftRow.kind.in_(OF_LEDGER)
    )
    return await session.scalar(query) or 0


async def unclear_withdrawals(session: AsyncSession) -> int:
    query = sa.select(sa.func.count()).where(WithdrawalRow.state == WithdrawalState.UNKNOWN)
    return await session.scalar(query) or 0


async def updates_waiting(session: AsyncSession) -> int:
    """Messages and taps that nobody has answered yet."""
    query = sa.select(sa.func.count()).where(UpdateRow.handled_at.is_(None))
    return await session.scalar(query) or 0


def _is_near(wallet: LiveWallet, now: datetime) -> bool:
    """Whether its end is near, or behind it."""
    return wallet.is_expired(now) or (wallet.warn_at is not None and wallet.warn_at <= now)
