"""What a group sees: screens of the private chat without all that is somebody's own."""

from dataclasses import replace
from datetime import datetime

from core.domain.views import EventView, MarketPage, MarketView
from telegram_bot.group_codec import READ_ONLY
from telegram_bot.screens.event import event_screen
from telegram_bot.screens.market import market_screen
from telegram_bot.screens.markets import search_screen
from telegram_bot.screens.screen import AnyButton, Button, LinkButton, Row, Screen, lines, rows
from telegram_bot.screens.sharing import event_button, private_button, trade_button
from telegram_bot.words import say


def for_group(screen: Screen, asker: int, way_in: LinkButton | None = None) -> Screen:
    """The screen with the buttons that a group may have, for `asker` to tap.

    Whatever else is on it goes away by its type, so that no new button can slip in.
    """
    kept = (_kept(row) for row in screen.rows)
    has_way = any(isinstance(button, LinkButton) for row in screen.rows for button in row)
    way = () if has_way and way_in is None else (way_in or private_button(),)
    return replace(screen, rows=rows(*kept, way), whose=None, asker=asker)


def group_market_screen(view: MarketView, now: datetime, asker: int) -> Screen:
    """Without positions, whoever asks."""
    bare = replace(view, positions=())
    return for_group(market_screen(bare, now), asker, trade_button(view.market))


def group_event_screen(view: EventView, asker: int) -> Screen:
    return for_group(event_screen(view), asker, event_button(view.event))


def group_search_screen(page: MarketPage, words: str, asker: int) -> Screen:
    return for_group(search_screen(page, words), asker)


def group_help_screen(asker: int, bot: str) -> Screen:
    text = lines(
        say("<b>In groups I only show what everybody may see.</b>"),
        say("/search@{bot} with words: markets", bot=bot),
        say("/market@{bot} with words or a polymarket.com link: one market", bot=bot),
        say("Trading, positions and money are in the private chat."),
    )
    return for_group(Screen(text), asker)


def only_private_screen(asker: int) -> Screen:
    return for_group(Screen(say("That works in the private chat only.")), asker)


def say_what_screen(asker: int, bot: str) -> Screen:
    text = say("Write what to look for behind it: /search@{bot} bitcoin", bot=bot)
    return for_group(Screen(text), asker)


def _kept(row: Row) -> Row:
    return tuple(button for button in row if _is_for_groups(button))


def _is_for_groups(button: AnyButton) -> bool:
    if isinstance(button, Button):
        return type(button.action) in READ_ONLY
    return isinstance(button, LinkButton)
