"""Wallet actions: signed, written down, sent once, and followed until their end is proven."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from core.domain.wallet_action import ActionKind, ActionState, NewAction, WalletAction
from core.services.clearance import Clearance
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import wallet_actions as stored
from core.storage.tenancy import as_user
from infrastructure.polymarket.signing.wallet import Address, Wallet
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.wallets.batch import Batch, batch_body, creation_body
from infrastructure.polymarket.wallets.deeds import Deed, calls_of
from infrastructure.polymarket.wallets.derivation import deposit_wallet_of
from infrastructure.polymarket.wallets.following import Following, end_of
from infrastructure.polymarket.wallets.ports import BatchKeys
from infrastructure.polymarket.wallets.relayer_http import BUSY, NonceMoved, RelayerHttp
from infrastructure.polymarket.wallets.signer import refuse_incapable

logger = logging.getLogger(__name__)

LIFE: Final = 600  # seconds that a signature is good for
ATTEMPTS: Final = 10  # for what is proven not to have been taken

ON_ITS_WAY: Final = mark(
    "This is on its way to the chain, which takes longer than usual. It is being followed; do not "
    "repeat it."
)
OTHER_ON_ITS_WAY: Final = mark(
    "Something else of this wallet is still on its way to the chain. Nothing was sent; try again "
    "in a minute."
)
STILL_ON_ITS_WAY: Final = mark(
    "Something else of this wallet is still on its way to the chain. Nothing was sent; try again "
    "later. What became of it is certain by {time} UTC at the latest."
)

Check = Callable[[AsyncSession], Awaitable[None]]
Sign = Callable[[int], Awaitable[NewAction]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: between two looks, and until somebody who waits is told that it takes longer."""

    between: float = 2.0
    waiting: float = 45.0


USUAL_PATIENCE: Final = Patience()


async def nothing_to_check(_session: AsyncSession) -> None:
    """What most actions ask of the transaction that writes them down."""


