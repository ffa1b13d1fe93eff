"""The bot's name typed in another chat: markets to send there, for people who are let in."""

from typing import Final

from core.domain.errors import PolycoolError
from core.domain.secrets import pasted_secret
from core.domain.views import PAGE, MarketPage, MarketRow
from telegram_bot.callback_readers import number
from telegram_bot.context import Desk
from telegram_bot.deep_links import MarketLink, read_payload
from telegram_bot.handlers.markets import LONGEST_SEARCH
from telegram_bot.screens.inline import InlineCard, inline_card, market_card
from telegram_bot.screens.text import plain

RESULTS: Final = 20  # of one answer
FARTHEST: Final = 200  # results that anybody scrolls to


async def answer_inline(desk: Desk, query_id: str, query: str, offset: str) -> None:
    """Of what we know; the venue is not asked with every letter that somebody types."""
    cards, following = await _found(desk, query.strip(), _place(offset))
    await desk.messenger.inline.answer(query_id, cards, following)


async def _found(desk: Desk, query: str, first: int) -> tuple[list[InlineCard], str]:
    link = read_payload(query)
    if pasted_secret(query) is not None:
        return [], ""
    if isinstance(link, MarketLink):
        return await _one(desk, link), ""
    rows = await _rows(desk, query, first, RESULTS + 1)
    following = first + RESULTS
    has_more = len(rows) > RESULTS and following < FARTHEST
    cards = {card.id: card for row in rows[:RESULTS] for card in (inline_card(row, desk.now()),)}
    return list(cards.values()), str(following) if has_more else ""


async def _one(desk: Desk, link: MarketLink) -> list[InlineCard]:
    try:
        market = await desk.services.markets.market(link.market_id)
    except PolycoolError:
        return []
    return [market_card(market, desk.now())]


async def _rows(desk: Desk, query: str, first: int, count: int) -> list[MarketRow]:
    """`count` rows from the place `first` on, of as many pages as they are spread over."""
    rows, page = list[MarketRow](), first // PAGE
    while len(rows) < first % PAGE + count:
        found = await _page(desk, query, page)
        rows += found.rows
        page += 1
        if not found.has_more:
            break
    return rows[first % PAGE :][:count]


async def _page(desk: Desk, query: str, page: int) -> MarketPage:
    if not query:
        return await desk.services.markets.trending(page)
    return await desk.services.markets.search_known(plain(query, LONGEST_SEARCH), page)


def _place(offset: str) -> int:
    """What we gave out ourselves, or the beginning."""
    try:
        return min(number(offset), FARTHEST)
    except ValueError:
        return 0
