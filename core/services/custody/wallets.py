"""Setting up, choosing and giving up live wallets, step by step; a crash leaves no step half done.

A key is sealed before its wallet is written down, and a wallet is revoked before its key is
forgotten. What a crash leaves of keys without a wallet, `tidy` deletes at the next start.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.custody import (
    KeyNotUsable,
    KeyStillNeeded,
    LiveWallet,
    SessionGrant,
    Tier,
    TradesPlayMoneyOnly,
    WalletState,
    refuse_grant,
)
from core.domain.errors import Rejected
from core.domain.sentences import mark
from core.domain.units import UserId
from core.services.audit import Audit, named
from core.services.clock import utc_now
from core.services.custody.ports import ApiAccess, KeyVault, SessionRegistry
from core.services.milestones import Milestone, Reached, unwatched
from core.services.trading_right import refuse_viewer
from core.storage import custody, risk
from core.storage.custody import NewWallet
from core.storage.models import Sessions
from core.storage.tenancy import as_user

logger = logging.getLogger(__name__)

DEPOSIT_SIGNATURE: Final = 3  # as the venue numbers signature types
EOA_SIGNATURE: Final = 0
SETTLED: Final = timedelta(hours=1)  # by then a key has its wallet, or never will
NOTHING_WAITS: Final = mark("No wallet is being set up. Begin with Set up under Wallet.")
ANOTHER_WAITS: Final = mark("Another wallet is being set up. Finish it or give it up first.")
STILL_NEEDED: Final = mark(
    "Orders of the key in use still work, or are being settled, and the new key could not see "
    "them. The key in use stays for now. Check again in a minute; if Polymarket takes the old key "
    "no more, give both keys up and begin anew."
)
DRY_RUN: Final = mark(
    "DRY_RUN_MODE is on, so this Polycool trades play money only and makes no keys. Whoever runs "
    "it can set DRY_RUN_MODE=false."
)


Clear: TypeAlias = Callable[[], Awaitable[object]]
"""Takes the user's orders off the book, with the key that placed them."""


async def nothing_to_clear() -> None:
    """Nobody here has orders to take off the book."""


@dataclass(frozen=True, slots=True)
class VenueKeys:
    """What the set-up of a wallet needs besides the database."""

    vault: KeyVault
    access: ApiAccess
    registry: SessionRegistry


