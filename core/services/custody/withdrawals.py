"""Taking money out: allow-listed addresses, a code, a delay, a cap, and a cancel button."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import NewsKind, WalletState
from core.domain.errors import NotFound, Rejected
from core.domain.sentences import mark
from core.domain.units import Usdc, UserId
from core.domain.withdrawal import (
    ADDRESS_COOLING,
    CAP_WINDOW,
    WITHDRAWAL_DELAY,
    AddressId,
    AllowedAddress,
    Withdrawal,
    WithdrawalId,
    WithdrawalRefused,
    WithdrawalState,
    refuse_withdrawal,
)
from core.services.audit import Audit, named
from core.services.clock import utc_now
from core.services.custody.ports import CustodyNews, Teller
from core.services.custody.second_factor import SecondFactor
from core.services.trading_right import refuse_viewer
from core.storage import custody, custody_factors, custody_withdrawals
from core.storage.models import Sessions
from core.storage.tenancy import as_user

MAX_LABEL: Final = 40  # characters
CANNOT: Final = mark(
    "This bot holds no key that could take money out: a session key only trades. Withdraw in "
    "Polymarket's own app."
)


@dataclass(frozen=True, slots=True)
class WithdrawalRules:
    """`spelt` gives an address in its one spelling, or raises Rejected."""

    daily_cap: Usdc
    spelt: Callable[[str], str]


class Withdrawals:
    """What a person asks for. `WithdrawalSender` is who sends it when it is due."""

    def __init__(
        self,
        sessions: Sessions,
        rules: WithdrawalRules,
        factor: SecondFactor,
        teller: Teller,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._rules = rules
        self._factor = factor
        self._teller = teller
        self._now = now

    async def addresses(self, user: UserId) -> list[AllowedAddress]:
        async with as_user(self._sessions, user) as session:
            return await custody_withdrawals.allowed_addresses(session, user)

    async def recent(self, user: UserId) -> list[Withdrawal]:
        async with as_user(self._sessions, user) as session:
            return list(await custody_withdrawals.withdrawals(session, user))

    async def allow(self, user: UserId, address: str, label: str, code: str) -> AllowedAddress:
        """The address may be paid 24 hours from now.

        Raises: Rejected for what is no address or is allowed already, ViewerOnly, CodeRefused.
        """
        spelt = self._rules.spelt(address)
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
        name = label.strip()[:MAX_LABEL] or spelt
        await self._factor.require(user, code)
        usable_at = self._now() + ADDRESS_COOLING
        async with as_user(self._sessions, user) as session:
            added = await custody_withdrawals.allow_address(session, user, spelt, name, usable_at)
            if added is None:
                raise Rejected("That address is on your list already.")
            facts = {"address": spelt, "label": name, "usable_at": usable_at.isoformat()}
            news = CustodyNews(NewsKind.ADDRESS_ALLOWED, f"address:{added.id}", facts)
            await self._teller.tell(session, user, news)
            await Audit.note(session, named(user), "address allowed", facts, user=user)
        return added

    async def disallow(self, user: UserId, address_id: AddressId) -> bool:
        """At once, and with no code; what waits for the address is cancelled when it is due."""
        async with as_user(self._sessions, user) as session:
            was_there = await custody_withdrawals.remove_address(
                session, user, address_id, self._now()
            )
            if was_there:
                details = {"address": address_id}
                await Audit.note(session, named(user), "address removed", details, user=user)
        return was_there

    async def request(
        self, user: UserId, address_id: AddressId, amount: Usdc, code: str
    ) -> Withdrawal:
        """A withdrawal that leaves in two hours unless somebody cancels it.

        Raises: WithdrawalRefused, ViewerOnly, NotFound, CodeRefused.
        """
        await self._refuse_early(user, address_id, amount)
        await self._factor.require(user, code)
        now = self._now()
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            await custody_factors.lock(session, user)  # two at once cannot share the same cap
            to = await custody_withdrawals.allowed_address(session, user, address_id)
            used = await custody_withdrawals.counted(session, user, now - CAP_WINDOW)
            refuse_withdrawal(amount, used, self._rules.daily_cap, to, now)
            made = await custody_withdrawals.add_withdrawal(
                session, to, amount, now, WITHDRAWAL_DELAY
            )
            await self._teller.tell(session, user, news_of(made, NewsKind.WITHDRAWAL_REQUESTED))
            await note_withdrawal(session, named(user), made)
        return made

    async def cancel(self, user: UserId, withdrawal_id: WithdrawalId) -> Withdrawal:
        """Raises: NotFound, WithdrawalRefused once it is on its way."""
        async with as_user(self._sessions, user) as session:
            found = await custody_withdrawals.locked_withdrawal(session, withdrawal_id)
            if found.user != user:
                raise NotFound("There is no such withdrawal.")
            if found.state is WithdrawalState.CANCELLED:
                return found
            if found.state is not WithdrawalState.WAITING:
                raise WithdrawalRefused("It is on its way already and cannot be stopped.")
            moved = await custody_withdrawals.move_withdrawal(
                session,
                withdrawal_id,
                WithdrawalState.CANCELLED,
                reason=mark("cancelled by its owner"),
            )
            await note_withdrawal(session, named(user), moved)
        return moved

    async def _refuse_early(self, user: UserId, address_id: AddressId, amount: Usdc) -> None:
        """What can be refused without spending a code."""
        now = self._now()
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            wallet = await custody.wallet(session, user, WalletState.READY)
            if wallet is None or not wallet.tier.can_withdraw:
                raise WithdrawalRefused(CANNOT)
            to = await custody_withdrawals.allowed_address(session, user, address_id)
            used = await custody_withdrawals.counted(session, user, now - CAP_WINDOW)
        refuse_withdrawal(amount, used, self._rules.daily_cap, to, now)


async def note_withdrawal(session: AsyncSession, actor: str, withdrawal: Withdrawal) -> None:
    """What has become of it, in the audit."""
    state = withdrawal.state
    what = "requested" if state is WithdrawalState.WAITING else state.value
    details = {
        "withdrawal": withdrawal.id,
        "address": withdrawal.address,
        "amount": f"{withdrawal.amount:f}",
        "transaction": withdrawal.transaction,
        "reason": withdrawal.reason,
    }
    await Audit.note(session, actor, f"withdrawal {what}", details, user=withdrawal.user)


def news_of(withdrawal: Withdrawal, kind: NewsKind) -> CustodyNews:
    facts = {
        "withdrawal": str(withdrawal.id),
        "address": withdrawal.address,
        "amount": f"{withdrawal.amount:f}",
        "due_at": withdrawal.due_at.isoformat(),
        "transaction": withdrawal.transaction,
        "reason": withdrawal.reason,
    }
    return CustodyNews(kind, f"{kind}:{withdrawal.id}", facts)
