"""The venue's catalogue over Gamma: listing, search and single look-ups."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from core.domain.errors import NotFound, Unavailable
from core.domain.market import Event, Market
from core.domain.sentences import mark
from core.domain.units import ConditionId, EventId, MarketId
from core.ports import CataloguePage
from infrastructure.polymarket.gamma_markets import event_of, market_of
from infrastructure.polymarket.gamma_wire import (
    EVENT_HEAD,
    EVENT_MARKETS,
    FOUND,
    LISTED,
    MARKET,
    MARKETS,
    RAW,
    GammaEventHead,
)
from infrastructure.polymarket.http import Refused, VenueHttp, decoded

LIMIT: Final = 100  # markets of one page; the venue's maximum
LAST_CURSOR: Final = "LTE="  # how older answers say that nothing follows
KEYSET: Final = "/markets/keyset"
OFFSET: Final = "offset:"  # begins a cursor of ours, in the older list
NO_LIST: Final = mark("The venue has no list of markets right now.")
SLICE: Final = 10  # markets read before others may run
BUSIEST_FIRST: Final = (
    ("limit", str(LIMIT)),
    ("closed", "false"),
    ("order", "volume24hr"),
    ("ascending", "false"),
    ("include_tag", "true"),
)

logger = logging.getLogger(__name__)


class GammaCatalogue:
    """A `MarketCatalogue`. Entries that cannot be read are counted and left out."""

    def __init__(self, http: VenueHttp) -> None:
        self._http = http
        self.unreadable = 0

    async def page(self, cursor: str | None = None) -> CataloguePage:
        """Open markets, busiest first. Raises: Unavailable."""
        if cursor is not None and cursor.startswith(OFFSET):
            return await self._numbered_page(int(cursor.removeprefix(OFFSET)))
        after = () if cursor is None else (("after_cursor", cursor),)
        try:
            body = await self._http.get(KEYSET, (*BUSIEST_FIRST, *after))
        except (NotFound, Refused) as error:
            if cursor is not None:
                raise Unavailable(NO_LIST) from error
            return await self._numbered_page(0)
        page = decoded(MARKETS, body)
        following = page.next_cursor
        return CataloguePage(
            tuple(await self._markets(page.markets)),
            None if following in {"", LAST_CURSOR, cursor} else following,
        )

    async def _numbered_page(self, offset: int) -> CataloguePage:
        """Of the older list, for hosts without the other. An empty one is the last.

        Raises: Unavailable.
        """
        entries = await self._older((*BUSIEST_FIRST, ("offset", str(offset))))
        following = f"{OFFSET}{offset + len(entries)}" if entries else None
        return CataloguePage(tuple(await self._markets(entries)), following)

    async def search(self, words: str) -> tuple[Market, ...]:
        """The venue's own search, open markets first. Raises: Unavailable."""
        body = await self._http.get("/public-search", (("q", words),))
        found = list[Market]()
        for raw in decoded(FOUND, body).events or []:
            head = self._head(raw)
            if head is not None:
                found += await self._markets(self._inner(raw), head)
        return tuple(sorted(found, key=lambda market: market.is_closed))

    async def market(self, market: MarketId) -> Market:
        """Raises: NotFound, Unavailable."""
        return await self._single(f"/markets/{quote(market, safe='')}")

    async def states(self, markets: Sequence[MarketId]) -> tuple[Market, ...]:
        """Those that the venue knows, open ones first. Raises: Unavailable."""
        going = await self._named(markets, closed=False)
        known = {market.id for market in going}
        missing = [market for market in markets if market not in known]
        return (*going, *(await self._named(missing, closed=True) if missing else ()))

    async def by_condition(self, condition: ConditionId) -> Market:
        """Raises: NotFound, Unavailable."""
        wanted = (("condition_ids", condition),)
        found = await self._listed(wanted, closed=False) or await self._listed(wanted, closed=True)
        for market in found:
            if market.condition_id == condition:
                return market
        raise NotFound("There is no such market.")

    async def _named(self, markets: Sequence[MarketId], *, closed: bool) -> list[Market]:
        return await self._listed([("id", market) for market in markets], closed=closed)

    async def _listed(self, wanted: Sequence[tuple[str, str]], *, closed: bool) -> list[Market]:
        """A listing that is not told which kind to give may leave one out."""
        query = (("limit", str(LIMIT)), ("closed", str(closed).lower()), ("include_tag", "true"))
        try:
            body = await self._http.get(KEYSET, (*query, *wanted))
        except (NotFound, Refused):
            return await self._markets(await self._older((*query, *wanted)))
        return await self._markets(decoded(MARKETS, body).markets)

    async def _older(self, query: Sequence[tuple[str, str]]) -> list[msgspec.Raw]:
        """Raises: Unavailable."""
        try:
            return decoded(LISTED, await self._http.get("/markets", query))
        except NotFound as error:
            raise Unavailable(NO_LIST) from error

    async def market_by_slug(self, slug: str) -> Market:
        """Raises: NotFound, Unavailable."""
        return await self._single(f"/markets/slug/{quote(slug, safe='')}")

    async def event_by_slug(self, slug: str) -> tuple[Event, tuple[Market, ...]]:
        """Raises: NotFound, Unavailable."""
        return await self._event(f"/events/slug/{quote(slug, safe='')}")

    async def event(self, event: EventId) -> tuple[Event, tuple[Market, ...]]:
        """Raises: NotFound, Unavailable."""
        return await self._event(f"/events/{quote(event, safe='')}")

    async def _single(self, path: str) -> Market:
        raw = decoded(RAW, await self._http.get(path))
        market = self._market(raw, None)
        if market is None:
            raise NotFound("This market cannot be traded (yet).")
        return market

    async def _event(self, path: str) -> tuple[Event, tuple[Market, ...]]:
        raw = decoded(RAW, await self._http.get(path))
        head = self._head(raw)
        if head is None:
            raise NotFound("This event cannot be read.")
        return event_of(head), tuple(await self._markets(self._inner(raw), head))

    async def _markets(
        self, entries: Sequence[msgspec.Raw], event: GammaEventHead | None = None
    ) -> list[Market]:
        markets = list[Market]()
        for number, raw in enumerate(entries, start=1):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            market = self._market(raw, event)
            if market is not None:
                markets.append(market)
        return markets

    def _market(self, raw: msgspec.Raw, event: GammaEventHead | None) -> Market | None:
        try:
            return market_of(MARKET.decode(raw), event)
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            self._count(error)
            return None

    def _head(self, raw: msgspec.Raw) -> GammaEventHead | None:
        """An event that is one, or None, counted."""
        try:
            head = EVENT_HEAD.decode(raw)
            event_of(head)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._count(error)
            return None
        return head

    def _inner(self, raw: msgspec.Raw) -> Sequence[msgspec.Raw]:
        try:
            return EVENT_MARKETS.decode(raw).markets or []
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._count(error)
            return []

    def _count(self, error: Exception) -> None:
        self.unreadable += 1
        if self.unreadable & (self.unreadable - 1) == 0:  # the 1st, 2nd, 4th, 8th, ...
            logger.warning("Unreadable catalogue entry (%s so far): %s", self.unreadable, error)
