"""What somebody who types the bot's name in another chat may send there: read-only."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.market import Market
from core.domain.views import MarketRow
from telegram_bot.screens.market import market_state
from telegram_bot.screens.markets import CATALOGUE_PRICES
from telegram_bot.screens.numbers import cents, volume
from telegram_bot.screens.screen import Row, Screen, blocks, lines, stamped
from telegram_bot.screens.sharing import event_button, trade_button
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import ending
from telegram_bot.words import plural, say


@dataclass(frozen=True, slots=True)
class InlineCard:
    """`title` and `description` are plain text in the list of results; `screen` is what is sent."""

    id: str
    title: str
    description: str
    screen: Screen


def inline_card(row: MarketRow, now: datetime) -> InlineCard:
    """An event by its busiest market, or a market alone; nothing of the person who asks."""
    market, event = row.market, row.event
    if event is None or row.count == 1:
        return market_card(market, now)
    button = event_button(event)
    title = bold(event.title, SHORT_TITLE)
    head = plural("{title} · {n} market", "{title} · {n} markets", row.count, title=title)
    busiest = say("Busiest: {title}", title=safe(market.title, SHORT_TITLE))
    return InlineCard(
        button.payload,
        plain(event.title, SHORT_TITLE),
        _summary(market),
        _screen(blocks(head, lines(busiest, _prices(market))), market, now, (button,)),
    )


def market_card(market: Market, now: datetime) -> InlineCard:
    button = trade_button(market)
    return InlineCard(
        button.payload,
        plain(market.question, SHORT_TITLE),
        _summary(market),
        _screen(blocks(bold(market.question), _prices(market)), market, now, (button,)),
    )


def _screen(text: str, market: Market, now: datetime, row: Row) -> Screen:
    facts = lines(
        say("{volume} in 24 h", volume=volume(market.volume_24h)), ending(market.ends_at, now)
    )
    return Screen(
        blocks(text, facts, market_state(market), say(CATALOGUE_PRICES)),
        (row,),
        stamp=stamped(now),
        whose=None,
    )


def _prices(market: Market) -> str:
    """`Yes 62¢ · No 39¢`"""
    return " · ".join(
        f"{bold(each.name, LABEL)} {cents(each.price)}"
        for each in market.outcomes
        if each.price is not None
    )


def _summary(market: Market) -> str:
    first = market.outcomes[0]
    price = "" if first.price is None else f"{plain(first.name, 24)} {cents(first.price)} · "
    return price + say("{volume} in 24 h", volume=volume(market.volume_24h))
