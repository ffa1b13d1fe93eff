"""Who answers which button, and where a failure leads back to: one line a family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, get_args

from telegram_bot.actions import (
    Action,
    Buy,
    Categories,
    Help,
    Home,
    Limit,
    Search,
    SellOther,
    SellPercent,
    SellShares,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Spend,
    SpendOther,
    Status,
    Trending,
)
from telegram_bot.admin_actions import (
    AdminAction,
    MakeBackup,
    SendBroadcast,
    ShowAdmin,
    ShowBackup,
    TypeBroadcast,
)
from telegram_bot.alert_actions import (
    AlertAction,
    MuteAlert,
    NewAlert,
    RemoveAlert,
    SetAlert,
    ShowAlerts,
    TypeAlert,
)
from telegram_bot.finding_actions import Browse, FindingAction, SearchVenue, Watch
from telegram_bot.handlers import (
    helping,
    history,
    home,
    limit,
    markets,
    pictures,
    positions,
    selling,
    trading,
    wallet_card,
)
from telegram_bot.handlers.account import ACCOUNT
from telegram_bot.handlers.acting import Act, by_fields
from telegram_bot.handlers.admin import act_on_admin
from telegram_bot.handlers.alerts import act_on_alerts
from telegram_bot.handlers.people import act_on_people
from telegram_bot.handlers.settings import act_on_settings
from telegram_bot.handlers.triggers import act_on_triggers
from telegram_bot.handlers.weather import act_on_weather
from telegram_bot.people_actions import PeopleAction
from telegram_bot.picture_actions import PictureAction
from telegram_bot.portfolio_actions import (
    AskWords,
    BuyOtherSide,
    SaveHistory,
    SellAll,
    SellEverything,
    ShowClaims,
    ShowHistory,
    ShowPublicWallet,
    ShowSmall,
    SortPositions,
    SwitchSide,
    WatchWallet,
)
from telegram_bot.settings_actions import SettingsAction, ShowSettings
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    ShowPositionTriggers,
    ShowTriggers,
    TriggerAction,
    TypeTrigger,
)
from telegram_bot.weather_actions import ShowLadder, ShowWeather, ToggleEvent, WeatherAction
from telegram_bot.whole_actions import BuyWhole, SellWhole

WayBack: TypeAlias = Callable[..., Action]
"""Where a failure of the action leads."""


@dataclass(frozen=True, slots=True)
class Family:
    """By the type of the action. Without a way back a failure leads to the list of markets."""

    acts: Mapping[type, Act]
    ways_back: Mapping[type, WayBack] = field(default_factory=dict)


def to_market(action: Buy | Spend | SpendOther | BuyWhole | Watch) -> Action:
    return ShowMarket(action.market_id)


def to_position(action: SellPercent | SellShares | SellWhole | SellOther) -> Action:
    return ShowPosition(action.position_id)


def to_triggers(action: ArmTrigger | TypeTrigger) -> Action:
    return ShowPositionTriggers(action.position_id, action.percent)


def to_alert(action: SetAlert | TypeAlert) -> Action:
    return NewAlert(action.market_id, action.outcome)


def to_limit(action: Limit) -> Action:
    return replace(action, amount=0) if action.amount else ShowMarket(action.market_id)


def again(action: Action) -> Action:
    return action


TRADING: Final = Family(
    {
        Home: by_fields(home.open_home),
        Help: by_fields(helping.open_help),
        Status: by_fields(home.open_status),
        Trending: markets.open_trending,
        Categories: by_fields(markets.open_categories),
        Search: markets.search,
        ShowEvent: by_fields(markets.open_event),
        ShowMarket: by_fields(markets.open_market),
        Buy: trading.choose_amount,
        Spend: trading.quote_buy,
        BuyWhole: trading.quote_buy,
        SpendOther: trading.ask_dollars,
        ShowPositions: by_fields(positions.open_positions),
        ShowPosition: by_fields(positions.open_position),
        SellPercent: trading.quote_percent,
        SellShares: trading.quote_shares,
        SellWhole: trading.quote_whole_shares,
        SellOther: trading.ask_shares,
        Limit: limit.open_limit,
    },
    {
        **dict.fromkeys((Buy, Spend, SpendOther, BuyWhole), to_market),
        **dict.fromkeys((SellPercent, SellShares, SellOther, SellWhole), to_position),
        **dict.fromkeys((Trending, Search, ShowEvent, Categories), again),
        Limit: to_limit,
    },
)
TRIGGERS: Final = Family(
    dict.fromkeys(get_args(TriggerAction), act_on_triggers),
    {
        ArmTrigger: to_triggers,
        TypeTrigger: to_triggers,
        RemoveTrigger: lambda _: ShowTriggers(),
    },
)
ALERTS: Final = Family(
    dict.fromkeys(get_args(AlertAction), act_on_alerts),
    {
        SetAlert: to_alert,
        TypeAlert: to_alert,
        NewAlert: lambda action: ShowMarket(action.market_id),
        RemoveAlert: lambda action: ShowAlerts(action.page),
        MuteAlert: lambda action: ShowAlerts(action.page),
    },
)
FINDING: Final = Family(
    dict.fromkeys(get_args(FindingAction), markets.find),
    {Browse: again, SearchVenue: again, Watch: to_market},
)
SETTINGS: Final = Family(
    dict.fromkeys(get_args(SettingsAction), act_on_settings),
    dict.fromkeys(get_args(SettingsAction), lambda _: ShowSettings()),
)
PEOPLE: Final = Family(dict.fromkeys(get_args(PeopleAction), act_on_people))
ADMIN: Final = Family(
    dict.fromkeys(get_args(AdminAction), act_on_admin),
    {
        **dict.fromkeys(get_args(AdminAction), lambda _: ShowAdmin()),
        MakeBackup: lambda _: ShowBackup(),
        SendBroadcast: lambda _: TypeBroadcast(),
    },
)
PORTFOLIO: Final = Family(
    {
        ShowHistory: by_fields(history.open_history),
        SaveHistory: by_fields(history.save_history),
        SortPositions: by_fields(positions.sort_positions),
        ShowSmall: by_fields(positions.open_small),
        ShowClaims: by_fields(positions.show_claims),
        AskWords: by_fields(home.ask_words),
        SwitchSide: by_fields(selling.switch_side),
        BuyOtherSide: by_fields(selling.buy_other_side),
        SellEverything: by_fields(selling.sell_everything),
        SellAll: by_fields(selling.sell_all),
        ShowPublicWallet: by_fields(wallet_card.open_wallet),
        WatchWallet: by_fields(wallet_card.watch_wallet),
    },
    {
        **dict.fromkeys((ShowHistory, ShowClaims, BuyOtherSide, ShowPublicWallet), again),
        **dict.fromkeys((SellEverything, SellAll), lambda _: ShowPositions()),
        WatchWallet: lambda action: ShowPublicWallet(action.address),
        SwitchSide: lambda action: ShowPosition(action.position_id),
    },
)
WEATHER: Final = Family(
    dict.fromkeys(get_args(WeatherAction), act_on_weather),
    {
        **dict.fromkeys(get_args(WeatherAction), lambda _: ShowWeather()),
        ToggleEvent: lambda action: ShowLadder(action.event_id),
    },
)
FAMILIES: Final = (
    TRADING,
    Family(ACCOUNT),
    TRIGGERS,
    FINDING,
    ALERTS,
    SETTINGS,
    PEOPLE,
    ADMIN,
    PORTFOLIO,
    WEATHER,
    Family(dict.fromkeys(get_args(PictureAction), pictures.show_picture)),
)
ACTS: Final[Mapping[type, Act]] = {
    kind: act for family in FAMILIES for kind, act in family.acts.items()
}
_WAYS_BACK: Final[Mapping[type, WayBack]] = {
    kind: way for family in FAMILIES for kind, way in family.ways_back.items()
}


def way_back(action: Action) -> Action | None:
    """Where a failure leads; None for the list of markets."""
    way = _WAYS_BACK.get(type(action))
    return None if way is None else way(action)
