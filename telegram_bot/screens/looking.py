"""What a viewer may tap: everything to look at, and nothing that trades or moves money."""

from dataclasses import replace
from typing import Final, get_args

from telegram_bot.account_actions import (
    GoPaper,
    RecentOrders,
    ResumeTrading,
    RevokeWallet,
    ShowLimits,
    ShowOrder,
    ShowOrders,
    ShowWallet,
    StopTrading,
)
from telegram_bot.actions import (
    Categories,
    Help,
    Home,
    Search,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Status,
    Trending,
)
from telegram_bot.alert_actions import AlertAction
from telegram_bot.finding_actions import FindingAction
from telegram_bot.picture_actions import PictureAction
from telegram_bot.portfolio_actions import (
    AskWords,
    SaveHistory,
    ShowClaims,
    ShowHistory,
    ShowPublicWallet,
    ShowSmall,
    SortPositions,
    WatchWallet,
)
from telegram_bot.screens.screen import AnyButton, Button, Screen, rows
from telegram_bot.settings_actions import SettingsAction
from telegram_bot.weather_actions import (
    ShowDecisions,
    ShowEventDecisions,
    ShowLadder,
    ShowScores,
    ShowWeather,
)

FINDING: Final = (Categories, Help, Home, Search, ShowEvent, ShowMarket, Status, Trending)
OWN_THINGS: Final = (
    ShowPosition,
    ShowPositions,
    SortPositions,
    ShowSmall,
    ShowClaims,
    ShowOrder,
    ShowOrders,
    RecentOrders,
    ShowHistory,
    SaveHistory,
    ShowWallet,
    ShowLimits,
)
WEATHER: Final = (ShowWeather, ShowLadder, ShowDecisions, ShowEventDecisions, ShowScores)
SAFER: Final = (StopTrading, ResumeTrading, RevokeWallet, GoPaper)
"""These let less happen, or what happened before it."""
LOOKING: Final[frozenset[type]] = frozenset(
    {
        *FINDING,
        *OWN_THINGS,
        *SAFER,
        *WEATHER,
        AskWords,
        ShowPublicWallet,
        WatchWallet,
        *get_args(AlertAction),
        *get_args(FindingAction),
        *get_args(PictureAction),
        *get_args(SettingsAction),
    }
)
"""All that a card of a viewer can ask for."""


def to_look_at(screen: Screen) -> Screen:
    """The screen of somebody who may not trade.

    Whatever else is on it goes away by its type, so that no new button can slip in.
    """
    kept = (tuple(button for button in row if _is_for_looking(button)) for row in screen.rows)
    return replace(screen, rows=rows(*kept))


def _is_for_looking(button: AnyButton) -> bool:
    return not isinstance(button, Button) or type(button.action) in LOOKING
