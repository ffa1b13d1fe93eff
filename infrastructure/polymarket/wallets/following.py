"""What became of a wallet action: asked of the relayer, and where that is lost, proven."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import Rejected, Unavailable
from core.domain.wallet_action import ActionKind, ActionState, WalletAction
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import wallet_actions as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from infrastructure.polymarket.wallets.relayer_wire import RelayerState

logger = logging.getLogger(__name__)

EVERY: Final = 15.0  # seconds between two rounds over everybody's
MARGIN: Final = timedelta(minutes=2)  # what clocks and blocks may be apart
CREATION: Final = timedelta(minutes=15)  # after that a wallet that is not there was never asked for
NEVER_LEFT: Final = "it never reached the chain, and its time is over."


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
        sessions: Sessions,
        relayer: RelayerHttp,
        witness: Witness,
        clock: VenueClock,
        *,
        booked: Booked = nothing_to_book,
        every: float = EVERY,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._relayer = relayer
        self._witness = witness
        self._clock = clock
        self._booked = booked
        self._every = every
        self._reached = reached

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
                action = await self._asked(action)
                if not (action.is_open and self._is_over(action)):
                    return action
            if action.kind is ActionKind.CREATE:
                return await self._look_for_wallet(action)
            return await self._prove(action)
        except (Unavailable, Rejected) as error:  # rejected: the relayer's key was taken away
            logger.info("wallet action %s cannot be followed now: %s", action.id, error)
            return action

    async def reread(self, action: WalletAction) -> WalletAction:
        async with as_user(self._sessions, action.user) as session:
            return await stored.by_id(session, action.id)

    async def _asked(self, action: WalletAction) -> WalletAction:
        """As the relayer says; one that has lost it says nothing."""
        try:
            found = await self._relayer.transaction(action.transaction_id)
        except Unavailable:
            if self._is_over(action):
                return action
            raise
        if found.state is RelayerState.CONFIRMED:
            return await self._settle(action, ActionState.CONFIRMED, transaction=found.hash or "")
        if found.state.has_failed:
            reason = found.error or "the relayer gave no reason."
            return await self._settle(action, ActionState.FAILED, reason=reason)
        return action

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
        is_over = self._is_over(action)
        if await self._relayer.turn(Address(action.owner)) <= action.nonce:
            return await self._expire(action) if is_over else action
        async with as_user(self._sessions, action.user) as session:
            is_another = await stored.turn_taken_by_another(session, action)
        seen = Evidence(Proof.NO) if is_another else await self._witness.saw(action)
        return await self._judged(action, seen, is_over=is_over)

    def _is_over(self, action: WalletAction) -> bool:
        """Whether it can no longer happen, if it has not."""
        end = action.created_at + CREATION if action.deadline is None else action.deadline + MARGIN
        return self._clock() > end

    async def _expire(self, action: WalletAction) -> WalletAction:
        return await self._settle(action, ActionState.FAILED, reason=NEVER_LEFT)

    async def _judged(self, action: WalletAction, seen: Evidence, *, is_over: bool) -> WalletAction:
        match seen.proof:
            case Proof.YES:
                new, reason = ActionState.CONFIRMED, ""
            case Proof.NO:
                new, reason = ActionState.FAILED, "something else of the wallet came first."
            case Proof.NONE if is_over and action.state is not ActionState.UNCLEAR:
                new, reason = ActionState.UNCLEAR, "nobody can tell what became of it."
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


def since(action: WalletAction) -> datetime:
    """From when on its effects may be seen."""
    return action.created_at - MARGIN
