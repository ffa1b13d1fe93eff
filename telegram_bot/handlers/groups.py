"""In groups: what everybody may see, for people who are let in, and never an order."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from core.domain.errors import PolycoolError
from core.domain.market import Market
from core.domain.views import EventView, MarketPage
from core.domain.wish import LinkWish, SearchWish, SlugWish, read_wish
from telegram_bot.actions import Action, Help, Search, ShowEvent, ShowMarket
from telegram_bot.callback_readers import search_words
from telegram_bot.finding_actions import SearchVenue
from telegram_bot.group_codec import MAX_WORDS
from telegram_bot.handlers.group_act import GroupAct
from telegram_bot.handlers.group_pictures import show_chart, show_depth
from telegram_bot.handlers.markets import LONGEST_SEARCH, NO_SEARCH, patience, resolved
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.screens.group import (
    for_group,
    group_event_screen,
    group_help_screen,
    group_market_screen,
    group_search_screen,
    only_private_screen,
    say_what_screen,
)
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.text import plain
from telegram_bot.words import say

GroupAnswer: TypeAlias = Callable[[GroupAct, Any], Awaitable[None]]
OBEYED: Final = frozenset({"search", "market", "help"})  # commands that are obeyed in groups


async def act_in_group(act: GroupAct, action: Action) -> None:
    """Do what `action`, one of `ACTS`, asks for, or say why not."""
    try:
        await ACTS[type(action)](act, action)
    except PolycoolError as error:
        await act.show(for_group(failure_screen(error), act.asker))


async def obey_in_group(act: GroupAct, name: str, words: str) -> None:
    try:
        await _obey(act, name, plain(words, LONGEST_SEARCH) if words.strip() else "")
    except PolycoolError as error:
        await act.show(for_group(failure_screen(error), act.asker))


def command_in(text: str, bot: str) -> tuple[str, str] | None:
    """The command and its words, if it is for us: named as ours, or one of `OBEYED` for nobody."""
    if not text.startswith("/"):
        return None
    word, _, rest = text.partition(" ")
    name, at, addressee = word.removeprefix("/").lower().partition("@")
    if addressee == bot.lower() if at else name in OBEYED:
        return name, rest
    return None


async def _obey(act: GroupAct, name: str, words: str) -> None:
    match name, words:
        case "help", _:
            await show_help(act, Help())
        case (("search" | "market"), ""):
            await act.show(say_what_screen(act.asker, act.bot))
        case "search", _:
            await search(act, Search(0, short(words)))
        case "market", _:
            await open_wish(act, words)
        case _:
            await act.show(only_private_screen(act.asker))


async def open_wish(act: GroupAct, text: str) -> None:
    """What a link or words name; whatever else words can mean belongs into the private chat."""
    match read_wish(text):
        case LinkWish(link):
            await show_found(act, await resolved(act.context, link))
        case SlugWish() as wish:
            found = await act.services.markets.of_slug(wish.slug, ask=False)
            if found is None:
                await open_only(act, wish.words)
            else:
                await show_found(act, found)
        case SearchWish(words):
            await open_only(act, words)
        case _:
            await act.show(only_private_screen(act.asker))


async def open_only(act: GroupAct, words: str) -> None:
    """The market, if there is one alone; else the list."""
    words = short(words)
    page = await _searched(act, words, 0)
    if len(page.rows) == 1 and page.rows[0].count == 1:
        await show_market(act, ShowMarket(page.rows[0].market.id))
    else:
        await act.show(group_search_screen(page, words, act.asker))


async def show_found(act: GroupAct, found: Market | EventView) -> None:
    if isinstance(found, Market):
        await show_market(act, ShowMarket(found.id))
    else:
        await act.show(group_event_screen(found, act.asker))


async def show_market(act: GroupAct, action: ShowMarket) -> None:
    user = act.context.user.id
    view = await act.services.markets.view(action.market_id, user, refresh=True)
    await act.show(group_market_screen(view, act.context.desk.now(), act.asker))


async def show_event(act: GroupAct, action: ShowEvent) -> None:
    view = await act.services.markets.event(action.event_id, action.page)
    await act.show(group_event_screen(view, act.asker))


async def search(act: GroupAct, action: Search) -> None:
    page = await _searched(act, action.words, action.page)
    await act.show(group_search_screen(page, action.words, act.asker))


async def search_venue(act: GroupAct, action: SearchVenue) -> None:
    async with patience(act.context, say(NO_SEARCH)):
        page = await act.services.markets.search_venue(action.words)
    await act.show(group_search_screen(page, action.words, act.asker))


async def show_help(act: GroupAct, _: Help) -> None:
    await act.show(group_help_screen(act.asker, act.bot))


def short(words: str) -> str:
    """What fits on a button beside who asked."""
    return search_words(words, MAX_WORDS)


async def _searched(act: GroupAct, words: str, page: int) -> MarketPage:
    async with patience(act.context, say(NO_SEARCH)):
        return await act.services.markets.search(words, page)


ACTS: Final[Mapping[type, GroupAnswer]] = MappingProxyType(
    {
        Help: show_help,
        Search: search,
        SearchVenue: search_venue,
        ShowEvent: show_event,
        ShowMarket: show_market,
        ShowChart: show_chart,
        ShowDepth: show_depth,
    }
)
