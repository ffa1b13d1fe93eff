"""Accounts: whose money an order, a fill or a position is about."""

from enum import StrEnum


class Account(StrEnum):
    """Part of every unique key and every total, so that play money never mixes with real."""

    PAPER = "paper"
    LIVE = "live"
    WEATHER_PAPER = "weather-paper"
