"""Anybody's wallet, as the venue shows it to everybody."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from core.domain.errors import PolycoolError
from core.domain.public_wallet import PublicWallet, PublicWalletView
from core.domain.units import ConditionId, MarketId
from core.ports import PublicWallets
from core.services.clock import utc_now
from core.storage import markets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

Told = TypeVar("Told")

logger = logging.getLogger(__name__)


class WalletCards:
    """Reads only; what the venue does not tell is None, and never guessed."""

    def __init__(
        self, sessions: Sessions, venue: PublicWallets, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._venue = venue
        self._now = now

    async def view(self, address: str) -> PublicWalletView:
        """One question each for its worth, its positions and its trades, all at once."""
        value, positions, trades = await asyncio.gather(
            _or_none(self._venue.value(address)),
            _or_none(self._venue.positions(address)),
            _or_none(self._venue.trades(address)),
        )
        wallet = PublicWallet(address, self._now(), value, positions, trades)
        return PublicWalletView(wallet, await self._known(wallet))

    async def _known(self, wallet: PublicWallet) -> dict[ConditionId, MarketId]:
        """Markets are public, and the same for everybody."""
        conditions = {each.condition for each in (wallet.positions or ())}
        async with as_worker(self._sessions) as session:
            return await markets.ids_of(session, conditions)


async def _or_none(asked: Awaitable[Told]) -> Told | None:
    try:
        return await asked
    except PolycoolError as error:
        logger.info("the venue did not tell of a wallet: %s", error)
        return None
