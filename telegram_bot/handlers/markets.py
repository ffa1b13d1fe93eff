"""Finding a market: lists, categories, search, links, and the card itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from core.domain.errors import NotFound, Unavailable
from core.domain.link import VenueLink
from core.domain.market import Market
from core.domain.units import EventId, MarketId
from core.domain.views import EventView, MarketView
from telegram_bot.actions import Search, Trending
from telegram_bot.callback_readers import category_key, search_words
from telegram_bot.context import BotContext
from telegram_bot.finding_actions import Browse, FindingAction, SearchVenue, Shelf, Watch
from telegram_bot.handlers.tokens import bind, quick_of
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.event import event_screen
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.markets import (
    categories_screen,
    closing_screen,
    new_screen,
    search_screen,
    trending_screen,
    watchlist_screen,
)
from telegram_bot.screens.quick import Quick
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.text import plain
from telegram_bot.words import mark, say

LONGEST_SEARCH = 200  # UTF-16 units that are looked at
NO_SEARCH = mark("The venue does not answer, so I cannot search there right now.")


async def open_trending(context: BotContext, action: Trending) -> None:
    name = await _category(context, action.category) if action.category else None
    page = await context.services.markets.trending(action.page, name)
    await context.show(trending_screen(page, name or "", action.category))


async def open_categories(context: BotContext) -> None:
    await context.show(categories_screen(await context.services.markets.categories()))


async def open_link(context: BotContext, link: VenueLink) -> None:
    await open_found(context, await resolved(context, link))


async def resolved(context: BotContext, link: VenueLink) -> Market | EventView:
    """What a link names. Raises: NotFound, Unavailable."""
    late = say("The venue does not answer, so I cannot open this link right now.")
    async with patience(context, late):
        return await context.services.markets.resolve_link(link)


async def search_words_of(context: BotContext, text: str) -> None:
    """Search for `text`; of a long one for what tells most, as buttons carry few words."""
    words = plain(text, LONGEST_SEARCH)
    if search_words(words) != words:
        words = await context.services.markets.telling_words(text) or words
    await search(context, Search(0, search_words(words)))


async def search(context: BotContext, action: Search) -> None:
    async with patience(context, say(NO_SEARCH)):
        page = await context.services.markets.search(action.words, action.page)
    await context.show(search_screen(page, action.words))


async def find(context: BotContext, action: FindingAction) -> None:
    match action:
        case Browse(shelf, page):
            await context.show(await _shelf(context, shelf, page))
        case SearchVenue(words):
            async with patience(context, say(NO_SEARCH)):
                found = await context.services.markets.search_venue(words)
            await context.show(search_screen(found, words))
        case Watch(market_id, wanted):
            lists = context.services.watchlist
            await (lists.watch if wanted else lists.unwatch)(context.user.id, market_id)
            await open_market(context, market_id)


async def _shelf(context: BotContext, shelf: Shelf, page: int) -> Screen:
    services = context.services
    match shelf:
        case Shelf.NEW:
            return new_screen(await services.markets.newest(page))
        case Shelf.CLOSING:
            return closing_screen(await services.markets.closing_soon(page), context.desk.now())
        case Shelf.WATCHED:
            return watchlist_screen(await services.watchlist.page(context.user.id, page))


async def open_event(context: BotContext, event_id: EventId, page: int) -> None:
    await open_found(context, await context.services.markets.event(event_id, page))


async def open_market(context: BotContext, market_id: MarketId) -> None:
    """The card, with fresh books even where nothing is streamed yet."""
    view = await market_view(context, market_id, refresh=True)
    is_watched = await context.services.watchlist.holds(context.user.id, market_id)
    quick = await quick_of(context, view)
    card = partial(_market_card, context, is_watched=is_watched, quick=quick)
    shown = await context.show(
        card(view),
        LiveView(
            partial(_draw_market, context, market_id, card),
            markets=frozenset({market_id}),
            tokens=frozenset(view.market.tokens),
        ),
    )
    await bind(context, quick.button_id, shown)
    if context.services.pictures is not None:
        context.services.pictures.album.get_ready()  # a chart may be the next wish


async def market_view(
    context: BotContext, market_id: MarketId, *, refresh: bool = False
) -> MarketView:
    """With what the user holds in the account of this act."""
    user = context.user.id
    view = await context.services.markets.view(market_id, user, refresh=refresh)
    if not context.is_live:
        return view
    return replace(view, positions=await context.positions.in_market(user, market_id))


async def _draw_market(
    context: BotContext, market_id: MarketId, card: Callable[[MarketView], Screen]
) -> Screen:
    return card(await market_view(context, market_id))


def _market_card(
    context: BotContext, view: MarketView, *, is_watched: bool, quick: Quick
) -> Screen:
    now, can_rest = context.desk.now(), context.is_live
    return market_screen(view, now, can_rest=can_rest, is_watched=is_watched, quick=quick)


@asynccontextmanager
async def patience(context: BotContext, sentence: str) -> AsyncIterator[None]:
    """Raises: Unavailable with that sentence when it takes longer than anybody wants to wait."""
    try:
        async with asyncio.timeout(context.desk.venue_patience):
            yield
    except TimeoutError as late:
        raise Unavailable(sentence) from late


async def open_found(context: BotContext, found: Market | EventView) -> None:
    if isinstance(found, Market):
        await open_market(context, found.id)
    elif len(found.markets) == 1 and found.page == 0 and not found.has_more:
        await open_market(context, found.markets[0].id)
    else:
        await _follow_event(context, found)


async def _follow_event(context: BotContext, found: EventView) -> None:
    """Live like a market's card; no row moves while it is looked at, or a tap would miss."""

    async def draw() -> Screen:
        return event_screen(await context.services.markets.quoted(found), context.desk.now())

    await context.show(
        await draw(),
        LiveView(
            draw,
            markets=frozenset(market.id for market in found.markets),
            tokens=frozenset(market.tokens[0] for market in found.markets),
        ),
    )


async def _category(context: BotContext, key: str) -> str:
    for name, _ in await context.services.markets.categories():
        if category_key(name) == key:
            return name
    raise NotFound(say("This category has no open markets any more."))