class Wallets:
    """`changed` is told of every user whose wallets are no longer what they were.

    What becomes of a wallet is noted in the audit, with it.
    """

    def __init__(
        self,
        sessions: Sessions,
        keys: VenueKeys,
        *,
        is_dry_run: bool,
        now: Callable[[], datetime] = utc_now,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._is_dry_run = is_dry_run
        self._changed = list[Callable[[UserId], None]]()
        self._now = now
        self._reached = reached

    def on_change(self, changed: Callable[[UserId], None]) -> None:
        """`changed` is told whose wallet is no longer what it was."""
        self._changed.append(changed)

    async def ready(self, user: UserId) -> LiveWallet | None:
        async with as_user(self._sessions, user) as session:
            return await custody.wallet(session, user, WalletState.READY)

    async def waiting(self, user: UserId) -> LiveWallet | None:
        async with as_user(self._sessions, user) as session:
            return await custody.wallet(session, user, WalletState.WAITING)

    async def begin(self, user: UserId, tier: Tier = Tier.SESSION) -> LiveWallet:
        """A wallet whose key is made here; its `key_address` is for the owner to authorise.

        If one waits already, it is that one, whatever its tier. `tier` is SESSION, or DEPOSIT for
        an owner key, which is a choice to be made knowingly.
        Raises: TradesPlayMoneyOnly, Rejected for a tier whose key is never made here, ViewerOnly,
        KeyNotUsable.
        """
        if tier not in {Tier.SESSION, Tier.DEPOSIT}:
            raise Rejected("Keys of ordinary accounts are not made here. Use a session key.")
        self._refuse_dry_run()
        await self._refuse_viewer(user)
        known = await self.waiting(user)
        if known is not None:
            return known
        address = await self._keys.vault.make_key(user, tier)
        self._reached(Milestone.KEY_MADE)
        return await self._adopted(NewWallet(user, tier, address, DEPOSIT_SIGNATURE), "key made")

    async def bring(
        self, user: UserId, tier: Tier, funder: str, keep: Callable[[], Awaitable[str]]
    ) -> LiveWallet:
        """A waiting wallet whose key somebody brings by the console; `keep` seals it.

        Raises: TradesPlayMoneyOnly, Rejected if another one is being set up, KeyNotUsable.
        """
        self._refuse_dry_run()
        await self._refuse_viewer(user)
        if await self.waiting(user) is not None:
            raise Rejected(ANOTHER_WAITS)
        number = EOA_SIGNATURE if tier is Tier.EOA else DEPOSIT_SIGNATURE
        address = await keep()
        new = NewWallet(user, tier, address, number, funder)
        wallet = await self._adopted(new, "key brought")
        if wallet.key_address != address:
            raise Rejected(ANOTHER_WAITS)
        return wallet

    async def verify(self, user: UserId, clear: Clear = nothing_to_clear) -> LiveWallet:
        """Ask the venue about the waiting wallet and make it ready; the one before is given up.

        The venue shows orders only to the key that placed them, so `clear` comes first, and while
        anything of them is open the key in use stays.
        Raises: Rejected or KeyNotUsable with what to do next, ScopeTooWide, Unavailable.
        """
        await self._refuse_viewer(user)
        wallet = await self.waiting(user)
        if wallet is None:
            raise Rejected(NOTHING_WAITS)
        await self._keys.access.obtain(wallet)
        self._reached(Milestone.ACCESS_OBTAINED)
        grant = await self._granted(wallet)
        if await self.ready(user) is not None:
            await clear()
            self._reached(Milestone.BOOK_CLEARED)
        return await self._promoted(wallet, grant)

    async def name_funder(self, user: UserId, funder: str) -> LiveWallet:
        """The deposit wallet of the owner key that was made here exists now, and is this one.

        Raises: Rejected if none waits for that.
        """
        async with as_user(self._sessions, user) as session:
            wallet = await custody.wallet(session, user, WalletState.WAITING)
            if (
                wallet is None
                or wallet.tier is not Tier.DEPOSIT
                or wallet.funder not in {"", funder}
            ):
                raise Rejected(NOTHING_WAITS)
            found = await custody.name_funder(session, wallet.id, funder)
            await _note(session, "wallet named", found)
        return found

    async def revoke(self, user: UserId) -> LiveWallet | None:
        """Give up every key of the user, for good; the one that was in use, or waited.

        The account goes back to play money. What the owner has to do at the venue is another thing:
        until then, whoever has a copy of the key can still use it.
        """
        now = self._now()
        async with as_user(self._sessions, user) as session:
            current = await custody.current_wallets(session, user)
            for wallet in current:
                await custody.revoke(session, wallet.id, now)
            await custody.choose_account(session, user, Account.PAPER, now)
            for wallet in current:
                await _note(session, "key revoked", wallet)
        self._tell(user)
        await self._keys.vault.forget(user, [wallet.key_address for wallet in current])
        return current[0] if current else None

    async def give_up_waiting(self, user: UserId) -> LiveWallet | None:
        """Give up the key that is being set up; the one in use stays, and its account."""
        async with as_user(self._sessions, user) as session:
            waiting = await custody.wallet(session, user, WalletState.WAITING)
            if waiting is None:
                return None
            await custody.revoke(session, waiting.id, self._now())
            await _note(session, "key revoked", waiting)
        await self._keys.vault.forget(user, [waiting.key_address])
        return waiting

    async def tidy(self) -> int:
        """Delete the keys that no wallet names; for the start, before anybody sets one up."""
        kept = await self._keys.vault.kept(before=self._now() - SETTLED)
        return sum([await self._tidied(user, kept[user]) for user in kept])

    async def _tidied(self, user: UserId, kept: Collection[str]) -> int:
        async with as_user(self._sessions, user) as session:
            named = {one.key_address for one in await custody.current_wallets(session, user)}
        orphans = set(kept) - named
        if orphans:
            await self._keys.vault.forget(user, orphans)
            logger.info("deleted %s keys without a wallet, user %s", len(orphans), user)
        return len(orphans)

    async def _adopted(self, new: NewWallet, how: str) -> LiveWallet:
        """The wallet that waits now: this one, or one that was there first. Its key alone stays."""
        async with as_user(self._sessions, new.user) as session:
            added = await custody.add_wallet(session, new, self._now())
            if added is not None:
                await _note(session, how, added)
        if added is not None:
            self._reached(Milestone.KEY_WAITS)
            return added
        await self._keys.vault.forget(new.user, [new.key_address])
        first = await self.waiting(new.user)
        if first is None:
            raise Rejected("The wallet being set up was given up meanwhile. Begin again.")
        return first

    async def _granted(self, wallet: LiveWallet) -> SessionGrant | None:
        """None for keys that need nobody's grant."""
        if wallet.tier is Tier.SESSION:
            found = await self._keys.registry.find(wallet)
            return refuse_grant(found, wallet.key_address, self._now())
        if not wallet.funder:
            raise KeyNotUsable("The deposit wallet of this key is not known yet.")
        return None

    async def _promoted(self, wallet: LiveWallet, grant: SessionGrant | None) -> LiveWallet:
        now = self._now()
        async with as_user(self._sessions, wallet.user) as session:
            before = await custody.wallet(session, wallet.user, WalletState.READY)
            if before is not None and before.id != wallet.id:
                await self._refuse_business(session, wallet.user)
                await custody.revoke(session, before.id, now)
            ready = await custody.make_ready(session, wallet.id, grant, now)
            if before is not None and before.id != wallet.id:
                await _note(session, "key replaced", before)
            await _note(session, "wallet ready", ready)
        self._reached(Milestone.KEY_REPLACED)
        self._tell(wallet.user)
        if before is not None and before.id != wallet.id:
            await self._keys.vault.forget(wallet.user, [before.key_address])
            self._reached(Milestone.OLD_KEY_FORGOTTEN)
        return ready

    async def _refuse_business(self, session: AsyncSession, user: UserId) -> None:
        """Orders are claimed under the same lock: none comes before the end of the transaction.

        Raises: KeyStillNeeded.
        """
        await risk.lock_account(session, user, Account.LIVE, self._now())
        if await custody.has_business(session, user):
            raise KeyStillNeeded(STILL_NEEDED)

    def _tell(self, user: UserId) -> None:
        for changed in self._changed:
            changed(user)

    async def _refuse_viewer(self, user: UserId) -> None:
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)

    def _refuse_dry_run(self) -> None:
        if self._is_dry_run:
            raise TradesPlayMoneyOnly(DRY_RUN)


async def _note(session: AsyncSession, what: str, wallet: LiveWallet) -> None:
    """Last in the transaction, since others wait for its end."""
    until = wallet.authorised_until
    details = {
        "tier": wallet.tier.value,
        "key": wallet.key_address,
        "wallet": wallet.funder,
        "until": None if until is None else until.isoformat(),
    }
    await Audit.note(session, named(wallet.user), what, details, user=wallet.user)
