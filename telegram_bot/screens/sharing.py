"""Buttons that lead from anywhere into the private chat, and out of it."""

from core.domain.market import Event, Market
from telegram_bot.deep_links import HOME, EventLink, MarketLink, payload_of
from telegram_bot.screens.screen import LinkButton, SwitchInlineButton
from telegram_bot.words import say


def share_button(market: Market) -> SwitchInlineButton:
    """Sends the market's read-only card to a chat of the reader's choice."""
    payload = payload_of(MarketLink(market.id))
    return SwitchInlineButton(say("Share"), payload, payload)


def trade_button(market: Market) -> LinkButton:
    return LinkButton(say("Trade privately"), payload_of(MarketLink(market.id)))


def event_button(event: Event) -> LinkButton:
    return LinkButton(say("Trade privately"), payload_of(EventLink(event.id)))


def private_button() -> LinkButton:
    return LinkButton(say("Open the private chat"), HOME)
