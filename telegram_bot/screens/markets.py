"""Lists of markets: what trades most, categories, search results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.domain.market import Market
from core.domain.views import MarketPage, MarketRow
from telegram_bot.actions import Action, Categories, Search, ShowEvent, ShowMarket, Trending
from telegram_bot.callback_readers import category_key
from telegram_bot.finding_actions import Browse, SearchVenue, Shelf
from telegram_bot.screens.numbers import cents, volume
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, lines, pager, rows
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import span
from telegram_bot.words import mark, plural, say

CATALOGUE_PRICES = mark("<i>Prices in lists can be minutes old. A market's own card is live.</i>")
CATEGORIES_SHOWN = 24
ROW_LENGTH = 2
NOTHING_OPEN: Final = mark("Nothing is open here right now. The catalogue may still be loading.")


def _trending() -> Button:
    return Button(say("Trending"), Trending())


def _new() -> Button:
    return Button(say("New"), Browse(Shelf.NEW))


def _closing() -> Button:
    return Button(say("Closing soon"), Browse(Shelf.CLOSING))


def _watched() -> Button:
    return Button(say("Watchlist"), Browse(Shelf.WATCHED))


def trending_screen(page: MarketPage, category: str, key: str) -> Screen:
    """Open markets by the volume of the last 24 hours; `category` empty for all."""
    title = say("Markets · {category}", category=category) if category else say("Markets")
    return _list(
        title,
        page,
        empty=say(NOTHING_OPEN),
        previous=Trending(page.page - 1, key) if page.page else None,
        following=Trending(page.page + 1, key) if page.has_more else None,
        others=(_trending(), _new(), _closing()) if category else (_new(), _closing()),
    )


def new_screen(page: MarketPage) -> Screen:
    return _shelf(say("New"), page, Shelf.NEW, (_trending(), _closing()))


def closing_screen(page: MarketPage, now: datetime) -> Screen:
    return _shelf(say("Closing soon"), page, Shelf.CLOSING, (_trending(), _new()), now=now)


def watchlist_screen(page: MarketPage) -> Screen:
    empty = say("You watch nothing yet. Tap Watch on a market's card to find it here again.")
    return _shelf(
        say("Watchlist"), page, Shelf.WATCHED, (_trending(), _new(), _closing()), empty=empty
    )


def search_screen(page: MarketPage, words: str) -> Screen:
    """Results for `words`, or for what they were taken for."""
    remark = (
        say(
            "Nothing has all of these words as they are. Taken for: {words}",
            words=bold(page.meant, SHORT_TITLE),
        )
        if page.meant
        else None
    )
    return _list(
        say("Search · {words}", words=words),
        page,
        empty=say("No market has all of these words. Try fewer, or paste a polymarket.com link."),
        previous=Search(page.page - 1, words) if page.page else None,
        following=Search(page.page + 1, words) if page.has_more else None,
        remark=remark,
        others=(Button(say("Ask the venue instead"), SearchVenue(words)),) if page.meant else (),
    )


def categories_screen(categories: Sequence[tuple[str, int]]) -> Screen:
    """Busiest first; the number is of open events."""
    shown = categories[:CATEGORIES_SHOWN]
    buttons = [
        Button(f"{plain(name, 24)} · {count}", Trending(0, category_key(name)))
        for name, count in shown
    ]
    return Screen(
        blocks(
            say("<b>Categories</b>"),
            say("How many events are open in each.") if shown else say("None yet."),
        ),
        rows(
            *(tuple(buttons[at : at + ROW_LENGTH]) for at in range(0, len(buttons), ROW_LENGTH)),
            (Button(say("Markets"), Trending()), home_button()),
        ),
    )


def leader(market: Market) -> str | None:
    """`Yes 62¢`: the catalogue's price of the first outcome, by which markets are compared."""
    first = market.outcomes[0]
    return None if first.price is None else f"{safe(first.name, 24)} {cents(first.price)}"


def _shelf(
    title: str,
    page: MarketPage,
    shelf: Shelf,
    others: Row,
    *,
    empty: str = "",
    now: datetime | None = None,
) -> Screen:
    return _list(
        title,
        page,
        empty=empty or say(NOTHING_OPEN),
        previous=Browse(shelf, page.page - 1) if page.page else None,
        following=Browse(shelf, page.page + 1) if page.has_more else None,
        others=others,
        now=now,
    )


def _list(  # noqa: PLR0913 - each list differs in all of these
    title: str,
    page: MarketPage,
    *,
    empty: str,
    previous: Action | None,
    following: Action | None,
    others: Row,
    remark: str | None = None,
    now: datetime | None = None,
) -> Screen:
    """`others` lead elsewhere; with `now` each entry says when it ends."""
    heading = bold(title, 80) + (
        " · " + say("page {page}", page=page.page + 1) if page.page else ""
    )
    entries = [_entry(number, row, now) for number, row in enumerate(page.rows, 1)]
    return Screen(
        blocks(heading, remark, *(entries or [empty]), say(CATALOGUE_PRICES) if entries else None),
        rows(
            *((_open(number, row),) for number, row in enumerate(page.rows, 1)),
            pager(previous, following),
            others,
            (Button(say("Categories"), Categories()), _watched(), home_button()),
        ),
    )


def _entry(number: int, row: MarketRow, now: datetime | None) -> str:
    market = row.market
    facts = [
        say("closed") if market.is_closed else leader(market),
        say("{volume} in 24 h", volume=volume(market.volume_24h)),
        _ends(market, now),
    ]
    told = " · ".join(fact for fact in facts if fact)
    if row.event is not None and row.count > 1:
        return lines(
            plural(
                "{number}. {title} · {n} market",
                "{number}. {title} · {n} markets",
                row.count,
                number=number,
                title=bold(row.event.title, SHORT_TITLE),
            ),
            say("Busiest: {title} · {facts}", title=safe(market.title, 50), facts=told),
        )
    return lines(f"{number}. {bold(market.question, SHORT_TITLE)}", told)


def _ends(market: Market, now: datetime | None) -> str | None:
    if now is None or market.ends_at is None:
        return None
    return say("ends in {span}", span=span((market.ends_at - now).total_seconds()))


def _open(number: int, row: MarketRow) -> Button:
    if row.event is not None and row.count > 1:
        return Button(f"{number}. {plain(row.event.title, LABEL)}", ShowEvent(row.event.id))
    return Button(f"{number}. {plain(row.market.question, LABEL)}", ShowMarket(row.market.id))
