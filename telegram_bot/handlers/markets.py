"""Finding a market: lists, categories, search, links, and the card itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from core.domain.errors import NotFound, Unavailable
from core.domain.link import parse_link
from core.domain.market import Market
from core.domain.units import EventId, MarketId
from core.domain.views import EventView, MarketView
from telegram_bot.actions import Search, Trending
from telegram_bot.callbacks import category_key, search_words
from telegram_bot.context import BotContext
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.event import event_screen
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.markets import categories_screen, search_screen, trending_screen
from telegram_bot.screens.notices import notice
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.text import plain

LONGEST_SEARCH = 200  # UTF-16 units that are looked at


async def open_trending(context: BotContext, action: Trending) -> None:
    name = await _category(context, action.category) if action.category else None
    page = await context.services.markets.trending(action.page, name)
    await context.show(trending_screen(page, name or "", action.category))


async def open_categories(context: BotContext) -> None:
    await context.show(categories_screen(await context.services.markets.categories()))


async def open_text(context: BotContext, text: str) -> None:
    """A link opens what it names; anything else is searched for."""
    link = parse_link(text)
    if link is not None:
        async with _patience(context, "open this link"):
            found = await context.services.markets.resolve_link(link)
        await _open_found(context, found)
    elif "://" in text:
        await context.show(notice("I open links to events and markets on polymarket.com only."))
    else:
        await search(context, Search(0, search_words(plain(text, LONGEST_SEARCH))))


async def search(context: BotContext, action: Search) -> None:
    async with _patience(context, "search there"):
        page = await context.services.markets.search(action.words, action.page)
    await context.show(search_screen(page, action.words))


async def open_event(context: BotContext, event_id: EventId, page: int) -> None:
    await _open_found(context, await context.services.markets.event(event_id, page))


async def open_market(context: BotContext, market_id: MarketId) -> None:
    """The card, with fresh books even where nothing is streamed yet."""
    view = await market_view(context, market_id, refresh=True)
    await context.show(
        market_screen(view, context.desk.now(), can_rest=context.is_live),
        LiveView(
            partial(_draw_market, context, market_id),
            markets=frozenset({market_id}),
            tokens=frozenset(view.market.tokens),
        ),
    )
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


async def _draw_market(context: BotContext, market_id: MarketId) -> Screen:
    view = await market_view(context, market_id)
    return market_screen(view, context.desk.now(), can_rest=context.is_live)


@asynccontextmanager
async def _patience(context: BotContext, deed: str) -> AsyncIterator[None]:
    """Raises: Unavailable with a sentence when it takes longer than anybody wants to wait."""
    try:
        async with asyncio.timeout(context.desk.venue_patience):
            yield
    except TimeoutError as late:
        raise Unavailable(f"The venue does not answer, so I cannot {deed} right now.") from late


async def _open_found(context: BotContext, found: Market | EventView) -> None:
    if isinstance(found, Market):
        await open_market(context, found.id)
    elif len(found.markets) == 1 and found.page == 0 and not found.has_more:
        await open_market(context, found.markets[0].id)
    else:
        await context.show(event_screen(found))


async def _category(context: BotContext, key: str) -> str:
    for name, _ in await context.services.markets.categories():
        if category_key(name) == key:
            return name
    raise NotFound("This category has no open markets any more.")
