"""Results that the venue owes: booked when they are paid, and claimed by itself where asked."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.custody import Tier
from core.domain.drift import CashMove, CashMoveKind
from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.units import ZERO, MarketId, UserId, usdc
from core.domain.wallet_action import ActionKind, WalletAction
from core.domain.wallet_money import Claimable
from core.domain.withdrawal import WithdrawalId
from core.services.clock import utc_now
from core.storage import custody, custody_withdrawals, risk_switches, wallets
from core.storage import reconciliation as compared
from core.storage import redeeming as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

logger = logging.getLogger(__name__)

EVERY: Final = 300.0  # seconds
PAUSE: Final = timedelta(hours=1)  # after a market could not be claimed


async def book_confirmed(session: AsyncSession, action: WalletAction) -> None:
    """What a confirmed action of a wallet does to its cash, in the transaction that notes it."""
    match action.kind:
        case ActionKind.REDEEM:
            await _book_redeemed(session, action)
        case ActionKind.WITHDRAW:
            await _book_withdrawn(session, action)
        case ActionKind.CREATE | ActionKind.APPROVE | ActionKind.WRAP:
            pass  # how much was wrapped, the next comparison with the venue sees as a deposit


class Claims(Protocol):
    """What a user has to claim at the venue, and claiming it."""

    async def claimable(self, user: UserId) -> tuple[Claimable, ...]: ...

    async def redeem(self, user: UserId, market: MarketId) -> None: ...


class AutoRedeem:
    """Claims what has been won, for those whose key that is here may. Losing shares stay."""

    def __init__(
        self,
        sessions: Sessions,
        claims: Claims,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._claims = claims
        self._every = every
        self._now = now
        self._paused: dict[tuple[UserId, MarketId], datetime] = {}

    async def run(self) -> None:
        while True:
            await self.claim_all()
            await asyncio.sleep(self._every)

    async def claim_all(self) -> int:
        """How many markets were claimed, of everybody's; none while trading is halted."""
        async with as_worker(self._sessions) as session:
            if await risk_switches.halted_at(session) is not None:
                return 0
            ready = await custody.ready_wallets(session)
        able = [wallet.user for wallet in ready if wallet.tier is Tier.DEPOSIT]
        return sum([await self._claim_of(user) for user in able])

    async def _claim_of(self, user: UserId) -> int:
        try:
            found = await self._claims.claimable(user)
        except (Rejected, Unavailable) as error:
            logger.info("what user %s could claim is not known: %s", user, error)
            return 0
        won = dict.fromkeys(each.market_id for each in found if each.value)
        return sum([await self._claimed(user, market) for market in won])

    async def _claimed(self, user: UserId, market: MarketId) -> bool:
        now = self._now()
        if self._paused.get((user, market), now) > now:
            return False
        try:
            await self._claims.redeem(user, market)
        except (Rejected, Unavailable, OutcomeUnknown) as error:
            self._paused[user, market] = now + PAUSE
            logger.warning("market %s of user %s is not claimed: %s", market, user, error)
            return False
        self._paused.pop((user, market), None)
        logger.info("Result claimed", extra={"user_id": user, "market_id": market})
        return True


async def _book_withdrawn(session: AsyncSession, action: WalletAction) -> None:
    withdrawal = WithdrawalId(int(action.subject))
    await wallets.lock(session, action.user, Account.LIVE)
    amount = (await custody_withdrawals.locked_withdrawal(session, withdrawal)).amount
    left = CashMove(CashMoveKind.WITHDRAWAL, usdc(-amount))
    if await compared.add_move(session, action.user, left, f"withdrawn:{action.id}"):
        await wallets.move_cash(session, action.user, Account.LIVE, left.amount)


async def _book_redeemed(session: AsyncSession, action: WalletAction) -> None:
    """What waited at the venue is cash now; never more than the ledger says is waiting, since a
    comparison with the venue may have booked it already.
    """
    await wallets.lock(session, action.user, Account.LIVE)
    market = MarketId(action.subject)
    waits = -(await compared.moved(session, action.user))[CashMoveKind.REDEEM]
    owed = await stored.owed(session, action.user, market)
    paid = CashMove(CashMoveKind.REDEEM, usdc(max(min(waits, owed), ZERO)))
    key = f"{stored.redeemed_key(market)}{action.id}"
    if paid.amount and await compared.add_move(session, action.user, paid, key):
        await wallets.move_cash(session, action.user, Account.LIVE, paid.amount)
