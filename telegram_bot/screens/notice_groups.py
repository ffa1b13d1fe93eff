"""Many notices in one message: what each was about, in its first lines."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from core.domain.notice import NoticeKind
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import ShowPositions
from telegram_bot.alert_actions import ShowAlerts
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.trigger_actions import ShowTriggers
from telegram_bot.weather_actions import ShowWeather
from telegram_bot.words import mark, say

SHOWN: Final = 12  # entries; the others are counted
LINES: Final = 2  # of each entry
GROUPS: Final = MappingProxyType(
    {
        NoticeKind.ALERT: mark("<b>Alerts · {count} at once</b>"),
        NoticeKind.ORDER: mark("<b>Orders · {count} at once</b>"),
        NoticeKind.TRIGGER: mark("<b>Triggers · {count} at once</b>"),
        NoticeKind.RESOLUTION: mark("<b>Results · {count} at once</b>"),
        NoticeKind.CLOSING: mark("<b>Markets that end soon · {count} at once</b>"),
        NoticeKind.WEATHER: mark("<b>Edges · {count} at once</b>"),
    }
)
SEVERAL: Final = mark("<b>{count} notices at once</b>")


def group_screen(kind: NoticeKind, screens: Sequence[Screen]) -> Screen:
    """A record that stays in the chat, with ways on that a restart does not end."""
    left = len(screens) - SHOWN
    return Screen(
        blocks(
            say(GROUPS.get(kind, SEVERAL), count=len(screens)),
            *(_entry(each) for each in screens[:SHOWN]),
            say("and {count} more", count=left) if left > 0 else None,
        ),
        ((*_way(kind), home_button()),),
        keeps_message=True,
        outlives=True,
    )


def _entry(screen: Screen) -> str:
    """Markup never spans lines, so cutting between them leaves it whole."""
    told = [line for line in screen.text.split("\n") if line.strip()]
    return lines(*told[:LINES])


def _way(kind: NoticeKind) -> tuple[Button, ...]:
    match kind:
        case NoticeKind.ALERT:
            return (Button(say("Alerts"), ShowAlerts()),)
        case NoticeKind.ORDER:
            return (Button(say("Orders"), ShowOrders()),)
        case NoticeKind.TRIGGER:
            return (Button(say("All triggers"), ShowTriggers()),)
        case NoticeKind.RESOLUTION | NoticeKind.CLOSING:
            return (Button(say("Positions"), ShowPositions()),)
        case NoticeKind.WEATHER:
            return (Button(say("All events"), ShowWeather()),)
        case _:
            return ()
