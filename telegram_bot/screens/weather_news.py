"""Notices of edges, for people who trade temperature markets by hand."""

from decimal import Decimal
from typing import Final

from core.domain.notice import WeatherSignal
from core.domain.units import EventId, Price
from telegram_bot.actions import Spend
from telegram_bot.screens.numbers import cents
from telegram_bot.screens.screen import Button, Screen, blocks, lines
from telegram_bot.screens.text import LABEL, safe
from telegram_bot.screens.times import clock_time
from telegram_bot.screens.weather_words import chance, edge_cents, name_of_slug, side
from telegram_bot.weather_actions import ShowLadder
from telegram_bot.words import mark, say

TICKET: Final = 1000  # cents: what the ticket begins with
IN_SHORT: Final = mark(
    "<i>The model's view: fee included, edge at its cautious end. It is often wrong.</i>"
)


def weather_notice(news: WeatherSignal) -> Screen:
    """A record that stays in the chat; its first button leads to the ordinary ticket."""
    which = side(is_yes=news.is_yes)
    outcome = safe(news.outcome, LABEL)
    return Screen(
        blocks(
            say("🌡 <b>Edge {edge} on {outcome}</b>", edge=_edge(news), outcome=outcome),
            lines(
                safe(name_of_slug(news.slug), 120),
                say(
                    "A chance of {chance} by our reckoning, for {price} a share · {time}",
                    chance=chance(news.chance).replace("<", "&lt;"),
                    price=cents(Price(news.cost)),
                    time=clock_time(news.at),
                ),
            ),
            say(IN_SHORT),
        ),
        (
            (
                Button(
                    say("Buy {side} · $10", side=which),
                    Spend(news.market_id, 0 if news.is_yes else 1, TICKET),
                ),
                Button(say("Ladder"), ShowLadder(EventId(news.event_id))),
            ),
        ),
        keeps_message=True,
    )


def _edge(news: WeatherSignal) -> str:
    return edge_cents(Decimal(repr(news.edge)))
