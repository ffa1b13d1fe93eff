"""Watches how long session keys live, and whether the venue still lists them."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.domain.custody import SHORTEST_SESSION, LiveWallet, NewsKind, Tier, refuse_grant
from core.domain.errors import Rejected, Unavailable
from core.services.clock import utc_now
from core.services.custody.ports import CustodyNews, SessionRegistry, Teller
from core.storage import custody
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

logger = logging.getLogger(__name__)

EVERY: Final = 3600.0  # seconds


class SessionWatch:
    """Tells each user once when a fifth of their session key's life is left, and when it is over.

    It takes nothing away: an expired key is refused where it would sign, and one that the venue
    has dropped is refused by the venue.
    """

    def __init__(
        self,
        sessions: Sessions,
        registry: SessionRegistry,
        teller: Teller,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._registry = registry
        self._teller = teller
        self._every = every
        self._now = now

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """One round over everybody's session keys."""
        async with as_worker(self._sessions) as session:
            wallets = await custody.ready_wallets(session)
        for wallet in wallets:
            if wallet.tier is Tier.SESSION:
                await self._look_at(wallet)

    async def _look_at(self, wallet: LiveWallet) -> None:
        now = self._now()
        if wallet.is_expired(now):
            await self._tell(wallet, NewsKind.SESSION_ENDED)
            return
        if wallet.warn_at is not None and wallet.warn_at <= now:
            await self._warn(wallet, now)
        await self._ask_venue(wallet, now)

    async def _warn(self, wallet: LiveWallet, now: datetime) -> None:
        async with as_user(self._sessions, wallet.user) as session:
            if await custody.mark_warned(session, wallet.id, now):
                await self._teller.tell(
                    session, wallet.user, _news(wallet, NewsKind.SESSION_ENDING)
                )

    async def _ask_venue(self, wallet: LiveWallet, now: datetime) -> None:
        try:
            grant = await self._registry.find(wallet)
        except (Unavailable, Rejected) as error:
            logger.info("session keys of user %s could not be listed: %s", wallet.user, error)
            return
        try:
            refuse_grant(grant, wallet.key_address, now)
        except Rejected as problem:
            if grant is None or grant.valid_until >= now + SHORTEST_SESSION:  # else it is told of
                await self._tell(wallet, NewsKind.SESSION_UNLISTED, str(problem))
            return
        if grant is not None and grant.valid_until != wallet.authorised_until:
            async with as_user(self._sessions, wallet.user) as session:
                await custody.note_end(session, wallet.id, grant.valid_until)

    async def _tell(self, wallet: LiveWallet, kind: NewsKind, problem: str = "") -> None:
        async with as_user(self._sessions, wallet.user) as session:
            await self._teller.tell(session, wallet.user, _news(wallet, kind, problem))


def _news(wallet: LiveWallet, kind: NewsKind, problem: str = "") -> CustodyNews:
    until = wallet.authorised_until
    facts = {
        "address": wallet.key_address,
        "until": "" if until is None else until.isoformat(),
        "problem": problem,
    }
    return CustodyNews(kind, f"{kind}:{wallet.id}", facts)
