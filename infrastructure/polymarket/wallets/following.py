"""What became of a wallet action: asked of the relayer, and where that is lost, proven."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import WalletState
from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark
from core.domain.wallet_action import ActionId, ActionKind, ActionState, WalletAction
from core.services.clearance import Clearance
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import custody
from core.storage import wallet_actions as stored
from core.storage.tenancy import as_user, as_worker
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from infrastructure.polymarket.wallets.relayer_wire import RelayerState

logger = logging.getLogger(__name__)

EVERY: Final = 15.0  # seconds between two rounds over everybody's
MARGIN: Final = timedelta(minutes=2)  # what clocks and blocks may be apart
CREATION: Final = timedelta(minutes=15)  # after that a wallet that is not there was never asked for
UNSENT: Final = timedelta(seconds=10)  # a signature that nobody holds any more is sent after that
LEFT_TO_SEND: Final = timedelta(minutes=1)  # that its deadline must be away for it
SENT_AGAIN: Final = "sent again"  # of an open action: the relayer may know it by two numbers
NEVER_LEFT: Final = mark("it never reached the chain, and its time is over.")


class Proof(StrEnum):
    """Whether an action has happened, by what it would have changed."""

    YES = "yes"
    NO = "no"
    NONE = "none"  # neither can be told


@dataclass(frozen=True, slots=True)
class Evidence:
    """`transaction`: its hash, where that is known."""

    proof: Proof
    transaction: str = ""


class Witness(Protocol):
    async def saw(self, action: WalletAction) -> Evidence:
        """Of an action whose turn on the chain is over. Raises: Unavailable."""
        ...


Booked = Callable[[AsyncSession, WalletAction], Awaitable[None]]


async def nothing_to_book(_session: AsyncSession, _action: WalletAction) -> None:
    """What most confirmed actions change in the ledger."""


class Following:
    """Looks after what is on its way. Done twice, or by two at once, nothing changes more.

    `booked` is called in the transaction that notes a confirmation: once for each action.
    """

    def __init__(
        self,
        clearance: Clearance,
        relayer: RelayerHttp,
        witness: Witness,
        clock: VenueClock,
        *,
        booked: Booked = nothing_to_book,
        every: float = EVERY,
        reached: Reached = unwatched,
    ) -> None:
        self._clearance = clearance
        self._sessions = clearance.sessions
        self._relayer = relayer
        self._witness = witness
        self._clock = clock
        self._booked = booked
        self._every = every
        self._reached = reached
        self._in_hand: set[ActionId] = set()
        self._again: set[ActionId] = set()

    @contextmanager
    def in_hand(self, action: ActionId) -> Iterator[None]:
        """Whoever began it is sending it: nobody else is to."""
        self._in_hand.add(action)
        try:
            yield
        finally:
            self._in_hand.discard(action)

    async def run(self) -> None:
        while True:
            await self.recover()
            await asyncio.sleep(self._every)

    async def recover(self) -> None:
        """One look at everything that is on its way, whoever began it, in which process ever."""
        async with as_worker(self._sessions) as session:
            found = await stored.all_under_way(session)
        for action in found:
            await self.look(action)

    async def look(self, action: WalletAction) -> WalletAction:
        """As it is now; unchanged while nothing is proven."""
        try:
            if action.state is ActionState.ACCEPTED:
                told = await self._asked(action)
                if told is not None:
                    return told
            if action.kind is ActionKind.CREATE:
                return await self._look_for_wallet(action)
            return await self._prove(action)
        except (Unavailable, Rejected) as error:  # rejected: the relayer's key was taken away
            logger.info("wallet action %s cannot be followed now: %s", action.id, error)
            return action

    async def reread(self, action: WalletAction) -> WalletAction:
        async with as_user(self._sessions, action.user) as session:
            return await stored.by_id(session, action.id)

    async def _asked(self, action: WalletAction) -> WalletAction | None:
        """As the relayer says; None where that proves nothing, and is to be proven otherwise.

        Of what was sent twice it may call the one a failure because it took the other.
        """
        try:
            found = await self._relayer.transaction(action.transaction_id)
        except Unavailable:
            if self._is_over(action):
                return None
            raise
        if found.state is RelayerState.CONFIRMED:
            return await self._settle(action, ActionState.CONFIRMED, transaction=found.hash or "")
        if found.state.has_failed and action.reason == SENT_AGAIN:
            return None
        if found.state.has_failed:
            reason = found.error or mark("the relayer gave no reason.")
            return await self._settle(action, ActionState.FAILED, reason=reason)
        return None if self._is_over(action) else action

    async def _look_for_wallet(self, action: WalletAction) -> WalletAction:
        """Raises: Unavailable."""
        if await self._relayer.is_deployed(Address(action.wallet)):
            return await self._settle(action, ActionState.CONFIRMED)
        if self._is_over(action):
            return await self._settle(action, ActionState.FAILED, reason=NEVER_LEFT)
        return action

    async def _prove(self, action: WalletAction) -> WalletAction:
        """Its signature is good for one turn of the wallet until its deadline, and for no other.

        Raises: Unavailable.
        """
        if action.nonce is None:
            raise AssertionError("a signed action without a turn")
        is_over, turn = self._is_over(action), await self._relayer.turn(Address(action.owner))
        if turn <= action.nonce and is_over:
            return await self._expire(action)
        if turn <= action.nonce:
            is_due = turn == action.nonce and self._is_left_behind(action)
            return await self._sent_again(action) if is_due else action
        async with as_user(self._sessions, action.user) as session:
            is_another = await stored.turn_taken_by_another(session, action)
        seen = Evidence(Proof.NO) if is_another else await self._witness.saw(action)
        return await self._judged(action, seen, is_over=is_over)

    def _is_left_behind(self, action: WalletAction) -> bool:
        """Signed, and given up by whoever was to send it. Once in each run."""
        now, is_free = self._clock(), action.id not in self._in_hand | self._again
        if action.state is not ActionState.COMMITTED or action.deadline is None or not is_free:
            return False
        return now - action.created_at >= UNSENT and action.deadline - now >= LEFT_TO_SEND

    async def _sent_again(self, action: WalletAction) -> WalletAction:
        """The same bytes: the chain takes them in one turn, so at most once.

        A refusal proves nothing of the first time. Raises: Rejected, Unavailable.
        """
        if not await self._is_claimed(action):
            return action
        self._again.add(action.id)
        logger.info("Wallet action is sent after all", extra=_told(action))
        try:
            answer = await self._relayer.submit(action.body)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error
        async with as_user(self._sessions, action.user) as session:
            moved = await stored.move(
                session,
                action,
                ActionState.ACCEPTED,
                transaction_id=answer.id,
                reason=SENT_AGAIN,
            )
        return moved or await self.reread(action)

    async def _is_claimed(self, action: WalletAction) -> bool:
        """Whether it may leave once more: not for a key that was given up, nor if it has ended.

        Raises: Rejected while trading is halted, and in an instance that was overtaken.
        """
        async with self._clearance.transaction(action.user) as session:
            wallet = await custody.wallet(session, action.user, WalletState.READY)
            is_wanted = wallet is not None and wallet.key_address == action.owner
            return is_wanted and await stored.lock_unsent(session, action)

    def _is_over(self, action: WalletAction) -> bool:
        """Whether it can no longer happen, if it has not."""
        return self._clock() > end_of(action)

    async def _expire(self, action: WalletAction) -> WalletAction:
        return await self._settle(action, ActionState.FAILED, reason=NEVER_LEFT)

    async def _judged(self, action: WalletAction, seen: Evidence, *, is_over: bool) -> WalletAction:
        match seen.proof:
            case Proof.YES:
                new, reason = ActionState.CONFIRMED, ""
            case Proof.NO:
                new, reason = ActionState.FAILED, mark("something else of the wallet came first.")
            case Proof.NONE if is_over and action.state is not ActionState.UNCLEAR:
                new, reason = ActionState.UNCLEAR, mark("nobody can tell what became of it.")
            case Proof.NONE:
                return action
        return await self._settle(action, new, transaction=seen.transaction, reason=reason)

    async def _settle(
        self, action: WalletAction, new: ActionState, *, transaction: str = "", reason: str = ""
    ) -> WalletAction:
        async with as_user(self._sessions, action.user) as session:
            moved = await stored.move(session, action, new, transaction=transaction, reason=reason)
            if moved is not None and new is ActionState.CONFIRMED:
                await self._booked(session, moved)
        if moved is None:
            return await self.reread(action)
        self._reached(Milestone.ACTION_SETTLED)
        logger.info("Wallet action ended", extra=_told(moved))
        return moved


def _told(action: WalletAction) -> dict[str, object]:
    return {
        "action_id": action.id,
        "user_id": action.user,
        "kind": action.kind.value,
        "subject": action.subject,
        "state": action.state.value,
        "transaction": action.transaction,
    }


def end_of(action: WalletAction) -> datetime:
    """When it is certain at the latest what has become of it."""
    if action.deadline is None:
        return action.created_at + CREATION
    return action.deadline + MARGIN


def since(action: WalletAction) -> datetime:
    """From when on its effects may be seen."""
    return action.created_at - MARGIN
