"""One event: its markets, favourites first."""

from core.domain.market import Market
from core.domain.views import EventView
from telegram_bot.actions import ShowEvent, ShowMarket, Trending
from telegram_bot.screens.markets import CATALOGUE_PRICES, leader
from telegram_bot.screens.numbers import cents, volume
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines, pager, rows
from telegram_bot.screens.text import LABEL, bold, plain, safe
from telegram_bot.words import mark, say

EXCLUSIVE = mark("One question: at most one of these comes true, and only its Yes pays.")


def event_screen(view: EventView) -> Screen:
    event, page = view.event, view.page
    heading = bold(event.title) + (" · " + say("page {page}", page=page + 1) if page else "")
    exclusive = say(EXCLUSIVE) if event.neg_risk else None
    entries = [_entry(number, market) for number, market in enumerate(view.markets, 1)]
    return Screen(
        blocks(
            heading,
            exclusive,
            lines(*entries) or say("None of its markets is open."),
            say(CATALOGUE_PRICES) if entries else None,
        ),
        rows(
            *((_open(number, market),) for number, market in enumerate(view.markets, 1)),
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
    )


def _entry(number: int, market: Market) -> str:
    facts = [
        fact
        for fact in (
            leader(market),
            say("{volume} in 24 h", volume=volume(market.volume_24h)),
        )
        if fact
    ]
    return f"{number}. {safe(market.title, 60)} · {' · '.join(facts)}"


def _open(number: int, market: Market) -> Button:
    price = market.outcomes[0].price
    told = "" if price is None else f" · {cents(price)}"
    return Button(f"{number}. {plain(market.title, LABEL)}{told}", ShowMarket(market.id))
