"""Sends withdrawals that are due: each at most once, whatever ends the process meanwhile."""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from core.domain.custody import NewsKind, WalletState
from core.domain.errors import NotFound, OutcomeUnknown, Rejected, Unavailable
from core.domain.refusals import Halted
from core.domain.sentences import mark
from core.domain.withdrawal import Withdrawal, WithdrawalState
from core.services.clearance import Clearance
from core.services.clock import utc_now
from core.services.custody.ports import Relayer, Teller
from core.services.custody.withdrawals import news_of, note_withdrawal
from core.services.fence import Fenced
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import custody, custody_withdrawals
from core.storage.tenancy import as_user, as_worker

logger = logging.getLogger(__name__)

EVERY: Final = 30.0  # seconds
US: Final = "the program"  # as the audit names what nobody in particular does
LOST: Final = frozenset({WithdrawalState.SENDING, WithdrawalState.UNKNOWN})

_NEWS: Final = {
    WithdrawalState.SENT: NewsKind.WITHDRAWAL_SENT,
    WithdrawalState.FAILED: NewsKind.WITHDRAWAL_FAILED,
    WithdrawalState.CANCELLED: NewsKind.WITHDRAWAL_FAILED,
    WithdrawalState.UNKNOWN: NewsKind.WITHDRAWAL_UNKNOWN,
}


class WithdrawalSender:
    """While the owner has halted trading, or once another instance is in charge, nothing leaves."""

    def __init__(
        self,
        clearance: Clearance,
        relayer: Relayer,
        teller: Teller,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
        reached: Reached = unwatched,
    ) -> None:
        self._clearance = clearance
        self._sessions = clearance.sessions
        self._relayer = relayer
        self._teller = teller
        self._every = every
        self._now = now
        self._reached = reached

    async def run(self) -> None:
        while True:
            await self.recover()
            await self.send_due()
            await asyncio.sleep(self._every)

    async def recover(self) -> None:
        """Find out what became of those that were on their way when a process ended."""
        for lost in await self._all_in(LOST):
            try:
                transaction = await self._relayer.look_up(lost)
            except Unavailable:
                await self._settle(lost, WithdrawalState.UNKNOWN)
                continue
            if transaction is None:
                await self._settle(lost, WithdrawalState.FAILED, reason=mark("it never left"))
            else:
                await self._settle(lost, WithdrawalState.SENT, transaction=transaction)

    async def send_due(self) -> None:
        for due in await self._all_in({WithdrawalState.WAITING}):
            if await self._claimed(due):
                self._reached(Milestone.WITHDRAWAL_CLAIMED)
                await self._send(due)

    async def _all_in(self, states: Collection[WithdrawalState]) -> list[Withdrawal]:
        async with as_worker(self._sessions) as session:
            return await custody_withdrawals.withdrawals_in(session, states, self._now())

    async def _claimed(self, due: Withdrawal) -> bool:
        try:
            return await self._is_claimed(due)
        except (Halted, Fenced) as refusal:
            logger.info("withdrawal %s waits: %s", due.id, refusal)
            return False

    async def _is_claimed(self, due: Withdrawal) -> bool:
        """Committed as on its way; or cancelled, if its address or its key is gone meanwhile."""
        async with self._clearance.transaction(due.user) as session:
            found = await custody_withdrawals.locked_withdrawal(session, due.id)
            if found.state is not WithdrawalState.WAITING:
                return False
            wallet = await custody.wallet(session, due.user, WalletState.READY)
            reason = (
                "" if wallet is not None and wallet.tier.can_withdraw else mark("the key is gone")
            )
            try:
                await custody_withdrawals.allowed_address(session, due.user, due.address_id)
            except NotFound:
                reason = mark("its address was taken off the list")
            new = WithdrawalState.CANCELLED if reason else WithdrawalState.SENDING
            moved = await custody_withdrawals.move_withdrawal(session, due.id, new, reason=reason)
            if reason:
                await self._teller.tell(session, due.user, news_of(moved, _NEWS[new]))
            await note_withdrawal(session, US, moved)
        return not reason

    async def _send(self, due: Withdrawal) -> None:
        try:
            transaction = await self._relayer.withdraw(due)
        except (Rejected, Unavailable) as refusal:
            await self._settle(due, WithdrawalState.FAILED, reason=str(refusal))
        except OutcomeUnknown as error:
            logger.warning("withdrawal %s may or may not have left: %s", due.id, error)
            await self._settle(due, WithdrawalState.UNKNOWN)
        else:
            await self._settle(due, WithdrawalState.SENT, transaction=transaction)

    async def _settle(
        self, due: Withdrawal, new: WithdrawalState, *, transaction: str = "", reason: str = ""
    ) -> None:
        async with as_user(self._sessions, due.user) as session:
            found = await custody_withdrawals.locked_withdrawal(session, due.id)
            if found.state is new:
                return
            moved = await custody_withdrawals.move_withdrawal(
                session, due.id, new, transaction=transaction, reason=reason
            )
            await self._teller.tell(session, due.user, news_of(moved, _NEWS[new]))
            await note_withdrawal(session, US, moved)
        self._reached(Milestone.WITHDRAWAL_SETTLED)
