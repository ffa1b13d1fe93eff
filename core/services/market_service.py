"""What can be traded: lists, search, links, and one market with its live prices."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from core.domain.errors import NotFound, Unavailable
from core.domain.link import LinkKind, VenueLink
from core.domain.market import Market
from core.domain.units import EventId, MarketId, TokenId, UserId
from core.domain.views import PAGE, EventView, MarketPage, MarketRow, MarketView, OutcomeView
from core.ports import MarketCatalogue
from core.services.clock import utc_now
from core.services.fresh_books import FreshBooks
from core.services.market_search import MarketSearch, first_words
from core.services.outcome_views import outcome_views
from core.services.position.position_service import PositionService
from core.services.price_board import PriceBoard
from core.storage import catalogue as stored_catalogue
from core.storage import market_lists, markets
from core.storage.models import Sessions

__all__ = ["EventView", "MarketPage", "MarketRow", "MarketService", "MarketView", "OutcomeView"]

EVENT_MARKETS: Final = 200  # of one event that an order in words may be about
REFRESH_PATIENCE: Final = 3.0  # seconds a card waits for fresh prices before it opens without


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
        self._search = MarketSearch(sessions)

    async def trending(self, page: int = 0, category: str | None = None) -> MarketPage:
        """Open events by 24-hour volume, each by its busiest market."""
        page = max(page, 0)
        async with self._sessions() as session:
            found = await market_lists.busiest(
                session, category, limit=PAGE + 1, offset=page * PAGE
            )
        return _listed(found, page)

    async def newest(self, page: int = 0) -> MarketPage:
        """Open events by when their newest market was listed."""
        page = max(page, 0)
        async with self._sessions() as session:
            found = await market_lists.newest(session, limit=PAGE + 1, offset=page * PAGE)
        return _listed(found, page)

    async def closing_soon(self, page: int = 0) -> MarketPage:
        """Open events by the next end among their markets."""
        page, now = max(page, 0), self._now()
        async with self._sessions() as session:
            found = await market_lists.closing_soon(
                session, now, limit=PAGE + 1, offset=page * PAGE
            )
        return _listed(found, page)

    async def categories(self) -> tuple[tuple[str, int], ...]:
        """Name and number of open events, busiest first."""
        async with self._sessions() as session:
            return tuple(await market_lists.categories(session))

    async def search(self, words: str, page: int = 0) -> MarketPage:
        """Events with every one of the first words, else with words that they may have meant.

        If we know none, the venue is asked, and what it finds is kept.
        Raises: Unavailable if we know none and the venue cannot be asked.
        """
        found = await self.search_known(words, page)
        return found if found.rows or found.page else await self.search_venue(words)

    async def search_known(self, words: str, page: int = 0) -> MarketPage:
        """Without asking the venue."""
        page, typed = max(page, 0), await self._search.words(words)
        if not typed:
            return MarketPage((), page)
        found = await self._search.exact(typed, page)
        return found if found.rows else await self._search.guessed(typed, page)

    async def search_venue(self, words: str) -> MarketPage:
        """What the venue's own search finds, an event at a time. Raises: Unavailable."""
        found = await self._ask(words)
        typed = await self._search.words(words)
        known = await self._search.exact(typed) if found and typed else MarketPage(())
        return known if known.rows else MarketPage(_by_event(found)[:PAGE])

    async def candidates(self, words: str) -> tuple[tuple[Market, ...], bool]:
        """Markets that an order may be about, and whether they are only a guess.

        Raises: Unavailable if we know none and the venue cannot be asked.
        """
        typed = await self._search.words(words)
        exact = await self._search.single(typed) if typed else ()
        if exact or not typed:
            return exact, False
        guessed = await self._search.guessed(typed)
        if guessed.rows:
            return guessed.markets, True
        asked = await self._ask(words)
        exact = await self._search.single(typed) if asked else ()
        return (exact, False) if exact else (asked, True)

    async def telling_words(self, text: str) -> str:
        """The first words of a text that tell what it is about."""
        return " ".join(await self._search.words(text))

    async def market(self, market_id: MarketId) -> Market:
        """As stored. Raises: NotFound."""
        async with self._sessions() as session:
            return await markets.by_id(session, market_id)

    async def names_of(self, tokens: Sequence[TokenId]) -> dict[TokenId, str]:
        """`Yes · Will it rain?`, of those tokens that we know."""
        if not tokens:
            return {}
        async with self._sessions() as session:
            found = await markets.by_tokens(session, tokens)
        return {
            outcome.token: f"{outcome.name} · {market.question}"
            for market in found
            for outcome in market.outcomes
        }

    async def view(
        self, market_id: MarketId, user_id: UserId, *, refresh: bool = False
    ) -> MarketView:
        """One market at the newest prices, and what the user holds in it.

        With `refresh`, tokens that are not live are asked for by REST; if that fails, the last
        price stands with its age. Raises: NotFound.
        """
        async with self._sessions() as session:
            market = await markets.by_id(session, market_id)
            stored = await markets.stored_prices(session, [market_id])
        if refresh:
            await self._refresh([market])
        return MarketView(
            market,
            outcome_views(market, stored[market_id], self._board, self._now()),
            await self._positions.in_market(user_id, market_id),
        )

    async def priced(self, wanted: Sequence[Market]) -> dict[MarketId, tuple[OutcomeView, ...]]:
        """The outcomes of several markets, asked for as `view` does, all of them at once."""
        async with self._sessions() as session:
            stored = await markets.stored_prices(session, [market.id for market in wanted])
        await self._refresh(wanted)
        return {
            market.id: outcome_views(market, stored[market.id], self._board, self._now())
            for market in wanted
            if market.id in stored
        }

    async def event(self, event_id: EventId, page: int = 0) -> EventView:
        """A page of the event's markets, favourites first. Raises: NotFound."""
        page = max(page, 0)
        async with self._sessions() as session:
            found = await markets.of_event(session, event_id, limit=PAGE + 1, offset=page * PAGE)
            known = found or await markets.of_event(session, event_id, limit=1)
        if not known or known[0].event is None:
            raise NotFound("There is no such event.")
        return EventView(known[0].event, tuple(found[:PAGE]), page, has_more=len(found) > PAGE)

    async def quoted(self, view: EventView) -> EventView:
        """The same markets in the same order, at the newest prices."""
        async with self._sessions() as session:
            stored = await markets.stored_prices(session, [market.id for market in view.markets])
        leads = tuple(
            outcome_views(market, stored[market.id], self._board, self._now())[0]
            for market in view.markets
        )
        return replace(view, leads=leads)

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
        return await self._opened(event_id)

    async def of_slug(self, slug: str, *, ask: bool) -> Market | EventView | None:
        """The market or event of that name in the venue's links; None if there is none.

        Raises: Unavailable, if the venue has to be asked and `ask` allows it.
        """
        async with self._sessions() as session:
            market = await markets.by_slug(session, slug)
            event_id = await markets.event_id_of_slug(session, slug)
        if market is not None:
            return market
        if event_id is not None:
            return await self._opened(event_id)
        for kind in (LinkKind.MARKET, LinkKind.EVENT) if ask else ():
            try:
                return await self.resolve_link(VenueLink(kind, slug))
            except NotFound:
                continue
        return None

    async def of_event(self, event_id: EventId) -> list[Market]:
        """The event's markets, favourites first."""
        async with self._sessions() as session:
            return await markets.of_event(session, event_id, limit=EVENT_MARKETS)

    async def _opened(self, event_id: EventId) -> Market | EventView:
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

    async def _refresh(self, wanted: Sequence[Market]) -> None:
        waiting = {
            token: market
            for market in wanted
            for token in market.tokens
            if not self._board.is_live(token)
        }
        if not waiting:
            return
        pairs = {
            token: other for token, market in waiting.items() if (other := market.complement(token))
        }
        try:
            async with asyncio.timeout(REFRESH_PATIENCE):
                await self._books.refresh(list(waiting), pairs)
        except (Unavailable, TimeoutError):
            return  # the card shows the last price with its age instead

    async def _ask(self, words: str) -> tuple[Market, ...]:
        """Raises: Unavailable."""
        chosen = " ".join(first_words(words))
        if not any(char.isalnum() for char in chosen):
            return ()
        found = await self._catalogue.search(chosen)
        await self._keep(found)
        return found

    async def _keep(self, found: Sequence[Market]) -> None:
        async with self._sessions.begin() as session:
            await stored_catalogue.upsert(session, found, self._now())


def _listed(found: market_lists.Listed, page: int) -> MarketPage:
    rows = tuple(MarketRow(market.event, market, count) for market, count in found[:PAGE])
    return MarketPage(rows, page, has_more=len(found) > PAGE)


def _by_event(found: Sequence[Market]) -> tuple[MarketRow, ...]:
    """A row for each event, by its first market; in the order of `found`."""
    rows = dict[str, MarketRow]()
    for market in found:
        key = market.event.id if market.event else f"alone:{market.id}"
        first = rows.get(key)
        rows[key] = (
            MarketRow(market.event, market)
            if first is None
            else replace(first, count=first.count + (not market.is_closed))
        )
    return tuple(rows.values())
