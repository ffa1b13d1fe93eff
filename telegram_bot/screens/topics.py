"""What a screen is about, as its buttons tell, and by which words people call it."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from telegram_bot.account_actions import CancelOrder, ShowOrder
from telegram_bot.actions import (
    Buy,
    Categories,
    Confirm,
    ConfirmAgain,
    Limit,
    SellOther,
    SellPercent,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    Spend,
    SpendOther,
)
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.trigger_actions import ArmTrigger, RemoveTrigger, TypeTrigger
from telegram_bot.weather_actions import ShowLadder, ShowWeather


class Topic(StrEnum):
    FIND = "find"
    BUY = "buy"
    WRITE = "write"
    SELL = "sell"
    TRIGGERS = "triggers"
    LIMIT = "limit"
    PRICES = "prices"
    GROUPS = "groups"
    WEATHER = "weather"


# The first line that fits decides: a ticket also leads back to its market.
_SIGNS: Final[tuple[tuple[frozenset[type], Topic], ...]] = (
    (frozenset({Confirm, ConfirmAgain}), Topic.BUY),
    (frozenset({SellPercent, SellOther}), Topic.SELL),
    (frozenset({ArmTrigger, RemoveTrigger, TypeTrigger}), Topic.TRIGGERS),
    (frozenset({Buy, Spend, SpendOther}), Topic.BUY),
    (frozenset({Limit, CancelOrder, ShowOrder}), Topic.LIMIT),
    (frozenset({ShowPosition}), Topic.SELL),
    (frozenset({ShowWeather, ShowLadder}), Topic.WEATHER),
    (frozenset({Categories, ShowEvent, ShowMarket}), Topic.FIND),
)
_NAMES: Final = MappingProxyType(
    {
        Topic.FIND: frozenset({"search", "markets", "link", "watch", "watchlist"}),
        Topic.BUY: frozenset({"confirm", "ticket", "quote", "amount"}),
        Topic.WRITE: frozenset({"words", "text", "order"}),
        Topic.SELL: frozenset({"position", "positions", "pnl", "profit"}),
        Topic.TRIGGERS: frozenset({"trigger", "tp", "sl", "stop", "loss", "take", "trailing"}),
        Topic.LIMIT: frozenset({"orders", "resting", "cancel"}),
        Topic.PRICES: frozenset({"price", "live", "refresh", "stale"}),
        Topic.GROUPS: frozenset({"group", "inline", "share"}),
        Topic.WEATHER: frozenset({"temperature", "forecast", "edge", "score"}),
    }
)
"""What people may type besides its own name; nobody reads it."""
_BY_NAME: Final = {name: topic for topic, names in _NAMES.items() for name in (topic.value, *names)}


def topic_of(screen: Screen) -> Topic | None:
    """None where it is about nothing in particular."""
    asked = {
        type(button.action) for row in screen.rows for button in row if isinstance(button, Button)
    }
    return next((topic for signs, topic in _SIGNS if signs & asked), None)


def topic_named(word: str) -> Topic | None:
    """By the first word, with or without a stroke before it."""
    first = word.lower().split()[:1]
    return _BY_NAME.get(first[0].removeprefix("/")) if first else None