class WalletActions:
    """Does one thing at a time for each wallet: the chain takes its batches in order."""

    def __init__(
        self,
        clearance: Clearance,
        relayer: RelayerHttp,
        keys: BatchKeys,
        following: Following,
        clock: VenueClock,
        *,
        patience: Patience = USUAL_PATIENCE,
        reached: Reached = unwatched,
    ) -> None:
        self._clearance = clearance
        self._sessions = clearance.sessions
        self._relayer = relayer
        self._keys = keys
        self._following = following
        self._clock = clock
        self._patience = patience
        self._reached = reached

    async def perform(
        self, user: UserId, deed: Deed, check: Check = nothing_to_check
    ) -> WalletAction:
        """The confirmed action. `check` may refuse in the transaction that writes it down.

        Raises: Rejected (nothing was moved, and never will be; while trading is halted too),
        Unavailable (nothing was sent), OutcomeUnknown (it is on its way, or nobody knows).
        """
        wallet = await self._keys.wallet(user)
        refuse_incapable(wallet)
        await self._clear_the_way(user)
        new = await self._signed(user, wallet, deed, await self._relayer.turn(wallet.key))
        action = await self._commit(new, check)
        signed_anew = partial(self._signed, user, wallet, deed)
        return await self._confirmed(await self._send(action, signed_anew))

    async def create(self, user: UserId, owner: Address) -> Address:
        """The deposit wallet of `owner`, which is there now. Raises: as `perform`."""
        made = deposit_wallet_of(owner)
        if await self._relayer.is_deployed(made):
            return made
        await self._clear_the_way(user)
        body, at = creation_body(owner), self._clock()
        action = await self._commit(NewAction(user, ActionKind.CREATE, "", made, owner, body, at))
        await self._confirmed(await self._send(action))
        return made

    async def _clear_the_way(self, user: UserId) -> None:
        """Raises: Unavailable if what was begun before does not end in time."""
        async with as_user(self._sessions, user) as session:
            earlier = await stored.under_way(session, user)
        if earlier is not None and (await self._followed(earlier)).is_open:
            raise Unavailable(worded(STILL_ON_ITS_WAY, time=f"{end_of(earlier):%H:%M}"))

    async def _signed(self, user: UserId, wallet: Wallet, deed: Deed, turn: int) -> NewAction:
        deadline = int(self._clock.unix()) + LIFE
        batch = Batch(wallet.funder, turn, deadline, calls_of(deed, wallet.funder))
        signature = await self._keys.sign_batch(user, deed, batch)
        self._reached(Milestone.ACTION_SIGNED)
        return NewAction(
            user=user,
            kind=deed.kind,
            subject=deed.subject,
            wallet=wallet.funder,
            owner=wallet.key,
            body=batch_body(batch, wallet.key, signature, deed.words),
            at=self._clock(),
            nonce=batch.nonce,
            deadline=batch.ends_at,
        )

    async def _commit(self, new: NewAction, check: Check = nothing_to_check) -> WalletAction:
        async with self._clearance.transaction(new.user) as session:
            await check(session)
            action = await stored.begin(session, new)
        if action is None:
            raise Unavailable(OTHER_ON_ITS_WAY)
        self._reached(Milestone.ACTION_COMMITTED)
        return action

    async def _send(self, action: WalletAction, sign: Sign | None = None) -> WalletAction:
        """Sends it until it is taken, refused, or nobody knows; `sign` is for another turn."""
        with self._following.in_hand(action.id):
            return await self._sent(action, sign)

    async def _sent(self, action: WalletAction, sign: Sign | None) -> WalletAction:
        for _ in range(ATTEMPTS):
            try:
                return await self._submitted(action)
            except NonceMoved as moved:
                if sign is None or moved.on_chain <= moved.submitted:
                    return await self._give_up(action, moved)
                action = await self._signed_anew(action, await sign(moved.on_chain))
            except Unavailable as refusal:
                logger.info("wallet action %s is not taken yet: %s", action.id, refusal)
                await asyncio.sleep(max(self._patience.between, refusal.retry_after))
        return await self._give_up(action, Unavailable(BUSY))

    async def _submitted(self, action: WalletAction) -> WalletAction:
        self._reached(Milestone.BEFORE_SUBMIT)
        try:
            answer = await self._relayer.submit(action.body)
        except Rejected as refusal:
            await self._give_up(action, refusal)
            raise
        self._reached(Milestone.AFTER_SUBMIT)
        async with as_user(self._sessions, action.user) as session:
            moved = await stored.move(
                session, action, ActionState.ACCEPTED, transaction_id=answer.id
            )
        self._reached(Milestone.ACTION_ACCEPTED)
        return moved or await self._following.reread(action)

    async def _signed_anew(self, action: WalletAction, new: NewAction) -> WalletAction:
        """For a batch whose turn was over before the relayer saw it: it can never be executed."""
        try:
            async with self._clearance.transaction(action.user) as session:
                return await stored.sign_anew(session, action, new)
        except Rejected as refusal:
            return await self._give_up(action, refusal)

    async def _give_up(self, action: WalletAction, refusal: Rejected | Unavailable) -> WalletAction:
        """Raises: `refusal`, once it is written down that nothing has left."""
        async with as_user(self._sessions, action.user) as session:
            await stored.move(session, action, ActionState.FAILED, reason=str(refusal))
        raise refusal

    async def _confirmed(self, action: WalletAction) -> WalletAction:
        """Raises: Rejected, OutcomeUnknown."""
        ended = await self._followed(action)
        if ended.state is ActionState.FAILED:
            raise Rejected(
                worded(
                    "The chain did not take this: {reason} Nothing was moved.", reason=ended.reason
                )
            )
        if ended.state is not ActionState.CONFIRMED:
            raise OutcomeUnknown(ON_ITS_WAY)
        return ended

    async def _followed(self, action: WalletAction) -> WalletAction:
        """As it is when it has ended, or when patience has."""
        looks = max(1, int(self._patience.waiting / self._patience.between))
        for _ in range(looks):
            action = await self._following.look(action)
            if not action.is_open:
                return action
            await asyncio.sleep(self._patience.between)
        return action
