"""Every command: what it opens, what the menu and /help say of it, and whom it is for."""

from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from telegram_bot.account_actions import (
    HaltTrading,
    LiftHalt,
    ResumeTrading,
    ShowLimits,
    ShowOrders,
    ShowWallet,
    StopTrading,
)
from telegram_bot.actions import Action, Help, Home, ShowPositions, Status, Trending
from telegram_bot.admin_actions import ShowAdmin
from telegram_bot.alert_actions import ShowAlerts
from telegram_bot.finding_actions import Browse, Shelf
from telegram_bot.people_actions import ShowPeople
from telegram_bot.picture_actions import ShowRecord
from telegram_bot.portfolio_actions import ShowHistory
from telegram_bot.settings_actions import ShowPaper, ShowSettings
from telegram_bot.trigger_actions import ShowTriggers
from telegram_bot.weather_actions import ShowWeather
from telegram_bot.words import mark


class Scope(Enum):
    """Whose menu shows a command."""

    EVERYBODY = auto()
    OWNER = auto()
    HIDDEN = auto()  # obeyed, and never shown


@dataclass(frozen=True, slots=True)
class Command:
    """`action` None: it is no action, and the messages' handler knows what it does."""

    name: str
    meaning: str
    action: Action | None
    scope: Scope = Scope.EVERYBODY
    is_for_groups: bool = False


COMMANDS: Final = (
    Command("start", "", Home(), Scope.HIDDEN),
    Command("home", mark("What you have, on a fresh card"), Home()),
    Command("markets", mark("What trades most, and categories"), Trending()),
    Command(
        "search",
        mark("Markets by their words; words alone do as well"),
        Trending(),
        is_for_groups=True,
    ),
    Command("market", mark("One market, by its link or words"), Trending(), is_for_groups=True),
    Command("watch", mark("What you watch"), Browse(Shelf.WATCHED)),
    Command("positions", mark("What you hold, live, and selling"), ShowPositions()),
    Command(
        "triggers",
        mark("What sells by itself: take profit, stop loss, trailing stop"),
        ShowTriggers(),
    ),
    Command("alerts", mark("What you are told of when it happens"), ShowAlerts()),
    Command(
        "weather",
        mark("Temperature markets: what the model says, its edge and its score"),
        ShowWeather(),
    ),
    Command("pnl", mark("What your trading came to, with a picture"), ShowRecord()),
    Command("history", mark("What you traded, and all of it as a CSV file"), ShowHistory()),
    Command("orders", mark("What rests and what was ordered, and cancelling"), ShowOrders()),
    Command("wallet", mark("Which money, which key, and setting up real money"), ShowWallet()),
    Command("settings", mark("How the bot is to be for you"), ShowSettings()),
    Command("paper", mark("Paper money or real money"), ShowPaper()),
    Command("people", mark("For the owner: who is let in"), ShowPeople(), Scope.OWNER),
    Command("admin", mark("For the owner: how all of it is"), ShowAdmin(), Scope.OWNER),
    Command("limits", mark("The most you may buy for with real money"), ShowLimits()),
    Command("stop", mark("End new buys and automation at once"), StopTrading()),
    Command("resume", mark("Trade again after /stop"), ResumeTrading()),
    Command(
        "halt", mark("For the owner: nobody may do anything but cancel"), HaltTrading(), Scope.OWNER
    ),
    Command("lift", mark("For the owner: end the halt"), LiftHalt(), Scope.OWNER),
    Command("help", mark("How this works, or about one word"), Help(), is_for_groups=True),
    Command("status", mark("How the bot and its prices are"), Status()),
    Command("cancel", mark("Forget a question that is waiting"), None),
)
GROUP_MENU: Final = tuple(command for command in COMMANDS if command.is_for_groups)
ACTIONS: Final = MappingProxyType[str, Action](
    {each.name: each.action for each in COMMANDS if each.action is not None}
)
"""What each name opens."""


def menu(*scopes: Scope) -> tuple[Command, ...]:
    """What is shown to whom these scopes are."""
    return tuple(command for command in COMMANDS if command.scope in scopes)
