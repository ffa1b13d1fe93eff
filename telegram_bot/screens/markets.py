"""Lists of markets: what trades most, categories, search results."""

from collections.abc import Sequence

from core.domain.market import Market
from core.domain.views import MarketPage, MarketRow
from telegram_bot.actions import Action, Categories, Search, ShowEvent, ShowMarket, Trending
from telegram_bot.callbacks import category_key
from telegram_bot.screens.numbers import cents, volume
from telegram_bot.screens.screen import HOME, Button, Screen, blocks, lines, pager, rows
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe

CATALOGUE_PRICES = "<i>Prices in lists can be minutes old. A market's own card is live.</i>"
CATEGORIES_SHOWN = 24
ROW_LENGTH = 2


def trending_screen(page: MarketPage, category: str, key: str) -> Screen:
    """Open markets by the volume of the last 24 hours; `category` empty for all."""
    title = f"Markets · {category}" if category else "Markets"
    return _list(
        title,
        page,
        empty="Nothing is open here right now. The catalogue may still be loading.",
        previous=Trending(page.page - 1, key) if page.page else None,
        following=Trending(page.page + 1, key) if page.has_more else None,
    )


def search_screen(page: MarketPage, words: str) -> Screen:
    return _list(
        f"Search · {words}",
        page,
        empty="No market has all of these words. Try fewer, or paste a polymarket.com link.",
        previous=Search(page.page - 1, words) if page.page else None,
        following=Search(page.page + 1, words) if page.has_more else None,
    )


def categories_screen(categories: Sequence[tuple[str, int]]) -> Screen:
    """Busiest first; the number is of open events."""
    shown = categories[:CATEGORIES_SHOWN]
    buttons = [
        Button(f"{plain(name, 24)} · {count}", Trending(0, category_key(name)))
        for name, count in shown
    ]
    return Screen(
        blocks("<b>Categories</b>", "How many events are open in each." if shown else "None yet."),
        rows(
            *(tuple(buttons[at : at + ROW_LENGTH]) for at in range(0, len(buttons), ROW_LENGTH)),
            (Button("Markets", Trending()), HOME),
        ),
    )


def leader(market: Market) -> str | None:
    """`Yes 62¢`: the catalogue's price of the first outcome, by which markets are compared."""
    first = market.outcomes[0]
    return None if first.price is None else f"{safe(first.name, 24)} {cents(first.price)}"


def _list(
    title: str,
    page: MarketPage,
    *,
    empty: str,
    previous: Action | None,
    following: Action | None,
) -> Screen:
    heading = bold(title, 80) + (f" · page {page.page + 1}" if page.page else "")
    entries = [_entry(number, row) for number, row in enumerate(page.rows, 1)]
    return Screen(
        blocks(heading, *(entries or [empty]), CATALOGUE_PRICES if entries else None),
        rows(
            *((_open(number, row),) for number, row in enumerate(page.rows, 1)),
            pager(previous, following),
            (Button("Categories", Categories()), HOME),
        ),
    )


def _entry(number: int, row: MarketRow) -> str:
    traded = f"{volume(row.market.volume_24h)} in 24 h"
    if row.event is not None and row.count > 1:
        facts = [fact for fact in (leader(row.market), traded) if fact]
        return lines(
            f"{number}. {bold(row.event.title, SHORT_TITLE)} · {row.count} markets",
            f"Busiest: {safe(row.market.title, 50)} · {' · '.join(facts)}",
        )
    facts = [fact for fact in (leader(row.market), traded) if fact]
    return lines(f"{number}. {bold(row.market.question, SHORT_TITLE)}", " · ".join(facts))


def _open(number: int, row: MarketRow) -> Button:
    if row.event is not None and row.count > 1:
        return Button(f"{number}. {plain(row.event.title, LABEL)}", ShowEvent(row.event.id))
    return Button(f"{number}. {plain(row.market.question, LABEL)}", ShowMarket(row.market.id))
