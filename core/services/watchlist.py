"""What a user watches: kept until it is taken off again."""

from typing import Final

from core.domain.errors import Rejected
from core.domain.sentences import worded
from core.domain.units import MarketId, UserId
from core.domain.views import PAGE, MarketPage, MarketRow
from core.storage import market_lists, markets, watchlist
from core.storage.models import Sessions
from core.storage.tenancy import as_user

MOST: Final = 200  # markets a user


class Watchlist:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def watch(self, user: UserId, market: MarketId) -> None:
        """Doing so twice changes nothing. Raises: NotFound, Rejected for one too many."""
        async with as_user(self._sessions, user) as session:
            await markets.by_id(session, market)
            if not await watchlist.add(session, user, market, most=MOST):
                raise Rejected(
                    worded(
                        "You watch {most} markets already; take one off the list first.", most=MOST
                    )
                )

    async def unwatch(self, user: UserId, market: MarketId) -> None:
        async with as_user(self._sessions, user) as session:
            await watchlist.remove(session, user, market)

    async def holds(self, user: UserId, market: MarketId) -> bool:
        async with as_user(self._sessions, user) as session:
            return await watchlist.holds(session, user, market)

    async def page(self, user: UserId, page: int = 0) -> MarketPage:
        """Open markets first, then the last that was added."""
        page = max(page, 0)
        async with as_user(self._sessions, user) as session:
            found = await market_lists.watched(session, user, limit=PAGE + 1, offset=page * PAGE)
        rows = tuple(MarketRow(None, market) for market in found[:PAGE])
        return MarketPage(rows, page, has_more=len(found) > PAGE)
