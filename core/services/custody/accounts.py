"""Play money or real money: what a user has chosen, and whether it may be so now."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.domain.account import Account
from core.domain.account_views import AccountState
from core.domain.custody import (
    Choices,
    KeyNotUsable,
    LiveWallet,
    TradesPlayMoneyOnly,
    VenueRefuses,
    WalletState,
)
from core.domain.errors import Rejected
from core.domain.sentences import mark, worded
from core.domain.units import ZERO, Usdc, UserId
from core.services.audit import Audit, named
from core.services.clock import utc_now
from core.services.custody.ports import DailyLimits, VenueDoors
from core.services.custody.wallets import DRY_RUN
from core.services.trading_right import refuse_viewer
from core.storage import custody, risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user

NO_WALLET: Final = mark("No live wallet is ready. Set one up under Wallet first.")
RISK_UNREAD: Final = mark(
    "Read the page about risks first, and type how much you may trade for in a day."
)


class Accounts:
    """Live = not DRY_RUN_MODE, and the user chose live, and the wallet is ready."""

    def __init__(
        self,
        sessions: Sessions,
        doors: VenueDoors,
        *,
        is_dry_run: bool,
        limits: DailyLimits | None = None,
        went_live: Callable[[UserId], None] = lambda _: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`went_live` is told of everybody who has changed over to real money."""
        self._sessions = sessions
        self._doors = doors
        self._is_dry_run = is_dry_run
        self._limits = limits
        self._went_live = went_live
        self._now = now

    async def usable_account(self, user: UserId) -> Account:
        """Where an order of this user goes now."""
        return (await self.state(user)).account

    async def state(self, user: UserId) -> AccountState:
        if self._is_dry_run:
            return AccountState(Account.PAPER, Account.PAPER)
        async with as_user(self._sessions, user) as session:
            chosen, wallet = await custody.chosen(session, user)
        if chosen is not Account.LIVE:
            return AccountState(chosen, chosen)
        hindrance = why_not(wallet, self._now())
        return AccountState(Account.PAPER if hindrance else Account.LIVE, chosen, hindrance)

    async def choices(self, user: UserId) -> Choices:
        async with as_user(self._sessions, user) as session:
            return await custody.choices(session, user)

    async def read_risk(self, user: UserId, daily_limit: Usdc) -> None:
        """The user has read what could go wrong, and typed this limit.

        Raises: Rejected for a limit that is none; whatever raising a limit again needs is asked by
        the keeper of limits.
        """
        if daily_limit <= ZERO:
            raise Rejected("Type a daily limit above zero, in USDC.")
        if self._limits is not None:
            await self._limits.state(user, daily_limit)
        async with as_user(self._sessions, user) as session:
            await custody.note_risk_read(session, user, daily_limit, self._now())
            details = {"daily_limit": f"{daily_limit:f}"}
            await Audit.note(session, named(user), "risks read", details, user=user)

    async def choose_paper(self, user: UserId) -> None:
        async with as_user(self._sessions, user) as session:
            await custody.choose_account(session, user, Account.PAPER, self._now())
            await Audit.note(session, named(user), "paper chosen", {}, user=user)

    async def choose_live(self, user: UserId) -> None:
        """Whom the venue refuses may come to end what they have there, and buys nothing.

        Raises: TradesPlayMoneyOnly, ViewerOnly, KeyNotUsable, Rejected, VenueRefuses, Unavailable.
        """
        if self._is_dry_run:
            raise TradesPlayMoneyOnly(DRY_RUN)
        await self._refuse_unprepared(user)
        refusal = await self._doors.refusal(user)
        async with as_user(self._sessions, user) as session:
            if refusal and not await risk_switches.has_business(session, user):
                raise VenueRefuses(refusal)
            await risk_switches.set_refusal(session, user, refusal, self._now())
            await custody.choose_account(session, user, Account.LIVE, self._now())
            await Audit.note(session, named(user), "live chosen", {}, user=user)
        self._went_live(user)

    async def _refuse_unprepared(self, user: UserId) -> None:
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            wallet = await custody.wallet(session, user, WalletState.READY)
            choices = await custody.choices(session, user)
        hindrance = why_not(wallet, self._now())
        if hindrance:
            raise KeyNotUsable(hindrance)
        if not choices.is_informed:
            raise Rejected(RISK_UNREAD)


def why_not(wallet: LiveWallet | None, now: datetime) -> str:
    """Why nothing can be signed with `wallet` now; empty if it can."""
    if wallet is None:
        return NO_WALLET
    if wallet.is_expired(now):
        return worded(
            "Your session key ended on {end} UTC. "
            "Set up a new one under Wallet; your positions and open orders stay where they are.",
            end=f"{wallet.authorised_until:%Y-%m-%d %H:%M}",
        )
    return ""
