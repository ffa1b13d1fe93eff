"""Screens for groups and for other chats, each with a name of its golden file."""

from dataclasses import replace

from core.domain.market import Event, Market
from core.domain.units import EventId
from core.domain.views import EventView, MarketRow
from telegram_bot.screens import group
from telegram_bot.screens.inline import inline_card
from telegram_bot.screens.screen import Screen
from tests.support import examples

GOLDEN = examples.GOLDEN / "groups"
ASKER = 1001
BOT = "our_bot"
HOSTILE = "</b><a href='tg://user?id=1'>free</a> \u202egnihtemos " + "A" * 5_000


def group_screens() -> dict[str, Screen]:
    page = replace(examples.page(), page=0)
    hostile = replace(examples.market_view(), market=examples.market(HOSTILE))
    return {
        "market": group.group_market_screen(
            examples.market_view(examples.position_view()), examples.NOW, ASKER
        ),
        "market_hostile": group.group_market_screen(hostile, examples.NOW, ASKER),
        "search": group.group_search_screen(page, "bitcoin", ASKER),
        "event": group.group_event_screen(_event(examples.market()), ASKER),
        "help": group.group_help_screen(ASKER, BOT),
        "only_private": group.only_private_screen(ASKER),
        "say_what": group.say_what_screen(ASKER, BOT),
        "inline_market": inline_card(MarketRow(None, examples.market()), examples.NOW).screen,
        "inline_hostile": inline_card(
            MarketRow(None, examples.market(HOSTILE)), examples.NOW
        ).screen,
        "inline_event": inline_card(
            MarketRow(_event(examples.market()).event, examples.market(), 3), examples.NOW
        ).screen,
    }


def _event(*markets: Market) -> EventView:
    return EventView(Event(EventId("77"), "bitcoin", "Bitcoin in December"), markets)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in group_screens().items():
        (GOLDEN / f"{name}.txt").write_text(examples.as_text(screen))
