"""Anybody's wallet, as the venue shows it to everybody: looked at, and watched."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, TypeVar

from core.domain.errors import PolycoolError, Rejected
from core.domain.notice import WalletTrade, WalletTraded
from core.domain.public_wallet import (
    PublicTrade,
    PublicWallet,
    PublicWalletView,
    Watched,
    news_of,
)
from core.domain.sentences import worded
from core.domain.units import ConditionId, MarketId, UserId
from core.ports import PublicWallets
from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.storage import markets, watched_wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

Told = TypeVar("Told")

MOST: Final = 25  # wallets that somebody can watch
LOOKING: Final = 60.0  # seconds between two looks
TOLD: Final = 5  # trades in one notice; the others are counted
LONGEST: Final = 300  # characters of a title that are kept

logger = logging.getLogger(__name__)


class WalletCards:
    """Reads only; what the venue does not tell is None, and never guessed."""

    def __init__(
        self, sessions: Sessions, venue: PublicWallets, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._venue = venue
        self._now = now

    async def view(self, user: UserId, address: str) -> PublicWalletView:
        """One question each for its worth, its positions and its trades, all at once."""
        value, positions, trades = await asyncio.gather(
            _or_none(self._venue.value(address)),
            _or_none(self._venue.positions(address)),
            _or_none(self._venue.trades(address)),
        )
        wallet = PublicWallet(address, self._now(), value, positions, trades)
        async with as_user(self._sessions, user) as session:
            is_watched = await watched_wallets.holds(session, user, address)
        return PublicWalletView(wallet, await self._known(wallet), is_watched)

    async def watch(self, user: UserId, address: str) -> None:
        """Doing so twice changes nothing. Raises: Rejected for one too many."""
        async with as_user(self._sessions, user) as session:
            if not await watched_wallets.add(session, user, address, most=MOST):
                raise Rejected(
                    worded("You watch {most} wallets already; stop watching one first.", most=MOST)
                )

    async def unwatch(self, user: UserId, address: str) -> None:
        async with as_user(self._sessions, user) as session:
            await watched_wallets.remove(session, user, address)

    async def _known(self, wallet: PublicWallet) -> dict[ConditionId, MarketId]:
        """Markets are public, and the same for everybody."""
        conditions = {each.condition for each in (wallet.positions or ())}
        async with as_worker(self._sessions) as session:
            return await markets.ids_of(session, conditions)


class WalletWatch:
    """Tells of new trades of watched wallets. The first look at one only takes note."""

    def __init__(self, sessions: Sessions, venue: PublicWallets, outbox: Outbox) -> None:
        self._sessions = sessions
        self._venue = venue
        self._outbox = outbox

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKING)

    async def look(self) -> None:
        """One look at each wallet, however many watch it."""
        async with as_worker(self._sessions) as session:
            everything = await watched_wallets.everything(session)
        for address, watchers in groupby(everything, key=lambda one: one.address):
            trades = await _or_none(self._venue.trades(address))
            if trades is not None:
                for watched in list(watchers):
                    await self._tell(watched, trades)

    async def _tell(self, watched: Watched, trades: Sequence[PublicTrade]) -> None:
        """What is told and what is noted as seen are committed together."""
        async with as_worker(self._sessions) as session:
            current = await watched_wallets.lock(session, watched.user, watched.address)
            if current is None:
                return
            news = news_of(current, trades)
            if news:
                known = await markets.ids_of(session, {each.condition for each in news[:TOLD]})
                told = WalletTraded(
                    watched.address,
                    tuple(_told(each, known) for each in news[:TOLD]),
                    max(0, len(news) - TOLD),
                )
                key = f"wallet-trade:{watched.address}:{news[0].key}"
                await self._outbox.write_down(session, watched.user, key, told)
            until = max((each.at for each in trades), default=current.until or utc_now())
            await watched_wallets.note(
                session, current, [each.key for each in trades], max(until, current.until or until)
            )


def _told(trade: PublicTrade, known: dict[ConditionId, MarketId]) -> WalletTrade:
    return WalletTrade(
        question=trade.title[:LONGEST],
        outcome=trade.outcome[:LONGEST],
        side=trade.side,
        size=trade.size,
        price=trade.price,
        at=trade.at,
        market_id=known.get(trade.condition),
    )


async def _or_none(asked: Awaitable[Told]) -> Told | None:
    try:
        return await asked
    except PolycoolError as error:
        logger.info("the venue did not tell of a wallet: %s", error)
        return None
