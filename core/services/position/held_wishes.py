"""After a trade: tells the `WebSocketManager` whether its user still holds the market."""

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.units import MarketId, UserId
from core.services.websocket_manager import Reason, WebSocketManager
from core.storage import positions
from core.storage.models import Sessions
from core.storage.tenancy import as_user

LOOKS: Final = 2  # at once; they must not take the connections that trades wait for

logger = logging.getLogger(__name__)


class HeldWishes:
    """Keeps the HELD wish of a market in step with Postgres, whatever trades at the same time.

    Whoever tells the manager looks again afterwards, and tells again if it is not so any more:
    so the last word always agrees with what was committed.
    """

    def __init__(self, sessions: Sessions, manager: WebSocketManager) -> None:
        self._sessions = sessions
        self._manager = manager
        self._turns = asyncio.Semaphore(LOOKS)

    async def bought(self, user_id: UserId, market_id: MarketId) -> None:
        """A purchase is committed: the market is wanted at once."""
        await self._manager.subscribe_market_for_user(user_id, market_id, Reason.HELD)
        await self._agree(user_id, market_id)

    async def sold(self, user_id: UserId, market_id: MarketId) -> None:
        """A sale is committed: unless shares of the market are left, it is wanted no more."""
        await self._agree(user_id, market_id)

    async def _agree(self, user_id: UserId, market_id: MarketId) -> None:
        """The trade stands already, so a database that fails now only leaves the wish as it is."""
        told = True
        try:
            while (is_held := await self._is_held(user_id, market_id)) is not told:
                await self._tell(user_id, market_id, is_held=is_held)
                told = is_held
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Cannot look who holds market %s: %s", market_id, fault)

    async def _tell(self, user_id: UserId, market_id: MarketId, *, is_held: bool) -> None:
        if is_held:
            await self._manager.subscribe_market_for_user(user_id, market_id, Reason.HELD)
        else:
            await self._manager.unsubscribe_market_for_user(user_id, market_id, Reason.HELD)

    async def _is_held(self, user_id: UserId, market_id: MarketId) -> bool:
        async with self._turns, as_user(self._sessions, user_id) as session:
            return await positions.is_held(session, user_id, market_id)
