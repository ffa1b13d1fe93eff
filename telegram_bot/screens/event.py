"""One event: its markets, favourites first."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.market import Market
from core.domain.units import Price
from core.domain.views import EventView, OutcomeView
from telegram_bot.actions import ShowEvent, ShowMarket, Trending
from telegram_bot.screens.freshness import current_prices
from telegram_bot.screens.markets import CATALOGUE_PRICES
from telegram_bot.screens.numbers import cents, volume
from telegram_bot.screens.screen import (
    Button,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, bold, plain, safe
from telegram_bot.words import mark, say

EXCLUSIVE = mark("One question: at most one of these comes true, and only its Yes pays.")


def event_screen(view: EventView, now: datetime | None = None) -> Screen:
    """`now`: of a card that follows the market."""
    event, page = view.event, view.page
    heading = bold(event.title) + (" · " + say("page {page}", page=page + 1) if page else "")
    listed = list(zip(view.markets, _prices(view), strict=True))
    entries = [_entry(number, *each) for number, each in enumerate(listed, 1)]
    return Screen(
        blocks(
            heading,
            say(EXCLUSIVE) if event.neg_risk else None,
            lines(*entries) or say("None of its markets is open."),
            _currency(view.leads) if entries else None,
        ),
        rows(
            *((_open(number, *each),) for number, each in enumerate(listed, 1)),
            pager(
                ShowEvent(event.id, page - 1) if page else None,
                ShowEvent(event.id, page + 1) if view.has_more else None,
            ),
            (
                Button(say("Markets"), Trending()),
                Button(say("Refresh"), ShowEvent(event.id, page)),
                home_button(),
            ),
        ),
        stamp="" if now is None else stamped(now),
    )


def _prices(view: EventView) -> Sequence[Price | None]:
    """Of the first outcomes: the newest, else the catalogue's."""
    if view.leads:
        return [lead.price for lead in view.leads]
    return [market.outcomes[0].price for market in view.markets]


def _currency(leads: Sequence[OutcomeView]) -> str:
    """How current the prices are."""
    return current_prices([(lead.state, lead.age) for lead in leads]) or say(CATALOGUE_PRICES)


def _entry(number: int, market: Market, price: Price | None) -> str:
    name = safe(market.outcomes[0].name, 24)
    facts = [
        None if price is None else f"{name} {cents(price)}",
        say("{volume} in 24 h", volume=volume(market.volume_24h)),
    ]
    told = " · ".join(fact for fact in facts if fact)
    return f"{number}. {safe(market.title, 60)} · {told}"


def _open(number: int, market: Market, price: Price | None) -> Button:
    told = "" if price is None else f" · {cents(price)}"
    return Button(f"{number}. {plain(market.title, LABEL)}{told}", ShowMarket(market.id))
