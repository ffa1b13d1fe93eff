"""What can be traded: lists, search, links, and one market with its live prices."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from core.domain.errors import NotFound, Unavailable
from core.domain.link import LinkKind, VenueLink
from core.domain.market import Market
from core.domain.units import EventId, MarketId, UserId
from core.domain.views import PAGE, EventView, MarketPage, MarketRow, MarketView, OutcomeView
from core.ports import MarketCatalogue
from core.services.fresh_books import FreshBooks
from core.services.outcome_views import outcome_views
from core.services.position.position_service import PositionService
from core.services.price_board import PriceBoard
from core.storage import catalogue as stored_catalogue
from core.storage import markets
from core.storage.models import Sessions

__all__ = ["EventView", "MarketPage", "MarketRow", "MarketService", "MarketView", "OutcomeView"]

MAX_QUERY: Final = 4_096  # characters
MAX_WORDS: Final = 8
MAX_WORD: Final = 64  # characters
REFRESH_PATIENCE: Final = 3.0  # seconds a card waits for fresh prices before it opens without


def utc_now() -> datetime:
    return datetime.now(UTC)


class MarketService:
    """The catalogue as people see it."""

    def __init__(
        self,
        sessions: Sessions,
        catalogue: MarketCatalogue,
        board: PriceBoard,
        positions: PositionService,
        books: FreshBooks,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._catalogue = catalogue
        self._board = board
        self._positions = positions
        self._books = books
        self._now = now

    async def trending(self, page: int = 0, category: str | None = None) -> MarketPage:
        """Open events by 24-hour volume, each by its busiest market."""
        page = max(page, 0)
        async with self._sessions() as session:
            found = await markets.busiest(session, category, limit=PAGE + 1, offset=page * PAGE)
        rows = tuple(MarketRow(market.event, market, count) for market, count in found[:PAGE])
        return MarketPage(rows, page, has_more=len(found) > PAGE)

    async def categories(self) -> tuple[tuple[str, int], ...]:
        """Name and number of open events, busiest first."""
        async with self._sessions() as session:
            return tuple(await markets.categories(session))

    async def search(self, words: str, page: int = 0) -> MarketPage:
        """Markets with every one of the first words in their texts, open ones first.

        If we know none, the venue is asked, and what it finds is kept.
        Raises: Unavailable if we know none and the venue cannot be asked.
        """
        page, chosen = max(page, 0), _words(words)
        if not chosen:
            return MarketPage((), page)
        found = await self._matching(chosen, page)
        if not found and page == 0:
            asked = await self._catalogue.search(" ".join(chosen))
            await self._keep(asked)
            found = await self._matching(chosen, page) or list(asked)
        rows = tuple(MarketRow(market.event, market) for market in found[:PAGE])
        return MarketPage(rows, page, has_more=len(found) > PAGE)

    async def market(self, market_id: MarketId) -> Market:
        """As stored. Raises: NotFound."""
        async with self._sessions() as session:
            return await markets.by_id(session, market_id)

    async def view(
        self, market_id: MarketId, user_id: UserId, *, refresh: bool = False
    ) -> MarketView:
        """One market at the newest prices, and what the user holds in it.

        With `refresh`, tokens that are not live are asked for by REST; if that fails, the last
        price stands with its age. Raises: NotFound.
        """
        async with self._sessions() as session:
            market = await markets.by_id(session, market_id)
            stored = await markets.stored_prices(session, market_id)
        if refresh:
            await self._refresh(market)
        return MarketView(
            market,
            outcome_views(market, stored, self._board, self._now()),
            await self._positions.in_market(user_id, market_id),
        )

    async def event(self, event_id: EventId, page: int = 0) -> EventView:
        """A page of the event's markets, favourites first. Raises: NotFound."""
        page = max(page, 0)
        async with self._sessions() as session:
            found = await markets.of_event(session, event_id, limit=PAGE + 1, offset=page * PAGE)
            known = found or await markets.of_event(session, event_id, limit=1)
        if not known or known[0].event is None:
            raise NotFound("There is no such event.")
        return EventView(known[0].event, tuple(found[:PAGE]), page, has_more=len(found) > PAGE)

    async def resolve_link(self, link: VenueLink) -> Market | EventView:
        """What a pasted link names; an event of a single market is that market.

        Raises: NotFound, Unavailable if we do not know it and the venue cannot be asked.
        """
        if link.kind is LinkKind.MARKET:
            return await self._market_of_slug(link.slug)
        async with self._sessions() as session:
            event_id = await markets.event_id_of_slug(session, link.slug)
        if event_id is None:
            event_id = await self._fetch_event(link.slug)
        view = await self.event(event_id)
        return view.markets[0] if len(view.markets) == 1 else view

    async def _market_of_slug(self, slug: str) -> Market:
        async with self._sessions() as session:
            known = await markets.by_slug(session, slug)
        if known is not None:
            return known
        market = await self._catalogue.market_by_slug(slug)
        await self._keep([market])
        return market

    async def _fetch_event(self, slug: str) -> EventId:
        event, found = await self._catalogue.event_by_slug(slug)
        if not found:
            raise NotFound("This event has no markets that can be traded.")
        await self._keep(found)
        return event.id

    async def _refresh(self, market: Market) -> None:
        waiting = [token for token in market.tokens if not self._board.is_live(token)]
        if not waiting:
            return
        pairs = {token: other for token in waiting if (other := market.complement(token))}
        try:
            async with asyncio.timeout(REFRESH_PATIENCE):
                await self._books.refresh(waiting, pairs)
        except (Unavailable, TimeoutError):
            return  # the card shows the last price with its age instead

    async def _matching(self, words: Sequence[str], page: int) -> list[Market]:
        async with self._sessions() as session:
            return await markets.matching(session, words, limit=PAGE + 1, offset=page * PAGE)

    async def _keep(self, found: Sequence[Market]) -> None:
        async with self._sessions.begin() as session:
            await stored_catalogue.upsert(session, found, self._now())


def _words(text: str) -> list[str]:
    """The first words, without what Postgres cannot store."""
    plain = text[:MAX_QUERY].replace("\x00", " ").encode("utf-8", "ignore").decode()
    return [word[:MAX_WORD] for word in plain.split()[:MAX_WORDS]]
